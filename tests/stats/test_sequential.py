"""Wald's test: its lines, its decisions, and that it errs as rarely as it says."""

import numpy as np
import pytest

from labelpulse.stats.sequential import Outcome, Plan, expected_n, sprt

PLAN = Plan(0.1, 0.25, alpha=0.05, beta=0.1)


def runs(share: float, number: int = 4_000, length: int = 600) -> list[Outcome]:
    rng = np.random.default_rng(7)
    return [sprt((rng.random(length) < share).tolist(), PLAN) for _ in range(number)]


def test_the_lines_are_where_the_likelihood_ratio_meets_its_bounds():
    low, high, slope = PLAN.lines()
    for n in (5, 20, 60):
        for wrong in range(n + 1):
            ratio = wrong * np.log(0.25 / 0.1) + (n - wrong) * np.log(0.75 / 0.9)
            assert (ratio <= np.log(0.1 / 0.95)) == (wrong <= low + slope * n)
            assert (ratio >= np.log(0.9 / 0.05)) == (wrong >= high + slope * n)


def test_the_operating_characteristic_keeps_both_risks():
    """α' ≤ α/(1-β) and β' ≤ β/(1-α), Wald 1945; decided answers overshoot, so mostly below."""
    good = [one.decision for one in runs(PLAN.good)]
    bad = [one.decision for one in runs(PLAN.bad)]
    assert "undecided" not in (*good, *bad)
    noise = 3 * 0.5 / 4_000**0.5
    assert good.count("failed") / len(good) <= PLAN.alpha / (1 - PLAN.beta) + noise
    assert bad.count("proven") / len(bad) <= PLAN.beta / (1 - PLAN.alpha) + noise
    middle = [one.decision for one in runs(0.165)]
    assert 0.2 < middle.count("proven") / len(middle) < 0.8


@pytest.mark.parametrize("good", [True, False])
def test_it_takes_about_as_many_answers_as_expected(good: bool):
    taken = np.mean([one.at or 0 for one in runs(PLAN.good if good else PLAN.bad)])
    # Without the overshoot of the last answer, Wald's number is a little low.
    assert 0.95 < taken / expected_n(PLAN, good=good) < 1.35


def test_what_remains_is_what_is_left_of_a_test_half_way():
    rng = np.random.default_rng(3)
    start = [False] * 8 + [True]
    standing = sprt(start, PLAN)
    ends = [sprt([*start, *(rng.random(600) < 0.1).tolist()], PLAN).at or 0 for _ in range(3_000)]
    assert standing.decision == "undecided"
    assert 0.9 < (np.mean(ends) - len(start)) / standing.remaining < 1.35


def test_answers_after_the_decision_change_nothing():
    right = sprt([False] * 60, PLAN)
    spoilt = sprt([False] * 60 + [True] * 40, PLAN)
    assert right.decision == spoilt.decision == "proven"
    assert right.at == spoilt.at
    assert (spoilt.n, spoilt.wrong, spoilt.remaining) == (100, 40, 0)


def test_without_answers_nothing_is_decided():
    found = sprt([], PLAN)
    assert (found.decision, found.at, found.n, found.wrong) == ("undecided", None, 0, 0)
    assert found.remaining == pytest.approx(expected_n(PLAN), abs=1)


@pytest.mark.parametrize(
    "plan", [(0, 0.2), (0.2, 0.2), (0.3, 0.2), (0.2, 1), (0.1, 0.2, 0, 0.1), (0.1, 0.2, 0.6, 0.5)]
)
def test_what_is_no_plan_is_refused(plan: tuple[float, ...]):
    with pytest.raises(ValueError, match="must be"):
        Plan(*plan)
