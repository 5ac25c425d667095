"""`labelpulse sources`: how each stands, a live test, and the way out of the delete guard."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.cli.common import (
    FAILED,
    ConfigOption,
    DbOption,
    JsonOption,
    open_reader,
    open_settings,
    open_warehouse,
    print_json,
    print_table,
    tell,
)
from labelpulse.core.days import SECOND, iso, now_us
from labelpulse.core.errors import LabelpulseError, WarehouseError

if TYPE_CHECKING:
    from labelpulse.config import Settings
    from labelpulse.ingest.trial import Step
    from labelpulse.warehouse.health import SourceHealth

app = typer.Typer(
    help="How each source stands; test one, or accept its deletes.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A source in the configuration.")]


@app.callback()
def sources(
    context: typer.Context,
    *,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """List every source: state, last success, rows, what was set aside."""
    context.obj = (config, db, as_json)
    if context.invoked_subcommand is None:
        listed = _listed(open_settings(config, db))
        if as_json:
            print_json([document(one) for one in listed])
        elif listed:
            now = now_us()
            columns = ("source", "type", "state", "last success", "rows", "set aside", "reason")
            print_table(columns, [_row(one, now) for one in listed])
        else:
            tell("There are no sources yet: `labelpulse init` or `labelpulse import` adds one.")


def _row(one: "SourceHealth", now: int) -> tuple[Any, ...]:
    last = "never" if one.ok_at is None else age_text(now - one.ok_at)
    return (one.name, one.type, one.state, last, one.rows, one.quarantined, one.reason)


def _listed(settings: "Settings") -> "list[SourceHealth]":
    """Return every source of the warehouse and of the configuration, by name."""
    from labelpulse.warehouse.health import never_polled

    found = {one.name: one for one in stored_sources(settings)}
    for source in settings.sources:
        found.setdefault(source.name, never_polled(source.name, source.type))
    return [found[name] for name in sorted(found)]


def stored_sources(settings: "Settings") -> "list[SourceHealth]":
    """Return what the warehouse knows of its sources; with a word where there is none yet."""
    from labelpulse.metrics.registry import ROLLUPS
    from labelpulse.warehouse.health import sources as health

    try:
        return health(open_reader(settings), ROLLUPS)
    except WarehouseError as error:
        if not settings.sources:
            raise
        tell(str(error))
        return []


def document(one: "SourceHealth") -> dict[str, Any]:
    """Return a source's state as JSON values."""
    return {
        "source": one.name,
        "type": one.type,
        "state": one.state,
        "reason": one.reason,
        "last_try": iso(one.tried_at),
        "last_ok": iso(one.ok_at),
        "rows": one.rows,
        "quarantined": one.quarantined,
        "projects": [
            {"title": project.title, "state": project.state, "gap": project.gap}
            for project in one.projects
        ],
    }


def age_text(us: int) -> str:
    """Return a time span for people.

    >>> age_text(90 * SECOND), age_text(3 * 86_400 * SECOND)
    ('1 min ago', '3 d ago')
    """
    seconds = us // SECOND
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{max(seconds, 0)} s ago"


def _shared(context: typer.Context, mine: tuple[Any, Any, bool]) -> tuple[Any, Any, bool]:
    """Return --config, --db and --json from after the sub-verb, else from before it."""
    before = context.obj
    return mine[0] or before[0], mine[1] or before[1], mine[2] or before[2]


@app.command("test")
def try_out(
    context: typer.Context,
    name: Name,
    *,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try a source now: connect, fail to write, compare clocks, read one row, say what is there."""
    from labelpulse.cli.init import document as found_document
    from labelpulse.cli.init import show
    from labelpulse.ingest.plugins import live_source
    from labelpulse.ingest.targets import Target
    from labelpulse.ingest.trial import try_out, unseen

    config, db, as_json = _shared(context, (config, db, as_json))
    settings = open_settings(config, db)
    source = settings.source(name)
    live = live_source(settings, source)
    try:
        trial = try_out(live, unseen if as_json else _show_step)
    finally:
        live.close()
    target = Target(trial.found, "-")
    if as_json:
        print_json(
            {
                "source": name,
                "ok": True,
                **found_document(target, settings.file),
                "remarks": list(trial.found.remarks),
                "checks": [asdict(step) for step in trial.steps],
                "sample": trial.sample or None,
            }
        )
        return
    print()
    show(target)
    tell(f"source {name!r} can be reached and read.")


def _show_step(step: "Step") -> None:
    print(f"{'ok  ' if step.ok else 'note'}  {step.name}: {step.text}")


@app.command("accept-deletes")
def accept_deletes(
    context: typer.Context,
    name: Name,
    *,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Poll a source once, taking what vanished there as deleted, however much it is."""
    from labelpulse.cli.collect import document as turn_document
    from labelpulse.cli.collect import sentence
    from labelpulse.ingest.collect import LEASE_WAIT_S, Collector

    config, db, as_json = _shared(context, (config, db, as_json))
    settings = open_settings(config, db)
    source = settings.source(name)
    collector = Collector(
        open_warehouse(settings),
        settings,
        tell=tell,
        sweep=True,
        guarded=False,
        lease_wait_s=LEASE_WAIT_S,
    )
    turn = collector.turn(source)
    if as_json:
        print_json(turn_document(turn))
    tell(sentence(turn))
    if isinstance(turn.error, LabelpulseError):
        raise typer.Exit(FAILED)
