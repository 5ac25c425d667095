"""Skill beside the team's: drawn towards it, and errors that others do not make."""

import random
from collections import Counter
from itertools import product

import pytest
from scipy.stats import beta, fisher_exact
from statsmodels.stats.multitest import multipletests

from tests.reader.world import Say, World, at

SKILL = dict.fromkeys(("ann", "bob", "cid", "dee", "fay"), 0.93) | {"eve": 0.5}
LABELS = "abc"


def exam(rng: random.Random, items: int = 90) -> list[Say]:
    """Everybody answers gold by their skill; gil has answered nine; nobody knows who one was."""
    said = []
    for n in range(items):
        truth = LABELS[n % 3]
        people: list[str | None] = [*SKILL, *(["gil"] if n < 9 else []), *([None] if n < 5 else [])]
        for who in people:
            wrong = rng.random() > SKILL.get(str(who), 0.9)
            label = rng.choice(LABELS.replace(truth, "")) if wrong else truth
            said.append(Say(f"i{n}", who, label, at(n / 10, n), gold={"label": truth}))
    return said


def by_person(said: list[Say]) -> dict[str, tuple[int, int]]:
    """Person -> (right, answers) of known people."""
    n = Counter(one.who for one in said)
    right = Counter(one.who for one in said if one.labels == one.gold["label"])
    return {who: (right[who], n[who]) for who in n if who is not None}


def moments(people: dict[str, tuple[int, int]]) -> tuple[float, float]:
    """The team's share, and its weight by Kleinman's moments, as printed."""
    total = sum(n for _, n in people.values())
    p = sum(x for x, _ in people.values()) / total
    free = len(people) - 1
    spread = sum(n * (x / n - p) ** 2 for x, n in people.values())
    room = p * (1 - p) * (total - sum(n * n for _, n in people.values()) / total - free)
    rho = (spread - p * (1 - p) * free) / room
    return p, min(max(1 / rho - 1, 5), 200) if rho > 0 else 200


@pytest.mark.parametrize("seed", range(2))
def test_accuracy_is_drawn_towards_that_of_all_people(world: World, seed: int):
    said = exam(random.Random(seed))
    world.project(said, gold="column")
    people = by_person(said)
    p, weight = moments(people)
    rows = {row["annotator"]: row for row in world.ask("gold_accuracy_shrunk")}
    assert rows.keys() == people.keys()
    for who, (x, n) in people.items():
        row, posterior = rows[who], beta(x + weight * p, n - x + weight * (1 - p))
        assert row["value"] == pytest.approx((x + weight * p) / (n + weight))
        assert (row["low"], row["high"]) == pytest.approx(tuple(posterior.ppf([0.025, 0.975])))
        assert (row["n"], row["raw"]) == (n, x / n)
        assert (row["prior"], row["weight"]) == pytest.approx((p, weight))
    raw = world.by("gold_accuracy", "annotator")
    assert {who: row["raw"] for who, row in rows.items()}.items() <= raw.items()


def test_equals_are_one_group_and_who_answered_little_is_in_none(world: World):
    world.project(exam(random.Random(3)), gold="column")
    rows = world.ask("gold_accuracy_shrunk")
    groups = {row["annotator"]: row["group"] for row in rows}
    assert groups == dict.fromkeys(SKILL, 1) | {"eve": 2, "gil": None}
    (eve,) = [row for row in rows if row["annotator"] == "eve"]
    assert (eve["best_rank"], eve["worst_rank"]) == (6, 6)
    (gil,) = [row for row in rows if row["annotator"] == "gil"]
    assert gil["note"] == "9 first answers to gold, fewer than 20"
    assert gil["best_rank"] is None


def test_a_condition_on_people_shows_some_and_changes_nobodys_number(world: World):
    world.project(exam(random.Random(4)), gold="column")
    for name in ("gold_accuracy_shrunk", "error_lift"):
        every = world.ask(name)
        some = world.ask(name, where=["annotator=eve", "annotator=gil"])
        assert some == [row for row in every if row["annotator"] in ("eve", "gil")]
    assert len(every) == 7 * 3
    early = world.ask("gold_accuracy_shrunk", until="2024-03-05")
    assert early != world.ask("gold_accuracy_shrunk")
    assert {row["annotator"]: row["n"] for row in early}["gil"] == 9


def test_without_gold_there_is_nothing_to_draw(world: World):
    world.project([Say("i1", "ann", "x", at(0))])
    row = world.one("gold_accuracy_shrunk")
    assert (row["value"], row["n"]) == (None, 0)
    assert row["note"] == "no gold is chosen for this project"


