"""The queue of items to look at, as people keep it; what the source decides is in `decided`."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, exists, select, update

from labelpulse import schema
from labelpulse.core.days import now_us
from labelpulse.core.errors import UsageError
from labelpulse.core.queue import Reason, State
from labelpulse.warehouse import bulk

MAX_TEXT = 200
"""Characters of an owner, an author or an outcome."""

_entry = schema.queue_entry


@dataclass(frozen=True, slots=True)
class Wanted:
    """An item that somebody shall look at.

    Attributes:
        control: the question's id; 0 = the item as a whole.
        evidence: what put it there: value, metric, version; plain JSON, no names.
    """

    project: int
    item: int
    control: int
    reason: str
    owner: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Added:
    """What adding did: ids of the entries that wait now, in order, and how many are new."""

    ids: tuple[int, ...]
    new: int


class Queue:
    """Entries, changed by hand; every method is one transaction.

    Args:
        engine: from `labelpulse.warehouse.engine.connect`, already upgraded.
        clock: microseconds UTC.
    """

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_us) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, wanted: Iterable[Wanted]) -> Added:
        """Put items in the queue; what waits there for the same reason stays as it is.

        Raises:
            UsageError: a reason is unknown, or an owner too long.
        """
        asked = [_checked(one) for one in wanted]
        now = self._clock()
        with self._engine.begin() as conn:
            found = [_put(conn, one, now) for one in asked]
        return Added(tuple(id_ for id_, _ in found), sum(new for _, new in found))

    def assign(self, ids: Sequence[int], owner: str) -> int:
        """Say who shall decide; return how many waiting entries that changed."""
        return self._change(ids, _waits(), owner=_short(owner, "owner"))

    def sent(self, ids: Sequence[int]) -> int:
        """Note that open entries were handed over; return how many were."""
        return self._change(
            ids, _entry.c.state == State.OPEN, state=State.SENT, sent_at=self._clock()
        )

    def decide(self, ids: Sequence[int], outcome: str, author: str = "") -> int:
        """Close waiting entries by hand; return how many were.

        Args:
            outcome: what was decided, in words. author: who says so.
        """
        if not outcome.strip():
            raise UsageError("a decision needs words: say what was decided")
        return self._change(
            ids,
            _waits(),
            state=State.DECIDED,
            decided_at=self._clock(),
            outcome=_short(outcome, "outcome"),
            author=_short(author, "author"),
        )

    def reopen(self, ids: Sequence[int]) -> int:
        """Open decided entries again, but for those of which an equal one waits already."""
        other = _entry.alias()
        same = ("project_id", "item_id", "control_id", "reason")
        waits = exists().where(
            other.c.decided_at.is_(None), *(other.c[name] == _entry.c[name] for name in same)
        )
        nothing = dict.fromkeys(("sent_at", "decided_at", "outcome", "author"))
        return sum(  # one by one: two equal ones among them do not both open
            self._change(
                [one], _entry.c.decided_at.is_not(None) & ~waits, state=State.OPEN, **nothing
            )
            for one in dict.fromkeys(ids)
        )

    def _change(self, ids: Sequence[int], only: ColumnElement[bool], **values: Any) -> int:
        with self._engine.begin() as conn:
            chosen = _entry.c.id.in_(bulk.among(conn, ids))
            return conn.execute(update(_entry).where(chosen, only).values(**values)).rowcount


def _waits() -> ColumnElement[bool]:
    return _entry.c.decided_at.is_(None)


def _put(conn: Connection, one: Wanted, now: int) -> tuple[int, bool]:
    """Return the waiting entry's id, and whether it is new."""
    keys = {
        "project_id": one.project,
        "item_id": one.item,
        "control_id": one.control,
        "reason": one.reason,
    }
    same = select(_entry.c.id).where(*(_entry.c[name] == value for name, value in keys.items()))
    waiting = same.where(_waits())
    there = conn.scalar(waiting)
    if there is not None:
        return int(there), False
    (new,) = bulk.new_ids(conn, _entry, 1)
    evidence = json.dumps(dict(one.evidence), ensure_ascii=False, allow_nan=False)
    values = {"owner": one.owner, "state": State.OPEN, "opened_at": now, "evidence": evidence}
    done = conn.execute(bulk.insert_or_ignore(conn, _entry, {"id": new, **keys, **values}))
    if done.rowcount:
        return new, True
    return int(conn.execute(waiting).scalar_one()), False  # another writer was first


def _checked(one: Wanted) -> Wanted:
    if one.reason not in set(Reason):
        raise UsageError(f"unknown reason {one.reason!r}: it is one of {', '.join(Reason)}")
    owner = _short(one.owner, "owner")
    return Wanted(one.project, one.item, one.control, one.reason, owner, one.evidence)


def _short(text: str, what: str) -> str:
    kept = text.strip()
    if len(kept) > MAX_TEXT:
        raise UsageError(f"the {what} is longer than {MAX_TEXT} characters: say it shorter")
    return kept
