"""Agreement on shapes, spans, texts and orders: by hand, and of Label Studio's own exports."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import kendalltau

from labelpulse.core.events import ControlRecord, Scale
from labelpulse.reader import MetricQuery, read
from labelpulse.stats.intervals import jackknife
from tests.ingest import importing
from tests.reader.world import NAMES, NOW, Guess, Say, World, at
from tests.warehouse import in_common

DATA = Path(__file__).resolve().parents[1] / "data" / "label_studio"
BOXES = (ControlRecord("box", Scale.GEOMETRY),)
CAR, VAN = [0.1, 0.1, 0.2, 0.2, "car"], [0.6, 0.6, 0.2, 0.2, "van"]
NEAR_CAR = [0.15, 0.1, 0.2, 0.2, "car"]  # 3/5 of it
MISNAMED = [0.6, 0.6, 0.2, 0.2, "car"]


def drawn(items: dict[str, dict[str, Any]], control: str = "box", day: float = 0) -> list[Say]:
    """Item -> person -> value."""
    return [
        Say(item, who, {control: value}, at(day, n))
        for item, people in items.items()
        for n, (who, value) in enumerate(people.items())
    ]


def test_three_people_and_their_boxes(world: World):
    """ann-bob: the car; ann-cid: the van by place only; bob-cid: nothing."""
    world.project(
        drawn({"i": {"ann": [CAR, VAN], "bob": [NEAR_CAR], "cid": [MISNAMED]}}), known=BOXES
    )
    pairs = {
        (row["annotator_a"], row["annotator_b"]): row
        for row in world.ask("match_f1", by=("annotator_pair",))
    }
    assert {two: row["value"] for two, row in pairs.items()} == {
        ("ann", "bob"): 2 / 3,
        ("ann", "cid"): 0,
        ("bob", "cid"): 0,
    }
    row = pairs["ann", "cid"]
    assert (row["located_f1"], row["label_agreement"], row["exact_f1"]) == (2 / 3, 0, 0)
    assert world.by("match_f1", "annotator") == {"ann": 2 / 6, "bob": 2 / 5, "cid": 0}
    row = world.one("match_f1")
    assert (row["value"], row["n"], row["low"]) == (2 / 8, 3, None)
    row = world.one("match_iou")
    assert (row["value"], row["n"], row["matches"]) == (pytest.approx(0.6), 3, 1)


def test_two_who_accept_one_prediction_are_apart_from_two_who_draw(world: World):
    """ann and bob let the model's car stand; cid and dee draw, and differ."""
    people = {"ann": [CAR], "bob": [CAR], "cid": [CAR], "dee": [VAN]}
    said = [
        replace(say, started="g" if say.who in ("ann", "bob") else None)
        for say in drawn({"i": people})
    ]
    world.project(said, known=BOXES, guesses=[Guess("i", {"box": [CAR]}, name="g")])
    assert world.one("match_f1")["value"] == 6 / 12  # three of six pairs agree
    for metric in ("match_f1", "match_iou"):
        rows = {row["assisted"]: row for row in world.ask(metric, by=("assisted",))}
        assert {side: (row["value"], row["n"]) for side, row in rows.items()} == {
            True: (pytest.approx(1), 1),
            False: (0 if metric == "match_f1" else None, 1),
        }
        assert world.one(metric, where="assisted=true")["n"] == 1
        assert world.one(metric, where="assisted!=true")["value"] == rows[False]["value"]
    assert world.by("match_f1", "annotator", where="assisted=true") == {"ann": 1, "bob": 1}


def test_nothing_drawn_by_both_is_counted_apart(world: World):
    said = drawn({"i": {"ann": [], "bob": []}, "j": {"ann": [], "bob": []}})
    world.project(said, known=BOXES)
    row = world.one("match_f1", min_n=1)
    assert (row["value"], row["n"], row["both_empty"]) == (1, 2, 2)
    assert row["note"] == "2 pairs where neither drew anything counted apart"
    row = world.one("match_iou", min_n=1)
    assert (row["value"], row["note"]) == (None, "nothing matches")


