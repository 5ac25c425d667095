"""`labelpulse queue`: the review queue: suggest, add, list, send and decide."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.cli.options import (
    ChannelArgument,
    ConfigOption,
    ControlOption,
    DbOption,
    FormatOption,
    JsonOption,
    LimitOption,
    NamesOption,
    OutputFormat,
    ProjectOption,
)
from labelpulse.cli.output import print_csv, print_json, print_message, print_table
from labelpulse.cli.warehouse import open_existing, open_reader, open_settings, operator_scope
from labelpulse.core.errors import UsageError
from labelpulse.core.formats import plural
from labelpulse.core.queue import Reason, State

if TYPE_CHECKING:
    from labelpulse.config import Settings
    from labelpulse.reader import MetricQuery, Scope
    from labelpulse.reader.queue import Entry
    from labelpulse.warehouse.queue import Queue

app = typer.Typer(help="Manage the review queue.", no_args_is_help=True)

ReasonOption = Annotated[
    list[Reason] | None, typer.Option("--reason", help="Only this reason; repeatable.")
]
StateOption = Annotated[
    list[State] | None,
    typer.Option("--state", help="Only this state; repeatable. Default: open and sent."),
]
OwnerOption = Annotated[
    str | None, typer.Option("--owner", metavar="WHO", help="Expert who decides.")
]

COLUMNS = ("id", "item", "control", "why", "evidence", "readings", "owner", "state", "age_days")
"""Columns of a table on a terminal; JSON and CSV have all."""


@app.callback()
def _root() -> None:
    """Keep the sub-verbs together."""


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
    format_: FormatOption = OutputFormat.TABLE,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """List open and sent entries, oldest first; --state decided lists outcomes."""
    from labelpulse.reader.queue import Keep, entries

    settings = open_settings(config, db)
    states = state or [State.OPEN, State.SENT]
    rows = entries(
        open_reader(settings),
        _queue_query(project, control),
        operator_scope(settings, names=names),
        Keep(states, reason or None, owner, None, limit),
    )
    columns = (*COLUMNS, "outcome") if State.DECIDED in states else COLUMNS
    _print_entries(rows, settings, OutputFormat.JSON if as_json else format_, columns)


@app.command("suggest")
def suggest(
    *,
    project: ProjectOption = None,
    control: ControlOption = None,
    reason: ReasonOption = None,
    limit: LimitOption = 10,
    names: NamesOption = False,
    format_: FormatOption = OutputFormat.TABLE,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Suggest items to review next: up to --limit for each reason and control."""
    settings = open_settings(config, db)
    scope = operator_scope(settings, names=names)
    rows = _suggestions(settings, _queue_query(project, control), scope, reason, limit)
    _print_entries(rows, settings, OutputFormat.JSON if as_json else format_, COLUMNS)


@app.command("add")
def add(
    items: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ITEM…]", help="Native ids of items; without any, the suggestions are added."
        ),
    ] = None,
    *,
    project: ProjectOption = None,
    control: ControlOption = None,
    reason: ReasonOption = None,
    owner: OwnerOption = None,
    limit: LimitOption = 10,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Add items to the queue: the named ones, or those that `queue suggest` suggests."""
    from labelpulse.reader.queue import named, wanted

    settings = open_settings(config, db)
    query, scope = _queue_query(project, control), operator_scope(settings)
    if items and reason:
        raise UsageError("named items always get the reason by_hand: leave out --reason")
    if items:
        entries = named(open_reader(settings), query, items, scope)
    else:
        entries = _suggestions(settings, query, scope, reason, limit)
    result = _open_queue(settings).add(wanted(entry, owner or "") for entry in entries)
    if as_json:
        print_json({"ids": list(result.ids), "added": result.new})
    else:
        already = len(result.ids) - result.new
        print(f"added {plural(result.new, 'item')}, {already:,} already in the queue")


@app.command("send")
def send(
    channel: ChannelArgument,
    *,
    project: ProjectOption = None,
    control: ControlOption = None,
    reason: ReasonOption = None,
    owner: OwnerOption = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Send open entries to a channel, signed; accepted entries are marked as sent."""
    from labelpulse.alerts.queue import send as send_entries
    from labelpulse.alerts.queue import webhook_of
    from labelpulse.reader.queue import Keep, entries

    settings = open_settings(config, db)
    webhook = webhook_of(settings, channel)
    rows = entries(
        open_reader(settings),
        _queue_query(project, control),
        operator_scope(settings),
        Keep([State.OPEN], reason or None, owner, None, limit),
    )
    count = send_entries(rows, webhook, _open_queue(settings), settings.links)
    if as_json:
        print_json({"channel": channel, "sent": count})
    else:
        print(f"sent {plural(count, 'item')} to {channel}")


@app.command("decide")
def decide(
    ids: Annotated[
        list[int], typer.Argument(metavar="ID…", help="Entry ids, as `queue list` shows them.")
    ],
    *,
    outcome: Annotated[
        str | None, typer.Option("--outcome", metavar="TEXT", help="The decision, in words.")
    ] = None,
    author: Annotated[str, typer.Option("--author", metavar="WHO", help="Who decided.")] = "",
    reopen: Annotated[bool, typer.Option("--reopen", help="Take a decision back.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Close entries by hand; changes in the source close entries automatically."""
    if reopen == (outcome is not None):
        raise UsageError("give the decision by --outcome, or take it back by --reopen")
    queue = _open_queue(open_settings(config, db))
    count = queue.reopen(ids) if outcome is None else queue.decide(ids, outcome, author)
    if as_json:
        print_json({"changed": count})
    else:
        print(f"{'reopened' if reopen else 'decided'} {plural(count, 'entry', 'entries')}")


def _queue_query(project: str | None, control: str | None) -> "MetricQuery":
    from labelpulse.reader import MetricQuery

    return MetricQuery("", project=project, control=control)


def _suggestions(
    settings: "Settings",
    query: "MetricQuery",
    scope: "Scope",
    reason: list[Reason] | None,
    limit: int,
) -> "list[Entry]":
    from labelpulse.reader.queue import suggestions

    return suggestions(open_reader(settings), query, scope, reasons=reason or None, limit=limit)


def _open_queue(settings: "Settings") -> "Queue":
    from labelpulse.warehouse.queue import Queue

    return Queue(open_existing(settings).engine)


def _print_entries(
    entries: "Sequence[Entry]",
    settings: "Settings",
    format_: OutputFormat,
    columns: Sequence[str],
) -> None:
    from labelpulse.reader.handover import COLUMNS as ALL_COLUMNS
    from labelpulse.reader.handover import handover

    rows = handover(entries, settings.links)
    if format_ is OutputFormat.JSON:
        print_json({"entries": rows})
    elif format_ is OutputFormat.CSV:
        print_csv(ALL_COLUMNS, rows)
    elif rows:
        if len({entry.place.project_id for entry in entries}) > 1:
            columns = ["project", *columns]
        print_table(columns, [[_cell(row[name]) for name in columns] for row in rows])
    else:
        print_message("No entries: `labelpulse queue suggest` suggests items to review next")


def _cell(value: Any) -> Any:
    return round(value, 1) if isinstance(value, float) else value
