"""The collector's own process: every source on its beat, until told to stop.

APScheduler 3 with jobs from the configuration, kept in memory; each source's lease, not the
scheduler, makes sure that it is polled once.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING, Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from labelpulse.core.days import machine_zone, now_us, zone
from labelpulse.core.errors import LabelpulseError, RetryLater
from labelpulse.ingest.collect import Collector, Turn
from labelpulse.reader import Scope, pseudonym_key

if TYPE_CHECKING:
    from labelpulse.config.models import Report, Source

BUSY_SHARE = 0.05
"""A source may be read for this share of its beat; a longer read stretches the beat."""
LONGEST_S = 600.0
GRACE_S = 25.0
PREPARE_EVERY_S = 60
ALERTS_SHARE = 0.2
"""Of the time, alerts may take so much: after a long cycle the next one waits."""

Log = Callable[..., None]
After = Callable[[bool], None]
"""What follows a poll; told whether every source was tried lately."""


@dataclass(slots=True)
class Pace:
    """When a source's next turn is due, beyond its beat: after long reads and failures.

    One long read (a first load, a sweep) changes nothing; two in a row stretch the beat.

    >>> pace = Pace(every_s=10.0)
    >>> pace.after(seconds=60.0, failed=False, now=100.0); pace.ready_at
    100.0
    >>> pace.after(seconds=2.0, failed=False, now=100.0); pace.ready_at
    138.0
    """

    every_s: float
    ready_at: float = 0.0
    failures: int = 0
    last_s: float = 0.0

    def after(self, *, seconds: float, failed: bool, now: float) -> None:
        """Note a turn that took `seconds` and ended at `now` (monotonic seconds)."""
        self.failures = self.failures + 1 if failed else 0
        usual, self.last_s = min(seconds, self.last_s), seconds
        rest = 0.0
        if usual > BUSY_SHARE * self.every_s:
            rest = usual * (1 / BUSY_SHARE - 1)
        if failed:
            rest = max(rest, self.every_s * 2 ** min(self.failures, 6))
        self.ready_at = now + min(rest, LONGEST_S)


@dataclass
class Scheduler:
    """Runs a collector's sources on their beats.

    Attributes:
        log: called with an event and fields, one line a poll.
        after: called after polls, by one thread at a time: the rules are looked at.
    """

    collector: Collector
    log: Log
    after: After | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    _paces: dict[str, Pace] = field(default_factory=dict)
    _loaded: set[str] = field(default_factory=set)
    _tried: dict[str, float] = field(default_factory=dict)
    _alerts_at: float = 0.0
    _alerts_lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Poll until `stop` is set (SIGTERM and Ctrl-C set it), then let pages finish."""
        self.collector = replace(self.collector, stop=self.stop)
        self._listen()
        with suppress(Exception):  # each turn tries it anew, and says what is wrong
            self.collector.introduce()
        scheduler = self._scheduler()
        scheduler.start()
        self.log("collecting", sources=[one.name for one in self.collector.settings.sources])
        self.stop.wait()
        scheduler.pause()
        watchdog = threading.Timer(GRACE_S, os._exit, args=(1,))
        watchdog.daemon = True
        watchdog.start()
        scheduler.shutdown(wait=True)
        watchdog.cancel()
        self.log("stopped")

    def _listen(self) -> None:
        def end(_number: int, _frame: FrameType | None) -> None:
            self.stop.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)

    def _scheduler(self) -> BackgroundScheduler:
        sources = list(self.collector.settings.sources)
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        pool = ThreadPoolExecutor(max(2, len(sources) + 1))
        # It would tell of every beat that passes while a long read goes on.
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
        made = BackgroundScheduler(timezone=UTC, executors={"default": pool}, job_defaults=defaults)
        now = datetime.now(UTC)
        for source in sources:
            every = source.beat.total_seconds()
            jitter = max(1, int(every / 10)) if every >= 10 else 0
            self._paces[source.name] = Pace(every)
            made.add_job(
                self._turn,
                "interval",
                seconds=every - jitter,  # which APScheduler only adds to: a beat is the longest
                jitter=jitter,
                next_run_time=now,
                args=[source],
                id=source.name,
                replace_existing=True,
            )
        made.add_job(
            self.collector.prepare,
            "interval",
            seconds=PREPARE_EVERY_S,
            next_run_time=now,
            id="prepare",
        )
        made.add_job(
            self._follow, "interval", seconds=PREPARE_EVERY_S, next_run_time=now, id="alerts"
        )
        for report in self.collector.settings.reports:
            made.add_job(self._report, cron(report, self._zone), args=[report], id=report.name)
        return made

    @property
    def _zone(self) -> str:
        return self.collector.settings.defaults.timezone or machine_zone()

    def _report(self, report: "Report") -> None:
        """Write a report on its day; what goes wrong is told and ends nothing else."""
        from labelpulse.reports.write import write_scheduled

        settings, engine = self.collector.settings, self.collector.warehouse.engine
        day = datetime.now(zone(self._zone)).date()
        try:
            file = write_scheduled(engine, settings, report, day)
            self._digest(report)
        except Exception as error:  # noqa: BLE001 - a report that fails must not end the polls
            message = str(error) if isinstance(error, LabelpulseError) else type(error).__name__
            self.log("report", name=report.name, state="failed", error=message)
            return
        self.log("report", name=report.name, state="written", file=file.name)

    def _digest(self, report: "Report") -> None:
        """Put the digest of a report that names channels in the outbox."""
        if not report.channels:
            return
        from labelpulse.alerts.digest import send_digest

        settings, engine = self.collector.settings, self.collector.warehouse.engine
        scope = Scope(key=pseudonym_key(settings.file))
        send_digest(engine, settings, report, scope, now_us())

    def _turn(self, source: "Source") -> None:
        pace = self._paces[source.name]
        if time.monotonic() < pace.ready_at or self.stop.is_set():
            return
        turn = self.collector.turn(source)
        if turn.result is not None and source.name not in self._loaded:
            self._loaded.add(source.name)
            self.collector.prepare()  # teams and markers may name what has just appeared
        failed = isinstance(turn.error, RetryLater)
        # A sweep is rare and has its own hourly beat: it says nothing of what a poll costs.
        swept = turn.result is not None and turn.result.swept
        seconds = 0.0 if swept else turn.seconds
        pace.after(seconds=seconds, failed=failed, now=time.monotonic())
        self.log("poll", **fields_of(turn))
        self._tried[source.name] = time.monotonic()
        self._follow()

    def _follow(self) -> None:
        """Let the rules be looked at, unless somebody does or they took their share of the time."""
        if self.after is None or not self._alerts_lock.acquire(blocking=False):
            return
        try:
            began = time.monotonic()
            if began < self._alerts_at or self.stop.is_set():
                return
            self.after(self._all_tried(began))
            took = time.monotonic() - began
            self._alerts_at = began + took / ALERTS_SHARE
        except Exception as error:  # noqa: BLE001 - alerts that fail must not end the polls
            message = str(error) if isinstance(error, LabelpulseError) else type(error).__name__
            self.log("alerts", state="failed", error=message)
        finally:
            self._alerts_lock.release()

    def _all_tried(self, now: float) -> bool:
        """True when every source was tried within three of its beats, or the longest rest."""
        return all(
            name in self._tried and now - self._tried[name] <= max(3 * pace.every_s, LONGEST_S)
            for name, pace in self._paces.items()
        )


def cron(report: "Report", zone_name: str) -> CronTrigger:
    """Return when a report is due.

    >>> from labelpulse.config.models import Report
    >>> print(cron(Report(name="weekly", on="monday", at="07:30"), "Europe/Berlin"))
    cron[day_of_week='mon', hour='7', minute='30']
    """
    hour, minute = (int(part) for part in report.at.split(":"))
    on: dict[str, Any] = {"day": 1} if report.on == "month" else {}
    if report.on not in ("month", "daily"):
        on = {"day_of_week": report.on[:3]}
    return CronTrigger(hour=hour, minute=minute, timezone=zone_name, **on)


def fields_of(turn: Turn) -> dict[str, Any]:
    """Return a turn as the fields of one log line: counts, never content."""
    shown: dict[str, Any] = {"source": turn.source, "seconds": round(turn.seconds, 3)}
    if turn.result is None:
        return {**shown, "state": "failed", "error": str(turn.error)}
    result = turn.result
    counts = {
        name: getattr(result, name)
        for name in ("loaded", "unchanged", "deleted", "repaired", "quarantined")
        if getattr(result, name)
    }
    extra = {"swept": True} if result.swept else {}
    return {**shown, "state": result.state, **counts, **extra}
