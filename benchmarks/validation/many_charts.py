"""Measure false alarms of many charts with and without the Benjamini-Hochberg procedure."""

import numpy as np

from benchmarks.validation.report import Section
from labelpulse.stats.discovery import benjamini_hochberg, two_sided

SERIES, TRUE, SHIFT = 250, 5, 4.0
TEXT = f"""\
{SERIES} standard scores a day without any change, and with {TRUE} of them {SHIFT:g} standard
deviations away. Power: the share of these that is found; false: the share of what is found that is
none."""


def section(quick: bool) -> Section:
    """Run the simulations of many charts."""
    days = 100 if quick else 4000
    rng = np.random.default_rng(7000)
    scores = rng.standard_normal((days, SERIES))
    shifted = scores.copy()
    shifted[:, :TRUE] += SHIFT
    rules = {
        "beyond 3": lambda row: np.abs(row) > 3,
        "beyond 3.5": lambda row: np.abs(row) > 3.5,
        "Bonferroni .05": lambda row: two_sided(row) < 0.05 / SERIES,
        "Benjamini-Hochberg .05": lambda row: benjamini_hochberg(two_sided(row), 0.05),
        "Benjamini-Hochberg .1": lambda row: benjamini_hochberg(two_sided(row), 0.1),
    }
    rows = []
    for name, rule in rules.items():
        false_alarms = np.array([rule(row).sum() for row in scores])
        hits = np.array([rule(row) for row in shifted])
        right, all_ = hits[:, :TRUE].sum(axis=1), hits.sum(axis=1)
        false = ((all_ - right) / np.maximum(all_, 1)).mean()
        rows.append(
            [name, f"{false_alarms.mean():.3f}", f"{right.mean() / TRUE:.0%}", f"{false:.0%}"]
        )
    header = ("rule", "false alarms a day", "power", "false among found")
    return Section("many_charts", "Many charts at once", TEXT, header, rows)
