"""Review plans, and that what they find tells about all items."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import kstest

from labelpulse.core.estimate import Estimate
from labelpulse.stats.arrays import Floats, Ints
from labelpulse.stats.recheck import (
    NOT_DRAWN,
    error_removed,
    horvitz_thompson,
    permanent_numbers,
    review_plan,
    sampled_error,
)

NAN = float("nan")

# --- permanent numbers ---


def splitmix64(seed: int, place: int) -> int:
    """The generator's output at a place, in whole numbers without end."""
    bits = (seed + place * 0x9E3779B97F4A7C15) % 2**64
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB % 2**64
    return bits ^ bits >> 31


def test_an_items_number_is_its_own_whatever_other_items_there_are():
    items = np.array([1, 2, 3, 77, 2**40, 2**62], dtype=np.int64)
    for salt in (0, 1234567, 2**64 - 1):
        found = permanent_numbers(items, salt)
        assert found.tolist() == [(splitmix64(salt, n) >> 11) / 2**53 for n in items.tolist()]
        assert permanent_numbers(items[3:4], salt)[0] == found[3]
    assert permanent_numbers(items[:0], 5).tolist() == []


def test_numbers_are_even_and_those_of_two_projects_are_strangers():
    items = np.arange(1, 20_001)
    one, other = permanent_numbers(items, 7), permanent_numbers(items, 8)
    assert kstest(one, "uniform").pvalue > 0.01
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.03
    assert abs(np.corrcoef(one[:-1], one[1:])[0, 1]) < 0.03
    assert abs(np.corrcoef(one, items)[0, 1]) < 0.03
    assert len(np.unique(one)) == len(items)


# --- plans ---


def numbered(items: int, seed: int = 0) -> Floats:
    return permanent_numbers(np.arange(1, items + 1), seed)


def test_the_worst_items_come_in_order_and_the_drawn_are_spread_in_the_order_of_their_numbers():
    gain, number = np.linspace(0.5, 0, 200), numbered(200)
    plan = review_plan(gain, number, 40)
    worst = np.arange(36)
    drawn = 36 + np.argsort(number[36:])[:4]
    last = number[drawn].max()
    both = worst[number[worst] < last]
    assert plan.item[~plan.drawn].tolist() == [one for one in worst.tolist() if one not in both]
    wanted = sorted([*both, *drawn], key=lambda one: number[one])
    assert plan.item[plan.drawn].tolist() == wanted
    assert np.diff(np.flatnonzero(plan.drawn)).max() <= 11
    assert (plan.inclusion[~plan.drawn] == 1).all()
    left = np.setdiff1d(np.arange(200), plan.item)
    sample = int((number < number[left].min()).sum())
    assert plan.inclusion[plan.drawn] == pytest.approx(sample / 200)
    assert plan.gain.tolist() == gain[plan.item].tolist()


def test_a_plan_goes_on_where_the_last_one_ended():
    """What was drawn for one plan and not reviewed is drawn for the next, too."""
    gain, number = np.random.default_rng(0).random(300), numbered(300)
    first = review_plan(gain, number, 60)
    left = np.setdiff1d(np.arange(300), first.item[~first.drawn])
    again = review_plan(gain[left], number[left], 60, reviewed=number[first.item[~first.drawn]])
    drawn = set(first.item[first.drawn].tolist())
    assert {*left[again.item[again.drawn]].tolist()} >= drawn


def test_inclusion_is_the_share_that_the_sample_will_be():
    gain, number = np.random.default_rng(1).random(200), numbered(200, 1)
    first = review_plan(gain, number, 50, random_share=0.4)
    left = np.setdiff1d(np.arange(200), first.item)
    second = review_plan(
        gain[left], number[left], 50, random_share=0.4, reviewed=number[first.item]
    )
    score = np.full(200, NAN)
    for plan, items in ((first, first.item), (second, left[second.item])):
        score[items] = 0.0
        assert sampled_error(number, score).n == pytest.approx(200 * plan.inclusion[plan.drawn][0])


