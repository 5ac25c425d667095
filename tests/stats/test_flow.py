"""Queues: Little's law on simulated ones, growth where it was planted, the bottleneck by hand."""

import random
from itertools import accumulate
from statistics import mean

import pytest
from scipy import stats

from labelpulse.stats.flow import Stage, bottleneck, growth, littles_law_residual, sign_test


def queue(rng, days, rate, stay):
    """Return (arrivals, departures, stays that ended, each by day) of a queue without limits."""
    now, left = 0.0, []
    arrivals, departures = [0] * days, [0] * days
    stays: list[list[float]] = [[] for _ in range(days)]
    while (now := now + rng.expovariate(rate)) < days:
        arrivals[int(now)] += 1
        left.append((now + rng.expovariate(1 / stay), now))
    for out, came in left:
        if out < days:
            departures[int(out)] += 1
            stays[int(out)].append(out - came)
    return arrivals, departures, stays


@pytest.mark.parametrize("seed", range(8))
def test_a_steady_queue_keeps_the_law(seed):
    """300 a day that stay three days each, once the queue has filled: 900 in it."""
    arrivals, departures, stays = queue(random.Random(seed), 100, rate=300, stay=3)
    wip = list(accumulate((a - d for a, d in zip(arrivals, departures, strict=True)), initial=0))
    kept = [one for day in stays[20:] for one in day]
    assert mean(wip[20:]) == pytest.approx(900, rel=0.03)
    residual = littles_law_residual(wip[20:], sum(departures[20:]), mean(kept))
    assert residual is not None
    assert abs(residual) < 9


def test_items_that_vanish_unseen_break_the_law():
    """A tenth never leaves by the book, and nobody counts it out of the queue."""
    assert littles_law_residual([100, 100, 100], 20, 9.0) == pytest.approx(10)


@pytest.mark.parametrize(
    ("wip", "left", "stay"),
    [
        ([], 3, 1.0),
        ([5], 3, 1.0),
        ([5, 5], 0, 1.0),
        ([5, 5], 3, None),
        ([0, 0], 3, 1.0),
        ([100, 111], 3, 1.0),
        ([100, 88], 3, 1.0),
    ],
)
def test_the_law_says_nothing(wip, left, stay):
    assert littles_law_residual(wip, left, stay) is None


def test_the_mean_over_time_beats_that_of_midnights():
    """Forty items come at nine and leave at five, every day: at midnight there is nothing."""
    assert littles_law_residual([0, 0, 0], 80, 1 / 3) is None
    assert littles_law_residual([0, 0, 0], 80, 1 / 3, mean_wip=40 / 3) == pytest.approx(0)


@pytest.mark.parametrize(("more", "fewer"), [(0, 0), (5, 0), (4, 1), (2, 3), (7, 9)])
def test_the_sign_test_is_the_binomial_one(more, fewer):
    n = more + fewer
    wanted = stats.binomtest(more, n, alternative="greater").pvalue if n else 1.0
    assert sign_test(more, fewer) == pytest.approx(wanted)


def test_the_slope_is_students():
    came, left = [9, 12, 8, 11, 14], [5, 9, 7, 6, 8]
    found = growth(came, left)
    change = [a - b for a, b in zip(came, left, strict=True)]
    wanted = stats.ttest_1samp(change, 0, alternative="greater")
    assert found is not None
    assert found.slope == mean(change)
    assert found.slope_p == pytest.approx(wanted.pvalue)
    assert (found.more, found.fewer, found.growing, found.since) == (5, 0, True, 0)


def test_growth_begins_where_it_was_planted_and_rests_are_no_days():
    came = [5, 6, 5, 0, 0, 5, 6, 9, 10, 9, 0, 0, 11, 10, 9]
    left = [6, 5, 6, 0, 0, 6, 5, 5, 6, 4, 0, 0, 5, 5, 5]
    found = growth(came, left)
    assert found is not None
    assert found.growing
    assert found.since == 7
    assert growth([3], [1]) is None
    assert growth([0, 0], [0, 0]) is None


def test_a_queue_that_stood_there_before_does_not_hide_when_it_began_to_grow():
    found = growth([50, *[10] * 9, *[14] * 6], [5, *[9, 11, 10] * 3, *[10] * 6])
    assert found is not None
    assert (found.growing, found.slope, found.since) == (True, 4, 10)


def test_queues_in_balance_are_seldom_said_to_grow():
    """The sign test alone says so of 1 in 32 at most, and both must."""
    rng = random.Random(5)
    said = 0
    for _ in range(1000):
        came, left = ([rng.randint(20, 40) for _ in range(20)] for _ in range(2))
        found = growth(came, left)
        said += found is not None and found.growing
    assert said <= 50


def test_the_bottleneck_is_what_grows_before_what_is_large():
    flat = Stage(100.0, 1000, [5] * 6, [5, 6, 5, 4, 5, 5])
    grows = Stage(10.0, 20, [9, 8, 9, 8, 9, 8], [5] * 6)
    found = bottleneck({"flat": flat, "grows": grows})
    assert found is not None
    assert (found.stage, found.score, found.growth.growing) == ("grows", 200.0, True)
    found = bottleneck({"flat": flat, "small": Stage(1.0, 20, [], [])})
    assert found is not None
    assert (found.stage, found.growth.growing) == ("flat", False)
    assert bottleneck({"empty": Stage(0.0, 0, [5], [5])}) is None
    assert bottleneck({}) is None
