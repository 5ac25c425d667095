"""Many charts looked at together: false alarms a day with and without Benjamini and Hochberg."""

import numpy as np

from labelpulse.stats.discovery import benjamini_hochberg, two_sided
from tests.validate.report import Section

SERIES, TRUE, SHIFT = 250, 5, 4.0
TEXT = f"""\
{SERIES} standard scores a day without any change, and with {TRUE} of them {SHIFT:g} standard
deviations away. Power: the share of these that is found; false: the share of what is found that is
none."""


def section(quick: bool) -> Section:
    """Return false alarms of many series and the power to find true ones."""
    days = 100 if quick else 4000
    rng = np.random.default_rng(7000)
    z = rng.standard_normal((days, SERIES))
    moved = z.copy()
    moved[:, :TRUE] += SHIFT
    rules = {
        "beyond 3": lambda row: np.abs(row) > 3,
        "beyond 3.5": lambda row: np.abs(row) > 3.5,
        "Bonferroni .05": lambda row: two_sided(row) < 0.05 / SERIES,
        "Benjamini-Hochberg .05": lambda row: benjamini_hochberg(two_sided(row), 0.05),
        "Benjamini-Hochberg .1": lambda row: benjamini_hochberg(two_sided(row), 0.1),
    }
    rows = []
    for name, rule in rules.items():
        calm = np.array([rule(row).sum() for row in z])
        hits = np.array([rule(row) for row in moved])
        right, all_ = hits[:, :TRUE].sum(axis=1), hits.sum(axis=1)
        false = ((all_ - right) / np.maximum(all_, 1)).mean()
        rows.append([name, f"{calm.mean():.3f}", f"{right.mean() / TRUE:.0%}", f"{false:.0%}"])
    header = ("rule", "false alarms a day", "power", "false among found")
    return Section("many", "Many charts at once", TEXT, header, rows)
