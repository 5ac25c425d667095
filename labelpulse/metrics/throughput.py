"""Throughput: submissions, skips, edits and reported time, by the local day of submission."""

from collections.abc import Iterator
from math import ceil, exp, log

from labelpulse import schema
from labelpulse.core.days import local_day_hour
from labelpulse.core.events import Status
from labelpulse.core.items import ItemView
from labelpulse.metrics.rollups import Contribution, Rollup

SUBMITTED, SKIPPED, EDITED = 1, 2, 3
IDLE_CUT_MS = 1_800_000
_IDLE_BUCKET = 727
_STEP = log(IDLE_CUT_MS) / _IDLE_BUCKET


def time_bucket(ms: int) -> int:
    """Return the log bucket (2 % wide) of a time in milliseconds; its edge 727 is the idle cut.

    >>> time_bucket(IDLE_CUT_MS), time_bucket(IDLE_CUT_MS + 1)
    (727, 728)
    """
    return ceil(log(ms) / _STEP - 1e-9)


def bucket_edge_ms(bucket: int) -> float:
    """Return the upper edge of a bucket in milliseconds."""
    return exp(bucket * _STEP)


def activity_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, hour, batch, annotator, event): 1 for each piece of work, deleted or not."""
    batch, zone = view.item.batch, view.rules.timezone
    for one in view.work:
        day, hour = local_day_hour(one.submitted_at, zone)
        submitted = one.status == Status.SUBMITTED
        event = SUBMITTED if submitted else SKIPPED
        yield (day, hour, batch, one.annotator, event), (1,)
        if submitted and one.edited:
            yield (day, hour, batch, one.annotator, EDITED), (1,)


def time_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, batch, annotator, bucket): count and milliseconds of reported times above 0."""
    batch, zone = view.item.batch, view.rules.timezone
    for one in view.work:
        ms = one.time_spent_ms
        if one.status == Status.SUBMITTED and ms is not None and ms > 0:
            day, _ = local_day_hour(one.submitted_at, zone)
            yield (day, batch, one.annotator, time_bucket(ms)), (1, ms)


ROLLUPS = (
    Rollup(schema.activity, activity_partials),
    Rollup(schema.time_hist, time_partials),
)