def test_empty_pairs_lift_no_share(world: World):
    said = drawn({"i": {"ann": [], "bob": []}, "j": {"ann": [CAR], "bob": [VAN]}})
    world.project(said, known=BOXES)
    row = world.one("match_f1", min_n=1)
    assert (row["value"], row["n"], row["both_empty"]) == (0, 2, 1)
    assert row["note"] == "1 pair where neither drew anything counted apart"


def test_one_who_drew_against_one_who_did_not(world: World):
    world.project(drawn({"i": {"ann": [CAR], "bob": []}}), known=BOXES)
    assert world.one("match_f1")["value"] == 0
    assert world.one("match_iou")["value"] is None


def test_pairs_that_cannot_be_read_are_counted_in_the_note(world: World):
    """Of four pairs the one of two boxes can be compared; three have a mask that is a picture."""
    png = [{"png": "data:image/png;base64,A", "size": [2, 2]}, "car"]
    items: dict[str, dict[str, Any]] = {
        "i": {"ann": [CAR], "bob": [NEAR_CAR], "cid": [png]},
        "j": {"ann": [png], "bob": [png]},
    }
    world.project(drawn(items), known=BOXES)
    note = "3 pairs of answers that cannot be read left out"
    for metric in ("match_f1", "match_iou"):
        row = world.one(metric, min_n=1)
        assert (row["n"], row["note"]) == (1, note)
        assert row["value"] is not None
    rows = world.ask("match_f1", by=("annotator",), min_n=1)
    assert {row["annotator"]: row["note"] for row in rows} == {"ann": note, "bob": note}
    row = world.one("match_f1", until="2024-03-01", min_n=1)
    assert (row["value"], row["n"]) == (None, 0)
    assert "left out" not in row["note"]
    row = world.one("match_f1", where=["annotator!=cid"], min_n=1)
    assert (row["value"], row["n"]) == (1, 1)


def test_where_nothing_can_be_read_the_note_says_how_much(world: World):
    png = [{"png": "data:image/png;base64,A", "size": [2, 2]}, "car"]
    world.project(drawn({"i": {"ann": [png], "bob": [png]}}), known=BOXES)
    row = world.one("match_f1", min_n=1)
    assert (row["value"], row["n"]) == (None, 0)
    assert row["note"].endswith("; 1 pair of answers that cannot be read left out")


@pytest.mark.parametrize(
    ("name", "by"),
    [
        *(("agreement_alpha", "batch"), ("agreement_alpha", "assisted")),
        *(("pair_kappa", "batch"), ("pair_kappa", "assisted")),
        *(("rank_tau", "batch"), ("rank_tau", "day")),
    ],
)
def test_shapes_stand_beside_labels_however_split(world: World, name: str, by: str):
    """Splits that are counted from the answers meet a question of which no answer is a label."""
    both = {"ann": {"box": [CAR], "label": "x"}, "bob": {"box": [VAN], "label": "y"}}
    world.project([Say("i", who, said, at()) for who, said in both.items()], known=BOXES)
    rows = {row["control"]: row for row in world.ask(name, by=("control", by)) if row["n"]}
    assert list(rows) == ([] if name == "rank_tau" else ["label"])


def test_days_and_dates_are_those_of_agreement(world: World):
    said = drawn({"i": {"ann": [CAR], "bob": [CAR]}}) + drawn(
        {"j": {"ann": [CAR], "bob": [VAN]}}, day=1
    )
    world.project(said, known=BOXES)
    assert world.by("match_f1", "day") == {"2024-03-04": 1, "2024-03-05": 0}
    assert world.by("match_f1", "week") == {"2024-W10": 0.5}
    assert world.one("match_f1", since="2024-03-05")["value"] == 0
    assert world.one("match_f1", where=["annotator=ann"])["value"] == 0.5
    assert world.one("match_f1", where=["annotator_pair=ann+bob"])["value"] == 0.5


