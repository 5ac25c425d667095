"""Shares of disagreement equal a count by plain loops, and name what was planted."""

import random
from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from math import floor, log

import pytest
from scipy.optimize import minimize
from scipy.stats import binom
from statsmodels.stats.multitest import multipletests

from tests.reader.world import HIDDEN, Say, World, at

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
            if rng.random() < {"eve": 0.3}.get(who, 0.02) + 0.35 * (i % 10 == 9):
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
    batch_of = batches(1_000)
    for name, answers in items.items():
        for one, other in combinations(answers, 2):
            apart = one.labels != other.labels
            total, compared = total + apart, compared + 1
            for cause, part in (
                (f"annotator {one.who}", 0.5),
                (f"annotator {other.who}", 0.5),
                (f"annotator pair {' + '.join(sorted([str(one.who), str(other.who)]))}", 1),
                (f"batch {batch_of[name]}", 1),
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
    counted = [row for row in rows if row["kind"] not in ("items", "guideline")]
    found = {f"{row['kind']} {row['cause']}": row for row in counted}
    assert found.keys() == truth["part"].keys()
    for cause, row in found.items():
        assert row["value"] == pytest.approx(truth["part"][cause])
        assert row["low"] <= row["value"] <= row["high"]
        if cause in truth["expected"] and row["kind"] != "annotator pair":
            assert row["expected"] == pytest.approx(truth["expected"][cause])
            assert row["lift"] == pytest.approx(row["value"] / row["expected"])
    for kind in {row["kind"] for row in rows} - {"guideline"}:
        own = [row for row in rows if row["kind"] == kind]
        assert sum(row["value"] for row in own) == pytest.approx(1)
        assert sum(row["expected"] for row in own) == pytest.approx(1, abs=1e-9)
        assert [row["rank"] for row in own] == list(range(1, len(own) + 1))
        assert [row["value"] for row in own] == sorted([row["value"] for row in own], reverse=True)


def foretold(says: Iterable[Say]) -> dict[str, float]:
    """Shares of pairs of people, if all agree as often as both are on their own.

    Each person has a chance to be astray; the likelihood of all pairs' differences is maximised by
    a general search.
    """
    met: dict[tuple[str, str], list[bool]] = defaultdict(list)
    items: dict[str, list[Say]] = defaultdict(list)
    for one in says:
        items[one.item].append(one)
    for answers in items.values():
        for (a, x), (b, y) in combinations(
            sorted((str(say.who), say.labels) for say in answers), 2
        ):
            met[a, b].append(x != y)
    people = sorted({who for pair in met for who in pair})

    def cost(astray: Iterable[float]) -> float:
        chance = dict(zip(people, astray, strict=True))
        total = 0.0
        for (a, b), differ in met.items():
            alike = (1 - chance[a]) * (1 - chance[b])
            total -= sum(log(1 - alike if apart else alike) for apart in differ)
        return total

    found = minimize(cost, [0.1] * len(people), bounds=[(1e-6, 0.99)] * len(people), tol=1e-12).x
    chance = dict(zip(people, found, strict=True))
    expected = {
        f"{a} + {b}": len(differ) * (1 - (1 - chance[a]) * (1 - chance[b]))
        for (a, b), differ in met.items()
    }
    return {pair: n / sum(expected.values()) for pair, n in expected.items()}


def test_pairs_of_people_are_expected_to_differ_as_both_do_from_others(world: World):
    says = planted(random.Random(4), 200)
    world.project(says)
    rows = [row for row in world.ask("disagreement_share") if row["kind"] == "annotator pair"]
    truth = foretold(says)
    assert len(rows) == len(truth) == 10
    for row in rows:
        assert row["expected"] == pytest.approx(truth[row["cause"]], abs=1e-3)


def quarrel(rng: random.Random, apart: float, careless: str = "") -> list[Say]:
    """Everybody errs a little; ann and bob differ besides, so often, where they meet."""
    found = []
    for i in range(600):
        truth = "abc"[i % 3]
        two = rng.sample((*PEOPLE, "fay"), 2)
        labels = {
            who: rng.choice("abc") if rng.random() < (0.4 if who == careless else 0.1) else truth
            for who in two
        }
        if {"ann", "bob"} == set(two) and rng.random() < apart:
            labels = {"ann": "a", "bob": "b"}
        found += [Say(f"i{i}", who, labels[who], at(i / 20, i)) for who in two]
    return found


def test_two_who_quarrel_are_told_from_one_who_is_careless(world: World):
    world.project(quarrel(random.Random(6), 0.6), title="quarrel", source="s1")
    rows = world.ask("disagreement_share", project="quarrel")
    two = [row for row in rows if row["kind"] == "annotator pair"]
    assert (two[0]["cause"], two[0]["beyond_chance"]) == ("ann + bob", True)
    assert two[0]["lift"] > 1.5
    assert not any(row["beyond_chance"] for row in two[1:])

    world.project(quarrel(random.Random(6), 0.0, "ann"), title="careless", source="s2")
    rows = world.ask("disagreement_share", project="careless")
    beyond = {(row["kind"], row["cause"]) for row in rows if row["beyond_chance"]}
    assert ("annotator", "ann") in beyond
    assert not [cause for kind, cause in beyond if kind == "annotator pair"]


def unclear_rule(rng: random.Random) -> list[Say]:
    """Everybody confuses a and b, in both directions; c and d only eve does."""
    found = []
    for i in range(800):
        truth = "abcd"[i % 4]
        other = {"a": "b", "b": "a", "c": "d", "d": "c"}[truth]
        for who in rng.sample(PEOPLE, 3):
            often = 0.15 if truth in "ab" else 0.5 * (who == "eve")
            found.append(Say(f"i{i}", who, other if rng.random() < often else truth, at(i / 20, i)))
    return found


def test_what_everybody_confuses_is_the_guideline_and_what_one_does_is_not(world: World):
    says = unclear_rule(random.Random(8))
    world.project(says)
    found = {(row["kind"], row["cause"]): row for row in world.ask("disagreement_share")}
    share = by_hand(says)["part"]
    for pair in ("a / b", "c / d"):
        assert found["label pair", pair]["value"] == pytest.approx(share[f"label pair {pair}"])
        assert found["guideline", pair]["expected"] == found["label pair", pair]["expected"]
    everybody, only_eve = (found["guideline", pair] for pair in ("a / b", "c / d"))
    assert everybody["value"] > 0.85 * share["label pair a / b"]
    assert only_eve["value"] < 0.05 * share["label pair c / d"]
    assert (everybody["rank"], only_eve["rank"]) == (1, 2)
    assert everybody["beyond_chance"]
    assert not only_eve["beyond_chance"]
    assert found["annotator", "eve"]["beyond_chance"]
    assert everybody["value"] + only_eve["value"] < 1


def test_of_two_people_nobody_says_that_it_is_the_guideline(world: World):
    says = [one for one in unclear_rule(random.Random(9)) if one.who in ("ann", "eve")]
    world.project(says)
    kinds = {row["kind"] for row in world.ask("disagreement_share")}
    assert "label pair" in kinds
    assert not {"guideline", "annotator pair"} & kinds


def test_a_question_of_two_labels_has_a_guideline_part(world: World):
    says = [one for one in unclear_rule(random.Random(9)) if one.labels in ("c", "d")]
    says = [one for one in says if int(one.item[1:]) % 4 > 1]
    world.project(says)
    rows = [row for row in world.ask("disagreement_share") if row["kind"] == "guideline"]
    assert [row["cause"] for row in rows] == ["c / d"]
    assert rows[0]["value"] < 0.05


def test_pairs_of_people_have_the_names_that_the_reader_may_see(world: World):
    world.project(quarrel(random.Random(6), 0.6))
    rows = world.ask("disagreement_share", scope=HIDDEN)
    two = [row["cause"] for row in rows if row["kind"] == "annotator pair"]
    shown = {row["cause"] for row in rows if row["kind"] == "annotator"}
    assert two
    assert {name for pair in two for name in pair.split(" + ")} <= shown
    assert not shown & set(PEOPLE)


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


def test_causes_of_a_kind_are_decided_together(world: World):
    """Benjamini & Hochberg's over the binomial's upper tail, as another library has it."""
    world.project(planted(random.Random(6), 250), batches=batches(250))
    rows = world.ask("disagreement_share")
    alone = set()
    for kind in {row["kind"] for row in rows}:
        own = [row for row in rows if row["kind"] == kind]
        n = own[0]["n"]
        p = [binom.sf(floor(x["value"] * n + 1e-9) - 1, n, min(x["expected"], 1)) for x in own]
        more = [row["value"] > row["expected"] for row in own]
        together = multipletests(p, 0.05, "fdr_bh")[0] & more
        assert [row["beyond_chance"] for row in own] == together.tolist()
        each = [one < 0.05 and is_more for one, is_more in zip(p, more, strict=True)]
        if each != together.tolist():
            alone.add(kind)
    assert alone == {"annotator"}  # somebody would be named if each stood alone


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
        if row["kind"] not in ("items", "guideline")
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
