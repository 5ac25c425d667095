"""What a daily series is expected to be: points from daily sums, and a baseline from points."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from math import fsum, sqrt
from typing import Literal

from labelpulse.core.formats import day_year

Kind = Literal["mean", "log", "count"]
MOVING_RANGE = 1.1283791670955126
"""The mean of |a - b| over two standard normal draws, 2/√π; d₂ in tables of control charts."""
LEARNED = "baseline"
"""The note of days that a baseline was learned from; charts know them by it."""
LEAST_VARIANCE = 1e-6
NEVER = 10**9


@dataclass(frozen=True, slots=True)
class Point:
    """The sums of one day.

    Attributes:
        day: ordinal.
        n: items (mean, log), or what the count is a rate of: 1 for a day, or hours.
        total: sum of the items' scores in 0-1 (mean) or log seconds (log), or the count.
        squares: sum of the squared scores; None: they are 0 or 1, so that it equals the total.
            "log" needs it, counts do not.
    """

    day: int
    n: float
    total: float
    squares: float | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """How a chart is made; `benchmarks/validation` measures the defaults, together.

    Attributes:
        limit: an alarm is raised beyond so many standard deviations of the EWMA. More than 100
            series that are looked at together want 3.5.
        smoothing: λ.
        first, longest: points in the baseline when monitoring starts, and at last. In between it
            grows by whole weeks as long as there is no alarm; then it is frozen.
        weeks: weekday offsets are estimated from so many weeks on.
        least: items that a point needs; days with fewer are pooled with the next ones.
        days: at most so many calendar days are pooled.
        back, calm: an alarm ends with so many points within so many standard deviations.
    """

    limit: float = 3.2
    smoothing: float = 0.2
    first: int = 28
    longest: int = 56
    weeks: int = 6
    least: float = 20
    days: int = 7
    back: int = 3
    calm: float = 1.5


RULES = Rules()
COUNT_RULES = Rules(limit=3.5, weeks=4, least=0)
"""For counts: a day with few is news, not a lack of data; free Sundays must be known early; and
their scatter differs by weekday and is skewed, which costs false alarms, hence the limit."""


def stretches(points: Iterable[Point], rebase: Collection[int]) -> Iterator[list[Point]]:
    """Yield the points in order, cut where a new baseline begins."""
    ordered = sorted(points, key=lambda point: point.day)
    for start, end in pairwise([0, *sorted(rebase), NEVER]):
        yield [point for point in ordered if start <= point.day < end]


@dataclass(frozen=True, slots=True)
class Group:
    """Days that make one point together; x is their rate, total/n."""

    parts: tuple[Point, ...]
    day: int
    n: float
    x: float


def grouped(points: Iterable[Point]) -> Group:
    """Return points as one."""
    parts = tuple(points)
    if len(parts) == 1:
        return Group(parts, parts[0].day, parts[0].n, parts[0].total / parts[0].n)
    n = fsum(point.n for point in parts)
    return Group(parts, parts[-1].day, n, fsum(point.total for point in parts) / n)


def pooled(
    points: Iterable[Point], rules: Rules, holidays: Collection[int] = ()
) -> tuple[list[Group], dict[int, str]]:
    """Return the points of a series that have enough items, and what became of the other days.

    Args:
        points: in the order of their days.
    """
    groups: list[Group] = []
    notes: dict[int, str] = {}
    waiting: list[Point] = []
    for point in points:
        if point.day in holidays:
            notes[point.day] = "holiday"
            continue
        while waiting and point.day - waiting[0].day >= rules.days:
            notes[waiting.pop(0).day] = "insufficient data"
        waiting.append(point)
        n = sum([one.n for one in waiting])
        if n < rules.least or n <= 0:
            continue
        if len(waiting) > 1:
            into = f"pooled with {day_year(date.fromordinal(point.day))}"
            notes.update({one.day: into for one in waiting[:-1]})
        groups.append(grouped(waiting))
        waiting = []
    if len(groups) >= rules.first:  # before, all days wait for the baseline
        few = f"fewer than {rules.least:g} items so far"
        notes.update({one.day: few for one in waiting})
    return groups, notes


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is expected of a point.

    Attributes:
        level: mean score, mean log or rate.
        offsets: what a weekday adds to it, by ordinal modulo 7.
        variance: of one item; a count's is its mean (Poisson).
        scale: Laney's s_Z, by how much days differ more than their items do; at least 1.
    """

    kind: Kind
    level: float
    offsets: tuple[float, ...]
    variance: float
    scale: float = 1.0

    def expected(self, group: Group) -> float:
        """Return the rate that is expected on the point's weekdays."""
        if len(group.parts) == 1:
            return self.level + self.offsets[group.day % 7]
        moved = fsum(point.n * self.offsets[point.day % 7] for point in group.parts)
        return self.level + moved / group.n

    def sd(self, group: Group, expected: float) -> float | None:
        """Return the standard deviation of the point's rate; None where nothing is expected."""
        if self.kind != "count":
            return self.scale * sqrt(self.variance / group.n)
        return self.scale * sqrt(expected / group.n) if expected * group.n >= 1 else None


def estimate(kind: Kind, groups: Sequence[Group], rules: Rules) -> Baseline:
    """Return the baseline of a stretch of points.

    The level is pooled, Σ total/Σ n, and so is each weekday's. s_Z = max(1, mean|z_t - z_{t-1}| /
    1.128) (D. B. Laney 2002, "Improved control charts for attributes", Quality Engineering 14),
    widened by √(w/(w-1)) for weekday offsets taken from w weeks.
    """
    points = [point for group in groups for point in group.parts]
    n, total = fsum(point.n for point in points), fsum(point.total for point in points)
    weeks = (groups[-1].day - groups[0].day + 1) / 7
    by_weekday = weeks >= rules.weeks
    offsets = _offsets(points, total / n) if by_weekday else (0.0,) * 7
    plain = Baseline(kind, total / n, offsets, _variance(kind, points, n, total))
    widen = sqrt(weeks / (weeks - 1)) if by_weekday else 1.0
    return replace(plain, scale=max(1.0, widen * _day_spread(plain, groups)))


def _offsets(points: Iterable[Point], level: float) -> tuple[float, ...]:
    n, total = [0.0] * 7, [0.0] * 7
    for point in points:
        n[point.day % 7] += point.n
        total[point.day % 7] += point.total
    return tuple(t / k - level if k else 0.0 for k, t in zip(n, total, strict=True))


def _variance(kind: Kind, points: Iterable[Point], n: float, total: float) -> float:
    """Return an item's variance, for scores with half a 0 and half a 1 added.

    Without them a baseline that is right throughout would have no variance, and one mistake would
    be beyond any limit (the prior of H. Jeffreys, in effect).
    """
    if kind == "count":
        return 0.0
    squares = fsum(p.total if p.squares is None else p.squares for p in points)
    if kind == "mean":
        n, total, squares = n + 1, total + 0.5, squares + 0.5
    return max(squares / n - (total / n) ** 2, LEAST_VARIANCE)


def _day_spread(baseline: Baseline, groups: Iterable[Group]) -> float:
    expected = ((group, baseline.expected(group)) for group in groups)
    known = ((group.x - mean, baseline.sd(group, mean)) for group, mean in expected)
    z = [off / sd for off, sd in known if sd is not None]
    if len(z) < 2:
        return 1.0
    return fsum(abs(a - b) for a, b in pairwise(z)) / (len(z) - 1) / MOVING_RANGE
