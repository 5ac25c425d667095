"""Intervals against published limits, a statistics library, and simulated coverage."""

import random
from statistics import variance as variance_of

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from labelpulse.stats.intervals import (
    difference,
    difference_of_draws,
    effective_n,
    jackknife,
    jackknife_weighted,
    t975,
    t_cdf,
    wilson,
    wilson_of_draws,
    wilson_of_scores,
)
from tests.stats import tables


@pytest.mark.parametrize("row", tables.rows("newcombe1998_wilson"))
def test_wilson_gives_newcombes_limits(row):
    low, high = wilson(int(row["k"]), int(row["n"]))
    assert low == pytest.approx(float(row["wilson_low"]), abs=5e-5)
    assert high == pytest.approx(float(row["wilson_high"]), abs=5e-5)


@given(st.integers(1, 5000), st.data())
def test_wilson_equals_the_library_and_holds_the_share(n, data):
    k = data.draw(st.integers(0, n))
    low, high = wilson(k, n)
    theirs = stats.binomtest(k, n).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0 <= low <= k / n <= high <= 1


def test_t_quantile_equals_the_library():
    for df in [*range(1, 400), 999, 1000, 1001, 1500, 10_000, 1_000_000]:
        assert t975(df) == pytest.approx(stats.t.ppf(0.975, df), rel=1e-11)
    assert t975(0) == float("inf")


@given(st.floats(4, 2000))
def test_t_quantile_between_whole_degrees_is_the_librarys_to_three_digits(df):
    assert t975(df) == pytest.approx(stats.t.ppf(0.975, df), rel=2e-3)
    assert t975(df + 0.5) < t975(df) < t975(df - 0.5)


@given(st.floats(-50, 50), st.integers(1, 300))
def test_t_distribution_equals_the_library(t, df):
    assert t_cdf(t, df) == pytest.approx(stats.t.cdf(t, df), abs=1e-9)


def test_a_weighted_part_is_so_many_equal_parts():
    values = [0.5, 0.5, 0.5, 0.7, 0.9, 0.9]
    assert jackknife_weighted(0.6, [(0.5, 3), (0.7, 1), (0.9, 2)]) == pytest.approx(
        jackknife(0.6, values)
    )


def test_effective_n_of_yes_or_no_scores_is_their_number():
    scores = [(1.0, 30.0), (0.0, 10.0)]
    variance = 40 / 39 * 0.75 * 0.25
    assert effective_n(0.75, variance, 40, 40) == pytest.approx(39)
    assert wilson_of_scores(scores, 40) == pytest.approx(wilson(0.75 * 39, 39))
    assert effective_n(1.0, 0.0, 24, 999) == 24  # all alike: as many as there are items
    assert effective_n(1 / 3, 0.0, 10, 30) == 30  # no spread at all: no more than its pairs
    assert wilson_of_scores([(1.0, 1.0)], 1) is None


def test_scores_of_several_pairs_are_surer_than_as_many_answers():
    some = wilson_of_scores([(1 / 3, 60.0), (1.0, 40.0)], 300)
    assert some is not None
    plain = wilson(60, 100)  # the same mean from yes-or-no answers
    assert some[1] - some[0] < plain[1] - plain[0]


@pytest.mark.parametrize(("day_effect", "least"), [(0.0, 0.93), (0.05, 0.92)])
def test_the_jackknife_over_days_covers_with_and_without_day_effects(day_effect, least):
    draw = random.Random(20261124)
    covered, trials = 0, 400
    for _ in range(trials):
        days = []
        for _ in range(30):
            chance = min(max(draw.gauss(0.8, day_effect), 0), 1)
            days.append((sum(draw.random() < chance for _ in range(40)), 40))
        total, n = sum(k for k, _ in days), sum(m for _, m in days)
        low, high = jackknife(total / n, [(total - k) / (n - m) for k, m in days])
        covered += low <= 0.8 <= high
    assert covered / trials >= least


@pytest.mark.parametrize(
    ("first", "second", "printed"),
    [
        ((48, 80), (56, 70), (0.0524, 0.3339)),
        ((3, 10), (9, 10), (0.1705, 0.8090)),
        ((0, 10), (10, 10), (0.6075, 1.0)),
    ],
)
def test_the_difference_of_two_shares_has_newcombes_interval(first, second, printed):
    """R. G. Newcombe 1998, Statistics in Medicine 17:873, method 10."""
    found = difference(*((k / n, wilson(k, n)) for k, n in (first, second)))
    assert found == pytest.approx(printed, abs=5e-5)
    (a, n), (b, m) = first, second
    theirs = confint_proportions_2indep(b, m, a, n, method="newcomb")
    assert found == pytest.approx(theirs, abs=1e-9)


def without(table: list[tuple[int, int]]) -> list[float]:
    """The share without each day."""
    right, n = (sum(column) for column in zip(*table, strict=True))
    return [(right - hits) / (n - one) for hits, one in table]


@given(st.lists(st.integers(0, 20), min_size=5, max_size=40))
def test_a_share_over_days_is_the_librarys_wilson_with_its_effective_n(hits):
    n = 20 * len(hits)
    share, t = sum(hits) / n, stats.t.ppf(0.975, len(hits) - 1)
    low, high = wilson_of_draws(share, without([(one, 20) for one in hits]), n)
    variance = variance_of(hits) / 400 / len(hits)
    size = share * (1 - share) / variance if variance else n
    size *= (stats.norm.ppf(0.975) / t) ** 2
    theirs = proportion_confint(share * size, size, method="wilson")
    assert (low, high) == pytest.approx(theirs, abs=1e-6)
    assert 0 <= low <= share <= high <= 1


@given(
    st.lists(st.floats(0, 1), min_size=5, max_size=30, unique=True),
    st.lists(st.floats(0, 1), min_size=5, max_size=30, unique=True),
)
def test_the_difference_of_two_means_over_days_has_welchs_interval(first, second):
    theirs = stats.ttest_ind(second, first, equal_var=False).confidence_interval(0.95)

    def estimated(days):
        total = sum(days)
        left_out = [(total - one) / (len(days) - 1) for one in days]
        return total / len(days), jackknife(total / len(days), left_out)

    low, high = difference_of_draws(estimated(first), estimated(second), (len(first), len(second)))
    half = (theirs.high - theirs.low) / 2
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=3e-3 * half + 1e-9)


def test_two_certain_values_differ_certainly():
    assert difference_of_draws((0.2, (0.2, 0.2)), (0.5, (0.5, 0.5)), (5, 9)) == (0.3, 0.3)
