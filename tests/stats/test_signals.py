"""Signs of careless work: found where they were put, and rare where nothing is the matter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2_contingency

from labelpulse.stats.arrays import answers
from labelpulse.stats.discovery import benjamini_hochberg
from labelpulse.stats.signals import fast_limit, label_mix, too_fast, unusual_rates
from labelpulse.stats.straight_lining import (
    longest_runs,
    others_alike,
    run_chance,
    run_threshold,
    straight_lining,
)


def paces(seed, hasty=()):
    """Times of ten people, 200 each; the hasty take a tenth of a second every other time."""
    draw = np.random.default_rng(seed)
    who = np.repeat(np.arange(10), 200)
    seconds = draw.lognormal(2.5, 0.5, 2000)
    quick = np.isin(who, hasty) & (draw.random(2000) < 0.5)
    return who, np.where(quick, 0.1, seconds)


def test_the_hasty_are_found_and_nobody_else():
    found = too_fast(*paces(1, hasty=[3]))
    assert found.annotator[found.notable & benjamini_hochberg(found.p)].tolist() == [3]
    assert found.value[3] == pytest.approx(0.5, abs=0.1)
    assert found.n.tolist() == [200] * 10
    assert not too_fast(*paces(2)).notable.any()


def test_a_share_of_fast_answers_is_judged_by_the_binomial_tail():
    found = too_fast(*paces(1, hasty=[3, 4]))
    test = binomtest(round(found.value[4] * 200), 200, found.expected[4], "greater")
    assert found.p[4] == pytest.approx(test.pvalue)


def test_a_second_is_the_least_and_half_the_fifth_percentile_else():
    who = np.zeros(100, dtype=int)
    assert too_fast(who, [0.9] * 30 + [5.0] * 70).value.tolist() == [0.3]
    assert too_fast(who, [4.0] * 4 + [10.0] * 96).value.tolist() == [0.04]
    assert too_fast(who, [6.0] * 4 + [10.0] * 96).value.tolist() == [0.0]


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0.1, 1e4)), min_size=1, max_size=60))
def test_the_limit_is_half_the_median_persons_fifth_percentile(rows):
    who, seconds = (np.array(one) for one in zip(*rows, strict=True))
    each = {one: seconds[who == one] for one in set(who.tolist())}
    many = [own for own in each.values() if len(own) >= 20] or list(each.values())
    wanted = max(1.0, float(np.median([np.quantile(own, 0.05) for own in many])) / 2)
    assert fast_limit(who, seconds) == pytest.approx(wanted)


def test_who_is_fast_and_does_most_of_the_work_does_not_set_the_limit():
    draw = np.random.default_rng(3)
    who = np.repeat(np.arange(5), [600, 60, 60, 60, 60])
    seconds = draw.lognormal(3, 0.3, 840)
    seconds[:600] /= 8
    found = too_fast(who, seconds)
    assert found.annotator[found.notable & benjamini_hochberg(found.p)].tolist() == [0]


def test_unknown_times_and_few_of_them_say_nothing():
    assert len(too_fast([0] * 30, [np.nan] * 11 + [5.0] * 19).p) == 0
    assert len(too_fast([], []).p) == 0
    assert too_fast([0] * 21, [0.0] + [5.0] * 20).n.tolist() == [20]


def test_rates_beyond_the_teams_own_spread_are_found():
    draw = np.random.default_rng(6)
    n = np.full(30, 500)
    rate = draw.beta(10, 90, 30)
    rate[11] = 0.45
    found = unusual_rates(draw.binomial(n, rate), n)
    assert found.annotator[found.notable & benjamini_hochberg(found.p)].tolist() == [11]


def test_a_team_that_differs_by_habit_raises_no_alarm():
    """What Laney's limits are for: without them over a fifth of such people are beyond 2 σ."""
    draw = np.random.default_rng(7)
    n = np.full(400, 500)
    x = draw.binomial(n, draw.beta(20, 180, 400))
    found = unusual_rates(x, n)
    plain = np.abs(x / n - 0.1) / np.sqrt(0.09 / n)
    assert (plain > 1.96).mean() > 0.2
    assert (found.p < 0.05).mean() == pytest.approx(0.05, abs=0.03)


def test_people_with_few_cases_are_there_when_asked_for():
    assert unusual_rates([2, 3, 0], [50, 60, 9]).annotator.tolist() == [0, 1]
    found = unusual_rates([2, 3, 0, 0], [50, 60, 9, 0], least=1)
    assert found.annotator.tolist() == [0, 1, 2]
    assert label_mix([[50, 50], [4, 5]], least=1).n.tolist() == [100, 9]
    assert too_fast([0] * 30 + [1] * 3, [9.0] * 33, least=1).n.tolist() == [30, 3]
    given = answers(np.arange(25), [0] * 22 + [1] * 3, np.arange(25) % 2)
    assert straight_lining(given, least=1).n.tolist() == [22, 3]


