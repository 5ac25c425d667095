"""`labelpulse mark`: note what happened on a day, and tell what changed with it."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.cli.common import (
    ConfigOption,
    DbOption,
    JsonOption,
    open_existing,
    open_reader,
    open_settings,
    print_json,
    print_table,
)
from labelpulse.core.days import day_text, local_day_hour, now_us, parse_day
from labelpulse.core.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

COMPARED = ("agreement_percent", "gold_accuracy", "time_spent_median")
"""What is compared before and after a marker."""


class Kind(StrEnum):
    """What kind of thing happened."""

    GUIDELINE = "guideline"
    TRAINING = "training"
    RELEASE = "release"


def mark(
    text: Annotated[str, typer.Argument(help="What happened, as charts shall say it.")],
    *,
    project: Annotated[
        str | None, typer.Option("--project", metavar="TITLE", help="Default: all projects.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="DAY", help="Like 2026-03-04; default: today.")
    ] = None,
    kind: Annotated[Kind, typer.Option("--kind", help="What kind of thing it was.")] = (
        Kind.GUIDELINE
    ),
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Put a marker on the time charts, and compare the four weeks before and after it."""
    if not text.strip():
        raise UsageError("the marker has no text: say what happened")
    from labelpulse.reader.markers import project_id

    settings = open_settings(config, db)
    warehouse = open_existing(settings)
    reader = open_reader(settings)
    own = None if project is None else project_id(reader, project)
    day = _today(settings.default_zone()) if at is None else parse_day(at)
    warehouse.mark(own, day, kind.value, text.strip())
    rows = _moves(reader, project, day_text(day) or "")
    if as_json:
        told = {"text": text.strip(), "project": project, "day": day_text(day), "kind": kind.value}
        print_json({**told, "before_after": rows})
        return
    print(f"marked {day_text(day)}: {text.strip()}")
    columns = list(dict.fromkeys(column for row in rows for column in row))
    if rows:
        print_table(columns, [[_shown(row.get(column)) for column in columns] for row in rows])


def _today(zone: str) -> int:
    return local_day_hour(now_us(), zone)[0]


def _moves(reader: "Engine", project: str | None, day: str) -> list[dict[str, Any]]:
    """Return what differs between the days before and after, of what is known on both sides."""
    from labelpulse.reader import EVERYONE, MetricQuery
    from labelpulse.reader.markers import before_after

    found = []
    for metric in COMPARED:
        query = MetricQuery(metric, project=project)
        moved = before_after(reader, query, day, EVERYONE)
        found += [{"metric": metric, **row} for row in moved if row["value"] is not None]
    return found


def _shown(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
