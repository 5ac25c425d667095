"""What the page of items asks and does: suggestions, entries, and the hands that move them.

Only here the pages write; and only where the server is reached from this machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st

from dashboard import context
from dashboard.lately import Lately, lately
from labelpulse.alerts.queue import send, webhook_of
from labelpulse.core import formats
from labelpulse.core.queue import Reason
from labelpulse.reader import MetricQuery
from labelpulse.reader.behind import as_entry, items_behind
from labelpulse.reader.query import Condition
from labelpulse.reader.queue import Entry, Keep, entries, suggestions, wanted
from labelpulse.reader.stuck import Stuck, stuck
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.queue import Queue

MOST = 200
"""Rows of a table of items."""

MOST_STANDING = 1_000
"""Items of a stage that are listed, and saved as files."""

_KEPT = 60
"""Seconds for which answers on the data of one version are kept."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which items a page shows.

    Attributes:
        labels: only those to which two people gave these two; person: where this pseudonym
            answered against the gold or most others.
        since: suggestions answered, entries opened, items of a stage come there on or after
            this day.
    """

    project: str
    control: str | None
    batch: str | None = None
    reason: Reason | None = None
    labels: tuple[str, str] | None = None
    person: str | None = None
    since: date | None = None

    @property
    def query(self) -> MetricQuery:
        """The query that chooses them."""
        only = (Condition("batch", self.batch),) if self.batch else ()
        return MetricQuery("", project=self.project, control=self.control, where=only)


def _find(_at: context.Moment, asked: Asked) -> list[Entry]:
    engine, who = context.engine(), context.scope()
    if asked.labels is None and asked.person is None:
        reasons = None if asked.reason is None else (asked.reason,)
        return suggestions(engine, asked.query, who, reasons=reasons, since=asked.since)
    found = items_behind(
        *(engine, asked.query, who),
        labels=asked.labels,
        annotator=asked.person,
        since=asked.since,
        limit=MOST,
    )
    return [as_entry(one, asked.labels) for one in found]


_suggested = Lately(_find, _KEPT, context.KEPT_WAREHOUSES * 16)
_suggested_seldom = Lately(_find, 60 * context.SLOW_MINUTES, context.KEPT_WAREHOUSES * 16)


def suggested(asked: Asked, version: int) -> list[Entry]:
    """Return the items to look at next, on the data of one version.

    Of many answers they are found anew every ten minutes, and after an entry was put or moved.
    """
    if context.large(asked.project):
        return _suggested_seldom(context.Moment(context.address(), context.SLOW), asked)
    return _suggested(context.Moment(context.address(), version), asked)


@lately(context.POLL_S, context.KEPT_WAREHOUSES * 16)
def _queued(url: str, asked: Asked) -> list[Entry]:  # noqa: ARG001 - of which warehouse
    reasons = None if asked.reason is None else (asked.reason,)
    keep = Keep(reasons=reasons, since=asked.since)
    return entries(context.engine(), asked.query, context.scope(), keep)


def queued(asked: Asked) -> list[Entry]:
    """Return all entries as they stand now, those that wait first."""
    return _queued(context.address(), asked)


@lately(_KEPT, context.KEPT_WAREHOUSES * 16)
def _standing(_at: context.Moment, asked: Asked, stage: str) -> Stuck:
    return stuck(
        *(context.engine(), asked.query, stage, context.scope()),
        since=asked.since,
        limit=MOST_STANDING,
    )


def standing(asked: Asked, stage: str, version: int) -> Stuck:
    """Return the items of a stage, the oldest first, on the data of one version."""
    return _standing(context.Moment(context.address(), version), asked, stage)


def may_write() -> bool:
    """True when this page may change the queue: the server is reached from this machine only."""
    return context.may_name()


def channels() -> list[str]:
    """Return the names of the channels that entries can be sent to."""
    return list(context.settings().channels)


def links() -> dict[str, str]:
    """Return the templates of items' addresses in their tools, by source."""
    return context.settings().links


@st.cache_resource(max_entries=context.KEPT_WAREHOUSES, show_spinner=False)
def _queue(url: str) -> Queue:
    return Queue(connect(url))


def _own() -> Queue:
    """Return the queue for writing; what was read of it before is asked anew."""
    if not may_write():
        raise PermissionError("the queue is changed from this machine only")
    for kept in (_suggested, _suggested_seldom, _queued):
        kept.clear()
    return _queue(context.address())


def put(chosen: Sequence[Entry], owner: str) -> str:
    """Put suggestions in the queue; return what happened, in words."""
    done = _own().add(wanted(one, owner) for one in chosen)
    new, there = formats.count(done.new), len(done.ids) - done.new
    if there:
        waited = formats.count(there)
        return f"{new} put in the queue, {waited} waited already"
    return f"{new} put in the queue"


def assign(chosen: Sequence[Entry], owner: str) -> str:
    """Give entries an owner."""
    n = formats.count(_own().assign(_ids(chosen), owner))
    return f"{n} assigned"


def mark_sent(chosen: Sequence[Entry]) -> str:
    """Note that entries were handed over by other means."""
    n = formats.count(_own().sent(_ids(chosen)))
    return f"{n} marked as sent"


def decide(chosen: Sequence[Entry], outcome: str) -> str:
    """Close entries with what was decided."""
    n = formats.count(_own().decide(_ids(chosen), outcome))
    return f"{n} decided"


def reopen(chosen: Sequence[Entry]) -> str:
    """Open decided entries again."""
    n = formats.count(_own().reopen(_ids(chosen)))
    return f"{n} opened again"


def post(chosen: Sequence[Entry], channel: str) -> str:
    """Send entries to a channel; DeliveryFailed when it does not take them."""
    queue = _own()
    done = send(chosen, webhook_of(context.settings(), channel), queue, links())
    return f"{formats.count(done)} sent to {channel}"


def _ids(chosen: Sequence[Entry]) -> list[int]:
    return [one.id for one in chosen if one.id is not None]
