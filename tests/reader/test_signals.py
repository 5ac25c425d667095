"""Signs of careless work: found where they were planted, and nobody else is named."""

import random
from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom, chi2_contingency
from sqlalchemy import select
from statsmodels.stats.multitest import multipletests

from labelpulse import schema
from labelpulse.core.days import parse_day
from labelpulse.core.events import Status
from labelpulse.reader import Row
from tests.reader.world import Say, World, at

PEOPLE = ("ann", "bob", "cid", "dee", "eve", "fay")
NAMES = ("too_fast", "straight_lining", "label_mix", "skips", "edits", "copying")


def day_of_work(rng: random.Random, careless: str = "") -> list[Say]:
    """Everybody answers 100 items of their own mix of a, b and c, in about 20 seconds each.

    Careless people take 2 seconds in two of three, gave 25 in a row the same label, like c, skip
    a third, and their answers are changed later.
    """
    said = []
    for who in PEOPLE:
        for n in range(100):
            bad = who == careless
            label = rng.choice("aaabbc" if not bad else "abccc")
            if bad and 40 <= n < 65:
                label = "b"
            ms = 2_000 if bad and n % 3 else round(1000 * rng.lognormvariate(3, 0.3))
            skipped = bad and n % 3 == 0 and not 40 <= n < 65
            said.append(
                Say(
                    f"{who}{n}",
                    who,
                    label,
                    at(n / 10, n),
                    Status.SKIPPED if skipped else Status.SUBMITTED,
                    time_ms=ms,
                    edited=(bad and n % 4 == 0) or n == 50,
                )
            )
    return said


def findings(world: World, name: str, **query: Any) -> set[str]:
    """The people that a signal names."""
    rows = world.ask(f"signal_{name}", **query)
    return {row["annotator"] for row in rows if row.get("finding")}


def test_who_works_without_care_is_found_and_nobody_else(world: World):
    world.project(day_of_work(random.Random(1), "eve"))
    for name in NAMES[:-1]:
        assert findings(world, name) == {"eve"}
        assert findings(world, name, where=["annotator!=eve"]) == set()
        (row,) = world.ask(f"signal_{name}", where=["annotator=eve"])
        assert row in world.ask(f"signal_{name}")
        assert row["evidence"]
        assert row["q"] <= 0.05


def test_hardly_anybody_is_named_where_all_take_care(world: World):
    """Four worlds, five signals: one of twenty families may name somebody, as q = .05 says."""
    named = 0
    for seed in range(4):
        world.project(day_of_work(random.Random(10 + seed)), title=f"P{seed}")
        named += sum(len(findings(world, name, project=f"P{seed}")) for name in NAMES[:-1])
    assert named <= 1


def table_of(world: World, name: str) -> dict[str, Row]:
    return {row["annotator"]: row for row in world.ask(f"signal_{name}")}


def assert_adjusted(rows: Mapping[Any, Row]) -> None:
    p = [row["p"] for row in rows.values()]
    assert [row["q"] for row in rows.values()] == pytest.approx(
        list(multipletests(p, method="fdr_bh")[1])
    )


def test_a_time_is_too_fast_below_half_the_usual_persons_fastest_twentieth(world: World):
    said = day_of_work(random.Random(2), "eve")
    world.project(said)
    times: dict[str | None, list[float]] = {who: [] for who in PEOPLE}
    for one in said:
        if one.status == Status.SUBMITTED:
            times[one.who].append((one.time_ms or 0) / 1000)
    limit = float(np.median([np.quantile(own, 0.05) for own in times.values()])) / 2
    fast = {who: sum(x < limit for x in own) for who, own in times.items()}
    share = sum(fast.values()) / sum(map(len, times.values()))
    rows = table_of(world, "too_fast")
    for who in PEOPLE:
        row, n = rows[who], len(times[who])
        assert (row["n"], row["value"]) == (n, fast[who] / n)
        assert row["expected"] == pytest.approx(share)
        assert row["p"] == pytest.approx(binom.sf(fast[who] - 1, n, share))
        assert row["evidence"].startswith(f"{fast[who]} of {n} answers under {limit:.3g} s")
    assert_adjusted(rows)


