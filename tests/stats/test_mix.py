"""The chart of label shares and the population stability index."""

import random
from math import isfinite

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelpulse.stats.mix import mix_chart, psi

DAY = 738_001
USUAL = {"car": 0.5, "van": 0.3, "bus": 0.2}


def days(shares, count, n=200, start=DAY, seed=1):
    draw = random.Random(seed)
    found = {}
    for i in range(count):
        given = draw.choices(list(shares), list(shares.values()), k=n)
        found[start + i] = {label: given.count(label) for label in shares}
    return found


def even(count, start=DAY):
    """Days exactly as expected."""
    return {start + i: {"car": 100, "van": 60, "bus": 40} for i in range(count)}


def test_a_shift_is_found_and_dated():
    moved = {"car": 0.4, "van": 0.3, "bus": 0.3}
    rows = mix_chart(days(USUAL, 60) | days(moved, 20, start=DAY + 60, seed=2))
    first = next(row for row in rows if row.alarm)
    assert DAY + 60 <= first.day <= DAY + 65
    assert abs((first.change_day or 0) - (DAY + 60)) <= 1
    assert rows[-1].value == pytest.approx(psi([5000, 3000, 2000], [4000, 3000, 3000]), rel=0.4)


def test_the_statistic_is_worked_out_by_hand():
    given = even(28) | {DAY + 28: {"car": 80, "van": 60, "bus": 60}}
    row = mix_chart(given)[28]
    # 200 Σ(p-q)²/q = 4 + 0 + 10; e = z/5 of variance 1/25, to which 1/28 is added
    assert row.statistic == pytest.approx(14 / 25 / (1 / 25 + 1 / 28), rel=1e-3)
    assert row.limit == pytest.approx(12.429, abs=1e-3)  # chi-square, 2 degrees, 1 - 1/500


def test_new_and_rare_labels_are_one_category():
    """One bicycle among 200 is no alarm, though none was seen before; thirty are."""
    lone = mix_chart(even(40) | {DAY + 40: {"car": 100, "van": 60, "bus": 39, "bicycle": 1}})
    assert not any(row.alarm for row in lone)
    assert lone[40].statistic == pytest.approx(0, abs=1e-3)
    many = mix_chart(even(40) | {DAY + 40 + i: {"car": 85, "bicycle": 115} for i in range(3)})
    assert many[-1].alarm


def test_a_label_that_comes_later_changes_no_earlier_row():
    known = days(USUAL, 45)
    later = known | {DAY + 45: {"tram": 200}}
    assert mix_chart(later)[:45] == mix_chart(known)


def test_one_label_only_has_no_shares_to_watch():
    rows = mix_chart({DAY + i: {"car": 50} for i in range(40)})
    assert {row.note for row in rows} == {"one label"}
    assert all(row.statistic is None and row.value is None for row in rows)


def test_shares_that_differ_by_day_widen_the_scale():
    tilted = even(28)
    for i in range(28):
        tilted[DAY + i] = {"car": 100 + (30 if i % 2 else -30), "van": 60, "bus": 40}
    change = {DAY + 28: {"car": 70, "van": 60, "bus": 70}}
    wild, calm = mix_chart(tilted | change)[28], mix_chart(even(28) | change)[28]
    assert (wild.statistic or 0) < (calm.statistic or 0) / 4


def test_the_scale_is_laneys_over_all_labels():
    """Two labels, .5 ± .15 by turns: the statistic of plain scores over the squared scale."""
    tilted = {DAY + i: {"a": 100 + (30 if i % 2 else -30), "b": 100 + (-30 if i % 2 else 30)}
              for i in range(28)}  # fmt: skip
    row = mix_chart(tilted | {DAY + 28: {"a": 140, "b": 60}})[28]
    scale = 0.3 / (0.5 / 200**0.5) / 1.128379  # days are .3 apart, their items scatter .5/√n
    plain = 200 * 2 * 0.2**2 / 0.5 / 25 / (1 / 25 + 1 / 28)
    assert row.statistic == pytest.approx(plain / scale**2, rel=1e-3)


def test_holidays_few_answers_and_new_baselines_are_as_in_other_charts():
    rows = mix_chart(even(30) | {DAY + 30: {"bus": 200}, DAY + 31: {"bus": 5}}, holidays={DAY + 30})
    assert [row.note for row in rows[-2:]] == ["holiday", "fewer than 20 items so far"]
    assert not any(row.alarm for row in rows)
    rows = mix_chart(even(60), rebase=[DAY + 40])
    assert rows[40].note == "20 of 28 points for a baseline"
    assert mix_chart({}) == ()


def test_psi_by_its_formula():
    a, b = np.array([30.5, 70.5]) / 101, np.array([50.5, 50.5]) / 101
    assert psi([30, 70], [50, 50]) == pytest.approx(float(((b - a) * np.log(b / a)).sum()))
    assert psi([10, 0], [10, 0]) == 0


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 60), max_size=7),
        min_size=30,
        max_size=50,
    )
)
def test_every_number_is_finite(counts):
    rows = mix_chart({DAY + i: one for i, one in enumerate(counts)})
    assert len(rows) == len(counts)
    for row in rows:
        assert all(isfinite(x) for x in row if isinstance(x, float))
        assert row.note or row.statistic is not None
