"""Gold accuracy: first answers against known ones, with published limits."""

import random

import numpy as np
import pytest
from sklearn import metrics

from labelpulse.core.events import Status
from tests.reader.world import SETS, Say, World, at
from tests.stats import tables


def exposed(people: dict[str, list[str]], truth: str = "x") -> list[Say]:
    return [
        Say(f"{who}{n}", who, label, at(n / 50, n), gold={"label": truth})
        for who, labels in people.items()
        for n, label in enumerate(labels)
    ]


def test_newcombes_limits_by_annotator(world: World):
    known = {
        f"p{row['n']}": (int(row["k"]), int(row["n"]), row)
        for row in tables.rows("newcombe1998_wilson")
    }
    world.project(
        exposed({who: ["x"] * k + ["y"] * (n - k) for who, (k, n, _) in known.items()}),
        gold="column",
    )
    for row in world.ask("gold_accuracy", by=("annotator",)):
        k, n, printed = known[row["annotator"]]
        assert (row["value"], row["n"]) == (k / n, n)
        assert row["low"] == pytest.approx(float(printed["wilson_low"]), abs=5e-5)
        assert row["high"] == pytest.approx(float(printed["wilson_high"]), abs=5e-5)
        assert ("fewer than 20" in (row["note"] or "")) == (n < 20)


def test_one_of_one_has_an_interval_and_a_note(world: World):
    world.project(exposed({"ann": ["x"]}), gold="column")
    row = world.one("gold_accuracy")
    assert (row["value"], row["n"], round(row["low"], 4), row["high"]) == (1, 1, 0.2065, 1)
    assert row["note"] == "1 first answer to gold, fewer than 20"


def test_the_first_answer_counts_and_no_skip(world: World):
    world.project(
        [
            Say("i1", "ann", "y", at(0), gold={"label": "x"}),
            Say("i1", "ann", "x", at(1)),
            Say("i1", "bob", "x", at(1)),
            Say("i1", "cid", None, at(1), Status.SKIPPED),
            Say("i1", "dee", "x", at(2), deleted=True),
        ],
        gold="column",
    )
    assert world.by("gold_accuracy", "annotator") == {"ann": 0, "bob": 1}
    assert world.by("gold_accuracy", "day") == {"2024-03-04": 0, "2024-03-05": 1}
    row = world.one("gold_accuracy", where=["annotator!=ann"])
    assert (row["value"], row["n"]) == (1, 1)


def test_by_label_is_by_the_known_label(world: World):
    world.project(
        exposed({"ann": ["x", "y", "x"]}, "x") + exposed({"bob": list("yyxz")}, "y"), gold="column"
    )
    assert world.by("gold_accuracy", "label") == {"x": 2 / 3, "y": 2 / 4}
    assert world.one("gold_accuracy", where=["label=y"])["n"] == 4
    assert world.one("gold_accuracy", merge=["xy=x+y"])["value"] == 6 / 7
    assert world.by("gold_accuracy", "label", merge=["xy=x+y"]) == {"xy": 6 / 7}


def test_gold_by_flag_is_no_answer_itself(world: World):
    world.project(
        [
            Say("i1", "lead", "x", at(0), gold_flag=True),
            Say("i1", "ann", "x", at(1)),
            Say("i1", "bob", "y", at(1)),
        ],
        gold="flag",
    )
    row = world.one("gold_accuracy")
    assert (row["value"], row["n"]) == (1 / 2, 2)
    assert world.one("agreement_percent")["n"] == 1
    assert world.one("annotations_submitted")["value"] == 3


def test_without_gold_it_says_so(world: World):
    world.project([Say("i1", "ann", "x", at(0), gold_flag=True)])
    row = world.one("gold_accuracy")
    assert (row["value"], row["n"], row["note"]) == (None, 0, "no gold is chosen for this project")
    assert world.ask("gold_accuracy", by=("annotator",)) == []


def test_sets_must_be_equal(world: World):
    world.project(
        [
            Say("i1", "ann", ["b", "a"], at(0), gold={"label": ["a", "b"]}),
            Say("i1", "bob", ["a"], at(1)),
        ],
        gold="column",
        known=SETS,
    )
    assert world.by("gold_accuracy", "annotator") == {"ann": 1, "bob": 0}
    assert world.by("gold_accuracy", "label") == {"a|b": 1 / 2}
    assert world.one("gold_accuracy", merge=["all=a+b"])["value"] == 1


def test_snow_2008(world: World):
    says = [
        Say(row["item"], row["worker"], row["label"], gold={"label": row["gold"]})
        for row in tables.rows("snow2008_rte")
    ]
    world.project(says, gold="column")
    row = world.one("gold_accuracy")
    assert (row["value"], row["n"]) == (pytest.approx(0.729125), 8000)
    row = world.one("agreement_percent")
    assert (row["value"], row["n"]) == (pytest.approx(0.628694, abs=5e-7), 800)
    assert world.one("agreement_alpha")["value"] == pytest.approx(0.241479, abs=5e-7)


def test_precision_recall_and_f1_are_those_of_an_independent_library(world: World):
    """With missing labels: c is known and never given, d is given and never known."""
    rng = random.Random(5)
    truth = [rng.choice("aabbc") for _ in range(120)]
    given = [rng.choice("abd") if rng.random() < 0.4 or one == "c" else one for one in truth]
    world.project(
        [
            Say(f"i{n}", "ann", said, at(n / 10, n), gold={"label": known})
            for n, (known, said) in enumerate(zip(truth, given, strict=True))
        ],
        gold="column",
    )
    score = metrics.precision_recall_fscore_support
    wanted = score(truth, given, labels=list("abcd"), zero_division=np.nan)
    for name, values in zip(("gold_precision", "gold_recall", "gold_f1"), wanted, strict=False):
        found = world.by(name, "label")
        for label, value in zip("abcd", values, strict=True):
            wanted_or_none = None if np.isnan(value) else pytest.approx(value)
            assert found.get(label) == wanted_or_none
        for row in world.ask(name, by=("label",)):
            label = row.pop("label")
            assert world.one(name, where=[f"label={label}"]) == row
        there = values[~np.isnan(values)]
        row = world.one(name)
        assert row["value"] == pytest.approx(there.mean())
    assert row["low"] < row["value"] < row["high"]  # f1, over twelve days
    assert world.one("gold_exposures")["value"] == 120
