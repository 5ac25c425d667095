"""Metadata, column types and helpers shared by all tables."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, Table

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# In SQLite an INTEGER primary key is the row id; BIGINT would need a second B-tree.
Id = BigInteger().with_variant(Integer, "sqlite")
Us = BigInteger()
Flag = Boolean(create_constraint=False)


def key(name: str, kind: Any = Id, **more: Any) -> Column[Any]:
    """Return a column of the primary key. The warehouse assigns ids, not the database."""
    return Column(name, kind, primary_key=True, autoincrement=False, **more)


def clustered(name: str, *columns: Any) -> Table:
    """Return a table stored in order of its primary key, so that a project is one range."""
    return Table(name, metadata, *columns, sqlite_with_rowid=False)


def sequence_name(table: Table) -> str:
    """Return the name of the PostgreSQL sequence that numbers a table's ``id``."""
    return f"{table.name}_numbers"
