"""What all verbs share: options, settings, the warehouse, and how results are told."""

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.core.errors import LabelpulseError, WarehouseError
from labelpulse.core.escapes import escape_formula

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from labelpulse.config import Settings
    from labelpulse.warehouse.store import Warehouse

OK, FAILED, USAGE, PARTLY, BREACH = range(5)
"""Exit codes: done · failed · wrong usage · partly done · a check found a breach."""

WIDE = 1000

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="PATH", help="Configuration; default ./labelpulse.toml."),
]
DbOption = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="URL",
        help="Warehouse, sqlite:///… or postgresql://…; also LABELPULSE_DATABASE_URL.",
        show_default=False,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output.")
]


def open_settings(config: Path | None, db: str | None) -> "Settings":
    """Return the settings in force for the shared options."""
    from labelpulse.config import load_settings

    return load_settings(config, db)


def open_warehouse(settings: "Settings") -> "Warehouse":
    """Return the warehouse for writing; a new, empty database gets its tables first.

    Raises:
        WarehouseError: it is out of reach, or of another version.
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
    """Return the warehouse for writing, where there is one already.

    Raises:
        WarehouseError: there is none, it is out of reach, or of another version.
    """
    open_reader(settings).dispose()
    return open_warehouse(settings)


def open_reader(settings: "Settings") -> "Engine":
    """Return a read-only engine of the warehouse; nothing is made where there is none.

    Raises:
        WarehouseError: there is no warehouse, it is out of reach, or of another version.
    """
    from labelpulse.warehouse.engine import connect
    from labelpulse.warehouse.versions import check_version, is_empty

    path = sqlite_path(settings)
    if path is not None and not path.exists():
        raise WarehouseError(f"there is no warehouse at {path}: {_way_in(settings)}")
    engine = connect(settings.database.get_secret_value(), readonly=True)
    if is_empty(engine):
        raise WarehouseError(f"the warehouse is empty: {_way_in(settings)}")
    check_version(engine)
    return engine


def sqlite_path(settings: "Settings") -> Path | None:
    """Return the file that the warehouse is; None for a server, or an address that is none."""
    from labelpulse.warehouse.engine import normal_url

    try:
        url = normal_url(settings.database.get_secret_value())
    except LabelpulseError:
        return None
    file = url.drivername == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if file else None


def _way_in(settings: "Settings") -> str:
    """Return what fills a warehouse, by what the user has."""
    if settings.sources:
        return "`labelpulse collect --once` fills it from the [[sources]] of the configuration"
    return (
        "`labelpulse init URL` and `labelpulse collect --once` fill it from a tool's database, "
        "`labelpulse import FILE --project TITLE` from a file; with neither at hand, "
        "`labelpulse demo` makes its own and says by which --config it is asked"
    )


def tell(text: str) -> None:
    """Write a line for people to standard error, where it cannot spoil a document."""
    print(text, file=sys.stderr)


def print_json(document: object) -> None:
    """Write one strict JSON document to standard output, indented for people."""
    indent = 2 if sys.stdout.isatty() else None
    print(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=indent))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "") -> None:
    """Write rows as a table to standard output; None is an empty cell.

    On a terminal it fits the window; elsewhere lines are as long as they need to be.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    kept = [list(row) for row in rows]
    for at, name in enumerate(columns):
        numbers = all(isinstance(row[at], int | float | None) for row in kept)
        table.add_column(name, justify="right" if numbers and kept else "left", overflow="fold")
    for row in kept:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)


def rounded(value: Any) -> Any:
    """Return a value as a table for people shows it: documents keep all digits."""
    if isinstance(value, float):
        return round(value, 4) if abs(value) < 1000 else round(value, 1)
    return value


def print_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as CSV to standard output, no cell of which a spreadsheet takes for a formula."""
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(columns)
    out.writerows([escape_formula(row.get(column)) for column in columns] for row in rows)


def file_trouble(error: Exception) -> LabelpulseError | None:
    """Return what an error of the file system means; None for any other error."""
    if not isinstance(error, OSError) or error.filename is None:
        return None
    return LabelpulseError(
        f"{error.filename}: {error.strerror}. Check the path and its permissions, or name another"
    )


def database_trouble(error: Exception) -> LabelpulseError | None:
    """Return what a database error of SQLAlchemy means, without the values it may quote.

    Class and SQLSTATE say enough; the message of the server may hold rows, so it is left out.
    """
    if not type(error).__module__.startswith("sqlalchemy"):
        return None
    origin = getattr(error, "orig", None) or error
    state = getattr(origin, "pgcode", None) or getattr(origin, "sqlite_errorname", None)
    what = f"{type(origin).__name__}{f', {state}' if state else ''}"
    return WarehouseError(
        f"the warehouse could not be used ({what}): check --db or warehouse.url, its password, "
        "and that the server runs; `labelpulse doctor` tells more"
    )
