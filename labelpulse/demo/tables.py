"""The tables of Label Studio and doccano that a collector reads, in SQLite.

Names and types are the tools' own. Times are naive UTC text, flags 0 or 1, JSON text, unique ids 32
hexadecimal digits.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

Row = Mapping[str, object]
Tables = Mapping[str, Mapping[str, str]]

_ID = "integer NOT NULL PRIMARY KEY AUTOINCREMENT"
_TIMES = {"created_at": "datetime NOT NULL", "updated_at": "datetime NOT NULL"}

LABEL_STUDIO: Tables = MappingProxyType(
    {
        "htx_user": {
            "id": _ID,
            "username": "varchar(256) NOT NULL",
            "email": "varchar(254) NOT NULL UNIQUE",
            "first_name": "varchar(256) NOT NULL",
            "last_name": "varchar(256) NOT NULL",
        },
        "project": {
            "id": _ID,
            "title": "varchar(50) NULL",
            "description": "text NULL",
            "label_config": "text NULL",
            "expert_instruction": "text NULL",
            "maximum_annotations": "integer NOT NULL",
            **_TIMES,
            "deleted_at": "datetime NULL",
        },
        "task": {
            "id": _ID,
            "data": "text NOT NULL",
            **_TIMES,
            "project_id": "integer NULL",
            "overlap": "integer NOT NULL",
            "file_upload_id": "integer NULL",
            "allow_skip": "bool NULL",
        },
        "task_completion": {
            "id": _ID,
            "unique_id": "char(32) NULL UNIQUE",
            "task_id": "integer NULL",
            "project_id": "integer NULL",
            "completed_by_id": "integer NULL",
            "updated_by_id": "integer NULL",
            "result": "text NULL",
            "was_cancelled": "bool NOT NULL",
            "ground_truth": "bool NOT NULL",
            **_TIMES,
            "draft_created_at": "datetime NULL",
            "lead_time": "real NULL",
            "parent_prediction_id": "integer NULL",
            "import_id": "bigint NULL",
            "bulk_created": "bool NULL DEFAULT 0",
        },
        "prediction": {
            "id": _ID,
            "task_id": "integer NOT NULL",
            "project_id": "integer NULL",
            "result": "text NULL",
            "score": "real NULL",
            "model_version": "text NULL",
            **_TIMES,
        },
        "tasks_annotationdraft": {
            "id": _ID,
            "task_id": "integer NULL",
            "annotation_id": "integer NULL",
            "user_id": "integer NOT NULL",
            "result": "text NOT NULL",
            **_TIMES,
        },
    }
)
LABEL_STUDIO_INDEXES = (
    "CREATE INDEX demo_annotation_task ON task_completion (task_id, was_cancelled)",
    "CREATE INDEX demo_annotation_created ON task_completion (created_at)",
    "CREATE INDEX demo_prediction_task ON prediction (task_id)",
)
"""As in the tool, none starts with updated_at."""

DOCCANO: Tables = MappingProxyType(
    {
        "auth_user": {
            "id": _ID,
            "username": "varchar(150) NOT NULL UNIQUE",
            "first_name": "varchar(150) NOT NULL",
            "last_name": "varchar(150) NOT NULL",
            "email": "varchar(254) NOT NULL",
        },
        "projects_project": {
            "id": _ID,
            "name": "varchar(100) NOT NULL",
            "project_type": "varchar(30) NOT NULL",
            "collaborative_annotation": "bool NOT NULL",
            "single_class_classification": "bool NOT NULL",
        },
        "examples_example": {
            "id": _ID,
            "upload_name": "varchar(512) NOT NULL",
            "text": "text NULL",
            **_TIMES,
            "annotations_approved_by_id": "integer NULL",
            "project_id": "bigint NOT NULL",
        },
        "examples_examplestate": {
            "id": _ID,
            "confirmed_at": "datetime NOT NULL",
            "confirmed_by_id": "integer NOT NULL",
            "example_id": "integer NOT NULL",
        },
        "label_types_categorytype": {
            "id": _ID,
            "text": "varchar(100) NOT NULL",
            "project_id": "integer NOT NULL",
        },
        "labels_category": {
            "id": _ID,
            "prob": "real NOT NULL",
            **_TIMES,
            "example_id": "bigint NOT NULL",
            "label_id": "bigint NOT NULL",
            "user_id": "integer NOT NULL",
        },
    }
)
DOCCANO_INDEXES = (
    "CREATE UNIQUE INDEX demo_state ON examples_examplestate (example_id, confirmed_by_id)",
    "CREATE UNIQUE INDEX demo_category ON labels_category (example_id, user_id, label_id)",
)


def create_tables(db: sqlite3.Connection, tables: Tables) -> None:
    """Create every table, empty."""
    for table, columns in tables.items():
        body = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        db.execute(f'CREATE TABLE "{table}" ({body})')


def insert(db: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    """Insert rows that all have the columns of the first one."""
    rows = list(rows)
    if rows:
        columns = ", ".join(f'"{name}"' for name in rows[0])
        values = ", ".join(f":{name}" for name in rows[0])
        statement = f'INSERT INTO "{table}" ({columns}) VALUES ({values})'  # noqa: S608 - our names
        db.executemany(statement, rows)


@contextmanager
def new_database(
    path: Path, tables: Tables, indexes: Iterable[str]
) -> Iterator[sqlite3.Connection]:
    """Open a new database to fill; it appears at `path` whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = OFF")
            db.execute("BEGIN")
            create_tables(db, tables)
            yield db
            for statement in indexes:
                db.execute(statement)
            db.execute("COMMIT")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def transaction(path: Path, timeout_s: float = 1.0) -> Iterator[sqlite3.Connection]:
    """Open an existing database for one transaction, as a tool does for one click.

    Raises:
        sqlite3.OperationalError: there is no database, or somebody holds it (see `is_busy`).
    """
    address = f"{path.resolve().as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=timeout_s, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield db
        db.execute("COMMIT")


def is_busy(error: sqlite3.OperationalError) -> bool:
    """Return whether an error means that somebody else holds the database."""
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def stamp(at: datetime) -> str:
    """Return an aware time as the tools store it: naive UTC text with microseconds."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def unique_id(*parts: object) -> str:
    """Return 32 hexadecimal digits that depend only on `parts`."""
    return hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=16).hexdigest()


def packed(value: object) -> str:
    """Return `value` as the JSON text that Django stores."""
    return json.dumps(value)
