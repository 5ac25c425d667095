"""Connections to the warehouse: SQLite in WAL mode, or PostgreSQL through psycopg2."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from labelpulse.core.errors import WarehouseError

BUSY_MS = 10_000
IDLE_MS = 300_000
"""A process that was stopped in a transaction keeps its locks this long on PostgreSQL."""
WAL_LIMIT = 64 * 1024 * 1024
READS = "labelpulse_reads"


def normal_url(url: str) -> URL:
    """Return a warehouse URL with its driver; a bare ``postgresql://`` means psycopg2.

    Raises:
        WarehouseError: it is no URL, or of a database that cannot be a warehouse. The message
            never shows the URL, since it may hold a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise WarehouseError(
            "warehouse.url is no database URL: write sqlite:///labelpulse.db or "
            "postgresql://user@host/database"
        ) from None
    if parsed.drivername in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg2")
    if parsed.drivername in ("sqlite", "postgresql+psycopg2"):
        return parsed
    raise WarehouseError(
        f"warehouse.url names {parsed.drivername!r}: a warehouse is sqlite or postgresql"
    )


def connect(url: str, *, readonly: bool = False) -> Engine:
    """Return an engine for the warehouse; nothing is opened before it is used.

    Args:
        readonly: for readers. A missing SQLite file is then an error instead of a new file.
    """
    parsed = normal_url(url)
    if parsed.drivername == "sqlite":
        return _sqlite(parsed, readonly)
    said = f"-c idle_in_transaction_session_timeout={IDLE_MS}"
    if readonly:
        said += " -c default_transaction_read_only=on"
    options = {"application_name": "labelpulse", "options": said}
    return create_engine(
        parsed, pool_pre_ping=True, hide_parameters=True, connect_args=options, pool_size=5
    )


def _sqlite(url: URL, readonly: bool) -> Engine:
    path = url.database
    if readonly and path and path != ":memory:" and not Path(path).exists():
        raise WarehouseError(
            f"there is no warehouse at {path}: load something first with `labelpulse import`, "
            "`labelpulse init` or `labelpulse demo`"
        )
    if not readonly and path and not Path(path).absolute().parent.is_dir():
        raise WarehouseError(f"the folder of the warehouse {path} does not exist: create it")
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_MS / 1000})
    event.listen(engine, "connect", _reader if readonly else _writer)
    event.listen(engine, "begin", _begin if readonly else _begin_writing)
    return engine


def _reader(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's events begin, not the driver
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA query_only = ON")


def _writer(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("PRAGMA temp_store = MEMORY")


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Any) -> None:
    reads = connection.get_execution_options().get(READS, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def reading(engine: Engine) -> Engine:
    """Return the same engine for transactions that only read: on SQLite they never wait.

    Each sees one moment of the warehouse, also on PostgreSQL.
    """
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ")
    return engine.execution_options(**{READS: True})


def checkpoint(engine: Engine) -> None:
    """Empty SQLite's write-ahead log after a load; readers may keep some of it back."""
    if engine.dialect.name == "sqlite":
        raw = engine.raw_connection()
        try:
            raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
        finally:
            raw.close()


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Give a connection on which all reads see one moment of the warehouse."""
    with engine.connect() as conn:
        if conn.dialect.name == "postgresql":
            conn = conn.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901
        with conn.begin():
            yield conn
