"""Groups of people: two planted readings are found, and one reading is one group."""

import random
from collections import Counter

import pytest

from tests.reader.world import Say, World, at

TEAMS = {"left": ("ann", "bob", "cid", "dee", "eli"), "right": ("fay", "gus", "hal")}


def readings(rng: random.Random, apart: bool) -> list[Say]:
    """Five read b as b, three may read it as c; each item has three answers, ivy gave nine."""
    everyone = [*TEAMS["left"], *TEAMS["right"]]
    said = []
    for n in range(240):
        truth = rng.choice("aabbc")
        for who in [*rng.sample(everyone, 3), *(["ivy"] if n < 9 else [])]:
            label = truth if rng.random() < 0.92 else rng.choice("abc")
            if apart and who in TEAMS["right"] and truth == "b" and rng.random() < 0.8:
                label = "c"
            said.append(Say(f"i{n}", who, label, at(n / 20, n)))
    return said


def test_two_readings_are_two_groups(world: World):
    said = readings(random.Random(1), True)
    world.project(said)
    rows = {row["annotator"]: row for row in world.ask("annotator_cluster")}
    groups = {who: row["value"] for who, row in rows.items()}
    assert groups == (
        dict.fromkeys(TEAMS["left"], 1) | dict.fromkeys(TEAMS["right"], 2) | {"ivy": None}
    )
    for name, size in (("left", 5), ("right", 3)):
        for who in TEAMS[name]:
            assert (rows[who]["people"], rows[who]["groups"]) == (size, 2)
            assert rows[who]["p"] <= 0.05
            assert 0 < rows[who]["silhouette"] <= 1
    assert "fewer than 20" in rows["ivy"]["note"]
    for who, row in rows.items():
        assert row["n"] == compared(said, who)
    only = world.ask("annotator_cluster", where=["annotator=fay"])
    assert only == [rows["fay"]]


def compared(said: list[Say], who: str) -> int:
    """Answers of a person to items on which one label leads among the others' answers."""
    n = 0
    for item in {one.item for one in said if one.who == who}:
        votes = Counter(one.labels for one in said if one.item == item and one.who != who)
        n += list(votes.values()).count(max(votes.values(), default=0)) == 1
    return n


@pytest.mark.parametrize("seed", [2, 3])
def test_one_reading_is_one_group(world: World, seed: int):
    world.project(readings(random.Random(seed), False))
    for row in world.ask("annotator_cluster"):
        assert (row["value"], row["groups"]) == (None, 1)
        assert row["p"] > 0.05
        assert row["note"].startswith("one group: chance alone makes groups as distinct")


def test_too_few_people_are_no_groups(world: World):
    said = [Say(f"i{n}", who, "ab"[n % 2], at(0)) for n in range(30) for who in ("ann", "bob")]
    world.project(said)
    for row in world.ask("annotator_cluster"):
        assert (row["value"], row["n"]) == (None, 30)
        assert row["note"] == "fewer than 4 people have 20 answers to compare"


def test_one_label_is_read_in_one_way(world: World):
    world.project([Say("i1", "ann", "a", at(0))])
    row = world.one("annotator_cluster")
    assert (row["value"], row["note"]) == (None, "fewer than two labels were given")
