"""Review plans, and that what they find tells about all items."""

import numpy as np
import pytest

from labelpulse.stats.recheck import error_removed, horvitz_thompson, review_plan


def test_the_worst_items_come_in_order_and_the_draw_is_spread_among_them():
    gain = np.linspace(0.5, 0, 200)
    plan = review_plan(gain, 40, seed=1)
    assert plan.item[~plan.drawn].tolist() == list(range(36))
    assert sorted(plan.item.tolist()) == sorted(set(plan.item.tolist()))
    assert plan.drawn.sum() == 4
    assert np.diff(np.flatnonzero(plan.drawn)).max() <= 11
    assert plan.inclusion[plan.drawn] == pytest.approx(4 / 164)
    assert (plan.inclusion[~plan.drawn] == 1).all()
    assert plan.gain.tolist() == gain[plan.item].tolist()


def test_the_same_seed_gives_the_same_plan_and_another_seed_another():
    gain = np.random.default_rng(0).random(300)
    first, again, other = (review_plan(gain, 60, seed=seed).item.tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_reviewer_who_misses_some_errors_removes_less():
    assert error_removed(np.array([0.4, 0.1]), 0.25).tolist() == pytest.approx([0.3, 0.075])


@pytest.mark.parametrize(("budget", "planned"), [(0, 0), (1, 1), (5, 5), (9, 5), (-1, 0)])
def test_a_plan_is_as_long_as_the_budget_and_the_items_allow(budget, planned):
    plan = review_plan(np.array([0.1, 0.2, 0.3, 0.0, 0.5]), budget, seed=3)
    assert len(plan.item) == len(set(plan.item.tolist())) == planned
    if budget >= 5:
        assert (plan.inclusion == 1).all()


def test_the_estimate_is_unbiased_and_its_interval_holds_the_truth():
    """Errors go with the gain, so the plan's own share of errors is far from that of all."""
    draw = np.random.default_rng(2)
    gain = draw.beta(0.6, 4, 600)
    wrong = draw.random(600) < gain
    values: list[float] = []
    naive, inside = [], []
    for seed in range(800):
        plan = review_plan(gain, 150, random_share=0.4, seed=seed)
        found = horvitz_thompson(wrong[plan.item], plan.inclusion, 600)
        assert isinstance(found.value, float)
        assert found.low is not None
        assert found.high is not None
        values.append(found.value)
        naive.append(wrong[plan.item].mean())
        inside.append(found.low <= wrong.mean() <= found.high)
    error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values) - wrong.mean()) < 4 * error
    assert abs(np.mean(naive) - wrong.mean()) > 0.1
    assert np.mean(inside) > 0.92


def test_a_sample_without_errors_still_leaves_doubt():
    found = horvitz_thompson(np.zeros(50), np.full(50, 0.1), 500)
    assert found.value == 0
    assert found.high == pytest.approx(0.065, abs=0.01)


def test_reviewing_everything_leaves_no_doubt():
    found = horvitz_thompson([1, 0, 0, 1], np.ones(4), 4)
    assert (found.low, found.value, found.high) == (0.5, 0.5, 0.5)


def test_what_is_not_known_is_said():
    assert horvitz_thompson([], [], 10).value is None
    assert "single item" in horvitz_thompson([1, 0], [1, 0.2], 6).note
    assert "not representative" in horvitz_thompson([1, 1, 1], [1, 1, 1], 30).note
    plan = review_plan(np.linspace(0, 1, 30), 10, random_share=0, seed=1)
    assert not plan.drawn.any()
