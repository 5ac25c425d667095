"""A demo as its readers get it: simulated, and loaded by the real collector."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from labelpulse.alerts.look import look
from labelpulse.alerts.present import Standing, present
from labelpulse.config import Settings, load_settings
from labelpulse.core.days import to_us
from labelpulse.demo.home import Home, prepare
from labelpulse.findings.asked import ask_all
from labelpulse.findings.selection import Choice, Selection, selection_of
from labelpulse.ingest.collect import Collector
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.reader import MetricQuery, Scope, read
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import upgrade
from tests.support.shared import once_a_run

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NAMES = Scope(names=True)


@dataclass(frozen=True)
class Demo:
    """A demo after its first load; annotators are named by id."""

    home: Home
    engine: Engine
    truth: dict[str, Any]

    @property
    def now(self) -> datetime:
        """When the history ends."""
        return datetime.fromisoformat(self.truth["now"])

    @property
    def settings(self) -> Settings:
        return load_settings(self.home.config, environ={})

    def query(self, metric: str, project: str, *by: str, **more: Any) -> list[dict[str, Any]]:
        """Return the rows of a query at the end of the history."""
        query = MetricQuery(metric, project=project, by=by, **more)
        return read(self.engine, query, NAMES, clock=lambda: to_us(self.now)).rows

    def alarms(self, metric: str, project: str) -> list[list[dict[str, Any]]]:
        """Return the alarms of a drift chart, each with its rows."""
        rows = [row for row in self.query(f"{metric}_drift", project, "day") if row["alarm"]]
        episodes = dict.fromkeys(row["episode"] for row in rows)
        return [[row for row in rows if row["episode"] == episode] for episode in episodes]

    def planted(self, what: str) -> dict[str, Any]:
        """Return the first planted thing of that name."""
        return next(one for one in self.truth["planted"] if one["what"] == what)

    def days_off(self, what: str, day: str) -> int:
        """Return how many days a day is from that of a planted thing."""
        return abs((date.fromisoformat(day) - date.fromisoformat(self.planted(what)["day"])).days)

    def ids(self, what: str) -> set[str]:
        """Return the ids of the people of a planted thing."""
        who = self.planted(what)["who"]
        return {str(one["id"]) for one in self.truth["people"] if one["email"] in who}

    def alerts(self) -> list[Standing]:
        """Return what the rules report at the end of the history."""
        subjects = present(look(self.engine, self.settings, NAMES, to_us(self.now)))
        return [one for one in subjects if one.state not in ("normal", "nodata")]

    def selection(self, project: str, scope: Scope = NAMES) -> Selection:
        """Return what the pages of a project show."""
        asked = ask_all(self.engine, self.settings, scope, at=to_us(self.now))
        held = next(one for one in asked.there.projects if one.info.title == project)
        return selection_of(asked, held, Choice(next(iter([*held.controls, *held.unlabeled]))), {})

    def poll(self, *, sweep: bool = False) -> int:
        """Let the collector read both tools once; return how many rows it found deleted."""
        turns = Collector(Warehouse(self.engine, ROLLUPS), self.settings, sweep=sweep).once()
        assert [turn.error for turn in turns] == [None, None]
        return sum(turn.result.deleted for turn in turns if turn.result is not None)


@pytest.fixture(scope="session")
def load(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, datetime], Demo]:
    """Simulates a history of some days and loads it."""

    def loaded(days: int, now: datetime) -> Demo:
        home = Home(tmp_path_factory.mktemp("demo"))
        prepare(home, days, now)
        engine = connect(load_settings(home.config, environ={}).database.get_secret_value())
        upgrade(engine)
        demo = Demo(home, engine, home.read_truth())
        demo.poll()
        return demo

    return loaded


def simulated(folder: Path) -> None:
    assert prepare(Home(folder), 21, NOON)


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A folder with a simulation of 21 days that ends at noon."""
    return Home(once_a_run(tmp_path_factory, "home", simulated))
