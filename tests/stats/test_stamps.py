"""Rubber stamps: gaps between reviews, and how long care takes, against plain loops."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.stats.stamps import plausible_minimum, review_gaps

S = 1_000_000
REVIEWS = st.lists(
    st.tuples(
        st.integers(0, 3), st.integers(1, 4), st.sampled_from([0, *(S * n for n in range(1, 40))])
    ),
    max_size=40,
)


def gaps(rows, idle=1800.0):
    who, what, at = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return review_gaps(who, what, at, idle)


@given(REVIEWS, st.sampled_from([5.0, 1800.0]))
def test_gaps_are_those_of_a_plain_loop(rows, idle):
    found = gaps(rows, idle)
    wanted = [math.nan] * len(rows)
    last: dict[int, tuple[int, int]] = {}
    for at, item, who, place in sorted(
        (at, item, who, n) for n, (who, item, at) in enumerate(rows)
    ):
        if who == 0 or at == 0:
            continue
        if who in last and last[who][1] != item and (at - last[who][0]) / S <= idle:
            wanted[place] = (at - last[who][0]) / S
        last[who] = (at, item)
    assert found.tolist() == pytest.approx(wanted, nan_ok=True)


def test_the_order_of_the_rows_tells_nothing():
    draw = np.random.default_rng(1)
    rows = np.stack(
        [draw.integers(0, 4, 300), draw.permutation(300), S * draw.integers(1, 9000, 300)], axis=1
    )
    order = draw.permutation(300)
    assert gaps(rows[order]) == pytest.approx(gaps(rows)[order], nan_ok=True)


def test_the_idle_cut_is_the_longest_gap_that_tells():
    rows = [(1, 1, S), (1, 2, 1801 * S), (1, 3, 3602 * S)]
    assert gaps(rows).tolist() == pytest.approx([math.nan, 1800, math.nan], nan_ok=True)


def test_what_is_accepted_at_one_instant_is_no_seconds_apart_and_an_item_is_looked_at_once():
    """The answers of item 2, given in another order, and what was fixed, then accepted."""
    rows = [
        (1, 9, S),
        (1, 2, 60 * S),
        (1, 3, 60 * S),
        (1, 2, 60 * S),
        (1, 4, 90 * S),
        (1, 4, 91 * S),
    ]
    wanted = [math.nan, 59, 0, math.nan, 30, math.nan]
    assert gaps(rows).tolist() == pytest.approx(wanted, nan_ok=True)


@given(st.lists(st.tuples(st.floats(0, 900) | st.just(math.nan), st.booleans()), max_size=60))
def test_the_least_is_the_quantile_of_careful_gaps_above_none(rows):
    gap = np.array([one for one, _ in rows], dtype=np.float64)
    careful = np.array([one for _, one in rows], dtype=bool)
    times = sorted(one for one, with_care in rows if with_care and one > 0)
    found, n = plausible_minimum(gap, careful)
    assert n == len(times)
    if n < 20:
        assert found is None
        return
    place = 0.05 * (n - 1)
    low = int(place)
    high = min(low + 1, n - 1)
    assert found == pytest.approx(times[low] + (place - low) * (times[high] - times[low]))


def test_of_careful_reviews_a_twentieth_is_below_the_least():
    gap = np.random.default_rng(2).lognormal(3, 1, 2000)
    least, n = plausible_minimum(gap, np.ones(2000, dtype=bool))
    assert n == 2000
    assert least is not None
    assert (gap < least).mean() == 0.05