def test_a_run_is_counted_in_order_of_submission(world: World):
    said = day_of_work(random.Random(3), "eve")
    world.project(random.Random(3).sample(said, len(said)))
    rows = table_of(world, "straight_lining")
    for who in PEOPLE:
        labels = [one.labels for one in said if one.who == who and one.status == Status.SUBMITTED]
        longest = max(len(list(run)) for _, run in groupby(labels))
        assert (rows[who]["value"], rows[who]["n"]) == (longest, len(labels))
    assert rows["eve"]["evidence"].startswith(f"{rows['eve']['value']:.0f} times 'b' in a row")
    assert_adjusted(rows)


def test_items_that_come_sorted_are_no_straight_lining(world: World):
    """Everybody answers the same items, sorted by what they are; only eve is alone with her run."""
    rng = random.Random(4)
    said = []
    for n in range(200):
        truth = "a" if n < 40 else rng.choice("abc")
        for minute, who in enumerate(("ann", "bob", "cid", "eve")):
            label = truth if rng.random() < 0.95 else "c"
            label = "b" if who == "eve" and n >= 120 and n < 160 else label
            said.append(Say(f"i{n}", who, label, at(n / 10, minute)))
    world.project(said)
    rows = table_of(world, "straight_lining")
    assert {who for who, row in rows.items() if row["q"] <= 0.05} == {"ann", "bob", "cid", "eve"}
    assert findings(world, "straight_lining") == {"eve"}
    assert "others said so in" in rows["eve"]["evidence"]


def test_answers_written_at_one_moment_have_no_order(world: World):
    said = [Say(f"i{n}", who, "ab"[n % 2], at(0)) for n in range(30) for who in ("ann", "bob")]
    world.project(said)
    row = world.one("signal_straight_lining")
    assert (row["value"], row["note"]) == (None, "no answer has a time of its own")


def test_a_mix_is_compared_with_that_of_all_others(world: World):
    said = [one for one in day_of_work(random.Random(5)) if one.labels]
    world.project(said)
    counts = {who: Counter(one.labels for one in said if one.who == who) for who in PEOPLE}
    rows = table_of(world, "label_mix")
    for who in PEOPLE:
        own = np.array([counts[who][label] for label in "abc"])
        others = [[counts[one][x] for x in "abc"] for one in PEOPLE if one != who]
        rest = np.array(others).sum(axis=0)
        test = chi2_contingency([own, rest], correction=False, lambda_="log-likelihood")
        assert rows[who]["p"] == pytest.approx(test.pvalue)
        apart = abs(own / own.sum() - rest / rest.sum()).sum() / 2
        assert rows[who]["value"] == pytest.approx(apart)
    assert_adjusted(rows)


def test_rates_are_those_of_the_metrics_of_throughput(world: World):
    world.project(day_of_work(random.Random(6), "eve"))
    assert {who: row["value"] for who, row in table_of(world, "skips").items()} == world.by(
        "skip_rate", "annotator"
    )
    edited = world.by("annotations_edited", "annotator")
    submitted = world.by("annotations_submitted", "annotator")
    rows = table_of(world, "edits")
    assert {who: row["value"] for who, row in rows.items()} == {
        who: edited.get(who, 0) / n for who, n in submitted.items()
    }
    assert "edits observed since" in rows["ann"]["note"]


def test_few_answers_have_a_value_and_no_finding(world: World):
    said = day_of_work(random.Random(7), "eve")
    said += [Say(f"new{n}", "gil", "c", at(n), time_ms=1_000, edited=True) for n in range(19)]
    world.project(said)
    for name in NAMES[:-1]:
        row = table_of(world, name)["gil"]
        assert row["n"] == 19
        assert row["value"] is not None
        assert "fewer than 20" in row["note"]
        assert (row["p"], row["q"], row["finding"]) == (None, None, False)


def test_days_choose_for_everybody(world: World):
    said = day_of_work(random.Random(8), "eve")
    world.project(said)
    early = [one for one in said if (one.at or 0) < at(4.5)]
    world.project(early, title="early")
    for name in NAMES[:-1]:
        wanted = world.ask(f"signal_{name}", project="early")
        assert world.ask(f"signal_{name}", project="P", until="2024-03-08") == wanted


