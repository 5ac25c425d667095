"""Measure false alarms and delays of the CUSUM of one annotator's gold answers."""

import numpy as np

from benchmarks.validation.drift import CHANGE, HEADER, row
from benchmarks.validation.report import Section
from benchmarks.validation.run_lengths import (
    DrawChart,
    Generator,
    measure_delays,
    measure_false_alarms,
)
from labelpulse.stats.baseline import Point
from labelpulse.stats.cusum import llr_cusum

TEXT = """\
The usual accuracy, .92, is known; it falls by 12 points to .80. "10 ± 3 a day": a Poisson number of
gold items. The last two lines show what a wrong idea of the usual accuracy costs: judged as if .92,
somebody of .90 is accused four times as often, and somebody of .94 is found later. So the usual
accuracy wants to be the annotator's own, shrunk toward the team's, not a target."""


def gold(n: int, p0: float, p: float, fall: float, poisson: bool = False) -> DrawChart:
    """Simulate n gold items a day of accuracy p, charted against the usual accuracy p0."""

    def draw(rng: Generator, days: int, change: int | None):
        level = np.full(days, p)
        if change is not None:
            level[change:] -= fall
        items = rng.poisson(n, days) if poisson else np.full(days, n)
        right = rng.binomial(items, level)
        table = zip(range(738_001, 738_001 + days), items.tolist(), right.tolist(), strict=True)
        points = [Point(*day) for day in table]
        return lambda count: llr_cusum(points[:count], p0)

    return draw


CHARTS = {
    "10 a day": gold(10, 0.92, 0.92, 0.12),
    "10 ± 3 a day": gold(10, 0.92, 0.92, 0.12, poisson=True),
    "20 a day": gold(20, 0.92, 0.92, 0.12),
    "3 a day": gold(3, 0.92, 0.92, 0.12),
    "10 a day, falls by 20 points": gold(10, 0.92, 0.92, 0.20),
    "10 a day, usual accuracy .80, falls to .68": gold(10, 0.80, 0.80, 0.12),
    "10 a day, really .90": gold(10, 0.92, 0.90, 0.12),
    "10 a day, really .94": gold(10, 0.92, 0.94, 0.12),
}


def section(quick: bool) -> Section:
    """Run the simulations of the gold chart."""
    rows, lines = [], {}
    for i, (name, draw_chart) in enumerate(CHARTS.items()):
        runs = 20 if quick else 500
        false_alarms = measure_false_alarms(
            draw_chart, runs, 400 if quick else 4000, 0, 4000 + 10 * i
        )
        delays = measure_delays(draw_chart, runs, CHANGE, CHANGE, 4001 + 10 * i)
        rows.append(row(name, false_alarms, delays))
        if i in (0, 2, 3):
            lines[name] = [(d, float((np.array(delays.delays) <= d).mean())) for d in range(31)]
    axes = "days since the change", "share of annotators with an alarm"
    return Section("gold", "One annotator on gold", TEXT, HEADER, rows, lines, axes)
