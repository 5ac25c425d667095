"""Queues between stages: what comes and leaves, are they in balance, which one holds all up."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.days import SECOND, day_text, local_day_second
from labelpulse.core.estimate import Estimate
from labelpulse.core.formats import percent, plural
from labelpulse.core.items import ItemView
from labelpulse.metrics.base import DATES, PLACE, Extra, Group, Metric, Need, single
from labelpulse.metrics.flow import ages
from labelpulse.metrics.rollups import Contribution, Rollup
from labelpulse.metrics.stages import OPEN_STAGES, STAGES, WAITING, history
from labelpulse.stats import flow
from labelpulse.stats.quantiles import quantile

DAY_S = 86_400
WINDOW = 28
"""Days over which balance is judged unless the query says: four whole weeks."""


def flow_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, batch, stage): arrivals and departures, the stays that ended, times.

    A stay of which one end is unknown is among departures alone. The seconds since midnight of
    arrivals and of departures tell how many items stood there on the average of a day.
    """
    if view.item.deleted:
        return
    batch, zone = view.item.batch, view.rules.timezone
    left: int | None = None
    since: int | None = None
    for stage, at in history(view):
        day, second = local_day_second(at, zone)
        if left is not None:
            known = since is not None and at is not None
            wait = ((at or 0) - (since or 0)) // SECOND if known else 0
            yield (day, batch, left), (1, 0, 1, int(known), wait, 0, second)
        yield (day, batch, stage), (1, 1, 0, 0, 0, second, 0)
        left, since = stage, at


ROLLUPS = (Rollup(schema.stage_flow, flow_partials, any_day=True),)
_ARRIVALS, _DEPARTURES, _WAITS, _WAIT_S, _ARRIVED_S, _LEFT_S = range(1, 7)

FLOW = Need("stage_flow")
WORK = Need("stage_flow", ("day",), (("stage", OPEN_STAGES[1:]),))
"""What is in progress: begun and not done. What nobody looked at yet is a backlog."""
DAILY = Need("stage_flow", ("day", "stage"), (("stage", OPEN_STAGES),))
QUEUES = Need("stage_now", ("stage", "entry_hour"), (("stage", OPEN_STAGES),))

Days = Mapping[int, tuple[int, ...]]
"""Day -> the sums of stage_flow."""


def _counting(measure: int) -> Metric:
    name = {_ARRIVALS: "stage_arrivals", _DEPARTURES: "stage_departures"}[measure]

    def finish(group: Group) -> Iterable[tuple[Extra, Estimate]]:
        sums = group.total(FLOW)
        return single(estimate.count(sums[measure] if sums else 0))

    keys = (*PLACE, "batch", "stage")
    return Metric(name, "items", "items", (*keys, *DATES), keys, (FLOW,), finish)


# --- balance ---


@dataclass(frozen=True, slots=True)
class Window:
    """Some days of a queue.

    Attributes:
        wip: items in it at the start of each day and at the end of the last. mean: over time.
        stay_s: mean of the stays that ended; None = none of known length.
    """

    wip: list[int]
    mean: float
    departures: int
    stay_s: float | None


def window(days: Days, first: int, last: int) -> Window:
    """Return what happened in a queue from one day to another, both inclusive."""
    wip = [sum(one[_ARRIVALS] - one[_DEPARTURES] for day, one in days.items() if day < first)]
    held = departures = waits = wait_s = 0
    for day in range(first, last + 1):
        one = days.get(day, (0,) * 7)
        came, left = one[_ARRIVALS], one[_DEPARTURES]
        held += DAY_S * (wip[-1] + came - left) - one[_ARRIVED_S] + one[_LEFT_S]
        wip.append(wip[-1] + came - left)
        departures, waits, wait_s = departures + left, waits + one[_WAITS], wait_s + one[_WAIT_S]
    mean = held / (DAY_S * (last + 1 - first))
    return Window(wip, mean, departures, wait_s / waits if waits else None)


def _known(group: Group, need: Need, stage: int | None = None) -> dict[int, tuple[int, ...]]:
    """Return the sums of days that are over, of one stage or of all; unknown days left out."""
    last = group.project.last_full_day if group.project.live else None
    return {
        day: sums
        for (day, *rest), sums in group.sums(need).items()
        if day and (last is None or day <= last) and (stage is None or rest == [stage])
    }


