"""How many more items buy an interval of a wanted width."""

from math import ceil, sqrt

from labelpulse.stats.intervals import Z95, wilson

UNKNOWN_SHARE = 0.8
"""A share that nothing is known of is planned for as if it were this."""
_EXACT = 1e-9


def half_width(share: float, n: float) -> float:
    """Return half the width of the Wilson interval that n items will give to a share.

    A hundred items, at 80 %, leave about 8 points to either side:

    >>> round(half_width(0.8, 100), 3)
    0.078
    """
    low, high = wilson(share * n, n)
    return (high - low) / 2


def items_for_share(wanted: float, share: float = UNKNOWN_SHARE) -> int:
    """Return the fewest items whose Wilson interval is no wider than wanted.

    n = z² (pq - 2e² + √(p²q² + e² (1 - 4pq))) / 2e², Wilson's half-width solved for n.
    W. W. Piegorsch 2004, Computational Statistics & Data Analysis 46, 309-316.

    Args:
        wanted: e, half the width, over 0. share: p, what the share may be.

    Raises:
        ValueError: wanted is not over 0.

    >>> [items_for_share(e) for e in (0.02, 0.05, 0.1)]
    [1535, 245, 60]
    >>> items_for_share(0.05, 0.5)
    381
    """
    if wanted <= 0:
        raise ValueError("An interval of no width needs endless items: want one over 0.")
    if wanted >= 0.5:
        return 1
    chance, squared = share * (1 - share), wanted * wanted
    root = sqrt(chance * chance + squared * (1 - 4 * chance))
    n = Z95 * Z95 * (chance - 2 * squared + root) / (2 * squared)
    return max(1, ceil(n - _EXACT))


def items_for_width(now: float, n: int, wanted: float) -> int:
    """Return how many items bring an interval to a wanted half-width, by the one there is.

    n (now / wanted)²: an error falls with the root of n, if the new items are spread over new days
    as those before them were.

    Args:
        now: half the width of the interval that n items gave, e.g. by a jackknife over days.

    >>> items_for_width(0.1, 100, 0.05)
    400
    """
    if wanted <= 0:
        raise ValueError("An interval of no width needs endless items: want one over 0.")
    return max(1, ceil(n * (now / wanted) ** 2 - _EXACT))
