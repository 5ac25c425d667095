"""What percent agreement would be without each person; numpy lives here."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelpulse.core import estimate
from labelpulse.metrics import vectors
from labelpulse.metrics.arrays import Flags, Floats, Ints
from labelpulse.metrics.base import Ask, Group
from labelpulse.metrics.fits import Rows
from labelpulse.stats.intervals import effective_n, wilson


def agreement_without(group: Group) -> Rows:
    """Return percent agreement over the answers of all others, person by person.

    An item loses the person's answer; one that had two answers is left with nothing to compare.
    """
    why = group.control.unlike() or group.control.unlabeled()
    matrix = group.matrix()
    one = vectors.compared(matrix.answers, matrix.everybody, exact=not why)
    items = one.labeled & (one.m > 1) & shown(group.ask, one.day)
    if why or not items.any():
        return [({}, estimate.undefined(0, why or "no item has two answers"))]
    item, _, n = vectors.label_cells(one)
    agree = np.bincount(item, n * (n - 1.0), len(one.m))
    score = _shares(agree, one.m)
    own = np.zeros(len(one.rows))
    own[one.labeled[one.item]] = np.repeat(n, n)  # rows are ordered as the cells are
    rows = items[one.item]
    at, who = one.item[rows], one.answers.annotator[one.rows[rows]]
    left = _shares(agree[at] - 2 * (own[rows] - 1), one.m[at] - 1)
    without = _Without(score[items], who, score[at], left, one.m[at])
    return without.rows(one.answers.annotators)


def shown(ask: Ask, day: Ints) -> Flags:
    """Return which days lie in the query's range; an unknown day lies in none."""
    if ask.since is None and ask.until is None:
        return np.ones(len(day), dtype=bool)
    until = np.inf if ask.until is None else ask.until
    return (day >= max(ask.since or 1, 1)) & (day <= until)


def _shares(agree: NDArray[Any], m: Ints) -> Floats:
    """Return the share of alike pairs by item; 0 where there are no pairs."""
    pairs = m * (m - 1.0)
    return np.asarray(np.divide(agree, pairs, out=np.zeros(len(pairs)), where=pairs > 0))


class _Without:
    """Sums of scores and of their squares, with each person's answers taken away."""

    def __init__(self, score: Floats, who: Ints, before: Floats, after: Floats, m: Ints) -> None:
        self._headline = float(score.mean())
        kept = m > 2
        self._items = len(score) - np.bincount(who, ~kept)
        self._sums = [
            (score**power).sum()
            - np.bincount(who, before**power)
            + np.bincount(who, np.where(kept, after, 0.0) ** power)
            for power in (1, 2)
        ]
        self._people = np.unique(who)

    def rows(self, annotators: Ints) -> Rows:
        """Yield a row a person."""
        for who in self._people.tolist():
            n = int(self._items[who])
            keys = {"annotator": int(annotators[who])}
            if n < 1:
                yield keys, estimate.undefined(0, "nobody else answered an item with another")
                continue
            value = min(max(float(self._sums[0][who]) / n, 0.0), 1.0)
            spread = max(float(self._sums[1][who]) - n * value * value, 0.0)
            size = effective_n(value, spread / max(n - 1, 1), n, 10.0 * n)
            ends = wilson(value * size, size) if n >= 20 else None
            yield (
                keys,
                estimate.estimate(value, ends, n).showing(
                    headline=self._headline, difference=value - self._headline
                ),
            )
