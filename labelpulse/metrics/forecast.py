"""Forecast: when the remaining labels will be done, and the pace that the deadline needs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.days import day_text, local_day_hour
from labelpulse.core.estimate import Estimate
from labelpulse.core.formats import plural
from labelpulse.core.items import ItemView
from labelpulse.metrics.base import PLACE, Extra, Finish, Group, Metric, Need, single
from labelpulse.metrics.flow import PROGRESS
from labelpulse.metrics.rollups import Contribution, Rollup
from labelpulse.metrics.stages import coverage
from labelpulse.metrics.what_if import Supposed, remaining, suppose

if TYPE_CHECKING:
    from labelpulse.stats.forecast import History, Pace, Reason


def label_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, batch): required labels that were made that day.

    Of an item the first submissions of as many people as it needs; a label too many brings the
    end no nearer.
    """
    if view.item.deleted:
        return
    got = coverage(view)
    for at in got.times[: got.required]:
        day, _ = local_day_hour(at, view.rules.timezone)
        yield (day, view.item.batch), (1,)


def need_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (batch, required, people who answered): items."""
    if not view.item.deleted:
        got = coverage(view)
        yield (view.item.batch, got.required, len(got.times)), (1,)


ROLLUPS = (
    Rollup(schema.labels_done, label_partials),
    Rollup(schema.item_needs, need_partials),
)

DONE = Need("labels_done", ("day",))

WHY = {
    "done": "nothing remains",
    "short": "under 14 days with labels: not enough history",
    "stalled": "stalled: no labels on the last working days",
    "beyond": "more than three years away at this pace",
}


@dataclass(frozen=True, slots=True)
class Work:
    """What a project has done and has left.

    Attributes:
        remaining: labels that were missing when its present day began.
    """

    history: "History"
    remaining: int


def work(group: Group) -> Work | str:
    """Return the work of a group's project; or why there is none to forecast."""
    from labelpulse.stats.forecast import History

    project = group.project
    if not project.live:
        return "a file was imported: nobody is at work on it now"
    sums = group.total(PROGRESS)
    if not sums:
        return "there are no items"
    days = {day: values[0] for (day,), values in group.sums(DONE).items()}
    today = sum(n for day, n in days.items() if day >= project.today)
    known = {day: n for day, n in days.items() if 0 < day < project.today}
    first = min(known, default=project.today)
    counts = [known.get(day, 0) for day in range(first, project.today)]
    _, required, done, *_ = sums
    missing = remaining(group, required - done + today, today)
    return Work(History(first, counts, project.holidays), missing)


def _finish_date(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    from labelpulse.stats import forecast

    found = work(group)
    if isinstance(found, str):
        return single(_shown(group, estimate.undefined(0, found), None))
    pace = forecast.fit(found.history)
    n = sum(count > 0 for count in found.history.counts)
    supposed = Supposed() if isinstance(pace, str) else suppose(group, pace)
    if found.remaining <= 0:
        end = forecast.Finish(reason="done")
    elif isinstance(pace, str):
        end = forecast.Finish(reason=pace)
    else:
        end = forecast.finish(pace, found.remaining, supposed.factor)
    if supposed.why or end.median is None:
        none = estimate.undefined(n, supposed.why or _why(end.reason, found, pace, supposed.factor))
        unknown = None if supposed.why else end
        none = none.noting(supposed.note)
        return single(_shown(group, none, unknown, remaining=found.remaining))
    low, high = (None if day is None else day_text(day) for day in (end.low95, end.high95))
    share, n_tested, told = _tested(found.history)
    value = Estimate(day_text(end.median), low, high, n, "if the present pace holds")
    late = "" if high else "the late end is more than three years away"
    return single(
        _shown(
            group,
            value.noting(late, supposed.note, told),
            end,
            remaining=found.remaining,
            forecast_pace=(
                None if isinstance(pace, str) else pace.labels_per_workday * supposed.factor
            ),
            tested=n_tested,
            covered=share,
        )
    )


def _why(reason: "Reason", found: Work, pace: "Pace | str", factor: float) -> str:
    """Return why there is no day; a pause is named where without it there would be one."""
    from labelpulse.stats.forecast import finish, fit, idle_days, without_pause

    idle = 0 if isinstance(pace, str) or reason != "beyond" else idle_days(found.history, pace)
    before = fit(without_pause(found.history)) if idle else "short"
    if isinstance(before, str) or finish(before, found.remaining, factor).median is None:
        return WHY[reason]
    days = "working day" if idle == 1 else f"{idle} working days"
    return f"no label needed came on the last {days}: no end in sight until work goes on"


def _tested(history: "History") -> tuple[float | None, int, str]:
    """Return how past forecasts did: the share that held the day, of how many, and in words."""
    from labelpulse.stats.backtest import backtest

    found = backtest(history)
    if found.share is None:
        return None, 0, "too short a history to test it on the past"
    hits = round(found.share * found.n)
    told = f"{hits} of {found.n} past forecasts held the day in their 80 % band"
    return found.share, found.n, told


def _shown(
    group: Group, found: Estimate, end: object, **more: float | int | str | bool | None
) -> Estimate:
    quantiles = {
        name: None if day is None else day_text(day)
        for name, attribute in (("p10", "low"), ("p50", "median"), ("p90", "high"))
        for day in [getattr(end, attribute, None)]
    }
    deadline = group.project.deadline
    told = {"remaining": None, "forecast_pace": None, "tested": None, "covered": None} | more
    until = None if deadline is None else day_text(deadline)
    return found.showing(**quantiles, deadline=until, **told)


def _required_rate(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    from labelpulse.stats.forecast import Pace, fit, required_rate, workdays_left

    found, project = work(group), group.project
    if isinstance(found, str):
        return single(estimate.undefined(0, found))
    if project.deadline is None:
        why = "no deadline is set: deadline in [[projects]]"
        return single(estimate.undefined(found.remaining, why))
    pace = fit(found.history)
    known = isinstance(pace, Pace)
    workdays = pace.workdays if isinstance(pace, Pace) else (True,) * 5 + (False,) * 2
    time = (project.deadline, project.today, workdays, project.holidays)
    rate = required_rate(found.remaining, *time)
    if rate is None:
        days = plural(project.today - project.deadline, "day", "days")
        late = f"the deadline was {days} ago"
        why = late if project.deadline < project.today else "no working day is left"
        return single(estimate.undefined(found.remaining, why))
    now = pace.labels_per_workday if isinstance(pace, Pace) else None
    taken = "working days taken to be Monday to Friday: not enough history"
    note = "" if known else taken
    return single(
        Estimate(rate, None, None, found.remaining, note).showing(
            deadline=day_text(project.deadline),
            forecast_pace=now,
            gap=None if not now else rate / now,
            days=workdays_left(*time),
        )
    )


def _metric(name: str, unit: str, counted: str, finish: Finish, *takes: str) -> Metric:
    return Metric(
        name=name,
        unit=unit,
        counted=counted,
        by=(*PLACE, "batch"),
        where=(*PLACE, "batch"),
        needs=(PROGRESS, DONE),
        finish=finish,
        split=("project",),
        kind="fold",
        chart="number",
        state=True,
        takes=takes,
    )


METRICS = (
    _metric("finish_date", "day", "days with labels", _finish_date, "what_if"),
    _metric("required_rate", "labels/day", "labels", _required_rate),
)
