"""Small warehouses for import tests, and what they hold by name."""

import atexit
import csv
import shutil
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from labelpulse import schema
from labelpulse.config import Settings, load_settings
from labelpulse.ingest.child import FileReader
from labelpulse.ingest.import_settings import ImportFlags
from labelpulse.ingest.importer import ImportResult, import_files
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import upgrade


@cache
def reader() -> FileReader:
    """Return the one reader of all tests in this process: its child starts once."""
    made = FileReader()
    atexit.register(made.close)
    return made


def make(url: str) -> Warehouse:
    """Return an empty warehouse."""
    engine = connect(url)
    upgrade(engine)
    return Warehouse(engine, ROLLUPS)


def copy_of(template: Path, to: Path) -> Warehouse:
    """Return a warehouse in a copy of an empty SQLite one, which is faster than migrating."""
    shutil.copy(template, to)
    return Warehouse(connect(f"sqlite:///{to}"), ROLLUPS)


def table(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Write rows as CSV."""
    rows = list(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def load(
    warehouse: Warehouse, *paths: Path, settings: Settings | None = None, **flags: Any
) -> ImportResult:
    """Import files into project P unless told otherwise."""
    given = ImportFlags(**{"project": "P", **flags})
    said = settings or load_settings(environ={})
    return import_files(warehouse, said, list(paths), given, reader=reader())


def held(warehouse: Warehouse) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what the warehouse holds: (native id, unique) -> item, status, times, answers."""
    key, note, item = schema.annotation_key.c, schema.annotation.c, schema.item.c
    found: dict[tuple[str, str], dict[str, Any]] = {}
    with warehouse.engine.connect() as conn:
        rows = conn.execute(
            select(
                key.native_id,
                key.unique_key,
                note.id,
                note.status,
                note.submitted_at,
                note.revision,
                note.deleted_at,
                item.native_id.label("item"),
            )
            .join(schema.annotation, note.id == key.annotation_id)
            .join(schema.item, item.id == note.item_id)
        )
        for row in rows.all():
            found[row.native_id, row.unique_key] = {
                "item": row.item,
                "status": row.status,
                "submitted_at": row.submitted_at,
                "revision": row.revision,
                "deleted": row.deleted_at is not None,
                "answers": _answers(conn, row.id),
            }
    return found


def _answers(conn: Any, annotation_id: int) -> dict[tuple[int, str], str]:
    answer, label, control = schema.answer.c, schema.label.c, schema.control.c
    rows = conn.execute(
        select(answer.version, control.name, label.text, answer.value)
        .join(schema.control, control.id == answer.control_id)
        .outerjoin(schema.label, label.id == answer.label_id)
        .where(answer.annotation_id == annotation_id)
    )
    return {(row.version, row.name): row.text or row.value for row in rows}


def asides(warehouse: Warehouse) -> list[tuple[str, str, str]]:
    """Return (place, record, reason) of everything in quarantine."""
    aside = schema.quarantine.c
    with warehouse.engine.connect() as conn:
        rows = conn.execute(select(aside.place, aside.record, aside.reason).order_by(aside.id))
        return [tuple(row) for row in rows]
