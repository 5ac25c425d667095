"""The review plan: doubtful items first, a random share that keeps the estimate honest."""

import random
from collections.abc import Container, Iterable
from dataclasses import replace
from hashlib import blake2b
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from labelpulse import schema
from labelpulse.core.events import ControlRecord, Scale, Status, Verdict
from labelpulse.stats.recheck import NOT_DRAWN
from tests.reader.world import Judged, Say, World, at
from tests.stats.test_recheck import splitmix64


def doubtful(rng: random.Random, items: int = 400) -> list[Say]:
    """Three answers an item; every tenth item is hard."""
    return [
        Say(f"i{i}", who, "xy"[rng.random() < (0.45 if i % 10 == 0 else 0.03)], at(i / 40, i))
        for i in range(items)
        for who in rng.sample(("ann", "bob", "cid", "dee"), 3)
    ]


def load(world: World, says: list[Say], **more: Any) -> None:
    """Load answers, the same annotations again where they were loaded before."""
    world._ids = count(1)
    world.project(says, **more)


def judged(says: list[Say], items: Iterable[str], wrong: Container[str]) -> list[Say]:
    """Return the answers with a verdict on those to some items."""
    said = {
        one: (Judged(Verdict.REJECTED if one in wrong else Verdict.ACCEPTED, "rev", at(50)),)
        for one in items
    }
    return [replace(one, reviews=said.get(one.item, ())) for one in says]


def world_numbers(world: World, title: str) -> dict[str, float]:
    """Return item -> its permanent number, of a project."""
    item, project = schema.item.c, schema.project.c
    query = select(item.native_id, item.id, item.project_id).join(
        schema.project, project.id == item.project_id
    )
    with world.engine.connect() as conn:
        rows = conn.execute(query.where(project.title == title)).all()
    salt = int(blake2b(str(rows[0].project_id).encode(), digest_size=8).hexdigest(), 16)
    return {row.native_id: splitmix64(salt, row.id) / 2**64 for row in rows}


def test_the_doubtful_items_come_first_and_some_at_random(world: World):
    world.project(doubtful(random.Random(1)))
    rows = world.ask("review_gain")
    assert [row["rank"] for row in rows] == list(range(1, 101))
    assert len({row["item"] for row in rows}) == 100
    likely = [row for row in rows if row["why"] == "likely wrong"]
    drawn = [row for row in rows if row["why"] == "random"]
    assert len(drawn) >= 10  # and those of the 90 likely wrong that lie among them
    assert len(likely) + len(drawn) == 100
    gains = [row["value"] for row in likely]
    assert gains == sorted(gains, reverse=True)
    errors = {row["item"]: row["value"] for row in world.ask("expected_label_error", by=("item",))}
    assert all(row["value"] == pytest.approx(errors[row["item"]]) for row in rows)
    assert {row["inclusion"] for row in likely} == {1.0}
    number = world_numbers(world, "P")
    assert [row["item"] for row in drawn] == sorted(
        (row["item"] for row in drawn), key=lambda one: number[one]
    )
    first_left = min(set(number.values()) - {number[row["item"]] for row in rows})
    sample = [one for one in number.values() if one < first_left]
    assert {row["inclusion"] for row in drawn} == {len(sample) / 400}
    assert {number[row["item"]] for row in drawn} <= set(sample)
    hard = [row for row in likely[:20] if int(row["item"][1:]) % 10 == 0]
    assert len(hard) > 6  # one in ten is hard


def test_the_plan_stays_while_the_answers_do_and_the_draw_outlasts_them(
    world: World,
):
    says = [Say(f"i{i}", "ann", "xy"[i % 2], at(i / 9, i)) for i in range(300)]
    load(world, says)
    rows = world.ask("review_gain")
    assert world.ask("review_gain") == rows
    first = [row["item"] for row in rows]
    load(world, [*says, *(replace(one, who="bob", at=at(40)) for one in says[:120])])
    rows = world.ask("review_gain")
    assert {row["why"] for row in rows} == {"random", "likely wrong"}
    drawn = [row["item"] for row in rows if row["why"] == "random"]
    assert drawn == [one for one in first if one in drawn]
    assert set(first[:10]) <= {row["item"] for row in rows}


