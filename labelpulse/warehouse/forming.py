"""What becomes of intents that wait: which are due together, and the message that tells them."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, String, Table, exists, select, update

from labelpulse import schema
from labelpulse.core.keys import message_key
from labelpulse.warehouse import bulk
from labelpulse.warehouse.posted import State

IDENTITY = "warehouse"
"""The note on what tells this warehouse from all others."""

MOST_TOGETHER = 500
"""Intents of one message."""

_intent, _message = schema.alert_intent, schema.alert_message

_TELLS = ("incident_id", "channel", "kind", "sequence")
"""What makes an intent one of its warehouse, as long as that is not restored from a backup."""

Rows = Sequence[Row[Any]]
"""Of intents, the oldest first."""


def grouped(rows: Iterable[Row[Any]]) -> list[Rows]:
    """Return intents by channel and by what is told together there."""
    return [list(group) for _, group in groupby(sorted(rows, key=_group), key=_group)]


def _group(row: Row[Any]) -> tuple[str, str]:
    return row.channel, row.grouped_by


def is_due(conn: Connection, rows: Rows, now: int, wait_us: int, interval_us: int) -> bool:
    """Return whether a group is to be told: see `labelpulse.warehouse.outbox.Outbox.form`.

    What was made later than now, by a clock that was wrong, keeps nothing waiting.
    """
    if all(now - wait_us < row.created_at <= now for row in rows):
        return False
    if critical(rows):
        return True
    lately = exists().where(
        _message.c.channel == rows[0].channel,
        _message.c.grouped_by == rows[0].grouped_by,
        _message.c.created_at > now - interval_us,
        _message.c.created_at <= now,
    )
    return not conn.scalar(select(lately))


def critical(rows: Rows) -> bool:
    """Return whether anything critical is among intents."""
    return any(json.loads(row.body).get("level") == "critical" for row in rows)


def made(conn: Connection, rows: Rows, now: int) -> int:
    """Make messages of one group's intents, as many as they need; return how many."""
    parts = [rows[at : at + MOST_TOGETHER] for at in range(0, len(rows), MOST_TOGETHER)]
    ids = bulk.new_ids(conn, _message, len(parts))
    ours = identity(conn)
    for id_, part in zip(ids, parts, strict=True):
        conn.execute(_message.insert().values(id=id_, **_values(part, ours, now)))
        told = _intent.c.id.in_(bulk.among(conn, [row.id for row in part]))
        conn.execute(update(_intent).where(told).values(message_id=id_))
    return len(parts)


def _values(rows: Rows, ours: str, now: int) -> dict[str, Any]:
    notices = [json.loads(row.body) for row in rows]
    kinds = {one.get("kind", row.kind) for one, row in zip(notices, rows, strict=True)}
    kind = kinds.pop() if len(kinds) == 1 else "several"
    told = ((ours, row.created_at, *(getattr(row, name) for name in _TELLS)) for row in rows)
    values = {
        "key": message_key(told),
        "channel": rows[0].channel,
        "kind": kind,
        "grouped_by": rows[0].grouped_by,
        "body": text_of({"kind": kind, "notices": notices}),
        "state": State.WAITING,
        "created_at": now,
        "next_try_at": now,
    }
    return fitting(_message, values)


def identity(conn: Connection) -> str:
    """Return what tells this warehouse from all others, made at random when first asked for."""
    note = schema.alert_note
    known = select(note.c.data).where(note.c.name == IDENTITY)
    found = conn.scalar(known)
    if found is None:
        new = {"name": IDENTITY, "data": json.dumps(os.urandom(16).hex())}
        conn.execute(bulk.insert_or_ignore(conn, note, new))
        found = conn.execute(known).scalar_one()
    return str(json.loads(found))


def text_of(document: Mapping[str, Any]) -> str:
    """Return a document as it is kept."""
    return json.dumps(dict(document), ensure_ascii=False, allow_nan=False)


def fitting(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with long texts cut to their columns, and still told apart by their ends."""
    return {name: _cut(value, table.c[name].type) for name, value in values.items()}


def _cut(value: Any, kind: Any) -> Any:
    most = kind.length if isinstance(kind, String) else None
    if most is None or len(value) <= most:
        return value
    rest = f"~{blake2b(value.encode(), digest_size=8).hexdigest()}"
    return value[: most - len(rest)] + rest
