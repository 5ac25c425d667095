"""Flow: how far items got, when they were completed, which stage they are in and since when."""

from collections.abc import Iterable, Iterator, Mapping

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.days import NO_DAY, SECOND, local_day_hour
from labelpulse.core.estimate import Estimate
from labelpulse.core.formats import plural
from labelpulse.core.items import ItemView
from labelpulse.metrics.base import DATES, PLACE, Extra, Finish, Group, Metric, Need, single
from labelpulse.metrics.rollups import Contribution, Rollup
from labelpulse.metrics.stages import DONE, OPEN_STAGES, coverage, needed, stage
from labelpulse.stats.quantiles import quantile

HOUR = 3600 * SECOND


def progress_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day of completion, batch): items, required, done, completed, need assumed."""
    if view.item.deleted:
        return
    got = coverage(view)
    day = NO_DAY
    if got.complete:
        day, _ = local_day_hour(got.completed_at, view.rules.timezone)
    assumed = int(needed(view) is None)
    yield (day, view.item.batch), (1, got.required, got.done, int(got.complete), assumed)


def stage_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (stage, batch, hour since 1970 of entry or 0): items."""
    if not view.item.deleted:
        where, since = stage(view)
        yield (where, view.item.batch, 0 if since is None else since // HOUR), (1,)


def open_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (item): 1, and how it stands, of an item that is not done.

    That is its stage, instant of entry or 0, batch, the people who answered, and the labels that
    it needs. There is one row an item, so the sums are the values themselves.
    """
    if not view.item.deleted:
        where, since = stage(view)
        if where != DONE:
            got = coverage(view)
            stands = (where, since or 0, view.item.batch, len(got.times), got.required)
            yield (view.item.id,), (1, *stands)


ROLLUPS = (
    Rollup(schema.item_progress, progress_partials),
    Rollup(schema.stage_now, stage_partials, version=2),
    Rollup(schema.open_items, open_partials, by_item=True),
)

PROGRESS = Need("item_progress")
STAGE = Need("stage_now")
OPEN = Need("stage_now", ("entry_hour",), (("stage", OPEN_STAGES),))
_ITEMS, _REQUIRED, _DONE, COMPLETED, _ASSUMED = range(5)


def _completed(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    sums = group.total(PROGRESS)
    return single(estimate.count(sums[COMPLETED] if sums else 0))


def _assumed(sums: tuple[int, ...]) -> str:
    assumed = sums[_ASSUMED]
    if not assumed:
        return ""
    return (
        f"{assumed:,} of {plural(sums[_ITEMS], 'item', 'items')} without a number of labels "
        "needed: 1 assumed"
    )


def _progress(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    sums = group.total(PROGRESS)
    if not sums or not sums[_REQUIRED]:
        return single(estimate.undefined(0, "there are no items"))
    share = sums[_DONE] / sums[_REQUIRED]
    return single(Estimate(share, None, None, sums[_REQUIRED], _assumed(sums)))


def _remaining(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    sums = group.total(PROGRESS)
    if not sums:
        return single(estimate.count(0))
    return single(estimate.count(sums[_REQUIRED] - sums[_DONE], _assumed(sums)))


def _staged(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    return single(estimate.count(group.first(STAGE)))


def age(hour: int, now: int) -> int:
    """Return the seconds since an entry, which counts as made in the middle of its hour.

    Args:
        hour: since 1970. now: microseconds UTC.
    """
    return max(now // SECOND - hour * 3600 - 1800, 0)


def ages(hours: Mapping[int, int], now: int) -> dict[int, tuple[int, int]]:
    """Return age in seconds -> (items, sum of their ages); unknown entries (hour 0) left out."""
    found: dict[int, tuple[int, int]] = {}
    for hour, n in hours.items():
        if hour:
            old = age(hour, now)
            there = found.get(old, (0, 0))
            found[old] = there[0] + n, there[1] + n * old
    return found


def _age(p: float) -> Finish:
    """Ages of items that are not done."""

    def finish(group: Group) -> Iterable[tuple[Extra, Estimate]]:
        hours = {hour: values[0] for (hour,), values in group.sums(OPEN).items()}
        unknown = hours.get(0, 0)
        value = quantile(ages(hours, group.ask.now), p)
        if value is None:
            why = "entry times unknown" if unknown else "no item is waiting"
            return single(estimate.undefined(0, why))
        left = f"{plural(unknown, 'item', 'items')} with unknown entry left out"
        note = left if unknown else ""
        return single(Estimate(value, None, None, sum(hours.values()) - unknown, note))

    return finish


_KEYS = (*PLACE, "batch")


def _state(name: str, unit: str, need: Need, finish: Finish, counted: str) -> Metric:
    keys = (*_KEYS, "stage") if need.partial == STAGE.partial else _KEYS
    split = () if unit in ("items", "labels") else ("project",)
    return Metric(
        name=name,
        unit=unit,
        counted=counted,
        by=keys,
        where=keys,
        needs=(need,),
        finish=finish,
        split=split,
        joins=bool(split),
        chart="bar",
        state=True,
    )


METRICS = (
    Metric(
        name="items_completed",
        unit="items",
        counted="items",
        by=(*_KEYS, *DATES),
        where=_KEYS,
        needs=(PROGRESS,),
        finish=_completed,
    ),
    _state("progress", "share", PROGRESS, _progress, "required labels"),
    _state("labels_remaining", "labels", PROGRESS, _remaining, "labels"),
    _state("stage_items", "items", STAGE, _staged, "items"),
    _state("stage_age_p50", "s", OPEN, _age(0.5), "items"),
    _state("stage_age_p85", "s", OPEN, _age(0.85), "items"),
)
