"""Do days differ more than chance? Against the library, brute force and simulated days."""

import random
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from labelpulse.stats.homogeneity import _moments, p_alike


@given(st.lists(st.integers(300, 600), min_size=2, max_size=12))
def test_with_many_answers_it_is_pearsons_test(hits):
    table = [[k, 1000 - k] for k in hits]
    theirs = stats.chi2_contingency(table, correction=False).pvalue
    ours = p_alike((k, 1000) for k in hits)
    assert ours == pytest.approx(theirs, abs=0.003) or min(ours, theirs) > 0.05


@pytest.mark.parametrize(("sizes", "right"), [((2, 3, 4), 4), ((1, 5, 2, 2), 3), ((6, 1), 2)])
def test_the_moments_are_those_of_all_ways_to_fall(sizes, right):
    """Brute force: each way for the hits to fall on the days, by how often it happens."""
    ways = [
        (sum(k * k / n for k, n in zip(hits, sizes, strict=True)),
         np.prod([comb(n, k) for k, n in zip(hits, sizes, strict=True)]))
        for hits in product(*(range(n + 1) for n in sizes))
        if sum(hits) == right
    ]  # fmt: skip
    values, weights = (np.array(column, float) for column in zip(*ways, strict=True))
    mean = np.average(values, weights=weights)
    variance = np.average((values - mean) ** 2, weights=weights)
    assert _moments(sizes, right, sum(sizes)) == pytest.approx((mean, variance))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_it_is_a_chance_whatever_the_days(days):
    p = p_alike((min(pair), max(pair)) for pair in days)
    assert 0 <= p <= 1


def test_days_that_cannot_differ_do_not():
    assert p_alike([]) == p_alike([(0, 0), (3, 9)]) == p_alike([(0, 4), (0, 9)]) == 1
    assert p_alike([(1, 1)] * 30 + [(0, 1)] * 9) == 1  # one answer a day


@pytest.mark.parametrize(("share", "days", "a_day"), [
    (0.85, 5, 5), (0.85, 10, 20), (0.5, 28, 2), (0.97, 28, 5), (0.97, 10, 20), (0.97, 3, 200),
])  # fmt: skip
def test_chance_alone_is_called_a_difference_once_in_a_hundred(share, days, a_day):
    """Days of unlike size, where Pearson's test alone errs up to one time in ten."""
    rng = np.random.default_rng(20261124)
    runs = 3000
    sizes = np.maximum(1, a_day * rng.lognormal(-0.32, 0.8, (runs, days))).astype(int)
    hits = rng.binomial(sizes, share)
    called = sum(
        p_alike(zip(one.tolist(), n.tolist(), strict=True)) < 0.01
        for one, n in zip(hits, sizes, strict=True)
    )
    assert called / runs <= 0.02


def test_real_differences_are_found():
    draw, called = random.Random(3), 0
    for _ in range(200):
        level = [min(max(draw.gauss(0.85, 0.05), 0), 1) for _ in range(10)]
        called += p_alike((sum(draw.random() < p for _ in range(200)), 200) for p in level) < 0.01
    assert called > 170