def test_one_person_is_their_own_team(world: World):
    said = [Say(f"i{n}", "ann", "x", at(0, n), gold={"label": "x"}) for n in range(4)]
    world.project(said, gold="column")
    row = world.one("gold_accuracy_shrunk")
    assert (row["raw"], row["prior"], row["weight"], row["group"]) == (1, 1, 20, None)
    assert row["low"] < row["value"] < 1
    row = world.one("error_lift")
    assert (row["value"], row["note"]) == (None, "nobody else answered gold of the same labels")


def lifts(said: list[tuple[str, str, bool]]) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """(Person, label) -> wrong and answers, of the person and of the peers."""
    people, labels = {who for who, _, _ in said}, {label for _, label, _ in said}
    found = {}
    for who, label in product(people, labels):
        own = [wrong for one, x, wrong in said if x == label and one == who]
        peers = [wrong for one, x, wrong in said if x == label and one != who]
        if own and peers:
            found[who, label] = (sum(own), len(own), sum(peers), len(peers))
    return found


def assert_lifts(world: World, wanted: dict[tuple[str, str], tuple[int, int, int, int]]) -> None:
    """Counts, Fisher's exact test and adjusted p are those of libraries."""
    rows = {(row["annotator"], row["label"]): row for row in world.ask("error_lift")}
    assert rows.keys() == wanted.keys()
    p = {}
    for key, (x, n, peers, others) in wanted.items():
        row = rows[key]
        assert (row["errors"], row["n"]) == (x, n)
        assert row["peers"] == pytest.approx((peers + 0.5) / (others + 1))
        assert row["low"] <= row["value"] <= row["high"]
        p[key] = fisher_exact([[x, n - x], [peers, others - peers]], "greater").pvalue
        assert row["p"] == pytest.approx(p[key])
    q = multipletests(list(p.values()), method="fdr_bh")[1]
    assert [rows[key]["q"] for key in p] == pytest.approx(list(q))


def test_errors_on_a_label_are_beside_those_of_the_peers(world: World):
    rng = random.Random(5)
    said = exam(rng)
    for at_, one in enumerate(said):  # dee takes every other b for c, besides
        if (one.who, one.gold["label"]) == ("dee", "b") and rng.random() < 0.6:
            said[at_] = Say(one.item, one.who, "c", one.at, gold=one.gold)
    world.project(said, gold="column")
    known = [one for one in said if one.who]
    told = [(str(one.who), one.gold["label"], one.labels != one.gold["label"]) for one in known]
    assert_lifts(world, lifts(told))
    rows = world.ask("error_lift")
    found = {(row["annotator"], row["label"]) for row in rows if row["finding"]}
    assert found >= {("dee", "b"), ("eve", "a"), ("eve", "c")}
    assert {who for who, _ in found} == {"dee", "eve"}
    assert {row["evidence"] for row in rows} == {"gold"}
    merged = world.ask("error_lift", merge=["bc=b+c"])
    assert {row["label"] for row in merged} == {"a", "bc"}
    assert "dee" not in {row["annotator"] for row in merged if row["finding"]}


def test_without_gold_others_are_the_measure(world: World):
    said = exam(random.Random(6))
    world.project(said)
    answers = {(one.item, str(one.who)): one.labels for one in said if one.who}
    told = []
    for (item, who), label in answers.items():
        votes = Counter(x for (i, one), x in answers.items() if i == item and one != who)
        most = [x for x, n in votes.items() if n == max(votes.values())]
        if len(most) == 1:
            told.append((who, most[0], label != most[0]))
    assert_lifts(world, lifts(told))
    rows = world.ask("error_lift", by=("annotator",))
    assert {row["evidence"] for row in rows} == {"others"}
    assert all("no gold" in row["note"] for row in rows)
    assert {row["annotator"] for row in rows if row["finding"]} == {"eve"}
    only = world.ask("error_lift", where=["label=a"])
    assert {row["label"] for row in only} == {"a"}


def test_nobody_among_equals_is_accused(world: World):
    """Twelve worlds of equals: nobody is a finding, though many pairs are tested."""
    accused = 0
    for seed in range(12):
        rng = random.Random(100 + seed)
        people = "pqrstu"
        said = [
            Say(f"{seed}-{n}", who, "ab"[n % 2] if rng.random() < 0.8 else "c", at(0, n),
                gold={"label": "ab"[n % 2]})
            for n in range(30)
            for who in people
        ]  # fmt: skip
        world.project(said, gold="column", title=f"P{seed}")
        rows = world.ask("error_lift", project=f"P{seed}")
        accused += sum(bool(row["finding"]) for row in rows)
    assert accused <= 1
