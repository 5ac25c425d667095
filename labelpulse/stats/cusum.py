"""Has one annotator's accuracy on gold fallen? A likelihood-ratio CUSUM, for a few items a day."""

from collections.abc import Iterable, Iterator
from math import log

from labelpulse.stats.baseline import Point
from labelpulse.stats.drift import ChartPoint

FALL = 0.12
"""The fall of accuracy that is looked for."""
H = 4.0
"""The decision limit; with 10 gold items a day, about a year between false alarms."""
HIGHEST = 0.99
"""An accuracy of 1 would make the first mistake infinitely unlikely."""


def cusum(steps: Iterable[float], most: float = float("inf")) -> Iterator[float]:
    """Yield S = max(0, S + step), from 0 (E. S. Page 1954, Biometrika 41); at most `most`.

    >>> list(cusum([1.0, -3.0, 2.0, 2.0]))
    [1.0, 0.0, 2.0, 4.0]
    """
    total = 0.0
    for step in steps:
        total = min(most, max(0.0, total + step))
        yield total


def llr_cusum(
    points: Iterable[Point], p0: float, fall: float = FALL, h: float = H
) -> tuple[ChartPoint, ...]:
    """Return the CUSUM of log-likelihood ratios of accuracy p0 - fall against p0, by day.

    S = max(0, S + x ln(p₁/p₀) + (n-x) ln((1-p₁)/(1-p₀))), x right of n: of all tests with as many
    false alarms it is the fastest for a fall to p₁ (G. V. Moustakides 1986). S is capped at 2h, so
    that an alarm ends: when S is back at 0. The change is dated by the day after S last was 0.

    Args:
        points: of gold items seen for the first time, x = total; any n will do, no day is pooled.
        p0: usual accuracy, better a shrunk one than that of few items.
    """
    p0 = min(max(p0, 1 - HIGHEST), HIGHEST)
    p1 = max(p0 - fall, p0 / 2)
    right, wrong = log(p1 / p0), log((1 - p1) / (1 - p0))
    ordered = sorted(points, key=lambda point: point.day)
    sums = cusum((p.total * right + (p.n - p.total) * wrong for p in ordered), 2 * h)
    found: list[ChartPoint] = []
    since, episodes, alarm = None, 0, False
    for point, total in zip(ordered, sums, strict=True):
        since = (since or point.day) if total > 0 else None
        if total > h and not alarm:
            episodes, alarm = episodes + 1, True
        alarm = alarm and total > 0
        found.append(
            ChartPoint(
                day=point.day,
                value=point.total / point.n if point.n else None,
                n=point.n,
                statistic=total,
                limit=h,
                baseline=p0,
                alarm=alarm,
                episode=episodes if alarm else None,
                change_day=since if alarm else None,
            )
        )
    return tuple(found)
