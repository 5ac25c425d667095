"""Agreement and right answers have targets of their own, where the operator sets both.

The work: 60 items, known to be x. Ann errs on 6 of them, Bob on the same 6 and on 6 more, so that
54 of 60 items agree (90 %) and 102 of 120 answers are right (85 %).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from labelpulse.core.events import Verdict as Said
from labelpulse.findings.assess import beside, quality, target_for, unproven
from labelpulse.findings.findings import findings, judge
from labelpulse.findings.selection import Selection
from labelpulse.findings.summary import quality_tile
from labelpulse.findings.tiles import metric_tile
from labelpulse.findings.verdict import Quality
from tests.findings.selections import selection_in
from tests.reader.world import NOW, Judged, Say, World, at, engine_at

ITEMS, DAYS = 60, 10
LAST = (NOW - at(0)) // 86_400_000_000 - 1
ERRS = {"ann": 6, "bob": 12}
GOLD, REVIEW, AGREEMENT = "gold_accuracy", "review_acceptance", "agreement_percent"


def answers(people: Sequence[str] = ("ann", "bob"), *, reviewed: bool = False) -> list[Say]:
    found = []
    for n in range(ITEMS):
        day = LAST - n % DAYS
        for who in people:
            wrong = n < ERRS[who]
            verdict = Said.REJECTED if wrong else Said.ACCEPTED
            reviews = [Judged(verdict, "rev", at(day, 600))] if reviewed else []
            key = {} if reviewed else {"label": "x"}
            label = "y" if wrong else "x"
            found.append(Say(f"i{n}", who, label, at(day, n), gold=key, reviews=reviews))
    return found


def selection_on(folder: Path, says: Sequence[Say], gold: str = "column") -> Selection:
    world = World(engine_at(folder))
    world.project(says, gold=gold)
    return selection_in(world)


def held_to(
    selection: Selection, target: float | None = None, accuracy: float | None = None
) -> Selection:
    """The selection as if the operator had set these."""
    targets = {} if target is None else {"label": target}
    apart = {} if accuracy is None else {"label": accuracy}
    return replace(
        selection, holding=replace(selection.holding, targets=targets, accuracy_targets=apart)
    )


def best(selection: Selection) -> Quality:
    found = quality(selection)
    assert found is not None
    return found


def targets(selection: Selection) -> list[float | None]:
    return [
        target_for(selection, metric) for metric in (GOLD, REVIEW, AGREEMENT, "agreement_alpha")
    ]


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Selection:
    return selection_on(tmp_path_factory.mktemp("keyed"), answers())


def test_accuracy_that_clearly_misses_its_target_needs_attention(keyed: Selection) -> None:
    told = [one.what for one in findings(held_to(keyed, accuracy=0.95))]
    assert "Gold accuracy is 85\xa0%, clearly below its target of 95\xa0%" in told
    for target in (None, 0.8, 0.9):  # none, met, and missed within chance
        said = [one.what for one in findings(held_to(keyed, accuracy=target))]
        assert not [one for one in said if one.startswith("Gold accuracy is")]


def test_each_kind_of_measure_is_held_to_its_own(keyed: Selection) -> None:
    assert targets(held_to(keyed)) == [None, None, None, None]
    assert targets(held_to(keyed, 0.8)) == [None, None, 0.8, None], "one target is for agreement"
    assert targets(held_to(keyed, 0.8, 0.95)) == [0.95, 0.95, 0.8, None]
    assert targets(held_to(keyed, None, 0.95)) == [0.95, 0.95, None, None]
    assert targets(held_to(keyed, 0.8, 0.0)) == [0.0, 0.0, 0.8, None], "0 is a target as well"


def test_without_agreement_the_one_target_still_is_for_gold(tmp_path: Path) -> None:
    alone = selection_on(tmp_path, answers(("ann",)))
    assert targets(held_to(alone, 0.8)) == [0.8, None, 0.8, None]
    assert best(held_to(alone, 0.8)).target == 0.8
    assert best(held_to(alone, 0.8, 0.95)).target == 0.95


def test_the_verdict_tells_both_targets(keyed: Selection) -> None:
    one = judge(held_to(keyed, 0.8))
    assert "Gold accuracy is 85\xa0% (78–90\xa0%). Agreement is 90\xa0%" in one.text
    both = judge(held_to(keyed, 0.8, 0.95))
    assert both.word == "Quality low"
    assert "85\xa0% (78–90\xa0%), clearly below its target of 95\xa0%. Agreement is 90" in both.text
    assert both.text.endswith("above its target of 80\xa0%.")
    assert judge(held_to(keyed, None, 0.7)).word != "Quality low"
    assert "no target set" not in judge(held_to(keyed, None, 0.7)).text


def test_tiles_tell_the_target_where_accuracy_has_its_own(keyed: Selection) -> None:
    one, both = held_to(keyed, 0.8), held_to(keyed, 0.8, 0.95)
    for tile in (quality_tile(one), metric_tile(one, "", GOLD), metric_tile(one, "", AGREEMENT)):
        assert "target" not in tile.below + tile.more
    for tile in (quality_tile(both), metric_tile(both, "Right", GOLD)):
        assert tile.value == "85\xa0%"
        assert tile.below.endswith(" · target\xa095\xa0%")
        assert tile.help.endswith("Accuracy is to reach 95\xa0%, agreement 80\xa0%.")
    assert metric_tile(both, "Alike", AGREEMENT).below.endswith(" · target\xa080\xa0%")
    only = held_to(keyed, None, 0.95)
    assert quality_tile(only).more == "Accuracy is to reach 95\xa0%."
    assert "target" not in metric_tile(only, "Alike", AGREEMENT).below


def test_what_nothing_tells_of_is_never_on_track(keyed: Selection) -> None:
    """Agreement over its target says nothing of an accuracy that is asked for."""
    blind = replace(keyed, holding=replace(keyed.holding, gold="none"))
    both = held_to(blind, 0.8, 0.95)
    found = best(both)
    assert (found.kind, found.target, unproven(both, found)) == ("agreement", 0.8, 0.95)
    told = judge(both)
    assert told.tone == "blue"
    assert "above its target of 80\xa0%. Nothing tells whether accuracy reaches" in told.text
    assert told.remedy.startswith("Mark known answers as gold, or review a sample")
    alone = judge(held_to(blind, None, 0.95))
    assert "no target set" not in alone.text
    assert alone.text.endswith("Nothing tells whether accuracy reaches its target of 95\xa0%.")
    assert unproven(held_to(blind, 0.8), found) is None
    assert unproven(held_to(keyed, 0.8, 0.95), best(held_to(keyed, 0.8, 0.95))) is None


def test_reviews_are_held_to_the_target_of_accuracy(tmp_path: Path) -> None:
    selection = selection_on(tmp_path, answers(reviewed=True), "none")
    one, both = held_to(selection, 0.8), held_to(selection, 0.8, 0.95)
    assert (best(one).kind, best(one).target) == ("accepted in review", None)
    assert (best(both).target, unproven(both, best(both))) == (0.95, None)
    also = beside(both, best(both))
    assert also is not None
    assert also.target == 0.8
    assert judge(both).word == "Quality low"
    assert judge(one).word != "Quality low"
