"""Run records, cursors and quarantine: what was tried, where a source stands, what was refused."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import Enum
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, and_, exists, insert, select, update

from labelpulse import schema
from labelpulse.core.events import BadRecord, canonical
from labelpulse.warehouse import bulk

EXCERPT = 4096
LONGEST = 500


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


class Former(Enum):
    """How a refused record stood in quarantine before: not at all, open, or open since this run."""

    NONE = 0
    OPEN = 1
    THIS_RUN = 2


def set_aside(
    conn: Connection, source_id: int, run_id: int, bad: Sequence[BadRecord], now: int
) -> Counter[Former]:
    """Keep refused records; return how they stood in quarantine before.

    A record refused again for the same reason stays one row. What an import refuses stands under
    the name of its file.
    """
    file = _file_of(conn, run_id) if bad else None
    return Counter(
        _set_aside(conn, source_id, run_id, one, file or one.location, now) for one in bad
    )


def _set_aside(
    conn: Connection, source_id: int, run_id: int, bad: BadRecord, place: str, now: int
) -> Former:
    table = schema.quarantine
    record = bad.record if len(bad.record) <= LONGEST else _short(bad.record)
    key = {"source_id": source_id, "place": place, "record": record, "reason": bad.reason}
    same = and_(*(table.c[name] == value for name, value in key.items()))
    columns = (table.c.id, table.c.run_id, table.c.resolved_at)
    there = conn.execute(select(*columns).where(same)).first()
    values = {"last_at": now, "run_id": run_id, "resolved_at": None, "detail": bad.detail}
    if there is not None:
        conn.execute(update(table).where(table.c.id == there.id).values(**values))
        if there.run_id == run_id:
            return Former.THIS_RUN
        return Former.OPEN if there.resolved_at is None else Former.NONE
    values |= {"id": bulk.new_ids(conn, table, 1)[0], "first_at": now}
    values["project_id"] = _project(conn, source_id, bad.project)
    values["excerpt"] = bad.excerpt.replace("\x00", "\ufffd")[:EXCERPT]
    conn.execute(insert(table).values(**key, **values))
    return Former.NONE


def release(conn: Connection, source_id: int, run_id: int, swept: bool, now: int) -> None:
    """Close quarantine rows whose records a complete reading did not refuse again.

    They have loaded since, or are gone. An import reads the whole of its file; `swept` = a poll
    read the whole of its source, but no file of known answers for it.
    """
    table, file = schema.quarantine, _file_of(conn, run_id)
    if file is None and not swept:
        return
    mended = and_(
        table.c.source_id == source_id, table.c.run_id != run_id, table.c.resolved_at.is_(None)
    )
    if file is not None:
        mended = and_(mended, table.c.place == file)
    else:
        run = schema.run.c
        of_file = exists().where(run.id == table.c.run_id, run.kind == "import")
        mended = and_(mended, ~of_file.correlate(table))
    conn.execute(update(table).where(mended).values(resolved_at=now))


def _file_of(conn: Connection, run_id: int) -> str | None:
    return conn.scalar(select(schema.run.c.file_name).where(schema.run.c.id == run_id))


def _project(conn: Connection, source_id: int, native_id: str | None) -> int | None:
    project = schema.project.c
    return conn.scalar(
        select(project.id).where(project.source_id == source_id, project.native_id == native_id)
    )


def _short(text: str) -> str:
    return text[:400] + "#" + blake2b(text.encode(), digest_size=8).hexdigest()
