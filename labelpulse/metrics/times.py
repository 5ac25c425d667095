"""Reported time: how long submissions took, by the local day of submission."""

from collections.abc import Iterable, Iterator
from math import ceil, log
from typing import NamedTuple

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.days import local_day_hour
from labelpulse.core.estimate import Estimate
from labelpulse.core.formats import percent, plural
from labelpulse.core.items import AnnotationState, ItemView
from labelpulse.metrics.assisted import score_band
from labelpulse.metrics.base import DATES, Extra, Finish, Group, Metric, Need, single
from labelpulse.metrics.rollups import Contribution, Rollup
from labelpulse.metrics.throughput import KEYS, SPLIT_PROJECTS, SUBMISSIONS, SUBMITTED
from labelpulse.stats import quantiles

IDLE_CUT_MS = 1_800_000
_IDLE_BUCKET = 727
_STEP = log(IDLE_CUT_MS) / _IDLE_BUCKET
HOUR_MS = 3_600_000
BILLION = 1_000_000_000

ALONE, UNKNOWN = 0, -1
"""What work started from: nothing, or a prediction of an unknown model version."""


def time_bucket(ms: int) -> int:
    """Return the log bucket (2 % wide) of a time in milliseconds; its edge 727 is the idle cut.

    >>> time_bucket(IDLE_CUT_MS), time_bucket(IDLE_CUT_MS + 1)
    (727, 728)
    """
    return ceil(log(ms) / _STEP - 1e-9)


def _timed(view: ItemView) -> Iterator[tuple[int, AnnotationState, int]]:
    """Yield (day, annotation, milliseconds) of submissions with a reported time above 0."""
    for one in view.work:
        ms = one.time_spent_ms
        if one.status == SUBMITTED and ms is not None and ms > 0:
            day, _ = local_day_hour(one.submitted_at, view.rules.timezone)
            yield day, one, ms


def bucket_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, batch, annotator, bucket): count and milliseconds of reported times."""
    for day, one, ms in _timed(view):
        yield (day, view.item.batch, one.annotator, time_bucket(ms)), (1, ms)


def day_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, bucket): the same of all people and batches together.

    By person a histogram has nearly as many rows as there are times; most readers want none.
    """
    for day, _, ms in _timed(view):
        yield (day, time_bucket(ms)), (1, ms)


def total_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, batch, annotator, what it started from, score band): sums of reported times.

    The sums: times and their milliseconds; those up to the idle cut and their milliseconds; the
    logs of milliseconds up to the idle cut and the squares of these logs, in billionths. Work
    starts from nothing (0), from a prediction of a model version (its id), or from an unknown one
    (-1).
    """
    for day, one, ms in _timed(view):
        model = one.prediction.model if one.prediction else 0
        started = (model or UNKNOWN) if one.assisted else ALONE
        within = int(ms <= IDLE_CUT_MS)
        logged = log(min(ms, IDLE_CUT_MS))
        logs = round(BILLION * logged), round(BILLION * logged**2)
        band = score_band(one.prediction.score if one.prediction else None)
        key = day, view.item.batch, one.annotator, started, band
        yield key, (1, ms, within, within * ms, *logs)


ROLLUPS = (
    Rollup(schema.time_hist, bucket_partials, coarser=schema.time_days.name),
    Rollup(schema.time_days, day_partials),
    Rollup(schema.time_totals, total_partials),
)


class Totals(NamedTuple):
    """Sums of reported times; what they are, `total_partials` says."""

    n: int = 0
    ms: int = 0
    within: int = 0
    within_ms: int = 0
    logs: int = 0
    log_squares: int = 0

    @property
    def log_seconds(self) -> tuple[float, float]:
        """Sums of the logs of seconds and of their squares, times beyond the idle cut cut to it."""
        logs, squares, unit = self.logs / BILLION, self.log_squares / BILLION, log(1000)
        return logs - self.n * unit, squares - 2 * unit * logs + self.n * unit * unit

    @property
    def idle_note(self) -> str:
        """Say how much of the time lies beyond the idle cut, where any does."""
        beyond = self.n - self.within
        if not beyond:
            return ""
        share = percent((self.ms - self.within_ms) / self.ms, gap=" ")
        return f"{beyond:,} of {plural(self.n, 'time', 'times')} over 30 min, {share} of the sum"


TOTALS = Need("time_totals")
BUCKETS = Need("time_hist", ("bucket",))


def totals(group: Group, need: Need = TOTALS) -> Totals:
    """Return the reported times of a group together."""
    return Totals(*group.total(need))


def _buckets(group: Group) -> dict[int, tuple[int, int]]:
    """Return bucket -> times and their milliseconds."""
    return {bucket: (n, ms) for (bucket,), (n, ms) in group.sums(BUCKETS).items()}


def no_times(n: int = 0) -> Estimate:
    """Return the estimate where nothing has a reported time."""
    return estimate.undefined(n, "no submission has a reported time")


def untimed(submitted: int, timed: int) -> str:
    """Say how many submissions have no reported time, where some have none."""
    missing = submitted - timed
    if missing <= 0:
        return ""
    return f"{missing:,} of {submitted:,} submissions have no reported time"


def _seconds(ends: tuple[float, float] | None) -> tuple[float, float] | None:
    return None if ends is None else (ends[0] / 1000, ends[1] / 1000)


def _quantile(p: float) -> Finish:
    def finish(group: Group) -> Iterable[tuple[Extra, Estimate]]:
        buckets = _buckets(group)
        n = sum(count for count, _ in buckets.values())
        value = quantiles.quantile(buckets, p)
        if value is None:
            return single(no_times())
        ends = _seconds(quantiles.quantile_interval(buckets, p))
        return single(estimate.estimate(value / 1000, ends, n))

    return finish


def _mean(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    found = totals(group)
    if not found.n:
        return single(no_times())
    ends = _seconds(quantiles.mean_interval(_buckets(group)))
    return single(estimate.estimate(found.ms / found.n / 1000, ends, found.n, found.idle_note))


def _sum(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    found = totals(group)
    if not found.n:
        return single(no_times())
    return single(Estimate(found.ms / 1000, None, None, found.n, found.idle_note))


def _rate(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    submitted, found = group.first(SUBMISSIONS), totals(group)
    if not found.n:
        return single(no_times())
    rate = submitted / (found.ms / HOUR_MS)
    return single(Estimate(rate, None, None, found.n, untimed(submitted, found.n)))


def _time(
    name: str,
    needs: tuple[Need, ...],
    finish: Finish,
    unit: str = "s",
    split: tuple[str, ...] = SPLIT_PROJECTS,
) -> Metric:
    by = (*KEYS, *DATES)
    return Metric(name, unit, "times", by, KEYS, needs, finish, split, min_n=20, joins=True)


METRICS = (
    _time("time_spent_median", (BUCKETS,), _quantile(0.5)),
    _time("time_spent_p90", (BUCKETS,), _quantile(0.9)),
    _time("time_spent_mean", (TOTALS, BUCKETS), _mean),
    _time("time_spent_total", (TOTALS,), _sum, split=()),
    _time("throughput_rate", (SUBMISSIONS, TOTALS), _rate, unit="annotations/h"),
)
