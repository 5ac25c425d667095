"""The outbox: what is to be told, and how far each message got.

An intent is put here in the transaction that changes what it tells of. Intents become messages,
and whoever delivers claims one at a time: a claim is a time in its row, so that a process that
died with it holds nobody up for longer.
"""

import json
import random
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, delete, exists, func, select, update

from labelpulse import schema
from labelpulse.core.days import SECOND, now_us
from labelpulse.core.errors import UsageError
from labelpulse.warehouse import bulk
from labelpulse.warehouse.engine import reading
from labelpulse.warehouse.forming import critical, fitting, grouped, is_due, made, text_of
from labelpulse.warehouse.posted import State, backlog

CLAIM_US = 180 * SECOND
"""Longer than any try takes; a message whose deliverer died is tried again after this."""

DAY_US = 24 * 3600 * SECOND
DEAD_US = DAY_US
LEAST_TRIES = 5
"""So often a message is tried before it is dead, however old: we may have been off all day."""

LONGEST_S = 3600.0
"""Between two tries, also where receivers want to be left alone for longer."""

LONGEST_US = round(LONGEST_S * SECOND)
SKEW_US = CLAIM_US
"""By so much the clocks of processes that deliver may differ, and a claim is still a claim."""

KEPT_US = 90 * DAY_US
"""For so long messages are kept that were sent; incidents stay."""

_QUICK_S = (5.0, 300.0)
_SLOW_S = (60.0, LONGEST_S)
"""The first wait and the longest, where trying again may help, and where somebody must act."""

