"""Exponential smoothing with drift, against plain recursions and a general optimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize

from labelpulse.stats.smoothing import CONSTANTS, STEADINESS, smooth


def recursed(values, constant: float, level: float, drift: float):
    """One-step errors, and the level after the last value, as the textbook writes them."""
    errors = []
    for value in values:
        errors.append(value - level)
        level = level + drift + constant * errors[-1]
    return np.array(errors), level


@pytest.mark.parametrize("at", range(len(CONSTANTS)))
def test_level_and_drift_are_those_of_the_least_loss(at):
    values = 5 + 0.02 * np.arange(40) + np.random.default_rng(at).normal(0, 0.2, 40)

    def loss(first):
        errors, _ = recursed(values, CONSTANTS[at], *first)
        return errors @ errors + STEADINESS * first[1] ** 2

    best = minimize(loss, (5, 0), tol=1e-12).x
    errors, level = recursed(values, CONSTANTS[at], *best)
    found = smooth(values)
    assert found.states[at] == pytest.approx((level, best[1]), abs=1e-5)
    assert found.residuals[:, at] == pytest.approx(errors, abs=1e-5)


def test_spreads_are_those_of_the_states_of_repeated_noise():
    rng = np.random.default_rng(3)
    at, made = 2, []
    for _ in range(600):
        noise, level, drift = rng.normal(0, 0.2, 60), 5.0, 0.2 / 25 * rng.standard_normal()
        values = []
        for error in noise:
            values.append(level + error)
            level = level + drift + CONSTANTS[at] * error
        found = smooth(np.array(values))
        made.append(np.linalg.solve(found.spreads[at], found.states[at] - (level, drift)))
    assert np.cov(np.array(made).T) == pytest.approx(np.eye(2), abs=0.2)


def test_a_wandering_level_favours_quick_constants_and_noise_slow_ones():
    rng = np.random.default_rng(4)
    noise = smooth(5 + rng.normal(0, 0.2, 80)).weights
    walk = smooth(5 + np.cumsum(rng.normal(0, 0.2, 80))).weights
    assert noise.sum() == pytest.approx(1)
    assert noise[:3].sum() > 0.7
    assert walk[-1] > 0.8


@pytest.mark.parametrize("length", [3, 4, 91])
def test_a_series_without_noise_is_known(length):
    found = smooth(np.full(length, 4.0))
    assert np.isfinite(found.weights).all()
    assert found.states == pytest.approx(np.array([(4.0, 0.0)] * len(CONSTANTS)))
    assert found.residuals == pytest.approx(0)
