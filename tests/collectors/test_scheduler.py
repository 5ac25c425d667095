"""The collector's process: beats, patience, and a clean end."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from apscheduler.job import Job

from collectors import scheduler
from collectors.scheduler import BUSY_SHARE, Pace, Scheduler, fields_of
from dashboard import context, selection
from labelpulse.config import load_settings
from labelpulse.core.errors import RetryLater, StopSource
from labelpulse.demo.home import Home, prepare
from labelpulse.ingest.collect import Collector, Turn
from labelpulse.ingest.runner import PollResult
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.reports import write
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import upgrade


@pytest.fixture
def collector(tmp_path: Path) -> Collector:
    """Two sources, polled every 0.2 s, over an empty warehouse."""
    config = tmp_path / "labelpulse.toml"
    source = (
        '[[sources]]\nname = "{}"\ntype = "label-studio-db"\nurl = "sqlite:///x"\nevery = "200ms"\n'
    )
    config.write_text(source.format("slow") + source.format("quick"))
    settings = load_settings(config, f"sqlite:///{tmp_path / 'warehouse.db'}")
    engine = connect(settings.database.get_secret_value())
    upgrade(engine)
    return Collector(Warehouse(engine, ROLLUPS), settings)


def run_for(scheduler: Scheduler, enough: threading.Event) -> None:
    """Run in this thread (signals need it) until `enough`, at most 20 s."""

    def stop() -> None:
        enough.wait(20)
        scheduler.stop.set()

    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    threading.Thread(target=stop, daemon=True).start()
    try:
        scheduler.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_slow_source_does_not_starve_another(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = {"slow": 0, "quick": 0}
    at_once: list[int] = []
    running = threading.Lock()
    enough = threading.Event()

    def turn(self: Collector, source: object) -> Turn:
        name = source.name  # type: ignore[attr-defined]
        if name == "slow":
            at_once.append(running.acquire(blocking=False))
            time.sleep(0.5)
            running.release()
        turns[name] += 1
        if turns["quick"] >= 5 and turns["slow"] >= 2:
            enough.set()
        return Turn(name, 0.0, PollResult())

    monkeypatch.setattr(Collector, "turn", turn)
    run_for(Scheduler(collector, lambda event, **more: None), enough)
    assert turns["quick"] >= 5
    assert turns["slow"] >= 2
    assert all(at_once), "the slow source ran twice at the same time"


def test_sources_are_known_in_the_order_of_the_configuration(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever answers first: the first one's projects lead, and no page takes one for all."""
    enough = threading.Event()
    known: list[list[str]] = []

    def turn(_self: Collector, source: object) -> Turn:
        found = collector.warehouse.sources()
        known.append([found[id_] for id_ in sorted(found)])
        enough.set()
        return Turn(source.name, 0.0, PollResult())  # type: ignore[attr-defined]

    monkeypatch.setattr(Collector, "turn", turn)
    run_for(Scheduler(collector, lambda *_, **__: None), enough)
    assert known[0] == ["slow", "quick"]


