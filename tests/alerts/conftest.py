"""Warehouses for alerts: an empty one on SQLite, or once on SQLite and once on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.versions import upgrade
from tests.reader.world import engine_at
from tests.support import postgres
from tests.warehouse.harness import empty_tables, quick


@pytest.fixture(scope="module")
def on_postgresql(postgres_url: str) -> Iterator[Engine]:
    """A warehouse on PostgreSQL for all tests here."""
    with postgres.fresh_database(postgres_url) as url:
        engine = quick(connect(url))
        upgrade(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty warehouse on SQLite."""
    engine = engine_at(tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.pg)])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty warehouse, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        engine = engine_at(tmp_path)
        yield engine
        engine.dispose()
        return
    found = request.getfixturevalue("on_postgresql")
    empty_tables(found)
    yield found
