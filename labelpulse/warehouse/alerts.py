"""Alerts as the warehouse keeps them: states, incidents and what is to be told of them.

One transaction holds a cycle's changes of state and the intents to tell them, so that neither is
ever there without the other.
"""

import base64
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, Engine, delete, select, update

from labelpulse import schema
from labelpulse.core.addresses import is_plain, refusal_reason
from labelpulse.core.days import now_us
from labelpulse.core.errors import UsageError, WarehouseError
from labelpulse.warehouse import bulk

CYCLE = "cycle"
MAX_WHO, MAX_TEXT = 200, 500
VERDICTS = ("true", "false")

_incident, _silence, _rule = schema.alert_incident, schema.alert_silence, schema.alert_rule
_channel = schema.alert_channel


class CycleOvertaken(WarehouseError):
    """Another process went through a cycle meanwhile; its result stands, ours is dropped."""


@dataclass(frozen=True, slots=True)
class StateRow:
    """How a subject of a rule stands: see `labelpulse.schema.alert_state`."""

    rule: str
    subject: str
    keys: str
    project_id: int | None
    definition: str
    status: str
    day: int
    closed: str
    judged: str


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A number that is only known as of now, on a day."""

    question: str
    subject: str
    day: int
    keys: str
    value: float | None
    low: float | None
    high: float | None
    n: int | None


@dataclass(frozen=True, slots=True)
class Opening:
    """An incident that begins: see `labelpulse.schema.alert_incident`."""

    rule: str
    subject: str
    keys: str
    project_id: int | None
    severity: str
    level: str
    state: str
    since_day: int
    fired_day: int
    early: bool
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing is told of what it covers until it ends; None = all rules, projects, subjects.

    Attributes:
        until_at: microseconds UTC.
    """

    until_at: int
    reason: str
    author: str
    rule: str | None = None
    project_id: int | None = None
    subject: str | None = None


def no_alert(ids: Iterable[int]) -> UsageError:
    """Return what to say of alerts that are not there."""
    told = ", ".join(map(str, ids))
    return UsageError(f"there is no alert {told}: `labelpulse alerts list` tells their ids")


class Cycle:
    """The changes of one cycle, in its transaction."""

    def __init__(self, conn: Connection, now: int) -> None:
        self.conn = conn
        self.now = now

    def keep(self, rows: Iterable[StateRow]) -> None:
        """Keep how subjects stand."""
        names = [column.name for column in schema.alert_state.columns]
        told = [tuple(getattr(one, name, self.now) for name in names) for one in rows]
        bulk.upsert(self.conn, schema.alert_state, names, told)

    def sample(self, rows: Iterable[SampleRow]) -> None:
        """Keep numbers of a day; a later one of the same day stands for it."""
        names = [column.name for column in schema.alert_sample.columns]
        told = [tuple(getattr(one, name, self.now) for name in names) for one in rows]
        bulk.upsert(self.conn, schema.alert_sample, names, told)

    def open(self, one: Opening) -> int:
        """Begin an incident; return its id."""
        (new,) = bulk.new_ids(self.conn, _incident, 1)
        values = {name: getattr(one, name) for name in one.__slots__}
        values |= {"id": new, "opened_at": self.now, "evidence": _json(one.evidence)}
        self.conn.execute(_incident.insert().values(values))
        return new

    def change(self, id_: int, **values: Any) -> None:
        """Change what an open incident says: level, state, early, told, told_at, evidence."""
        if "evidence" in values:
            values["evidence"] = _json(values["evidence"])
        self.conn.execute(update(_incident).where(_incident.c.id == id_).values(**values))

    def end(self, id_: int, day: int, by: str) -> None:
        """End an incident, by: resolved, unconfirmed, no data, lost, changed, removed."""
        self.change(id_, ended_at=self.now, ended_day=day, ended_by=by, state="ended")

    def forget(self, rule: str, subjects: Sequence[str] | None = None) -> None:
        """Forget the states of a rule that is gone, or of some of its subjects."""
        table = schema.alert_state
        which = [table.c.rule == rule]
        if subjects is not None:
            which.append(table.c.subject.in_(bulk.among_texts(self.conn, subjects)))
        self.conn.execute(delete(table).where(*which))

    def note(self, name: str, data: Any) -> None:
        """Remember something until the next cycle."""
        row = (name, json.dumps(data, ensure_ascii=False, sort_keys=True))
        bulk.upsert(self.conn, schema.alert_note, ("name", "data"), [row])


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), ensure_ascii=False, allow_nan=False)