def test_all_questions_of_a_project_draw_the_same_items(world: World):
    both = [Say(f"i{i}", "ann", {"a": "xy"[i % 2], "b": "u"}, at(i / 9, i)) for i in range(300)]
    load(world, both)
    plans = [[row["item"] for row in world.ask("review_gain", control=one)] for one in "ab"]
    assert plans[0] == plans[1]


def test_plan_after_plan_makes_a_growing_sample_of_all_items(world: World):
    rng = random.Random(2)
    says = doubtful(rng, 400)
    wrong = {f"i{i}" for i in range(400) if rng.random() < (0.3 if i % 10 == 0 else 0.05)}
    reviewed: list[str] = []
    sizes: list[int] = []
    promised: list[int] = []
    for _ in range(3):
        load(world, judged(says, reviewed, wrong))
        row = world.one("review_error")
        sizes.append(row["sample"] if reviewed else 0)
        number = world_numbers(world, "P")
        left = [number[one] for one in number if one not in reviewed]
        sample = [one for one in number if number[one] < min(left)]
        assert row["n"] == (len(sample) if reviewed else 0)
        if reviewed:
            assert row["value"] == pytest.approx(len(wrong & set(sample)) / len(sample))
            assert row["low"] < row["value"] < row["high"]
            assert row["sample"] == promised[-1]
        assert (row["reviewed"], row["items"]) == (len(reviewed), 400)
        plan = world.ask("review_gain")
        reviewed += [one["item"] for one in plan]
        promised.append(round(400 * min(one["inclusion"] for one in plan)))
    assert 0 == sizes[0] < 10 <= sizes[1] < 20 <= sizes[2]


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
    assert rows[0]["note"].startswith("no item has answers of two known people: drawn at random")
    assert rows[0]["note"].endswith("with these, 100 reviews tell the error to ±6 points")


def test_a_plan_of_shapes_says_what_is_so_and_no_metric(world: World):
    says = [Say(f"i{i}", "ann", {"box": []}, at(i / 9, i)) for i in range(30)]
    world.project(says, known=(ControlRecord("box", Scale.GEOMETRY),))
    note = world.ask("review_gain")[0]["note"]
    assert note.startswith("no consensus tells which answers of this kind are doubtful: drawn")
    assert note.endswith("all of them, which tells the error itself"), "no ±0 points"
    assert "match_f1" not in note


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


# --- the share of wrong work ---


def single(items: int = 200, **more: Any) -> list[Say]:
    return [Say(f"i{i}", "ann", "xy"[i % 2], at(i / 20, i), **more) for i in range(items)]


def in_run(world: World, n: int, title: str = "P") -> list[str]:
    number = world_numbers(world, title)
    return sorted(number, key=lambda one: number[one])[:n]


def test_reviews_by_habit_give_their_mean_and_say_what_they_are(world: World):
    load(world, single())
    run = in_run(world, 200)
    load(world, judged(single(), run[1:80], run[1:30]))
    row = world.one("review_error")
    assert (row["value"], row["n"]) == (29 / 79, 79)
    assert (row["low"], row["high"]) == (29 / 200, (29 + 121) / 200)
    assert (row["note"], row["sample"]) == (NOT_DRAWN, 0)


def test_all_items_reviewed_are_a_census_and_none_is_nothing(world: World):
    load(world, single(30))
    row = world.one("review_error")
    assert (row["value"], row["n"], row["note"]) == (None, 0, "nothing was reviewed")
    load(world, judged(single(30), [f"i{i}" for i in range(30)], ["i3", "i4", "i5"]))
    row = world.one("review_error")
    assert (row["low"], row["value"], row["high"], row["n"]) == (0.1, 0.1, 0.1, 30)
    assert row["note"] is None


