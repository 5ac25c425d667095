"""Measure how often the 95% interval of a change before and after a marker holds."""

from dataclasses import dataclass

import numpy as np

from benchmarks.validation.intervals import (
    EFFECTS,
    extremes,
    finish_metric,
    group,
    rollups,
    simulate_answers,
    simulate_gold_accuracy,
)
from benchmarks.validation.report import Section
from benchmarks.validation.run_lengths import Generator
from labelpulse.core.estimate import Estimate
from labelpulse.metrics.samples import MIN_DAYS
from labelpulse.reader.markers import change

ITEMS = 50
METRICS = ("agreement_percent", "gold_accuracy")
PERIODS = ((2, 2), (4, 4), (5, 5), (7, 7), (14, 14), (28, 28), (28, 5))
"""Days before, days after."""
TEXT = f"""\
{ITEMS} items of two answers a day, and {ITEMS} gold items of one annotator a day, before and after
a marker, with the interval that `labelpulse mark` gives the change. Nothing changed, so the
interval should hold 0. With {MIN_DAYS} days or more on each side days are the draws (t with Welch
and Satterthwaite's degrees of freedom): there .93 to .97 must hold, whatever the day effect. With
fewer there are only the items' own intervals, and for gold Wilson's, joined by square-and-add; they
do not know of day effects, so that with such effects a change is called one too easily. The row of
the marker then notes that the days are too few to tell how days differ."""
HEADER = ("days before, after", "day effect", "percent", "mean width", "gold", "mean width")


def side(rng: Generator, name: str, days: int, effect: float) -> Estimate:
    """Simulate a metric over some days."""
    if name == "gold_accuracy":
        return simulate_gold_accuracy(rng, days, ITEMS, effect)
    return finish_metric(name, group(rollups(simulate_answers(rng, days, ITEMS, 2, effect))))


@dataclass(frozen=True, slots=True)
class Coverage:
    """Coverage and mean width of intervals when nothing changed."""

    coverage: float
    width: float
    error: float


def measure(name: str, days: tuple[int, int], effect: float, runs: int) -> Coverage:
    """Measure the intervals of simulated markers."""
    rng = np.random.default_rng([5000, METRICS.index(name), *days, round(1000 * effect)])
    held, width = 0, 0.0
    for _ in range(runs):
        before, after = (side(rng, name, length, effect) for length in days)
        (low, high), _ = change(before, after)
        assert low is not None
        assert high is not None
        held, width = held + (low <= 0 <= high), width + high - low
    p = held / runs
    return Coverage(p, width / runs, (p * (1 - p) / runs) ** 0.5)


def section(quick: bool) -> Section:
    """Run the simulations of markers."""
    runs = 20 if quick else 2000
    rows, coverages = [], []
    lines: dict[str, list[tuple[float, float]]] = {}
    for effect in EFFECTS:
        for days in PERIODS:
            results = [measure(name, days, effect, runs) for name in METRICS]
            cells = [
                cell
                for result in results
                for cell in (f"{result.coverage:.3f} ± {result.error:.3f}", f"{result.width:.3f}")
            ]
            rows.append([f"{days[0]}, {days[1]}", f"{effect:g}", *cells])
            if min(days) >= MIN_DAYS:
                coverages += [
                    (name, result.coverage) for name, result in zip(METRICS, results, strict=True)
                ]
            if days[0] == days[1]:
                line = lines.setdefault(f"percent, day effect {effect:g}", [])
                line.append((days[0], results[0].coverage))
    axes = "days before and after", "coverage of the 95 % interval"
    title = "Before and after a marker"
    requirements = extremes(coverages, "a change")
    return Section("periods", title, TEXT, HEADER, rows, lines, axes, requirements, frame=(0.5, 1))
