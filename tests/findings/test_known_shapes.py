"""Known shapes are evidence as known labels are: of the project, of people and of teams.

The work: 60 pictures with a known box. Ann draws it on all; Bob on every fourth one alone, so that
his matched F1 is 0 on three in four, and all together stand at 62.5 %.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from labelpulse.core.events import ControlRecord, Scale
from labelpulse.findings import groups, people
from labelpulse.findings.assess import quality, target_for
from labelpulse.findings.compare import COLUMNS
from labelpulse.findings.findings import findings, judge
from labelpulse.findings.selection import Selection
from labelpulse.findings.summary import quality_tile
from labelpulse.reports.content import _gold_accuracy
from tests.findings.selections import selection_in
from tests.reader.world import NOW, Say, World, at, engine_at

ITEMS, DAYS = 60, 10
LAST = (NOW - at(0)) // 86_400_000_000 - 1
BOX, ELSEWHERE = [0.1, 0.1, 0.2, 0.2, "car"], [0.6, 0.6, 0.2, 0.2, "car"]
F1 = "gold_match_f1"


def drawn(who: str, n: int) -> Say:
    box = ELSEWHERE if who == "bob" and n % 4 else BOX
    return Say(f"i{n}", who, {"label": [box]}, at(LAST - n % DAYS, n), gold={"label": [BOX]})


def selection_on(folder: Path, gold: str) -> Selection:
    world = World(engine_at(folder))
    says = [drawn(who, n) for n in range(ITEMS) for who in ("ann", "bob")]
    world.project(says, known=(ControlRecord("label", Scale.GEOMETRY),), gold=gold)
    return selection_in(world)


@pytest.fixture(scope="module")
def selection(tmp_path_factory: pytest.TempPathFactory) -> Selection:
    return selection_on(tmp_path_factory.mktemp("shapes"), "column")


def held_to(selection: Selection, target: float) -> Selection:
    return replace(
        selection, holding=replace(selection.holding, accuracy_targets={"label": target})
    )


def test_they_are_the_best_evidence_of_a_project(selection: Selection) -> None:
    found = quality(selection)
    assert found is not None
    assert (found.kind, found.n, found.known) == ("matched F1 on gold", 2 * ITEMS, True)
    assert found.value == pytest.approx(0.625)
    tile = quality_tile(selection)
    assert (tile.label, tile.value) == ("Quality: matched F1 on gold", "62\xa0%")
    assert getattr(tile.about, "metric", None) == F1
    assert "Matched F1 on gold is 62\xa0%" in judge(selection).text


def test_not_chosen_they_are_none(tmp_path: Path) -> None:
    found = quality(selection_on(tmp_path, "none"))
    assert found is not None
    assert found.kind == "matched F1"  # of people with each other


def test_pictures_that_are_known_to_be_empty_are_no_evidence(tmp_path: Path) -> None:
    world = World(engine_at(tmp_path))
    says = [
        Say(f"i{n}", "ann", {"label": [ELSEWHERE] * (n < 2)}, at(LAST - n % DAYS, n), gold=gold)
        for n in range(ITEMS)
        for gold in [{"label": [BOX] * (n < 2)}]
    ]
    world.project(says, known=(ControlRecord("label", Scale.GEOMETRY),), gold="column")
    selection = selection_in(world)
    row = selection.one(F1)
    assert row is not None
    assert (row["value"], row["n"], row["both_empty"]) == (0, ITEMS, ITEMS - 2)
    found = quality(selection)
    assert found is not None
    assert (found.n, found.known) == (2, False)
    assert "0\xa0%" not in judge(selection).text


def test_they_are_held_to_the_target_of_accuracy(selection: Selection) -> None:
    asked = held_to(selection, 0.9)
    assert target_for(asked, F1) == 0.9
    found = quality(asked)
    assert found is not None
    assert found.clearly_under
    missed = next(one for one in findings(asked) if one.weight == "red" and one.metric == F1)
    assert missed.what.startswith("Matched F1 on gold is 62\xa0%, clearly below")


def test_people_and_teams_are_compared_by_them(selection: Selection) -> None:
    assert people.comparing(selection)[0] == F1
    found = {row["annotator"]: row for row in people.evidence(selection)[0].rows}
    assert found["ann"]["value"] == 1
    assert found["bob"]["value"] == pytest.approx(0.25)
    assert found["bob"]["below"]
    low = next(one for one in findings(selection) if "on known answers" in one.what)
    assert low.what == "bob is more than 10 points under all together on known answers"
    assert groups._told(selection, F1)
    assert not groups._told(selection, "gold_accuracy")
    (table,) = _gold_accuracy(selection)
    assert [row["Matched F1 on gold"] for row in table.rows] == ["100\xa0%", "25\xa0%"]


def test_a_column_compares_tools_and_vendors_by_them(selection: Selection) -> None:
    column = next(one for one in COLUMNS if one.metric == F1)
    assert all(column.suits(selection, key) for key in ("source", "team", "program"))
    labels = next(one for one in COLUMNS if one.metric == "gold_accuracy")
    assert not labels.suits(selection, "source")
