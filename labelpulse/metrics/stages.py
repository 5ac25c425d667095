"""Which stages an item went through and when, told by its facts alone.

What happened to an item is replayed in the order of its instants; what happened at the same instant
counts as one. The stage that it stands in now is the last one of its history.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from labelpulse.core.events import Verdict
from labelpulse.core.items import DRAFT, PERSON, SUBMITTED, AnnotationState, ItemView

STAGES = ("waiting", "started", "waiting_for_labels", "review", "done", "blocked")
WAITING, STARTED, WAITING_FOR_LABELS, REVIEW, DONE, BLOCKED = range(len(STAGES))
OPEN_STAGES = (WAITING, STARTED, WAITING_FOR_LABELS, REVIEW)
"""Stages from which an item goes on; what is done or blocked rests."""

Entry = tuple[int, int | None]
"""(stage, instant of entry), None = unknown."""


class Coverage(NamedTuple):
    """How many different people answered an item, against how many it needs.

    Attributes:
        times: each person's first submission, earliest first, unknown last.
    """

    required: int
    times: list[int | None]

    @property
    def done(self) -> int:
        """Labels that count towards the need."""
        return min(len(self.times), self.required)

    @property
    def complete(self) -> bool:
        """True when nothing more is needed."""
        return len(self.times) >= self.required

    @property
    def completed_at(self) -> int | None:
        """The instant of the last label needed, of a complete item; None = unknown."""
        return self.times[self.required - 1]


def needed(view: ItemView) -> int | None:
    """Return how many labels an item needs: its own number, else its project's; None = unknown."""
    return view.rules.required if view.item.required is None else view.item.required


def coverage(view: ItemView) -> Coverage:
    """Return the coverage of an item, worked out once; an unknown need counts as one label."""
    found: Coverage | None = view.memo.get("coverage")
    if found is None:
        found = view.memo["coverage"] = _cover(view)
    return found


def _cover(view: ItemView) -> Coverage:
    first: dict[int, int | None] = {}
    for one in view.submitted:
        known = first.get(one.annotator)
        at = one.submitted_at
        if one.annotator not in first or (at is not None and (known is None or at < known)):
            first[one.annotator] = at
    timed = sorted([at for at in first.values() if at is not None])
    times = [*timed, *[None] * (len(first) - len(timed))]
    required = needed(view)
    return Coverage(1 if required is None else max(required, 1), times)


def opened_at(one: AnnotationState) -> int | None:
    """Return when a person began an annotation, where that was told and lies before its end."""
    at = one.submitted_at
    if one.status == DRAFT:
        return one.touched_at
    told = one.touched_at is not None and at is not None and one.touched_at < at
    return one.touched_at if told else None


def stage(view: ItemView) -> Entry:
    """Return the stage that an item stands in, and since when."""
    return history(view)[-1]


def history(view: ItemView) -> list[Entry]:
    """Return the stages that an item was in, in order, each with its entry; worked out once.

    It waits from its creation on, or from the first thing that happened where that was earlier.
    """
    found: list[Entry] | None = view.memo.get("history")
    if found is None:
        found = view.memo["history"] = _replay(view)
    return found


OPENED, CLOSED, SKIPPED, ANSWERED, REVIEWED = range(5)
"""What happens to an item; of what happens at one instant, answers come before their reviews."""


class Event(NamedTuple):
    """Something that happened to an item.

    Attributes:
        verdict: of a review, else 0.
    """

    at: int | None
    what: int
    annotation: AnnotationState
    verdict: int = 0


def _events(view: ItemView) -> Iterator[Event]:
    for one in view.item.annotations:
        if one.deleted or one.origin != PERSON:
            continue
        opened, at = opened_at(one), one.submitted_at
        if one.status == DRAFT:
            yield Event(opened, OPENED, one)
            continue
        if opened is not None:
            yield Event(opened, OPENED, one)
            yield Event(at, CLOSED, one)
        yield Event(at, ANSWERED if one.status == SUBMITTED else SKIPPED, one)
        if one.reviews and view.rules.reviewed:
            yield from _reviews(one)


def _reviews(one: AnnotationState) -> Iterator[Event]:
    """Yield an annotation's reviews, none of them before it was submitted."""
    for review in one.reviews:
        unknown = review.at is None or one.submitted_at is None
        at = None if unknown else max(review.at or 0, one.submitted_at or 0)
        yield Event(at, REVIEWED, one, review.verdict)


@dataclass(slots=True)
class _Standing:
    """How an item stands at one moment.

    Attributes:
        open: how many have begun and neither submitted nor skipped.
        newest: person -> id of their newest submission. pending: people whose newest submission
            nobody has accepted.
    """

    required: int
    reviewed: bool
    open: int = 0
    skipped: bool = False
    newest: dict[int, int] = field(default_factory=dict)
    pending: set[int] = field(default_factory=set)

    def take(self, event: Event) -> None:
        """Let something happen."""
        what, one = event.what, event.annotation
        if what == OPENED:
            self.open += 1
        elif what == CLOSED:
            self.open -= 1
        elif what == SKIPPED:
            self.skipped = True
        elif what == ANSWERED:
            self.newest[one.annotator] = one.id
            self.pending.add(one.annotator)
        elif self.newest.get(one.annotator) == one.id:
            back = event.verdict == Verdict.REJECTED
            (self.pending.add if back else self.pending.discard)(one.annotator)

    @property
    def stage(self) -> int:
        """The stage at this moment."""
        if len(self.newest) >= self.required:
            return REVIEW if self.reviewed and self.pending else DONE
        if self.newest:
            return WAITING_FOR_LABELS
        if self.open:
            return STARTED
        return BLOCKED if self.skipped else WAITING


def _in_order(event: Event) -> tuple[bool, int, int, int]:
    return event.at is None, event.at or 0, event.what, event.annotation.id


def _replay(view: ItemView) -> list[Entry]:
    created = view.item.created_at
    if not view.item.annotations:
        return [(WAITING, created)]
    events = sorted(_events(view), key=_in_order)
    first = events[0].at if events else None
    before = created is None or first is None or created < first
    entries: list[Entry] = [(WAITING, created)] if before else []
    now = _Standing(coverage(view).required, view.rules.reviewed)
    for at, together in groupby(events, key=attrgetter("at")):
        for event in together:
            now.take(event)
        if not entries or entries[-1][0] != now.stage:
            entries.append((now.stage, at))
    return entries
