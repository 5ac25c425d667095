"""Queues between stages: whether they are in balance, and which one holds everything up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import comb, fsum, sqrt

from labelpulse.stats.intervals import t_cdf

DAYS = 5
"""Working days that are looked at: a week shows growth before it hurts."""
STEADY = 0.1
"""The part by which work in progress may change in a window that still counts as balanced."""
SURE = 0.05


def littles_law_residual(
    wip: Sequence[float],
    departures: float,
    cycle_time: float | None,
    mean_wip: float | None = None,
) -> float | None:
    """Return mean work in progress − throughput × mean cycle time, in items; 0 in balance.

    J. D. C. Little 1961, Operations Research 9: L = λW. None where the law says nothing: nothing
    left, no cycle time, or work in progress at the end differs by 10 % or more of its mean from the
    start. A large residual in balance means items that came, went or aged unseen.

    Args:
        wip: items in progress at the start of each day and at the end of the last one.
        departures: items that left in the window; cycle_time: their mean, in days.
        mean_wip: over time, where it is known; else each day is taken by its own two ends, which
            says too little of what comes and leaves within a day.

    >>> littles_law_residual([40, 41, 39, 40], 30, 4.0)  # 10 a day, 4 days each
    0.0
    >>> littles_law_residual([40, 50, 60, 70], 30, 4.0) is None
    True
    """
    if len(wip) < 2 or departures <= 0 or cycle_time is None:
        return None
    days = len(wip) - 1
    mean = (fsum(wip) - (wip[0] + wip[-1]) / 2) / days if mean_wip is None else mean_wip
    if mean <= 0 or abs(wip[-1] - wip[0]) >= STEADY * mean:
        return None
    return mean - departures / days * cycle_time


@dataclass(frozen=True, slots=True)
class Stage:
    """A queue, and what came and left on each day of the same days, oldest first.

    Attributes:
        age_p85: of the items in it, in any unit that all stages share.
        wip: items in it now.
    """

    age_p85: float
    wip: int
    arrivals: Sequence[int]
    departures: Sequence[int]


@dataclass(frozen=True, slots=True)
class Growth:
    """Whether more comes than leaves, over the last working days.

    Attributes:
        days: working days looked at; more: days on which more came; fewer: on which more left.
        sign_p: chance of so many `more` in a queue that is in balance (one-sided sign test).
        slope, slope_p: items a day the queue grows by, and the chance of that much in balance.
        growing: both chances are at most 5 %.
        since: index of the day from which it grows; None when it does not.
    """

    days: int
    more: int
    fewer: int
    sign_p: float
    slope: float
    slope_p: float
    growing: bool
    since: int | None


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """The stage that holds everything up, its `age_p85` × `wip`, and whether its queue grows."""

    stage: str
    score: float
    growth: Growth


def sign_test(more: int, fewer: int) -> float:
    """Return P(at least so many `more`) when both are as likely; ties are left out by the caller.

    J. Arbuthnott 1710; W. J. Dixon & A. M. Mood 1946, JASA 41.

    >>> sign_test(5, 0), sign_test(4, 1)
    (0.03125, 0.1875)
    """
    n = more + fewer
    return sum(comb(n, k) for k in range(more, n + 1)) / (1 << n)


def growth(arrivals: Sequence[int], departures: Sequence[int], days: int = DAYS) -> Growth | None:
    """Return whether a queue grew over its last working days; None with fewer than two.

    A working day is one on which something came or left. The slope of the cumulative difference is
    the mean daily difference, tested by Student's t on those differences: fitting a line through
    the cumulative sum itself would find a trend in most queues in balance, since a sum of chances
    wanders (G. U. Yule 1926). The queue grows since the day after the sum of (difference less half
    the slope) was last at its lowest, the CUSUM's estimate of a change (E. S. Page 1954): days in
    balance pull that sum down. No day counts for more than the slope, up or down, so that a batch
    that came at once long ago does not pass for growth.
    """
    pairs = enumerate(zip(arrivals, departures, strict=True))
    every = [(at, came - left) for at, (came, left) in pairs if came or left]
    last = [change for _, change in every[-days:]]
    if len(last) < 2:
        return None
    more, fewer = sum(one > 0 for one in last), sum(one < 0 for one in last)
    sign_p, slope = sign_test(more, fewer), fsum(last) / len(last)
    slope_p = _chance_of_mean(last)
    growing = len(last) >= days and sign_p <= SURE and slope_p <= SURE
    since = _grows_since(every, slope) if growing else None
    return Growth(len(last), more, fewer, sign_p, slope, slope_p, growing, since)


def _chance_of_mean(values: Sequence[int]) -> float:
    n = len(values)
    mean = fsum(values) / n
    error = sqrt(fsum((one - mean) ** 2 for one in values) / (n - 1) / n)
    if error == 0:
        return 0.0 if mean > 0 else 1.0
    return 1 - t_cdf(mean / error, n - 1)


def _grows_since(every: Sequence[tuple[int, int]], slope: float) -> int:
    steps = (max(-slope, min(slope, change)) - slope / 2 for _, change in every)
    sums = list(accumulate(steps, initial=0.0))
    lowest = min(sums)
    return every[max(at for at, total in enumerate(sums[:-1]) if total == lowest)][0]


def bottleneck(stages: Mapping[str, Stage], days: int = DAYS) -> Bottleneck | None:
    """Return the growing stage with the largest `age_p85` × `wip`, else the largest of all.

    None when nothing waits anywhere. Whether it grows is in the answer: a large old queue that does
    not grow is a backlog, and one that grows is what to act on. Stages where work rests for good
    (done, blocked) are left out by the caller.
    """
    found = []
    for name, stage in stages.items():
        score = stage.age_p85 * stage.wip
        if score > 0:
            grown = growth(stage.arrivals, stage.departures, days) or NO_GROWTH
            found.append(Bottleneck(name, score, grown))
    return max(found, key=lambda one: (one.growth.growing, one.score, one.stage), default=None)


NO_GROWTH = Growth(0, 0, 0, 1.0, 0.0, 1.0, growing=False, since=None)
