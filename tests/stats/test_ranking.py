"""Rankings that claim no more than the data, and errors that peers do not make."""

from math import isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom, fisher_exact

from labelpulse.stats.discovery import benjamini_hochberg
from labelpulse.stats.intervals import difference, wilson
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


def two(right, n):
    """Return whether `tie_groups` parts two people, by the Wilson intervals of their shares."""
    low, high = zip(*map(wilson, right, n), strict=True)
    return tie_groups(np.divide(right, n), low, high, n).group.max() > 0


def test_newcombes_examples_part_two_people_where_his_interval_leaves_zero_out():
    """Statistics in Medicine 17 (1998), table II: 0.0524 to 0.3339, and -0.0381 to 0.1926."""
    assert two([56, 48], [70, 80])
    assert not two([5, 0], [56, 29])


def test_an_interval_that_leans_parts_nobody_by_its_long_side():
    """Half the widths say z = 2.54 of the first two people, and 1.34 of the others."""
    assert not two([30, 182], [30, 200])  # -0.0280 to 0.1378
    assert two([200, 28], [200, 30])  # 0.0149 to 0.2132


@given(st.lists(st.tuples(st.integers(20, 300), st.floats(0, 1)), min_size=2, max_size=2))
def test_two_people_tie_exactly_where_the_interval_of_their_difference_contains_zero(people):
    n = [size for size, _ in people]
    right = [round(size * share) for size, share in people]
    both = [(k / size, wilson(k, size)) for k, size in zip(right, n, strict=True)]
    low, high = difference(*both)
    if min(abs(low), abs(high)) > 1e-9:
        assert two(right, n) == (not low <= 0 <= high)
        assert two(right[::-1], n[::-1]) == two(right, n)


@pytest.mark.parametrize("n", [(30, 30), (30, 200), (60, 120), (200, 200)])
def test_equals_near_one_are_parted_as_rarely_as_q_says(n):
    """Of all that two equals may answer, each by its chance; the method's own bar is 5.6 %."""
    for share in (0.9, 0.97, 0.98, 0.99):
        chances = [binom.pmf(np.arange(size + 1), size, share) for size in n]
        first, second = (np.flatnonzero(chance > 1e-5) for chance in chances)
        parted = sum(chances[0][j] * chances[1][k] for j in first for k in second if two([j, k], n))
        assert parted < 0.056, share


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
