"""Agreement on orders: Kendall's tau between the rankings that two people gave to one item.

How often which ranking met which is counted already (`annotator_pair_labels`); tau of a pair of
rankings is a number of theirs alone, so that its mean needs nothing else.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import fsum, sqrt

from labelpulse.core import estimate
from labelpulse.core.estimate import Estimate
from labelpulse.core.events import Scale
from labelpulse.core.formats import plural
from labelpulse.metrics.base import DATES, PLACE, Extra, Group, Metric, single
from labelpulse.metrics.pairs import CELLS, NONE_SHARED, left_out
from labelpulse.metrics.samples import MIN_ITEMS
from labelpulse.stats.intervals import Interval, clipped, t975
from labelpulse.stats.sequences import tau_b

_NO_ORDER = "answers are no rankings: use agreement_alpha for labels, match_f1 for shapes"


@lru_cache(maxsize=4096)
def ranks_of(label: str) -> Mapping[str, float] | None:
    """Return option -> rank of a ranking as JSON; None for buckets, which have no order.

    A list has the best first; options in a list within it are tied.

    >>> ranks_of('["a",["b","c"]]')
    {'a': 0, 'b': 1, 'c': 1}
    """
    said = json.loads(label)
    if not isinstance(said, list):
        return None
    ties = [one if isinstance(one, list) else [one] for one in said]
    return {str(option): rank for rank, tied in enumerate(ties) for option in tied}


def _tau(a: str, b: str) -> float | None:
    one, other = ranks_of(a), ranks_of(b)
    return None if one is None or other is None else tau_b(one, other)


def _rank_tau(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    if group.control.rules.scale != Scale.RANKING:
        return single(estimate.undefined(0, _NO_ORDER))
    taus: list[tuple[float, int]] = []
    unordered, labels = 0, group.control.labels
    for (a, b), (n,) in group.sums(CELLS).items():
        tau = _tau(labels[a], labels[b])
        if tau is None:
            unordered += n
        else:
            taus.append((tau, n))
    n = sum(count for _, count in taus)
    left = f"{plural(unordered, 'pair', 'pairs')} without an order left out"
    note = left if unordered else ""
    if not n:
        return single(estimate.undefined(0, note or NONE_SHARED))
    value = fsum(tau * count for tau, count in taus) / n
    # Pairs that share a person are no independent draws, so only one pair has an interval.
    ends = _interval(value, taus, n) if "annotator_pair" in group.ask.by else None
    return single(estimate.estimate(value, ends, n, note).noting(left_out(group)))


def _interval(value: float, taus: list[tuple[float, int]], n: int) -> Interval | None:
    squares = fsum((tau - value) ** 2 * count for tau, count in taus)
    if n < MIN_ITEMS or not squares:
        return None
    half = t975(n - 1) * sqrt(squares / (n - 1) / n)
    return clipped((value - half, value + half), -1.0, 1.0)


_KEYS = (*PLACE, "control", "batch", "annotator", "annotator_pair", "assisted")
METRICS = (
    Metric(
        name="rank_tau",
        unit="tau",
        counted="pairs of answers",
        by=(*_KEYS, *DATES),
        where=(*_KEYS, "team"),
        needs=(CELLS,),
        finish=_rank_tau,
        split=("project", "control"),
        joins=True,
        min_n=20,
        on_control=True,
    ),
)
