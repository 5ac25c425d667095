"""Many tests at once: which of them are findings."""

import numpy as np
from numpy.typing import ArrayLike

from labelpulse.stats.arrays import Bools, Floats


def adjusted(p: ArrayLike) -> Floats:
    """Return adjusted p-values: by test the least share of false findings at which it is one.

    min over j >= i of p_(j) m/j, at most 1. Y. Benjamini & Y. Hochberg 1995, Journal of the Royal
    Statistical Society B 57, 289-300; as adjusted p by D. Yekutieli & Y. Benjamini 1999.

    >>> adjusted([0.01, 0.04, 0.03, 0.5]).round(3).tolist()
    [0.04, 0.053, 0.053, 0.5]
    """
    values = np.asarray(p, dtype=np.float64).ravel()
    order = np.argsort(values, kind="stable")
    scaled = values[order] * len(values) / np.arange(1, len(values) + 1)
    found = np.empty_like(values)
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return found


def benjamini_hochberg(p: ArrayLike, q: float = 0.05) -> Bools:
    """Return which tests to take for findings when a share q of false ones among them is borne.

    The k least, k the greatest rank with p_(k) <= k q/m: those whose adjusted p is at most q.

    >>> benjamini_hochberg([0.01, 0.02, 0.04, 0.5]).tolist()
    [True, True, False, False]
    """
    return np.asarray(adjusted(p) <= q, dtype=np.bool_)


def two_sided(z: ArrayLike) -> Floats:
    """Return the two-sided p-values of standard normal scores.

    >>> two_sided([0, -1.959964]).round(6).tolist()
    [1.0, 0.05]
    """
    from scipy.special import ndtr

    return np.asarray(2 * ndtr(-np.abs(np.asarray(z, dtype=np.float64))), dtype=np.float64)
