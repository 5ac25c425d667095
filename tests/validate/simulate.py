"""Run lengths of the charts that people see, on simulated days.

A run length is the number of points from the start of monitoring to the first alarm. Runs that
saw none by the horizon count as if they had one there, so that means are lower bounds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from labelpulse.stats.drift import ChartPoint

Generator = np.random.Generator
Chart = Callable[[Generator, int, int | None], Callable[[int], tuple[ChartPoint, ...]]]
"""(chance, days, index of the first changed day) -> (first so many days -> their chart)."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Run lengths while nothing changes."""

    lengths: Sequence[int]

    @property
    def mean(self) -> float:
        return float(np.mean(self.lengths))

    @property
    def error(self) -> float:
        return float(np.std(self.lengths)) / sqrt(len(self.lengths))

    @property
    def median(self) -> float:
        return float(np.median(self.lengths))

    def within(self, days: int) -> float:
        """Return the share of runs with a false alarm in the first so many days."""
        return float(np.mean(np.array(self.lengths) <= days))


@dataclass(frozen=True, slots=True)
class Found:
    """After a change: days until the alarm (1: on the first day), days that the date was off."""

    delays: Sequence[int]
    errors: Sequence[int]

    @property
    def mean(self) -> float:
        return float(np.mean(self.delays))

    def delay_at(self, p: float) -> float:
        return float(np.quantile(self.delays, p))

    def error_at(self, p: float) -> float:
        return float(np.quantile(np.abs(self.errors), p)) if self.errors else float("nan")


def quiet(draw: Chart, runs: int, horizon: int, start: int, seed: int) -> Quiet:
    """Return run lengths without a change; `start` points are no part of them."""
    rng = np.random.default_rng(seed)
    alarms = (_first_alarm(draw(rng, horizon, None), horizon) for _ in range(runs))
    return Quiet([alarm - start for alarm in alarms])


def _first_alarm(chart: Callable[[int], tuple[ChartPoint, ...]], horizon: int) -> int:
    """Return which day has the first alarm, from ever more days, since most runs are short."""
    for days in (400, 1600, horizon):
        for number, row in enumerate(chart(min(days, horizon)), 1):
            if row.alarm:
                return number
    return horizon


def found(draw: Chart, runs: int, change: int, patience: int, seed: int) -> Found:
    """Return what became of a change; runs with an alarm before it are left out."""
    rng = np.random.default_rng(seed)
    delays, errors = [], []
    for _ in range(runs):
        rows = draw(rng, change + patience, change)(change + patience)
        at = next((i for i, row in enumerate(rows) if row.alarm), None)
        if at is None:
            delays.append(patience)
        elif at >= change:
            delays.append(at - change + 1)
            if (day := rows[at].change_day) is not None:
                errors.append(day - rows[change].day)
    return Found(delays, errors)
