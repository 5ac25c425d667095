"""Run an alert rule on noisy series of 1,000 steps with incidents of 60, 5 and 100 steps."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from labelpulse.alerts.conditions import Period, judge
from labelpulse.alerts.machine import NEW, Patience, step
from labelpulse.config import Alert

STEPS, SEEDS = 1_000, 300
INCIDENTS = ((200, 260), (500, 505), (700, 800))
CALM, LOW, SD, LINE = 0.87, 0.73, 0.042, 0.80
"""1.67 standard deviations within the line on calm steps, and beyond it in incidents."""


class Outcome(NamedTuple):
    """Alerts by seed and incident (`fires`), and by seed outside of incidents (`false`)."""

    fires: npt.NDArray[np.int64]
    false: npt.NDArray[np.int64]


def run_rule(periods: int, keep_firing: int, seeds: int = SEEDS) -> Outcome:
    """Run a rule `below = 0.80` on noisy series."""
    rule = Alert.model_validate({"name": "fell", "metric": "agreement_percent", "below": LINE})
    patience = Patience(periods, keep_firing)
    fires = np.zeros((seeds, len(INCIDENTS)), dtype=np.int64)
    false = np.zeros(seeds, dtype=np.int64)
    for seed in range(seeds):
        for at in _fired_days(rule, patience, series(seed)):
            hit = [a <= at < b for a, b in INCIDENTS]
            if any(hit):
                fires[seed, hit.index(True)] += 1
            else:
                false[seed] += 1
    return Outcome(fires, false)


def series(seed: int) -> npt.NDArray[np.float64]:
    """Simulate one noisy series."""
    level = np.full(STEPS, CALM)
    for first, end in INCIDENTS:
        level[first:end] = LOW
    return np.random.default_rng(seed).normal(level, SD)


def _fired_days(rule: Alert, patience: Patience, values: npt.NDArray[np.float64]) -> list[int]:
    days, at = [], NEW
    for day, value in enumerate(values.tolist()):
        row = {"value": value, "low": None, "high": None, "n": 200, "note": None}
        after = step(at, judge(rule, Period(day, row)), patience)
        if after.fires and not at.fires:
            days.append(day)
        at = after
    return days
