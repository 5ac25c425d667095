"""`labelpulse rebuild`: count all rollups anew from the facts."""

from typing import Annotated, Any

import typer

from labelpulse.cli.common import (
    ConfigOption,
    DbOption,
    JsonOption,
    open_existing,
    open_settings,
    print_json,
    tell,
)
from labelpulse.core.days import zone
from labelpulse.core.errors import UsageError


def rebuild(
    engine: Annotated[
        str, typer.Option("--engine", metavar="ENGINE", help="Where to count: local.")
    ] = "local",
    timezone: Annotated[
        str | None,
        typer.Option("--timezone", metavar="ZONE", help="First set this zone of days."),
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Recompute every rollup from the facts, under each source's lease."""
    if engine != "local":
        raise UsageError(f"--engine {engine} is not known here: use local")
    if timezone is not None:
        zone(timezone)
    from labelpulse.ingest.collect import LEASE_WAIT_S

    warehouse = open_existing(open_settings(config, db))
    done: list[dict[str, Any]] = []
    for source_id, name in warehouse.sources().items():
        with warehouse.lease(source_id, wait_s=LEASE_WAIT_S, ready=False) as held:
            for project_id, title in warehouse.titles(source_id).items():
                if timezone is not None:
                    warehouse.set_zone(held, project_id, timezone)
                warehouse.rebuild(held, project_id, tell)
                done.append({"source": name, "project": title})
                tell(f"counted {name}/{title} anew")
    if as_json:
        print_json({"rebuilt": done})
