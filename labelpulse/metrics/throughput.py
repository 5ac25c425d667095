"""Throughput: submissions, skips, edits and reported time, by the local day of submission."""

from collections.abc import Iterable, Iterator
from math import ceil, log

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.days import local_day_hour
from labelpulse.core.estimate import Estimate
from labelpulse.core.events import Status
from labelpulse.core.items import ItemView
from labelpulse.core.words import percent, plural
from labelpulse.metrics.base import DATES, PLACE, TIMES, Extra, Finish, Group, Metric, Need, single
from labelpulse.metrics.rollups import Contribution, Rollup
from labelpulse.stats import quantiles
from labelpulse.stats.intervals import wilson

SUBMITTED, SKIPPED, EDITED = Status.SUBMITTED.value, Status.SKIPPED.value, 3
IDLE_CUT_MS = 1_800_000
_IDLE_BUCKET = 727
_STEP = log(IDLE_CUT_MS) / _IDLE_BUCKET


def time_bucket(ms: int) -> int:
    """Return the log bucket (2 % wide) of a time in milliseconds; its edge 727 is the idle cut.

    >>> time_bucket(IDLE_CUT_MS), time_bucket(IDLE_CUT_MS + 1)
    (727, 728)
    """
    return ceil(log(ms) / _STEP - 1e-9)


def activity_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, hour, batch, annotator, event): 1 for each piece of work, deleted or not."""
    batch, zone = view.item.batch, view.rules.timezone
    for one in view.work:
        day, hour = local_day_hour(one.submitted_at, zone)
        yield (day, hour, batch, one.annotator, one.status), (1,)
        if one.edited and one.status == SUBMITTED:
            yield (day, hour, batch, one.annotator, EDITED), (1,)


def time_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, batch, annotator, bucket): count and milliseconds of reported times above 0."""
    batch, zone = view.item.batch, view.rules.timezone
    for one in view.work:
        ms = one.time_spent_ms
        if one.status == SUBMITTED and ms is not None and ms > 0:
            day, _ = local_day_hour(one.submitted_at, zone)
            yield (day, batch, one.annotator, time_bucket(ms)), (1, ms)


ROLLUPS = (
    Rollup(schema.activity, activity_partials),
    Rollup(schema.time_hist, time_partials),
)

SUBMISSIONS = Need("activity", only=(("event", (SUBMITTED,)),))
SKIPS = Need("activity", only=(("event", (SKIPPED,)),))
EDITS = Need("activity", only=(("event", (EDITED,)),))
WORK = Need("activity", ("event",), only=(("event", (SUBMITTED, SKIPPED)),))
PEOPLE = Need("activity", ("annotator_id",), only=(("event", (SUBMITTED,)),))
REPORTED = Need("time_hist", ("bucket",))
HOUR_MS = 3_600_000
_KEYS = (*PLACE, "team", "batch", "annotator")
_SPLIT_PROJECTS = ("project",)


def _counting(need: Need) -> Finish:
    return lambda group: single(estimate.count(group.first(need)))


