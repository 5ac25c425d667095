"""Many rows at once, each database's fast way: COPY on PostgreSQL, executemany on SQLite.

SQLAlchemy's own bulk insert costs 14 times a COPY; everything else stays in Core.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from io import StringIO
from typing import Any, Literal

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy import Sequence as Sequence_
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.schema import CreateTable

from labelpulse import schema

Row = tuple[Any, ...]


def among(conn: Connection, ids: Iterable[int]) -> Select[Any]:
    """Return ``SELECT value`` over integers, passed as one parameter however many they are."""
    if conn.dialect.name == "sqlite":
        return select(func.json_each(json.dumps(list(ids))).table_valued("value").c.value)
    return select(func.unnest(cast(list(ids), ARRAY(BIGINT))).column_valued())


def among_texts(conn: Connection, texts: Iterable[str]) -> Select[Any]:
    """Return ``SELECT value`` over texts, passed as one parameter however many they are."""
    if conn.dialect.name == "sqlite":
        return select(func.json_each(json.dumps(list(texts))).table_valued("value").c.value)
    return select(func.unnest(cast(list(texts), ARRAY(Text))).column_valued())


def insert(conn: Connection, table: Table, names: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows that are not there yet; `names` are the columns, in the table's order."""
    if rows and conn.dialect.name != "sqlite":
        _copy(conn, table.name, names, rows)
    elif rows:
        conn.exec_driver_sql(_sqlite_text(table, tuple(names), None), list(rows))


def upsert(conn: Connection, table: Table, names: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows, or replace the columns named where the primary key is there."""
    _put(conn, table, names, rows, "replace")


def insert_missing(
    conn: Connection, table: Table, names: Sequence[str], rows: Sequence[Row]
) -> None:
    """Insert rows; those whose primary key is there stay as they are."""
    _put(conn, table, names, rows, "keep")


def add(conn: Connection, table: Table, names: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows, or add to the columns that are no key where the primary key is there."""
    _put(conn, table, names, rows, "add")


Clash = Literal["replace", "keep", "add"]
"""What becomes of a row whose primary key is there."""


def _put(
    conn: Connection, table: Table, names: Sequence[str], rows: Sequence[Row], clash: Clash
) -> None:
    if not rows:
        return
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql(_sqlite_text(table, tuple(names), clash), list(rows))
        return
    staged = _staged(table, tuple(names))
    make_empty(conn, staged)
    _copy(conn, staged.name, names, rows)
    source = select(*(staged.c[name] for name in names))
    conn.execute(_settled(pg_insert(table).from_select(names, source), table, names, clash))


@cache
def _sqlite_text(table: Table, names: tuple[str, ...], clash: Clash | None) -> str:
    """Return an insert of one row as text, made once: making it takes as long as 500 rows."""
    statement = sqlite_insert(table).values({name: bindparam(name) for name in names})
    if clash is not None:
        statement = _settled(statement, table, names, clash)
    return str(statement.compile(dialect=sqlite.dialect()))


def _settled(statement: Any, table: Table, names: Sequence[str], clash: Clash) -> Any:
    """Return an insert that says what becomes of a row whose primary key is there."""
    keys, new = [one.name for one in table.primary_key], statement.excluded
    rest = [name for name in names if name not in keys]
    if clash == "keep" or not rest:
        return statement.on_conflict_do_nothing(index_elements=keys)
    added = clash == "add"
    changed = {name: table.c[name] + new[name] if added else new[name] for name in rest}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def insert_or_ignore(conn: Connection, table: Table, values: dict[str, Any]) -> Any:
    """Return an insert of one row that does nothing where its key is there."""
    make = sqlite_insert if conn.dialect.name == "sqlite" else pg_insert
    return make(table).values(values).on_conflict_do_nothing()


def named(conn: Connection, table: Table, name: str, **more: Any) -> int:
    """Return the id of the row of that unique name, made with `more` when it is new.

    Two writers may both see none: the second insert does nothing, and both get the first's id.
    """
    known = select(table.c.id).where(table.c.name == name)
    found = conn.scalar(known)
    if found is None:
        (new,) = new_ids(conn, table, 1)
        conn.execute(insert_or_ignore(conn, table, {"id": new, "name": name, **more}))
        found = conn.execute(known).scalar_one()
    return int(found)


@cache
def _staged(table: Table, names: tuple[str, ...]) -> Table:
    return temporary(f"stage_{table.name}", [table.c[name] for name in names])


def temporary(name: str, columns: Iterable[Any]) -> Table:
    """Return a temporary table's definition with plain copies of columns."""
    plain = [Column(one.name, one.type) for one in columns]
    return Table(
        name, MetaData(), *plain, prefixes=["TEMPORARY"], postgresql_on_commit="DELETE ROWS"
    )


def make_empty(conn: Connection, table: Table) -> None:
    """Create a temporary table when this connection has none, else empty it."""
    conn.execute(CreateTable(table, if_not_exists=True))
    conn.execute(table.delete())


def _copy(conn: Connection, name: str, names: Sequence[str], rows: Iterable[Row]) -> None:
    quote = conn.dialect.identifier_preparer.quote
    columns = ", ".join(quote(one) for one in names)
    text = StringIO()
    text.writelines("\t".join(map(_field, row)) + "\n" for row in rows)
    text.seek(0)
    cursor = conn.connection.cursor()
    try:
        cursor.copy_expert(f"COPY {quote(name)} ({columns}) FROM STDIN", text)
    finally:
        cursor.close()


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _field(value: Any) -> str:
    if type(value) is int:  # most are
        return str(value)
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(int(value)) if isinstance(value, int) else str(value)


def new_ids(conn: Connection, table: Table, count: int) -> Sequence[int]:
    """Return `count` fresh ids of a table whose column ``id`` is allotted by us.

    On SQLite the transaction holds the only write lock; on PostgreSQL a sequence keeps writers of
    different sources apart.
    """
    if count == 0:
        return ()
    if conn.dialect.name == "sqlite":
        counter = schema.counter
        fresh = sqlite_insert(counter).values(name=table.name, last=count)
        raised = {"last": counter.c.last + count}
        add = fresh.on_conflict_do_update(index_elements=["name"], set_=raised)
        last = conn.execute(add.returning(counter.c.last)).scalar_one()
        return range(last - count + 1, last + 1)
    number = Sequence_(schema.sequence_name(table)).next_value()
    return list(conn.scalars(select(number).select_from(func.generate_series(1, count))))
