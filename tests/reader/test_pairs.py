"""How alike two people answer, through the warehouse: equal to what other libraries say."""

import random
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import cohen_kappa_score, confusion_matrix
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import proportion_confint

from labelpulse.reader import Row
from tests.reader.world import Say, World, at
from tests.stats import tables

PEOPLE = ("ann", "bob", "cid")
GRADES = ("none", "mild", "grave", "fatal")
"""In their own order, which is not that of the alphabet."""
Answers = dict[str, dict[str, str]]


def answered(seed: int, items: int = 90) -> Answers:
    """Item -> person -> grade: two or three people each, who often agree or are one grade apart."""
    draw = random.Random(seed)
    found: Answers = {}
    for n in range(items):
        truth = draw.choice((0, 0, 1, 2, 3))
        found[f"i{n}"] = {
            who: GRADES[min(max(truth + draw.choice((0, 0, 0, 1, -1)), 0), 3)]
            for who in draw.sample(PEOPLE, draw.randint(1, 3))
        }
    return found


def fill(world: World, given: Answers, scale: str, labels: tuple[str, ...] = GRADES) -> None:
    says = [
        Say(item, who, label, at(n // 10, n))
        for n, (item, own) in enumerate(given.items())
        for who, label in own.items()
    ]
    world.project(says, controls={"label": {"scale": scale, "labels": list(labels)}})


def both(given: Answers, a: str, b: str) -> tuple[list[str], list[str]]:
    """The labels of two people on the items that both answered."""
    shared = [own for own in given.values() if a in own and b in own]
    return [own[a] for own in shared], [own[b] for own in shared]


def rows_of(world: World, metric: str, **query) -> dict[tuple[str, ...], Row]:
    rows = world.ask(metric, by=("annotator_pair",), **query)
    return {tuple(sorted((row["annotator_a"], row["annotator_b"]))): row for row in rows}


@pytest.mark.parametrize(("scale", "weights"), [("nominal", None), ("ordinal", "quadratic")])
@pytest.mark.parametrize("seed", [1, 2])
def test_kappa_of_each_pair_is_that_of_the_libraries(world: World, scale, weights, seed):
    given = answered(seed)
    fill(world, given, scale)
    rows = rows_of(world, "pair_kappa")
    assert rows.keys() == set(combinations(PEOPLE, 2))
    for pair, row in rows.items():
        one, other = both(given, *pair)
        theirs = cohen_kappa_score(one, other, labels=GRADES, weights=weights)
        assert row["n"] == len(one) >= 20
        assert row["value"] == pytest.approx(theirs, abs=1e-12)
        table = confusion_matrix(one, other, labels=GRADES)
        half = norm.ppf(0.975) * cohens_kappa(table, wt=weights).std_kappa
        assert row["low"] == pytest.approx(max(theirs - half, -1))
        assert row["high"] == pytest.approx(min(theirs + half, 1))


def test_weights_tell_the_scales_apart(world: World):
    """Else the test above could not see whether the scale was heeded."""
    one, other = both(answered(1), "ann", "bob")
    plain, weighted = (
        cohen_kappa_score(one, other, labels=GRADES, weights=how) for how in (None, "quadratic")
    )
    assert weighted > plain + 0.1


def test_merged_labels_are_one_category_of_kappa(world: World):
    given = answered(3)
    fill(world, given, "nominal")
    for pair, row in rows_of(world, "pair_kappa", merge=["ill=mild+grave+fatal"]).items():
        one, other = ([label != "none" for label in own] for own in both(given, *pair))
        assert row["value"] == pytest.approx(cohen_kappa_score(one, other), abs=1e-12)


def test_grades_that_only_others_gave_still_lie_between(world: World):
    """Undeclared: 2 was never said by the pair, and yet 3 is two ranks from 1, not one."""
    given = {
        f"i{n}": {"ann": "134"[n % 3], "bob": "13413"[n % 5], **({"cid": "2"} if n == 7 else {})}
        for n in range(40)
    }
    world.project(
        [Say(i, who, x, at(0)) for i, own in given.items() for who, x in own.items()],
        controls={"label": {"scale": "ordinal"}},
    )
    row = world.one("pair_kappa", where=["annotator_pair=ann+bob"])
    one, other = both(given, "ann", "bob")
    theirs = cohen_kappa_score(one, other, labels=list("1234"), weights="quadratic")
    assert row["value"] == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize(("items", "has"), [(19, False), (20, True)])
def test_kappa_has_an_interval_from_twenty_items_on(world: World, items: int, has: bool):
    given = {f"i{n}": {"ann": "xy"[n % 2], "bob": "xxy"[n % 3]} for n in range(items)}
    fill(world, given, "nominal", ("x", "y"))
    (row,) = rows_of(world, "pair_kappa").values()
    assert row["value"] == pytest.approx(cohen_kappa_score(*both(given, "ann", "bob")))
    assert ((row["low"] is not None), (row["high"] is not None)) == (has, has)
    assert has == (row["note"] is None or "fewer than 20" not in row["note"])


def test_no_variation_has_no_kappa(world: World):
    fill(world, {f"i{n}": {"ann": "none", "bob": "none"} for n in range(25)}, "nominal")
    row = world.one("pair_kappa")
    assert (row["value"], row["low"], row["n"]) == (None, None, 25)
    assert row["note"].startswith("no variation")


@pytest.mark.parametrize(
    ("name", "labels", "printed"),
    [
        (
            *("cohen1960_3x3", "personality_disorder,neurosis,psychosis"),
            {"alike": ".70", "chance": ".41", "kappa": ".492"},
        ),
        (
            *("gwet2014_abstractors_3x3", "ectopic,aiu,niu"),
            {"alike": ".89", "kappa": ".79641", "error": ".05891"},
        ),
        (
            *("gwet_diagnosis_4x4", "schizophrenia,bipolar,depression,other"),
            {"kappa": ".43150", "error": ".04597"},
        ),
    ],
)
def test_published_tables_of_two_people(world: World, name, labels, printed):
    names = tuple(labels.split(","))
    pairs = tables.items_of_square(tables.square(name, labels))
    given = {f"i{n}": {"ann": names[c], "bob": names[k]} for n, (c, k) in enumerate(pairs)}
    fill(world, given, "nominal", names)
    row, alike = world.one("pair_kappa"), world.one("pair_agreement")["value"]
    found = {
        "alike": alike,
        "chance": (alike - row["value"]) / (1 - row["value"]),
        "kappa": row["value"],
        "error": (row["high"] - row["low"]) / 2 / norm.ppf(0.975),
    }
    for what, text in printed.items():
        tables.as_printed(found[what], text)


def test_agreement_of_a_pair_has_wilsons_interval_and_that_of_several_none(world: World):
    given = answered(4)
    fill(world, given, "nominal")
    for pair, row in rows_of(world, "pair_agreement").items():
        one, other = (np.array(own) for own in both(given, *pair))
        alike, n = int((one == other).sum()), len(one)
        assert (row["value"], row["n"]) == (alike / n, n)
        ends = proportion_confint(alike, n, method="wilson")
        assert (row["low"], row["high"]) == pytest.approx(ends)
    for by in ((), ("annotator",), ("week",)):
        for row in world.ask("pair_agreement", by=by):
            assert row["value"] is not None
            assert (row["low"], row["high"]) == (None, None)
