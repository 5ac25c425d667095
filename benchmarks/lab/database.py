"""Read and change the database of Label Studio by SQL."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg2

PATIENCE_S = 60.0


class Database:
    """A database by its URL, ``sqlite:///…`` or ``postgresql://…``; SQL is written with `?`.

    Every statement has its own connection, so that no read stays open on SQLite.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite:")

    def connect(self) -> Any:
        """Return a DB-API connection; the caller commits and closes it."""
        if self.is_sqlite:
            return sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=PATIENCE_S)
        return psycopg2.connect(self.url)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        with self._cursor(query, values) as cursor:
            return list(cursor.fetchall())

    def change(self, query: str, values: Sequence[Any] = ()) -> None:
        """Run one statement in a transaction of its own."""
        with self._cursor(query, values):
            pass

    def execute(self, connection: Any, query: str, values: Sequence[Any] = ()) -> Any:
        """Run one statement on a connection that the caller holds, and return its cursor."""
        cursor = connection.cursor()
        cursor.execute(query if self.is_sqlite else query.replace("?", "%s"), tuple(values))
        return cursor

    @contextmanager
    def _cursor(self, query: str, values: Sequence[Any]) -> Iterator[Any]:
        with closing(self.connect()) as connection:
            yield self.execute(connection, query, values)
            connection.commit()
