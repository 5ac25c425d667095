"""Matched F1 and overlap of first answers with known ones: by hand, and over random worlds."""

import random
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from statistics import mean, variance
from typing import Any

import pytest

from labelpulse.core.events import ControlRecord, Scale
from labelpulse.stats.intervals import jackknife, wilson
from tests.reader.world import Guess, Say, World, at
from tests.warehouse import in_common

BOXES = (ControlRecord("box", Scale.GEOMETRY),)
SPANS = (ControlRecord("ner", Scale.SPAN),)
TEXTS = (ControlRecord("note", Scale.TEXT),)
CAR, VAN = [0.1, 0.1, 0.2, 0.2, "car"], [0.6, 0.6, 0.2, 0.2, "van"]
HALF = [0.1, 0.1, 0.2, 0.1, "car"]  # IoU 1/2 with CAR: just a match
LESS = [0.1, 0.1, 0.2, 0.09, "car"]  # 9/20: none
MISNAMED = [0.6, 0.6, 0.2, 0.2, "car"]


def drawn(
    item: str, known: Any, people: dict[str, Any], control: str = "box", day: float = 0
) -> list[Say]:
    """An item with a known answer, or without (None), and who said what, a minute apart."""
    gold = {} if known is None else {control: known}
    return [
        Say(item, who, {control: value}, at(day, n), gold=gold)
        for n, (who, value) in enumerate(people.items())
    ]


def test_boxes_by_hand(world: World):
    """Known: a car and a van. The mean is over answers, the parts over all objects."""
    people = {
        "ann": [CAR, VAN],  # 1
        "bob": [HALF, VAN],  # an IoU of 1/2 is a match: 1
        "cid": [LESS, VAN],  # of less is none: 2 · 1 / 4
        "dee": [CAR, MISNAMED],  # the second one in place only: 2 · 1 / 4
        "eve": [CAR],  # 2 · 1 / 3
        "fay": [],  # 0
    }
    world.project(drawn("i", [CAR, VAN], people), known=BOXES, gold="column")
    by = world.by("gold_match_f1", "annotator")
    wanted = {"ann": 1, "bob": 1, "cid": 1 / 2, "dee": 1 / 2, "eve": 2 / 3, "fay": 0}
    assert by == pytest.approx(wanted, abs=1e-9)
    row = world.one("gold_match_f1")
    assert (row["value"], row["n"]) == (pytest.approx(mean(wanted.values()), abs=1e-9), 6)
    assert row["note"] == "6 first answers to gold, fewer than 20"
    tp, located, n_known, n_given = 7, 8, 12, 9
    assert (row["precision"], row["recall"]) == (tp / n_given, tp / n_known)
    assert row["located_f1"] == 2 * located / (n_known + n_given)
    assert row["label_accuracy"] == tp / located
    assert row["both_empty"] == 0
    row = world.one("gold_match_iou")
    assert (row["value"], row["n"], row["matches"]) == (pytest.approx(6.5 / 7), 6, 7)
    assert world.one("gold_match_iou", where=["annotator=bob"])["value"] == pytest.approx(3 / 4)


def test_spans_and_relations_match_as_between_people(world: World):
    """Of [0, 10) half is [0, 5); a relation matches by both of its ends."""
    known = [[0, 10, "PER"], [20, 30, "LOC"]]
    people = {"ann": [[0, 5, "PER"], [20, 30, "LOC"]], "bob": [[0, 4, "PER"], [20, 30, "PER"]]}
    world.project(drawn("i", known, people, "ner"), known=SPANS, gold="column")
    assert world.by("gold_match_f1", "annotator") == {"ann": 1, "bob": 0}
    assert world.by("gold_match_iou", "annotator") == {"ann": 3 / 4, "bob": None}


def test_texts_match_by_their_words(world: World):
    said = drawn("i", "a black cat", {"ann": "A cat", "bob": "dogs"}, "note")
    world.project(said, known=TEXTS, gold="column")
    by = world.by("gold_match_f1", "annotator")
    assert by == {"ann": pytest.approx(4 / 5, abs=1e-9), "bob": 0}
    assert world.one("gold_match_f1", min_n=1)["note"] == "of words"
    row = world.one("gold_match_iou")
    assert (row["value"], row["n"]) == (None, 0)
    assert row["note"].startswith("only shapes and spans have a place: use gold_match_f1")


