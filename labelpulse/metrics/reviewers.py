"""Finishes that compare reviewers with each other; numpy lives here."""

from collections import Counter

import numpy as np

from labelpulse.core import estimate
from labelpulse.core.words import plural
from labelpulse.metrics.base import Group, Need
from labelpulse.metrics.fits import Rows
from labelpulse.stats import leniency as model

PAIRS = Need("review_counts", ("annotator_id", "reviewer_id"))
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
            why = f"nobody else reviewed the people of these {plural(total, 'review')}"
            yield {"reviewer": who}, estimate.undefined(0, why).showing(ranked=False)
            continue
        n, value, low, high, observed, expected = told[who]
        left = f"{plural(total - n, 'review')} of people whom nobody else reviewed left out"
        row = estimate.estimate(value, (low, high), n, left if total > n else "")
        few = n < RANKED
        yield (
            {"reviewer": who},
            row.noting("not ranked" if few else "").showing(
                observed=observed, expected=expected, ranked=not few
            ),
        )
