"""What if: finish, cost and expected error of a plan, worked out by hand."""

from pathlib import Path

import pytest

from labelpulse.findings.supposed import (
    Evidence,
    Supposition,
    assumptions,
    compared,
    evidence,
    outcome,
    queries,
)
from labelpulse.stats.what_if import error_at_overlap
from labelpulse.warehouse.rates import SaidRate
from tests.findings.selections import selection_in
from tests.reader.world import NOW, Say, World, at, engine_at

FINISH = {"p50": "2026-12-21", "remaining": 1000}
KNOWN = Evidence(0.08, "", "EUR", 0.9, "gold accuracy, n 120", 1.5)


def test_only_what_differs_is_asked() -> None:
    assert Supposition().terms == ()
    whole = Supposition(people=-2, overlap=3, review=0.2)
    assert whole.terms == (("people", -2.0), ("overlap", 3.0), ("review", 0.2))


def test_a_review_costs_as_much_as_a_label_and_mends_what_it_sees() -> None:
    now = outcome(FINISH, Supposition(), KNOWN)
    assert now.cost == pytest.approx(80)
    assert now.error == pytest.approx(0.1)
    reviewed = outcome(FINISH, Supposition(review=0.25), KNOWN)
    assert reviewed.cost == pytest.approx(100)
    assert reviewed.error == pytest.approx(0.075)


def test_three_answers_err_less_than_one() -> None:
    three = outcome(FINISH, Supposition(overlap=3), KNOWN)
    assert three.error == pytest.approx(error_at_overlap(0.9, 3)) == pytest.approx(0.028)


def test_nothing_is_made_up_where_nothing_is_known() -> None:
    bare = Evidence(None, "no rates are set", "", None, "", 1.0)
    found = outcome(FINISH, Supposition(people=3, overlap=3, review=1.0), bare)
    assert (found.cost, found.error) == (None, None)
    assert outcome({**FINISH, "remaining": None}, Supposition(), KNOWN).cost is None


def test_a_tab_left_open_is_no_cost_of_the_work_to_come(tmp_path: Path) -> None:
    """Ann has 10 USD an hour and takes 36 s, 0.10 USD a label, but for a tab open ten hours.

    By the sum of times a label would take 10 h 23.4 min / 40, and cost 2.60 USD; 40 are left.
    """
    world = World(engine_at(tmp_path))
    last = (NOW - at(0)) // 86_400_000_000 - 1
    times = [36_000] * 39 + [36_000_000]
    says = [Say(f"i{n}", "ann", "x", at(last, n), time_ms=ms) for n, ms in enumerate(times)]
    world.project(says, required={f"i{n}": 2 for n in range(40)})
    world.warehouse.rates([SaidRate(None, "ann", 0, 10_000_000, "USD")])
    selection = selection_in(world)
    known = evidence(selection)
    assert known.per_label == pytest.approx(0.10)
    assert [row["Cost from now"] for row in compared(selection, Supposition())] == ["4 USD"]
    told = assumptions(selection, Supposition())
    assert "100 labels for 10.00 USD" in told
    assert "without 1 of 40 times over 30 min, 96 % of the sum" in told
    cost = next(one for one in queries(selection) if one.metric == "cost_per_label")
    assert selection.ask.answer(cost, selection.version)[0]["value"] == known.per_label


def test_few_times_price_nothing(tmp_path: Path) -> None:
    """One tab among nine would be taken for long work, and a label for 100 times its cost."""
    world = World(engine_at(tmp_path))
    times = [36_000] * 8 + [36_000_000]
    world.project([Say(f"i{n}", "ann", "x", at(1, n), time_ms=ms) for n, ms in enumerate(times)])
    world.warehouse.rates([SaidRate(None, "ann", 0, 10_000_000, "USD")])
    assert evidence(selection_in(world)).per_label is None
    assert "No cost: 9 times only are known" in assumptions(selection_in(world), Supposition())


def test_without_rates_the_what_if_says_why_it_has_no_cost(tmp_path: Path) -> None:
    world = World(engine_at(tmp_path))
    world.project([Say("i1", "ann", "x", at(1), time_ms=36_000)])
    told = assumptions(selection_in(world), Supposition())
    assert "No cost: no rates are set" in told
