"""Measure run lengths of the charts of the product on simulated days.

A run length is the number of points from the start of monitoring to the first alarm. A run without
an alarm counts as if it had one at the horizon, so that means are lower bounds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from labelpulse.stats.drift import ChartPoint

Generator = np.random.Generator
DrawChart = Callable[[Generator, int, int | None], Callable[[int], tuple[ChartPoint, ...]]]
"""(rng, days, index of the first changed day) -> (number of days -> chart of these days)."""


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Run lengths without a change."""

    lengths: Sequence[int]

    @property
    def mean(self) -> float:
        """Return the mean run length."""
        return float(np.mean(self.lengths))

    @property
    def error(self) -> float:
        """Return the standard error of the mean."""
        return float(np.std(self.lengths)) / sqrt(len(self.lengths))

    @property
    def median(self) -> float:
        """Return the median run length."""
        return float(np.median(self.lengths))

    def within(self, days: int) -> float:
        """Return the share of runs with a false alarm in the first `days` days."""
        return float(np.mean(np.array(self.lengths) <= days))


@dataclass(frozen=True, slots=True)
class Delays:
    """After a change: days until the alarm (1: on the first day) and errors of the date in days."""

    delays: Sequence[int]
    errors: Sequence[int]

    @property
    def mean(self) -> float:
        """Return the mean delay."""
        return float(np.mean(self.delays))

    def delay_at(self, p: float) -> float:
        """Return a quantile of the delay."""
        return float(np.quantile(self.delays, p))

    def error_at(self, p: float) -> float:
        """Return a quantile of the error of the date."""
        return float(np.quantile(np.abs(self.errors), p)) if self.errors else float("nan")


def measure_false_alarms(
    draw_chart: DrawChart, runs: int, horizon: int, start: int, seed: int
) -> FalseAlarms:
    """Measure run lengths without a change, from point `start` on."""
    rng = np.random.default_rng(seed)
    alarms = (_run_length(draw_chart(rng, horizon, None), horizon) for _ in range(runs))
    return FalseAlarms([alarm - start for alarm in alarms])


def _run_length(chart: Callable[[int], tuple[ChartPoint, ...]], horizon: int) -> int:
    """Return the day of the first alarm. Fewer days are tried first, since most runs are short."""
    for days in (400, 1600, horizon):
        for number, row in enumerate(chart(min(days, horizon)), 1):
            if row.alarm:
                return number
    return horizon


def measure_delays(
    draw_chart: DrawChart, runs: int, change: int, patience: int, seed: int
) -> Delays:
    """Measure delays after a change. Runs with an alarm before it are left out."""
    rng = np.random.default_rng(seed)
    delays, errors = [], []
    for _ in range(runs):
        rows = draw_chart(rng, change + patience, change)(change + patience)
        at = next((i for i, row in enumerate(rows) if row.alarm), None)
        if at is None:
            delays.append(patience)
        elif at >= change:
            delays.append(at - change + 1)
            if (day := rows[at].change_day) is not None:
                errors.append(day - rows[change].day)
    return Delays(delays, errors)