def test_labels_and_shapes_are_told_apart(world: World):
    known = (*BOXES, ControlRecord("kind", Scale.NOMINAL), ControlRecord("say", Scale.TEXT))
    said = [
        Say("i", who, {"box": [CAR], "kind": "a", "say": "a cat"}, at(0, n))
        for n, who in enumerate(("ann", "bob"))
    ]
    world.project(said, known=known)
    assert world.by("match_f1", "control") == {"box": 1, "kind": None, "say": 1}
    assert world.by("match_iou", "control") == {"box": 1, "kind": None, "say": None}
    assert world.by("text_similarity", "control") == {"box": None, "kind": None, "say": 1}
    assert world.by("rank_tau", "control") == {"box": None, "kind": None, "say": None}
    assert "use agreement_percent" in world.one("match_f1", control="kind")["note"]
    assert "text_similarity" in world.one("agreement_percent", control="say")["note"]


def test_texts_by_words_and_by_edits(world: World):
    said = drawn(
        {"i": {"ann": "The cat sat", "bob": "the  cat"}, "j": {"ann": "no", "bob": "no"}}, "say"
    )
    world.project(said, known=(ControlRecord("say", Scale.TEXT),))
    row = world.one("match_f1", min_n=1)
    assert (row["value"], row["note"]) == (2 * 3 / 7, "of words")
    row = world.one("text_similarity", min_n=1)
    assert row["value"] == pytest.approx((1 - 5 / 11 + 1) / 2, abs=1e-6)
    assert (row["n"], row["exact"]) == (2, 0.5)


def test_texts_that_were_labels_before_they_were_declared(world: World):
    """Free text is taken for labels until the operator says what it is."""
    said = drawn({"i": {"ann": "a cat", "bob": "a dog"}}, "say")
    world.project(said)
    assert world.one("agreement_percent")["value"] == 0
    world.project([], controls={"say": {"scale": "text"}})
    assert world.one("match_f1")["value"] == 0.5
    assert "use match_f1" in world.one("agreement_percent")["note"]
    world.project([], controls={"say": {"scale": "nominal"}})
    assert world.one("agreement_percent")["value"] == 0


def test_spans_overlap_or_are_exactly_alike(world: World):
    said = drawn(
        {"i": {"ann": [[0, 4, "PER"], [10, 20, "ORG"]], "bob": [[0, 4, "PER"], [14, 20, "ORG"]]}},
        "ner",
    )
    world.project(said, known=(ControlRecord("ner", Scale.SPAN),))
    row = world.one("match_f1")
    assert (row["value"], row["exact_f1"]) == (1, 0.5)
    assert world.one("match_iou")["value"] == pytest.approx((1 + 0.6) / 2)


def test_the_interval_leaves_out_each_day(world: World):
    draw = random.Random(4)
    said, days = [], []
    for day in range(12):
        tp = n = 0
        for item in range(3):
            mine = [one for one in (CAR, VAN) if draw.random() < 0.8]
            yours = [one for one in (CAR, VAN) if draw.random() < 0.8]
            said += drawn({f"{day}.{item}": {"ann": mine, "bob": yours}}, day=day)
            tp += sum(one in yours for one in mine)
            n += len(mine) + len(yours)
        days.append((2 * tp, n))
    world.project(said, known=BOXES)
    top, bottom = (sum(column) for column in zip(*days, strict=True))
    low, high = jackknife(top / bottom, [(top - a) / (bottom - b) for a, b in days])
    row = world.one("match_f1")
    assert (row["value"], row["n"]) == (pytest.approx(top / bottom), 36)
    assert (row["low"], row["high"]) == (pytest.approx(low), pytest.approx(min(high, 1)))


def test_orders_by_kendalls_tau(world: World):
    orders: dict[str, dict[str, Any]] = {
        "i": {"ann": ["a", "b", "c", "d"], "bob": ["b", "a", "c", "d"]},
        "j": {"ann": ["a", "b", "c", "d"], "bob": ["d", "c", "b", "a"]},
        "k": {"ann": ["a", ["b", "c"], "d"], "bob": ["a", "b", "c", "d"]},
        "l": {"ann": {"good": ["a"], "bad": ["b"]}, "bob": ["a", "b"]},
    }
    world.project(drawn(orders, "order"), known=(ControlRecord("order", Scale.RANKING),))
    tied = kendalltau([0, 1, 1, 2], [0, 1, 2, 3]).statistic
    row = world.one("rank_tau", min_n=1)
    assert (row["value"], row["n"]) == (pytest.approx((2 / 3 - 1 + tied) / 3), 3)
    assert row["note"] == "1 pair without an order left out"
    assert world.by("rank_tau", "annotator")["ann"] == row["value"]
    assert world.by("rank_tau", "day")["2024-03-04"] == row["value"]


