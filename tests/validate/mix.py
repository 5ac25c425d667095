"""The chart of label shares: false alarms, and how soon it finds a shift."""

import numpy as np

from labelpulse.stats.baseline import RULES
from labelpulse.stats.mix import mix_chart
from tests.validate.drift import CHANGE, HEADER, HORIZON, row
from tests.validate.report import Section
from tests.validate.simulate import Chart, Generator, found, quiet

FIVE = np.array([0.35, 0.25, 0.2, 0.12, 0.08])
SHIFTED = np.array([0.28, 0.25, 0.2, 0.16, 0.11])
"""Population stability index .035."""
TWENTY = 1 / np.arange(1, 21)
TEXT = """\
Labels are drawn anew each day, with the shares of the baseline until the change. "Day effect":
the shares of a day are a Dirichlet draw that makes daily counts vary as if there were half as
many answers. The baseline is estimated as for the other charts. The shift has a population
stability index (PSI) of .035, far below the customary .1 or .2."""


def labels(n: int, before: np.ndarray, after: np.ndarray, together: float = 0.0) -> Chart:
    """Return charts of n labels a day; together: the Dirichlet's sum, 0 without a day effect."""

    def draw(rng: Generator, days: int, change: int | None):
        split = days if change is None else change
        shares = np.vstack([np.tile(before, (split, 1)), np.tile(after, (days - split, 1))])
        if together:
            drawn = rng.standard_gamma(shares * together)
            shares = drawn / drawn.sum(axis=1, keepdims=True)
        counts = rng.multinomial(n, shares).tolist()
        given = {738_001 + i: dict(enumerate(one)) for i, one in enumerate(counts)}
        return lambda count: mix_chart(dict(list(given.items())[:count]))

    return draw


def section(quick: bool) -> Section:
    """Return the label chart's false alarms and delays."""
    twenty = TWENTY / TWENTY.sum()
    moved = twenty + np.array([-0.08, 0, 0, 0.04, 0.04, *[0] * 15])
    charts = {
        "5 labels, 200 answers a day": labels(200, FIVE, SHIFTED),
        "… with a day effect": labels(200, FIVE, SHIFTED, 199),
        "20 labels (1/k), 200 a day, 8 points from the first": labels(200, twenty, moved),
        "5 labels, 40 answers a day": labels(40, FIVE, SHIFTED),
        "2 labels, 200 a day, .9 → .85": labels(200, np.array([0.9, 0.1]), np.array([0.85, 0.15])),
    }
    rows, lines = [], {}
    for i, (name, draw) in enumerate(charts.items()):
        runs = 10 if quick else 200
        calm = quiet(draw, runs, 400 if quick else HORIZON // 2, RULES.first, 2000 + 10 * i)
        after = found(draw, runs, CHANGE, CHANGE, 2001 + 10 * i)
        rows.append(row(name, calm, after))
        lines[name] = [(d, float((np.array(after.delays) <= d).mean())) for d in range(31)]
    axes = "days since the change", "share of series with an alarm"
    return Section("mix", "Label shares", TEXT, HEADER, rows, lines, axes)
