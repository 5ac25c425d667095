"""How much more evidence is needed: promised widths are reached with it."""

import random

import pytest

from labelpulse.core.events import Verdict
from labelpulse.stats.planning import items_for_share
from tests.reader.world import SETS, Judged, Say, World, at


def double(rng: random.Random, items: int, days: int, alike: float = 0.8) -> list[Say]:
    """Two answers an item, alike so often."""
    found = []
    for i in range(items):
        label = rng.choice("abc")
        other = label if rng.random() < alike else rng.choice([x for x in "abc" if x != label])
        day = i * days / items
        found += [Say(f"i{i}", "ann", label, at(day, i)), Say(f"i{i}", "bob", other, at(day, i))]
    return found


def test_with_nothing_known_it_plans_for_80_percent(world: World):
    world.project([Say("i1", "ann", "x", at(0))])
    row = world.one("evidence_needed")
    assert (row["value"], row["n"]) == (items_for_share(0.05), 0)
    assert "planned for 80 %" in row["note"]
    wanted = [items_for_share(one) for one in (0.02, 0.05, 0.1)]
    assert [row[f"double_{one}"] for one in (2, 5, 10)] == wanted
    assert [row[f"gold_{one}"] for one in (2, 5, 10)] == wanted
    assert row["alpha_5"] is row["half_width"] is row["share"] is None


def test_so_many_more_items_give_the_width(world: World):
    rng = random.Random(3)
    says = double(rng, 120, 30)
    world.project(says)
    row = world.one("evidence_needed")
    present = world.one("agreement_percent")
    half = (present["high"] - present["low"]) / 2
    assert row["half_width"] == half > 0.05
    assert row["share"] == present["value"]
    assert row["double_2"] > row["double_5"] > row["double_10"] == 0
    widths = []
    for seed in range(4):
        size = 120 + row["value"]
        more = double(random.Random(seed), size, round(30 * size / 120))
        world.project(more, title=f"more {seed}", source=f"s{seed}")
        later = world.one("agreement_percent", project=f"more {seed}")
        widths.append((later["high"] - later["low"]) / 2)
    assert sum(widths) / len(widths) == pytest.approx(0.05, abs=0.01)


def test_alpha_has_a_plan_of_its_own(world: World):
    world.project(double(random.Random(4), 200, 40))
    row, alpha = world.one("evidence_needed"), world.one("agreement_alpha")
    half = (alpha["high"] - alpha["low"]) / 2
    assert row["alpha_5"] == pytest.approx(200 * (half / 0.05) ** 2 - 200, abs=1)
    assert row["alpha_5"] > row["double_5"]


def test_gold_is_planned_at_the_present_accuracy(world: World):
    says = [
        Say(f"i{i}", "ann", "y" if i < 10 else "x", at(i), gold={"label": "x"}) for i in range(100)
    ]
    world.project(says, gold="column")
    row = world.one("evidence_needed")
    wanted = [max(0, items_for_share(one, 0.9) - 100) for one in (0.02, 0.05, 0.1)]
    assert [row[f"gold_{one}"] for one in (2, 5, 10)] == wanted


def test_it_knows_sets_and_refuses_shapes(world: World):
    world.project([Say("i1", "ann", ["a", "b"], at(0))], known=SETS, title="sets")
    assert world.one("evidence_needed", project="sets")["value"] == items_for_share(0.05)
    says = [Say("i1", "ann", "some words", at(0))]
    world.project(says, title="text", source="t", controls={"label": {"scale": "text"}})
    row = world.one("evidence_needed", project="text")
    assert row["value"] is row["gold_5"] is None
    assert row["note"]


def test_any_answer_that_tells_of_quality_counts(world: World) -> None:
    """Second answers, first answers to gold, reviewed ones; of several questions, all."""
    says = [Say(f"i{n}", "ann", "x", at(0, n)) for n in range(30)]
    world.project(says, title="none")
    row = world.one("quality_evidence", project="none")
    assert (row["value"], row["n"]) == (0, 30)
    double = [Say(f"i{n}", "bob", "x", at(1, n)) for n in range(4)]
    known = [Say(f"g{n}", "ann", "x", at(2, n), gold={"label": "x"}) for n in range(3)]
    judged = [
        Say(f"r{n}", "ann", "x", at(3, n), reviews=(Judged(Verdict.ACCEPTED, "rev", at(4, n)),))
        for n in range(2)
    ]
    world.project([*says, *double, *known, *judged], title="some", gold="column")
    row = world.one("quality_evidence", project="some")
    told = {key: row[key] for key in ("value", "double", "gold", "reviewed", "n")}
    assert told == {"value": 9, "double": 4, "gold": 3, "reviewed": 2, "n": 35}
