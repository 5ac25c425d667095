"""What if: finish, cost and expected error of a plan, worked out by hand."""

import pytest

from labelpulse.judgement.supposed import Evidence, Supposition, outcome
from labelpulse.stats.what_if import error_at_overlap

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
