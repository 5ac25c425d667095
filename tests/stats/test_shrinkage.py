"""Empirical Bayes against scipy's beta distribution and against what it is for: later answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from labelpulse.stats.shrinkage import prior_weight, shrink
from tests.stats.crowd import snow


def test_shrunk_shares_foretell_later_answers_better_than_raw_ones():
    """15 % of Snow's answers foretell the rest, of people with five answers or more."""
    answers, gold = snow()
    right = answers.label == gold[answers.item]
    errors = []
    for seed in range(20):
        known = np.random.default_rng(seed).random(len(answers)) < 0.15
        x, n = (
            np.bincount(answers.annotator[known & which], minlength=164) for which in (right, True)
        )
        later = answers.annotator[~known]
        hits, total = np.bincount(later, right[~known], 164), np.bincount(later, minlength=164)
        kept = (n >= 5) & (total >= 10)
        found = shrink(x, n)
        assert found is not None
        guesses = (x[kept] / n[kept], found.value[kept], np.full(kept.sum(), found.pooled))
        truth = hits[kept] / total[kept]
        errors.append([np.sqrt(np.mean((guess - truth) ** 2)) for guess in guesses])
    raw, shrunk, pooled = np.mean(errors, axis=0)
    assert raw == pytest.approx(0.141, abs=0.006)
    assert shrunk == pytest.approx(0.116, abs=0.004)
    assert pooled > raw > shrunk


@pytest.mark.parametrize("weight", [10, 30, 80])
def test_the_weight_is_that_of_the_beta_distribution_people_are_drawn_from(weight):
    draw = np.random.default_rng(weight)
    n = draw.integers(40, 400, 600)
    right = draw.binomial(n, draw.beta(0.8 * weight, 0.2 * weight, 600))
    assert prior_weight(right, n) == pytest.approx(weight, rel=0.15)


def test_the_weight_stays_in_its_bounds():
    assert prior_weight(np.full(50, 8), np.full(50, 10)) == 200
    assert prior_weight([0, 10] * 10, np.full(20, 10)) == 5
    assert prior_weight([10] * 10, [10] * 10) == 20
    assert prior_weight([1, 5, 9], [10, 10, 10]) == 20
    assert prior_weight([], []) == 20


def test_the_intervals_are_the_beta_posteriors():
    right, n = np.array([3, 18, 40, 0, 9]), np.array([10, 20, 50, 0, 9])
    found = shrink(right, n)
    assert found is not None
    a = right + found.weight * found.pooled
    b = n - right + found.weight * (1 - found.pooled)
    assert found.low == pytest.approx(beta.ppf(0.025, a, b), abs=1e-9)
    assert found.high == pytest.approx(beta.ppf(0.975, a, b), abs=1e-9)
    assert found.value == pytest.approx((right + found.weight * 70 / 89) / (n + found.weight))
    assert found.value[3] == pytest.approx(70 / 89)


def test_credible_intervals_hold_the_truth():
    draw = np.random.default_rng(9)
    truth = draw.beta(16, 4, 2000)
    n = draw.integers(5, 60, 2000)
    found = shrink(draw.binomial(n, truth), n)
    assert found is not None
    inside = (found.low <= truth) & (truth <= found.high)
    assert inside.mean() == pytest.approx(0.95, abs=0.015)


def test_nobody_answered_is_none_and_all_right_is_not_certain():
    assert shrink([0, 0], [0, 0]) is None
    assert shrink([], []) is None
    found = shrink([20, 30], [20, 30])
    assert found is not None
    assert found.pooled == 1
    assert (found.value < 1).all()
    assert (found.low < 0.99).all()


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=12))
def test_any_counts_give_shares_between_raw_and_pooled(pairs):
    right, wrong = np.array(pairs).T
    found = shrink(right, right + wrong)
    if found is None:
        assert not (right + wrong).any()
        return
    assert ((found.low >= 0) & (found.low <= found.value) & (found.value <= found.high)).all()
    assert (found.high <= 1).all()
    assert 5 <= found.weight <= 200
