"""The CUSUM of one annotator's gold answers: false alarms and delay."""

import numpy as np

from labelpulse.stats.baseline import Point
from labelpulse.stats.cusum import llr_cusum
from tests.validate.drift import CHANGE, HEADER, row
from tests.validate.report import Section
from tests.validate.simulate import Chart, Generator, found, quiet

TEXT = """\
The usual accuracy, .92, is known; it falls by 12 points to .80. "10 ± 3 a day": a Poisson number of
gold items. The last two lines show what a wrong idea of the usual accuracy costs: judged as if .92,
somebody of .90 is accused four times as often, and somebody of .94 is found later. So the usual
accuracy wants to be the annotator's own, shrunk toward the team's, not a target."""


def gold(n: int, p0: float, p: float, fall: float, poisson: bool = False) -> Chart:
    """Return charts of n gold items a day that are right with chance p, judged as if p0."""

    def draw(rng: Generator, days: int, change: int | None):
        level = np.full(days, p)
        if change is not None:
            level[change:] -= fall
        items = rng.poisson(n, days) if poisson else np.full(days, n)
        right = rng.binomial(items, level)
        table = zip(range(738_001, 738_001 + days), items.tolist(), right.tolist(), strict=True)
        points = [Point(*one) for one in table]
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
    """Return the gold chart's false alarms and delays."""
    rows, lines = [], {}
    for i, (name, draw) in enumerate(CHARTS.items()):
        runs = 20 if quick else 500
        calm = quiet(draw, runs, 400 if quick else 4000, 0, 4000 + 10 * i)
        after = found(draw, runs, CHANGE, CHANGE, 4001 + 10 * i)
        rows.append(row(name, calm, after))
        if i in (0, 2, 3):
            lines[name] = [(d, float((np.array(after.delays) <= d).mean())) for d in range(31)]
    axes = "days since the change", "share of annotators with an alarm"
    return Section("gold", "One annotator on gold", TEXT, HEADER, rows, lines, axes)
