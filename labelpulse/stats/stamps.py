"""Rubber stamps: reviews accepted faster than careful ones are made. A signal, never a verdict.

How long a review took is seldom known, but when each was given is: the time since the same
reviewer's previous review is the most that it can have taken.
"""

import numpy as np

from labelpulse.stats.arrays import Bools, Floats, Ints

LEAST_CAREFUL = 20
"""With fewer careful reviews nobody knows how long care takes."""
FASTEST_SHARE = 0.05
_SECOND = 1_000_000


def review_gaps(reviewer: Ints, item: Ints, at: Ints, idle: float) -> Floats:
    """Return by review the seconds since the same reviewer's previous one; NaN where nothing tells.

    Nothing tells of a reviewer's first review, an unknown reviewer or time, a gap so long that
    there was a break, and of a second review of the item that was the previous one, too: several
    answers to it are looked at together, and whoever fixes an answer and accepts it looked once.
    Reviews of one instant are in the order of their items, 0 seconds apart.

    Args:
        reviewer, item: ids by review, 0 = unknown reviewer.
        at: microseconds, 0 = unknown.
        idle: seconds; gaps beyond are breaks.

    >>> who, what = np.array([1, 1, 1, 2, 1]), np.array([5, 6, 6, 5, 7])
    >>> review_gaps(who, what, 10**6 * np.array([10, 40, 41, 90, 9000]), idle=1800).tolist()
    [nan, 30.0, nan, nan, nan]
    """
    gap = np.full(len(at), np.nan)
    told = np.flatnonzero((reviewer > 0) & (at != 0))
    order = told[np.lexsort((item[told], at[told], reviewer[told]))]
    before, after = order[:-1], order[1:]
    seconds = (at[after] - at[before]) / _SECOND
    telling = (reviewer[after] == reviewer[before]) & (item[after] != item[before])
    telling &= seconds <= idle
    gap[after[telling]] = seconds[telling]
    return gap


def plausible_minimum(gap: Floats, careful: Bools) -> tuple[float | None, int]:
    """Return the seconds below which 5 % of careful reviews lie, and how many these are.

    None with fewer than 20 of them. Those of 0 seconds are left out: they were given in bulk.

    Args:
        gap: by review, as of `review_gaps`; careful: e.g. it changed something.

    >>> plausible_minimum(np.arange(0.0, 43.0), np.arange(43) % 2 == 0)
    (4.0, 21)
    """
    times = gap[careful & (gap > 0)]
    if len(times) < LEAST_CAREFUL:
        return None, len(times)
    return float(np.quantile(times, FASTEST_SHARE)), len(times)