def test_a_team_shows_its_people_with_all_their_work(world: World):
    """Also of the days before they joined it: a number is of a person, not of a membership."""
    world.project(day_of_work(random.Random(11), "eve"))
    change = parse_day("2024-03-08")
    with world.engine.begin() as conn:
        conn.execute(schema.team.insert(), [{"id": 1, "name": "Manila"}])
        identity = schema.annotator_identity.c
        ids = dict(conn.execute(select(identity.native_id, identity.annotator_id)).all())
        members = [
            {"team_id": 1, "annotator_id": ids["eve"], "since": change, "until": None},
            {"team_id": 1, "annotator_id": ids["bob"], "since": 0, "until": None},
        ]
        conn.execute(schema.membership.insert(), members)
    for name in NAMES[:-1]:
        every = table_of(world, name)
        some = world.ask(f"signal_{name}", where=["team=Manila"])
        assert some == [every["bob"], every["eve"]]


def copies(rng: random.Random, every: int = 0) -> list[Say]:
    """Gold with five labels that all get wrong in a third.

    dee and eve make the same mistake in so many items; 0 = never.
    """
    said = []
    for n in range(120):
        truth, theirs = rng.sample("vwxyz", 2)
        for who in PEOPLE:
            label = truth if rng.random() < 0.67 else rng.choice("vwxyz".replace(truth, ""))
            if every and who in ("dee", "eve") and n % every == 0:
                label = theirs
            said.append(Say(f"i{n}", who, label, at(n / 10, n), gold={"label": truth}))
    return said


def test_two_who_share_their_mistakes_are_found_and_no_other_pair(world: World):
    said = copies(random.Random(9), 3)
    world.project(said, gold="column")
    wrong: dict[str | None, dict[str, str]] = {who: {} for who in PEOPLE}
    for one in said:
        if one.labels != one.gold["label"]:
            wrong[one.who][one.item] = one.labels
    rows = {(row["annotator_a"], row["annotator_b"]): row for row in world.ask("signal_copying")}
    for (a, b), row in rows.items():
        both = wrong[a].keys() & wrong[b].keys()
        assert row["n"] == len(both) >= 5
        assert row["value"] == sum(wrong[a][i] == wrong[b][i] for i in both) / len(both)
    assert {pair for pair, row in rows.items() if row["finding"]} == {("dee", "eve")}
    some = world.ask("signal_copying", where=["annotator=dee"])
    assert some == [row for pair, row in rows.items() if "dee" in pair]
    assert len(some) == 5


def test_no_pair_is_named_where_nobody_copies(world: World):
    world.project(copies(random.Random(10)), gold="column")
    rows = world.ask("signal_copying")
    assert len(rows) == 15
    assert not any(row["finding"] for row in rows)


@pytest.mark.parametrize(("every", "unsure"), [(3, False), (12, True)])
def test_pairs_are_decided_together(world: World, every: int, unsure: bool):
    """Of 15 pairs, one that stands alone at p < .05 is no finding."""
    world.project(copies(random.Random(2), every), gold="column")
    rows = {(row["annotator_a"], row["annotator_b"]): row for row in world.ask("signal_copying")}
    assert_adjusted(rows)
    for row in rows.values():
        assert row["finding"] == (row["q"] <= 0.05 and row["value"] > 1.5 * row["expected"])
    least = min(rows.values(), key=lambda row: row["p"])
    assert least["p"] < 0.05
    assert least["value"] > 1.5 * least["expected"]
    assert least["finding"] != unsure


def test_a_little_more_than_chance_is_no_copying_however_sure(world: World):
    """Of 300 mistakes that both made, two in three are the same where chance makes half."""
    said = [
        Say(f"i{n}", who, "bc"[n % 2 if who == "dee" or n % 3 else 1 - n % 2], at(n / 10),
            gold={"label": "a"})
        for n in range(300)
        for who in ("dee", "eve")
    ]  # fmt: skip
    world.project(said, gold="column")
    row = world.one("signal_copying")
    assert (row["value"], row["n"], row["expected"]) == (2 / 3, 300, pytest.approx(0.5, abs=0.01))
    assert row["p"] == pytest.approx(binom.sf(199, 300, row["expected"]))
    assert row["q"] < 0.001
    assert not row["finding"]


def test_without_anything_to_compare_they_say_why(world: World):
    world.project([Say("i1", "ann", "x", at(0))])
    whys = {
        "too_fast": "no answer has a reported time",
        "straight_lining": "no two labels were given",
        "label_mix": "nobody else's answers to compare with",
        "skips": "none or all were skipped",
        "edits": "none or all were changed later; edits observed since 24 Nov 2026",
        "copying": "no gold is chosen for this project",
    }
    for name, why in whys.items():
        row = world.one(f"signal_{name}")
        assert (row["value"], row["n"], row["note"]) == (None, 0, why)
