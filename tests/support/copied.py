"""Copies of a tool's real SQLite database: as it is, or its tables and rows on PostgreSQL.

On PostgreSQL columns have the types that the tool itself gives them there, which its SQLite schema
does not tell: the tests name them.
"""

import gzip
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extras import execute_values
from sqlalchemy import Engine, create_engine, make_url, text

DATA = Path(__file__).resolve().parents[1] / "data"
Types = Mapping[str, str]
"""A declared type of SQLite, ``column`` or ``table.column`` -> a type of PostgreSQL."""


class Copied:
    """A copy of a database, read by a collector and written by a test.

    Attributes:
        url: where it is.
    """

    def __init__(self, packed: Path, url: str, types: Types, prepare: str = "") -> None:
        """Unpack a gzipped SQLite database, and bring it to an empty database where that is.

        Args:
            prepare: statements that make the types which `types` names.
        """
        self.url = url
        parsed = make_url(url)
        self.dialect = parsed.get_backend_name()
        raw = gzip.decompress(packed.read_bytes())
        if self.dialect == "sqlite":
            Path(str(parsed.database)).write_bytes(raw)
        else:
            _to_postgres(raw, url, types, prepare)
            parsed = parsed.set(drivername="postgresql+psycopg2")
        self.engine: Engine = create_engine(parsed)

    def run(self, statement: str, **values: Any) -> None:
        """Write as the tool would."""
        with self.engine.begin() as writer:
            writer.execute(text(statement), values)

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Read what is there."""
        with self.engine.connect() as reader:
            return [tuple(row) for row in reader.execute(text(statement), values)]

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def _to_postgres(raw: bytes, url: str, types: Types, prepare: str) -> None:
    with closing(sqlite3.connect(":memory:")) as source, closing(psycopg2.connect(url)) as target:
        source.deserialize(raw)
        with target, target.cursor() as cursor:
            if prepare:
                cursor.execute(prepare)
            for (name,) in source.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ).fetchall():
                columns = list(_columns(source, name, types))
                made = sql.SQL(", ").join(
                    sql.SQL("{} {}").format(sql.Identifier(each), sql.SQL(kind))
                    for each, kind in columns
                )
                where = sql.Identifier(name)
                cursor.execute(sql.SQL("CREATE TABLE {} ({})").format(where, made))
                rows = [
                    [_value(each, kind) for each, (_, kind) in zip(row, columns, strict=True)]
                    for row in source.execute(f'SELECT * FROM "{name}"')
                ]
                execute_values(cursor, sql.SQL("INSERT INTO {} VALUES %s").format(where), rows)


def _columns(source: sqlite3.Connection, name: str, types: Types) -> Iterator[tuple[str, str]]:
    info = source.execute("SELECT name, type, pk FROM pragma_table_info(?)", (name,))
    for column, declared, key in info.fetchall():
        wanted = (f"{name}.{column}", column, declared.lower())
        kind = next((types[each] for each in wanted if each in types), declared)
        yield column, f"{kind} PRIMARY KEY" if key == 1 and column == "id" else kind


def _value(value: Any, kind: str) -> Any:
    return bool(value) if kind.lower().startswith("bool") and value is not None else value