def test_no_events_or_only_events_are_no_evidence():
    assert len(unusual_rates([0, 0], [50, 50]).p) == 0
    assert len(unusual_rates([50, 50], [50, 50]).p) == 0
    assert len(unusual_rates([], []).p) == 0


def test_label_mix_is_the_likelihood_ratio_test_of_scipy():
    draw = np.random.default_rng(8)
    table = draw.multinomial(90, [0.5, 0.3, 0.15, 0.05, 0], 6)
    found = label_mix(table)
    for person in range(6):
        rest = table.sum(axis=0) - table[person]
        pair = np.array([table[person], rest])[:, :4]
        theirs = chi2_contingency(pair, correction=False, lambda_="log-likelihood")
        assert found.p[person] == pytest.approx(theirs.pvalue)


def test_chance_alone_makes_the_expected_difference_of_mixes_and_even_p_values():
    draw = np.random.default_rng(9)
    values, expected, small = [], [], []
    for _ in range(60):
        found = label_mix(draw.multinomial(200, [0.4, 0.3, 0.2, 0.1], 10))
        values.append(found.value)
        expected.append(found.expected)
        small.append(found.p < 0.05)
    assert np.mean(values) == pytest.approx(np.mean(expected), rel=0.05)
    assert np.mean(small) == pytest.approx(0.05, abs=0.025)


def test_another_mix_is_found_and_one_person_or_one_label_is_no_comparison():
    table = np.array([[100, 100], [95, 105], [170, 30], [9, 9]])
    found = label_mix(table)
    assert found.annotator.tolist() == [0, 1, 2]
    assert found.notable.tolist()[2]
    assert found.p[2] < 1e-9
    assert len(label_mix([[50, 50]]).p) == 0
    assert len(label_mix([[50, 0], [60, 0]]).p) == 0


def test_the_chance_of_a_run_is_that_of_simulated_tosses():
    draw = np.random.default_rng(10)
    for shares, length in (([0.5, 0.5], 11), ([0.7, 0.2, 0.1], 20), ([0.25] * 4, 6)):
        tosses = draw.choice(len(shares), (4000, 100), p=shares)
        longest = np.array([runs(row) for row in tosses])
        simulated = (longest >= length).mean()
        found = run_chance(np.array([length]), np.array([100]), np.array(shares))[0]
        assert found == pytest.approx(simulated, abs=4 * np.sqrt(found / 4000) + 0.004)


def runs(row):
    ends = np.flatnonzero(np.diff(row, prepend=-1, append=-1))
    return np.diff(ends).max()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=120))
def test_the_longest_run_is_found_in_each_ones_own_order(rows):
    columns = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    given = answers(np.arange(len(rows)), *columns, annotators=4, labels=3)
    found = straight_lining(given)
    for who, value in zip(found.annotator, found.value, strict=True):
        assert value == runs(columns[1][columns[0] == who])
    assert ((found.p >= 0) & (found.p <= 1)).all()
    if len(set(columns[1].tolist())) > 1:
        assert found.annotator.tolist() == np.flatnonzero(np.bincount(columns[0]) >= 20).tolist()
    else:
        assert len(found.annotator) == 0


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 3), st.integers(0, 2)),
        max_size=28,
        unique_by=lambda row: row[:2],
    )
)
def test_a_run_is_the_earliest_of_the_longest_and_others_are_asked_about_its_items(rows):
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    given = answers(*columns, items=7, annotators=4, labels=3)
    found = longest_runs(given)
    others, alike = others_alike(given, found)
    for who in range(4):
        own = [at for at, row in enumerate(rows) if row[1] == who]
        stretches = [
            own[a:b]
            for a in range(len(own))
            for b in range(a + 1, len(own) + 1)
            if len({rows[at][2] for at in own[a:b]}) == 1
        ]
        run = max(stretches, key=len, default=[])
        assert found.length[who] == len(run)
        assert not run or found.start(who) == run[0]
        there = {rows[at][0] for at in run}
        told = [label for item, one, label in rows if one != who and item in there]
        assert others[who] == len(told)
        assert alike[who] == (told.count(rows[run[0]][2]) if run else 0)


def test_one_who_clicks_the_same_for_a_while_is_found():
    draw = np.random.default_rng(11)
    who = np.repeat(np.arange(8), 150)
    label = draw.choice(3, 1200, p=[0.5, 0.3, 0.2])
    label[150 * 5 + 40 : 150 * 5 + 70] = 1
    found = straight_lining(answers(np.arange(1200), who, label))
    assert found.annotator[found.notable & benjamini_hochberg(found.p)].tolist() == [5]
    assert found.value[5] >= 30


def test_the_threshold_is_passed_by_one_in_a_thousand():
    limit = run_threshold(np.array([100, 1000]), 0.5)
    chance = run_chance(np.ceil(limit).astype(int), np.array([100, 1000]), np.array([0.5, 0.5]))
    assert (chance < 0.0025).all()
    assert (chance > 0.0003).all()