def test_a_reviewer_who_misses_some_errors_removes_less():
    assert error_removed(np.array([0.4, 0.1]), 0.25).tolist() == pytest.approx([0.3, 0.075])


@pytest.mark.parametrize(("budget", "planned"), [(0, 0), (1, 1), (5, 5), (9, 5), (-1, 0)])
def test_a_plan_is_as_long_as_the_budget_and_the_items_allow(budget, planned):
    plan = review_plan(np.array([0.1, 0.2, 0.3, 0.0, 0.5]), numbered(5), budget)
    assert len(plan.item) == len(set(plan.item.tolist())) == planned
    if budget >= 5:
        assert (plan.inclusion == 1).all()


def test_a_plan_without_a_random_share_or_without_items():
    assert not review_plan(np.linspace(0, 1, 30), numbered(30), 10, random_share=0).drawn.any()
    assert len(review_plan(np.zeros(0), np.zeros(0), 10).item) == 0


# --- the error of all items ---

Review = Callable[[Floats, Floats, Floats], Ints]
"""Error expected by item, numbers, scores so far (NaN = not reviewed) -> items to review now."""


def simulated(review: Review, rounds: int, runs: int, items: int = 300) -> list[tuple]:
    """Return (estimate, true share) by run: errors go with what is expected of them."""
    draw = np.random.default_rng(9)
    found = []
    for _ in range(runs):
        error = draw.beta(0.6, 4, items)
        wrong = (draw.random(items) < error).astype(np.float64)
        number = permanent_numbers(np.arange(1, items + 1), int(draw.integers(2**62)))
        score = np.full(items, NAN)
        for _ in range(rounds):
            seen = np.clip(error + draw.normal(0, 0.05, items), 0, 1)
            now = review(seen, number, score)
            score[now] = wrong[now]
        found.append((sampled_error(number, score), wrong.mean()))
    return found


def by_plan(error: Floats, number: Floats, score: Floats) -> Ints:
    left = np.flatnonzero(np.isnan(score))
    plan = review_plan(
        error[left], number[left], 40, random_share=0.3, reviewed=number[~np.isnan(score)]
    )
    return left[plan.item]


def numbers_of(found: Estimate) -> tuple[float, float, float]:
    assert isinstance(found.value, float)
    assert isinstance(found.low, float)
    assert isinstance(found.high, float)
    return found.value, found.low, found.high


@pytest.mark.parametrize("rounds", [1, 3])
def test_by_plan_the_estimate_is_unbiased_and_its_interval_holds_the_truth(rounds):
    """Errors go with what is expected, so the reviewed items' own share of errors is far off."""
    runs = simulated(by_plan, rounds, 1500)
    told = np.array([(*numbers_of(found), true) for found, true in runs])
    value, low, high, true = told.T
    off = value - true
    assert abs(off.mean()) < 3 * off.std() / np.sqrt(len(off))
    assert 0.93 <= ((low <= true) & (true <= high)).mean() <= 0.98
    assert {found.note for found, _ in runs} == {""}


def test_the_reviewed_items_themselves_show_far_more_errors():
    shares = []

    def note(error: Floats, number: Floats, score: Floats) -> Ints:
        now = by_plan(error, number, score)
        shares.append(error[now].mean() - error.mean())
        return now

    simulated(note, 1, 100)
    assert np.mean(shares) > 0.1


@pytest.mark.parametrize("share", [0.05, 0.3, 0.7])
def test_reviews_by_habit_are_not_taken_for_a_sample(share):
    """Reviewers who pick what looks wrong: about one in twenty passes by chance, no more."""
    habit = np.random.default_rng(3)

    def pick(error: Floats, _number: Floats, _score: Floats) -> Ints:
        look = error + habit.normal(0, 0.1, len(error))
        return np.argsort(-look)[: round(share * len(error))]

    runs = simulated(pick, 1, 4000)
    passed = sum(found.note != NOT_DRAWN for found, _ in runs) / 4000
    assert passed < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 4000)
    told = [(found, true) for found, true in runs if found.note == NOT_DRAWN]
    assert {found.n for found, _ in told} == {round(share * 300)}
    assert all(found.low <= true <= found.high for found, true in told)
    assert max(found.high - found.low for found, _ in told) == pytest.approx(1 - share)
    assert np.mean([found.value - true for found, true in runs]) > 0.02


