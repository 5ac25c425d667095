"""Review: what reviewers said of people's work, by the day on which that was submitted."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.days import local_day_hour
from labelpulse.core.estimate import Estimate
from labelpulse.core.events import Verdict
from labelpulse.core.formats import plural
from labelpulse.core.items import SUBMITTED, AnnotationState, ItemView, Review
from labelpulse.metrics.base import (
    DATES,
    PLACE,
    Extra,
    Finish,
    Group,
    Metric,
    Need,
    Partial,
    of_no_item,
    single,
)
from labelpulse.metrics.consensus import lazy
from labelpulse.metrics.rollups import Contribution, Rollup
from labelpulse.metrics.throughput import SUBMISSIONS
from labelpulse.stats.intervals import score_of_rate, wilson

ACCEPTED, REJECTED, FIXED = (
    Verdict.ACCEPTED.value,
    Verdict.REJECTED.value,
    Verdict.FIXED.value,
)


def outcome(reviews: Sequence[Review]) -> int:
    """Return what stands after all reviews of an annotation, which has one at least.

    The last verdict; where a reviewer accepted what a reviewer had changed, `fixed`.
    """
    last = reviews[-1].verdict
    fixed = last == ACCEPTED and any(one.verdict == FIXED for one in reviews)
    return FIXED if fixed else last


def reverses(verdict: int, later: int) -> bool:
    """True when a later verdict on the same answer takes an earlier one back.

    A rejection by an acceptance; what was accepted or fixed by a rejection or another fix.

    >>> [reverses(ACCEPTED, FIXED), reverses(REJECTED, FIXED), reverses(REJECTED, ACCEPTED)]
    [True, False, True]
    """
    return later == ACCEPTED if verdict == REJECTED else later != ACCEPTED


def second_looks(one: AnnotationState) -> dict[int, bool]:
    """Return by place of a review that another reviewer's follows: did that reverse it?

    Nobody knows who of several came later where a time is unknown, nor whether they were several
    where a reviewer is. What its author edited may be another answer by then: it has none.
    """
    if one.edited and all(review.verdict != FIXED for review in one.reviews):
        return {}
    return {
        place: reverses(first.verdict, later.verdict)
        for place, (first, later) in enumerate(pairwise(one.reviews))
        if _is_second_look(first, later)
    }


def _is_second_look(first: Review, later: Review) -> bool:
    if first.at is None or later.at is None or first.at == later.at:
        return False
    return first.reviewer != later.reviewer and 0 not in (first.reviewer, later.reviewer)


def _reviewed(view: ItemView) -> list[AnnotationState]:
    """Return the reviewed submissions of an item, deleted ones included: reviews are work done."""
    return [one for one in view.work if one.reviews and one.status == SUBMITTED]


def work_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, batch, annotator, last reviewer, outcome) of reviewed annotations.

    Sums: 1, was it ever rejected, and if so: has it a reported time, and its milliseconds.
    """
    for one in _reviewed(view):
        day, _ = local_day_hour(one.submitted_at, view.rules.timezone)
        rejected = any(review.verdict == REJECTED for review in one.reviews)
        ms = max(one.time_spent_ms or 0, 0) if rejected else 0
        last = one.reviews[-1].reviewer
        key = (day, view.item.batch, one.annotator, last, outcome(one.reviews))
        yield key, (1, int(rejected), int(ms > 0), ms)


