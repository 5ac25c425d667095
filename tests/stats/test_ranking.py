"""Rankings that claim no more than the data, and errors that peers do not make."""

from math import isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, fisher_exact

from labelpulse.stats.discovery import benjamini_hochberg
from labelpulse.stats.ranking import error_lift, tie_groups
from labelpulse.stats.shrinkage import prior_weight, shrink


def test_people_who_are_alike_are_one_group():
    """A team of equals: in 100 of them, at most a few are split, as q = .05 says."""
    draw = np.random.default_rng(1)
    split = 0
    for _ in range(100):
        n = draw.integers(30, 300, 15)
        found = shrink(draw.binomial(n, 0.85), n)
        assert found is not None
        split += tie_groups(found.value, found.low, found.high, n).group.max() > 0
    assert split <= 8


def test_two_clearly_different_kinds_of_people_are_two_groups():
    draw = np.random.default_rng(2)
    skill = np.array([0.95] * 6 + [0.7] * 6)
    found = shrink(draw.binomial(400, skill), np.full(12, 400))
    assert found is not None
    ranking = tie_groups(found.value, found.low, found.high, found.n)
    assert ranking.group.tolist() == [0] * 6 + [1] * 6
    assert ranking.best.tolist() == [1] * 6 + [7] * 6
    assert ranking.worst.tolist() == [6] * 6 + [12] * 6


def test_who_answered_little_may_be_anywhere_and_below_twenty_is_not_ranked():
    low, high = [0.88, 0.48, 0.3, 0.0], [0.92, 0.52, 0.99, 1.0]
    found = tie_groups([0.9, 0.5, 0.7, 0.95], low, high, [900, 900, 20, 19])
    assert found.group.tolist() == [0, 1, 0, -1]
    assert found.best.tolist() == [1, 2, 1, -1]
    assert found.worst.tolist() == [2, 3, 3, -1]


PEOPLE = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 0.3), st.integers(0, 60)), min_size=0, max_size=12
)


@given(PEOPLE)
def test_everyone_in_a_later_group_is_surely_below_the_best_of_each_earlier_one(people):
    columns = np.array(people, dtype=float).reshape(-1, 3).T
    value, width, n = columns
    found = tie_groups(value, value - width, value + width, n)
    ranked = n >= 20
    assert ((found.group >= 0) == ranked).all()
    assert (found.best[ranked] <= found.worst[ranked]).all()
    for number in range(1, int(found.group.max(initial=0)) + 1):
        before = np.flatnonzero(found.group == number - 1)
        best = before[value[before].argmax()]
        members = np.flatnonzero(found.group == number)
        assert len(members)
        error = np.hypot(width[best], width[members]) / 1.96
        assert (value[best] - value[members] > 1.95 * error).all()
        assert (found.best[members] > 1).all()


def test_lift_is_tested_as_fisher_did():
    draw = np.random.default_rng(4)
    n = draw.integers(0, 40, (8, 3))
    wrong = draw.binomial(n, 0.2)
    found = error_lift(wrong, n)
    assert len(found.p) == np.count_nonzero(n)
    for who, label, p in zip(found.annotator, found.label, found.p, strict=True):
        own = [wrong[who, label], n[who, label] - wrong[who, label]]
        all_wrong, all_n = wrong[:, label].sum(), n[:, label].sum()
        rest = [all_wrong - own[0], all_n - all_wrong - own[1]]
        assert isclose(p, fisher_exact([own, rest], "greater")[1], abs_tol=1e-9)


def test_a_lifts_interval_is_that_of_the_persons_share():
    draw = np.random.default_rng(6)
    n = draw.integers(1, 40, (8, 3))
    wrong = draw.binomial(n, 0.2)
    found = error_lift(wrong, n)
    for at, (who, label) in enumerate(zip(found.annotator, found.label, strict=True)):
        weight = prior_weight(wrong[:, label], n[:, label])
        x, size, peers = wrong[who, label], n[who, label], found.peers[at]
        posterior = beta(x + weight * peers, size - x + weight * (1 - peers))
        assert found.lift[at] == pytest.approx(posterior.mean() / peers)
        ends = posterior.ppf([0.025, 0.975]) / peers
        assert (found.low[at], found.high[at]) == pytest.approx(tuple(ends))


def test_one_who_mistakes_one_label_stands_out_on_that_label_alone():
    draw = np.random.default_rng(5)
    n = np.full((20, 4), 60)
    rate = np.full((20, 4), 0.1)
    rate[7, 2] = 0.4
    found = error_lift(draw.binomial(n, rate), n)
    real = benjamini_hochberg(found.p)
    assert [(a, b) for a, b in zip(found.annotator[real], found.label[real], strict=True)] == [
        (7, 2)
    ]
    assert found.lift[real][0] > 2


def test_who_has_no_peers_has_no_lift():
    assert len(error_lift([[3, 0]], [[9, 4]]).p) == 0
    assert len(error_lift(np.zeros((0, 3)), np.zeros((0, 3))).p) == 0
    found = error_lift([[0, 1], [0, 2]], [[5, 5], [5, 5]])
    assert np.isfinite(found.lift).all()
