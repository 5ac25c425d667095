"""Has a daily series left its baseline? An EWMA chart of daily z-scores, from daily sums.

A chart is worked out anew from the sums whenever it is read, so that late answers heal it. A row
looks only back, but for `change_day`, which is told in hindsight. No windows overlap: limits for a
rolling mean, taken from daily scatter, would give runs of alarms.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from math import exp
from typing import NamedTuple

from labelpulse.stats.baseline import (
    COUNT_RULES,
    LEARNED,
    RULES,
    Baseline,
    Group,
    Kind,
    Point,
    Rules,
    estimate,
    pooled,
    stretches,
)
from labelpulse.stats.watch import Watched, change_points, open_episodes, watch


class ChartPoint(NamedTuple):
    """One day of a chart.

    Attributes:
        value: the day's own rate in the metric's unit (log: geometric mean); None without items.
        z: score of the point that the day completes; None where it completes none.
        statistic: the EWMA in its standard deviations (other charts: what is held against the
            limit); None in the baseline and where there is no point.
        limit: an alarm is raised beyond it.
        baseline: what was expected that day; smooth: the EWMA; low, high: its limits; all in the
            metric's unit, to be drawn together. The day's own value scatters more than they allow.
        alarm: True from the first point beyond the limit until the values are back.
        episode: number of the alarm, from 1.
        change_day: first day of the new level, as well as it can be told by now.
        note: why there is no statistic, or "".
        scale: by how much days differ more than their items do, Laney's s_Z, at the last point.
    """

    day: int
    value: float | None
    n: float
    z: float | None = None
    statistic: float | None = None
    limit: float | None = None
    baseline: float | None = None
    smooth: float | None = None
    low: float | None = None
    high: float | None = None
    alarm: bool = False
    episode: int | None = None
    change_day: int | None = None
    note: str = ""
    scale: float = 1.0


def chart(
    points: Iterable[Point],
    kind: Kind = "mean",
    rules: Rules | None = None,
    *,
    holidays: Collection[int] = (),
    rebase: Collection[int] = (),
) -> tuple[ChartPoint, ...]:
    """Return the EWMA chart of a daily series, a row for each of its days.

    z = (x - expected)/(s_Z √(variance/n)), see `baseline.estimate`; an alarm is raised where the
    EWMA of z is beyond `limit` of its standard deviations.

    Args:
        points: in any order, at most one a day. A day without a point is a day without data; for
            counts, give the days on which nothing was counted as zeros.
        kind: "mean" of scores in 0-1, mean "log" of seconds, or "count".
        rules: default: `COUNT_RULES` for counts, else `RULES`.
        holidays: days that are left out.
        rebase: days on which a new baseline begins, as accepted by a user.
    """
    rules = rules or (COUNT_RULES if kind == "count" else RULES)
    draw = partial(_drawn, kind, rules.limit)
    found: list[ChartPoint] = []
    for part in stretches(points, rebase):
        groups, notes = pooled(part, rules, holidays)
        watched = _watched(kind, groups, rules)
        statistics = [point.statistic for point in watched]
        before = last_episode(found)
        numbers = open_episodes(statistics, rules.limit, rules.calm, rules.back, before)
        starts = change_days(groups, change_points(watched, numbers))
        drawn = map(draw, groups, watched)
        rows = {row.day: (row, n) for row, n in zip(drawn, numbers, strict=True)}
        few = f"{len(groups)} of {rules.first} points for a baseline"
        found += laid_out(part, rows, starts, notes, few, kind)
    return tuple(found)


def _watched(kind: Kind, groups: Sequence[Group], rules: Rules) -> list[Watched[Baseline]]:
    def fit(count: int) -> Baseline:
        return estimate(kind, groups[:count], rules)

    def score(baseline: Baseline, index: int) -> float | None:
        group = groups[index]
        expected = baseline.expected(group)
        sd = baseline.sd(group, expected)
        return None if sd is None else (group.x - expected) / sd

    def beyond(_: Baseline, e: float, spread: float) -> tuple[float, float]:
        return e / spread, rules.limit

    return watch(len(groups), rules, fit, score, beyond)


def _drawn(kind: Kind, limit: float, group: Group, point: Watched[Baseline]) -> ChartPoint:
    """Return the row of the day that completes a point, no alarm marked yet."""
    baseline, z, e, spread, statistic = point
    day = group.parts[-1]
    value, expected = shown(kind, day.total / day.n), baseline.expected(group)
    middle, sd = shown(kind, expected), baseline.sd(group, expected)
    row = ChartPoint(day.day, value, day.n, z, baseline=middle, scale=baseline.scale)
    if sd is None:
        return row._replace(note="hardly any expected that day")
    if e is None:
        return row._replace(note=LEARNED)
    smooth, reach = shown(kind, expected + e * sd), limit * spread * sd
    low, high = shown(kind, expected - reach), shown(kind, expected + reach)
    return row._replace(statistic=statistic, limit=limit, smooth=smooth, low=low, high=high)


def change_days(groups: Sequence[Group], changes: Mapping[int, int]) -> dict[int, int]:
    """Return by alarm the first day of the point at which the change was."""
    return {number: groups[index].parts[0].day for number, index in changes.items()}


def last_episode(rows: Iterable[ChartPoint]) -> int:
    """Return the highest number of an alarm so far, 0 before the first."""
    return max((row.episode for row in rows if row.episode is not None), default=0)


def laid_out(
    points: Iterable[Point],
    rows: Mapping[int, tuple[ChartPoint, int | None]],
    starts: Mapping[int, int],
    notes: Mapping[int, str],
    otherwise: str,
    kind: Kind = "mean",
) -> Iterator[ChartPoint]:
    """Yield a row a day: that of the point it completes, else an empty one with a note.

    Args:
        rows: by day, the row of its point and the alarm that is open.
        starts: by alarm, the day of the change.
        notes: by day; otherwise: the note of days that have neither row nor note.
    """
    number, scale = None, 1.0
    for point in points:
        row, number = rows.get(point.day, (None, number))
        if row is None:
            value = shown(kind, point.total / point.n) if point.n > 0 else None
            note = notes.get(point.day, otherwise)
            row = ChartPoint(point.day, value, point.n, note=note, scale=scale)
        scale = row.scale
        if number is not None:
            row = row._replace(alarm=True, episode=number, change_day=starts[number])
        yield row


def shown(kind: Kind, x: float) -> float:
    """Return a rate on the chart's scale in the metric's unit."""
    if kind == "log":
        return exp(x)
    return max(0.0, min(1.0, x)) if kind == "mean" else max(0.0, x)
