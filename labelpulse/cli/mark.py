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
    rounded,
)
from labelpulse.core.days import day_text, local_day_hour, now_us, parse_day
from labelpulse.core.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine


class Kind(StrEnum):
    """What kind of thing happened."""

    GUIDELINE = "guideline"
    TRAINING = "training"
    RELEASE = "release"


def mark(
    text: Annotated[
        str | None, typer.Argument(help="What happened, as charts shall say it.")
    ] = None,
    *,
    listed: Annotated[
        bool, typer.Option("--list", help="List the markers there are, each with what changed.")
    ] = False,
    project: Annotated[
        str | None, typer.Option("--project", metavar="TITLE", help="Default: all projects.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="DAY", help="Like 2026-03-04; default: today.")
    ] = None,
    kind: Annotated[
        Kind | None, typer.Option("--kind", help="What kind of thing it was; default: guideline.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Put a marker on the time charts, and compare the four weeks before and after it."""
    settings = open_settings(config, db)
    if listed:
        if not (text is None and at is None and kind is None):
            raise UsageError("--list puts no marker: leave TEXT, --at and --kind out")
        _list(open_reader(settings), project, as_json=as_json)
        return
    if text is None or not text.strip():
        raise UsageError("the marker has no text: say what happened, or --list the markers")
    from labelpulse.reader.markers import project_id

    warehouse = open_existing(settings)
    reader = open_reader(settings)
    own = None if project is None else project_id(reader, project)
    day = _today(settings.default_zone()) if at is None else parse_day(at)
    what = (kind or Kind.GUIDELINE).value
    warehouse.mark(own, day, what, text.strip())
    told = {"text": text.strip(), "project": project, "day": day_text(day), "kind": what}
    rows = _moves(reader, project, day_text(day) or "")
    if as_json:
        print_json({**told, "before_after": rows})
        return
    print(f"marked {day_text(day)}: {text.strip()}")
    _print_moves(rows)


def _list(reader: "Engine", project: str | None, *, as_json: bool) -> None:
    """Tell the markers of a project, or all of them, earliest first.

    A marker of all projects is compared in the project that is asked for, else in each.
    """
    from labelpulse.reader.markers import markers, project_id, project_titles

    titles = project_titles(reader)
    found: list[dict[str, Any]] = []
    for one in markers(reader, None if project is None else [project_id(reader, project)]):
        own = None if one.project is None else titles[one.project]
        told = {"text": one.text, "project": own, "day": one.day, "kind": one.kind}
        found.append({**told, "before_after": _moves(reader, own or project, one.day)})
    if as_json:
        print_json({"markers": found})
        return
    if not found:
        print("no markers yet: labelpulse mark TEXT puts one")
    for marker in found:
        where = marker["project"] or "all projects"
        print(f"{marker['day']} {marker['kind']}, {where}: {marker['text']}")
        _print_moves(marker["before_after"])


def _print_moves(rows: list[dict[str, Any]]) -> None:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    if rows:
        print_table(columns, [[rounded(row.get(column)) for column in columns] for row in rows])


def _today(zone: str) -> int:
    return local_day_hour(now_us(), zone)[0]


def _moves(reader: "Engine", project: str | None, day: str) -> list[dict[str, Any]]:
    """Return what differs between the days before and after, of what is known on both sides."""
    from labelpulse.reader import EVERYONE, MetricQuery
    from labelpulse.reader.markers import COMPARED, before_after

    found = []
    for metric in COMPARED:
        query = MetricQuery(metric, project=project)
        moved = before_after(reader, query, day, EVERYONE)
        found += [{"metric": metric, **row} for row in moved if row["value"] is not None]
    return found
