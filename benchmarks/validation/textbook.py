"""Compare simulated run lengths of textbook charts with those of the integral equations."""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt
from typing import Any

import numpy as np
from scipy.special import ndtr

from benchmarks.validation.report import Requirement, Section
from labelpulse.stats.watch import Ewma

Step = Callable[[Any], Any]
"""Standard scores of one day by run -> which runs are beyond their limit."""
MOST = 20_000
NODES = 60


def shewhart(limit: float) -> Step:
    """Build Shewhart's chart of single values."""
    return lambda z: np.abs(z) > limit


def two_sided_cusum(k: float, h: float) -> Step:
    """Build Page's tabular two-sided CUSUM."""
    high, low = 0.0, 0.0

    def step(z: Any) -> Any:
        nonlocal high, low
        high, low = np.maximum(0, high + z - k), np.maximum(0, low - z - k)
        return (high > h) | (low > h)

    return step


def ewma(limit: float, smoothing: float = 0.2, exact: bool = False) -> Step:
    """Build the EWMA chart with its final limits or with exact ones."""
    average, final = Ewma(smoothing), sqrt(smoothing / (2 - smoothing))

    def step(z: Any) -> Any:
        e, spread = average.add(z)
        return np.abs(e) > limit * (spread if exact else final)

    return step


def run_lengths(step: Step, shift: float, runs: int, seed: int) -> np.ndarray:
    """Simulate the first day beyond the limit of each run with shifted scores."""
    rng = np.random.default_rng(seed)
    lengths = np.full(runs, MOST)
    for day in range(1, MOST):
        out = step(rng.standard_normal(runs) + shift) & (lengths == MOST)
        lengths[out] = day
        if day % 100 == 0 and (lengths < MOST).all():
            break
    return lengths


def exact_shewhart(limit: float, shift: float) -> float:
    """Return 1/P(|z + shift| > limit)."""
    return float(1 / (1 - ndtr(limit - shift) + ndtr(-limit - shift)))


def exact_cusum(k: float, h: float, shift: float) -> float:
    """Compute the mean run length of the two-sided CUSUM.

    Of one side, L(s) = 1 + L(0) Φ(k-s-δ) + ∫₀ʰ L(x) φ(x-s+k-δ) dx (E. S. Page 1954), by Gauss and
    Legendre's rule; of both, 1/L = 1/L₊ + 1/L₋ (J. H. B. Kemp 1961).
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    x, w = np.append(0, (nodes + 1) * h / 2), np.append(0, weights * h / 2)
    rate = 0.0
    for drift in (shift, -shift):
        kernel = w * density(x - x[:, None] + k - drift)
        kernel[:, 0] += ndtr(k - x - drift)
        rate += 1 / np.linalg.solve(np.eye(NODES + 1) - kernel, np.ones(NODES + 1))[0]
    return float(1 / rate)


def exact_ewma(limit: float, smoothing: float, shift: float) -> float:
    """Compute the mean run length of the EWMA with its final limits ±c.

    L(u) = 1 + 1/λ ∫ L(x) φ((x-(1-λ)u)/λ - δ) dx over ±c (S. V. Crowder 1987, Technometrics 29).
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    c = limit * sqrt(smoothing / (2 - smoothing))
    x, w = np.append(0, nodes * c), np.append(0, weights * c)
    kernel = w / smoothing * density((x - (1 - smoothing) * x[:, None]) / smoothing - shift)
    return float(np.linalg.solve(np.eye(NODES + 1) - kernel, np.ones(NODES + 1))[0])


def density(z: Any) -> Any:
    """Return the standard normal density."""
    return np.exp(-z * z / 2) / sqrt(2 * pi)


@dataclass(frozen=True, slots=True)
class TextbookChart:
    """A chart and, if an equation gives it, its exact mean run length by shift."""

    name: str
    make: Callable[[], Step]
    exact: Callable[[float], float] | None


def _cusum(k: float, h: float) -> TextbookChart:
    name = f"CUSUM, k {k:g}, h {h:g}"
    return TextbookChart(
        name, lambda: two_sided_cusum(k, h), lambda shift: exact_cusum(k, h, shift)
    )


def _ewma(limit: float, smoothing: float) -> TextbookChart:
    name = f"EWMA, λ {smoothing:g}, L {limit:g}, final limits"
    make = lambda: ewma(limit, smoothing)  # noqa: E731
    return TextbookChart(name, make, lambda shift: exact_ewma(limit, smoothing, shift))


CHARTS = (
    TextbookChart("Shewhart, 3 sd", lambda: shewhart(3), lambda shift: exact_shewhart(3, shift)),
    _cusum(0.5, 4),
    _cusum(0.5, 4.77),
    _cusum(0.5, 5),
    _ewma(2.814, 0.1),
    _ewma(2.86, 0.2),
    _ewma(2.962, 0.2),
    TextbookChart("EWMA, λ 0.2, L 3.2, exact limits", lambda: ewma(3.2, exact=True), None),
)
TEXT = """\
Normal scores whose mean and standard deviation are known, as in the textbooks: the simulated mean
run lengths, given with their standard error, must agree with those that the integral equations of
E. S. Page (CUSUM) and S. V. Crowder (EWMA) give. The last line is the product's chart if it knew
its baseline. Shewhart's chart is the one for jumps of 3 standard deviations and more, the others
are for smaller changes."""
HEADER = ("chart", "no change", "exact", "shift of 1 sd", "exact", "shift of 3 sd", "exact")
SHIFTS = (0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4)
DRAWN = (0, 2, 7)


def section(quick: bool) -> Section:
    """Run the simulations of textbook charts."""
    runs = 200 if quick else 5000
    rows, off = [], []
    for i, chart in enumerate(CHARTS):
        cells = [chart.name]
        for shift in (0, 1, 3):
            lengths = run_lengths(chart.make(), shift, runs, 3000 + 10 * i + shift)
            digits = 1 if shift else 0
            error = lengths.std() / sqrt(runs)
            cells.append(f"{lengths.mean():.{digits}f} ± {error:.{digits + bool(shift)}f}")
            cells.append(f"{chart.exact(shift):.{digits + bool(shift)}f}" if chart.exact else "")
            off += [abs(lengths.mean() - chart.exact(shift)) / error] if chart.exact else []
        rows.append(cells)
    lines = {
        CHARTS[i].name: [
            (shift, float(run_lengths(CHARTS[i].make(), shift, runs // 5, 3200 + i).mean()))
            for shift in SHIFTS[2:]
        ]
        for i in DRAWN
    }
    axes = "shift in standard deviations of a day", "mean days to the alarm"
    requirement = Requirement(
        "standard errors between simulated and exact run lengths, the most", max(off), high=4
    )
    name = "Charts with known parameters"
    return Section("textbook", name, TEXT, HEADER, rows, lines, axes, [requirement])
