"""Whose disagreement it is when nobody knows who is right: rates of people from pairs of them."""

import numpy as np

from labelpulse.stats.arrays import Floats, Ints
from labelpulse.stats.shrinkage import prior_weight

MOST_STEPS = 500
CLOSE = 1e-7
"""No rate moves further in a step: then pairs are known to a thousandth, also of sparse teams."""
_TINY = 1e-300


def apart_rates(a: Ints, b: Ints, n: Ints, apart: Ints, people: int) -> Floats:
    """Return how often each person goes astray, if two people differ when either of them does.

    The maximum likelihood of apart ~ binomial(n, 1 - (1 - p_a)(1 - p_b)) by EM: a difference is
    the doing of a with the chance p_a / (p_a + p_b - p_a p_b). In terms of agreement that is
    quasi-independence, n (1 - p_a)(1 - p_b) (L. A. Goodman 1968, Journal of the American
    Statistical Association 63). The rates of people who are compared with one other person only
    cannot be told apart; what is expected of their pair can.

    Args:
        a, b: the two people of each pair, numbers below `people`; each pair once.
        n: answers that the two have in common; apart: of them, different.

    Two people agree on 0.9 × 0.9 of their answers, each of them with a third on 0.9 × 0.5:

    >>> n = np.array([10_000] * 6)
    >>> a, b = np.array([0, 0, 0, 1, 1, 2]), np.array([1, 2, 3, 2, 3, 3])
    >>> apart = np.array([1900, 1900, 5500, 1900, 5500, 5500])
    >>> apart_rates(a, b, n, apart, 4).round(4).tolist()
    [0.1, 0.1, 0.1, 0.5]
    """
    shared = _each(a, b, n, n, people)
    rate = _each(a, b, apart, apart, people) / np.maximum(shared, 1) / 2
    for _ in range(MOST_STEPS):
        load = apart / np.maximum(differing(rate, a, b), _TINY)
        new = np.minimum(rate * _each(a, b, load, load, people) / np.maximum(shared, 1), 1.0)
        moved, rate = float(np.abs(new - rate).max(initial=0.0)), new
        if moved < CLOSE:
            break
    return rate


def differing(rate: Floats, a: Ints, b: Ints) -> Floats:
    """Return how often each two people differ by their own rates: 1 - (1 - p_a)(1 - p_b)."""
    return np.asarray(rate[a] + rate[b] - rate[a] * rate[b], dtype=np.float64)


def spread_part(a: Ints, b: Ints, n: Ints, apart: Ints, people: int) -> float:
    """Return the part of the differences that people would make if nobody were above the median.

    Each difference is laid on its two people as their rates are, p_a : p_b, and of a person's rate
    only what the median person has, weighted by answers in common, is everybody's; the rest is
    their own. Rates are drawn together as far as chance explains that they differ
    (`prior_weight`), so that few answers make nobody look guilty; what chance is left makes the
    part rather too small (of six people who are alike .93, with 60 answers a pair). 1 = everybody
    alike, 0 = nobody but a few.

    Args:
        Others: as of `apart_rates`; some are apart.

    >>> a, b = np.array([0, 0, 0, 1, 1, 2]), np.array([1, 2, 3, 2, 3, 3])
    >>> everybody, only_one = np.full(6, 20), np.array([0, 0, 40, 0, 40, 40])
    >>> [round(spread_part(a, b, np.full(6, 100), one, 4), 2) for one in (everybody, only_one)]
    [1.0, 0.03]
    """
    shared = _each(a, b, n, n, people)
    rate = apart_rates(a, b, n, apart, people)
    some = shared > 0
    weight = prior_weight((rate * shared)[some], shared[some])
    pooled = float((rate * shared).sum() / shared.sum())
    rate = (rate * shared + weight * pooled) / np.maximum(shared + weight, _TINY)
    common = np.minimum(rate, _median(rate, shared))
    part = (common[a] + common[b]) / np.maximum(rate[a] + rate[b], _TINY)
    return float((apart * part).sum() / apart.sum())


def _each(a: Ints, b: Ints, of_a: Floats | Ints, of_b: Floats | Ints, people: int) -> Floats:
    """Return by person the sum over their pairs."""
    return np.asarray(np.bincount(a, of_a, people) + np.bincount(b, of_b, people), np.float64)


def _median(values: Floats, weights: Floats) -> float:
    """Return the least value that half of the weight does not exceed."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
