"""The tables of Label Studio that a collector reads, in SQLite, by our own definition.

Names and types are the tool's; the choice of columns is ours: those that mean something to a
reader of the database. Times are naive UTC text, flags 0 or 1, JSON text, unique ids 32 hex digits.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

Row = Mapping[str, object]

_ID = "integer NOT NULL PRIMARY KEY AUTOINCREMENT"

TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "organization": {
            "id": _ID,
            "title": "varchar(1000) NOT NULL",
            "created_at": "datetime NOT NULL",
            "updated_at": "datetime NOT NULL",
            "created_by_id": "integer NULL",
        },
        "htx_user": {
            "id": _ID,
            "password": "varchar(128) NOT NULL",
            "last_login": "datetime NULL",
            "is_superuser": "bool NOT NULL",
            "username": "varchar(256) NOT NULL",
            "email": "varchar(254) NOT NULL UNIQUE",
            "first_name": "varchar(256) NOT NULL",
            "last_name": "varchar(256) NOT NULL",
            "is_staff": "bool NOT NULL",
            "is_active": "bool NOT NULL",
            "date_joined": "datetime NOT NULL",
            "last_activity": "datetime NOT NULL",
            "activity_at": "datetime NOT NULL",
            "active_organization_id": "integer NULL",
        },
        "organizations_organizationmember": {
            "id": _ID,
            "created_at": "datetime NOT NULL",
            "updated_at": "datetime NOT NULL",
            "organization_id": "integer NOT NULL",
            "user_id": "integer NOT NULL",
            "deleted_at": "datetime NULL",
        },
        "project": {
            "id": _ID,
            "title": "varchar(50) NULL",
            "description": "text NULL",
            "label_config": "text NULL",
            "parsed_label_config": "text NULL",
            "label_config_hash": "bigint NULL",
            "expert_instruction": "text NULL",
            "maximum_annotations": "integer NOT NULL",
            "overlap_cohort_percentage": "integer NOT NULL",
            "sampling": "varchar(100) NULL",
            "skip_queue": "varchar(100) NULL",
            "model_version": "text NULL",
            "control_weights": "text NULL",
            "is_published": "bool NOT NULL",
            "is_draft": "bool NOT NULL",
            "organization_id": "integer NULL",
            "created_by_id": "integer NULL",
            "created_at": "datetime NOT NULL",
            "updated_at": "datetime NOT NULL",
            "deleted_at": "datetime NULL",
            "deleted_by_id": "integer NULL",
            "purge_at": "datetime NULL",
        },
        "task": {
            "id": _ID,
            "data": "text NOT NULL",
            "meta": "text NULL",
            "created_at": "datetime NOT NULL",
            "updated_at": "datetime NOT NULL",
            "updated_by_id": "integer NULL",
            "is_labeled": "bool NOT NULL",
            "project_id": "integer NULL",
            "inner_id": "bigint NULL",
            "overlap": "integer NOT NULL",
            "file_upload_id": "integer NULL",
            "total_annotations": "integer NOT NULL",
            "cancelled_annotations": "integer NOT NULL",
            "total_predictions": "integer NOT NULL",
            "comment_count": "integer NOT NULL",
            "precomputed_agreement": "real NULL",
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
            "result_count": "integer NOT NULL",
            "was_cancelled": "bool NOT NULL",
            "ground_truth": "bool NOT NULL",
            "created_at": "datetime NOT NULL",
            "updated_at": "datetime NOT NULL",
            "draft_created_at": "datetime NULL",
            "lead_time": "real NULL",
            "prediction": "text NULL",
            "parent_prediction_id": "integer NULL",
            "parent_annotation_id": "integer NULL",
            "import_id": "bigint NULL",
            "bulk_created": "bool NULL DEFAULT 0",
            "last_action": "varchar(128) NULL",
            "last_created_by_id": "integer NULL",
        },
        "prediction": {
            "id": _ID,
            "task_id": "integer NOT NULL",
            "project_id": "integer NULL",
            "result": "text NULL",
            "score": "real NULL",
            "model_version": "text NULL",
            "model_id": "integer NULL",
            "model_run_id": "integer NULL",
            "cluster": "integer NULL",
            "mislabeling": "real NOT NULL",
            "created_at": "datetime NOT NULL",
            "updated_at": "datetime NOT NULL",
        },
        "tasks_annotationdraft": {
            "id": _ID,
            "task_id": "integer NULL",
            "annotation_id": "integer NULL",
            "user_id": "integer NOT NULL",
            "result": "text NOT NULL",
            "lead_time": "real NULL",
            "was_postponed": "bool NOT NULL",
            "created_at": "datetime NOT NULL",
            "updated_at": "datetime NOT NULL",
            "import_id": "bigint NULL",
        },
        "tasks_tasklock": {
            "id": _ID,
            "task_id": "integer NOT NULL",
            "user_id": "integer NOT NULL",
            "unique_id": "char(32) NULL",
            "created_at": "datetime NULL",
            "expire_at": "datetime NOT NULL",
        },
    }
)

# As in the tool, no index leads with updated_at: whoever polls by it scans.
_INDEXES = (
    "CREATE INDEX demo_task_open ON task (project_id, is_labeled)",
    "CREATE INDEX demo_task_inner ON task (project_id, inner_id)",
    "CREATE INDEX demo_annotation_task ON task_completion (task_id, was_cancelled)",
    "CREATE INDEX demo_annotation_project ON task_completion (project_id, id)",
    "CREATE INDEX demo_annotation_gold ON task_completion (project_id, ground_truth)",
    "CREATE INDEX demo_annotation_created ON task_completion (created_at)",
    "CREATE INDEX demo_prediction_task ON prediction (task_id)",
    "CREATE INDEX demo_draft_task ON tasks_annotationdraft (task_id)",
    "CREATE INDEX demo_lock_task ON tasks_tasklock (task_id)",
)


def create_tables(db: sqlite3.Connection) -> None:
    """Create every table, empty and without indexes."""
    for table, columns in TABLES.items():
        body = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        db.execute(f'CREATE TABLE "{table}" ({body})')


def create_indexes(db: sqlite3.Connection) -> None:
    """Create the indexes; after a bulk load this is faster than keeping them up to date."""
    for statement in _INDEXES:
        db.execute(statement)


def insert(db: sqlite3.Connection, table: str, rows: Iterable[Row]) -> int:
    """Insert `rows`, each with every column of `table` but an `id` that SQLite may choose.

    Returns the id of the last row if there was one row, else 0.
    """
    rows = list(rows)
    names = [name for name in TABLES[table] if not rows or name in rows[0]]
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(f":{name}" for name in names)
    statement = f'INSERT INTO "{table}" ({columns}) VALUES ({values})'  # noqa: S608 - our names
    if len(rows) == 1:
        return db.execute(statement, rows[0]).lastrowid or 0
    db.executemany(statement, rows)
    return 0


def stamp(at: datetime) -> str:
    """Return an aware time as the tool stores it: naive UTC text with microseconds."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def unstamp(text: str) -> datetime:
    """Return the aware time that `stamp` wrote."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def packed(value: object) -> str:
    """Return `value` as the JSON text that Django stores."""
    return json.dumps(value)
