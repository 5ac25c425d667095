"""Finishes that compare reviewers with each other; numpy lives here."""

from collections import Counter

import numpy as np

from labelpulse.core import estimate
from labelpulse.core.days import SECOND
from labelpulse.core.estimate import Estimate
from labelpulse.core.events import Verdict
from labelpulse.core.formats import plural
from labelpulse.metrics.arrays import Flags, Reviews
from labelpulse.metrics.base import Group, Need, single
from labelpulse.metrics.fits import Rows
from labelpulse.stats import leniency as model
from labelpulse.stats.intervals import wilson
from labelpulse.stats.stamps import LEAST_CAREFUL, plausible_minimum

PAIRS = Need("review_counts", ("annotator_id", "reviewer_id"))
REVIEWS = Need("review_counts")
RANKED = 30
"""With fewer reviews nobody is ranked."""


def leniency(group: Group) -> Rows:
    """Return how much more each known reviewer accepts than others do of the same people."""
    rows = [
        (reviewer, annotator, n, accepted)
        for (annotator, reviewer), (n, accepted, *_) in sorted(group.everybody(PAIRS).items())
        if reviewer  # a reviewer whom nobody knows may be anybody
    ]
    if not rows:
        return [({}, estimate.undefined(0, "no known reviewer reviewed anything"))]
    who, whom, n, accepted = (np.array(column) for column in zip(*rows, strict=True))
    found = model.leniency(who, np.unique(whom, return_inverse=True)[1], n, accepted)
    reviews = Counter(dict.fromkeys(who.tolist(), 0))
    for reviewer, _, count, _ in rows:
        reviews[reviewer] += count
    return _rows(found, reviews)


def _rows(found: model.Leniency, reviews: Counter[int]) -> Rows:
    """Yield a row a reviewer, of those also who have nobody to be compared with."""
    columns = (found.reviewer, found.n, found.value, found.low, found.high)
    told = {
        who: (n, value, low, high, observed, expected)
        for who, n, value, low, high, observed, expected in zip(
            *(one.tolist() for one in (*columns, found.observed, found.expected)), strict=True
        )
    }
    for who, total in reviews.items():
        if who not in told:
            own = plural(total, "review", "reviews")
            why = f"nobody else reviewed the people of these {own}"
            yield {"reviewer": who}, estimate.undefined(0, why).showing(ranked=False)
            continue
        n, value, low, high, observed, expected = told[who]
        left = (
            f"{plural(total - n, 'review', 'reviews')} of people whom nobody else reviewed left out"
        )
        row = estimate.estimate(value, (low, high), n, left if total > n else "")
        few = n < RANKED
        yield (
            {"reviewer": who},
            row.noting("not ranked" if few else "").showing(
                observed=observed, expected=expected, ranked=not few
            ),
        )


def rubber_stamps(group: Group) -> Rows:
    """Return the share of accepted reviews that were faster than careful ones are."""
    if not group.first(REVIEWS):
        return single(estimate.undefined(0, "nothing was reviewed"))
    found = group.reviews()
    one = found.reviews
    limit, careful = plausible_minimum(one.gap, one.verdict != Verdict.ACCEPTED)
    why = _untold(one, careful)
    counted = found.chosen & (one.verdict == Verdict.ACCEPTED) & ~np.isnan(one.gap)
    if "reviewer" not in group.ask.by:
        return single(_stamped(one, counted, limit, careful, why))
    return [
        ({"reviewer": who}, _stamped(one, counted & (one.reviewer == who), limit, careful, why))
        for who in np.unique(one.reviewer[counted]).tolist()
    ]


def _untold(reviews: Reviews, careful: int) -> str:
    """Say why nobody knows how long a careful review takes; "" where one does."""
    at = reviews.at[(reviews.at != 0) & reviews.known]
    if not len(at):
        return "no source here tells who reviewed when"
    if len(at) > 1 and (at == at[0]).all():
        return "all reviews have the same time, so that it tells nothing"
    if careful < LEAST_CAREFUL:
        return (
            f"how long care takes is told by {plural(careful, 'review', 'reviews')} that "
            f"changed something, fewer than {LEAST_CAREFUL}"
        )
    whole = not (at % (60 * SECOND)).any()
    return "review times are told in whole minutes, which is too coarse" if whole else ""


def _stamped(
    reviews: Reviews, counted: Flags, limit: float | None, careful: int, why: str
) -> Estimate:
    gap = reviews.gap[counted]
    n, shown = len(gap), {"limit_s": None if why else limit, "careful": careful, "bulk": None}
    if limit is None or why:
        return estimate.undefined(n, why).showing(**shown)
    if not n:
        none = "no accepted review of a known reviewer follows another within 30 minutes"
        return estimate.undefined(0, none).showing(**shown)
    fast, bulk = int((gap < limit).sum()), int((gap == 0).sum())
    found = estimate.estimate(fast / n, wilson(fast, n), n)
    return found.showing(**shown | {"bulk": bulk / n})
