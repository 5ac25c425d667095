"""One simulated history for all tests of the demo."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from labelpulse.demo.home import Home, prepare
from labelpulse.demo.simulate import create
from labelpulse.demo.truth import Truth
from tests.support.shared import once_a_run

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LABEL = "json_extract(c.result, '$[0].value.choices[0]')"


@dataclass(frozen=True, slots=True)
class Made:
    """A history; `db` shows of it what belongs to Tickets."""

    path: Path
    truth: Truth
    db: sqlite3.Connection

    def one(self, sql: str, *values: object) -> Any:
        return self.db.execute(sql, values).fetchone()[0]

    def all(self, sql: str, *values: object) -> list[tuple]:
        return self.db.execute(sql, values).fetchall()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    path = tmp_path_factory.mktemp("demo") / "tickets.sqlite3"
    truth = create(path, now=NOW)
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        for table in ("task", "task_completion", "prediction"):
            db.execute(
                f"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} WHERE +project_id = 1"
            )
        yield Made(path, truth, db)


def simulated(folder: Path) -> None:
    assert prepare(Home(folder), 21, NOON)


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A folder with a simulation of 21 days that ends today at noon."""
    return Home(once_a_run(tmp_path_factory, "home", simulated))
