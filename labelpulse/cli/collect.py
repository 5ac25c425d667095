"""`labelpulse collect`: poll the configured sources, for ever or once."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from labelpulse.cli.common import (
    FAILED,
    OK,
    PARTLY,
    ConfigOption,
    DbOption,
    JsonOption,
    open_settings,
    open_warehouse,
    print_json,
    tell,
)
from labelpulse.core.errors import ConfigError
from labelpulse.processes import end_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable

    from labelpulse.alerts.engine import Alerts, Went
    from labelpulse.config import Settings
    from labelpulse.ingest.collect import Turn
    from labelpulse.warehouse.store import Warehouse


def collect(
    once: Annotated[
        bool, typer.Option("--once", help="Poll, sweep and reconcile each source once, then exit.")
    ] = False,
    fast: Annotated[bool, typer.Option("--fast", help="With --once: poll only, no sweep.")] = False,
    source: Annotated[
        str | None, typer.Option("--source", metavar="NAME", help="Only this source.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Poll annotation databases on their schedule into the warehouse."""
    settings = open_settings(config, db)
    said = (settings.projects, settings.people, settings.teams, settings.rates, settings.markers)
    if not (settings.sources or any(said) or settings.alerts or settings.alerting.starter):
        where = settings.file or "labelpulse.toml"
        raise ConfigError(
            f"{where} names no [[sources]]: run `labelpulse init URL` to write one, or "
            "`labelpulse import FILE` to load a file"
        )
    if once:
        raise typer.Exit(_once(settings, source, fast, as_json))
    run_forever(settings, source)


def _only(settings: "Settings", name: str) -> "Settings":
    return settings.model_copy(update={"sources": (settings.source(name),)})


def run_forever(settings: "Settings", source: str | None = None) -> None:
    """Collect until SIGTERM or Ctrl-C.

    Args:
        source: the only one to poll; rules are looked at by the whole configuration all the same.
    """
    polled = settings if source is None else _only(settings, source)
    from collectors.scheduler import Scheduler
    from labelpulse.cli.logs import event_log
    from labelpulse.ingest.collect import Collector

    end_with_parent()
    log = event_log()
    collector = Collector(open_warehouse(settings), polled, tell=log)
    alerts = alerts_of(settings, collector.warehouse, log)
    Scheduler(collector, log, lambda tried: _look(alerts, tried)).run()


def alerts_of(
    settings: "Settings", warehouse: "Warehouse", log: "Callable[..., None]", *, waits: bool = True
) -> "Alerts":
    """Return the rules as they are looked at after polls.

    Args:
        waits: what fires within a short time is told together; not where a run ends.
    """
    from labelpulse.alerts.engine import Alerts
    from labelpulse.cli.query import scope_of
    from labelpulse.warehouse.alerts import AlertBook

    scope = scope_of(settings.file, names=False)
    return Alerts(AlertBook(warehouse.engine), settings, scope, log, waits=waits)


def _look(alerts: "Alerts", tried: bool) -> None:
    """Go through a cycle of alerts; one line is logged where anything came of it."""
    went = alerts.go(attempted=tried)
    done = went.delivered
    if went.began or went.ended or done.sent or done.failed or done.dead:
        alerts.log("alerts", **told(went))


def told(went: "Went") -> dict[str, int]:
    """Return a cycle as the fields of one log line."""
    done = went.delivered
    counts = {
        "firing": went.firing,
        "began": went.began,
        "ended": went.ended,
        "sent": done.sent,
        "failed": done.failed,
        "dead": done.dead,
    }
    return {name: n for name, n in counts.items() if n or name == "firing"}


def _once(settings: "Settings", source: str | None, fast: bool, as_json: bool) -> int:
    from labelpulse.cli.progress import scan_progress
    from labelpulse.ingest.collect import LEASE_WAIT_S, Collector

    warehouse = open_warehouse(settings)
    with scan_progress(quiet=as_json) as progress:
        collector = Collector(
            warehouse,
            settings,
            tell=tell,
            progress=progress,
            sweep=not fast,
            lease_wait_s=LEASE_WAIT_S,
        )
        turns = collector.once(source)
    _alerts_once(settings, warehouse, tried=source is None)
    if as_json:
        print_json([document(turn) for turn in turns])
    for turn in turns:
        tell(sentence(turn))
    return exit_code(turns)


def _alerts_once(settings: "Settings", warehouse: "Warehouse", *, tried: bool) -> None:
    """Look at the rules and deliver what there is to tell, before the run ends."""
    went = alerts_of(settings, warehouse, _say, waits=False).go(attempted=tried)
    if went.rules or went.delivered.sent:
        counts = ", ".join(f"{n:,} {name}" for name, n in told(went).items())
        tell(f"alerts: {counts}")


def _say(event: str, **fields: object) -> None:
    """Tell what a cycle has to say as a line for people."""
    tell(" ".join([event, *(f"{name}={value}" for name, value in fields.items())]))


def exit_code(turns: "list[Turn]") -> int:
    """Return 0 when all went well, 1 when nothing did, 3 when some failed or were quarantined."""
    failed = sum(turn.error is not None for turn in turns)
    if failed and failed == len(turns):
        return FAILED
    partly = any(turn.result is not None and turn.result.quarantined for turn in turns)
    return PARTLY if failed or partly else OK


def document(turn: "Turn") -> dict[str, object]:
    """Return a turn as JSON values."""
    if turn.result is None:
        return {"source": turn.source, "state": "failed", "error": str(turn.error)}
    return {"source": turn.source, "state": turn.result.state, **asdict(turn.result)}


def sentence(turn: "Turn") -> str:
    """Return a turn as a line for people."""
    if turn.result is None:
        said = str(turn.error)
        return said if turn.source in said else f"source {turn.source!r}: {said}"
    done = turn.result
    parts = [f"{done.loaded:,} loaded", f"{done.unchanged:,} unchanged"]
    parts += [f"{done.deleted:,} deleted"] if done.deleted else []
    parts += [f"{done.quarantined:,} quarantined"] if done.quarantined else []
    gap = sum(done.gaps.values())
    rows = "row" if abs(gap) == 1 else "rows"
    parts += [f"{gap:+,} {rows} against the source"] if done.gaps else ["reconciled"]
    parts = parts if done.swept or done.gaps else parts[:-1]
    return f"source {turn.source!r}: {', '.join(parts)} in {turn.seconds:.1f} s"
