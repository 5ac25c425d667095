"""Before and after a marker: how often the 95 % interval holds the true change."""

import numpy as np

from labelpulse.stats.baseline import Point
from labelpulse.stats.periods import before_after
from tests.validate.report import Section
from tests.validate.simulate import Generator

RATE, RISE, ITEMS = 0.85, 0.03, 200
TEXT = f"""\
{ITEMS} items a day, .85 before and .88 after. The days' own scatter is used from 5 days on each
side; with fewer there is only the items' (Newcombe's interval), which does not know of day effects:
there its coverage falls, and the product says which of the two it shows."""


def days(rng: Generator, count: int, rate: float, day_effect: float) -> list[Point]:
    """Return days of yes-or-no items."""
    levels = np.clip(rate + rng.normal(0, day_effect, count), 0, 1)
    totals = rng.binomial(ITEMS, levels).tolist()
    return [Point(738_001 + i, ITEMS, total) for i, total in enumerate(totals)]


def measure(count: int, day_effect: float, runs: int, seed: int) -> tuple[float, float, str]:
    """Return coverage, mean width and the method."""
    rng = np.random.default_rng(seed)
    held, width, method = 0, 0.0, ""
    for _ in range(runs):
        before, after = (days(rng, count, p, day_effect) for p in (RATE, RATE + RISE))
        one = before_after(before, after)
        low, high = one.interval or (0.0, 0.0)
        held, width, method = held + (low <= RISE <= high), width + high - low, one.method
    return held / runs, width / runs, method


def section(quick: bool) -> Section:
    """Return the coverage of the interval of a change."""
    runs = 50 if quick else 3000
    rows, lines = [], {}
    for j, effect in enumerate((0.0, 0.02, 0.05)):
        found = [(n, *measure(n, effect, runs, 5000 + 10 * n + j)) for n in (2, 4, 5, 7, 14, 28)]
        for count, coverage, width, method in found:
            error = (coverage * (1 - coverage) / runs) ** 0.5
            rows.append([f"{count} days each, day effect {effect:g}", method,
                         f"{coverage:.3f} ± {error:.3f}", f"{width:.3f}"])  # fmt: skip
        lines[f"day effect {effect:g}"] = [(n, coverage) for n, coverage, _, _ in found]
    header = ("periods", "from", "coverage", "mean width")
    axes = "days before and after", "coverage of the 95 % interval"
    title = "Before and after a marker"
    return Section("periods", title, TEXT, header, rows, lines, axes, frame=(0.5, 1))
