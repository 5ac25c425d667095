"""The live teams: pages move, nobody gives an answer too many, and the alert of minute two."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from labelpulse.alerts.engine import Alerts
from labelpulse.alerts.look import look
from labelpulse.alerts.present import present
from labelpulse.config import Settings, load_settings
from labelpulse.core.days import to_us
from labelpulse.demo.home import Home
from labelpulse.demo.live import DoccanoTeam, LabelStudioTeam
from labelpulse.ingest.collect import Collector
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.warehouse.alerts import AlertBook
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import upgrade
from tests.demo.conftest import NOON
from tests.reader.world import HIDDEN

RULE = "many skips"
SINCE = f"created_at > '{NOON:%F %T}'"
TOO_MANY = """
    SELECT count(*) FROM task t WHERE t.overlap < (
        SELECT count(*) FROM task_completion c WHERE c.task_id = t.id AND NOT c.was_cancelled
    )
"""
TWICE = """
    SELECT count(*) FROM (
        SELECT 1 FROM task_completion GROUP BY task_id, completed_by_id HAVING count(*) > 1
    )
"""


def query(path: Path, sql: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchone()[0]


def team_of(home: Home) -> LabelStudioTeam:
    return LabelStudioTeam.of(home.database, home.read_truth())


def work(team: LabelStudioTeam, steps: int, now: datetime = NOON) -> datetime:
    for _ in range(steps):
        now += timedelta(seconds=team.pace_s)
        assert team.step(now)
    return now


def test_answers_keep_arriving_and_none_is_one_too_many(home: Home) -> None:
    before = query(home.database, "SELECT count(*) FROM task_completion")
    now = work(team_of(home), 400)
    work(team_of(home), 100, now)  # after a restart
    answers = f"SELECT count(*) FROM task_completion WHERE {SINCE} AND "
    for kind in ("NOT was_cancelled", "was_cancelled", "ground_truth", "project_id = 2"):
        assert query(home.database, answers + kind) > 0, kind
    assert query(home.database, answers + "parent_prediction_id IS NOT NULL") > 10
    assert query(home.database, "SELECT count(*) FROM task_completion") > before + 250
    assert query(home.database, TOO_MANY) == query(home.database, TWICE) == 0
    assert query(home.database, "SELECT count(*) FROM tasks_annotationdraft") in range(1, 12)
    gone = [one["id"] for one in home.read_truth()["people"] if one["role"] == "leaver"]
    by_leavers = answers + f"completed_by_id IN ({', '.join(map(str, gone))})"
    assert query(home.database, by_leavers) == 0


def test_a_page_moves_every_few_seconds_at_night_too(home: Home) -> None:
    sunday = datetime(2026, 11, 29, 22, tzinfo=UTC)
    end = work(team_of(home), 60, sunday)
    gained = query(home.database, f"SELECT count(*) FROM task_completion WHERE {SINCE}")
    assert (end - sunday).total_seconds() / gained < 12


def test_six_answers_vanish_without_a_trace(home: Home) -> None:
    planted = {
        one["expected"]["unique_id"]
        for one in home.read_truth()["planted"]
        if one["what"] == "silent delete"
    }
    before = unique_ids(home)
    work(team_of(home), 40)
    work(team_of(home), 60)
    assert before - unique_ids(home) == planted
    assert len(planted) == 6


def unique_ids(home: Home) -> set[str]:
    with closing(sqlite3.connect(home.database)) as db:
        return {unique for (unique,) in db.execute("SELECT unique_id FROM task_completion")}


def test_reviews_go_on_in_the_other_tool(home: Home) -> None:
    before = query(home.reviews, "SELECT count(*) FROM examples_examplestate")
    team = DoccanoTeam(home.reviews)
    assert all(team.step(NOON + timedelta(seconds=9 * at)) for at in range(40))
    assert query(home.reviews, "SELECT count(*) FROM examples_examplestate") == before + 40
    readers = "SELECT max(n) FROM (SELECT count(*) n FROM labels_category GROUP BY example_id)"
    assert query(home.reviews, readers) == 2


@pytest.mark.parametrize("lock", ["EXCLUSIVE", "read"])
def test_a_database_that_somebody_holds_is_left_alone(lock: str, home: Home) -> None:
    team = team_of(home)
    work(team, 9)  # the next step deletes an answer
    before = unique_ids(home)
    with closing(sqlite3.connect(home.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE" if lock == "EXCLUSIVE" else "BEGIN")
        if lock == "read":
            other.execute("SELECT id FROM task_completion").fetchone()
        assert not team.step(NOON + timedelta(seconds=40))
        other.execute("ROLLBACK")
    assert unique_ids(home) == before
    work(team, 60)
    assert query(home.database, TOO_MANY) == query(home.database, TWICE) == 0
    with pytest.raises(sqlite3.OperationalError):
        DoccanoTeam(home.folder / "none.sqlite3").step(NOON)
    assert not (home.folder / "none.sqlite3").exists()


@dataclass
class MinuteTwo:
    """A demo by a clock under control, with the one rule on skips."""

    home: Home
    settings: Settings
    now: datetime = NOON

    def __post_init__(self) -> None:
        self.engine = connect(self.settings.database.get_secret_value())
        upgrade(self.engine)
        self.team = team_of(self.home)
        store = Warehouse(self.engine, ROLLUPS, clock=self.clock)
        self.collector = Collector(store, self.settings)
        book = AlertBook(self.engine, self.clock)
        self.alerts = Alerts(book, self.settings, HIDDEN, lambda *_, **__: None, self.clock)

    def clock(self) -> int:
        return to_us(self.now)

    def work(self, until: timedelta) -> None:
        while self.now < NOON + until:
            self.team.step(self.now)
            self.now += timedelta(seconds=self.team.pace_s)

    def state(self) -> str:
        """Poll, evaluate, and return the state of the upload; every other subject is normal."""
        assert [turn.error for turn in self.collector.once()] == [None, None]
        self.alerts.go()
        subjects = present(look(self.engine, self.settings, HIDDEN, self.clock()))
        states = {one.subject.words: one.state for one in subjects if one.rule.name == RULE}
        upload = states.pop("Tickets · upload 7", "")
        assert set(states.values()) <= {"normal", "nodata"}
        return upload


@pytest.fixture
def minute_two(home: Home) -> Iterator[MinuteTwo]:
    settings = load_settings(home.config, environ={})
    rules = [one for one in settings.alerts if one.name == RULE]
    alerting = settings.alerting.model_copy(update={"starter": False})
    demo = MinuteTwo(home, settings.model_copy(update={"alerts": rules, "alerting": alerting}))
    yield demo
    demo.engine.dispose()


def test_the_alert_is_pending_and_fires_within_two_minutes(
    minute_two: MinuteTwo,
) -> None:
    states, at = [], timedelta(seconds=25)
    while "firing" not in states and at < timedelta(minutes=4):
        minute_two.work(at)
        states.append(minute_two.state())
        at += timedelta(seconds=3)
    assert list(dict.fromkeys(states)) == ["", "normal", "pending", "firing"]
    assert at <= timedelta(minutes=2)
    minute_two.team = team_of(minute_two.home)  # a restart goes on with the upload
    minute_two.work(timedelta(minutes=5))
    assert minute_two.state() == "firing"
    skipped = "SELECT count(*) FROM task_completion WHERE task_id >= 2000000 AND was_cancelled"
    planted = minute_two.home.read_truth()["planted"]
    (upload,) = [one["expected"] for one in planted if one["what"] == "unreadable upload"]
    assert query(minute_two.home.database, skipped) == upload["skipped"] == 16
    assert query(minute_two.home.database, TOO_MANY) == 0


def test_the_alert_ends_when_the_next_day_is_over(minute_two: MinuteTwo) -> None:
    minute_two.work(timedelta(minutes=4))
    assert minute_two.state() == "firing"
    minute_two.now += timedelta(days=1)
    for _ in range(130):
        minute_two.team.step(minute_two.now)
        minute_two.now += timedelta(seconds=minute_two.team.pace_s)
    assert minute_two.state() == "recovering"
    minute_two.now += timedelta(days=1)
    assert minute_two.state() == "normal"
