"""Measure how often the cause of a change, quality or mix, is identified."""

import numpy as np

from benchmarks.validation.report import Section
from benchmarks.validation.run_lengths import Generator
from labelpulse.stats.causes import cause

RATES = np.array([0.95, 0.9, 0.85, 0.75, 0.6])
USUAL = np.full(5, 0.2)
HARDER = np.array([0.05, 0.1, 0.2, 0.25, 0.4])
TEXT = """\
Five batches of rates .95 to .60; 28 days of 200 items before the change, some days after it. The
change is one of quality (every batch loses 9 points), of mix (harder batches come in, which costs
9 points, too), half of each, or none. Annotators are a second family of strata, in which nothing
shifts. Right is: quality, mix, unclear, unclear."""


def simulate_period(rng: Generator, n: int, shares: np.ndarray, rates: np.ndarray):
    """Return items and the sum of their scores by batch and, at random, by annotator."""
    items = rng.multinomial(n, shares)
    right = rng.binomial(items, rates)
    people = rng.multinomial(n, np.full(4, 0.25))
    good = rng.multivariate_hypergeometric(people, int(right.sum()))
    return (
        dict(enumerate(zip(items.tolist(), right.tolist(), strict=True))),
        dict(enumerate(zip(people.tolist(), good.tolist(), strict=True))),
    )


def verdict_shares(quality: float, mix: float, days: int, runs: int, seed: int) -> dict[str, float]:
    """Return the share of each verdict. `quality` and `mix` are parts of a change of 9 points."""
    rng = np.random.default_rng(seed)
    verdicts = {"quality": 0.0, "mix": 0.0, "unclear": 0.0}
    shares = USUAL + mix * (HARDER - USUAL)
    for _ in range(runs):
        before = simulate_period(rng, 28 * 200, USUAL, RATES)
        after = simulate_period(rng, days * 200, shares, RATES - 0.09 * quality)
        families = dict(zip(("batch", "annotator"), zip(before, after, strict=True), strict=True))
        verdicts[cause(families).verdict] += 1 / runs
    return verdicts


def section(quick: bool) -> Section:
    """Run the simulations of causes."""
    runs = 50 if quick else 1000
    kinds = {"quality": (1, 0), "mix": (0, 1), "half of each": (0.5, 0.5), "none": (0, 0)}
    rows, lines = [], {}
    for i, (name, (quality, mix)) in enumerate(kinds.items()):
        drawn = []
        for days in (1, 3, 7, 14):
            verdicts = verdict_shares(quality, mix, days, runs, 6000 + 100 * i + days)
            rows.append([f"{name}, {days} days after", *(f"{p:.0%}" for p in verdicts.values())])
            drawn.append((days, verdicts["unclear"]))
        lines[name] = drawn
    header = ("change", "quality", "mix", "unclear")
    axes = "days after the change", 'share of "unclear"'
    return Section("causes", "Quality or mix", TEXT, header, rows, lines, axes, frame=(0, 1))
