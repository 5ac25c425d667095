"""Gold items that need a look: those planted are found, with numbers counted one by one."""

import random
from collections import Counter

import numpy as np
import pytest

from labelpulse.core.days import day_text, local_day_hour
from tests.reader.world import Say, World, at

PEOPLE = [f"p{n}" for n in range(12)]


def exam(rng: random.Random) -> list[Say]:
    """Twelve people, right in nine of ten, on thirty items; the keys of items 3 and 17 are wrong.

    All of seventy people know item 9.
    """
    said = []
    for n in range(30):
        truth = "abc"[n % 3]
        key = {"a": "b", "b": "c", "c": "a"}[truth] if n in (3, 17) else truth
        for who in PEOPLE if n != 9 else [f"p{one}" for one in range(90)]:
            label = truth if rng.random() < 0.9 or n == 9 else rng.choice("abc".replace(truth, ""))
            said.append(Say(f"i{n}", who, label, at(n / 10, n), gold={"label": key}))
    return said


def test_wrong_keys_are_suspect_and_no_others(world: World):
    said = exam(random.Random(1))
    world.project(said, gold="column")
    rows = {row["item"]: row for row in world.ask("gold_item_health")}
    states = {name: row["value"] for name, row in rows.items() if row["value"] != "fine"}
    assert states == {"i3": "suspect key", "i17": "suspect key", "i9": "over-exposed"}
    assert (rows["i3"]["rival"], rows["i17"]["rival"]) == ("a", "c")
    for name, row in rows.items():
        given = [one for one in said if one.item == name]
        wrong = [one.labels for one in given if one.labels != one.gold["label"]]
        assert (row["n"], row["miss_rate"]) == (len(given), len(wrong) / len(given))
        assert row["miss_low"] <= row["miss_rate"] <= row["miss_high"]
        assert row["rival_votes"] == max(Counter(wrong).values(), default=0)
        assert row["note"] is None
        days = [local_day_hour(one.at, "Europe/Berlin")[0] for one in given]
        assert row["first_day"] == day_text(min(days))


def test_discrimination_is_the_correlation_with_ones_other_answers(world: World):
    said = [one for one in exam(random.Random(2)) if one.item != "i9"]
    world.project(said, gold="column")
    right = {(one.item, one.who): float(one.labels == one.gold["label"]) for one in said}
    items = sorted({one.item for one in said})
    for row in world.ask("gold_item_health"):
        own = [right[row["item"], who] for who in PEOPLE]
        rest = [np.mean([right[i, who] for i in items if i != row["item"]]) for who in PEOPLE]
        if len(set(own)) > 1:
            assert row["discrimination"] == pytest.approx(np.corrcoef(own, rest)[0, 1])
        else:
            assert row["discrimination"] is None


def test_what_everybody_knows_is_too_easy(world: World):
    people = [f"p{n}" for n in range(80)]
    said = [Say(i, who, "a", at(0, 1), gold={"label": "a"}) for i in ("i1", "i2") for who in people]
    world.project(said, gold="column")
    assert {row["value"] for row in world.ask("gold_item_health")} == {"too easy"}


def test_a_first_answer_counts_and_conditions_on_people_do_not(world: World):
    said = exam(random.Random(3))
    world.project([*said, Say("i0", "p0", "c", at(20))], gold="column")
    every = world.ask("gold_item_health")
    assert {row["item"]: row["n"] for row in every}["i0"] == 12
    assert world.ask("gold_item_health", where=["annotator=p0"]) == every
    assert world.ask("gold_item_health", by=("item",)) == every
    early = world.ask("gold_item_health", until="2024-03-04")
    assert {row["item"] for row in early} == {f"i{n}" for n in range(5)}


def test_without_gold_it_says_so(world: World):
    world.project([Say("i1", "ann", "x", at(0))])
    row = world.one("gold_item_health")
    assert (row["item"], row["value"], row["n"]) == (None, None, 0)
    assert row["note"] == "no gold is chosen for this project"
