"""What reviewers said: coverage, acceptance, first pass, rework, leniency, second looks."""

import random
from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import pytest
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.rates import confint_poisson

from labelpulse.core.errors import UsageError
from labelpulse.core.events import Status, Verdict
from tests.reader.world import HIDDEN, Judged, Say, World, at

YES, NO, FIX = Verdict.ACCEPTED, Verdict.REJECTED, Verdict.FIXED
REVIEW = (
    *("review_coverage", "review_acceptance", "first_pass_yield"),
    *("rework_rate", "reviewer_overturn"),
)


def say(item: str, who: str, *reviews: Judged, day: float = 0, **more) -> Say:
    return Say(item, who, "x", at(day), reviews=reviews, **more)


def judged(*words: str, start: float = 0) -> tuple[Judged, ...]:
    """Reviews like "rex yes", an hour apart."""
    verdicts = {"yes": YES, "no": NO, "fix": FIX}
    split = [word.split() for word in words]
    return tuple(
        Judged(verdicts[verdict], None if who == "?" else who, at(start, 60 * (n + 1)))
        for n, (who, verdict) in enumerate(split)
    )


def test_the_status_words_of_an_import(world: World):
    """The case of the contract: of ten rows two each are skipped, drafts, accepted, rejected."""
    rows = [say(f"i{n}", "ann", *judged(word)) for n, word in enumerate(["? yes", "? no"] * 2)]
    rows += [say("i5", "ann"), say("i6", "ann")]
    rows += [say("i7", "ann", status=Status.SKIPPED), say("i8", "ann", status=Status.DRAFT)]
    world.project(rows)
    found = {name: world.one(name) for name in REVIEW}
    assert (found["review_coverage"]["value"], found["review_coverage"]["n"]) == (4 / 6, 6)
    assert (found["review_acceptance"]["value"], found["review_acceptance"]["n"]) == (2 / 4, 4)
    assert (found["first_pass_yield"]["value"], found["rework_rate"]["value"]) == (2 / 4, 2 / 4)
    low, high = proportion_confint(4, 6, method="wilson")
    assert found["review_coverage"]["low"] == pytest.approx(low)
    assert found["review_coverage"]["high"] == pytest.approx(high)
    assert found["review_coverage"]["note"] == "6 submissions, fewer than 20"
    for name in ("review_acceptance", "first_pass_yield"):
        ends = proportion_confint(2, 4, method="wilson")
        assert (found[name]["low"], found[name]["high"]) == pytest.approx(ends)
    low, high = confint_poisson(2, 4, method="score")
    assert (found["rework_rate"]["low"], found["rework_rate"]["high"]) == (
        pytest.approx(low),
        pytest.approx(high),
    )
    assert world.by("review_acceptance", "reviewer") == {"unknown": 2 / 4}


def test_what_stands_after_all_reviews_is_accepted_and_the_first_review_is_the_first(world: World):
    world.project(
        [
            say("i1", "ann", *judged("rex no", "rex yes")),
            say("i2", "ann", *judged("rex fix", "rex yes")),
            say("i3", "ann", *judged("rex yes", "sue no")),
            say("i4", "ann", *judged("rex yes")),
            say("i5", "ann", *judged("rex fix")),
        ]
    )
    row = world.one("review_acceptance")
    assert (row["value"], row["accepted_or_fixed"], row["n"]) == (2 / 5, 4 / 5, 5)
    first = world.one("first_pass_yield")
    assert (first["value"], first["n"]) == (2 / 5, 5)
    ends = proportion_confint(2, 5, method="wilson")
    assert (first["low"], first["high"]) == pytest.approx(ends)
    assert world.one("rework_rate")["value"] == 2 / 5
    assert world.by("review_acceptance", "reviewer") == {"rex": 2 / 4, "sue": 0}
    assert world.one("first_pass_yield", where=["reviewer=sue"], min_n=1)["value"] is None


def test_work_done_stays_when_it_is_deleted_and_gold_is_work(world: World):
    world.project(
        [
            say("i1", "ann", *judged("rex no"), deleted=True),
            say("i1", "ann", *judged("rex yes", start=1), day=1),
            say("i2", "lead", gold_flag=True),
        ],
        gold="flag",
    )
    assert world.one("review_coverage")["value"] == 2 / 3
    assert world.one("review_coverage")["n"] == world.one("annotations_submitted")["value"]
    assert (world.one("first_pass_yield")["value"], world.one("rework_rate")["value"]) == (0, 1)
    assert world.by("review_acceptance", "day") == {"2024-03-04": 0, "2024-03-05": 1}