def test_one_pair_has_an_interval_of_its_orders(world: World):
    said = []
    for n in range(30):
        other = ["a", "b", "c"] if n % 3 else ["b", "a", "c"]
        said += drawn({f"i{n}": {"ann": ["a", "b", "c"], "bob": other}}, "order", day=n / 40)
    world.project(said, known=(ControlRecord("order", Scale.RANKING),))
    assert world.one("rank_tau")["low"] is None
    (row,) = world.ask("rank_tau", by=("annotator_pair",))
    taus = [1 / 3] * 10 + [1] * 20
    mean = sum(taus) / 30
    error = (sum((one - mean) ** 2 for one in taus) / 29 / 30) ** 0.5
    assert row["value"] == pytest.approx(mean)
    assert row["low"] == pytest.approx(mean - 2.045230 * error, abs=1e-6)


# --- exports of a real Label Studio, read a second time here ---

Objects = Callable[[dict[str, Any]], list[list[Any]]]


def boxes_of(annotation: dict[str, Any]) -> list[list[Any]]:
    return [
        [
            *(one["value"][side] for side in ("x", "y", "width", "height")),
            str(one["value"][one["type"]]),
        ]
        for one in annotation["result"]
        if one["type"] == "rectanglelabels"
    ]


def spans_of(annotation: dict[str, Any]) -> list[list[Any]]:
    return [
        [one["value"]["start"], one["value"]["end"], str(one["value"]["labels"])]
        for one in annotation["result"]
        if one["type"] == "labels"
    ]


def counted(path: Path, scale: str, objects: Objects) -> dict[frozenset[str], Counter[str]]:
    """Count what pairs of people have in common, by trying every matching."""
    found: dict[frozenset[str], Counter[str]] = defaultdict(Counter)
    for task in json.loads(path.read_text()):
        latest = {
            str(one["completed_by"]): objects(one)
            for one in sorted(task["annotations"], key=lambda one: str(one["created_at"]))
            if not one["was_cancelled"] and one["completed_by"] is not None
        }
        for a, b in combinations(sorted(latest), 2):
            pairs, tp, _, n_a, n_b, iou, *_ = in_common.in_common(scale, latest[a], latest[b])
            found[frozenset((a, b))].update(pairs=pairs, tp=tp, drawn=n_a + n_b, iou=iou)
    return found


@pytest.mark.parametrize(
    ("name", "control", "scale", "objects"),
    [("bounding_boxes", "box", "geometry", boxes_of), ("text_ner", "ner", "span", spans_of)],
)
def test_an_export_by_pair_and_altogether(
    tmp_path: Path, name: str, control: str, scale: str, objects: Objects
):
    warehouse = importing.make(f"sqlite:///{tmp_path / 'w.db'}")
    importing.load(warehouse, DATA / f"{name}.json")

    def ask(metric: str, *by: str) -> list[dict[str, Any]]:
        query = MetricQuery(metric, control=control, by=by)
        return read(warehouse.engine, query, NAMES, clock=lambda: NOW).rows

    truth = counted(DATA / f"{name}.json", scale, objects)
    assert len(truth) > 2
    for row in ask("match_f1", "annotator_pair"):
        one = truth[frozenset((row["annotator_a"], row["annotator_b"]))]
        assert row["n"] == one["pairs"]
        assert row["value"] == pytest.approx(2 * one["tp"] / one["drawn"] if one["drawn"] else 1)
    total = sum(truth.values(), Counter())
    (row,) = ask("match_f1")
    assert (row["n"], row["value"]) == (
        total["pairs"],
        pytest.approx(2 * total["tp"] / total["drawn"]),
    )
    (row,) = ask("match_iou")
    assert row["value"] == pytest.approx(total["iou"] / total["tp"] / 1e6, abs=1e-6)
    ids = warehouse.projects(warehouse.source("import:P", "label-studio"))
    assert [one for project in ids.values() for one in warehouse.verify(project)] == []
    warehouse.engine.dispose()
