"""The version of a warehouse's tables, and their upgrade to the version of this labelpulse."""

from pathlib import Path

from sqlalchemy import Connection, Engine, func, inspect, select, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from labelpulse.core.errors import WarehouseError
from labelpulse.warehouse.planner import guide

VERSIONS = ("0013",)
"""All migrations in order; a test compares them with the files."""

HEAD = VERSIONS[-1]

MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 0x6C61_6265_6C70  # one number for "somebody is migrating a labelpulse warehouse"


def version(conn: Connection) -> str | None:
    """Return the version of the tables; None where there are none."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    found = conn.scalar(select(text("version_num")).select_from(text("alembic_version")))
    return None if found is None else str(found)


def is_empty(engine: Engine) -> bool:
    """True when a database has no labelpulse tables yet."""
    try:
        with engine.connect() as conn:
            return version(conn) is None
    except DBAPIError as error:
        raise unreachable(error) from None


def check_version(engine: Engine) -> None:
    """Raise unless the warehouse's tables are of our version.

    Raises:
        WarehouseError: it is empty, older or newer than this labelpulse, or out of reach.
    """
    try:
        with engine.connect() as conn:
            found = version(conn)
    except DBAPIError as error:
        raise unreachable(error) from None
    if found is None:
        raise WarehouseError(
            "the warehouse is empty: load something first with `labelpulse import`, "
            "`labelpulse collect` or `labelpulse demo`"
        )
    _check_known(found)
    if found < HEAD:
        raise WarehouseError(
            f"the warehouse has version {found} and this labelpulse needs {HEAD}: stop the "
            "collector and run `labelpulse db upgrade`"
        )


def _check_known(found: str) -> None:
    """Refuse a warehouse that is newer than this labelpulse, or from before its first release."""
    if found > HEAD:
        raise WarehouseError(
            f"the warehouse has version {found}, newer than this labelpulse ({HEAD}): upgrade "
            "labelpulse"
        )
    if found not in VERSIONS:
        raise WarehouseError(
            f"the warehouse has version {found}, from before the first release of labelpulse, and "
            "cannot be upgraded: delete the file or database (or name another by --db), then load "
            "the sources and files again"
        )


def upgrade(engine: Engine) -> str | None:
    """Bring the tables to our version in one transaction; return the version they had.

    The lock is taken before any table exists, so that two first starts do not meet.
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
                _check_known(before)
            if before != HEAD:
                config.attributes["connection"] = conn
                command.upgrade(config, "head")
            guide(conn)
            return before
    except DBAPIError as error:
        raise unreachable(error) from None


def unreachable(error: DBAPIError) -> WarehouseError:
    """Return the sentence for a warehouse that does not answer; it never shows the URL."""
    return WarehouseError(
        f"the warehouse (warehouse.url) cannot be used ({type(error.orig).__name__}): check that "
        "the database runs, and that host, database name, user and password are right"
    )


def is_out_of_reach(error: BaseException) -> bool:
    """True when an error tells that the warehouse is gone or does not answer, however it does."""
    return isinstance(error, WarehouseError | OperationalError | InterfaceError)
