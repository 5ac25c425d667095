"""Before and after a marker: how often the 95 % interval of `labelpulse mark` holds the change."""

import numpy as np

from labelpulse.metrics.registry import metric
from labelpulse.stats.intervals import Interval, difference
from tests.validate.intervals import answered, group, rollups
from tests.validate.report import Section
from tests.validate.simulate import Generator

ITEMS = 50
TEXT = f"""\
Percent agreement of {ITEMS} items of two answers a day, with the interval of each side, put
together as `labelpulse mark` does. Nothing changed, so the interval should hold 0. The days' own
scatter is used from 5 days on each side; with fewer there is only the items', which does not know
of day effects: there its coverage falls."""


def side(rng: Generator, days: int, effect: float) -> tuple[float, Interval]:
    """Return the agreement of some days, and its interval."""
    ((_, found),) = metric("agreement_percent").finish(
        group(rollups(answered(rng, days, ITEMS, 2, effect)))
    )
    value, low, high = found.value, found.low, found.high
    assert isinstance(value, float)
    assert isinstance(low, float)
    assert isinstance(high, float)
    return value, (low, high)


def measure(days: int, effect: float, runs: int, seed: int) -> tuple[float, float]:
    """Return coverage and mean width."""
    rng = np.random.default_rng(seed)
    found = [difference(side(rng, days, effect), side(rng, days, effect)) for _ in range(runs)]
    held = sum(low <= 0 <= high for low, high in found)
    return held / runs, sum(high - low for low, high in found) / runs


def section(quick: bool) -> Section:
    """Return the coverage of the interval of a change."""
    runs = 20 if quick else 1000
    rows, lines = [], {}
    for j, effect in enumerate((0.0, 0.03, 0.05)):
        found = [(n, *measure(n, effect, runs, 5000 + 10 * n + j)) for n in (2, 4, 5, 7, 14, 28)]
        for count, coverage, width in found:
            error = (coverage * (1 - coverage) / runs) ** 0.5
            rows.append([f"{count} days each, day effect {effect:g}",
                         f"{coverage:.3f} ± {error:.3f}", f"{width:.3f}"])  # fmt: skip
        lines[f"day effect {effect:g}"] = [(n, coverage) for n, coverage, _ in found]
    header = ("periods", "coverage", "mean width")
    axes = "days before and after", "coverage of the 95 % interval"
    title = "Before and after a marker"
    return Section("periods", title, TEXT, header, rows, lines, axes, frame=(0.5, 1))
