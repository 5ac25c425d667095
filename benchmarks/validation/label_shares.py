"""Measure false alarms and delays of the chart of label shares."""

import numpy as np

from benchmarks.validation.drift import CHANGE, HEADER, HORIZON, row
from benchmarks.validation.report import Section
from benchmarks.validation.run_lengths import (
    DrawChart,
    Generator,
    measure_delays,
    measure_false_alarms,
)
from labelpulse.stats.baseline import RULES
from labelpulse.stats.mix import mix_chart

FIVE = np.array([0.35, 0.25, 0.2, 0.12, 0.08])
SHIFTED = np.array([0.28, 0.25, 0.2, 0.16, 0.11])
"""Population stability index .035."""
TWENTY = 1 / np.arange(1, 21)
TEXT = """\
Labels are drawn anew each day, with the shares of the baseline until the change. "Day effect":
the shares of a day are a Dirichlet draw that makes daily counts vary as if there were half as
many answers. The baseline is estimated as for the other charts. The shift has a population
stability index (PSI) of .035, far below the customary .1 or .2."""


def labels(n: int, before: np.ndarray, after: np.ndarray, together: float = 0.0) -> DrawChart:
    """Simulate n labels a day; `together` is the sum of the Dirichlet, 0 without a day effect."""

    def draw(rng: Generator, days: int, change: int | None):
        split = days if change is None else change
        shares = np.vstack([np.tile(before, (split, 1)), np.tile(after, (days - split, 1))])
        if together:
            drawn = rng.standard_gamma(shares * together)
            shares = drawn / drawn.sum(axis=1, keepdims=True)
        counts = rng.multinomial(n, shares).tolist()
        counts_by_day = {
            738_001 + i: dict(enumerate(day_counts)) for i, day_counts in enumerate(counts)
        }
        return lambda count: mix_chart(dict(list(counts_by_day.items())[:count]))

    return draw


def section(quick: bool) -> Section:
    """Run the simulations of the label chart."""
    twenty = TWENTY / TWENTY.sum()
    shifted = twenty + np.array([-0.08, 0, 0, 0.04, 0.04, *[0] * 15])
    charts = {
        "5 labels, 200 answers a day": labels(200, FIVE, SHIFTED),
        "… with a day effect": labels(200, FIVE, SHIFTED, 199),
        "20 labels (1/k), 200 a day, 8 points from the first": labels(200, twenty, shifted),
        "5 labels, 40 answers a day": labels(40, FIVE, SHIFTED),
        "2 labels, 200 a day, .9 → .85": labels(200, np.array([0.9, 0.1]), np.array([0.85, 0.15])),
    }
    rows, lines = [], {}
    for i, (name, draw_chart) in enumerate(charts.items()):
        runs = 10 if quick else 200
        false_alarms = measure_false_alarms(
            draw_chart, runs, 400 if quick else HORIZON // 2, RULES.first, 2000 + 10 * i
        )
        delays = measure_delays(draw_chart, runs, CHANGE, CHANGE, 2001 + 10 * i)
        rows.append(row(name, false_alarms, delays))
        lines[name] = [(d, float((np.array(delays.delays) <= d).mean())) for d in range(31)]
    axes = "days since the change", "share of series with an alarm"
    return Section("label_shares", "Label shares", TEXT, HEADER, rows, lines, axes)
