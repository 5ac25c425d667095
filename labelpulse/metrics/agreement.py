"""Agreement: how alike different people's answers to one item are, as sums of integers.

An item's whole contribution to a control sits in one day: that of the second earliest first
submission over different people (of the only one, where there is one).
"""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from math import log

from labelpulse import schema
from labelpulse.core.days import local_day_hour
from labelpulse.core.items import Countable, ItemView
from labelpulse.metrics.rollups import Contribution, Rollup, by_month_if_wide, by_week

BILLION = 1_000_000_000
MAX_ANSWERS = 50
"""Pairs of people are kept for items with up to this many answers."""


def _agreeing(view: ItemView) -> Iterator[tuple[int, int, list[Countable], bool]]:
    """Yield (control, agreement day, answers of known people, are they labels)."""
    zone = view.rules.timezone
    for control, rows in view.countable.items():
        known = [row for row in rows if row.known]
        if known:
            times = sorted(row.since for row in known if row.since is not None)
            needed = 2 if len(known) > 1 else 1
            at = times[needed - 1] if len(times) >= needed else None
            rules = view.rules.controls.get(control)
            labeled = rules is not None and rules.labeled
            yield control, local_day_hour(at, zone)[0], known, labeled


def _entropy(counts: Counter[int], m: int) -> int:
    """Return the entropy of an item's labels in billionths of a nat."""
    return round(BILLION * -sum(n / m * log(n / m) for n in counts.values()))


def item_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, control, batch, m): items, agreeing ordered pairs, its square, unanimous,
    entropy in billionths; for answers that are no labels the items alone."""
    for control, day, rows, labeled in _agreeing(view):
        m = len(rows)
        labels = Counter(row.label for row in rows if row.label is not None)
        if not labeled or sum(labels.values()) < m:
            yield (day, control, view.item.batch, m), (1, 0, 0, 0, 0)
            continue
        agree = sum(n * (n - 1) for n in labels.values())
        sums = (1, agree, agree * agree, int(len(labels) == 1), _entropy(labels, m))
        yield (day, control, view.item.batch, m), sums


def _labels(view: ItemView) -> Iterator[tuple[int, int, int, Counter[int]]]:
    for control, day, rows, labeled in _agreeing(view):
        labels = Counter(row.label for row in rows if row.label is not None)
        if labeled and sum(labels.values()) == len(rows):
            yield control, day, len(rows), labels


def label_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, control, m, label): answers with the label, agreeing ordered pairs on it."""
    for control, day, m, labels in _labels(view):
        for label, n in labels.items():
            yield (day, control, m, label), (n, n * (n - 1))


def pair_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, control, m, label a < label b): unordered pairs of answers a and b."""
    for control, day, m, labels in _labels(view):
        for (a, n), (b, k) in combinations(sorted(labels.items()), 2):
            yield (day, control, m, a, b), (n * k,)


def annotator_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, control, annotator a < annotator b): items both answered, alike ones."""
    for control, day, rows, labeled in _agreeing(view):
        if labeled and 1 < len(rows) <= MAX_ANSWERS:
            people = sorted((row.annotator, row.label) for row in rows if row.label is not None)
            for (a, x), (b, y) in combinations(people, 2):
                yield (day, control, a, b), (1, int(x == y))


ROLLUPS = (
    Rollup(schema.agree_items, item_partials),
    Rollup(schema.agree_labels, label_partials),
    Rollup(schema.agree_pairs, pair_partials, grain=by_month_if_wide),
    Rollup(schema.annotator_pairs, annotator_partials, grain=by_week),
)
