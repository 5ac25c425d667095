"""Telling tools apart by the tables behind an address."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from collectors.label_studio_db import LabelStudioDatabase
from labelpulse.core.errors import RetryLater, UsageError
from labelpulse.ingest.database import holds, postgres_tables, reach, sqlite_tables
from labelpulse.ingest.targets import look_at

AWAY = "postgresql://reader:hush@127.0.0.1:1/tool"


def make(url: str, *names: str) -> None:
    """Make tables in an empty database."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg2://"))
    with engine.begin() as writer:
        for name in names:
            writer.execute(text(f"CREATE TABLE {name} (id integer)"))
    engine.dispose()


def test_all_tables_have_to_be_there(database_url: str) -> None:
    make(database_url, "one", "two", "other")
    assert holds(database_url, ("one", "two"))
    assert not holds(database_url, ("one", "three"))


def test_a_server_tells_which_of_some_tables_it_has(pg_database: str) -> None:
    make(pg_database, "one", "two")
    for url in (pg_database, pg_database.replace("postgresql://", "postgres://")):
        assert postgres_tables(url, ("two", "three")) == {"two"}


def test_an_address_that_cannot_be_asked_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "tool.sqlite3"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE one (id integer)")
    odd = (AWAY, "postgresql://r@h:port/x", f"sqlite:///{path}", "", "mysql://r@h/d")
    assert [postgres_tables(url, ("one",)) for url in odd] == [frozenset()] * len(odd)
    assert sqlite_tables(AWAY) == frozenset()
    assert not holds(AWAY, ("one",))
    with pytest.raises(RetryLater, match=r"^that address names a server at .* takes no connection"):
        reach(AWAY)
    reach(f"sqlite:///{path}")


def test_another_tools_server_is_no_label_studio(pg_database: str) -> None:
    make(pg_database, "engine_job", "task")
    assert not LabelStudioDatabase.detects(pg_database)
    make(pg_database, "task_completion", "htx_user")
    assert LabelStudioDatabase.detects(pg_database)


def test_a_server_without_a_known_tool_is_told_as_such(pg_database: str) -> None:
    make(pg_database, "something")
    with pytest.raises(UsageError, match="holds no tables of a labeling tool"):
        look_at(pg_database)