def test_items_of_several_people_count_once_and_once_a_person_when_people_are_asked_for(
    world: World,
):
    world.project(
        [
            say("i1", "ann", *judged("rex yes", start=1)),
            say("i1", "bob", *judged("rex no", start=2)),
            say("i2", "bob", *judged("rex no", "rex no")),
        ]
    )
    rework = world.one("rework_rate")
    assert (rework["value"], rework["n"]) == (3 / 2, 2)
    assert rework["high"] > 1.5
    assert world.one("first_pass_yield")["value"] == 1 / 2
    assert world.by("first_pass_yield", "annotator") == {"ann": 1, "bob": 0}
    assert world.by("rework_rate", "annotator") == {"ann": 0, "bob": 3 / 2}
    assert world.one("rework_rate", where=["annotator=bob"])["n"] == 2
    both: Any = {"where": ["annotator=ann", "annotator=bob"]}
    assert world.one("rework_rate", **both) == world.one("rework_rate")
    assert world.one("first_pass_yield", **both)["value"] == 1 / 2


def test_reviews_of_unknown_time_come_last(world: World):
    world.project(
        [
            say("i1", "ann", Judged(NO, "rex"), Judged(YES, "rex", at(2))),
            Say("i2", "ann", "x", None, reviews=(Judged(YES, "rex"),)),
        ]
    )
    assert world.one("first_pass_yield")["value"] == 1
    assert world.by("review_acceptance", "day") == {"2024-03-04": 0, None: 1}


def test_nothing_reviewed_is_no_zero_but_for_coverage(world: World):
    world.project([say("i1", "ann"), say("i2", "bob")])
    assert (world.one("review_coverage")["value"], world.one("review_coverage")["n"]) == (0, 2)
    for name in REVIEW[1:4]:
        row = world.one(name)
        assert (row["value"], row["low"], row["n"], row["note"]) == (
            *(None, None, 0),
            "nothing was reviewed",
        )
    assert world.one("reviewer_overturn")["note"] == "no reviews, none looked at again by another"
    assert world.one("reviewer_leniency")["note"] == "no known reviewer reviewed anything"
    assert world.ask("review_acceptance", by=("annotator",)) == []


def test_an_empty_project_has_nothing_submitted(world: World):
    world.project([])
    assert world.one("review_coverage")["note"] == "nothing was submitted"


def test_reviewers_have_pseudonyms(world: World):
    world.project([say("i1", "ann", *judged("rex yes"))])
    (row,) = world.ask("review_acceptance", HIDDEN, by=("reviewer",))
    assert row["reviewer"] not in ("rex", "ann", None, "unknown")
    with pytest.raises(UsageError, match="nobody here"):
        world.ask("review_acceptance", where=["reviewer=rax"])


# --- second looks ---


def test_overturned_are_decisions_that_somebody_else_took_back(world: World):
    world.project(
        [
            say("i1", "ann", *judged("rex yes", "sue no")),  # reversed
            say("i2", "ann", *judged("rex yes", "sue yes")),
            say("i3", "ann", *judged("rex no", "sue yes")),  # reversed
            say("i4", "ann", *judged("rex no", "sue fix")),  # both found it wrong
            say("i5", "ann", *judged("rex no", "rex yes")),  # changed their own mind
            say("i6", "ann", *judged("rex no", "? yes")),  # perhaps rex again
            say("i7", "ann", *judged("rex no", "sue yes"), edited=True),  # of another answer
            say("i8", "ann", *judged("sue fix", "rex no", "sue no")),  # reversed; upheld
            say("i9", "ann", Judged(YES, "rex"), Judged(NO, "sue", at(1))),  # in what order?
        ]
    )
    rows = {row["reviewer"]: row for row in world.ask("reviewer_overturn", by=("reviewer",))}
    assert {who: (row["value"], row["n"]) for who, row in rows.items()} == {
        "rex": (2 / 5, 5),
        "sue": (1, 1),
    }
    assert world.one("reviewer_overturn")["value"] == 3 / 6


def test_a_reviewer_without_second_looks_is_told_so(world: World):
    world.project([say("i1", "ann", *judged("rex yes"))])
    row = world.one("reviewer_overturn", where=["reviewer=rex"])
    assert (row["value"], row["note"]) == (None, "1 review, none looked at again by another")


# --- leniency ---


def crowd(leniency: dict[str, float], n: int = 1500) -> list[Say]:
    """Reviews of good, fair and poor work; who reviews whom is far from even."""
    rng = random.Random(3)
    skill = {"ann": 0.9, "bob": 0.75, "cid": 0.6}
    taste = {"rex": (5, 2, 1), "sue": (1, 2, 5), "tom": (1, 1, 1)}
    said = []
    for one in range(n):
        who = rng.choice(list(leniency))
        annotator = rng.choices(list(skill), taste[who])[0]
        good = rng.random() < skill[annotator] + leniency[who]
        said.append(say(f"i{one}", annotator, Judged(YES if good else NO, who, at(1, one))))
    return said


