"""Krippendorff's alpha of many tables of the same answers at once, as the jackknife wants it."""

from functools import lru_cache

import numpy as np

from labelpulse.stats.agreement import NOTHING
from labelpulse.stats.arrays import Floats, Ints
from labelpulse.stats.domain import Domain, distance


def alphas(coincidences: Floats, first: Ints, second: Ints, domain: Domain) -> Floats:
    """Return alpha of each table, as `labelpulse.stats.agreement.alpha` has it.

    Args:
        coincidences: tables × pairs: Σ C/(m-1) of ordered pairs of categories.
        first, second: categories by pair, each ordered pair once; second may be `domain.OTHER`
            where all categories are equally far apart.

    Returns:
        By table; NaN where nothing is compared or nothing varies.

    >>> first, second = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> both = np.array([[4.0, 1.0, 1.0, 2.0], [4.0, 0.0, 0.0, 0.0]])  # 1 - 7 (1 + 1) / 30
    >>> alphas(both, first, second, Domain("nominal", 2)).round(3)
    array([0.533,   nan])
    """
    there = np.unique(first)
    one_hot = (first[:, None] == there).astype(np.float64)
    x = coincidences @ one_hot
    n = x.sum(axis=1)
    apart, expected = _sums(coincidences, x, first, second, domain)
    sure = (n > 2 - NOTHING) & (expected > NOTHING * n * n)
    found = np.full(len(n), np.nan)
    found[sure] = 1 - (n[sure] - 1) * apart[sure] / expected[sure]
    return found


def _sums(
    coincidences: Floats, x: Floats, first: Ints, second: Ints, domain: Domain
) -> tuple[Floats, Floats]:
    """Return Σ o d and Σ x x d by table; x is by table and category that occurs, in order."""
    there, at = np.unique(first, return_inverse=True)
    if domain.alike:
        differ = (second != first).astype(np.float64)
        return coincidences @ differ, x.sum(axis=1) ** 2 - (x * x).sum(axis=1)
    to = np.searchsorted(there, second)
    if domain.kind == "ordinal":  # the distance is that of mid-ranks, squared
        rank = np.cumsum(x, axis=1) - x / 2
        return (coincidences * (rank[:, at] - rank[:, to]) ** 2).sum(axis=1), _squares(x, rank)
    d = _distances(domain, tuple(there.tolist()))
    return coincidences @ d[at, to], ((x @ d) * x).sum(axis=1)


@lru_cache(maxsize=4)
def _distances(domain: Domain, categories: tuple[int, ...]) -> Floats:
    """Return the distances between some categories as a matrix."""
    between = distance(domain, {})
    return np.array([[between(a, b) for b in categories] for a in categories])


def _squares(x: Floats, rank: Floats) -> Floats:
    """Return Σ x_c x_k (r_c - r_k)² by table, from their middle so that no digits are lost."""
    n = x.sum(axis=1, keepdims=True)
    middle = np.divide((x * rank).sum(axis=1, keepdims=True), n, out=np.zeros_like(n), where=n > 0)
    from_it = rank - middle
    return np.asarray(2 * n[:, 0] * (x * from_it * from_it).sum(axis=1))
