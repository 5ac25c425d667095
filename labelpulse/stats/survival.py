"""How long things take when some are not finished yet: E. L. Kaplan & P. Meier 1958, JASA 53."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log, sqrt

from labelpulse.stats.intervals import Z95, Interval

Durations = Mapping[float, tuple[int, int]]
"""duration -> (how many ended after it, how many are still open that old)."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The share still open after each duration at which something ended.

    Attributes:
        times: rising; open: S(t) just after it.
        greenwood: Σ d/(n(n-d)), the variance of log S (M. Greenwood 1926); None once S is 0.
        n, ended: all things, and those that ended.
    """

    times: tuple[float, ...]
    open: tuple[float, ...]
    greenwood: tuple[float | None, ...]
    n: int
    ended: int


def kaplan_meier(durations: Durations) -> Curve:
    """Return the curve S(t) = Π (1 - d/n) over the durations up to t.

    n counts things open until just before; one still open at t outlasts those that ended at t.

    >>> curve = kaplan_meier({6: (3, 1), 7: (1, 0), 9: (0, 1), 10: (1, 14)})
    >>> [round(share, 3) for share in curve.open]  # the first steps of E. A. Gehan 1965, 6-MP
    [0.857, 0.807, 0.753]
    """
    n = at_risk = sum(ended + still for ended, still in durations.values())
    share, variance = 1.0, 0.0
    steps: list[tuple[float, float, float | None]] = []
    for time in sorted(durations):
        ended, still = durations[time]
        if ended:
            share *= 1 - ended / at_risk
            sure = ended == at_risk
            variance += 0.0 if sure else ended / (at_risk * (at_risk - ended))
            steps.append((time, share, None if sure else variance))
        at_risk -= ended + still
    times, open_, greenwood = zip(*steps, strict=True) if steps else ((), (), ())
    return Curve(times, open_, greenwood, n, sum(ended for ended, _ in durations.values()))


def open_after(curve: Curve, time: float) -> tuple[float, Interval | None] | None:
    """Return the share still open after a time, with its 95 % log-log interval; None without data.

    S^exp(±z se/log S), which stays inside 0-1 (J. D. Kalbfleisch & R. L. Prentice 1980). None for
    the interval where S is 0 or 1: Greenwood's variance says nothing there.
    """
    if not curve.n:
        return None
    at = bisect_right(curve.times, time) - 1
    if at < 0:
        return 1.0, None
    share, variance = curve.open[at], curve.greenwood[at]
    if variance is None:
        return share, None
    spread = exp(Z95 * sqrt(variance) / -log(share))
    return share, (share**spread, share ** (1 / spread))


@dataclass(frozen=True, slots=True)
class Quantile:
    """A duration and its 95 % interval; None where the curve, or its band, does not fall so low."""

    value: float | None
    low: float | None
    high: float | None


def quantile(curve: Curve, p: float) -> Quantile:
    """Return the duration within which the share p ends, such as .5 or .85.

    The first time with S(t) <= 1-p. The interval holds the times at which a log-log test does not
    tell S(t) from 1-p (R. Brookmeyer & J. Crowley 1982): from the first time whose band reaches
    down to 1-p to the first whose whole band is below.

    >>> leukemia = {6: (3, 1), 7: (1, 0), 9: (0, 1), 10: (1, 1), 11: (0, 1), 13: (1, 0)}
    >>> leukemia |= {16: (1, 0), 17: (0, 1), 19: (0, 1), 20: (0, 1), 22: (1, 0), 23: (1, 0)}
    >>> leukemia |= {25: (0, 1), 32: (0, 2), 34: (0, 1), 35: (0, 1)}
    >>> quantile(kaplan_meier(leukemia), 0.5)
    Quantile(value=23, low=13, high=None)
    """
    value = low = high = None
    for time, share in zip(curve.times, curve.open, strict=True):
        found = open_after(curve, time)
        band = found[1] if found else None
        bottom, top = band or (share, share)
        value = time if value is None and _below(share, 1 - p) else value
        low = time if low is None and _below(bottom, 1 - p) else low
        high = time if high is None and _below(top, 1 - p) and share != top else high
    return Quantile(value, low, high)


def _below(share: float, level: float) -> bool:
    return share <= level + 1e-12  # products of shares round
