"""The stages that an item went through, worked out by hand and held against what must always hold.

Times are minutes since noon of 4 March 2024, None = unknown.
"""

import random
from collections import Counter
from itertools import pairwise

import pytest

from labelpulse.core.events import Origin, Status, Verdict
from labelpulse.core.items import AnnotationState, ItemState, ItemView, Review
from labelpulse.core.rules import Rules
from labelpulse.metrics.cycle import STILL_OPEN, UNKNOWN, cycle_partials
from labelpulse.metrics.flow import HOUR, stage_partials
from labelpulse.metrics.queues import flow_partials
from labelpulse.metrics.stages import DONE, STAGES, history
from tests.reader.world import at

YES, NO, FIXED = Verdict.ACCEPTED, Verdict.REJECTED, Verdict.FIXED
PLAIN, REVIEWED = Rules(), Rules(reviewed=True)
DAY = 738949  # 4 March 2024


def us(minute):
    return None if minute is None else at(0, minute)


def did(who, minute, *reviews, opened=None, status=Status.SUBMITTED, **more):
    """Somebody's submission; reviews: (minute, verdict)."""
    started = us(opened) if opened is not None else us(minute)
    return AnnotationState(
        id=more.pop("id", who),
        annotator=who,
        has_author=True,
        status=status,
        origin=more.pop("origin", Origin.PERSON),
        deleted=more.pop("deleted", False),
        submitted_at=None if status == Status.DRAFT else us(minute),
        touched_at=started,
        time_spent_ms=None,
        gold_flag=False,
        edited=False,
        first={},
        last={},
        reviews=tuple(
            Review(9, verdict, us(when), str(n)) for n, (when, verdict) in enumerate(reviews)
        ),
    )


def skip(who, minute, **more):
    return did(who, minute, status=Status.SKIPPED, **more)


def draft(who, minute, **more):
    return did(who, minute, status=Status.DRAFT, **more)


def item(*annotations, need=2, created=0, **more):
    return ItemState(
        1, 1, required=need, created_at=us(created), annotations=list(annotations), **more
    )


