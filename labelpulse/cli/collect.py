"""`labelpulse collect`: poll the configured sources, continuously or once."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from labelpulse.cli.options import ConfigOption, DbOption, JsonOption, SourceOption
from labelpulse.cli.output import FAILED, OK, PARTLY, print_json, print_message, scan_progress
from labelpulse.cli.warehouse import open_settings, open_warehouse, operator_scope
from labelpulse.core.errors import ConfigError
from labelpulse.core.formats import plural
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
    source: SourceOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Poll the configured sources on their schedule into the warehouse."""
    settings = open_settings(config, db)
    if not _has_work(settings):
        file = settings.file or "labelpulse.toml"
        raise ConfigError(
            f"{file} names no [[sources]]: run `labelpulse init URL` to write one, or "
            "`labelpulse import FILE` to load a file"
        )
    if once:
        raise typer.Exit(_collect_once(settings, source, fast, as_json))
    collect_forever(settings, source)


def _has_work(settings: "Settings") -> bool:
    """Return whether the configuration has sources, alerts, or settings that refine imports."""
    refinements = (
        settings.projects,
        settings.people,
        settings.teams,
        settings.rates,
        settings.markers,
    )
    has_alerts = bool(settings.alerts) or settings.alerting.starter
    return bool(settings.sources) or any(refinements) or has_alerts


def collect_forever(settings: "Settings", source: str | None = None) -> None:
    """Collect until SIGTERM or Ctrl-C.

    Args:
        source: the only source to poll; rules are evaluated for all sources.
    """
    polled = settings
    if source is not None:
        polled = settings.model_copy(update={"sources": (settings.source(source),)})
    from collectors.scheduler import Scheduler
    from labelpulse.cli.logs import event_log
    from labelpulse.ingest.collect import Collector

    end_with_parent()
    log = event_log()
    collector = Collector(open_warehouse(settings), polled, tell=log)
    alerts = make_alerts(settings, collector.warehouse, log)
    Scheduler(collector, log, lambda polled_all: _run_alerts(alerts, polled_all)).run()


def make_alerts(
    settings: "Settings",
    warehouse: "Warehouse",
    log: "Callable[..., None]",
    *,
    groups_messages: bool = True,
) -> "Alerts":
    """Return what evaluates rules and delivers messages after polls.

    Args:
        groups_messages: alerts that fire within a short time share a message; a run that ends
            cannot wait for it.
    """
    from labelpulse.alerts.engine import Alerts
    from labelpulse.warehouse.alerts import AlertBook

    book = AlertBook(warehouse.engine)
    return Alerts(book, settings, operator_scope(settings), log, waits=groups_messages)


def _run_alerts(alerts: "Alerts", polled_all: bool) -> None:
    """Evaluate rules and deliver messages; log a line if anything changed."""
    outcome = alerts.go(attempted=polled_all)
    delivered = outcome.delivered
    if outcome.began or outcome.ended or delivered.sent or delivered.failed or delivered.dead:
        alerts.log("alerts", **alert_counts(outcome))


def alert_counts(outcome: "Went") -> dict[str, int]:
    """Return the counts of an evaluation that are not 0, and how many alerts fire."""
    delivered = outcome.delivered
    counts = {
        "firing": outcome.firing,
        "began": outcome.began,
        "ended": outcome.ended,
        "sent": delivered.sent,
        "failed": delivered.failed,
        "dead": delivered.dead,
    }
    return {name: n for name, n in counts.items() if n or name == "firing"}


def _collect_once(settings: "Settings", source: str | None, fast: bool, as_json: bool) -> int:
    from labelpulse.ingest.collect import LEASE_WAIT_S, Collector

    warehouse = open_warehouse(settings)
    with scan_progress(quiet=as_json) as progress:
        collector = Collector(
            warehouse,
            settings,
            tell=print_message,
            progress=progress,
            sweep=not fast,
            lease_wait_s=LEASE_WAIT_S,
        )
        polls = collector.once(source)
    _run_alerts_once(settings, warehouse, polled_all=source is None)
    if as_json:
        print_json([poll_json(poll) for poll in polls])
    for poll in polls:
        print_message(poll_text(poll))
    return exit_code(polls)


def _run_alerts_once(settings: "Settings", warehouse: "Warehouse", *, polled_all: bool) -> None:
    """Evaluate rules and deliver all messages before the run ends."""
    alerts = make_alerts(settings, warehouse, _print_event, groups_messages=False)
    outcome = alerts.go(attempted=polled_all)
    if outcome.rules or outcome.delivered.sent:
        counts = ", ".join(f"{n:,} {name}" for name, n in alert_counts(outcome).items())
        print_message(f"alerts: {counts}")


def _print_event(event: str, **fields: object) -> None:
    print_message(" ".join([event, *(f"{name}={value}" for name, value in fields.items())]))


def exit_code(polls: "list[Turn]") -> int:
    """Return 0 when all polls succeeded, 1 when all failed, 3 when some failed or quarantined."""
    failed = sum(poll.error is not None for poll in polls)
    if failed and failed == len(polls):
        return FAILED
    has_quarantined = any(poll.result is not None and poll.result.quarantined for poll in polls)
    return PARTLY if failed or has_quarantined else OK


def poll_json(poll: "Turn") -> dict[str, object]:
    """Return the result of a poll as JSON values."""
    if poll.result is None:
        return {"source": poll.source, "state": "failed", "error": str(poll.error)}
    return {"source": poll.source, "state": poll.result.state, **asdict(poll.result)}


def poll_text(poll: "Turn") -> str:
    """Return the result of a poll as a line for people."""
    if poll.result is None:
        error = str(poll.error)
        return error if poll.source in error else f"source {poll.source!r}: {error}"
    result = poll.result
    parts = [f"{result.loaded:,} loaded", f"{result.unchanged:,} unchanged"]
    if result.deleted:
        parts.append(f"{result.deleted:,} deleted")
    if result.quarantined:
        parts.append(f"{result.quarantined:,} quarantined")
    if result.gaps:
        gap = sum(result.gaps.values())
        more = "more" if gap >= 0 else "fewer"
        parts.append(f"the source has {plural(abs(gap), 'row')} {more}")
    elif result.swept:
        parts.append("reconciled")
    return f"source {poll.source!r}: {', '.join(parts)} in {poll.seconds:.1f} s"