def test_nothing_drawn_where_nothing_is_known(world: World):
    said = drawn("i", [], {"ann": [], "bob": []})
    world.project(said, known=BOXES, gold="column")
    row = world.one("gold_match_f1", min_n=1)
    assert (row["value"], row["n"], row["both_empty"], row["low"]) == (1, 2, 2, None)
    assert row["precision"] is row["recall"] is row["located_f1"] is row["label_accuracy"] is None
    assert row["note"] == "2 answers of nothing where nothing is known counted apart"
    row = world.one("gold_match_iou", min_n=1)
    assert (row["value"], row["n"], row["note"]) == (None, 2, "nothing matches")


def test_answers_of_nothing_lift_no_mean(world: World):
    """A box where nothing is known is 0, and so is nothing where a box is known."""
    said = [
        *drawn("i", [], {"ann": [], "bob": [CAR]}),
        *drawn("j", [CAR], {"ann": [CAR], "bob": []}),
    ]
    world.project(said, known=BOXES, gold="column")
    rows = {row["annotator"]: row for row in world.ask("gold_match_f1", by=("annotator",))}
    assert {who: (row["value"], row["n"], row["both_empty"]) for who, row in rows.items()} == {
        "ann": (1, 2, 1),
        "bob": (0, 2, 0),
    }
    row = world.one("gold_match_f1", min_n=1)
    assert (row["value"], row["n"]) == (pytest.approx(1 / 3), 4)
    assert row["note"] == "1 answer of nothing where nothing is known counted apart"


def test_the_first_answer_counts_on_its_own_day(world: World):
    said = [
        Say("i", "ann", {"box": [VAN]}, at(0), gold={"box": [CAR]}),
        Say("i", "ann", {"box": [CAR]}, at(1)),
        Say("i", "bob", {"box": [CAR]}, at(1)),
        Say("i", "cid", {"box": [CAR]}, at(2), deleted=True),
        Say("j", "bob", {"box": [CAR]}, at(3)),  # nothing is known of it
    ]
    world.project(said, known=BOXES, gold="column", batches={"i": "b1", "j": "b2"})
    assert world.by("gold_match_f1", "annotator") == {"ann": 0, "bob": 1}
    assert world.by("gold_match_f1", "day") == {"2024-03-04": 0, "2024-03-05": 1}
    assert world.by("gold_match_f1", "week") == {"2024-W10": 1 / 2}
    assert world.by("gold_match_f1", "batch", "n") == {"b1": 2}
    assert world.one("gold_match_f1", since="2024-03-05")["n"] == 1
    assert world.one("gold_match_f1", where=["annotator!=ann"])["value"] == 1


def test_first_answers_from_a_prediction_are_told_apart(world: World):
    said = [
        Say("i", "ann", {"box": [CAR]}, at(0), gold={"box": [CAR]}, started="g"),
        Say("i", "bob", {"box": [VAN]}, at(1)),
        Say("i", "bob", {"box": [CAR]}, at(2), started="g"),
    ]
    guesses = [Guess("i", {"box": [CAR]}, name="g")]
    world.project(said, known=BOXES, gold="column", guesses=guesses)
    assert world.by("gold_match_f1", "assisted") == {True: 1, False: 0}
    assert world.one("gold_match_f1", where=["assisted=false"])["n"] == 1


def test_experts_whose_shapes_differ_know_nothing(world: World):
    said = [
        Say("i", "exp", {"box": [CAR]}, at(0), gold_flag=True),
        Say("i", "lead", {"box": [VAN, CAR]}, at(0), gold_flag=True),
        Say("i", "ann", {"box": [CAR]}, at(1)),
        Say("j", "exp", {"box": [CAR, VAN]}, at(0), gold_flag=True),
        Say("j", "lead", {"box": [CAR, VAN]}, at(0), gold_flag=True),
        Say("j", "ann", {"box": [CAR, VAN]}, at(1)),
    ]
    world.project(said, known=BOXES, gold="flag")
    assert world.by("gold_match_f1", "annotator", "n") == {"ann": 1}
    assert world.by("gold_match_f1", "annotator") == {"ann": 1}


