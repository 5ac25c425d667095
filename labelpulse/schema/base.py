"""What all tables share: the metadata, types, and how keys are made."""

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

# SQLite keeps a second B-tree for a BIGINT primary key; INTEGER is the row's own place.
Id = BigInteger().with_variant(Integer, "sqlite")
Us = BigInteger()
Flag = Boolean(create_constraint=False)


def key(name: str, kind: Any = Id, **more: Any) -> Column[Any]:
    """Return a column of the primary key; ids are allotted by us, never by the database."""
    return Column(name, kind, primary_key=True, autoincrement=False, **more)


def clustered(name: str, *columns: Any) -> Table:
    """Return a table clustered by its primary key (project first), so a project is one range."""
    return Table(name, metadata, *columns, sqlite_with_rowid=False)


def sequence_name(table: Table) -> str:
    """Return the name of the PostgreSQL sequence that numbers a table's ``id``."""
    return f"{table.name}_numbers"