_intent, _message = schema.alert_intent, schema.alert_message


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing to tell on one channel.

    Attributes:
        incident_id: 0 = of none. kind, sequence: what makes it one of its incident there.
        grouped_by: what is told together. notice: as plain JSON, with `kind` and `level`.
    """

    incident_id: int
    channel: str
    kind: str
    sequence: int
    grouped_by: str
    notice: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that is ours to deliver until `until`, microseconds UTC.

    Attributes:
        key: what receivers know it by. body: ``{"kind": …, "notices": […]}``.
    """

    id: int
    key: str
    channel: str
    kind: str
    body: Mapping[str, Any] = field(repr=False)
    created_at: int
    attempts: int
    until: int


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message was not taken.

    Attributes:
        why: a class or a status: neither an address nor an answer. after_s: for how long the
            receiver wants to be left alone; None = it does not say. lasting: until somebody acts.
    """

    why: str
    after_s: float | None = None
    lasting: bool = False


class Outbox:
    """What waits, and how far it got; every method is one transaction.

    Args:
        engine: from `labelpulse.warehouse.engine.connect`, already upgraded.
        clock: microseconds UTC.
        jitter: 0 to 1, so that receivers are not asked by all at the same moment.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], int] = now_us,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.engine = engine
        self.clock = clock
        self._jitter = jitter

    @staticmethod
    def put(conn: Connection, intents: Iterable[Intent], now: int) -> int:
        """Put intents in the outbox, in the caller's transaction; return how many are new.

        One of the same incident, channel, kind and sequence is there once, whatever it says.
        """
        wanted = list(intents)
        if not wanted:
            return 0
        ids = bulk.new_ids(conn, _intent, len(wanted))
        rows = [_row(id_, one, now) for id_, one in zip(ids, wanted, strict=True)]
        names: dict[str, Any] = {name: bindparam(name) for name in rows[0]}
        conn.execute(bulk.insert_or_ignore(conn, _intent, names), rows)
        new = select(func.count()).where(_intent.c.id.in_(bulk.among(conn, ids)))
        return int(conn.execute(new).scalar_one())

    def form(self, wait_us: int, interval_us: int, quiet: Collection[str] = ()) -> int:
        """Make messages of waiting intents, one for each group; return how many.

        Args:
            wait_us: for so long the first of a group waits for others. interval_us: at least so
                long after the last message of the group, unless something critical waits. quiet:
            channels that are told only what is critical now.
        """
        now = self.clock()
        with reading(self.engine).connect() as conn:
            if not conn.scalar(select(exists().where(_intent.c.message_id.is_(None)))):
                return 0
        with self.engine.begin() as conn:
            # Another process that forms messages waits here, and then sees what is left.
            found = select(_intent).where(_intent.c.message_id.is_(None)).with_for_update()
            groups = grouped(conn.execute(found.order_by(_intent.c.id)))
            awake = [one for one in groups if one[0].channel not in quiet or critical(one)]
            due = [one for one in awake if is_due(conn, one, now, wait_us, interval_us)]
            return sum(made(conn, one, now) for one in due)

    def due(self) -> list[str]:
        """Return the channels whose first waiting message may be tried, the longest due first."""
        with reading(self.engine).connect() as conn:
            heads = select(func.min(_message.c.id)).where(_message.c.state == State.WAITING)
            found = (
                select(_message.c.channel)
                .where(_message.c.id.in_(heads.group_by(_message.c.channel)), *_open(self.clock()))
                .order_by(_message.c.next_try_at, _message.c.id)
            )
            return list(conn.scalars(found))

    def claim(self, channel: str) -> Claim | None:
        """Take the first waiting message of a channel, and no later one; None = not now."""
        now = self.clock()
        waiting = (_message.c.channel == channel, _message.c.state == State.WAITING)
        with self.engine.begin() as conn:
            first = select(_message).where(*waiting).order_by(_message.c.id).limit(1)
            head = conn.execute(first).first()
            if head is None:
                return None
            until = now + CLAIM_US
            ours = update(_message).where(_message.c.id == head.id, waiting[1], *_open(now))
            if not conn.execute(ours.values(claimed_until=until)).rowcount:
                return None  # it is to wait, or another was first
            return _claim(head, until)

    def sent(self, claim: Claim) -> None:
        """Note that a message was taken, also when the claim has run out meanwhile."""
        here = (_message.c.id == claim.id, _message.c.state == State.WAITING)
        done = {
            "state": State.SENT,
            "sent_at": self.clock(),
            "attempts": claim.attempts + 1,
            "claimed_until": None,
            "failure": "",
        }
        with self.engine.begin() as conn:
            conn.execute(update(_message).where(*here).values(**done))

    def failed(self, claim: Claim, failure: Failure) -> bool:
        """Note that a message was not taken, and when to try again; return whether it is dead."""
        now, tries = self.clock(), claim.attempts + 1
        dead = now - claim.created_at >= DEAD_US and tries >= LEAST_TRIES
        here = (_message.c.id == claim.id, _message.c.state == State.WAITING)
        values = {
            "state": State.DEAD if dead else State.WAITING,
            "attempts": tries,
            "next_try_at": now + round(self._wait_s(failure, claim.attempts) * SECOND),
            "claimed_until": None,
            "failure": failure.why[:200],
        }
        with self.engine.begin() as conn:
            still = _message.c.claimed_until == claim.until
            noted = conn.execute(update(_message).where(*here, still).values(**values)).rowcount
        return dead and bool(noted)

    def revive(self, id_: int) -> bool:
        """Let a dead message be tried again, as often as a new one; return whether it was dead.

        Raises:
            UsageError: there is no such message.
        """
        here = (_message.c.id == id_, _message.c.state == State.DEAD)
        again = {
            "state": State.WAITING,
            "attempts": 0,
            "next_try_at": self.clock(),
            "claimed_until": None,
        }
        with self.engine.begin() as conn:
            if conn.scalar(select(_message.c.id).where(_message.c.id == id_)) is None:
                raise UsageError(
                    f"there is no message {id_}: `labelpulse alerts messages` tells their ids"
                )
            return bool(conn.execute(update(_message).where(*here).values(**again)).rowcount)

    def forget(self) -> int:
        """Delete what was sent long ago, messages and intents; return how many messages.

        Once a day at most, however often it is called: for a day more than `KEPT_US` all is kept.
        """
        now = self.clock()
        with reading(self.engine).connect() as conn:
            if not conn.scalar(select(exists().where(*_sent_before(now - KEPT_US - DAY_US)))):
                return 0
        with self.engine.begin() as conn:
            found = select(_message.c.id).where(*_sent_before(now - KEPT_US))
            old = conn.scalars(found.order_by(_message.c.id).with_for_update()).all()
            for table, column in ((_intent, _intent.c.message_id), (_message, _message.c.id)):
                conn.execute(delete(table).where(column.in_(bulk.among(conn, old))))
            return len(old)

    def oldest_us(self) -> int | None:
        """Return for how long the oldest waiting message has been there; None = none waits."""
        oldest = backlog(self.engine).oldest_at
        return None if oldest is None else max(self.clock() - oldest, 0)

    def _wait_s(self, failure: Failure, attempts: int) -> float:
        """Return exponential backoff with full jitter; what the receiver asks for is kept to."""
        first, longest = _SLOW_S if failure.lasting else _QUICK_S
        wait = self._jitter() * min(longest, first * 2.0 ** min(attempts, 30))
        return max(wait, min(failure.after_s or 0.0, LONGEST_S))


def _sent_before(at: int) -> tuple[Any, ...]:
    sent = (_message.c.state == State.SENT, _message.c.sent_at < at)
    return _message.c.created_at < at, *sent  # the first has an index


def _open(now: int) -> tuple[Any, Any]:
    """Whether a message may be tried; a time too far ahead is of a clock that was wrong."""
    claimed = _message.c.claimed_until
    return (
        _past(_message.c.next_try_at, now, LONGEST_US),
        claimed.is_(None) | _past(claimed, now, CLAIM_US),
    )


def _past(at: Any, now: int, most: int) -> Any:
    return (at <= now) | (at > now + most + SKEW_US)


def _claim(row: Row[Any], until: int) -> Claim:
    names = ("id", "key", "channel", "kind", "created_at", "attempts")
    kept = {name: getattr(row, name) for name in names}
    return Claim(**kept, body=json.loads(row.body), until=until)


def _row(id_: int, one: Intent, now: int) -> dict[str, Any]:
    row = {
        "id": id_,
        "incident_id": one.incident_id,
        "channel": one.channel,
        "kind": one.kind,
        "sequence": one.sequence,
        "grouped_by": one.grouped_by,
        "body": text_of(one.notice),
        "created_at": now,
    }
    return fitting(_intent, row)
