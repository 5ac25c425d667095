"""Many tests at once: which of them are findings."""

import numpy as np
from numpy.typing import ArrayLike

from labelpulse.stats.arrays import Bools, Floats


def benjamini_hochberg(p: ArrayLike, q: float = 0.05) -> Bools:
    """Return which tests to take for findings when a share q of false ones among them is borne.

    The k least, k the greatest rank with p_(k) <= k q/m. Y. Benjamini & Y. Hochberg 1995, Journal
    of the Royal Statistical Society B 57, 289-300.

    >>> benjamini_hochberg([0.01, 0.02, 0.04, 0.5]).tolist()
    [True, True, False, False]
    """
    values = np.asarray(p, dtype=np.float64).ravel()
    order = np.argsort(values, kind="stable")
    passed = np.flatnonzero(
        values[order] <= q * np.arange(1, len(values) + 1) / max(len(values), 1)
    )
    found = np.zeros(len(values), dtype=np.bool_)
    found[order[: passed.max(initial=-1) + 1]] = True
    return found


def two_sided(z: ArrayLike) -> Floats:
    """Return the two-sided p-values of standard normal scores."""
    from scipy.special import ndtr

    return np.asarray(2 * ndtr(-np.abs(np.asarray(z, dtype=np.float64))), dtype=np.float64)