def test_the_sample_is_the_unbroken_run_by_numbers():
    number = np.array([0.5, 0.1, 0.3, 0.2, 0.9, 0.7])
    found = sampled_error(number, np.array([NAN, 1, 0.5, 0, NAN, NAN]))
    assert (found.value, found.n, found.note) == (0.5, 3, "")
    assert found.more == {"sample": 3, "reviewed": 3, "items": 6}
    wanted = horvitz_thompson([1, 0.5, 0], np.full(3, 0.5), 6)
    assert (found.low, found.high) == (wanted.low, wanted.high)


def test_no_reviews_all_reviews_and_a_run_of_none():
    number = numbered(4)
    found = sampled_error(number, np.full(4, NAN))
    assert (found.value, found.n, found.note) == (None, 0, "nothing was reviewed")
    found = sampled_error(number, np.array([1.0, 0, 0, 1]))
    assert (found.low, found.value, found.high, found.n) == (0.5, 0.5, 0.5, 4)
    score = np.zeros(4)
    score[number.argmin()] = NAN
    found = sampled_error(number, score)
    assert (found.value, found.low, found.high) == (0, 0, 0.25)
    assert (found.n, found.note) == (3, NOT_DRAWN)
    assert found.more["sample"] == 0
    assert sampled_error(np.zeros(0), np.zeros(0)).value is None


@pytest.mark.parametrize(("behind", "representative"), [(0, True), (1, True), (2, False)])
def test_a_run_that_comes_about_by_chance_once_in_twenty_shows_no_draw(behind, representative):
    """Of all ways to choose so many of 12 items: how many begin with the first two?"""
    number = np.arange(12) / 12
    score = np.full(12, NAN)
    score[:2] = 0
    score[12 - behind :] = 1
    ways = list(combinations(range(12), 2 + behind))
    chance = sum({0, 1} <= set(way) for way in ways) / len(ways)
    assert (chance <= 0.05) is representative
    found = sampled_error(number, score)
    assert (found.note == "") is representative
    assert found.n == (2 if representative else 2 + behind)


def test_a_sample_without_errors_still_leaves_doubt():
    found = horvitz_thompson(np.zeros(50), np.full(50, 0.1), 500)
    assert found.value == 0
    assert found.high == pytest.approx(0.065, abs=0.01)


def test_unequal_chances_are_weighed():
    """Items that are sure to be reviewed for their errors, and a draw of one in five of others."""
    draw = np.random.default_rng(2)
    wrong = np.concatenate([draw.random(50) < 0.5, draw.random(500) < 0.05])
    found = []
    for _ in range(800):
        item = np.concatenate([np.arange(50), 50 + draw.choice(500, 100, replace=False)])
        chance = np.where(item < 50, 1, 0.2)
        found.append((*numbers_of(horvitz_thompson(wrong[item], chance, 550)), wrong[item].mean()))
    value, low, high, naive = np.array(found).T
    assert abs(value.mean() - wrong.mean()) < 4 * value.std() / np.sqrt(800)
    assert naive.mean() - wrong.mean() > 0.1
    assert ((low <= wrong.mean()) & (wrong.mean() <= high)).mean() > 0.92


def test_what_is_not_known_is_said():
    assert horvitz_thompson([], [], 10).value is None
    assert "single item" in horvitz_thompson([1, 0], [1, 0.2], 6).note
    assert "not representative" in horvitz_thompson([1, 1, 1], [1, 1, 1], 30).note