class AlertBook:
    """Alerts, changed by cycles and by hand; every method is one transaction.

    An id that nothing has is a UsageError, and of several nothing is changed then.

    Args:
        engine: from `labelpulse.warehouse.engine.connect`, already upgraded.
        clock: microseconds UTC.
    """

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_us) -> None:
        self.engine = engine
        self._clock = clock

    @contextmanager
    def cycle(self, seen: int) -> Iterator[Cycle]:
        """Give the transaction of a cycle.

        Args:
            seen: number of the last cycle as it was when this one began to look.

        Raises:
            CycleOvertaken: another cycle was kept meanwhile.
        """
        with self.engine.begin() as conn:
            if not _follows(conn, seen):
                raise CycleOvertaken("another process has just looked at the alerts")
            yield Cycle(conn, self._clock())

    # --- by hand ---

    def acknowledge(self, ids: Sequence[int], who: str, note: str = "") -> int:
        """Say that somebody looks after open incidents: they are not told again."""
        values = {"acked_by": _who(who), "ack_note": _text(note), "acked_at": self._clock()}
        return self._change(ids, _incident.c.ended_at.is_(None), **values)

    def close(self, ids: Sequence[int], who: str) -> int:
        """End open incidents by hand; the same fires again once it was within its line."""
        now = self._clock()
        values = {"ended_at": now, "ended_by": "closed", "state": "ended", "acked_by": _who(who)}
        return self._change(ids, _incident.c.ended_at.is_(None), **values)

    def judge(self, ids: Sequence[int], verdict: str | None, who: str) -> int:
        """Say whether alerts were true or false; None takes that back."""
        if verdict not in (*VERDICTS, None):
            raise UsageError(f"an alert is {' or '.join(VERDICTS)}, not {verdict!r}")
        values = {"verdict": verdict, "verdict_by": _who(who), "verdict_at": self._clock()}
        return self._change(ids, _incident.c.id > 0, **values)

    def _change(self, ids: Sequence[int], only: ColumnElement[bool], **values: Any) -> int:
        with self.engine.begin() as conn:
            chosen = _incident.c.id.in_(bulk.among(conn, ids))
            there = set(conn.scalars(select(_incident.c.id).where(chosen)))
            if unknown := [one for one in dict.fromkeys(ids) if one not in there]:
                raise no_alert(unknown)
            return conn.execute(update(_incident).where(chosen, only).values(**values)).rowcount

    def silence(self, one: Silence) -> int:
        """Tell nothing of what a silence covers, until it ends; return its id.

        Raises:
            UsageError: it has no reason, no author, or ends in the past.
        """
        if one.until_at <= self._clock():
            raise UsageError("a silence ends later than now: give it a time to come")
        if not one.reason.strip() or not one.author.strip():
            raise UsageError("a silence needs a reason and an author, for those who look later")
        values = {name: getattr(one, name) for name in one.__slots__}
        values |= {"reason": _text(one.reason), "author": _who(one.author)}
        with self.engine.begin() as conn:
            (new,) = bulk.new_ids(conn, _silence, 1)
            row = {"id": new, "created_at": self._clock(), **values}
            conn.execute(_silence.insert().values(row))
            return new

    def unsilence(self, id_: int) -> bool:
        """End a silence now; False when it had ended."""
        now, one = self._clock(), _silence.c.id == id_
        lasts = (one, _silence.c.ended_at.is_(None), _silence.c.until_at > now)
        with self.engine.begin() as conn:
            if conn.scalar(select(_silence.c.id).where(one)) is None:
                raise UsageError(f"there is no silence {id_}: `alerts silence` told its id")
            return bool(conn.execute(update(_silence).where(*lasts).values(ended_at=now)).rowcount)

    def put_rule(self, name: str, data: Mapping[str, Any], author: str) -> int:
        """Keep a rule that was made on a page, in place of one of the same name; return its id."""
        now = self._clock()
        with self.engine.begin() as conn:
            _remove(conn, name, now)
            (new,) = bulk.new_ids(conn, _rule, 1)
            row = {"id": new, "name": name, "data": _json(data), "author": _who(author)}
            conn.execute(_rule.insert().values(**row, created_at=now))
            return new

    def remove_rule(self, name: str) -> bool:
        """Take a rule that was made on a page out of force; False when there is none."""
        with self.engine.begin() as conn:
            return _remove(conn, name, self._clock())

    def put_channel(self, name: str, address: str, least: str, author: str) -> str:
        """Keep a webhook that was entered on a page; return the secret its messages are signed by.

        Raises:
            UsageError: the address is none of the public internet's by HTTPS; or the name is taken.
        """
        check_entered(address)
        secret = "whsec_" + base64.b64encode(os.urandom(24)).decode()
        with self.engine.begin() as conn:
            (new,) = bulk.new_ids(conn, _channel, 1)
            row = {"id": new, "name": _who(name), "address": address, "secret": secret}
            row |= {"least": least, "author": _who(author), "created_at": self._clock()}
            if not conn.execute(bulk.insert_or_ignore(conn, _channel, row)).rowcount:
                raise UsageError(f"there is a channel {name!r} already: give another name")
        return secret

    def remove_channel(self, name: str) -> bool:
        """Forget a webhook that was entered on a page; False when there is none."""
        there = (_channel.c.name == name, _channel.c.removed_at.is_(None))
        gone = {"removed_at": self._clock(), "address": "", "secret": ""}
        with self.engine.begin() as conn:
            return bool(conn.execute(update(_channel).where(*there).values(gone)).rowcount)


