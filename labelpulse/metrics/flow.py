"""Flow: how far items got, when they were completed, which stage they are in and since when."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.days import NO_DAY, SECOND, local_day_hour
from labelpulse.core.estimate import Estimate
from labelpulse.core.items import DRAFT, PERSON, ItemView
from labelpulse.core.words import plural
from labelpulse.metrics.base import DATES, PLACE, Extra, Finish, Group, Metric, Need, single
from labelpulse.metrics.rollups import Contribution, Rollup
from labelpulse.stats.quantiles import quantile

STAGES = ("waiting", "started", "waiting_for_labels", "review", "done", "blocked")
WAITING, STARTED, WAITING_FOR_LABELS, REVIEW, DONE, BLOCKED = range(len(STAGES))
HOUR = 3600 * SECOND


class Coverage(NamedTuple):
    """How many different people answered an item, against how many it needs.

    Attributes:
        times: each person's first submission, earliest first, unknown last.
    """

    required: int
    times: list[int | None]

    @property
    def done(self) -> int:
        """Labels that count towards the need."""
        return min(len(self.times), self.required)

    @property
    def complete(self) -> bool:
        """True when nothing more is needed."""
        return len(self.times) >= self.required


def coverage(view: ItemView) -> Coverage:
    """Return the coverage of an item, worked out once; an unknown need counts as one label."""
    found: Coverage | None = view.memo.get("coverage")
    if found is None:
        found = view.memo["coverage"] = _cover(view)
    return found


def _cover(view: ItemView) -> Coverage:
    first: dict[int, int | None] = {}
    for one in view.submitted:
        known = first.get(one.annotator)
        at = one.submitted_at
        if one.annotator not in first or (at is not None and (known is None or at < known)):
            first[one.annotator] = at
    timed = sorted([at for at in first.values() if at is not None])
    times = [*timed, *[None] * (len(first) - len(timed))]
    required = view.item.required
    return Coverage(1 if required is None else max(required, 1), times)


def progress_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day of completion, batch): items, required, done, completed, need assumed."""
    if view.item.deleted:
        return
    got = coverage(view)
    day = NO_DAY
    if got.complete:
        day, _ = local_day_hour(got.times[got.required - 1], view.rules.timezone)
    assumed = int(view.item.required is None)
    yield (day, view.item.batch), (1, got.required, got.done, int(got.complete), assumed)


def stage(view: ItemView) -> tuple[int, int | None]:
    """Return (stage, instant of entry or None) of an item."""
    got = coverage(view)
    if got.complete:
        return DONE, got.times[got.required - 1]
    if got.times:
        return WAITING_FOR_LABELS, got.times[len(got.times) - 1]
    drafts = [a for a in view.item.annotations if a.status == DRAFT and not a.deleted]
    if drafts:
        return STARTED, _least([a.touched_at for a in drafts if a.origin == PERSON])
    if view.live:
        return BLOCKED, _greatest([a.submitted_at for a in view.live])
    return WAITING, view.item.created_at


def _least(times: list[int | None]) -> int | None:
    return min((at for at in times if at is not None), default=None)


def _greatest(times: list[int | None]) -> int | None:
    return max((at for at in times if at is not None), default=None)


def stage_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (stage, batch, hour since 1970 of entry or 0): items."""
    if not view.item.deleted:
        where, since = stage(view)
        yield (where, view.item.batch, 0 if since is None else since // HOUR), (1,)


ROLLUPS = (
    Rollup(schema.item_progress, progress_partials),
    Rollup(schema.stage_now, stage_partials),
)

PROGRESS = Need("item_progress")
STAGE = Need("stage_now")
OPEN = Need(
    "stage_now", ("entry_hour",), (("stage", (WAITING, STARTED, WAITING_FOR_LABELS, REVIEW)),)
)
_ITEMS, _REQUIRED, _DONE, COMPLETED, _ASSUMED = range(5)


def _completed(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    sums = group.total(PROGRESS)
    return single(estimate.count(sums[COMPLETED] if sums else 0))


def _assumed(sums: tuple[int, ...]) -> str:
    assumed = sums[_ASSUMED]
    if not assumed:
        return ""
    items = plural(sums[_ITEMS], "item")
    return f"{assumed:,} of {items} without a number of labels needed: 1 assumed"


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


def _age(p: float) -> Finish:
    """Ages of items that are not done; an entry counts as made in the middle of its hour."""

    def finish(group: Group) -> Iterable[tuple[Extra, Estimate]]:
        hours = {hour: values[0] for (hour,), values in group.sums(OPEN).items()}
        unknown = hours.pop(0, 0)
        now = group.ask.now // SECOND
        ages: dict[int, tuple[int, int]] = {}
        for hour, n in hours.items():
            age = max(now - hour * 3600 - 1800, 0)
            ages[age] = n, n * age
        value = quantile(ages, p)
        if value is None:
            why = "entry times unknown" if unknown else "no item is waiting"
            return single(estimate.undefined(0, why))
        note = f"{plural(unknown, 'item')} with unknown entry left out" if unknown else ""
        return single(Estimate(value, None, None, sum(hours.values()), note))

    return finish


_KEYS = (*PLACE, "batch")


def _state(name: str, unit: str, need: Need, finish: Finish, counted: str) -> Metric:
    keys = (*_KEYS, "stage") if need.partial == STAGE.partial else _KEYS
    split = () if unit in ("items", "labels") else ("project",)
    return Metric(name, unit, counted, keys, keys, (need,), finish, split, chart="bar", state=True)


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