def test_an_empty_project_and_one_of_gold_alone_have_no_items(world: World):
    world.project([])
    world.project([Say("i", "ann", "x", at(0), gold={"label": "x"})], gold="column", title="G")
    assert world.one("review_error", project="G")["note"] == "no item without gold has an answer"
    assert world.ask("review_error", project="P")[0]["value"] is None


def test_the_first_verdict_tells_how_an_answer_was_submitted(world: World):
    """Three answers an item: fixed and then accepted, accepted and then rejected, not reviewed."""
    said = []
    for i in range(40):
        for who, words in (("ann", [Verdict.FIXED, Verdict.ACCEPTED]), ("cid", [])):
            reviews = tuple(Judged(one, "rev", at(9, n)) for n, one in enumerate(words))
            said.append(Say(f"i{i}", who, "x", at(0, i), reviews=reviews))
        ok = (Judged(Verdict.ACCEPTED, "rev", at(9)), Judged(Verdict.REJECTED, "rev", at(10)))
        said.append(Say(f"i{i}", "bob", "x", at(0, i), reviews=ok if i < 10 else ()))
    world.project(said)
    row = world.one("review_error")
    assert (row["value"], row["n"]) == (pytest.approx((10 * 0.5 + 30) / 40), 40)


def test_gold_is_no_part_and_batches_and_days_have_their_own_sample(world: World):
    batches = {f"i{i}": f"b{i % 2}" for i in range(200)}
    gold = [
        replace(one, gold={"label": "x"}) if one.item in ("i7", "i8", "i9") else one
        for one in single()
    ]
    load(world, gold, gold="column", batches=batches)
    own = [one for one in in_run(world, 200) if one not in ("i7", "i8", "i9")]
    odd = [one for one in own if int(one[1:]) % 2]
    load(world, judged(gold, [*odd[:30], "i8"], odd[:6]), gold="column", batches=batches)
    row = world.one("review_error", where=["batch=b1"])
    assert (row["value"], row["n"], row["items"]) == (0.2, 30, 98)
    rows = {one["batch"]: one for one in world.ask("review_error", by=("batch",))}
    assert {key: rows["b1"][key] for key in ("value", "low", "n")} == {
        key: row[key] for key in ("value", "low", "n")
    }
    assert "b0" not in rows  # nothing of it was reviewed but gold
    assert world.one("review_error")["items"] == 197
    late = {one.item for one in gold if (one.at or 0) >= at(4.5)} & set(own)
    row = world.one("review_error", since="2024-03-09")
    assert (row["items"], row["reviewed"]) == (len(late), len(late & set(odd[:30])))


def test_overwrites_alone_tell_nothing_of_what_was_right(world: World):
    fixed = [
        replace(one, reviews=(Judged(Verdict.FIXED, "rev", at(60)),)) if i < 20 else one
        for i, one in enumerate(single(60))
    ]
    load(world, fixed)
    row = world.one("review_error")
    assert (row["value"], row["note"]) == (
        *(None,),
        "only overwrites are told, not what was found right",
    )


def test_questions_are_estimated_apart_and_shapes_too(world: World):
    says = [Say(f"i{i}", "ann", {"a": "x", "b": "y"}, at(0, i)) for i in range(30)]
    says[3] = Say("i3", "ann", {"a": "x"}, at(0, 3), Status.SUBMITTED)
    load(world, judged(says, [f"i{i}" for i in range(30)], ["i1", "i3"]))
    rows = {row["control"]: row for row in world.ask("review_error")}
    assert {key: (row["value"], row["n"]) for key, row in rows.items()} == {
        "a": (2 / 30, 30),
        "b": (1 / 29, 29),
    }
