"""Messages of the outbox as pages and commands show them: how far each got, what waits."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine, func, select

from labelpulse import schema
from labelpulse.warehouse.engine import reading

_message = schema.alert_message


class State(StrEnum):
    """How far a message got."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Stored:
    """A message as pages and commands show it; times are microseconds UTC."""

    id: int
    key: str
    channel: str
    kind: str
    state: str
    created_at: int
    attempts: int
    next_try_at: int
    sent_at: int | None
    failure: str
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages that are not sent. oldest_at: when the oldest that waits was made."""

    waiting: int
    dead: int
    oldest_at: int | None


def messages(engine: Engine, limit: int = 100, state: str | None = None) -> list[Stored]:
    """Return messages, the newest first.

    Args:
        state: one of `State`; None = all.
    """
    found = select(_message).order_by(_message.c.id.desc()).limit(limit)
    if state is not None:
        found = found.where(_message.c.state == state)
    names = [one for one in Stored.__slots__ if one != "body"]
    with reading(engine).connect() as conn:
        return [
            Stored(**{name: getattr(row, name) for name in names}, body=json.loads(row.body))
            for row in conn.execute(found)
        ]


def backlog(engine: Engine) -> Backlog:
    """Return how many messages wait and are dead, and since when the oldest waits."""
    counted = (
        select(_message.c.state, func.count(), func.min(_message.c.created_at))
        .where(_message.c.state != State.SENT)
        .group_by(_message.c.state)
    )
    with reading(engine).connect() as conn:
        found = {state: (n, oldest) for state, n, oldest in conn.execute(counted)}
    waiting, oldest = found.get(State.WAITING, (0, None))
    return Backlog(waiting, found.get(State.DEAD, (0, None))[0], oldest)
