"""What becomes of intents that wait: which are due together, and the message that tells them."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
"""Notices of one message."""

_intent, _message = schema.alert_intent, schema.alert_message

_FIRES = ("fired", "again")
"""Kinds that say that an incident fires; what is over needs no reason why it fired."""

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
    told = _told(rows)
    parts = [told[at : at + MOST_TOGETHER] for at in range(0, len(told), MOST_TOGETHER)]
    ids, ours = bulk.new_ids(conn, _message, len(parts)), identity(conn)
    for id_, part in zip(ids, parts, strict=True):
        conn.execute(_message.insert().values(id=id_, **_values(part, ours, now)))
        covered = [row.id for one in part for row in one.rows]
        those = _intent.c.id.in_(bulk.among(conn, covered))
        conn.execute(update(_intent).where(those).values(message_id=id_))
    return len(parts)


@dataclass(frozen=True, slots=True)
class _Told:
    """A notice, and the intents that it tells; the last of them says the newest."""

    notice: Mapping[str, Any]
    rows: Rows


def _told(rows: Rows) -> list[_Told]:
    """Return what a message says: of an incident that it fires once, however often it waited."""
    fires: dict[int, list[Row[Any]]] = {}
    for row in rows:
        if row.incident_id and row.kind in _FIRES:
            fires.setdefault(row.incident_id, []).append(row)
    over = {row.incident_id for row in rows if row.kind not in _FIRES}
    found = []
    for row in rows:
        of = fires.get(row.incident_id, []) if row.kind in _FIRES else []
        if not of:
            found.append(_Told(json.loads(row.body), [row]))
        elif row is of[-1]:
            found.append(_Told(_firing(of, short=row.incident_id in over), of))
    return found


def _firing(rows: Rows, *, short: bool) -> Mapping[str, Any]:
    """Return the newest notice; as the first, if nobody was told that before."""
    notice = json.loads(rows[-1].body)
    first = any(row.kind == _FIRES[0] for row in rows)
    kind = {"kind": _FIRES[0]} if first else {}
    return {**notice, **kind, **({"lines": []} if short else {})}


def _values(told: Sequence[_Told], ours: str, now: int) -> dict[str, Any]:
    rows = [row for one in told for row in one.rows]
    kinds = {one.notice.get("kind", one.rows[-1].kind) for one in told}
    kind = kinds.pop() if len(kinds) == 1 else "several"
    keys = ((ours, row.created_at, *(getattr(row, name) for name in _TELLS)) for row in rows)
    values = {
        "key": message_key(keys),
        "channel": rows[0].channel,
        "kind": kind,
        "grouped_by": rows[0].grouped_by,
        "body": text_of({"kind": kind, "notices": [dict(one.notice) for one in told]}),
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
