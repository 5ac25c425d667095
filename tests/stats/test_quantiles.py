"""Quantiles from buckets against the amounts themselves."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.metrics.times import time_bucket
from labelpulse.stats.quantiles import mean_interval, quantile, quantile_interval


def buckets_of(amounts):
    found: dict[int, tuple[int, int]] = {}
    for ms in amounts:
        n, total = found.get(time_bucket(ms), (0, 0))
        found[time_bucket(ms)] = n + 1, total + ms
    return found


@given(st.lists(st.integers(1, 10_000_000), min_size=1, max_size=60), st.floats(0, 1))
def test_a_quantile_is_within_a_buckets_width(amounts, p):
    found = quantile(buckets_of(amounts), p)
    exact = float(np.quantile(amounts, p))
    assert found is not None
    assert found == pytest.approx(exact, rel=0.021)


@given(st.lists(st.sampled_from([1_000, 2_500, 60_000, 61_000, 1_800_000]), min_size=1))
def test_amounts_that_fill_a_bucket_alone_give_the_exact_quantile(amounts):
    alone = {time_bucket(ms) for ms in (1_000, 2_500, 60_000, 1_800_000)}
    assert len(alone) == 4
    kept = [ms for ms in amounts if ms != 61_000] or [1_000]
    for p in (0.1, 0.5, 0.9):
        assert quantile(buckets_of(kept), p) == pytest.approx(float(np.quantile(kept, p)))


def test_no_amounts_have_no_quantile():
    assert quantile({}, 0.5) is None
    assert quantile_interval({}, 0.5) is None
    assert mean_interval({1: (1, 9)}) is None


def test_intervals_cover_what_they_promise():
    draw = random.Random(11)
    medians = means = 0
    for _ in range(300):
        amounts = [max(1, round(draw.lognormvariate(10, 0.7))) for _ in range(120)]
        low, high = quantile_interval(buckets_of(amounts), 0.5) or (0, 0)
        medians += low * 0.99 <= np.exp(10) <= high * 1.01
        low, high = mean_interval(buckets_of(amounts)) or (0, 0)
        means += low <= np.exp(10 + 0.7**2 / 2) <= high
    assert medians >= 276
    assert means >= 267
