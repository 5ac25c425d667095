"""Have the shares of labels moved? A multivariate EWMA chart of daily label counts."""

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Any, TypeVar

from labelpulse.stats.baseline import (
    LEARNED,
    MOVING_RANGE,
    RULES,
    Group,
    Point,
    Rules,
    pooled,
    stretches,
)
from labelpulse.stats.drift import ChartPoint, change_days, laid_out, last_episode
from labelpulse.stats.watch import Watched, change_points, open_episodes, watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

K = TypeVar("K", bound=Hashable)
RUN = 500
"""1/RUN is the chance that a day's statistic is beyond the limit while nothing changes. Days hang
together, so that false alarms are rarer than one in RUN days."""
ENOUGH = 5.0
"""A category is expected at least so often in a usual point, as chi-square tests want it."""
RECENT = 7
"""The population stability index is that of so many last points."""


def psi(before: Sequence[float], after: Sequence[float]) -> float:
    """Return the population stability index of two rows of counts, each with 0.5 added.

    Σ (a-b) ln(a/b) over shares (N. Siddiqi 2006, Credit Risk Scorecards). It is an effect size,
    not a test: the customary .1 and .2 mean nothing without n, for with 20 answers it is above .1
    by chance alone in most cases.

    >>> round(psi([500, 500], [600, 400]), 3), psi([30, 0], [60, 0]) < 0.01
    (0.04, True)
    """
    n, m = (sum(counts) + len(counts) / 2 for counts in (before, after))
    shares = (((b + 0.5) / n, (a + 0.5) / m) for b, a in zip(before, after, strict=True))
    return sum((a - b) * log(a / b) for b, a in shares)


@dataclass(frozen=True, slots=True)
class _Shares:
    """A baseline: shares q, how much days scatter, and how many points it is made of."""

    q: "NDArray[Any]"
    scale: float
    points: int


def mix_chart(
    days: Mapping[int, Mapping[K, int]],
    rules: Rules = RULES,
    *,
    holidays: Collection[int] = (),
    rebase: Collection[int] = (),
) -> tuple[ChartPoint, ...]:
    """Return the chart of label shares, a row for each day; its value is the PSI of a week.

    Residuals z_k = (p_k - q_k) √(n/q_k)/s_Z are smoothed, and Σ e_k²/(variance of e) is held
    against the chi-square quantile with K-1 degrees of freedom (C. A. Lowry, W. H. Woodall, C. W.
    Champ & S. E. Rigdon 1992, for normal scores). The variance is that of the EWMA plus 1/m for
    shares estimated from m points. s_Z is Laney's, over all labels. Labels that are too rare for
    chi-square, the rarest one, and new ones are one category.

    Args:
        days: by ordinal, how often each label was given.
        rules: all but `limit`, `weeks`.
    """
    counts = {day: Counter(given) for day, given in days.items()}
    points = [Point(day, given.total(), 0.0) for day, given in counts.items()]
    found: list[ChartPoint] = []
    for part in stretches(points, rebase):
        groups, notes = pooled(part, rules, holidays)
        rows, starts = _rows(groups, counts, rules, last_episode(found))
        few = f"{len(groups)} of {rules.first} points for a baseline"
        found += laid_out(part, rows, starts, notes, few)
    return tuple(row._replace(value=None) if row.statistic is None else row for row in found)


def _rows(
    groups: Sequence[Group], counts: Mapping[int, Counter[K]], rules: Rules, before: int
) -> tuple[dict[int, tuple[ChartPoint, int | None]], dict[int, int]]:
    """Return by day its row and alarm, and by alarm the day of the change."""
    import numpy as np

    from labelpulse.stats.discovery import two_sided

    if len(groups) < rules.first:
        return {}, {}
    given = [sum((counts[p.day] for p in group.parts), Counter[K]()) for group in groups]
    table = _table(given, rules.first)
    limit, calm = (
        _quantile(p, table.shape[1] - 1) for p in (1 / RUN, float(two_sided(rules.calm)))
    )
    watched = _watched(table, limit, rules)
    statistics = [point.statistic for point in watched]
    numbers = open_episodes(statistics, limit, calm, rules.back, before)
    changes = change_points(watched, numbers, lambda z, e: float(np.dot(z, e)))
    rows: dict[int, tuple[ChartPoint, int | None]] = {}
    for i, (group, point, number) in enumerate(zip(groups, watched, numbers, strict=False)):
        n = group.parts[-1].n
        row = ChartPoint(group.day, None, n, note=LEARNED if point.z is not None else "one label")
        if point.statistic is not None:
            recent = table[max(0, i + 1 - RECENT) : i + 1].sum(axis=0)
            size = psi(table[: point.model.points].sum(axis=0).tolist(), recent.tolist())
            row = ChartPoint(
                *(group.day, size, n),
                statistic=point.statistic,
                limit=limit,
                scale=point.model.scale,
            )
        rows[group.day] = row, number
    return rows, change_days(groups, changes)


def _table(given: Sequence[Counter[K]], first: int) -> "NDArray[Any]":
    """Return counts by point and category; the last category holds what is rare in the baseline.

    It is decided by the first points alone: a label that appears later changes no earlier row.
    """
    import numpy as np

    usual = sum(given[:first], Counter[K]())
    falling = [
        label for label, _ in sorted(usual.items(), key=lambda pair: (-pair[1], str(pair[0])))
    ]
    rest, kept = 0, len(falling)
    while kept and rest < ENOUGH * first:
        kept -= 1
        rest += usual[falling[kept]]
    own = [[counts[label] for label in falling[:kept]] for counts in given]
    rows = [[*row, one.total() - sum(row)] for row, one in zip(own, given, strict=True)]
    return np.array(rows, dtype=float).reshape(len(given), kept + 1)


def _quantile(p: float, df: int) -> float:
    from scipy.special import chdtri

    return float(chdtri(df, p)) if df > 0 else 0.0


def _watched(table: "NDArray[Any]", limit: float, rules: Rules) -> list[Watched[_Shares]]:
    import numpy as np

    n = table.sum(axis=1, keepdims=True)

    def residuals(q: "NDArray[Any]", rows: slice) -> Any:
        return (table[rows] / n[rows] - q) * np.sqrt(n[rows] / q)

    def fit(count: int) -> _Shares:
        total = table[:count].sum(axis=0) + 0.5
        q = total / total.sum()
        if len(q) < 2:
            return _Shares(q, 1.0, count)
        z = residuals(q, slice(count)) / np.sqrt(1 - q)
        ranges = np.abs(np.diff(z, axis=0)).mean(axis=0) / MOVING_RANGE
        return _Shares(q, max(1.0, float(np.sqrt((ranges**2).mean()))), count)

    def score(shares: _Shares, index: int) -> Any:
        if len(shares.q) < 2:
            return None
        return residuals(shares.q, slice(index, index + 1))[0] / shares.scale

    def beyond(shares: _Shares, e: "NDArray[Any]", spread: float) -> tuple[float, float]:
        return float(e @ e) / (spread**2 + 1 / shares.points), limit

    return watch(len(table), rules, fit, score, beyond)
