"""Quality or mix: how often the cause of a change is told, and told right."""

import numpy as np

from labelpulse.stats.causes import cause
from tests.validate.report import Section
from tests.validate.simulate import Generator

RATES = np.array([0.95, 0.9, 0.85, 0.75, 0.6])
USUAL = np.full(5, 0.2)
HARDER = np.array([0.05, 0.1, 0.2, 0.25, 0.4])
TEXT = """\
Five batches of rates .95 to .60; 28 days of 200 items before the change, some days after it. The
change is one of quality (every batch loses 9 points), of mix (harder batches come in, which costs
9 points, too), half of each, or none. Annotators are a second family of strata, in which nothing
shifts. Right is: quality, mix, unclear, unclear."""


def sums(rng: Generator, n: int, shares: np.ndarray, rates: np.ndarray):
    """Return by batch, and by annotator at random, items and the sum of their scores."""
    items = rng.multinomial(n, shares)
    right = rng.binomial(items, rates)
    people = rng.multinomial(n, np.full(4, 0.25))
    good = rng.multivariate_hypergeometric(people, int(right.sum()))
    return (
        dict(enumerate(zip(items.tolist(), right.tolist(), strict=True))),
        dict(enumerate(zip(people.tolist(), good.tolist(), strict=True))),
    )


def verdicts(quality: float, mix: float, days: int, runs: int, seed: int) -> dict[str, float]:
    """Return the share of each verdict; quality, mix: how much of 9 points each takes."""
    rng = np.random.default_rng(seed)
    told = {"quality": 0.0, "mix": 0.0, "unclear": 0.0}
    shares = USUAL + mix * (HARDER - USUAL)
    for _ in range(runs):
        before = sums(rng, 28 * 200, USUAL, RATES)
        after = sums(rng, days * 200, shares, RATES - 0.09 * quality)
        families = dict(zip(("batch", "annotator"), zip(before, after, strict=True), strict=True))
        told[cause(families).verdict] += 1 / runs
    return told


def section(quick: bool) -> Section:
    """Return how often causes are told."""
    runs = 50 if quick else 1000
    kinds = {"quality": (1, 0), "mix": (0, 1), "half of each": (0.5, 0.5), "none": (0, 0)}
    rows, lines = [], {}
    for i, (name, (quality, mix)) in enumerate(kinds.items()):
        drawn = []
        for days in (1, 3, 7, 14):
            told = verdicts(quality, mix, days, runs, 6000 + 100 * i + days)
            rows.append([f"{name}, {days} days after", *(f"{p:.0%}" for p in told.values())])
            drawn.append((days, told["unclear"]))
        lines[name] = drawn
    header = ("change", "quality", "mix", "unclear")
    axes = "days after the change", 'share of "unclear"'
    return Section("causes", "Quality or mix", TEXT, header, rows, lines, axes, frame=(0, 1))
