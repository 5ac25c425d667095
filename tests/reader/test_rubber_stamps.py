"""Rubber stamps: accepted sooner after one's last review than care allows."""

import random
from itertools import pairwise

import numpy as np
import pytest
from sqlalchemy import event
from statsmodels.stats.proportion import proportion_confint

from labelpulse.core.days import from_us
from labelpulse.core.events import Status, Verdict
from labelpulse.reader.explain import explain
from labelpulse.reader.query import MetricQuery, Scope
from labelpulse.reader.reviews import reviews_query
from tests.reader.world import HIDDEN, NAMES, NOW, Judged, Say, World, at

YES, NO, FIX = Verdict.ACCEPTED, Verdict.REJECTED, Verdict.FIXED
SECOND = 1_000_000


def round_of(who, gaps, verdicts, *, day=1.0, name="", **more):
    """A reviewer's reviews of ann's work, each of its own item, so many seconds apart."""
    now, said = at(day) + 7, []
    for n, (gap, verdict) in enumerate(zip(gaps, verdicts, strict=True)):
        now += int(gap * SECOND)
        judged = Judged(verdict, who, now)
        said.append(Say(f"{name}{who}{n}", "ann", "x", at(0, n), reviews=(judged,), **more))
    return said


def careful(who="cat", n=40, **more):
    """Careful reviews 21, 22, … seconds apart, after a first one: the limit is 21.95 with 40."""
    return round_of(who, [0, *range(21, 21 + n)], [YES] + [NO, FIX] * (n // 2), **more)


LIMIT = float(np.quantile(range(21, 61), 0.05))


def test_the_share_is_of_accepted_reviews_with_a_gap(world: World):
    fast = round_of("rex", [0, 3, 5, 30, 2000, 40, 4, 9], [NO, YES, YES, YES, YES, YES, NO, YES])
    world.project([*careful(), *fast])
    row = world.one("rubber_stamps", min_n=1)
    assert row["careful"] == 41
    assert row["limit_s"] == float(np.quantile([4, *range(21, 61)], 0.05))
    assert (row["value"], row["n"], row["bulk"], row["note"]) == (3 / 5, 5, 0, None)
    low, high = proportion_confint(3, 5, method="wilson")
    assert (row["low"], row["high"]) == (pytest.approx(low), pytest.approx(high))
    (only,) = world.ask("rubber_stamps", by=("reviewer",))  # cat's only acceptance was her first
    assert (only["reviewer"], only["value"], only["note"]) == (
        *("rex", 3 / 5),
        "5 reviews, fewer than 20",
    )


def test_bulk_acceptance_is_faster_than_any_and_sets_no_limit(world: World):
    bulk = round_of("rex", [0] * 10, [YES] * 10)
    undone = round_of("sue", [0] * 30, [NO] * 30)
    world.project([*careful(), *bulk, *undone])
    row = world.one("rubber_stamps", where=["reviewer=rex"])
    assert (row["value"], row["n"], row["bulk"]) == (1, 9, 1)
    assert (row["limit_s"], row["careful"]) == (LIMIT, 40)


def test_conditions_choose_what_is_counted_and_leave_gaps_and_limit_alone(world: World):
    """Rex reviews new and old work in turn: apart, each seems to be reviewed at leisure."""
    rex = round_of("rex", [0] + [15] * 20, [YES] * 21)
    turned = [
        Say(one.item, one.who, one.labels, at(n % 2 * 9), reviews=one.reviews)
        for n, one in enumerate(rex)
    ]
    batches = {one.item: f"b{n % 3}" for n, one in enumerate(rex)}
    world.project([*careful(), *turned], batches=batches)
    assert world.one("rubber_stamps", since="2024-03-13")["value"] == 1
    assert world.one("rubber_stamps", since="2024-03-13")["n"] == 10
    assert world.one("rubber_stamps", until="2024-03-12")["n"] == 10
    assert world.one("rubber_stamps", where=["batch=b1"])["n"] == 7
    assert world.one("rubber_stamps", where=["reviewer!=rex"])["n"] == 0
    assert world.by("rubber_stamps", "reviewer") == {"rex": 1}
    assert world.ask("rubber_stamps", by=("reviewer",), where=["reviewer=cat"]) == []
    limits = {world.one("rubber_stamps", where=[f"batch=b{n}"])["limit_s"] for n in range(3)}
    assert limits == {LIMIT}


@pytest.mark.parametrize(
    ("said", "note"),
    [
        ([Say("i", "ann", "x", at(0))], "nothing was reviewed"),
        (round_of(None, [0, 9], [YES, NO]), "no source here tells who reviewed when"),
        (
            [Say("i", "ann", "x", at(0), reviews=(Judged(YES, "rex"),))],
            "no source here tells who reviewed when",
        ),
        (
            round_of("rex", [0] * 30, [YES, NO] * 15),
            "all reviews have the same time, so that it tells nothing",
        ),
        (
            careful(n=18),
            "how long care takes is told by 18 reviews that changed something, fewer than 20",
        ),
        (careful(), "no accepted review of a known reviewer follows another within 30 minutes"),
    ],
)
def test_without_a_limit_or_a_gap_the_value_is_null_and_says_why(world: World, said, note):
    world.project(said)
    row = world.one("rubber_stamps")
    assert (row["value"], row["low"], row["note"]) == (None, None, note)


def test_whole_minutes_are_too_coarse(world: World):
    minutes = [
        Say(f"i{n}", "ann", "x", at(0), reviews=(Judged([YES, NO][n % 2], "rex", at(1, n)),))
        for n in range(60)
    ]
    world.project(minutes)
    row = world.one("rubber_stamps")
    assert (row["value"], row["n"]) == (None, 29)
    assert row["note"] == "review times are told in whole minutes, which is too coarse"


def test_only_submissions_by_people_are_counted_deleted_ones_and_gold_included(world: World):
    """Reviews of skips and drafts are no reviews here, as in all metrics of this family."""
    kept = round_of("rex", [0, 5, 5, 5], [YES] * 4)
    rest = round_of("rex", [1, 5, 5], [YES] * 3, day=2, name="later")
    said = [
        *careful(),
        *kept[:2],
        Say("gone", "ann", "x", at(0), reviews=kept[2].reviews, deleted=True),
        Say("gold", "lead", "x", at(0), reviews=kept[3].reviews, gold_flag=True),
        *(
            Say(f"s{n}", "ann", "x", at(0), Status.SKIPPED, reviews=r.reviews)
            for n, r in enumerate(rest)
        ),
    ]
    world.project(said, gold="flag")
    row = world.one("rubber_stamps")
    assert (row["n"], row["value"]) == (3, 1)


def test_each_project_has_its_own_limit_and_scope_holds(world: World):
    one = world.project([*careful(), *round_of("rex", [0] + [15] * 20, [YES] * 21)], title="A")
    world.project(careful(), title="B", source="other")
    assert world.by("rubber_stamps", "project") == {"A": 1, "B": None}
    rows = world.ask("rubber_stamps", Scope(names=True, key=NAMES.key, projects=frozenset({one})))
    assert [row.get("project") for row in rows] == [None]
    assert rows[0]["n"] == 20
    (row,) = world.ask("rubber_stamps", HIDDEN, by=("reviewer",), project="A")
    assert row["reviewer"] not in ("rex", "unknown", None)


def test_it_can_be_explained_and_is_read_once_while_the_data_stand_still(world: World):
    world.project([*careful(), *round_of("rex", [0] + [15] * 20, [YES] * 21)])
    told = explain(world.engine, MetricQuery("rubber_stamps"), NAMES, clock=lambda: NOW)
    assert any("review.reviewer_id" in one for one in told.statements)
    assert told.items
    assert told.result.rows[0]["n"] == 20
    read: list[str] = []
    event.listen(world.engine, "before_cursor_execute", lambda *args: read.append(args[2]))
    assert world.one("rubber_stamps")["n"] == 20
    assert not any("FROM review " in one for one in read)
    world.project(careful(name="new", day=2))
    assert world.one("rubber_stamps")["careful"] == 80


# --- against a plain loop, on random reviews ---


def random_reviews(rng: random.Random) -> list[Say]:
    said = []
    for n in range(150):
        for who in rng.sample(["ann", "bob"], rng.choice([1, 2])):
            judged, now = [], at(1) + rng.randrange(20_000) * SECOND
            for last in sorted(rng.choices([False, True], [9, 1], k=rng.choice([0, 1, 1, 2]))):
                reviewer, verdict = (
                    rng.choice(["rex", "sue", None]),
                    rng.choice([YES, YES, NO, FIX]),
                )
                judged.append(Judged(verdict, reviewer, None if last else now))
                now += rng.randrange(1, 60) * SECOND
            status = Status.SKIPPED if rng.random() < 0.1 else Status.SUBMITTED
            when = at(rng.randrange(4), n) if rng.random() < 0.9 else None
            gone = when is not None and rng.random() < 0.1
            said.append(Say(f"i{n:03}", who, "x", when, status, reviews=judged, deleted=gone))
    return said


def loop(said: list[Say], passes) -> tuple[int, int, float, int]:
    """Return accepted reviews below the limit, with a gap, the limit, and careful ones."""
    rows = [
        (review.who, review.at, one.item, review.verdict, one)
        for one in said
        if one.status == Status.SUBMITTED
        for review in one.reviews
    ]
    gaps: list[tuple[float, int, Say, str]] = []
    for who in ("rex", "sue"):
        own = sorted((r[1], r[2], n) for n, r in enumerate(rows) if r[0] == who and r[1])
        for (before, item, _), (after, other, n) in pairwise(own):
            if item != other and after - before <= 1800 * SECOND:
                gaps.append(((after - before) / SECOND, rows[n][3], rows[n][4], who))
    times = [gap for gap, verdict, _, _ in gaps if verdict != YES and gap > 0]
    limit = float(np.quantile(times, 0.05))
    counted = [gap for gap, verdict, one, who in gaps if verdict == YES and passes(one, who)]
    return sum(gap < limit for gap in counted), len(counted), limit, len(times)


@pytest.mark.parametrize("seed", range(3))
def test_random_reviews_are_what_a_plain_loop_counts(world: World, seed: int):
    said = random_reviews(random.Random(seed))
    project = world.project(said, batches={f"i{n:03}": f"b{n % 2}" for n in range(150)})

    def day(one: Say) -> str:
        return "" if one.at is None else str(from_us(one.at).date())

    for query, passes in (
        ({}, lambda one, who: True),
        ({"where": ["reviewer=sue"]}, lambda one, who: who == "sue"),
        ({"where": ["batch=b1"]}, lambda one, who: int(one.item[1:]) % 2),
        ({"since": "2024-03-05"}, lambda one, who: day(one) >= "2024-03-05"),
        (
            {"until": "2024-03-06", "where": ["reviewer!=sue"]},
            lambda one, who: "" < day(one) <= "2024-03-06" and who != "sue",
        ),
    ):
        fast, n, limit, times = loop(said, passes)
        row = world.one("rubber_stamps", **query)
        assert (row["n"], row["careful"]) == (n, times)
        assert row["limit_s"] == pytest.approx(limit)
        assert row["value"] == pytest.approx(fast / n)
    told = explain(world.engine, MetricQuery("rubber_stamps"), NAMES, clock=lambda: NOW)
    with world.engine.connect() as conn:
        reviews = len(conn.execute(reviews_query(project, conn.dialect.name)).all())
    assert [row["n"] for row in told.sums["review_counts"]] == [reviews]