def test_leniency_is_told_from_whom_one_reviews(world: World):
    """Sue is as lenient as Tom, although she accepts much less, since her people do worse."""
    world.project(crowd({"rex": 0.0, "sue": 0.1, "tom": 0.1}))
    rows = {row["reviewer"]: row for row in world.ask("reviewer_leniency")}
    accepted = world.by("review_acceptance", "reviewer")
    assert accepted["sue"] < accepted["rex"]
    assert rows["rex"]["value"] < 0 < rows["sue"]["value"]
    for row in rows.values():
        assert row["low"] < row["value"] < row["high"]
        assert row["ranked"] is True
        wanted = row["n"] / (row["n"] + 20) * (row["observed"] - row["expected"])
        assert row["value"] == pytest.approx(wanted)
    assert rows["rex"]["high"] < 0
    assert world.ask("reviewer_leniency", where=["reviewer=sue"]) == [rows["sue"]]


def test_few_reviews_are_not_ranked_and_lonely_ones_not_compared(world: World):
    world.project(
        [
            *(say(f"i{n}", "ann", *judged("rex yes")) for n in range(29)),
            *(say(f"j{n}", "ann", *judged("sue no")) for n in range(40)),
            *(say(f"k{n}", "bob", *judged("tom no")) for n in range(40)),
            *(say(f"l{n}", "bob", *judged("? no")) for n in range(40)),
        ]
    )
    rows = {row["reviewer"]: row for row in world.ask("reviewer_leniency")}
    assert rows["rex"]["ranked"] is False
    assert rows["rex"]["note"] == "not ranked; 29 reviews, fewer than 30"
    assert (rows["sue"]["ranked"], rows["sue"]["note"]) == (True, None)
    tom = (rows["tom"]["value"], rows["tom"]["ranked"], rows["tom"]["note"])
    assert tom == (None, False, "nobody else reviewed the people of these 40 reviews")
    assert rows.keys() == {"rex", "sue", "tom"}


# --- against plain loops, on random reviews ---


@pytest.mark.parametrize("seed", range(4))
def test_random_reviews_are_what_plain_loops_count(world: World, seed: int):
    rng = random.Random(seed)
    said = []
    for n in range(60):
        for who in rng.sample(["ann", "bob", "cid"], rng.choice([1, 1, 2, 3])):
            words = [
                f"{rng.choice(['rex', 'sue', '?'])} {rng.choice(['yes', 'yes', 'no', 'fix'])}"
                for _ in range(rng.choice([0, 1, 1, 2, 3]))
            ]
            start = rng.random() * 5
            deleted = rng.random() < 0.1
            more = {"deleted": deleted, "edited": not deleted and rng.random() < 0.3}
            said.append(say(f"i{n}", who, *judged(*words, start=start), day=n // 9, **more))
    world.project(said)
    reviewed = [one for one in said if one.reviews]
    assert world.one("review_coverage")["value"] == len(reviewed) / len(said)
    stands = Counter(
        FIX
        if one.reviews[-1].verdict == YES and FIX in [r.verdict for r in one.reviews]
        else one.reviews[-1].verdict
        for one in reviewed
    )
    assert world.one("review_acceptance")["value"] == stands[YES] / len(reviewed)
    for unit, by in ((lambda one: one.item, ()), (lambda one: (one.item, one.who), ("annotator",))):
        groups: dict = defaultdict(list)
        for one in reviewed:
            groups[one.who if by else None, unit(one)] += one.reviews
        for who in {key[0] for key in groups}:
            items = [sorted(r, key=lambda x: x.at) for (w, _), r in groups.items() if w == who]
            first = sum(reviews[0].verdict == YES for reviews in items)
            rejections = sum(r.verdict == NO for reviews in items for r in reviews)
            where = [f"annotator={who}"] if who else []
            row = world.one("first_pass_yield", where=where)
            assert (row["value"], row["n"]) == (first / len(items), len(items))
            assert world.one("rework_rate", where=where)["value"] == rejections / len(items)
    for who in ("ann", "bob", "cid"):
        others: dict = defaultdict(list)
        for one in reviewed:
            if one.who != who:
                others[one.item] += one.reviews
        items = [sorted(reviews, key=lambda x: x.at) for reviews in others.values()]
        row = world.one("first_pass_yield", where=[f"annotator!={who}"])
        first = sum(reviews[0].verdict == YES for reviews in items)
        assert (row["value"], row["n"]) == (first / len(items), len(items))
        rejections = sum(r.verdict == NO for reviews in items for r in reviews)
        row = world.one("rework_rate", where=[f"annotator!={who}"])
        assert row["value"] == rejections / len(items)
    looks = [
        (a.verdict, b.verdict)
        for one in reviewed
        if not one.edited or FIX in [r.verdict for r in one.reviews]
        for a, b in pairwise(one.reviews)
        if a.who and b.who and a.who != b.who
    ]
    reversed_ = sum((b == YES) if a == NO else (b != YES) for a, b in looks)
    row = world.one("reviewer_overturn")
    assert (row["value"], row["n"]) == (reversed_ / len(looks), len(looks))
