"""The version of a warehouse's tables, and their upgrade to the version of this labelpulse."""

from pathlib import Path

from sqlalchemy import Connection, Engine, func, inspect, select, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from labelpulse.core.errors import WarehouseError
from labelpulse.warehouse.planner import guide

VERSIONS = ("0013",)
"""All migrations, the oldest first; a test compares them with the files."""

HEAD = VERSIONS[-1]
"""The version that this labelpulse reads and writes."""

MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 0x6C61_6265_6C70  # the PostgreSQL advisory lock of every upgrade"


def version(conn: Connection) -> str | None:
    """Return the version of the tables; None where there are none."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    number = conn.scalar(select(text("version_num")).select_from(text("alembic_version")))
    return None if number is None else str(number)


def is_empty(engine: Engine) -> bool:
    """Return True when a database has no labelpulse tables yet."""
    return _read_version(engine) is None


def check_version(engine: Engine) -> None:
    """Raise unless the warehouse's tables have the version of this labelpulse.

    Raises:
        WarehouseError: it is empty, of another version, or out of reach.
    """
    current = _read_version(engine)
    if current is None:
        raise WarehouseError(
            "the warehouse is empty: load something first with `labelpulse import`, "
            "`labelpulse collect` or `labelpulse demo`"
        )
    _refuse_unknown(current)
    if current != HEAD:
        raise WarehouseError(
            f"the warehouse has version {current} and this labelpulse needs {HEAD}: stop the "
            "collector and run `labelpulse db upgrade`"
        )


def upgrade(engine: Engine) -> str | None:
    """Bring the tables to this labelpulse's version in one transaction; return the version before.

    The lock is taken before any table exists, so that two first starts do not collide.

    Raises:
        WarehouseError: it has an unknown version, or is out of reach.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    try:
        with engine.begin() as conn:
            if conn.dialect.name == "postgresql":
                conn.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            before = version(conn)
            if before is not None:
                _refuse_unknown(before)
            if before != HEAD:
                config.attributes["connection"] = conn
                command.upgrade(config, "head")
            guide(conn)
            return before
    except DBAPIError as error:
        raise unreachable(error) from None


def _read_version(engine: Engine) -> str | None:
    try:
        with engine.connect() as conn:
            return version(conn)
    except DBAPIError as error:
        raise unreachable(error) from None


def _refuse_unknown(current: str) -> None:
    if current > HEAD:
        raise WarehouseError(
            f"the warehouse has version {current}, newer than this labelpulse ({HEAD}): upgrade "
            "labelpulse"
        )
    if current not in VERSIONS:
        raise WarehouseError(
            f"the warehouse has version {current}, from before the first release of labelpulse, "
            "and cannot be upgraded: delete the file or database (or name another by --db), then "
            "load the sources and files again"
        )


def unreachable(error: DBAPIError) -> WarehouseError:
    """Return the error for a warehouse that does not answer; it never shows the URL."""
    return WarehouseError(
        f"the warehouse (warehouse.url) cannot be used ({type(error.orig).__name__}): check that "
        "the database runs, and that host, database name, user and password are right"
    )


def is_out_of_reach(error: BaseException) -> bool:
    """Return True for every error that means the warehouse is gone or does not answer."""
    return isinstance(error, WarehouseError | OperationalError | InterfaceError)
