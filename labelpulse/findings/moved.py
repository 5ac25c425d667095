"""How far a number moved with a change: one difference, with the interval that belongs to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

from labelpulse.core import formats
from labelpulse.findings.alarms import Alarm
from labelpulse.findings.assess import agreement_metric
from labelpulse.findings.selection import Days, Selection
from labelpulse.findings.tiles import between
from labelpulse.metrics.registry import METRICS
from labelpulse.stats.intervals import Interval, difference

BEFORE = 28
"""Days before a change that are compared with those since."""

LEVELS: Mapping[str, str] = MappingProxyType(
    {
        "gold_drift": "gold_accuracy",
        "label_mix_drift": "label_share",
        "time_spent_drift": "time_spent_median",
    }
)
"""Drift metric -> the level behind it; that of agreement goes by the kind of answers."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The level of the days before a change and that of the days since, none of them smoothed.

    Attributes:
        interval: 95 % of since less before. sure: the intervals of both, with n, in words.
    """

    before: float
    since: float
    interval: Interval
    unit: str
    sure: str

    @property
    def change(self) -> str:
        """How far it moved, in words."""
        return formats.change(self.before, self.since, self.unit)

    @property
    def ends(self) -> str:
        """The interval of how far it moved, in words."""
        return between(*self.interval, self.unit)

    @property
    def levels(self) -> str:
        """From which level to which, in words."""
        return arrow(self.before, self.since, self.unit)


def arrow(before: float, now: float, unit: str) -> str:
    r"""Return from which level to which.

    >>> arrow(0.92, 0.76, "share")
    '92\xa0% → 76\xa0%'
    """
    return f"{formats.value(before, unit)} → {formats.value(now, unit)}"


def counted_interval(low: float | None, high: float | None, n: int, unit: str = "share") -> str:
    r"""Return an interval with the n that it rests on; n alone where its ends read alike.

    >>> counted_interval(0.72, 0.83, 1431), counted_interval(0.8, 0.8, 9)
    ('72–83\xa0% (n 1,431)', '(n 9)')
    """
    return f"{formats.interval(low, high, unit)} (n {formats.count(n)})".strip()


def sides(alarm: Alarm) -> tuple[Days, Days]:
    """Return the days before a change and those since."""
    last = alarm.since - timedelta(days=1)
    return (last - timedelta(days=BEFORE - 1), last), (alarm.since, alarm.until)


def moved(
    selection: Selection, metric: str, alarm: Alarm, where: Sequence[str] = ()
) -> Moved | None:
    """Return how far a drift metric's level moved; None = not known with an interval.

    A change that the chart shows of all teams is asked of all teams, whichever is chosen. Where
    the level of the days went another way than the smoothed line, nothing is made of it.
    """
    level = agreement_metric(selection) if metric == "agreement_drift" else LEVELS.get(metric)
    if level is None or alarm.usual is None or alarm.now is None:
        return None
    asked = selection if selection.by_team(metric) else replace(selection, team=None)
    rows = [asked.one(level, days=days, where=where) for days in sides(alarm)]
    known = [row for row in rows if row is not None and row["low"] is not None]
    if len(known) < len(rows):
        return None
    first, second = ((row["value"], (row["low"], row["high"])) for row in known)
    if (second[0] < first[0]) != (alarm.now < alarm.usual):
        return None
    unit = METRICS[level].unit
    old, new = (counted_interval(row["low"], row["high"], row["n"], unit) for row in known)
    sure = f"95 % intervals {new} and {old}"
    return Moved(first[0], second[0], difference(first, second), unit, sure)
