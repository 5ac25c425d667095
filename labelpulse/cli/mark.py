"""`labelpulse mark`: record an event on a day, and show what changed with it."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.cli.options import ConfigOption, DbOption, JsonOption, ProjectOption
from labelpulse.cli.output import print_json, print_rows
from labelpulse.cli.warehouse import open_existing, open_reader, open_settings
from labelpulse.core.days import day_text, local_day_hour, now_us, parse_day
from labelpulse.core.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine


class MarkerKind(StrEnum):
    """What kind of event a marker records."""

    GUIDELINE = "guideline"
    TRAINING = "training"
    RELEASE = "release"


def mark(
    text: Annotated[
        str | None, typer.Argument(help="What happened, as the charts should show it.")
    ] = None,
    *,
    list_markers: Annotated[
        bool, typer.Option("--list", help="List all markers, each with what changed.")
    ] = False,
    project: ProjectOption = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="DAY", help="Day, such as 2026-03-04; default: today."),
    ] = None,
    kind: Annotated[
        MarkerKind | None, typer.Option("--kind", help="Kind of event; default: guideline.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Put a marker on the time charts, and compare the four weeks before and after it."""
    settings = open_settings(config, db)
    if list_markers:
        if not (text is None and at is None and kind is None):
            raise UsageError("--list adds no marker: leave out TEXT, --at and --kind")
        _print_markers(open_reader(settings), project, as_json=as_json)
        return
    if text is None or not text.strip():
        raise UsageError("the marker has no text: write what happened, or use --list")
    from labelpulse.reader.markers import project_id

    text = text.strip()
    warehouse = open_existing(settings)
    reader = open_reader(settings)
    marked_id = None if project is None else project_id(reader, project)
    today = local_day_hour(now_us(), settings.default_zone())[0]
    day = today if at is None else parse_day(at)
    kind = kind or MarkerKind.GUIDELINE
    warehouse.mark(marked_id, day, kind.value, text)
    rows = _compare_before_after(reader, project, day_text(day) or "")
    if as_json:
        marker = {"text": text, "project": project, "day": day_text(day), "kind": kind.value}
        print_json({**marker, "before_after": rows})
        return
    print(f"marked {day_text(day)}: {text}")
    if rows:
        print_rows(rows)


def _print_markers(reader: "Engine", project: str | None, *, as_json: bool) -> None:
    """Print the markers of a project, or all of them, earliest first.

    A marker of all projects is compared in the requested project, or else in each.
    """
    from labelpulse.reader.markers import markers, project_id, project_titles

    titles = project_titles(reader)
    rows: list[dict[str, Any]] = []
    for marker in markers(reader, None if project is None else [project_id(reader, project)]):
        title = None if marker.project is None else titles[marker.project]
        rows.append(
            {
                "text": marker.text,
                "project": title,
                "day": marker.day,
                "kind": marker.kind,
                "before_after": _compare_before_after(reader, title or project, marker.day),
            }
        )
    if as_json:
        print_json({"markers": rows})
        return
    if not rows:
        print("There are no markers: `labelpulse mark TEXT` adds one")
    for row in rows:
        print(f"{row['day']} {row['kind']}, {row['project'] or 'all projects'}: {row['text']}")
        if row["before_after"]:
            print_rows(row["before_after"])


def _compare_before_after(reader: "Engine", project: str | None, day: str) -> list[dict[str, Any]]:
    """Return the changes from before a day to after it, of metrics with values on both sides."""
    from labelpulse.reader import EVERYONE, MetricQuery
    from labelpulse.reader.markers import COMPARED, before_after

    return [
        {"metric": metric, **row}
        for metric in COMPARED
        for row in before_after(reader, MetricQuery(metric, project=project), day, EVERYONE)
        if row["value"] is not None
    ]