def stages(of, rules=PLAIN):
    """[(stage, minute of entry)]."""
    return [
        (STAGES[stage], None if since is None else (since - at(0)) // 60_000_000)
        for stage, since in history(ItemView(of, rules))
    ]


HISTORIES = {
    "nobody came": (item(), [("waiting", 0)]),
    "one of two": (item(did(1, 5)), [("waiting", 0), ("waiting_for_labels", 5)]),
    "two of two": (
        item(did(1, 5), did(2, 9)),
        [("waiting", 0), ("waiting_for_labels", 5), ("done", 9)],
    ),
    "two of three are still in the same stage": (
        item(did(1, 5), did(2, 9), need=3),
        [("waiting", 0), ("waiting_for_labels", 5)],
    ),
    "a person's second answer is no second label": (
        item(did(1, 5, id=1), did(1, 9, id=2)),
        [("waiting", 0), ("waiting_for_labels", 5)],
    ),
    "what comes after the end changes nothing": (
        item(did(1, 5), did(2, 9), draft(3, 10), skip(4, 11), need=1),
        [("waiting", 0), ("done", 5)],
    ),
    "opened, then submitted": (
        item(did(1, 5, opened=2), need=1),
        [("waiting", 0), ("started", 2), ("done", 5)],
    ),
    "two at work at once": (
        item(did(1, 5, opened=2), did(2, 9, opened=3)),
        [("waiting", 0), ("started", 2), ("waiting_for_labels", 5), ("done", 9)],
    ),
    "a draft that lies there": (item(draft(1, 3)), [("waiting", 0), ("started", 3)]),
    "opened and skipped": (
        item(skip(1, 6, opened=4)),
        [("waiting", 0), ("started", 4), ("blocked", 6)],
    ),
    "skipped, opened again, answered": (
        item(skip(1, 3), did(2, 9, opened=7), need=1),
        [("waiting", 0), ("blocked", 3), ("started", 7), ("done", 9)],
    ),
    "two skips are one stay": (
        item(skip(1, 3), skip(2, 8)),
        [("waiting", 0), ("blocked", 3)],
    ),
    "a skip while somebody else is at it": (
        item(draft(1, 2), skip(2, 3)),
        [("waiting", 0), ("started", 2)],
    ),
    "both at once: nothing waits in between": (
        item(did(1, 5), did(2, 5)),
        [("waiting", 0), ("done", 5)],
    ),
    "answered before it was created, as imports say": (
        item(did(1, 5), created=60),
        [("waiting_for_labels", 5)],
    ),
    "answered as it was created": (item(did(1, 5), need=1, created=5), [("done", 5)]),
    "created nobody knows when": (
        item(did(1, 5), need=1, created=None),
        [("waiting", None), ("done", 5)],
    ),
    "answered nobody knows when": (
        item(did(1, None), did(2, 7)),
        [("waiting", 0), ("waiting_for_labels", 7), ("done", None)],
    ),
    "nothing is known": (
        item(did(1, None), need=1, created=None),
        [("waiting", None), ("done", None)],
    ),
    "deleted work, models and rows made in bulk do nothing": (
        item(
            did(1, 5, deleted=True),
            did(2, 6, origin=Origin.BULK),
            draft(3, 7, origin=Origin.MODEL),
        ),
        [("waiting", 0)],
    ),
    "an end before its beginning tells no beginning": (
        item(did(1, 5, opened=8), need=1),
        [("waiting", 0), ("done", 5)],
    ),
    "no need counts as one": (item(did(1, 5), need=None), [("waiting", 0), ("done", 5)]),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_by_hand(name):
    of, wanted = HISTORIES[name]
    assert stages(of) == wanted


REVIEWS = {
    "accepted": (
        item(did(1, 5, (8, YES)), need=1),
        [("waiting", 0), ("review", 5), ("done", 8)],
    ),
    "nobody looked yet": (item(did(1, 5), need=1), [("waiting", 0), ("review", 5)]),
    "not complete, however often it is accepted": (
        item(did(1, 5, (8, YES))),
        [("waiting", 0), ("waiting_for_labels", 5)],
    ),
    "all labels must be accepted": (
        item(did(1, 5, (6, YES)), did(2, 9, (20, YES))),
        [("waiting", 0), ("waiting_for_labels", 5), ("review", 9), ("done", 20)],
    ),
    "rejected stays in review, then it is fixed": (
        item(did(1, 5, (8, NO), (12, FIXED)), need=1),
        [("waiting", 0), ("review", 5), ("done", 12)],
    ),
    "rejected and done again": (
        item(did(1, 5, (8, NO), id=1), did(1, 15, (17, YES), id=2), need=1),
        [("waiting", 0), ("review", 5), ("done", 17)],
    ),
    "a word on what was done again since is old": (
        item(did(1, 5, (18, YES), id=1), did(1, 15, id=2), need=1),
        [("waiting", 0), ("review", 5)],
    ),
    "accepted, then rejected": (
        item(did(1, 5, (8, YES), (9, NO)), need=1),
        [("waiting", 0), ("review", 5), ("done", 8), ("review", 9)],
    ),
    "a label more is looked at, too": (
        item(did(1, 5, (8, YES)), did(2, 30), need=1),
        [("waiting", 0), ("review", 5), ("done", 8), ("review", 30)],
    ),
    "accepted in the same row, as files say": (
        item(did(1, 5, (5, YES)), need=1),
        [("waiting", 0), ("done", 5)],
    ),
    "a word from before the answer counts at its instant": (
        item(did(1, 5, (2, YES)), need=1),
        [("waiting", 0), ("done", 5)],
    ),
    "accepted nobody knows when": (
        item(did(1, 5, (None, YES)), need=1),
        [("waiting", 0), ("review", 5), ("done", None)],
    ),
    "a skip that is judged is still a skip": (
        item(did(1, 5, (6, NO), status=Status.SKIPPED)),
        [("waiting", 0), ("blocked", 5)],
    ),
}


@pytest.mark.parametrize("name", REVIEWS)
def test_a_history_with_reviews_by_hand(name):
    of, wanted = REVIEWS[name]
    assert stages(of, REVIEWED) == wanted


def test_without_a_review_stage_reviews_change_nothing():
    for of, _ in REVIEWS.values():
        assert all(name != "review" for name, _ in stages(of))


def flow(of, rules=PLAIN):
    return list(flow_partials(ItemView(of, rules)))


def test_moves_carry_days_waits_and_times_of_day():
    of = item(did(1, 30), did(2, 24 * 60))
    noon = 12 * 3600
    assert flow(of, Rules("Europe/Berlin")) == [
        ((DAY, 0, 0), (1, 1, 0, 0, 0, noon + 3600, 0)),
        ((DAY, 0, 0), (1, 0, 1, 1, 1800, 0, noon + 3600 + 1800)),
        ((DAY, 0, 2), (1, 1, 0, 0, 0, noon + 3600 + 1800, 0)),
        ((DAY + 1, 0, 2), (1, 0, 1, 1, 23 * 3600 + 1800, 0, noon + 3600)),
        ((DAY + 1, 0, 4), (1, 1, 0, 0, 0, noon + 3600, 0)),
    ]


def test_what_has_no_time_is_on_the_day_without_a_date():
    of = item(did(1, None), need=1, created=None)
    assert {day for (day, *_), _ in flow(of)} == {0}
    assert [sums for _, sums in flow(of)] == [
        (1, 1, 0, 0, 0, 0, 0),
        (1, 0, 1, 0, 0, 0, 0),
        (1, 1, 0, 0, 0, 0, 0),
    ]


def test_a_deleted_item_adds_nothing():
    gone = item(did(1, 5), did(2, 9), deleted=True)
    for partials in (flow_partials, cycle_partials, stage_partials):
        assert list(partials(ItemView(gone, PLAIN))) == []


def an_item(rng):
    def when(most=40):
        return rng.choice([None, *range(most)])

    made = []
    for n in range(rng.randint(0, 6)):
        status = rng.choice(list(Status))
        reviews = sorted(
            (rng.randrange(60), rng.choice(list(Verdict))) for _ in range(rng.randint(0, 2))
        )
        made.append(
            did(
                rng.randint(1, 4),
                when(),
                *reviews,
                id=n,
                opened=rng.choice([None, rng.randrange(40)]),
                status=status,
                deleted=rng.random() < 0.1,
            )
        )
    return item(*made, need=rng.choice([None, 1, 2, 3]), created=when(10))


@pytest.mark.parametrize("seed", range(300))
def test_what_came_and_did_not_leave_is_what_stands_there(seed):
    rng = random.Random(seed)
    of, rules = an_item(rng), rng.choice([PLAIN, REVIEWED])
    view = ItemView(of, rules)
    left: Counter[int] = Counter()
    moves = flow(of, rules)
    for (_, _, stage), sums in moves:
        assert sums[0] == sums[1] + sums[2] == 1
        assert min(sums) >= 0
        left[stage] += sums[1] - sums[2]
    ((where, _, hour), _), *more = list(stage_partials(view))
    assert not more
    assert {stage: n for stage, n in left.items() if n} == {where: 1}
    known = [since for _, since in history(view) if since is not None]
    assert known == sorted(set(known))
    assert all(a != b for (a, _), (b, _) in pairwise(history(view)))
    assert hour == (history(view)[-1][1] or 0) // HOUR
    if rules is PLAIN:
        people = {a.annotator for a in view.submitted}
        assert (where == DONE) == (len(people) >= (of.required or 1))


def cycle(of):
    """[(day, hour, bucket below zero or 0, seconds)]."""
    return [
        (day, hour, min(bucket, 0), seconds)
        for (day, _, hour, bucket), (n, seconds) in cycle_partials(ItemView(of, PLAIN))
        if n == 1
    ]


NOON = at(0) // HOUR


@pytest.mark.parametrize(
    ("of", "wanted"),
    [
        (item(), []),
        (item(skip(1, 5)), []),
        (item(did(1, 5), did(2, 9)), [(DAY, 0, 0, 240)]),
        (item(did(1, 5, opened=2), need=1), [(DAY, 0, 0, 180)]),
        (item(draft(3, 1), did(1, 5), need=1), [(DAY, 0, 0, 240)]),
        (item(did(1, 5), did(2, 9), did(3, 100)), [(DAY, 0, 0, 240)]),
        (item(did(1, 5), need=1), [(DAY, 0, UNKNOWN, 0)]),
        (item(did(1, 5), did(2, None)), [(DAY, 0, UNKNOWN, 0)]),
        (item(did(1, None), need=1), [(0, 0, UNKNOWN, 0)]),
        (item(did(1, 5)), [(DAY, NOON, STILL_OPEN, 0)]),
        (item(draft(1, 65)), [(DAY, NOON + 1, STILL_OPEN, 0)]),
        (item(draft(1, None)), [(0, 0, UNKNOWN, 0)]),
    ],
)
def test_a_cycle_by_hand(of, wanted):
    assert cycle(of) == wanted
