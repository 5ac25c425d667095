"""The answers to one question, and reviews, as numpy arrays, for what no sum over items can say."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from labelpulse.metrics.times import IDLE_CUT_MS
from labelpulse.stats.stamps import review_gaps

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
T = TypeVar("T")

NONE = -1
"""In place of an index: no label, no known answer."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Every countable answer to a question, one a row, ordered by item and annotator.

    Attributes:
        items, annotators, labels: ids, by index.
        item, annotator: indexes by row. label, first: of the present and of the first answer.
        known: the annotator is somebody, be it a visitor; named: and no anonymous one.
        assisted, first_assisted: a prediction was shown for the present and for the first answer.
        since: microseconds UTC of the first submission, 0 = unknown; day: local, 0 = unknown.
        batch: id, 0 = none. time_ms: reported, 0 = none.
        verdict, stands: first and last `Verdict` of a reviewer, 0 = not reviewed.
        gold: index of the known label, by item. content: digest of what it shows, by item; equal
            for identical items, 0 = unknown.
        memo: what was worked out from these answers, by name; it lives as long as they do.
    """

    items: Ints
    annotators: Ints
    labels: Ints
    item: Ints
    annotator: Ints
    label: Ints
    first: Ints
    known: Flags
    named: Flags
    assisted: Flags
    first_assisted: Flags
    since: Ints
    day: Ints
    batch: Ints
    time_ms: Ints
    verdict: Ints
    stands: Ints
    gold: Ints
    content: Ints
    memo: dict[str, Any] = field(default_factory=dict)

    def fit(self, name: str, work_out: Callable[["Answers"], T]) -> T:
        """Return what a function makes of these answers, worked out once under a name."""
        if name not in self.memo:
            self.memo[name] = work_out(self)
        found: T = self.memo[name]
        return found


@dataclass(frozen=True, slots=True)
class Matrix:
    """Answers, and which of them a query chooses.

    Attributes:
        chosen: by row: it passes the conditions on people, teams, batches and days (of its
            submission). people: the same, whatever the day. everybody: the same, whatever day and
            person. pool: the same as chosen, whatever the person: whom people are compared with.
    """

    answers: Answers
    chosen: Flags
    people: Flags
    everybody: Flags
    pool: Flags


def people_chosen(matrix: Matrix) -> frozenset[int]:
    """Return the ids of the people with an answer that a query chooses."""
    found = matrix.answers
    return frozenset(found.annotators[np.unique(found.annotator[matrix.chosen])].tolist())


def answers_of(
    rows: Ints, day: Ints, unknown: frozenset[int], anonymous: frozenset[int] = frozenset()
) -> Answers:
    """Return the answers that rows of the rollup hold.

    Args:
        rows: columns item, annotator, label, first label, since, batch, assisted, time in ms,
            first and last verdict, content of the item; annotator 0 is the known answer.
        day: local day of `since` by row.
        unknown: ids of annotators that nobody knows; anonymous: of visitors.
    """
    order = np.lexsort((rows[:, 1], rows[:, 0]))
    rows, day = rows[order], day[order]
    truth = rows[:, 1] == 0
    labels = np.unique(rows[:, 2:4])
    labels = labels[labels > 0]
    items, start, item = np.unique(rows[:, 0], return_index=True, return_inverse=True)
    gold = np.full(len(items), NONE, dtype=np.int64)
    gold[item[truth]] = index_of(labels, rows[truth, 2])
    own, item, day = rows[~truth], item[~truth], day[~truth]
    annotators, annotator = np.unique(own[:, 1], return_inverse=True)
    return Answers(
        items=items,
        annotators=annotators,
        labels=labels,
        item=item,
        annotator=annotator,
        label=index_of(labels, own[:, 2]),
        first=index_of(labels, own[:, 3]),
        known=~np.isin(own[:, 1], list(unknown)),
        named=~np.isin(own[:, 1], list(unknown | anonymous)),
        assisted=own[:, 6] & 1 > 0,
        first_assisted=own[:, 6] & 2 > 0,
        since=own[:, 4],
        day=day,
        batch=own[:, 5],
        time_ms=own[:, 7],
        verdict=own[:, 8],
        stands=own[:, 9],
        gold=gold,
        content=rows[start, 10],
    )


@dataclass(frozen=True, slots=True)
class Reviews:
    """Every review of people's submissions in a project, one a row.

    Rows are in the order of their times, those of unknown time last.

    Attributes:
        reviewer, annotator: ids, 0 = not told. known: the reviewer is a known person.
        verdict: a `Verdict`. at: microseconds UTC, 0 = unknown.
        item, batch: ids, 0 = no batch. day: local, of the submission that was reviewed,
            0 = unknown.
        gap: seconds since the reviewer's previous review, NaN where that tells nothing.
    """

    reviewer: Ints
    known: Flags
    annotator: Ints
    verdict: Ints
    at: Ints
    item: Ints
    batch: Ints
    day: Ints
    gap: Floats


@dataclass(frozen=True, slots=True)
class ChosenReviews:
    """Reviews, and which of them a query chooses."""

    reviews: Reviews
    chosen: Flags


def reviews_of(rows: Ints, day: Ints, unknown: frozenset[int]) -> Reviews:
    """Return reviews with their gaps.

    Args:
        rows: columns reviewer, annotator, verdict, time, item, batch; in order.
        day: of the submission, by row.
        unknown: ids of annotators that nobody knows.
    """
    reviewer, annotator, verdict, at, item, batch = rows[:, :6].T
    known = (reviewer > 0) & ~np.isin(reviewer, list(unknown))
    gap = review_gaps(np.where(known, reviewer, 0), item, at, IDLE_CUT_MS / 1000)
    return Reviews(reviewer, known, annotator, verdict, at, item, batch, day, gap)


class Days(Protocol):
    """A range of day ordinals, both inclusive; None = open."""

    @property
    def since(self) -> int | None:
        """The first."""

    @property
    def until(self) -> int | None:
        """The last."""


def within(days: Days, day: Ints) -> Flags:
    """Return which days lie in a range; the unknown day lies in none but the open one."""
    if days.since is None and days.until is None:
        return np.ones(len(day), dtype=bool)
    last = np.iinfo(np.int64).max if days.until is None else days.until
    return np.asarray((day >= max(days.since or 1, 1)) & (day <= last))


def index_of(labels: Ints, ids: Ints) -> Ints:
    """Return the index of each id in a sorted array; NONE for 0."""
    found = np.searchsorted(labels, ids)
    return np.where(ids > 0, found, NONE)
