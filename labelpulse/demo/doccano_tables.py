"""The tables of doccano that a collector reads, in SQLite, as doccano 1.8.4 makes them.

Names and types are the tool's; the choice of columns is ours. Times are naive UTC text, flags 0
or 1, unique ids 32 hex digits.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from types import MappingProxyType

_ID = "integer NOT NULL PRIMARY KEY AUTOINCREMENT"
_TIMES = {"created_at": "datetime NOT NULL", "updated_at": "datetime NOT NULL"}
_LABEL = {
    "id": _ID,
    "uuid": "char(32) NOT NULL UNIQUE",
    "prob": "real NOT NULL",
    "manual": "bool NOT NULL",
    **_TIMES,
    "example_id": "bigint NOT NULL",
    "user_id": "integer NOT NULL",
}
_KIND = {"id": _ID, "text": "varchar(100) NOT NULL", **_TIMES, "project_id": "integer NOT NULL"}
_OF_KIND = {**_LABEL, "label_id": "bigint NOT NULL"}
_SIDES = dict.fromkeys(("x", "y", "width", "height"), "real NOT NULL")

TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "auth_user": {
            "id": _ID,
            "password": "varchar(128) NOT NULL",
            "is_superuser": "bool NOT NULL",
            "username": "varchar(150) NOT NULL UNIQUE",
            "first_name": "varchar(150) NOT NULL",
            "last_name": "varchar(150) NOT NULL",
            "email": "varchar(254) NOT NULL",
            "is_staff": "bool NOT NULL",
            "is_active": "bool NOT NULL",
            "date_joined": "datetime NOT NULL",
        },
        "projects_project": {
            "id": _ID,
            "name": "varchar(100) NOT NULL",
            "description": "text NOT NULL",
            "guideline": "text NOT NULL",
            **_TIMES,
            "project_type": "varchar(30) NOT NULL",
            "random_order": "bool NOT NULL",
            "collaborative_annotation": "bool NOT NULL",
            "single_class_classification": "bool NOT NULL",
            "created_by_id": "integer NULL",
        },
        "projects_member": {
            "id": _ID,
            **_TIMES,
            "project_id": "integer NOT NULL",
            "role_id": "integer NOT NULL",
            "user_id": "integer NOT NULL",
        },
        "examples_example": {
            "id": _ID,
            "uuid": "char(32) NOT NULL UNIQUE",
            "meta": "text NOT NULL",
            "filename": "varchar(1024) NOT NULL",
            "upload_name": "varchar(512) NOT NULL",
            "text": "text NULL",
            "score": "real NOT NULL",
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
        "examples_comment": {
            "id": _ID,
            "text": "text NOT NULL",
            **_TIMES,
            "user_id": "integer NULL",
            "example_id": "integer NOT NULL",
        },
        "label_types_categorytype": _KIND,
        "label_types_spantype": _KIND,
        "label_types_relationtype": {**_KIND, "project_id": "bigint NOT NULL"},
        "labels_category": _OF_KIND,
        "labels_span": {
            **_OF_KIND,
            "start_offset": "integer NOT NULL",
            "end_offset": "integer NOT NULL",
        },
        "labels_textlabel": {**_LABEL, "text": "text NOT NULL"},
        "labels_boundingbox": {**_OF_KIND, **_SIDES},
        "labels_segmentation": {**_OF_KIND, "points": "text NOT NULL"},
        "labels_relation": {
            **_LABEL,
            "from_id_id": "bigint NOT NULL",
            "to_id_id": "bigint NOT NULL",
            "type_id": "bigint NOT NULL",
        },
    }
)

# As in the tool: unique where it is, and none that leads with a time.
_INDEXES = (
    "CREATE UNIQUE INDEX demo_state ON examples_examplestate (example_id, confirmed_by_id)",
    "CREATE UNIQUE INDEX demo_category ON labels_category (example_id, user_id, label_id)",
    "CREATE INDEX demo_category_user ON labels_category (user_id)",
    "CREATE INDEX demo_example_project ON examples_example (project_id)",
)

Row = Mapping[str, object]


def create(db: sqlite3.Connection) -> None:
    """Create every table, empty, with its indexes."""
    for table, columns in TABLES.items():
        body = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        db.execute(f'CREATE TABLE "{table}" ({body})')
    for statement in _INDEXES:
        db.execute(statement)


def insert(db: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    """Insert rows, each with every column of `table` but an `id` that SQLite may choose."""
    rows = list(rows)
    names = [name for name in TABLES[table] if rows and name in rows[0]]
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(f":{name}" for name in names)
    statement = f'INSERT INTO "{table}" ({columns}) VALUES ({values})'  # noqa: S608 - our names
    if rows:
        db.executemany(statement, rows)
