"""Who is better than whom, said only where it is real; and who errs where others do not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from labelpulse.stats.arrays import Bools, Floats, Ints
from labelpulse.stats.discovery import benjamini_hochberg, two_sided
from labelpulse.stats.intervals import Z95
from labelpulse.stats.shrinkage import prior_weight

LEAST_RANKED = 20
"""Answers below which nobody is ranked."""


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Groups of people who cannot be told apart from the best of their group.

    Attributes:
        group: 0 = the best group; -1 = too few answers to rank.
        best, worst: the ranks from 1 that a person may have: 1 + how many are surely better, and
            how many ranked people there are less those who are surely worse; -1 = unranked.
    """

    group: Ints
    best: Ints
    worst: Ints


def tie_groups(
    value: ArrayLike, low: ArrayLike, high: ArrayLike, n: ArrayLike, *, q: float = 0.05
) -> Ranking:
    """Return groups of estimates whose differences may be chance.

    All differences are tested, and Benjamini & Hochberg at q says which are real. Then the best
    person left opens a group, and all whom no real difference parts from that person go into it. So
    everyone in a later group is surely below the best one of each earlier group; inside a group,
    and between its others and later groups, nothing is said.

    A difference is held against the parts of the two 95 % intervals that lie between the estimates,
    z = 1.96 (a - b)/√((a-l_a)² + (u_b-b)²), a > b: z is above 1.96 exactly where the interval of
    `labelpulse.stats.intervals.difference` leaves 0 out, so that near 0 and 1, where intervals lean
    to one side, nobody is parted by the long side of one or held by that of the other.
    R. G. Newcombe 1998, Statistics in Medicine 17:873, method 10; G. Y. Zou & A. Donner 2008 for
    any two intervals.

    Args:
        value, low, high: estimates and their 95 % intervals, e.g. of `shrink`; two that have no
            width are not parted.
        n: answers; people with fewer than 20 are not ranked.

    >>> tie_groups([0.9, 0.89, 0.5], [0.87, 0.8, 0.4], [0.93, 0.97, 0.6], [90, 50, 90]).group
    array([0, 0, 1])
    """
    ranked = np.flatnonzero(np.asarray(n) >= LEAST_RANKED)
    values, lows, highs = (np.asarray(one, np.float64)[ranked] for one in (value, low, high))
    better = _surely_better(values, lows, highs, q)
    group, best, worst = (np.full(np.asarray(n).shape, -1) for _ in range(3))
    best[ranked] = 1 + better.sum(axis=0)
    worst[ranked] = len(ranked) - better.sum(axis=1)
    left, number = np.argsort(-values, kind="stable"), 0
    while len(left):
        apart = better[left[0], left]
        group[ranked[left[~apart]]] = number
        left, number = left[apart], number + 1
    return Ranking(group, best, worst)


def _surely_better(values: Floats, low: Floats, high: Floats, q: float) -> Bools:
    """Return [a, b]: a is better than b beyond chance."""
    a, b = np.triu_indices(len(values), 1)
    below, above = values - low, high - values
    gap = values[a] - values[b]
    spread = np.where(gap > 0, np.hypot(below[a], above[b]), np.hypot(above[a], below[b]))
    with np.errstate(over="ignore"):  # a gap of infinitely many errors is one
        z = Z95 * np.divide(gap, spread, out=np.zeros_like(gap), where=spread > 0)
    real = benjamini_hochberg(two_sided(z), q)
    better = np.zeros((len(values), len(values)), dtype=np.bool_)
    better[a, b] = real & (gap > 0)
    better[b, a] = real & (gap < 0)
    return better


@dataclass(frozen=True, slots=True, eq=False)
class Lift:
    """How much more often people err on a label than their peers do; parallel arrays.

    Attributes:
        annotator, label: numbers; pairs without answers of the person or of peers are absent.
        n: answers of the person to items of the label; wrong: of them.
        peers: the peers' share of wrong answers, (X + 1/2)/(N + 1).
        lift: the person's share, drawn towards the peers' with the weight M of `prior_weight`,
            over theirs; 1 = as often. low, high: 95 % credible interval, the peers' share taken as
            known.
        p: one-sided, of Fisher's exact test: as many wrong answers, or more, by chance.
    """

    annotator: Ints
    label: Ints
    n: Ints
    wrong: Ints
    peers: Floats
    lift: Floats
    low: Floats
    high: Floats
    p: Floats


def error_lift(wrong: ArrayLike, n: ArrayLike) -> Lift:
    """Return each annotator's error on each label over the peers' error on that label.

    Fisher's test is that of the table person/peers × wrong/right: P(X >= wrong), X hypergeometric
    (R. A. Fisher 1935). Many pairs are tested: decide with `benjamini_hochberg`.

    Args:
        wrong, n: whole numbers, annotators × labels: wrong answers, and all, to items whose label
            by gold (or by review, or consensus) it is.

    >>> found = error_lift([[8], [1], [1]], [[20], [20], [20]])
    >>> found.lift.round(2).tolist(), found.p.round(4).tolist()
    ([3.78, 0.61, 0.61], [0.0014, 0.9888, 0.9888])
    """
    from scipy.special import betaincinv
    from scipy.stats import hypergeom

    bad, every = np.asarray(wrong, np.int64), np.asarray(n, np.int64)
    others = every.sum(axis=0) - every
    annotator, label = np.nonzero((every > 0) & (others > 0))
    x, size = bad[annotator, label], every[annotator, label]
    all_bad, all_size = bad.sum(axis=0)[label], every.sum(axis=0)[label]
    peers = (all_bad - x + 0.5) / (all_size - size + 1)
    weights = np.array([prior_weight(*one) for one in zip(bad.T, every.T, strict=True)])
    weight = weights[label] if len(label) else np.zeros(0)
    a, b = x + weight * peers, size - x + weight * (1 - peers)
    low, high = (betaincinv(a, b, q) / peers for q in (0.025, 0.975))
    p = np.asarray(hypergeom.sf(x - 1, all_size, all_bad, size), dtype=np.float64)
    lift = a / (a + b) / peers
    return Lift(annotator, label, size, x, peers, lift, low, high, np.clip(p, 0.0, 1.0))
