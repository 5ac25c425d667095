"""Cycle time: how long items take from the first look to the last label needed."""

from collections.abc import Iterable, Iterator

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.days import SECOND, local_day_hour
from labelpulse.core.estimate import Estimate
from labelpulse.core.formats import plural
from labelpulse.core.items import DRAFT, PERSON, SUBMITTED, ItemView
from labelpulse.metrics.base import DATES, PLACE, Extra, Finish, Group, Metric, Need, single
from labelpulse.metrics.flow import HOUR, age
from labelpulse.metrics.rollups import Contribution, Rollup
from labelpulse.metrics.stages import coverage, opened_at
from labelpulse.metrics.times import time_bucket
from labelpulse.stats import survival

UNKNOWN, STILL_OPEN = -1, -2
"""In place of the bucket of a duration: a time is not known; not completed yet."""


def cycle_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day begun, batch, hour begun since 1970, bucket): items, seconds from begin to end.

    The hour is 0 where the duration is known: it is for the ages of what is not completed yet.
    """
    if view.item.deleted:
        return
    got = coverage(view)
    begins = list(_begins(view))
    if not begins:
        return
    begun = min((at for at in begins if at is not None), default=None)
    day, _ = local_day_hour(begun, view.rules.timezone)
    where = (day, view.item.batch)
    if begun is not None and not got.complete:
        yield (*where, begun // HOUR, STILL_OPEN), (1, 0)
        return
    end = got.completed_at if got.complete else None
    if begun is None or end is None or begun >= end:  # a lone instant tells no duration
        yield (*where, 0, UNKNOWN), (1, 0)
        return
    yield (*where, 0, time_bucket(max((end - begun) // 1000, 1))), (1, (end - begun) // SECOND)


def _begins(view: ItemView) -> Iterator[int | None]:
    """Yield when people opened or else submitted what is a draft or a submission now."""
    for one in view.item.annotations:
        if one.status in (DRAFT, SUBMITTED) and one.origin == PERSON and not one.deleted:
            opened = opened_at(one)
            yield one.submitted_at if opened is None and one.status == SUBMITTED else opened


ROLLUPS = (Rollup(schema.cycle_hist, cycle_partials, any_day=True),)
CYCLES = Need("cycle_hist", ("start_hour", "bucket"))


def _durations(group: Group) -> tuple[dict[float, tuple[int, int]], int]:
    """Return duration or age in seconds -> (completed, still open), and items of unknown times."""
    found: dict[float, tuple[int, int]] = {}
    unknown = 0
    for (hour, bucket), (n, total) in group.sums(CYCLES).items():
        if bucket == UNKNOWN:
            unknown += n
            continue
        still_open = bucket == STILL_OPEN
        lasted = age(hour, group.ask.now) if still_open else total / n
        ended, waiting = found.get(lasted, (0, 0))
        found[lasted] = (ended, waiting + n) if still_open else (ended + n, waiting)
    return found, unknown


def _quantile(p: float) -> Finish:
    def finish(group: Group) -> Iterable[tuple[Extra, Estimate]]:
        durations, unknown = _durations(group)
        curve = survival.kaplan_meier(durations)
        found = survival.quantile(curve, p)
        told = {"completed": curve.ended, "open": curve.n - curve.ended}
        out = f"{plural(unknown, 'item', 'items')} left out, of which no beginning is known"
        notes = [out] if unknown else []
        if not curve.n:
            why = notes[0] if notes else "nothing was begun"
            return single(estimate.undefined(0, why).showing(**told))
        if found.value is None:
            missing = (
                f"{told['open']:,} of {plural(curve.n, 'item', 'items')} not completed yet: too "
                "many to tell"
            )
            return single(estimate.undefined(curve.n, missing).noting(*notes).showing(**told))
        ends = None
        if found.low is not None and found.high is not None:
            ends = found.low, found.high
        elif found.low is not None:
            least = f"{found.low:,.0f}"
            notes.insert(0, f"with 95 % at least {least} s, no upper end yet")
        value = estimate.estimate(found.value, ends, curve.n)
        return single(value.noting(*notes).showing(**told))

    return finish


def _metric(name: str, p: float) -> Metric:
    keys = (*PLACE, "batch")
    return Metric(
        name=name,
        unit="s",
        counted="items",
        by=(*keys, *DATES),
        where=keys,
        needs=(CYCLES,),
        finish=_quantile(p),
        split=("project",),
        joins=True,
        min_n=20,
        kind="fold",
    )


METRICS = (_metric("cycle_time_p50", 0.5), _metric("cycle_time_p85", 0.85))
