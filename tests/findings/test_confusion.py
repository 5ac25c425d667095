"""Two labels that are confused: who leans to which, and what the guideline's owner is handed."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from labelpulse.findings import confusion, watch
from labelpulse.findings.blame import NOBODY, Blame
from labelpulse.findings.confusion import Pair, Rise, Side, guideline, leaning, rise

PAIR = Pair("Billing", "Refund", 166, 0.3, 0.1, 15)
SINCE = date(2026, 11, 12)
RISEN = Rise(SINCE, "Manila")


def answered(item: str, first: str, second: str) -> dict[str, Any]:
    return {"item": item, "annotator_a": first, "annotator_b": second, "day": "2026-11-20"}


def gave(who: str, team: str | None, first: int, second: int) -> dict[str, Any]:
    return {"annotator": who, "team": team, "first": first, "second": second, "n": first + second}


SIDES = [gave("ana", "Nairobi", 18, 18), gave("ben", "Manila", 21, 27), gave("cy", "Manila", 2, 1)]
READINGS = [answered("9", "ana", "dan"), answered("8", "dan", "cy"), answered("7", "ben", "ana")]


def selection(sides: list[dict[str, Any]] = SIDES) -> Any:
    tables = {"sides": sides, "readings": READINGS}
    return SimpleNamespace(
        control="intent",
        holding=SimpleNamespace(info=SimpleNamespace(title="Tickets")),
        span=SimpleNamespace(until=date(2026, 11, 27)),
        detail=lambda kind, _days, where: tables[kind],
    )


def test_who_cannot_be_told_from_half_does_not_lean() -> None:
    """44 % of 48 beside 50 % of 36 says nothing; where two labels meet, half is what all give."""
    assert leaning(confusion.of_teams(SIDES)) == []
    assert leaning([Side("few", 0, 19), Side("b", 21, 27), Side("c", 40, 8)]) == [Side("c", 40, 8)]
    assert leaning([]) == []


def test_of_many_sides_one_in_twenty_does_not_lean_by_chance() -> None:
    two, others = [Side("a", 32, 18), Side("b", 18, 32)], [Side(f"p{n}", 25, 25) for n in range(19)]
    assert leaning(two) == two
    assert leaning([*two, *others]) == []


def test_who_answers_beside_many_leans_by_the_share_of_all() -> None:
    """Nine say the first where one says the second: nobody is half and half there."""
    nine = [Side(f"p{n}", 27, 3) for n in range(9)]
    assert leaning([*nine, Side("p9", 27, 3)]) == []
    (one,) = leaning([*nine, Side("dan", 3, 27)])
    assert one.who == "dan"


def test_the_card_names_the_team_that_agreement_fell_with_and_no_other() -> None:
    text = guideline(selection(), PAIR, RISEN, [])
    assert (
        "It has risen since Thu 12 Nov; since then agreement has fallen, only with team Manila.\n"
    ) in text
    assert "Nairobi" not in text
    assert "is given by" not in text
    assert "since Thu 12 Nov.\n" in guideline(selection(), PAIR, Rise(SINCE), [])
    assert "risen" not in guideline(selection(), PAIR, None, [])


def test_the_card_tells_of_teams_that_lean() -> None:
    apart = selection([gave("ana", "Nairobi", 40, 8), gave("ben", "Manila", 8, 40)])
    told = "Billing is given by: Nairobi 83\xa0% (n 48), Manila 17\xa0% (n 48)."
    assert f"Where the two meet since then, {told}" in guideline(apart, PAIR, RISEN, [])
    assert f"Where the two meet, {told}" in guideline(apart, PAIR, None, [])


@pytest.mark.parametrize(
    ("risen", "items"),
    [(RISEN, ["8", "7"]), (Rise(SINCE), ["9", "8"]), (None, ["9", "8"])],
)
def test_examples_are_those_of_the_team_first(risen: Rise | None, items: list[str]) -> None:
    assert [row["item"] for row in confusion.examples(selection(), PAIR, risen, 2)] == items


def test_a_pair_has_risen_where_the_fall_sits_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fall = SimpleNamespace(since=SINCE)
    monkeypatch.setattr(watch, "alarm", lambda *_: fall)
    blamed = Blame(pair=("Refund", "Billing"), team="Manila")
    assert rise(selection(), PAIR, blamed) == RISEN
    assert rise(selection(), PAIR, Blame(pair=("Billing", "Shipping"))) is None
    assert rise(selection(), PAIR, NOBODY) is None
    monkeypatch.setattr(watch, "alarm", lambda *_: None)
    assert rise(selection(), PAIR, blamed) is None
