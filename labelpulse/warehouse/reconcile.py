"""What differs between a source and the warehouse: by fingerprint, and by what vanished."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Select,
    Table,
    Text,
    TextClause,
    and_,
    func,
    select,
    text,
    update,
)

from labelpulse import schema
from labelpulse.core.errors import StopSource
from labelpulse.core.events import ScannedRecord
from labelpulse.source import DRAFTS, ITEMS
from labelpulse.warehouse import bulk

IS_HELD = text("annotation.held")
"""As the partial index says it: SQLAlchemy writes ``held = 1`` on SQLite, which finds it not."""

IS_DRAFT = text("annotation_key.stream = 'draft'")
"""Likewise: SQLite does not match the partial index of drafts with a bound value."""

GUARD_ROWS = 20
"""Up to this many rows may vanish from a project without a question, unless nothing is left."""

# Without the key, SQLite compares every row held with every row seen.
seen_table = Table(
    "seen",
    MetaData(),
    Column("native_id", Text, primary_key=True),
    Column("unique_key", Text, primary_key=True),
    Column("project", Text, primary_key=True),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)


def differing(
    conn: Connection, source_id: int, stream: str, seen: Sequence[ScannedRecord]
) -> list[str]:
    """Return the native ids whose fingerprint the warehouse does not hold, in the given order."""
    there = _items(conn, source_id, seen) if stream == ITEMS else _keys(conn, source_id, seen)
    return [
        one.native_id
        for one in seen
        if there.get((one.project if stream == ITEMS else one.unique, one.native_id))
        != one.fingerprint
    ]


def _keys(
    conn: Connection, source_id: int, seen: Sequence[ScannedRecord]
) -> dict[tuple[str, str], str]:
    key = schema.annotation_key.c
    rows = conn.execute(
        select(key.unique_key, key.native_id, key.fingerprint).where(
            key.source_id == source_id,
            key.live,
            key.native_id.in_(bulk.among_texts(conn, [one.native_id for one in seen])),
        )
    )
    return {(row[0], row[1]): row[2] for row in rows}


def _items(
    conn: Connection, source_id: int, seen: Sequence[ScannedRecord]
) -> dict[tuple[str, str], str]:
    item, project = schema.item.c, schema.project.c
    names: dict[str, list[str]] = {}
    for one in seen:
        names.setdefault(one.project, []).append(one.native_id)
    found: dict[tuple[str, str], str] = {}
    for native_id, wanted in names.items():
        rows = conn.execute(
            select(item.native_id, item.fingerprint)
            .join(schema.project, project.id == item.project_id)
            .where(project.source_id == source_id, project.native_id == native_id)
            .where(item.deleted_at.is_(None), item.native_id.in_(bulk.among_texts(conn, wanted)))
        )
        found |= {(native_id, row[0]): row[1] for row in rows}
    return found


@dataclass(frozen=True, slots=True)
class Missing:
    """Annotations (or items) of one project that a complete scan did not meet."""

    project_id: int
    title: str
    keys: list[tuple[str, str]]
    live: int


def note(conn: Connection, seen: Sequence[ScannedRecord]) -> None:
    """Remember a page of a complete scan on this connection."""
    rows = [(one.native_id, one.unique, one.project) for one in seen]
    bulk.insert_missing(conn, seen_table, ("native_id", "unique_key", "project"), rows)


def missing_annotations(conn: Connection, source_id: int, stream: str) -> list[Missing]:
    """Return live annotations of a stream that the noted scan did not meet, by project."""
    key, seen = schema.annotation_key.c, seen_table.c
    gone = (
        select(key.project_id, key.native_id, key.unique_key)
        .outerjoin(
            seen_table,
            and_(seen.native_id == key.native_id, seen.unique_key == key.unique_key),
        )
        .where(key.source_id == source_id, _of(stream), key.live)
        .where(seen.native_id.is_(None))
        .where(key.project_id.in_(_active(source_id)))
    )
    by_project: dict[int, list[tuple[str, str]]] = {}
    for project_id, native_id, unique in conn.execute(gone):
        by_project.setdefault(project_id, []).append((native_id, unique))
    if not by_project:
        return []
    live = select(key.project_id, func.count()).where(
        key.source_id == source_id, _of(stream), key.live
    )
    totals = {row[0]: row[1] for row in conn.execute(live.group_by(key.project_id))}
    return [
        Missing(project_id, _title(conn, project_id), keys, totals[project_id])
        for project_id, keys in by_project.items()
    ]


def _of(stream: str) -> ColumnElement[bool] | TextClause:
    """Rows of a stream; drafts are few among many, and have an index."""
    return IS_DRAFT if stream == DRAFTS else schema.annotation_key.c.stream == stream


def _active(source_id: int) -> Select[tuple[int]]:
    """Projects that are still there; a vanished one keeps its rows as they were."""
    project = schema.project.c
    return select(project.id).where(project.source_id == source_id, project.state == "active")


def missing_items(conn: Connection, source_id: int) -> list[tuple[Missing, list[int]]]:
    """Return live items that the noted scan did not meet, by project, with their ids."""
    item, project, seen = schema.item.c, schema.project.c, seen_table.c
    gone = (
        select(item.project_id, item.native_id, item.id)
        .join(schema.project, project.id == item.project_id)
        .outerjoin(
            seen_table,
            and_(seen.native_id == item.native_id, seen.project == project.native_id),
        )
        .where(project.source_id == source_id, project.state == "active")
        .where(item.deleted_at.is_(None), seen.native_id.is_(None))
    )
    by_project: dict[int, list[tuple[str, int]]] = {}
    for project_id, native_id, item_id in conn.execute(gone):
        by_project.setdefault(project_id, []).append((native_id, item_id))
    found = []
    for project_id, rows in by_project.items():
        live = conn.scalar(
            select(func.count()).where(item.project_id == project_id, item.deleted_at.is_(None))
        )
        keys = [(native_id, "") for native_id, _ in rows]
        missing = Missing(project_id, _title(conn, project_id), keys, live or 0)
        found.append((missing, [item_id for _, item_id in rows]))
    return found


def _title(conn: Connection, project_id: int) -> str:
    query = select(schema.project.c.title).where(schema.project.c.id == project_id)
    return str(conn.scalar(query))


def guard(source: str, missing: Missing, what: str, *, is_empty: bool = False) -> None:
    """Refuse a mass delete: more likely a wrong database or a filter than so much lost work.

    Args:
        is_empty: the scan met nothing at all.

    Raises:
        StopSource: over half of a project, and more than 20 rows, would be deleted; or everything,
            however little it is.
    """
    lost = len(missing.keys)
    if is_empty or (lost > GUARD_ROWS and lost * 2 > missing.live):
        raise StopSource(
            f"source {source!r}: {lost} of {missing.live} {what} of project {missing.title!r} "
            "are no longer in the tool. Nothing was deleted here, since a wrong database or a "
            f"restored backup looks the same. If they really were deleted there, run "
            f"`labelpulse sources accept-deletes {source}`"
        )


def record_counts(conn: Connection, project_id: int, source_rows: int, now: int) -> int:
    """Note how many rows the source and the warehouse hold now; return the gap."""
    held = conn.scalar(
        select(schema.live_rows.c.n).where(schema.live_rows.c.project_id == project_id)
    )
    conn.execute(
        update(schema.project)
        .where(schema.project.c.id == project_id)
        .values(source_rows=source_rows, warehouse_rows=held or 0, reconciled_at=now)
    )
    return source_rows - (held or 0)


def waiting(conn: Connection, source_id: int, now: int) -> list[int]:
    """Return projects with annotations whose stamp lay ahead of the source's clock until now."""
    row, project = schema.annotation.c, schema.project.c
    return list(
        conn.scalars(
            select(row.project_id)
            .join(schema.project, project.id == row.project_id)
            .where(project.source_id == source_id, IS_HELD, row.submitted_at <= now)
            .distinct()
        )
    )
