"""Quantiles of positive amounts kept in log buckets of (how many, their sum)."""

from collections.abc import Iterator, Mapping
from math import floor, fsum, sqrt

from labelpulse.stats.intervals import Z95, Interval, t975

Buckets = Mapping[int, tuple[int, int]]
"""bucket number, rising with the amount -> (how many amounts, their sum)."""


def quantile(buckets: Buckets, p: float) -> float | None:
    """Return the p-quantile of bucketed amounts; None when there are none.

    The order statistics at rank (n-1)p, interpolated linearly (R. J. Hyndman & Y. Fan 1996, type
    7). An amount is taken to be the mean of its bucket: exact where the bucket's amounts are
    equal, else within half a bucket's width.

    >>> quantile({1: (1, 10), 5: (2, 60), 9: (1, 40)}, 0.5), quantile({7: (30, 2700)}, 0.9)
    (30.0, 90.0)
    """
    n = sum(count for count, _ in buckets.values())
    if n == 0:
        return None
    rank = (n - 1) * p
    low = floor(rank)
    first, second = _at_ranks(buckets, low, min(low + 1, n - 1))
    return first + (rank - low) * (second - first)


def _at_ranks(buckets: Buckets, *ranks: int) -> list[float]:
    found: list[float] = []
    steps = _steps(buckets)
    end, amount = next(steps)
    for rank in ranks:
        while rank >= end:
            end, amount = next(steps)
        found.append(amount)
    return found


def _steps(buckets: Buckets) -> Iterator[tuple[int, float]]:
    """Yield (rank after the bucket's last, mean of the bucket) in rising order."""
    end = 0
    for bucket in sorted(buckets):
        count, total = buckets[bucket]
        if count:
            end += count
            yield end, total / count


def quantile_interval(buckets: Buckets, p: float) -> Interval | None:
    """Return the order statistics at ranks np ± z √(np(1-p)), which need no distribution.

    W. J. Conover, Practical Nonparametric Statistics, section 3.2. None where such a rank lies
    beyond the data.

    >>> quantile_interval({k: (1, k) for k in range(1, 101)}, 0.5)
    (41.0, 60.0)
    """
    n = sum(count for count, _ in buckets.values())
    half = Z95 * sqrt(n * p * (1 - p))
    low, high = floor(n * p - half), floor(n * p + half) + 1
    if low < 1 or high > n:
        return None
    first, second = _at_ranks(buckets, low, high - 1)
    return first, second


def mean_interval(buckets: Buckets) -> Interval | None:
    """Return mean ± t(n-1) s/√n, each amount taken as its bucket's mean; None below two."""
    n = sum(count for count, _ in buckets.values())
    if n < 2:
        return None
    mean = sum(total for _, total in buckets.values()) / n
    squares = fsum(
        count * (total / count - mean) ** 2 for count, total in buckets.values() if count
    )
    half = t975(n - 1) * sqrt(squares / (n - 1) / n)
    return max(0.0, mean - half), mean + half
