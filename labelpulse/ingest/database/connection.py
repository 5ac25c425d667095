"""A tool's own database, read gently: read-only, one short statement at a time, own limits.

SQLite is opened with ``mode=ro`` for each statement and closed after it, since an open read makes
the tool's writers wait; a missing file is never made. PostgreSQL has one connection in which every
statement is its own read-only transaction, with a limit on statements and on waiting for locks.

Errors become RetryLater or StopSource with one sentence that names the source and the key `url`.
No message holds a password, a value of a row, or the driver's own words, which can hold both.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    URL,
    Column,
    Engine,
    Executable,
    Integer,
    MetaData,
    Row,
    Table,
    cast,
    column,
    create_engine,
    event,
    extract,
    func,
    make_url,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidRequestError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateTable

from labelpulse.core.days import SECOND, now_us
from labelpulse.core.errors import RetryLater, SourceError, StopSource
from labelpulse.ingest.database.files import file_state

_PROBE = Table("labelpulse_may_not_write", MetaData(), Column("n", Integer))
BUSY_S = 3.0
CONNECT_S = 5
STATEMENT_MS, LOCK_MS = 15_000, 1_000
DIGEST = "labelpulse_digest"
"""SQL function of any number of values, only on SQLite: a digest of them, worked out here."""

# Connecting can fail for a while (these words of libpq and the server) or until somebody acts.
_REFUSED = ("password authentication", "no pg_hba.conf entry", "no password supplied", "role ")
_PASSING = ("08", "53", "57", "40", "55", "58")
_SQLITE_PASSING = (
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_IOERR",
    "SQLITE_READONLY",
    "SQLITE_PROTO",
)


class SourceDatabase:
    """A read-only way into the database of one source, which messages name; "" = no name yet.

    Attributes:
        dialect: ``sqlite`` or ``postgresql``.
        name: the database's name, or the file's path.
    """

    def __init__(self, url: str, source: str) -> None:
        self._subject = f"url of source {source!r}" if source else "that address"
        self._url = self._parsed(url)
        self.dialect = self._url.get_backend_name()
        self.name = self._url.database or ""
        self._engine: Engine | None = None

    # --- reading ---

    def rows(self, statement: Executable) -> Sequence[Row[Any]]:
        """Return all rows of one statement; nothing stays open on SQLite afterwards."""
        with self._errors(), self._connected().connect() as connection:
            return connection.execute(statement).all()

    def value(self, statement: Executable) -> Any:
        """Return the first column of the first row, or None."""
        rows = self.rows(statement)
        return rows[0][0] if rows else None

    def now(self) -> int:
        """Return the database's own clock, microseconds UTC; SQLite has this machine's."""
        if self.dialect == "sqlite":
            return now_us()
        seconds = extract("epoch", func.clock_timestamp())
        return int(self.value(select(func.trunc(seconds * SECOND))))

    def state(self) -> str | None:
        """Return what changes with every write to the database; None = that cannot be told."""
        return file_state(Path(self.name)) if self.dialect == "sqlite" else None

    def close(self) -> None:
        """Let go of the connection; the next statement opens a new one."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    # --- what is there ---

    def require(self, needed: Mapping[str, Sequence[str]], tool: str) -> dict[str, set[str]]:
        """Return the readable columns of tables.

        Raises:
            StopSource: a needed table or column is missing, or may not be read.
        """
        there = {name: self._columns(name) for name in needed}
        if not any(there.values()):
            raise self.stopped(
                f"holds no tables of {tool} (no {' or '.join(needed)}): point it at {tool}'s own "
                "database"
            )
        for name, columns in needed.items():
            for one in columns:
                if not there[name].get(one):
                    raise self.stopped(_lacks(tool, name, one, there[name]))
        return {name: {one for one, may in found.items() if may} for name, found in there.items()}

    def has(self, name: str, *columns: str) -> bool:
        """True when a table has these columns and they may be read."""
        there = self._columns(name)
        return all(there.get(one) for one in columns)

    def may_write(self, name: str) -> bool:
        """True when this user could add rows to a table, which labelpulse never does."""
        if self.dialect == "sqlite":
            return False
        regclass = func.to_regclass(name)
        return bool(self.value(select(func.has_table_privilege(regclass, "INSERT"))))

    def refuses_writing(self) -> bool:
        """Return True when a write on this very connection was tried and refused.

        Should it not be refused, it is rolled back; nothing stays in the tool's database.
        """
        level = {} if self.dialect == "sqlite" else {"isolation_level": "READ COMMITTED"}
        with self._errors(), self._connected().connect() as plain:
            connection = plain.execution_options(**level)
            try:
                connection.execute(CreateTable(_PROBE))
            except DBAPIError as error:
                if not _is_refusal(error):
                    raise
                return True
            finally:
                connection.rollback()
        return False

    def _columns(self, name: str) -> dict[str, bool]:
        """Column -> may be read; empty when there is no such table."""
        if self.dialect == "sqlite":
            info = func.pragma_table_info(name).table_valued("name")
            return {row.name: True for row in self.rows(select(info.c.name))}
        names = ("attrelid", "attname", "attnum", "attisdropped")
        attribute = table("pg_attribute", *(column(one) for one in names)).c
        query = select(
            attribute.attname,
            func.has_column_privilege(attribute.attrelid, attribute.attnum, "SELECT").label("may"),
        ).where(
            attribute.attrelid == cast(func.to_regclass(name), REGCLASS),
            or_(attribute.attnum > 0, attribute.attname == "xmin"),
            attribute.attisdropped.is_(False),
        )
        return {row.attname: bool(row.may) for row in self.rows(query)}

    # --- connecting ---

    def _parsed(self, url: str) -> URL:
        try:
            parsed = make_url(url)
            backend = parsed.get_backend_name()
        except (ArgumentError, ValueError, SQLAlchemyError):
            raise self.stopped(
                "is no database address: write sqlite:////path/to/file or "
                "postgresql://user:password@host:5432/database, with every special character of "
                "the password percent-encoded"
            ) from None
        if backend not in ("sqlite", "postgresql", "postgres"):
            raise self.stopped("must begin with sqlite:/// or postgresql://")
        driver = "sqlite" if backend == "sqlite" else "postgresql+psycopg2"
        return parsed.set(drivername=driver)

    def _connected(self) -> Engine:
        if self._engine is None:
            make = self._sqlite if self.dialect == "sqlite" else self._postgresql
            self._engine = make()
        return self._engine

    def _sqlite(self) -> Engine:
        path = Path(self.name)
        if not self.name or not os.path.isfile(path):  # noqa: PTH113 - never raises
            raise self.stopped(
                f"names no file ({self.name or 'the path is empty'}): correct the path, or mount "
                "the folder that the file is in"
            )

        def connect() -> sqlite3.Connection:
            uri = f"file:{quote(str(path.absolute()))}?mode=ro"
            connection = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            connection.create_function(DIGEST, -1, _digest, deterministic=True)
            connection.execute("PRAGMA query_only = ON")
            return connection

        return create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)

    def _postgresql(self) -> Engine:
        engine = create_engine(
            self._url,
            pool_size=1,
            max_overflow=0,
            pool_pre_ping=True,
            hide_parameters=True,
            isolation_level="AUTOCOMMIT",
            connect_args={"connect_timeout": CONNECT_S, "application_name": "labelpulse"},
        )
        event.listen(engine, "connect", _limit)
        return engine

    # --- errors ---

    def stopped(self, what: str) -> StopSource:
        """Return an error until somebody acts; `what` goes on after "url of source …"."""
        return StopSource(f"{self._subject} {what}")

    def later(self, what: str) -> RetryLater:
        """Return an error that the next poll may not meet; `what` goes on as in `stopped`."""
        return RetryLater(f"{self._subject} {what}")

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self._translated(error) from None
        except (InvalidRequestError, SQLAlchemyError, UnicodeError) as error:
            raise self.stopped(f"cannot be read ({type(error).__name__})") from None

    def _translated(self, error: DBAPIError) -> SourceError:
        if isinstance(error.orig, sqlite3.Error):
            return self._sqlite_error(error.orig)
        code = getattr(error.orig, "pgcode", None)
        return self._unconnected(str(error.orig)) if code is None else self._refused(code)

    def _sqlite_error(self, error: sqlite3.Error) -> SourceError:
        code = getattr(error, "sqlite_errorname", "") or ""
        if code.startswith(_SQLITE_PASSING):
            return self.later("names a database that is locked or busy: the next poll tries again")
        if code.startswith("SQLITE_CANTOPEN"):
            return self.stopped(
                f"names {self.name}, which cannot be opened: let the user that runs labelpulse "
                "read the file and its folder"
            )
        if code.startswith("SQLITE_NOTADB"):
            return self.stopped(f"names {self.name}, which is no SQLite database")
        return self.stopped(f"names {self.name}, which cannot be read ({code or 'no SQLite code'})")

    def _unconnected(self, words: str) -> SourceError:
        """No connection: the driver's words tell why, and are not passed on."""
        where = f"{self._url.host or 'this machine'}:{self._url.port or 5432}"
        if "does not exist" in words and "database" in words:
            return self.stopped(
                f"names the database {self.name!r}, which the server at {where} does not have: "
                "correct its last part"
            )
        if any(each in words for each in _REFUSED):
            return self.stopped(
                f"is refused by the server at {where}: correct its user and password, or let the "
                "server accept this user from this machine (pg_hba.conf)"
            )
        if "invalid" in words:
            return self.stopped("holds an option or value that PostgreSQL does not know")
        if "SSL" in words or "certificate" in words:
            return self.stopped(
                f"asks for encryption that the server at {where} does not offer as asked: correct "
                "sslmode and sslrootcert"
            )
        if "could not translate host name" in words:
            return self.later(
                f"names the host {self._url.host!r}, which is not found: correct it, or publish "
                "the database of the container"
            )
        return self.later(
            f"names a server at {where} that takes no connection now: start it, publish its port, "
            "or correct host and port"
        )

    def _refused(self, code: str) -> SourceError:
        if code.startswith(_PASSING):
            return self.later(
                f"names a database that is busy or going down (SQLSTATE {code}): the next poll "
                "tries again"
            )
        if code == "42501":
            return self.stopped(
                "has a user that may not read the tables: grant what `labelpulse init` prints"
            )
        return self.stopped(f"names a database that refused a read (SQLSTATE {code})")


