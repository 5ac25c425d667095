"""Agreement without a person equals the agreement of a world in which they never answered."""

import random

from tests.reader.world import Say, World, at

PEOPLE = ("ann", "bob", "cid", "dee")


def says(rng: random.Random) -> list[Say]:
    return [
        Say(f"i{n}", who, rng.choice("aabc"), at(n / 4, n))
        for n in range(60)
        for who in rng.sample(PEOPLE, rng.randint(1, 4))
    ]


def test_it_is_as_if_the_person_had_never_answered(world: World):
    everything = says(random.Random(11))
    world.project(everything)
    headline = world.one("agreement_percent")["value"]
    rows = {row["annotator"]: row for row in world.ask("agreement_without")}
    assert rows.keys() == set(PEOPLE)
    for n, who in enumerate(PEOPLE):
        world.project([one for one in everything if one.who != who], title=f"without {n}")
        wanted = world.one("agreement_percent", project=f"without {n}")
        row = rows[who]
        assert abs(row["value"] - wanted["value"]) < 1e-12
        assert row["n"] == wanted["n"]
        assert row["headline"] == headline
        assert abs(row["difference"] - (row["value"] - headline)) < 1e-12
        assert row["low"] < row["value"] < row["high"]
        assert world.ask("agreement_without", project="P", where=[f"annotator={who}"]) == [row]


def test_of_two_people_nothing_is_left(world: World):
    world.project([Say("i1", who, "x", at(0)) for who in ("ann", "bob")])
    for row in world.ask("agreement_without"):
        assert (row["value"], row["n"]) == (None, 0)
        assert "nobody else" in row["note"]


def test_one_answer_an_item_compares_with_nothing(world: World):
    world.project([Say("i1", "ann", "x", at(0)), Say("i2", "bob", "x", at(0))])
    (row,) = world.ask("agreement_without")
    assert (row["annotator"], row["value"], row["note"]) == (None, None, "no item has two answers")