def test_one_of_the_experts_can_be_chosen(world: World):
    said = [
        Say("i", "exp", {"box": [CAR]}, at(0)),
        Say("i", "lead", {"box": [VAN]}, at(0)),
        Say("i", "ann", {"box": [CAR]}, at(1)),
    ]
    world.project(said, known=BOXES, gold=["exp"])
    assert world.by("gold_match_f1", "annotator") == {"lead": 0, "ann": 1}


def test_why_there_is_no_number(world: World):
    world.project(drawn("i", None, {"ann": [CAR]}), known=BOXES, title="no gold")
    world.project(drawn("i", None, {"ann": [CAR]}), known=BOXES, gold="column", title="not met")
    labels = (ControlRecord("label", Scale.NOMINAL),)
    world.project([Say("i", "ann", "x", at(0))], known=labels, gold="column", title="labels")
    notes = {
        "no gold": "no gold is chosen for this project",
        "not met": "nobody answered an item with gold",
        "labels": "answers that are labels have no parts to match: use gold_accuracy",
    }
    for title, note in notes.items():
        row = world.one("gold_match_f1", project=title)
        assert (row["value"], row["n"], row["note"]) == (None, 0, note)
    row = world.one("gold_match_iou", project="labels")
    assert row["note"].endswith("use gold_match_f1 for texts, gold_accuracy for labels")
    row = world.one("gold_accuracy", project="not met")
    assert (row["value"], row["n"]) == (None, 0)
    assert row["note"].endswith("use match_f1")


def test_what_cannot_be_read_is_told(world: World):
    png = [{"png": "data:image/png;base64,A", "size": [2, 2]}, "car"]
    said = [*drawn("i", [CAR], {"ann": [CAR], "bob": [png]}), *drawn("j", [png], {"ann": [CAR]})]
    world.project(said, known=BOXES, gold="column")
    row = world.one("gold_match_f1", min_n=1)
    assert (row["value"], row["n"]) == (1, 1)
    assert row["note"] == "2 answers that cannot be read left out"
    for metric in ("gold_match_f1", "gold_match_iou"):
        row = world.one(metric, where=["annotator=bob"])
        assert (row["value"], row["n"]) == (None, 0)
        assert row["note"] == "1 answer that cannot be read left out"


def many(days: int, answers: int = 24, half: int = 4) -> list[Say]:
    """Answers to known cars over some days: every so many of them one with a van too many."""
    return [
        one
        for n in range(answers)
        for one in drawn(f"i{n}", [CAR], {"ann": [CAR, VAN][: 1 + (n % half == 0)]}, day=n % days)
    ]


def test_days_are_the_draws_from_five_on(world: World):
    world.project(many(6), known=BOXES, gold="column")
    scores = defaultdict(list)
    for n in range(24):
        scores[n % 6].append(2 / 3 if n % 4 == 0 else 1)
    every = [one for day in scores.values() for one in day]
    without = [mean(x for d, own in scores.items() if d != day for x in own) for day in scores]
    low, high = jackknife(mean(every), without)
    row = world.one("gold_match_f1")
    assert (row["value"], row["n"]) == (pytest.approx(mean(every), abs=1e-9), 24)
    assert (row["low"], row["high"]) == pytest.approx((low, min(high, 1)), abs=1e-8)
    assert row["note"] is None


def test_answers_are_the_draws_of_few_days(world: World):
    world.project(many(2), known=BOXES, gold="column")
    scores = [2 / 3 if n % 4 == 0 else 1 for n in range(24)]
    p = mean(scores)
    size = min(24 * p * (1 - p) / variance(scores), max(24, (24 + 30) / 2))
    row = world.one("gold_match_f1")
    assert (row["low"], row["high"]) == pytest.approx(wilson(p * size, size), abs=1e-7)
    assert row["note"] == "interval of answers: 2 days are too few to tell how days differ"
    assert {row["note"] for row in world.ask("gold_match_f1", by=("day",), min_n=1)} == {None}