def _edited(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    note = group.observed_since and f"edits observed since {group.observed_since}"
    return single(estimate.count(group.first(EDITS), note))


def _skip_rate(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    sums = group.sums(WORK)
    skipped = sum(values[0] for (event,), values in sums.items() if event == SKIPPED)
    n = sum(values[0] for values in sums.values())
    if n == 0:
        return single(estimate.undefined(0, "nothing was submitted or skipped"))
    return single(estimate.estimate(skipped / n, wilson(skipped, n), n))


def _active(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    sums, unknown = group.sums(PEOPLE), group.unknown()
    nobody = sum(values[0] for (who,), values in sums.items() if who in unknown)
    people = {who for (who,) in sums} - unknown
    note = f"{nobody:,} submissions by nobody known left out" if nobody else ""
    return single(estimate.count(len(people), note))


def reported(group: Group) -> dict[int, tuple[int, int]]:
    """Return bucket -> times and milliseconds of a group that needs REPORTED."""
    return {bucket: (n, ms) for (bucket,), (n, ms) in group.sums(REPORTED).items()}


def _quantile(p: float) -> Finish:
    def finish(group: Group) -> Iterable[tuple[Extra, Estimate]]:
        buckets = reported(group)
        n = sum(count for count, _ in buckets.values())
        value = quantiles.quantile(buckets, p)
        if value is None:
            return single(no_times())
        ends = quantiles.quantile_interval(buckets, p)
        interval = None if ends is None else (ends[0] / 1000, ends[1] / 1000)
        return single(estimate.estimate(value / 1000, interval, n))

    return finish


def no_times(n: int = 0) -> Estimate:
    """Return the estimate where nothing has a reported time."""
    return estimate.undefined(n, "no submission has a reported time")


def untimed(submitted: int, timed: int) -> str:
    """Say how many submissions have no reported time, where some have none."""
    missing = submitted - timed
    return f"{missing:,} of {submitted:,} submissions have no reported time" if missing > 0 else ""


def idle_note(buckets: dict[int, tuple[int, int]]) -> str:
    """Say how much of the time lies beyond the idle cut, where any does."""
    beyond = sum(n for bucket, (n, _) in buckets.items() if bucket > _IDLE_BUCKET)
    if not beyond:
        return ""
    n = sum(count for count, _ in buckets.values())
    ms = sum(total for bucket, (_, total) in buckets.items() if bucket > _IDLE_BUCKET)
    share = ms / sum(total for _, total in buckets.values())
    return f"{beyond:,} of {plural(n, 'time')} over 30 min, {percent(share)} of the sum"


def _mean(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    buckets = reported(group)
    n = sum(count for count, _ in buckets.values())
    if n == 0:
        return single(no_times())
    mean = sum(ms for _, ms in buckets.values()) / n / 1000
    ends = quantiles.mean_interval(buckets)
    interval = None if ends is None else (ends[0] / 1000, ends[1] / 1000)
    return single(estimate.estimate(mean, interval, n, idle_note(buckets)))


def _sum(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    buckets = reported(group)
    n = sum(count for count, _ in buckets.values())
    if n == 0:
        return single(no_times())
    total = sum(ms for _, ms in buckets.values()) / 1000
    return single(Estimate(total, None, None, n, idle_note(buckets)))


def _rate(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    submitted = group.first(SUBMISSIONS)
    n, ms = group.total(REPORTED) or (0, 0)
    if n == 0:
        return single(no_times())
    rate = submitted / (ms / HOUR_MS)
    return single(Estimate(rate, None, None, n, untimed(submitted, n)))


def _count(name: str, unit: str, need: Need, finish: Finish) -> Metric:
    return Metric(name, unit, unit, (*_KEYS, *TIMES), _KEYS, (need,), finish)


def _time(name: str, finish: Finish, split: tuple[str, ...] = _SPLIT_PROJECTS) -> Metric:
    by = (*_KEYS, *DATES)
    return Metric(name, "s", "times", by, _KEYS, (REPORTED,), finish, split, min_n=20)


METRICS = (
    _count("annotations_submitted", "annotations", SUBMISSIONS, _counting(SUBMISSIONS)),
    _count("annotations_skipped", "annotations", SKIPS, _counting(SKIPS)),
    Metric(
        name="skip_rate",
        unit="share",
        counted="submissions and skips",
        by=(*_KEYS, *TIMES),
        where=_KEYS,
        needs=(WORK,),
        finish=_skip_rate,
        split=_SPLIT_PROJECTS,
        min_n=20,
    ),
    _count("annotations_edited", "annotations", EDITS, _edited),
    _count("active_annotators", "people", PEOPLE, _active),
    _time("time_spent_median", _quantile(0.5)),
    _time("time_spent_p90", _quantile(0.9)),
    _time("time_spent_mean", _mean),
    _time("time_spent_total", _sum, split=()),
    Metric(
        name="throughput_rate",
        unit="annotations/h",
        counted="times",
        by=(*_KEYS, *DATES),
        where=_KEYS,
        needs=(SUBMISSIONS, REPORTED),
        finish=_rate,
        split=_SPLIT_PROJECTS,
        min_n=20,
    ),
)
