"""Minute two: people skip what they cannot read, and an alert goes from pending to firing."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from labelpulse.alerts.engine import Alerts
from labelpulse.alerts.look import look
from labelpulse.alerts.present import present
from labelpulse.config import Settings, load_settings
from labelpulse.core.days import to_us
from labelpulse.demo.home import Home
from labelpulse.demo.live import Live
from labelpulse.demo.reviews import ReviewTeam
from labelpulse.ingest.collect import Collector
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.reader.alerts import incidents
from labelpulse.warehouse.alerts import AlertBook
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import upgrade
from tests.demo.conftest import NOON
from tests.reader.world import HIDDEN

POLL = timedelta(seconds=3)
RULE = "many skips"


@dataclass
class Demo:
    """A demo that runs by a clock under control: both teams, the collector, and the one rule."""

    home: Home
    settings: Settings
    now: datetime = NOON

    def __post_init__(self) -> None:
        self.engine = connect(self.settings.database.get_secret_value())
        upgrade(self.engine)
        self.live = Live(self.home.database, seed=self.home.seed)
        self.reviews, self.reviewed = ReviewTeam(self.home.reviews, self.home.seed), self.now
        store = Warehouse(self.engine, ROLLUPS, clock=self.clock)
        self.collector = Collector(store, self.settings)
        book = AlertBook(self.engine, self.clock)
        self.alerts = Alerts(book, self.settings, HIDDEN, lambda *_, **__: None, self.clock)

    def clock(self) -> int:
        return to_us(self.now)

    def work(self, until: timedelta) -> None:
        """Let the teams work until so long after noon."""
        while self.now < NOON + until:
            self.live.step(self.now)
            self.now += timedelta(seconds=self.live.pace_s)
            while self.reviewed < self.now:
                assert self.reviews.step(self.reviewed) == 1
                self.reviewed += timedelta(seconds=self.reviews.pace_s)

    def state(self) -> str:
        """Poll, go through a cycle, and return how the import stands."""
        assert [turn.error for turn in self.collector.once()] == [None, None]
        self.alerts.go()
        seen = look(self.engine, self.settings, HIDDEN, self.clock())
        rows = {one.subject.words: one for one in present(seen) if one.rule.name == RULE}
        beside = {words for words, one in rows.items() if one.state != "normal"}
        assert beside <= {"Tickets · upload 7"}
        found = rows.get("Tickets · upload 7")
        return "" if found is None else found.state


@pytest.fixture
def demo(home: Home) -> Iterator[Demo]:
    settings = load_settings(home.config, environ={})
    rules = [one for one in settings.alerts if one.name == RULE]
    alerting = settings.alerting.model_copy(update={"starter": False})
    found = Demo(home, settings.model_copy(update={"alerts": rules, "alerting": alerting}))
    yield found
    found.engine.dispose()


def test_pending_turns_to_firing_while_people_watch(demo: Demo) -> None:
    """By polls of 3 s; the burst ends, and the alert stays for the day."""
    seen: list[str] = []
    for second in (95, 110):
        demo.work(timedelta(seconds=second))
        seen.append(demo.state())
    assert seen == ["", "normal"]
    at = timedelta(minutes=2)
    while seen[-1] != "firing":
        demo.work(at)
        seen.append(demo.state())
        at += POLL
        assert at < timedelta(minutes=4), seen
    order = ("", "normal", "pending", "firing")
    assert seen == sorted(seen, key=order.index)
    assert set(seen) == set(order)
    pending = seen.count("pending") * POLL
    assert timedelta(seconds=9) <= pending <= timedelta(seconds=60)
    assert timedelta(minutes=2) <= at <= timedelta(minutes=3)
    told = json.loads(demo.home.truth.read_text(encoding="utf-8"))["planted"]
    (planted,) = [one for one in told if one["what"] == "garbled import"]
    assert planted["day"] == NOON.date().isoformat()
    demo.work(timedelta(minutes=5))
    assert demo.state() == "firing"
    skipped = "SELECT count(*) FROM task WHERE file_upload_id = 7 AND cancelled_annotations > 0"
    assert _one(demo.home, skipped) == planted["expected"]["skipped"] == 16


def _one(home: Home, sql: str) -> int:
    with closing(sqlite3.connect(home.database)) as db:
        return int(db.execute(sql).fetchone()[0])


def test_the_day_after_it_is_over(demo: Demo) -> None:
    demo.work(timedelta(minutes=4))
    assert demo.state() == "firing"
    demo.now += timedelta(days=1)
    assert demo.state() == "firing", "silence is no recovery"
    for _ in range(130):
        demo.live.step(demo.now)
        demo.now += timedelta(seconds=demo.live.pace_s)
    assert demo.state() == "recovering", "the day is not over"
    demo.now += timedelta(days=1)
    assert demo.state() == "normal"
    (one,) = incidents(demo.engine)
    assert (one.ended_by, one.early) == ("resolved", False)


def test_a_restart_goes_on_with_the_import(demo: Demo) -> None:
    demo.work(timedelta(minutes=2))
    demo.live = Live(demo.home.database, seed=demo.home.seed)
    demo.work(timedelta(minutes=5))
    assert _one(demo.home, "SELECT count(*) FROM task WHERE file_upload_id = 7") == 100
    touched = "SELECT count(*) FROM task WHERE file_upload_id = 7 AND updated_by_id IS NOT NULL"
    assert _one(demo.home, touched) == 40