def test_days_that_do_not_differ_leave_answers_as_draws(world: World):
    world.project(many(6, half=99), known=BOXES, gold="column")
    row = world.one("gold_match_f1", since="2024-03-05")  # without the one of two objects
    assert (row["value"], row["n"], row["high"]) == (1, 20, 1)
    assert row["low"] == pytest.approx(wilson(20, 20)[0])


PEOPLE, DAYS, BATCHES = ("ann", "bob", "cid", None), 7, ("b1", "b2")
SOME: dict[str, tuple[tuple[ControlRecord, ...], list[Any]]] = {
    "box": (
        BOXES,
        [[x / 10, 0.1, 0.3, h / 10, label] for x, h, label in product((0, 1, 2), (1, 2), "cv")],
    ),
    "ner": (SPANS, [[s, e, label] for s, e, label in product((0, 2, 3), (6, 9), "pl")]),
    "note": (TEXTS, ["a cat", "A  black cat", "dogs", "the cat sat", "cat cat"]),
}


Score = tuple[tuple[Any, ...], tuple[int, ...]]
"""(who, day, batch) of a first answer, and what it has in common with the known one."""


def imagined(
    luck: random.Random, control: str, batches: dict[str, str]
) -> Iterator[tuple[Say, Any]]:
    """Yield what people say of some items, with the score of each first answer to a known one."""
    known, pool = SOME[control]

    def something() -> Any:
        if control == "note":
            return luck.choice(pool)
        return luck.choices(pool, k=luck.randrange(4))

    for item, batch in batches.items():
        truth = something() if luck.random() < 0.7 else None
        gold = {} if truth is None else {control: truth}
        for who in PEOPLE:
            for nth in range(luck.choice((0, 1, 1, 2))):
                day, given, score = luck.randrange(DAYS), something(), None
                if gold and nth == 0:
                    facts = in_common.in_common(known[0].scale, truth, given)
                    score = (who, f"2024-03-{4 + day:02}", batch), facts
                yield Say(item, who, {control: given}, at(day + 10 * nth), gold=gold), score


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("control", SOME)
def test_random_worlds_by_another_way(world: World, control: str, seed: int):
    """Every matching is tried, in fractions, answer by answer."""
    luck = random.Random(f"{control}{seed}")
    batches = {f"i{n}": luck.choice(BATCHES) for n in range(30)}
    told = list(imagined(luck, control, batches))
    scores = [score for _, score in told if score is not None]
    says = luck.sample([say for say, _ in told], len(told))
    world.project(says, known=SOME[control][0], gold="column", batches=batches)
    for place, key in enumerate(("annotator", "day", "batch")):
        wanted = by_key(scores, place)
        found = known_names(world.by("gold_match_f1", key))
        assert found == pytest.approx({one: f1_of(of) for one, of in wanted.items()}, abs=1e-8)
        n = known_names(world.by("gold_match_f1", key, "n"))
        assert n == {one: len(of) for one, of in wanted.items()}
        if control != "note":
            overlaps = known_names(world.by("gold_match_iou", key))
            assert overlaps == {one: pytest.approx(iou_of(of)) for one, of in wanted.items()}


def by_key(scores: list[Score], place: int) -> dict[Any, list[tuple[int, ...]]]:
    found = defaultdict(list)
    for keys, facts in scores:
        found[keys[place]].append(facts)
    return dict(found)


def known_names(found: dict[Any, Any]) -> dict[Any, Any]:
    """The same, the author whom nobody knows called None."""
    return {None if one == "unknown" else one: value for one, value in found.items()}


def f1_of(facts: list[tuple[int, ...]]) -> float:
    """The mean of 2 tp / (n_known + n_given), where any of them is."""
    shares = [Fraction(2 * tp, a + b) for _, tp, _, a, b, *_ in facts if a + b]
    return float(sum(shares, Fraction(0)) / len(shares)) if shares else 1.0


def iou_of(facts: list[tuple[int, ...]]) -> float | None:
    tp = sum(one[1] for one in facts)
    return sum(one[5] for one in facts) / tp / 1e6 if tp else None
