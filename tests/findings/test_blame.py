"""Where a fall sits: a pair of labels, one team, a batch; and nothing where nothing stands out."""

import random
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from labelpulse.findings.blame import (
    NOBODY,
    Blame,
    apart_rates,
    blame,
    fell_only_with,
    grown_batch,
    risen_pair,
)

SINCE = date(2026, 11, 10)


def share(value: float, n: int, width: float = 0.02, **keys: Any) -> dict[str, Any]:
    return {**keys, "value": value, "low": value - width, "high": value + width, "n": n}


def test_the_pair_that_most_of_the_rise_is() -> None:
    before = {("a", "b"): 0.05, ("b", "c"): 0.05}
    assert risen_pair(before, {("a", "b"): 0.12, ("b", "c"): 0.06}) == ("a", "b")
    assert risen_pair(before, {("a", "b"): 0.08, ("b", "c"): 0.08, ("a", "c"): 0.04}) is None
    assert risen_pair(before, before) is None, "nothing rose"
    assert risen_pair({}, {("a", "b"): 0.1}) == ("a", "b"), "a pair that was not there before"


def test_rates_are_parts_of_all_comparisons() -> None:
    rows = [
        {"label_a": "b", "label_b": "a", "value": 6},
        {"label_a": "a", "label_b": "c", "value": 2},
    ]
    found = apart_rates(rows, 0.2)
    assert found["a", "b"] == pytest.approx(0.15)
    assert sum(found.values()) == pytest.approx(0.2)
    assert apart_rates([], 0.0) == {}


def test_the_batch_that_came_in() -> None:
    before = [share(0.9, 80, batch="day"), share(0.7, 10, batch="night")]
    after = [share(0.9, 40, batch="day"), share(0.7, 40, batch="night")]
    assert grown_batch(before, after) == "night"
    assert grown_batch(before, before) is None
    assert grown_batch([], after) is None
    steady = [share(0.9, 95, batch="day"), share(0.9, 5, batch="night")]
    assert grown_batch(before, steady) is None, "a tenth of all is asked for"


def selection(teams: Sequence[str], blamed: Sequence[str], items: int = 300) -> Any:
    """Teams share all items evenly; agreement on items of the blamed fell from 90 to 70 %."""
    each = items / max(len(teams), 1)

    def share_of(present: Sequence[str], late: bool) -> dict[str, Any]:
        right = sum(each * (0.7 if late and team in blamed else 0.9) for team in present)
        return {
            "value": right / (each * len(present)) if present else None,
            "n": each * len(present),
        }

    def answer(query: Any, _version: int) -> list[dict[str, Any]]:
        (left_out,) = (one.value for one in query.where)
        return [
            share_of([one for one in teams if one != left_out], query.since >= SINCE.isoformat())
        ]

    def query(_metric: str, *, days: Any, where: Any = ()) -> Any:
        return SimpleNamespace(since=days[0].isoformat(), where=where)

    return SimpleNamespace(
        ask=SimpleNamespace(answer=answer, teams=lambda: tuple(teams)),
        query=query,
        one=lambda _metric, days: share_of(teams, days[0] >= SINCE),
        version=1,
        team=None,
        span=SimpleNamespace(until=SINCE + timedelta(days=15)),
        by_team=lambda _metric: True,
        rows=lambda *_, **__: [],
    )


def test_a_team_is_named_where_all_is_well_without_it_alone() -> None:
    assert blame(selection("ABC", "B", 900), "match_f1", SINCE, mix=False) == Blame(team="B")


@pytest.mark.parametrize(
    ("teams", "blamed", "items"),
    [
        ("ABC", "ABC", 900),  # everybody's
        ("ABC", "AB", 900),  # two teams could be it
        ("ABC", "B", 60),  # too little to tell of anybody
        ("A", "A", 900),  # one team is no comparison
    ],
)
def test_no_team_is_named_without_evidence(teams: str, blamed: str, items: int) -> None:
    assert blame(selection(teams, blamed, items), "match_f1", SINCE, mix=False) == NOBODY


def test_a_uniform_fall_seldom_blames_a_team_however_large() -> None:
    rng, named = random.Random(5), 0
    sizes = {"big": 700, "mid": 200, "small": 100}
    for _ in range(400):
        parts = {
            team: [(sum(rng.random() < p for _ in range(n)), n) for p in (0.88, 0.78)]
            for team, n in sizes.items()
        }
        whole = [rows_of(parts.values(), side) for side in (0, 1)]
        for team in sizes:
            rest = [
                rows_of([part for other, part in parts.items() if other != team], side)
                for side in (0, 1)
            ]
            named += fell_only_with(whole, rest, of=len(sizes))
    assert named <= 0.05 * 400


def rows_of(parts: Iterable[Sequence[tuple[int, int]]], side: int) -> dict[str, float]:
    counts = [part[side] for part in parts]
    n = sum(of for _, of in counts)
    return {"value": sum(k for k, _ in counts) / n, "n": n}


def test_other_work_is_nobody_s_doing() -> None:
    assert blame(selection("ABC", "B", 900), "match_f1", SINCE, mix=True) == NOBODY


def test_what_stands_out_in_words() -> None:
    found = Blame(pair=("Billing", "Refund"), team="Manila")
    assert found.mostly == "mostly Billing / Refund, only with team Manila"
    assert NOBODY.mostly == ""
