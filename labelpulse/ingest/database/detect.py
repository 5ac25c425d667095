"""Which tables stand behind an address: how `labelpulse init` tells tools apart."""

import contextlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import func, select

from labelpulse.core.errors import SourceError
from labelpulse.ingest.database.connection import BUSY_S, SourceDatabase

_POSTGRESQL = ("postgresql:", "postgresql+", "postgres:")
_MAGIC = b"SQLite format 3\0"


def is_postgresql(target: str) -> bool:
    """True when a target is written as the address of a PostgreSQL database."""
    return target.startswith(_POSTGRESQL)


def reach(target: str) -> None:
    """Connect to a PostgreSQL database and leave it; other targets are left alone.

    Raises:
        SourceError: it cannot be asked; the message names no tool, since none is known yet.
    """
    if is_postgresql(target):
        with contextlib.closing(SourceDatabase(target, "")) as database:
            database.rows(select(1))


def holds(target: str, names: Iterable[str]) -> bool:
    """True when a path or URL leads to a database, SQLite or PostgreSQL, with all these tables."""
    wanted = frozenset(names)
    if not is_postgresql(target):
        return sqlite_tables(target) >= wanted
    return postgres_tables(target, wanted) >= wanted


def postgres_tables(target: str, names: Iterable[str]) -> frozenset[str]:
    """Return which of some tables a PostgreSQL database has; empty where it cannot be asked.

    One short connection, none where the target is no such address.
    """
    if not is_postgresql(target):
        return frozenset()
    try:
        database = SourceDatabase(target, "")
        with contextlib.closing(database):
            wanted = list(names)
            found = database.rows(select(*map(func.to_regclass, wanted)))[0]
    except SourceError:
        return frozenset()
    return frozenset(name for name, there in zip(wanted, found, strict=True) if there)


def sqlite_tables(target: str) -> frozenset[str]:
    """Return the names of the tables of a SQLite file, given as path or URL; empty if it is none.

    The file is opened read-only, and not at all when it does not begin as SQLite files do.
    """
    path = Path(target.removeprefix("sqlite:///"))
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                return frozenset()
        uri = f"file:{quote(str(path.absolute()))}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=BUSY_S)) as connection:
            found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return frozenset(row[0] for row in found)
    except (OSError, ValueError, sqlite3.Error):
        return frozenset()