def _residual(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    days = _known(group, WORK)
    if not days:
        return single(estimate.undefined(0, "nothing was seen in progress"))
    last = group.project.last_full_day if group.project.live else max(days)
    last = last if group.ask.until is None else min(last, group.ask.until)
    first = last + 1 - WINDOW if group.ask.since is None else group.ask.since
    if first > last:
        return single(estimate.undefined(0, "no day of these is over"))
    seen = window(days, first, last)
    stay = None if seen.stay_s is None else seen.stay_s / DAY_S
    value = flow.littles_law_residual(seen.wip, seen.departures, stay, seen.mean)
    found = Estimate(value, None, None, seen.departures, "" if value is not None else _why(seen))
    rate = seen.departures / (last + 1 - first)
    told = found.showing(wip=seen.mean, throughput=rate, cycle_time=seen.stay_s)
    return single(told.showing(since=day_text(first), until=day_text(last)))


def _why(seen: Window) -> str:
    """Say why the law says nothing about a window."""
    if not seen.departures or seen.stay_s is None:
        return "nothing left its stage in these days"
    if seen.mean <= 0:
        return "nothing was in progress in these days"
    return (
        f"not steady: from {seen.wip[0]:,} to {plural(seen.wip[-1], 'item', 'items')} in "
        f"progress, a difference of {percent(flow.STEADY, gap=' ')} of the mean or more"
    )


# --- the bottleneck ---


def _queues(group: Group) -> dict[str, flow.Stage]:
    """Return the queues of a group's project by name, those of unknown ages left out."""
    found = {}
    for stage in OPEN_STAGES:
        hours = {hour: n for (at, hour), (n,) in group.sums(QUEUES).items() if at == stage}
        late = quantile(ages(hours, group.ask.now), 0.85)
        if late is None:
            continue
        days = _known(group, DAILY, stage)
        span = range(min(days, default=0), max(days, default=-1) + 1)
        daily = [days.get(day, (0,) * 7) for day in span]
        arrivals, departures = ([one[at] for one in daily] for at in (_ARRIVALS, _DEPARTURES))
        found[STAGES[stage]] = flow.Stage(late, sum(hours.values()), arrivals, departures)
    return found


def _bottleneck(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    queues = _queues(group)
    backlog = queues.pop(STAGES[WAITING], None)
    grown = backlog and flow.growth(backlog.arrivals, backlog.departures)
    if backlog and grown and grown.growing:
        queues[STAGES[WAITING]] = backlog
    found = flow.bottleneck(queues)
    if found is None:
        why = "nothing waits with a known age"
        if backlog:
            items = plural(backlog.wip, "item", "items")
            why = f"only {items} without any label, which do not pile up"
        return single(_shown(estimate.undefined(0, why)))
    queue, growth = queues[found.stage], found.growth
    stage = STAGES.index(found.stage)
    first = min(_known(group, DAILY, stage), default=0)
    since = None if growth.since is None else day_text(first + growth.since)
    why = "the most items times age, though it does not grow"
    if growth.growing:
        why = f"more came than left on {growth.more} of the last {growth.days} working days"
    value = Estimate(found.stage, None, None, queue.wip)
    return single(
        _shown(
            value,
            why=why,
            queue=queue.wip,
            age_p85=queue.age_p85,
            growth=growth.slope if growth.days else None,
            growing=growth.growing,
            since=since,
        )
    )


def _shown(found: Estimate, **told: float | str | bool | None) -> Estimate:
    columns = ("why", "queue", "age_p85", "growth", "growing", "since")
    return found.showing(**(dict.fromkeys(columns) | told))


_KEYS = (*PLACE, "batch")
METRICS = (
    _counting(_ARRIVALS),
    _counting(_DEPARTURES),
    Metric(
        name="littles_law_residual",
        unit="items",
        counted="departures",
        by=(*_KEYS, "stage"),
        where=(*_KEYS, "stage"),
        needs=(WORK,),
        finish=_residual,
        split=("project",),
        history=True,
        min_n=20,
        kind="fold",
        chart="number",
    ),
    Metric(
        name="bottleneck",
        unit="stage",
        counted="items",
        by=_KEYS,
        where=_KEYS,
        needs=(QUEUES, DAILY),
        finish=_bottleneck,
        split=("project",),
        kind="fold",
        chart="number",
        state=True,
    ),
)
