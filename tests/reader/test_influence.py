"""The headline without a person equals the headline asked with `where annotator!=` them."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from labelpulse.core.events import ControlRecord, Scale
from labelpulse.reader import Row
from tests.reader.world import SETS, Say, World, at

PEOPLE = ("ann", "bob", "cid", "dee", "unknown:eve")
BOX = [0.1, 0.1, 0.2, 0.2]


def _box(rng: random.Random) -> list[Any]:
    return [[*BOX[:2], rng.choice((0.2, 0.18, 0.5)), 0.2, rng.choice("ab")]] * rng.randint(0, 2)


def _span(rng: random.Random) -> list[Any]:
    start = rng.randint(0, 5)
    return [[start, start + 5, rng.choice("ab")]]


SCALES: dict[str, tuple[str, Callable[[random.Random], Any], dict[str, Any]]] = {
    "nominal": ("agreement_alpha", lambda rng: rng.choice("aabc"), {}),
    "ordinal": (
        "agreement_alpha",
        lambda rng: rng.choice(("low", "low", "mid", "high")),
        {"scale": "ordinal", "labels": ["low", "mid", "high"]},
    ),
    "interval": ("agreement_alpha", lambda rng: rng.choice((1, 1, 2, 7)), {"scale": "interval"}),
    "ratio": ("agreement_alpha", lambda rng: rng.choice((1, 1, 2, 7)), {"scale": "ratio"}),
    "number": ("agreement_percent", lambda rng: rng.choice((1, 1, 2)), {"scale": "number"}),
    "sets": ("agreement_alpha", lambda rng: rng.sample("abc", rng.randint(0, 2)), {}),
    "ranking": ("rank_tau", lambda rng: rng.sample("abc", 3), {}),
    "geometry": ("match_f1", _box, {}),
    "span": ("match_f1", _span, {}),
    "text": ("match_f1", lambda rng: " ".join(rng.choices("abc", k=3)), {}),
}
KNOWN = {
    "sets": SETS,
    "ranking": (ControlRecord("label", Scale.RANKING, ("a", "b", "c")),),
    "geometry": (ControlRecord("label", Scale.GEOMETRY),),
    "span": (ControlRecord("label", Scale.SPAN),),
    "text": (ControlRecord("label", Scale.TEXT),),
}


def says(seed: int, scale: str, items: int = 60, most: int = 4) -> list[Say]:
    """Random answers, some of them at unknown times, gold, deleted, or of nobody known."""
    rng, give = random.Random(seed), SCALES[scale][1]
    found = []
    for n in range(items):
        for who in rng.sample(PEOPLE, rng.randint(1, most)):
            when = None if rng.random() < 0.05 else at(n / 6 + rng.choice((0, 0, 1, 3)), n)
            name = None if who.startswith("unknown") else who
            one = Say(f"i{n}", name, {"label": give(rng)}, when, deleted=rng.random() < 0.05)
            found.append(replace(one, gold={"label": "a"}) if n % 7 == 0 else one)
    return found


def filled(world: World, seed: int, scale: str, **more: Any) -> World:
    settings = SCALES[scale][2]
    world.project(
        says(seed, scale, **more),
        known=KNOWN.get(scale, ()),
        controls={"label": settings} if settings else None,
        gold="column" if scale == "nominal" else None,
        batches={f"i{n}": f"b{n % 2}" for n in range(60)},
    )
    return world


def compare(world: World, lead: str, **query: Any) -> list[Row]:
    """Hold every row against the headline metric, asked without the person."""
    where = query.pop("where", [])
    rows = world.ask("agreement_without", where=where, **query)
    (whole,) = world.ask(lead, where=where, **query)
    for row in rows:
        (wanted,) = world.ask(lead, where=[*where, f"annotator!={row['annotator']}"], **query)
        assert (row["coefficient"], row["headline"]) == (lead, whole["value"])
        assert row["n"] == wanted["n"]
        if wanted["value"] is None:
            assert row["value"] is None is row["difference"]
            continue
        assert abs(row["value"] - wanted["value"]) < 1e-12
        if whole["value"] is not None:
            assert abs(row["difference"] - (row["value"] - whole["value"])) < 1e-12
        if row["low"] is not None:
            assert row["low"] == pytest.approx(wanted["low"], abs=1e-9)
            assert row["high"] == pytest.approx(wanted["high"], abs=1e-9)
    return rows


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scale", SCALES)
def test_it_is_the_headline_asked_without_the_person(world: World, scale: str, seed: int):
    lead = SCALES[scale][0]
    rows = compare(filled(world, seed, scale), lead)
    assert {row["annotator"] for row in rows} == {"ann", "bob", "cid", "dee"}
    assert len({row["value"] for row in rows}) > 1
    assert lead == "rank_tau" or all(row["low"] < row["value"] < row["high"] for row in rows)


@pytest.mark.parametrize(
    "query",
    [
        {"since": "2024-03-06"},
        {"until": "2024-03-08"},
        {"since": "2024-03-06", "until": "2024-03-09"},
        {"where": ["batch=b1"]},
        {"where": ["batch!=b1"], "since": "2024-03-06", "until": "2024-03-07"},
    ],
    ids=str,
)
@pytest.mark.parametrize("scale", ["nominal", "ordinal", "sets", "number", "geometry"])
def test_days_and_batches_choose_the_same_answers(world: World, scale: str, query: dict):
    """An item without the person may belong to another day, as it does for the condition."""
    assert compare(filled(world, 5, scale, most=3), SCALES[scale][0], **query)


def test_the_days_of_items_do_move(world: World):
    """So that the test above tries what it says: i1 is of 5 March with ann, of 6 March without."""
    said = [Say("i1", who, "x", at(n)) for n, who in enumerate(("ann", "bob", "cid"))]
    said += [Say("i2", who, "xy"[n], at(2)) for n, who in enumerate(("bob", "cid"))]
    world.project(said)
    rows = {row["annotator"]: row for row in compare(world, "agreement_alpha", since="2024-03-06")}
    assert {who: row["n"] for who, row in rows.items()} == {"ann": 2, "bob": 1, "cid": 0}


@pytest.mark.parametrize("scale", ["nominal", "interval", "sets", "number", "text", "ranking"])
def test_of_items_with_two_answers_those_of_the_person_drop_out(world: World, scale: str):
    rows = compare(filled(world, 3, scale, most=2), SCALES[scale][0])
    assert rows


def test_more_labels_than_are_told_apart_by_day_are_so_by_month(world: World):
    rng = random.Random(8)
    said = [
        Say(f"i{n}", who, {"label": rng.randint(1, 4) * (n % 15 + 1)}, at(n * 1.5, n))
        for n in range(150)
        for who in rng.sample(PEOPLE[:4], 3)
    ]
    labels = [str(n) for n in range(1, 61)]
    world.project(said, controls={"label": {"scale": "ordinal", "labels": labels}})
    for row in compare(world, "agreement_alpha"):
        assert row["low"] < row["value"] < row["high"]


def test_what_only_they_said_goes_with_them(world: World):
    """A label that is no number refuses alpha of numbers, but for those who left it out."""
    given = {"ann": (1, "two", 3, 5), "bob": (1, 2, 3, 4), "cid": (1, 2, 4, 4), "dee": (2, 2, 3, 4)}
    said = [
        Say(f"i{n}", who, {"label": one}, at(n, minute))
        for minute, (who, all_of_them) in enumerate(given.items())
        for n, one in enumerate(all_of_them)
    ]
    world.project(said, controls={"label": {"scale": "interval"}})
    rows = {row["annotator"]: row for row in compare(world, "agreement_alpha")}
    assert [who for who, row in rows.items() if row["value"] is not None] == ["ann"]
    assert "'two' is no number" in rows["bob"]["note"]
    assert rows["ann"]["headline"] is None is rows["ann"]["difference"]


def test_a_condition_on_people_only_leaves_out_rows(world: World):
    for scale in ("nominal", "geometry"):
        world.project(
            says(2, scale),
            title=scale,
            known=KNOWN.get(scale, ()),
        )
        for row in world.ask("agreement_without", project=scale):
            where = [f"annotator={row['annotator']}"]
            assert world.ask("agreement_without", project=scale, where=where) == [row]


@pytest.mark.parametrize("scale", ["nominal", "number", "geometry"])
def test_of_two_people_nothing_is_left(world: World, scale: str):
    rng = random.Random(1)
    value = SCALES[scale][1](rng)
    said = [Say("i1", who, {"label": value}, at(0)) for who in ("ann", "bob")]
    world.project(said, known=KNOWN.get(scale, ()), controls={"label": SCALES[scale][2]})
    rows = world.ask("agreement_without")
    assert [row["annotator"] for row in rows] == ["ann", "bob"]
    for row in rows:
        assert (row["value"], row["difference"], row["n"]) == (None, None, 0)
        assert "nobody else" in row["note"]


def test_one_answer_an_item_compares_with_nothing(world: World):
    world.project([Say("i1", "ann", "x", at(0)), Say("i2", "bob", "x", at(0))])
    (row,) = world.ask("agreement_without")
    assert (row["annotator"], row["value"], row["note"]) == (None, None, "no item has two answers")


def test_one_person_alone_compares_with_nobody(world: World):
    for scale in ("nominal", "number", "geometry"):
        said = [Say(f"i{n}", "ann", {"label": SCALES[scale][1](random.Random(n))}) for n in (1, 2)]
        controls = {"label": SCALES[scale][2]} if SCALES[scale][2] else None
        world.project(said, title=scale, known=KNOWN.get(scale, ()), controls=controls)
        (row,) = world.ask("agreement_without", project=scale)
        assert (row["annotator"], row["value"], row["n"]) == (None, None, 0)
        assert row["note"]


def test_where_all_others_agree_on_one_label_alpha_is_not_defined(world: World):
    said = [Say(f"i{n}", who, "x", at(n)) for n in range(3) for who in ("bob", "cid")]
    world.project([*said, Say("i0", "ann", "y", at(0))])
    rows = {row["annotator"]: row for row in compare(world, "agreement_alpha")}
    assert (rows["ann"]["value"], rows["ann"]["n"]) == (None, 3)
    assert "no variation" in rows["ann"]["note"]


def test_a_question_without_a_chosen_answer_has_nobody_to_leave_out(world: World):
    """Of the project Q no item is in the batch, which only P has."""
    filled(world, 1, "nominal")
    world.project([Say("i1", "ann", ["a"], at(0))], title="Q", known=SETS)
    rows = world.ask("agreement_without", where=["batch=b1"])
    assert {row["project"] for row in rows if row["value"] is not None} == {"P"}
    assert all(row["note"] for row in rows if row["project"] == "Q")
