"""Warehouses for the tests here: empty, upgraded, on the databases that a test asks for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.versions import upgrade
from tests.support.tool import Control, Tool
from tests.warehouse.harness import Site, fresh_sqlite, quick


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite warehouse to copy; made by its first user."""
    return tmp_path_factory.mktemp("warehouse") / "template.db"


@pytest.fixture
def engine(template: Path, tmp_path: Path) -> Iterator[Engine]:
    """An empty warehouse on SQLite."""
    engine = fresh_sqlite(template, tmp_path / "warehouse.db")
    yield engine
    engine.dispose()


@pytest.fixture
def any_engine(database_url: str, template: Path) -> Iterator[Engine]:
    """An empty warehouse, once on SQLite and once on PostgreSQL."""
    if (file := connect(database_url).url).drivername == "sqlite":
        engine = fresh_sqlite(template, Path(str(file.database)))
    else:
        engine = quick(connect(database_url))
        upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def tool() -> Tool:
    """A tool with two projects of three items each."""
    tool = Tool()
    for name in ("p1", "p2"):
        tool.add_project(name, Control("sentiment", "nominal"), Control("topics", "set"))
        for _ in range(3):
            tool.add_item(name)
    return tool


@pytest.fixture
def site(tool: Tool, any_engine: Engine) -> Site:
    """The tool and a warehouse that follows it, on each database."""
    return Site(tool, any_engine)
