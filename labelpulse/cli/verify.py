"""`labelpulse verify`: rollups equal a recomputation, and counts equal the source."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.cli.common import (
    BREACH,
    ConfigOption,
    DbOption,
    JsonOption,
    open_settings,
    open_warehouse,
    print_json,
    tell,
)
from labelpulse.core.errors import UsageError

if TYPE_CHECKING:
    from labelpulse.config import Settings
    from labelpulse.warehouse.store import Warehouse

SHOWN = 20


def verify(
    source: Annotated[
        str | None, typer.Option("--source", metavar="NAME", help="Only this source.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Recompute every rollup from the facts and compare; exit 4 when anything differs."""
    settings = open_settings(config, db)
    warehouse = open_warehouse(settings)
    names = warehouse.sources()
    if source is not None and source not in names.values():
        known = ", ".join(names.values())
        raise UsageError(f"no source is named {source!r}; there are: {known}")
    checked = {one: name for one, name in names.items() if source in (None, name)}
    different = [row for one, name in checked.items() for row in _rollups(warehouse, one, name)]
    gaps = [row for one, name in checked.items() for row in _gaps(warehouse, settings, one, name)]
    if as_json:
        print_json({"rollups": different, "source": gaps})
    for row in different[:SHOWN]:
        tell(
            f"{row['source']}/{row['project']}: rollup {row['rollup']} at {row['key']} holds "
            f"{row['stored']}, recomputed {row['computed']}"
        )
    for row in gaps:
        tell(f"{row['source']}/{row['project']}: the source holds {row['gap']:+,} rows more")
    if different or gaps:
        counts = f"{len(different)} rollup rows and {len(gaps)} counts"
        tell(f"{counts} differ: run `labelpulse rebuild`")
        raise typer.Exit(BREACH)
    tell(f"verified: every rollup of {len(checked)} sources equals its recomputation")


def _rollups(warehouse: "Warehouse", source_id: int, name: str) -> list[dict[str, Any]]:
    return [
        {
            "source": name,
            "project": title,
            "rollup": one.rollup,
            "key": list(one.key),
            "stored": one.stored,
            "computed": one.computed,
        }
        for project_id, title in warehouse.titles(source_id).items()
        for one in warehouse.verify(project_id)
    ]


def _gaps(
    warehouse: "Warehouse", settings: "Settings", source_id: int, name: str
) -> list[dict[str, Any]]:
    """Compare row counts with a configured live source; what is not polled has no such check."""
    if name not in {one.name for one in settings.sources}:
        return []
    from labelpulse.ingest.plugins import live_source

    live = live_source(settings, settings.source(name))
    try:
        live.open()
        there = live.counts()
    finally:
        live.close()
    here = warehouse.live_counts(source_id)
    return [
        {"source": name, "project": native_id, "gap": counts.rows - here[native_id].rows}
        for native_id, counts in there.items()
        if native_id in here and counts.rows != here[native_id].rows
    ]
