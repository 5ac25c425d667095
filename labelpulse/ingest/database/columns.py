"""Columns said for SQLite and PostgreSQL alike: texts, digests, and what changes with a row.

Times, ids and JSON come as text on both: that is what SQLite has, and a driver cannot stumble over
an odd one before its row is known.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, TableClause, Text, and_, case, cast, func, literal_column

from labelpulse.ingest.database.connection import DIGEST

MAX_SHOWN = 100_000
"""Bytes as stored: of larger content no digest is taken, since a page of it takes too long."""


def as_text(dialect: str, of: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column's value as the database writes it."""
    return of if dialect == "sqlite" else cast(of, Text)


def row_version(
    dialect: str, of: TableClause, columns: Iterable[ColumnElement[Any]]
) -> ColumnElement[Any]:
    """Return what changes with every change of a row: its xmin, or a digest made in this process.

    Args:
        columns: what the digest is of, where there is no xmin.
    """
    if dialect == "postgresql":
        return cast(literal_column(f"{of.name}.xmin"), Text)
    digest: ColumnElement[Any] = getattr(func, DIGEST)(*columns)
    return digest


def content_digest(
    dialect: str, of: ColumnElement[Any], empty: Iterable[str]
) -> ColumnElement[Any]:
    """Return a digest of what an item shows, null where that is nothing or much; no data leave.

    JSON with the same keys in another order is the same where PostgreSQL keeps it as jsonb, and
    elsewhere compared as the tool wrote it.

    Args:
        empty: how the tool writes that nothing is shown.
    """
    digest: ColumnElement[Any]
    if dialect == "sqlite":
        size, data = func.length(of), of
        digest = getattr(func, DIGEST)(of)
    else:  # not md5, which a server in FIPS mode refuses
        size, data = func.pg_column_size(of), cast(of, Text)
        digest = func.encode(func.sha256(func.convert_to(data, "UTF8")), "hex")
    return case((and_(size <= MAX_SHOWN, data.not_in(list(empty))), digest))