def test_a_turn_under_way_ends_before_the_process_does(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, ended = threading.Event(), threading.Event()

    def turn(self: Collector, source: object) -> Turn:
        began.set()
        self.stop.wait(10)
        time.sleep(0.2)
        ended.set()
        return Turn("slow", 0.0, PollResult())

    monkeypatch.setattr(Collector, "turn", turn)
    run_for(Scheduler(collector, lambda event, **more: None), began)
    assert ended.is_set()


def test_by_default_new_work_is_on_a_page_within_15_seconds(tmp_path: Path) -> None:
    """A beat, a read that does not stretch it, then what the page keeps, then its tick."""
    config = tmp_path / "labelpulse.toml"
    config.write_text('[[sources]]\nname = "a"\ntype = "label-studio-db"\nurl = "sqlite:///x"\n')
    settings = load_settings(config, f"sqlite:///{tmp_path / 'warehouse.db'}")
    engine = connect(settings.database.get_secret_value())
    made = Scheduler(Collector(Warehouse(engine, ROLLUPS), settings), lambda *_, **__: None)
    (job,) = [one for one in made._scheduler().get_jobs() if one.id == "a"]
    engine.dispose()
    longest = job.trigger.interval.total_seconds() + job.trigger.jitter
    assert longest == settings.sources[0].beat.total_seconds() == 10
    assert longest * (1 + BUSY_SHARE) + context.POLL_S + selection.TICK_S <= 15


def test_a_long_read_stretches_the_beat_to_a_twentieth() -> None:
    pace = Pace(every_s=10.0)
    pace.after(seconds=0.4, failed=False, now=100.0)
    assert pace.ready_at == 100.0
    pace.after(seconds=3.0, failed=False, now=100.0)
    assert pace.ready_at == 100.0, "one long read, such as a first load, is no habit"
    pace.after(seconds=3.0, failed=False, now=100.0)
    assert pace.ready_at == pytest.approx(157.0)  # 3 s read, 57 s rest: 5 %
    for _ in range(2):
        pace.after(seconds=1000.0, failed=False, now=100.0)
    assert pace.ready_at == 700.0


def test_a_sweep_does_not_stretch_the_beat(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    enough = threading.Event()
    turns: list[str] = []

    def turn(self: Collector, source: object) -> Turn:
        turns.append(source.name)  # type: ignore[attr-defined]
        if turns.count("slow") >= 4:
            enough.set()
        return Turn(turns[-1], 60.0, PollResult(swept=True))

    monkeypatch.setattr(Collector, "turn", turn)
    run_for(Scheduler(collector, lambda event, **more: None), enough)
    assert turns.count("slow") >= 4


def test_failures_wait_twice_as_long_each_time_and_success_forgets() -> None:
    pace = Pace(every_s=10.0)
    waits = []
    for _ in range(8):
        pace.after(seconds=0.1, failed=True, now=0.0)
        waits.append(pace.ready_at)
    assert waits == [20.0, 40.0, 80.0, 160.0, 320.0, 600.0, 600.0, 600.0]
    pace.after(seconds=0.1, failed=False, now=0.0)
    assert pace.ready_at == 0.0


def test_a_log_line_holds_counts_or_the_sentence() -> None:
    good = fields_of(Turn("studio", 1.23456, PollResult(loaded=3, unchanged=2, swept=True)))
    assert good == {
        "source": "studio",
        "seconds": 1.235,
        "state": "ok",
        "loaded": 3,
        "unchanged": 2,
        "swept": True,
    }
    bad = fields_of(Turn("studio", 0.1, error=StopSource("no column")))
    assert (bad["state"], bad["error"]) == ("failed", "no column")


def test_a_defect_in_one_turn_does_not_end_the_process(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[dict[str, object]] = []
    enough = threading.Event()

    def poll(*_: object) -> None:
        raise ZeroDivisionError("Anna's 42")

    def log(event: str, **more: object) -> None:
        lines.append(more)
        if sum("error" in line for line in lines) == 2:
            enough.set()

    monkeypatch.setattr("labelpulse.ingest.collect.poll", poll)
    run_for(Scheduler(collector, log), enough)
    told = [str(line["error"]) for line in lines if "error" in line]
    assert len(told) == 2, "one failure a source, then patience"
    assert all("ZeroDivisionError" in one and "Anna" not in one for one in told)


def test_a_failed_turn_is_no_exception(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poll(*_: object) -> None:
        raise RetryLater("busy")

    monkeypatch.setattr("labelpulse.ingest.collect.poll", poll)
    turn = collector.turn(collector.settings.sources[0])
    assert isinstance(turn.error, RetryLater)


class Monday(datetime):
    """A clock that stands at a Monday in Berlin, which is still Sunday in UTC."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Monday":
        return cls(2026, 11, 22, 23, 30, tzinfo=UTC).astimezone(tz)


@pytest.fixture
def reporting(tmp_path: Path) -> Iterator[tuple[Job, list[dict[str, object]]]]:
    """The job of a report in the configuration, and what it tells the log."""
    config = tmp_path / "labelpulse.toml"
    config.write_text(
        '[defaults]\ntimezone = "Europe/Berlin"\n'
        '[[reports]]\nname = "weekly"\nformat = "csv"\non = "monday"\nat = "00:30"\n'
    )
    settings = load_settings(config, f"sqlite:///{tmp_path / 'warehouse.db'}")
    engine = connect(settings.database.get_secret_value())
    upgrade(engine)
    lines: list[dict[str, object]] = []
    made = Scheduler(
        Collector(Warehouse(engine, ROLLUPS), settings),
        lambda event, **more: lines.append({"event": event, **more}),
    )
    (job,) = [one for one in made._scheduler().get_jobs() if one.id == "weekly"]
    yield job, lines
    engine.dispose()


def test_a_report_is_written_on_its_day(
    reporting: tuple[Job, list[dict[str, object]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job, lines = reporting
    at = datetime(2026, 11, 18, 12, tzinfo=UTC)
    due = job.trigger.get_next_fire_time(None, at)
    assert due == datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert job.trigger.get_next_fire_time(due, due + timedelta(seconds=1)) == due + timedelta(7)
    monkeypatch.setattr(scheduler, "datetime", Monday)
    job.func(*job.args)
    (file,) = (tmp_path / "reports").iterdir()
    assert file.name == "weekly-2026-11-23.csv"
    assert file.read_bytes().startswith(b"metric,")
    assert lines == [{"event": "report", "name": "weekly", "state": "written", "file": file.name}]


def test_a_report_that_fails_is_told_without_content(
    reporting: tuple[Job, list[dict[str, object]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    job, lines = reporting

    def fails(*_: object) -> None:
        raise ZeroDivisionError("Anna's 42")

    monkeypatch.setattr(write, "write_scheduled", fails)
    job.func(*job.args)
    assert lines == [
        {"event": "report", "name": "weekly", "state": "failed", "error": "ZeroDivisionError"}
    ]


def test_a_folder_that_cannot_be_written_is_logged_in_a_sentence(
    reporting: tuple[Job, list[dict[str, object]]], tmp_path: Path
) -> None:
    job, lines = reporting
    folder = tmp_path / "reports"
    folder.write_text("a file where the folder should be")
    job.func(*job.args)
    assert lines == [
        {
            "event": "report",
            "name": "weekly",
            "state": "failed",
            "error": f"report 'weekly' could not be written to the folder {folder}: File exists. "
            "Check its permissions, or choose another folder in [[reports]]",
        }
    ]


@pytest.mark.faults
def test_sigterm_ends_the_command_cleanly(tmp_path: Path) -> None:
    prepare(Home(tmp_path), 21, datetime.now(UTC))
    (tmp_path / "labelpulse.toml").write_text(
        '[[sources]]\nname = "studio"\ntype = "label-studio-db"\nevery = "1s"\n'
        'url = "sqlite:///tickets.sqlite3"\n'
    )
    command = [sys.executable, "-m", "labelpulse.cli.main", "collect"]
    root = str(Path(__file__).parents[2])
    child = subprocess.Popen(
        command,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert child.stderr is not None
    try:
        for line in child.stderr:
            if json.loads(line).get("loaded"):
                break
        child.send_signal(signal.SIGTERM)
        last = child.stderr.read().strip().splitlines()[-1]
        assert child.wait(30) == 0
    finally:
        child.kill()
    assert json.loads(last)["event"] == "stopped"
    with sqlite3.connect(tmp_path / "labelpulse.db") as warehouse:
        assert warehouse.execute("SELECT expires_at FROM lease").fetchall() == [(0,)]
        assert warehouse.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_rules_are_looked_at_after_polls(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By one thread at a time; what goes wrong there ends no poll, and is told."""
    looks: list[bool] = []
    at_once: list[bool] = []
    said: list[dict[str, object]] = []
    running, enough = threading.Lock(), threading.Event()

    def turn(self: Collector, source: object) -> Turn:
        return Turn(source.name, 0.0, PollResult())  # type: ignore[attr-defined]

    def after(tried: bool) -> None:
        at_once.append(running.acquire(blocking=False))
        looks.append(tried)
        running.release()
        if len(looks) > 5:
            enough.set()
        raise RetryLater("the warehouse is busy")

    monkeypatch.setattr(Collector, "turn", turn)
    log = lambda event, **more: said.append({"event": event, **more})  # noqa: E731
    run_for(Scheduler(collector, log, after), enough)
    assert all(at_once)
    assert looks[-1] is True  # both sources were tried by then
    failed = [one for one in said if one["event"] == "alerts"]
    assert {one["error"] for one in failed} == {"the warehouse is busy"}
    assert sum(one["event"] == "poll" for one in said) >= 5


def test_all_is_well_only_where_every_source_is_tried(collector: Collector) -> None:
    made = Scheduler(collector, lambda event, **more: None)
    made._paces = {name: Pace(0.2) for name in ("slow", "quick")}
    made._tried = {"quick": 100.0}
    assert made._all_tried(100.0) is False
    made._tried["slow"] = 100.0
    assert made._all_tried(101.0) is True
    assert made._all_tried(100.0 + scheduler.LONGEST_S + 1) is False


def test_a_report_tells_its_digest(collector: Collector, tmp_path: Path) -> None:
    from labelpulse.config.models import Report
    from labelpulse.warehouse.outbox import Outbox
    from labelpulse.warehouse.posted import messages

    config = tmp_path / "labelpulse.toml"
    config.write_text(config.read_text() + '[channels.board]\ntype = "log"\n')
    settings = load_settings(config, collector.settings.database.get_secret_value())
    engine = collector.warehouse.engine
    made = Scheduler(Collector(collector.warehouse, settings), lambda event, **more: None)
    report = Report(name="Monday", channels=("board", "gone"))
    made._report(report)
    made._report(report)  # the same day again
    assert Outbox(engine).form(0, 0) == 1
    (message,) = messages(engine)
    assert (message.channel, message.kind) == ("board", "digest")
    assert list((tmp_path / "reports").glob("Monday-*.html"))
