"""How verbs open the settings and the warehouse."""

from pathlib import Path
from typing import TYPE_CHECKING

from labelpulse.core.errors import LabelpulseError, WarehouseError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from labelpulse.config import Settings
    from labelpulse.reader import Scope
    from labelpulse.warehouse.store import Warehouse


def open_settings(config: Path | None, db: str | None) -> "Settings":
    """Load the settings for --config and --db."""
    from labelpulse.config import load_settings

    return load_settings(config, db)


def open_warehouse(settings: "Settings") -> "Warehouse":
    """Open the warehouse for writing; create the tables of an empty database.

    Raises:
        WarehouseError: it cannot be reached or has another version.
    """
    from labelpulse.metrics.registry import ROLLUPS
    from labelpulse.warehouse.engine import connect
    from labelpulse.warehouse.store import Warehouse
    from labelpulse.warehouse.versions import check_version, is_empty, upgrade

    engine = connect(settings.database.get_secret_value())
    if is_empty(engine):
        upgrade(engine)
    check_version(engine)
    return Warehouse(engine, ROLLUPS)


def open_existing(settings: "Settings") -> "Warehouse":
    """Open an existing warehouse for writing.

    Raises:
        WarehouseError: it does not exist, cannot be reached or has another version.
    """
    open_reader(settings).dispose()
    return open_warehouse(settings)


def open_reader(settings: "Settings") -> "Engine":
    """Open an existing warehouse read-only.

    Raises:
        WarehouseError: it does not exist, cannot be reached or has another version.
    """
    from labelpulse.warehouse.engine import connect
    from labelpulse.warehouse.versions import check_version, is_empty

    path = sqlite_path(settings)
    if path is not None and not path.exists():
        raise WarehouseError(f"there is no warehouse at {path}: {_how_to_fill(settings)}")
    engine = connect(settings.database.get_secret_value(), readonly=True)
    if is_empty(engine):
        raise WarehouseError(f"the warehouse is empty: {_how_to_fill(settings)}")
    check_version(engine)
    return engine


def _how_to_fill(settings: "Settings") -> str:
    if settings.sources:
        return "`labelpulse collect --once` fills it from the [[sources]] of the configuration"
    return (
        "`labelpulse init URL` and `labelpulse collect --once` fill it from a tool's database, "
        "`labelpulse import FILE --project TITLE` from a file. To try labelpulse without data, "
        "run `labelpulse demo`; it prints the --config for the other commands"
    )


def sqlite_path(settings: "Settings") -> Path | None:
    """Return the file of a SQLite warehouse; None for a server or an invalid address."""
    from labelpulse.warehouse.engine import normal_url

    try:
        url = normal_url(settings.database.get_secret_value())
    except LabelpulseError:
        return None
    is_file = url.drivername == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if is_file else None


def operator_scope(settings: "Settings", *, names: bool = False) -> "Scope":
    """Return the scope of the command line, which may read every project."""
    from labelpulse.reader import Scope, pseudonym_key

    return Scope(names=names, key=None if names else pseudonym_key(settings.file))
