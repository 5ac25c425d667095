"""`labelpulse sources`: the state of each source, a live test, and accepting its deletes."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.cli.options import ConfigOption, DbOption, JsonOption
from labelpulse.cli.output import FAILED, print_json, print_message, print_table
from labelpulse.cli.warehouse import open_reader, open_settings, open_warehouse
from labelpulse.core.days import SECOND, iso, now_us
from labelpulse.core.errors import LabelpulseError, WarehouseError

if TYPE_CHECKING:
    from labelpulse.config import Settings
    from labelpulse.ingest.trial import Step
    from labelpulse.warehouse.health import SourceHealth

app = typer.Typer(
    help="Show the state of each source; test one, or accept its deletes.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of a source in the configuration.")
]


@app.callback()
def sources(
    context: typer.Context,
    *,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """List every source: state, last success, rows, quarantined records."""
    context.obj = (config, db, as_json)
    if context.invoked_subcommand is not None:
        return
    health = _all_sources(open_settings(config, db))
    if as_json:
        print_json([source_json(source) for source in health])
    elif health:
        now = now_us()
        columns = ("source", "type", "state", "last success", "rows", "quarantined", "reason")
        print_table(columns, [_source_row(source, now) for source in health])
    else:
        print_message("There are no sources: `labelpulse init` or `labelpulse import` adds one.")


def _source_row(source: "SourceHealth", now: int) -> tuple[Any, ...]:
    last = "never" if source.ok_at is None else age_text(now - source.ok_at)
    return (
        *(source.name, source.type, source.state, last),
        *(source.rows, source.quarantined, source.reason),
    )


def _all_sources(settings: "Settings") -> "list[SourceHealth]":
    """Return every source of the warehouse and of the configuration, by name."""
    from labelpulse.warehouse.health import never_polled

    health = {source.name: source for source in _stored_sources(settings)}
    for source in settings.sources:
        health.setdefault(source.name, never_polled(source.name, source.type))
    return [health[name] for name in sorted(health)]


def _stored_sources(settings: "Settings") -> "list[SourceHealth]":
    """Return the sources in the warehouse; print a message if it does not exist yet."""
    from labelpulse.metrics.registry import ROLLUPS
    from labelpulse.warehouse.health import sources as stored_sources

    try:
        return stored_sources(open_reader(settings), ROLLUPS)
    except WarehouseError as error:
        if not settings.sources:
            raise
        print_message(str(error))
        return []


def source_json(source: "SourceHealth") -> dict[str, Any]:
    """Return the state of a source as JSON values."""
    return {
        "source": source.name,
        "type": source.type,
        "state": source.state,
        "reason": source.reason,
        "last_try": iso(source.tried_at),
        "last_ok": iso(source.ok_at),
        "rows": source.rows,
        "quarantined": source.quarantined,
        "projects": [
            {"title": project.title, "state": project.state, "gap": project.gap}
            for project in source.projects
        ],
    }


def age_text(us: int) -> str:
    """Return an age in the largest unit that fits.

    >>> age_text(90 * SECOND), age_text(3 * 86_400 * SECOND)
    ('1 min ago', '3 d ago')
    """
    seconds = us // SECOND
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{max(seconds, 0)} s ago"


def _shared_options(
    context: typer.Context, options: tuple[Any, Any, bool]
) -> tuple[Any, Any, bool]:
    """Return --config, --db and --json, which may be before or after the sub-verb."""
    before = context.obj
    return options[0] or before[0], options[1] or before[1], options[2] or before[2]


@app.command("test")
def try_source(
    context: typer.Context,
    name: NameArgument,
    *,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Test a source: connect, check that writes fail, compare clocks, read one row."""
    from labelpulse.cli.init import detection_json, print_detection
    from labelpulse.ingest.plugins import live_source
    from labelpulse.ingest.targets import Target
    from labelpulse.ingest.trial import try_out, unseen

    config, db, as_json = _shared_options(context, (config, db, as_json))
    settings = open_settings(config, db)
    source = settings.source(name)
    connection = live_source(settings, source)
    try:
        trial = try_out(connection, unseen if as_json else _print_step)
    finally:
        connection.close()
    target = Target(trial.found, "-")
    if as_json:
        print_json(
            {
                "source": name,
                "ok": True,
                **detection_json(target, settings.file),
                "remarks": list(trial.found.remarks),
                "checks": [asdict(step) for step in trial.steps],
                "sample": trial.sample or None,
            }
        )
        return
    print()
    print_detection(target)
    print_message(f"source {name!r} can be reached and read.")


def _print_step(step: "Step") -> None:
    print(f"{'ok  ' if step.ok else 'note'}  {step.name}: {step.text}")


@app.command("accept-deletes")
def accept_deletes(
    context: typer.Context,
    name: NameArgument,
    *,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Poll a source once and delete everything that is missing from it, however much it is."""
    from labelpulse.cli.collect import poll_json, poll_text
    from labelpulse.ingest.collect import LEASE_WAIT_S, Collector

    config, db, as_json = _shared_options(context, (config, db, as_json))
    settings = open_settings(config, db)
    source = settings.source(name)
    collector = Collector(
        open_warehouse(settings),
        settings,
        tell=print_message,
        sweep=True,
        guarded=False,
        lease_wait_s=LEASE_WAIT_S,
    )
    poll = collector.turn(source)
    if as_json:
        print_json(poll_json(poll))
    print_message(poll_text(poll))
    if isinstance(poll.error, LabelpulseError):
        raise typer.Exit(FAILED)