def check_entered(address: str) -> None:
    """Refuse an address that nobody may enter on a page; the sentence does not repeat it.

    Names are resolved and checked again with every message.

    Raises:
        UsageError: it is refused.
    """
    parts = urlsplit(address) if is_plain(address) else None
    try:
        refused = parts is None or refusal_reason(parts.scheme, parts.hostname or "", parts.port)
        named = parts is not None and parts.username is not None
    except ValueError:
        refused, named = True, False
    if refused or named:
        why = refused if isinstance(refused, str) else "it is not plain or names a user"
        raise UsageError(
            f"this address cannot be entered here ({why}): it must be https://… on the public "
            "internet; others belong in labelpulse.toml"
        )


def _remove(conn: Connection, name: str, now: int) -> bool:
    there = (_rule.c.name == name, _rule.c.removed_at.is_(None))
    return bool(conn.execute(update(_rule).where(*there).values(removed_at=now)).rowcount)


def _follows(conn: Connection, seen: int) -> bool:
    """Count the cycle if it follows the one that was seen; of two at once only one does."""
    note = schema.alert_note
    if seen == 0:
        first = {"name": CYCLE, "data": "1"}
        return bool(conn.execute(bulk.insert_or_ignore(conn, note, first)).rowcount)
    same = (note.c.name == CYCLE, note.c.data == str(seen))
    return bool(conn.execute(update(note).where(*same).values(data=str(seen + 1))).rowcount)


def cycles(conn: Connection) -> int:
    """Return how many cycles were kept so far."""
    note = schema.alert_note
    found = conn.scalar(select(note.c.data).where(note.c.name == CYCLE))
    return int(found or 0)


def _who(text: str) -> str:
    return _short(text, MAX_WHO, "name of who says so")


def _text(text: str) -> str:
    return _short(text, MAX_TEXT, "text")


def _short(text: str, most: int, what: str) -> str:
    kept = text.strip()
    if len(kept) > most:
        raise UsageError(f"the {what} is longer than {most} characters: say it shorter")
    return kept
