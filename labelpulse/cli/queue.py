"""`labelpulse queue`: items to look at: suggested, put in the queue, handed over, decided."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.cli.common import (
    ConfigOption,
    DbOption,
    JsonOption,
    open_existing,
    open_reader,
    open_settings,
    print_csv,
    print_json,
    print_table,
    tell,
)
from labelpulse.cli.query import (
    ControlOption,
    Format,
    FormatOption,
    NamesOption,
    ProjectOption,
    scope_of,
)
from labelpulse.core.errors import UsageError
from labelpulse.core.formats import plural
from labelpulse.core.queue import Reason, State

if TYPE_CHECKING:
    from labelpulse.config import Settings
    from labelpulse.reader import MetricQuery, Scope
    from labelpulse.reader.queue import Entry
    from labelpulse.warehouse.queue import Queue

app = typer.Typer(help="Keep the queue of items that somebody shall look at.", no_args_is_help=True)

ReasonOption = Annotated[
    list[Reason] | None, typer.Option("--reason", help="Only this reason; repeatable.")
]
StateOption = Annotated[
    list[State] | None,
    typer.Option("--state", help="Only this state; repeatable. Default: open and sent."),
]
OwnerOption = Annotated[str | None, typer.Option("--owner", metavar="WHO", help="Who decides.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, metavar="N", help="At most so many.")]
IdsArgument = Annotated[list[int], typer.Argument(metavar="ID…", help="As `queue list` tells.")]

SHOWN = ("id", "item", "control", "why", "evidence", "readings", "owner", "state", "age_days")
"""Columns of a table on a terminal; JSON and CSV have all."""


@app.callback()
def _root() -> None:
    """Nothing happens before the sub-verb."""


@app.command("list")
def list_(
    *,
    project: ProjectOption = None,
    control: ControlOption = None,
    reason: ReasonOption = None,
    state: StateOption = None,
    owner: OwnerOption = None,
    limit: LimitOption = 50,
    names: NamesOption = False,
    format_: FormatOption = Format.TABLE,
    json_: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """List the entries that wait, longest first; with --state decided what became of them."""
    from labelpulse.reader.queue import Keep, entries

    settings = open_settings(config, db)
    states = state or [State.OPEN, State.SENT]
    keep = Keep(states, reason or None, owner, None, limit)
    scope = scope_of(settings.file, names)
    found = entries(open_reader(settings), _asked(project, control), scope, keep)
    decided = ("outcome",) if State.DECIDED in states else ()
    _print(found, settings, Format.JSON if json_ else format_, (*SHOWN, *decided))


@app.command("suggest")
def suggest(
    *,
    project: ProjectOption = None,
    control: ControlOption = None,
    reason: ReasonOption = None,
    limit: LimitOption = 10,
    names: NamesOption = False,
    format_: FormatOption = Format.TABLE,
    json_: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Suggest what to look at next: up to --limit items for each reason and question."""
    settings = open_settings(config, db)
    found = _suggested(
        settings, _asked(project, control), scope_of(settings.file, names), reason, limit
    )
    _print(found, settings, Format.JSON if json_ else format_, SHOWN)


@app.command("add")
def add(
    items: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ITEM…]", help="Native ids; none = what `queue suggest` tells."),
    ] = None,
    *,
    project: ProjectOption = None,
    control: ControlOption = None,
    reason: ReasonOption = None,
    owner: OwnerOption = None,
    limit: LimitOption = 10,
    json_: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Put items in the queue: those that are named, or those that are suggested."""
    from labelpulse.reader.queue import named, wanted

    settings = open_settings(config, db)
    query, scope = _asked(project, control), scope_of(settings.file, names=False)
    if items and reason:
        raise UsageError("items that are named go in by hand: leave --reason out")
    if items:
        found = named(open_reader(settings), query, items, scope)
    else:
        found = _suggested(settings, query, scope, reason, limit)
    done = _queue(settings).add(wanted(one, owner or "") for one in found)
    if json_:
        print_json({"ids": list(done.ids), "added": done.new})
    else:
        there = len(done.ids) - done.new
        print(f"added {plural(done.new, 'item')}, {there:,} waited already")


@app.command("send")
def send(
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="A table [channels.NAME].")],
    *,
    project: ProjectOption = None,
    control: ControlOption = None,
    reason: ReasonOption = None,
    owner: OwnerOption = None,
    limit: LimitOption = 50,
    json_: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Post the open entries to a channel, signed; they are marked as sent once it took them."""
    from labelpulse.alerts.queue import send as post
    from labelpulse.alerts.queue import webhook_of
    from labelpulse.reader.queue import Keep, entries

    settings = open_settings(config, db)
    to = webhook_of(settings, channel)
    keep = Keep([State.OPEN], reason or None, owner, None, limit)
    scope = scope_of(settings.file, names=False)
    found = entries(open_reader(settings), _asked(project, control), scope, keep)
    sent = post(found, to, _queue(settings), settings.links)
    if json_:
        print_json({"channel": channel, "sent": sent})
    else:
        print(f"sent {plural(sent, 'item')} to {channel}")


@app.command("decide")
def decide(
    ids: IdsArgument,
    *,
    outcome: Annotated[
        str | None, typer.Option("--outcome", metavar="TEXT", help="What was decided, in words.")
    ] = None,
    author: Annotated[str, typer.Option("--author", metavar="WHO", help="Who says so.")] = "",
    reopen: Annotated[bool, typer.Option("--reopen", help="Take a decision back.")] = False,
    json_: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Close entries by hand; what the source tells closes them by itself."""
    if reopen == (outcome is not None):
        raise UsageError("say what was decided with --outcome, or take it back with --reopen")
    queue = _queue(open_settings(config, db))
    done = queue.reopen(ids) if outcome is None else queue.decide(ids, outcome, author)
    if json_:
        print_json({"changed": done})
    else:
        print(f"{'reopened' if reopen else 'decided'} {plural(done, 'entry', 'entries')}")


def _asked(project: str | None, control: str | None) -> "MetricQuery":
    from labelpulse.reader import MetricQuery

    return MetricQuery("", project=project, control=control)


def _suggested(
    settings: "Settings",
    query: "MetricQuery",
    scope: "Scope",
    reason: list[Reason] | None,
    limit: int,
) -> "list[Entry]":
    from labelpulse.reader.queue import suggestions

    return suggestions(open_reader(settings), query, scope, reasons=reason or None, limit=limit)


def _queue(settings: "Settings") -> "Queue":
    from labelpulse.warehouse.queue import Queue

    return Queue(open_existing(settings).engine)


def _print(
    found: "Sequence[Entry]", settings: "Settings", format_: Format, shown: Sequence[str]
) -> None:
    from labelpulse.reader.handover import COLUMNS, handover

    rows = handover(found, settings.links)
    if format_ is Format.JSON:
        print_json({"entries": rows})
    elif format_ is Format.CSV:
        print_csv(COLUMNS, rows)
    elif rows:
        several = len({one.place.project_id for one in found}) > 1
        columns = [*(("project",) if several else ()), *shown]
        print_table(columns, [[_cell(row[name]) for name in columns] for row in rows])
    else:
        tell("nothing here: `labelpulse queue suggest` tells what to look at next")


def _cell(value: Any) -> Any:
    return round(value, 1) if isinstance(value, float) else value
