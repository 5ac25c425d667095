"""The review plan: doubtful items first, a random share that keeps the estimate honest."""

import random
from dataclasses import replace

import pytest

from labelpulse.core.events import Verdict
from labelpulse.stats.recheck import horvitz_thompson
from tests.reader.world import Judged, Say, World, at


def doubtful(rng: random.Random, items: int = 400) -> list[Say]:
    """Three answers an item; every tenth item is hard."""
    return [
        Say(f"i{i}", who, "xy"[rng.random() < (0.45 if i % 10 == 0 else 0.03)], at(i / 40, i))
        for i in range(items)
        for who in rng.sample(("ann", "bob", "cid", "dee"), 3)
    ]


def test_the_doubtful_items_come_first_and_some_at_random(world: World):
    world.project(doubtful(random.Random(1)))
    rows = world.ask("review_gain")
    assert [row["rank"] for row in rows] == list(range(1, 101))
    assert len({row["item"] for row in rows}) == 100
    likely = [row for row in rows if row["why"] == "likely wrong"]
    drawn = [row for row in rows if row["why"] == "random"]
    assert (len(likely), len(drawn)) == (90, 10)
    gains = [row["value"] for row in likely]
    assert gains == sorted(gains, reverse=True)
    errors = {row["item"]: row["value"] for row in world.ask("expected_label_error", by=("item",))}
    assert all(row["value"] == pytest.approx(errors[row["item"]]) for row in rows)
    assert {row["inclusion"] for row in likely} == {1.0}
    assert {row["inclusion"] for row in drawn} == {10 / 310}
    hard = [row for row in likely[:20] if int(row["item"][1:]) % 10 == 0]
    assert len(hard) > 6  # one in ten is hard


def test_it_is_the_same_plan_while_the_answers_are_the_same(world: World):
    says = doubtful(random.Random(1))
    world.project(says)
    first = world.ask("review_gain")
    assert world.ask("review_gain") == first
    world.project([*says, Say("new", "ann", "x", at(30))])
    assert world.ask("review_gain") != first


def test_what_it_finds_tells_about_all_items(world: World):
    rng = random.Random(2)
    found, truth = [], []
    for at_ in range(10):
        says = doubtful(rng, 150)
        wrong = {f"i{i}": int(rng.random() < (0.3 if i % 10 == 0 else 0.05)) for i in range(150)}
        world.project(says, title=f"P{at_}", source=f"s{at_}")
        rows = world.ask("review_gain", project=f"P{at_}")
        scores = [wrong[row["item"]] for row in rows]
        chances = [row["inclusion"] for row in rows]
        found.append(float(horvitz_thompson(scores, chances, 150).value or 0))
        truth.append(sum(wrong.values()) / 150)
    assert sum(found) / 10 == pytest.approx(sum(truth) / 10, abs=0.025)


def test_gold_needs_no_review_and_a_batch_has_its_own_plan(world: World):
    says = [
        Say(one.item, one.who, one.labels, one.at, gold={"label": "x"} if one.item < "i2" else {})
        for one in doubtful(random.Random(3))
    ]
    batches = {f"i{i}": f"b{i % 4}" for i in range(400)}
    world.project(says, gold="column", batches=batches)
    assert all(row["item"] >= "i2" for row in world.ask("review_gain"))
    rows = world.ask("review_gain", by=("batch", "item"), where=["batch=b2"])
    assert {row["batch"] for row in rows} == {"b2"}
    assert {batches[row["item"]] for row in rows} == {"b2"}
    assert sorted(row["rank"] for row in rows) == list(range(1, len(rows) + 1))


def test_without_a_second_opinion_all_is_drawn(world: World):
    world.project([Say(f"i{i}", "ann", "xy"[i % 2], at(i / 9, i)) for i in range(300)])
    rows = world.ask("review_gain")
    assert len(rows) == 100
    assert {row["why"] for row in rows} == {"random"}
    assert {row["inclusion"] for row in rows} == {1 / 3}
    assert {row["value"] for row in rows} == {None}
    assert "drawn at random" in rows[0]["note"]
    assert "±8 points" in rows[0]["note"]


def test_what_was_reviewed_needs_no_review(world: World):
    says = doubtful(random.Random(4))
    world.project(says)
    worst = [row["item"] for row in world.ask("review_gain")[:5]]
    done = [
        replace(one, reviews=[Judged(Verdict.FIXED, "rev", at(50))]) if one.item in worst else one
        for one in says
    ]
    world.project(done, title="later", source="later")
    left = {row["item"] for row in world.ask("review_gain", project="later")}
    assert len(left) == 100
    assert not left & set(worst)


def test_nothing_to_review(world: World):
    world.project([Say("i1", "ann", "x", at(0), gold={"label": "x"})], gold="column")
    (row,) = world.ask("review_gain")
    assert (row["item"], row["value"]) == (None, None)
