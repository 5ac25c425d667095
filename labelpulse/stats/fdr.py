"""Many alarms at once: p-values, and which of them to believe."""

from collections.abc import Sequence
from math import erfc, sqrt


def two_sided_p(z: float) -> float:
    """Return the chance that a standard normal draw lies as far from 0 as z.

    >>> round(two_sided_p(-1.959964), 6)
    0.05
    """
    return erfc(abs(z) / sqrt(2))


def adjusted(p: Sequence[float]) -> tuple[float, ...]:
    """Return Benjamini and Hochberg's adjusted p: the least q at which each is found.

    min over j >= i of p_(j) m/j, at most 1. Y. Benjamini & Y. Hochberg 1995, J. R. Statist. Soc.
    B 57; as adjusted p by D. Yekutieli & Y. Benjamini 1999.

    >>> [round(one, 3) for one in adjusted([0.01, 0.04, 0.03, 0.5])]
    [0.04, 0.053, 0.053, 0.5]
    """
    m, least = len(p), 1.0
    found = [1.0] * m
    falling = sorted(range(m), key=p.__getitem__, reverse=True)
    for i, rank in zip(falling, range(m, 0, -1), strict=True):
        least = min(least, p[i] * m / rank)
        found[i] = least
    return tuple(found)


def benjamini_hochberg(p: Sequence[float], q: float = 0.1) -> tuple[bool, ...]:
    """Return which of many tests stand when a share q of those that stand may be false alarms.

    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5], 0.05)
    (True, False, False, False)
    """
    return tuple(one <= q for one in adjusted(p))
