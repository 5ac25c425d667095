"""Run records, cursors and quarantine: what was tried, where a source stands, what was refused."""

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, insert, select, update

from labelpulse import schema
from labelpulse.core.events import BadRecord, canonical
from labelpulse.warehouse import bulk

EXCERPT = 4096


def start(conn: Connection, source_id: int, kind: str, now: int, **more: Any) -> int:
    """Record that a run began; return its id."""
    (new,) = bulk.new_ids(conn, schema.run, 1)
    values = {"id": new, "source_id": source_id, "kind": kind, "started_at": now}
    conn.execute(insert(schema.run).values(**values, state="running", **more))
    return new


def count(conn: Connection, run_id: int, **added: int) -> None:
    """Add to a run's counts: read, loaded, unchanged, quarantined, deleted, repaired."""
    table = schema.run
    values = {name: table.c[name] + more for name, more in added.items() if more}
    if values:
        conn.execute(update(table).where(table.c.id == run_id).values(**values))


def finish(conn: Connection, run_id: int, state: str, message: str, now: int) -> None:
    """Record how a run ended: ok, partial or failed."""
    table = schema.run
    values = {"state": state, "message": message, "finished_at": now}
    conn.execute(update(table).where(table.c.id == run_id).values(**values))


def same_file(conn: Connection, source_id: int, file_hash: str, options_hash: str) -> int | None:
    """Return how many records a finished load of the same file read; None when there is none."""
    run = schema.run.c
    return conn.scalar(
        select(run.read)
        .where(
            run.source_id == source_id,
            run.file_hash == file_hash,
            run.options_hash == options_hash,
            run.state.in_(("ok", "partial")),
        )
        .order_by(run.id.desc())
        .limit(1)
    )


def cursors(conn: Connection, source_id: int) -> dict[str, Any]:
    """Return where each stream of a source stands."""
    cursor = schema.cursor.c
    rows = conn.execute(select(cursor.stream, cursor.position).where(cursor.source_id == source_id))
    return {row.stream: json.loads(row.position) for row in rows}


def move(conn: Connection, source_id: int, positions: Mapping[str, Any], now: int) -> None:
    """Keep where streams stand; only called inside the transaction that writes their records."""
    names = ("source_id", "stream", "position", "moved_at")
    rows = [(source_id, name, canonical(at), now) for name, at in positions.items()]
    bulk.upsert(conn, schema.cursor, names, rows)


def set_aside(
    conn: Connection, source_id: int, run_id: int, bad: Iterable[BadRecord], now: int
) -> None:
    """Keep refused records; a record refused again for the same reason stays one row."""
    table = schema.quarantine
    for one in bad:
        record = one.record if len(one.record) <= 500 else _short(one.record)
        same = (
            (table.c.source_id == source_id)
            & (table.c.place == one.place)
            & (table.c.record == record)
            & (table.c.reason == one.reason)
        )
        again = {"last_at": now, "run_id": run_id, "resolved_at": None, "detail": one.detail}
        if conn.execute(update(table).where(same).values(**again)).rowcount == 0:
            (new,) = bulk.new_ids(conn, table, 1)
            conn.execute(
                insert(table).values(
                    id=new,
                    source_id=source_id,
                    run_id=run_id,
                    project_id=_project(conn, source_id, one.project),
                    place=one.place,
                    record=record,
                    reason=one.reason,
                    detail=one.detail,
                    excerpt=one.excerpt.replace("\x00", "\ufffd")[:EXCERPT],
                    first_at=now,
                    last_at=now,
                )
            )


def resolve(conn: Connection, source_id: int, place: str, records: Iterable[str], now: int) -> None:
    """Close quarantine rows of records that have loaded since."""
    table = schema.quarantine
    conn.execute(
        update(table)
        .where(table.c.source_id == source_id, table.c.place == place)
        .where(table.c.resolved_at.is_(None))
        .where(table.c.record.in_(bulk.among_texts(conn, records)))
        .values(resolved_at=now)
    )


def _project(conn: Connection, source_id: int, native_id: str | None) -> int | None:
    project = schema.project.c
    return conn.scalar(
        select(project.id).where(project.source_id == source_id, project.native_id == native_id)
    )


def _short(text: str) -> str:
    return text[:400] + "#" + blake2b(text.encode(), digest_size=8).hexdigest()