def count_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, batch, annotator, reviewer) of single reviews.

    Sums: 1, accepted, rejected; is it the item's first review, and did that accept; the same among
    the reviews of this person's work on the item; did another look again, and reverse it.
    """
    met: set[int] = set()
    for one, review, look in _in_order(_reviewed(view)):
        day, _ = local_day_hour(one.submitted_at, view.rules.timezone)
        accepted = int(review.verdict == ACCEPTED)
        first, own = int(not met), int(one.annotator not in met)
        met.add(one.annotator)
        yield (
            (day, view.item.batch, one.annotator, review.reviewer),
            (
                *(1, accepted, int(review.verdict == REJECTED)),
                *(first, first * accepted, own, own * accepted),
                *(int(look is not None), int(bool(look))),
            ),
        )


def _in_order(
    rows: list[AnnotationState],
) -> list[tuple[AnnotationState, Review, bool | None]]:
    """Return the reviews of an item, earliest first, those of unknown time last."""
    found = []
    for one in rows:
        looks = second_looks(one)
        found += [(one, review, looks.get(at)) for at, review in enumerate(one.reviews)]
    return sorted(found, key=lambda row: (row[1].at is None, row[1].at or 0, row[0].id))


ROLLUPS = (
    Rollup(schema.review_work, work_partials),
    Rollup(schema.review_counts, count_partials),
)

ITEMS_REVIEWED = "items_reviewed"
FACTS = (
    Partial(
        ITEMS_REVIEWED,
        ("day", "batch_id", "reviewer_id"),
        ("rejections", "items", "first_pass"),
        of_no_item,
    ),
)
"""Kept in no table: which review was the first depends on the people that a query is about."""

REVIEWED = Need("review_work")
OUTCOMES = Need("review_work", ("outcome",))
REVIEWS = Need("review_counts")
ITEMS = Need(ITEMS_REVIEWED)
_ACCEPTED, _REJECTIONS, _ITEMS, _FIRST, _OWN, _OWN_FIRST, _LOOKS, _REVERSED = range(1, 9)
NOTHING = "nothing was reviewed"


def _coverage(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    n, reviewed = group.first(SUBMISSIONS), group.first(REVIEWED)
    if not n:
        return single(estimate.undefined(0, "nothing was submitted"))
    return single(estimate.estimate(reviewed / n, wilson(reviewed, n), n))


def _acceptance(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    counts = {how: sums[0] for (how,), sums in group.sums(OUTCOMES).items()}
    n, accepted = sum(counts.values()), counts.get(ACCEPTED, 0)
    if not n:
        return single(estimate.undefined(0, NOTHING))
    passed = (accepted + counts.get(FIXED, 0)) / n
    found = estimate.estimate(accepted / n, wilson(accepted, n), n)
    return single(found.showing(accepted_or_fixed=passed))


def _items(group: Group) -> tuple[int, int, int]:
    """Return items reviewed, those accepted at once, and rejections.

    Where a query is about some people, items are theirs: those on which they were reviewed.
    """
    split = group.ask.by & {*_PEOPLE}
    if group.ask.people and not split:
        rejections, items, first = group.total(ITEMS) or (0, 0, 0)
        return items, first, rejections
    sums = group.total(REVIEWS) or (0,) * (_REVERSED + 1)
    items, first = (_OWN, _OWN_FIRST) if split else (_ITEMS, _FIRST)
    return sums[items], sums[first], sums[_REJECTIONS]


def _first_pass(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    n, first, _ = _items(group)
    if not n:
        return single(estimate.undefined(0, NOTHING))
    return single(estimate.estimate(first / n, wilson(first, n), n))


def _rework(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    n, _, rejections = _items(group)
    if not n:
        return single(estimate.undefined(0, NOTHING))
    return single(estimate.estimate(rejections / n, score_of_rate(rejections, n), n))


def _overturn(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    sums = group.total(REVIEWS)
    if not sums or not sums[_LOOKS]:
        reviews = plural(sums[0], "review", "reviews") if sums else "no reviews"
        why = f"{reviews}, none looked at again by another"
        return single(estimate.undefined(0, why))
    n, reversed_ = sums[_LOOKS], sums[_REVERSED]
    return single(estimate.estimate(reversed_ / n, wilson(reversed_, n), n))


_PEOPLE = ("team", "annotator")
_KEYS = (*PLACE, "batch", *_PEOPLE)
_REVIEWER = (*_KEYS, "reviewer")


def _metric(
    name: str,
    counted: str,
    keys: tuple[str, ...],
    needs: tuple[Need, ...],
    finish: Finish,
    unit: str = "share",
) -> Metric:
    by = (*keys, *DATES)
    split = ("project",)
    return Metric(name, unit, counted, by, keys, needs, finish, split, min_n=20, joins=True)


def _of_reviewers(
    name: str, finish: str, min_n: int, implied: tuple[str, ...] = (), version: int = 1
) -> Metric:
    """Return a metric that looks at the reviewers of a project side by side."""
    return Metric(
        name=name,
        unit="share",
        counted="reviews",
        by=(*PLACE, "reviewer"),
        where=(*PLACE, "batch", "reviewer"),
        needs=(REVIEWS,),
        finish=lazy(finish, "reviewers"),
        split=("project",),
        implied=implied,
        emits=("reviewer",),
        min_n=min_n,
        kind="fit",
        chart="bar",
        version=version,
    )


METRICS = (
    _metric("review_coverage", "submissions", _KEYS, (SUBMISSIONS, REVIEWED), _coverage),
    _metric("review_acceptance", "reviewed annotations", _REVIEWER, (OUTCOMES,), _acceptance),
    _metric("first_pass_yield", "items", _REVIEWER, (REVIEWS,), _first_pass),
    _metric("rework_rate", "items", _KEYS, (REVIEWS,), _rework, unit="rejections/item"),
    _of_reviewers("reviewer_leniency", "leniency", min_n=30, implied=("reviewer",)),
    _metric("reviewer_overturn", "decisions", _REVIEWER, (REVIEWS,), _overturn),
    _of_reviewers("rubber_stamps", "rubber_stamps", min_n=20, version=2),
)
