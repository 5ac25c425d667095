"""Shares of disagreement equal a count by plain loops, and name what was planted."""

import random
from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations

import pytest

from tests.reader.world import Say, World, at

PEOPLE = ("ann", "bob", "cid", "dee", "eve")


def planted(rng: random.Random, items: int = 500) -> list[Say]:
    """Labels a and b are confused, eve is careless, and what is in batch "bad" is hard."""
    found = []
    for i in range(items):
        truth = "abcde"[i % 5]
        for who in rng.sample(PEOPLE, 3):
            label = truth
            if truth in "ab" and rng.random() < 0.15:
                label = "b" if truth == "a" else "a"
            if rng.random() < {"eve": 0.3}.get(who, 0.02) + 0.2 * (i % 10 == 9):
                label = rng.choice("abcde")
            found.append(Say(f"i{i}", who, label, at(i / 20, i)))
    return found


def batches(items: int = 500) -> dict[str, str]:
    return {f"i{i}": "bad" if i % 10 == 9 else "good" for i in range(items)}


def by_hand(says: Iterable[Say]) -> dict[str, dict[str, float]]:
    """Each cause's share of the disagreeing pairs, and of all pairs; by loops."""
    items: dict[str, list[Say]] = defaultdict(list)
    for one in says:
        items[one.item].append(one)
    differ: dict[str, float] = defaultdict(float)
    every: dict[str, float] = defaultdict(float)
    total = compared = 0
    for name, answers in items.items():
        for one, other in combinations(answers, 2):
            apart = one.labels != other.labels
            total, compared = total + apart, compared + 1
            for cause, part in (
                (f"annotator {one.who}", 0.5),
                (f"annotator {other.who}", 0.5),
                (f"batch {batches()[name]}", 1),
            ):
                differ[cause] += part * apart
                every[cause] += part
            if apart:
                pair = " / ".join(sorted([one.labels, other.labels]))
                differ[f"label pair {pair}"] += 1
    return {
        "part": {cause: n / total for cause, n in differ.items()},
        "expected": {cause: n / compared for cause, n in every.items()},
    }


def test_shares_are_those_of_a_plain_count(world: World):
    says = planted(random.Random(2))
    world.project(says, batches=batches())
    rows = world.ask("disagreement_share")
    truth = by_hand(says)
    found = {f"{row['kind']} {row['cause']}": row for row in rows if row["kind"] != "items"}
    assert found.keys() == truth["part"].keys()
    for cause, row in found.items():
        assert row["value"] == pytest.approx(truth["part"][cause])
        assert row["low"] <= row["value"] <= row["high"]
        if cause in truth["expected"]:
            assert row["expected"] == pytest.approx(truth["expected"][cause])
            assert row["lift"] == pytest.approx(row["value"] / row["expected"])
    for kind in {row["kind"] for row in rows}:
        own = [row for row in rows if row["kind"] == kind]
        assert sum(row["value"] for row in own) == pytest.approx(1)
        assert sum(row["expected"] for row in own) == pytest.approx(1, abs=1e-9)
        assert [row["rank"] for row in own] == list(range(1, len(own) + 1))
        assert [row["value"] for row in own] == sorted([row["value"] for row in own], reverse=True)


def test_what_was_planted_comes_first_and_beyond_chance(world: World):
    world.project(planted(random.Random(3)), batches=batches())
    rows = world.ask("disagreement_share")
    first = {row["kind"]: row for row in rows if row["rank"] == 1}
    assert first["label pair"]["cause"] == "a / b"
    assert first["annotator"]["cause"] == "eve"
    beyond = {(row["kind"], row["cause"]) for row in rows if row["beyond_chance"]}
    assert {("label pair", "a / b"), ("annotator", "eve"), ("batch", "bad")} <= beyond
    assert not {("annotator", who) for who in ("ann", "bob", "cid", "dee")} & beyond


def test_nothing_planted_is_hardly_ever_beyond_chance(world: World):
    false = 0
    for seed in range(8):
        rng = random.Random(seed)
        says = [
            Say(f"i{i}", who, "abc"[i % 3] if rng.random() < 0.8 else rng.choice("abc"), at(i / 9))
            for i in range(150)
            for who in rng.sample(PEOPLE, 2)
        ]
        world.project(says, title=f"calm {seed}", source=f"s{seed}")
        rows = world.ask("disagreement_share", project=f"calm {seed}")
        false += any(row["beyond_chance"] for row in rows if row["kind"] != "items")
    assert false <= 2


def test_a_range_of_days_a_batch_and_people_narrow_it(world: World):
    says = planted(random.Random(5))
    world.project(says, batches=batches())
    rows = world.ask("disagreement_share", where=["batch=bad"])
    assert "batch" not in {row["kind"] for row in rows}
    only = [one for one in says if batches()[one.item] == "bad"]
    truth = by_hand(only)["part"]
    assert all(
        row["value"] == pytest.approx(truth[f"{row['kind']} {row['cause']}"])
        for row in rows
        if row["kind"] != "items"
    )
    without = world.ask("disagreement_share", where=["annotator!=eve"])
    assert "eve" not in {row["cause"] for row in without}
    early = world.ask("disagreement_share", until="2024-03-10")
    assert early[0]["n"] < rows[0]["n"] + 100


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ([Say("i1", "ann", "x", at(0)), Say("i2", "bob", "x", at(0))], "no item has two answers"),
        ([Say("i1", "ann", "x", at(0)), Say("i1", "bob", "x", at(0))], "nobody disagrees"),
    ],
)
def test_without_disagreement_there_is_no_cause(world: World, says: list[Say], why: str):
    world.project(says)
    (row,) = world.ask("disagreement_share")
    assert (row["value"], row["cause"]) == (None, None)
    assert why in row["note"]
