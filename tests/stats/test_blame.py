"""Rates of people from pairs of them, against a general search for the greatest likelihood."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from labelpulse.stats.blame import apart_rates, differing, spread_part


def team(people: int) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.array(list(combinations(range(people), 2))).T
    return a, b


def searched(a, b, n, apart, people: int) -> np.ndarray:
    """How often each pair differs where the likelihood is greatest, by a search over all rates."""

    def cost(rate: np.ndarray) -> float:
        total = 0.0
        for i, j, all_of, differ in zip(a, b, n, apart, strict=True):
            alike = (1 - rate[i]) * (1 - rate[j])
            total -= differ * np.log(max(1 - alike, 1e-12))
            total -= (all_of - differ) * np.log(max(alike, 1e-12))
        return total

    start = np.full(people, 0.2)
    bounds = [(1e-9, 1 - 1e-9)] * people
    found = minimize(cost, start, bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-9}).x
    return np.array([1 - (1 - found[i]) * (1 - found[j]) for i, j in zip(a, b, strict=True)])


@pytest.mark.parametrize("seed", range(4))
def test_rates_are_the_most_likely_ones(seed: int):
    rng = np.random.default_rng(seed)
    a, b = team(6)
    n = rng.integers(5, 80, len(a))
    apart = rng.binomial(n, rng.uniform(0.05, 0.6, len(a)))
    rate = apart_rates(a, b, n, apart, 6)
    assert differing(rate, a, b) == pytest.approx(searched(a, b, n, apart, 6), abs=2e-4)


def test_where_pairs_are_too_few_to_foretell_one_another_each_foretells_itself():
    a, b, n = np.array([0, 0, 1]), np.array([1, 2, 2]), np.array([50, 50, 50])
    apart = np.array([10, 20, 15])
    assert differing(apart_rates(a, b, n, apart, 3), a, b) == pytest.approx(apart / n, abs=1e-4)
    one = np.array([0]), np.array([1]), np.array([10]), np.array([4])
    assert differing(apart_rates(*one, 2), *one[:2]) == pytest.approx([0.4])


def test_nobody_apart_and_everybody_apart():
    a, b = team(4)
    n = np.full(6, 9)
    assert apart_rates(a, b, n, np.zeros(6, dtype=int), 4).tolist() == [0] * 4
    assert differing(apart_rates(a, b, n, n, 4), a, b) == pytest.approx(np.ones(6), abs=1e-4)
    none = np.zeros(0, dtype=int)
    assert apart_rates(none, none, none, none, 2).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("rates", "low", "high"),
    [
        ([0.1] * 6, 0.85, 1.0),
        ([0.4, *[0.0] * 5], 0.0, 0.05),
        ([0.4, 0.4, *[0.0] * 4], 0.0, 0.05),
        ([0.0, 0.0, *[0.2] * 4], 0.8, 1.0),
        ([0.5, *[0.1] * 5], 0.4, 0.75),
    ],
)
def test_what_most_people_do_is_told_from_what_a_few_do(rates, low, high):
    rng = np.random.default_rng(5)
    a, b = team(6)
    p, n = np.array(rates), np.full(15, 60)
    draws = [rng.binomial(n, 1 - (1 - p[a]) * (1 - p[b])) for _ in range(20)]
    assert low <= np.mean([spread_part(a, b, n, apart, 6) for apart in draws]) <= high


@given(st.lists(st.tuples(st.integers(1, 40), st.floats(0, 1)), min_size=10, max_size=10))
def test_a_part_is_a_part(cells):
    a, b = team(5)
    n = np.array([one for one, _ in cells])
    apart = np.array([round(one * share) for one, share in cells])
    rate = apart_rates(a, b, n, apart, 5)
    assert ((rate >= 0) & (rate <= 1)).all()
    if apart.any():
        assert 0 <= spread_part(a, b, n, apart, 5) <= 1 + 1e-12
