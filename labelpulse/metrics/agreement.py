"""Agreement: how alike different people's answers to one item are, as sums of integers.

An item's whole contribution to a control sits in one day: that of the second earliest first
submission over different people (of the only one, where there is one).
"""

from collections.abc import Iterator, Mapping
from itertools import combinations
from math import log
from typing import NamedTuple

from labelpulse import schema
from labelpulse.core.days import local_day_hour
from labelpulse.core.items import Countable, ItemView
from labelpulse.metrics.base import Partial
from labelpulse.metrics.rollups import (
    Contribution,
    Rollup,
    by_month,
    by_month_if_wide,
    by_week,
)

BILLION = 1_000_000_000
COMPOSITIONS = "item_labels"
MAX_ANSWERS = 50
"""Pairs of people are kept for items with up to this many answers."""


class Compared(NamedTuple):
    """One control of an item: the answers of known people, and their labels where they have any.

    Attributes:
        day: the agreement day.
        labels: label -> how many answers; empty where an answer is no label.
    """

    control: int
    day: int
    rows: list[Countable]
    labels: dict[int, int]


def compared(view: ItemView) -> list[Compared]:
    """Return what can be compared on an item, worked out once for all rollups."""
    found: list[Compared] | None = view.memo.get("compared")
    if found is None:
        found = view.memo["compared"] = []
        for control, rows in view.countable.items():
            if known := [row for row in rows if row.has_author]:
                found.append(_compare(view, control, known))
    return found


def _compare(view: ItemView, control: int, rows: list[Countable]) -> Compared:
    times = sorted([row.since for row in rows if row.since is not None])
    needed = 2 if len(rows) > 1 else 1
    at = times[needed - 1] if len(times) >= needed else None
    rules = view.rules.controls.get(control)
    labels = _tally(rows) if rules is not None and rules.exact else {}
    return Compared(control, local_day_hour(at, view.rules.timezone)[0], rows, labels)


def _tally(rows: list[Countable]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for row in rows:
        if row.label is None:
            return {}
        counts[row.label] = counts.get(row.label, 0) + 1
    return counts


def _entropy(counts: Mapping[int, int], m: int) -> int:
    """Return the entropy of an item's labels in billionths of a nat."""
    if len(counts) == 1:
        return 0
    return round(BILLION * -sum(n / m * log(n / m) for n in counts.values()))


def item_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, control, batch, m): what agreement over items is worked out from.

    The sums: items, agreeing ordered pairs, its square, unanimous, entropy in billionths; for
    answers that are no labels the items alone.
    """
    for one in compared(view):
        m = len(one.rows)
        key = (one.day, one.control, view.item.batch, m)
        if not one.labels:
            yield key, (1, 0, 0, 0, 0)
            continue
        agree = sum([n * (n - 1) for n in one.labels.values()])
        entropy = _entropy(one.labels, m)
        yield key, (1, agree, agree * agree, int(len(one.labels) == 1), entropy)


def label_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, control, m, label): answers with the label, agreeing ordered pairs on it."""
    for one in compared(view):
        for label, n in one.labels.items():
            yield (one.day, one.control, len(one.rows), label), (n, n * (n - 1))


def pair_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, control, m, label a < label b): unordered pairs of answers a and b."""
    for one in compared(view):
        if len(one.labels) > 1:
            for (a, n), (b, k) in combinations(sorted(one.labels.items()), 2):
                yield (one.day, one.control, len(one.rows), a, b), (n * k,)


def annotator_partials(view: ItemView) -> list[Contribution]:
    """Return (day, control, annotator a < annotator b): items both answered, alike ones."""
    found: list[Contribution] | None = view.memo.get("annotators")
    if found is None:
        found = view.memo["annotators"] = list(_annotators(view))
    return found


def _annotators(view: ItemView) -> Iterator[Contribution]:
    for one in compared(view):
        if one.labels and 1 < len(one.rows) <= MAX_ANSWERS:
            people = sorted((row.annotator, row.label) for row in one.rows if row.label is not None)
            for (a, x), (b, y) in combinations(people, 2):
                yield (one.day, one.control, a, b), (1, int(x == y))


def composition_partials(
    view: ItemView,
) -> Iterator[tuple[tuple[int | tuple[int, ...], ...], tuple[int, ...]]]:
    """Yield (day, control, batch, its labels in order): 1, for items whose answers are labels."""
    for one in compared(view):
        if one.labels:
            labels = tuple(sorted(row.label for row in one.rows if row.label is not None))
            yield (one.day, one.control, view.item.batch, labels), (1,)


def annotator_label_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, control, annotator a < annotator b, label of a, label of b): 1."""
    for one in compared(view):
        if one.labels and 1 < len(one.rows) <= MAX_ANSWERS:
            people = sorted((row.annotator, row.label) for row in one.rows if row.label is not None)
            for (a, x), (b, y) in combinations(people, 2):
                yield (one.day, one.control, a, b, x, y), (1,)


ROLLUPS = (
    Rollup(schema.agree_items, item_partials),
    Rollup(schema.agree_labels, label_partials),
    Rollup(schema.agree_pairs, pair_partials, grain=by_month_if_wide),
    Rollup(
        schema.annotator_pairs,
        annotator_partials,
        grain=by_week,
        finer=schema.annotator_pair_days.name,
    ),
    Rollup(schema.annotator_pair_days, annotator_partials),
    Rollup(schema.annotator_pair_labels, annotator_label_partials, grain=by_month),
)

FACTS = (
    Partial(
        COMPOSITIONS, ("day", "control_id", "batch_id", "labels"), ("items",), composition_partials
    ),
)
"""Kept in no table: counted from the matrix of answers each time they are asked for."""