def _is_refusal(error: DBAPIError) -> bool:
    """True for a connection that only reads, and for a user who may not write."""
    if isinstance(error.orig, sqlite3.Error):
        return (error.orig.sqlite_errorname or "").startswith("SQLITE_READONLY")
    return getattr(error.orig, "pgcode", None) in ("25006", "42501")


def _lacks(tool: str, name: str, one: str, there: Mapping[str, bool]) -> str:
    if one in there:
        return (
            f"has a user that may not read column {one} of table {name}: grant what "
            "`labelpulse init` prints"
        )
    what = f"column {one} of table {name}" if there else f"table {name}"
    return (
        f"names a database that has no {what}, which labelpulse needs: nothing was loaded; this "
        f"version of {tool} may be too old or newer than labelpulse knows"
    )


def _limit(connection: Any, _record: object) -> None:
    """Set limits by statements: a pooler in between refuses them as start-up options."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SET default_transaction_read_only = on; SET statement_timeout = {STATEMENT_MS}; "
            f"SET lock_timeout = {LOCK_MS}; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'"
        )
    connection.commit()


def _digest(*values: object) -> str:
    found = blake2b(digest_size=12)
    for one in values:
        found.update(repr(one).encode("utf-8", "replace"))
        found.update(b"\x1f")
    return found.hexdigest()
