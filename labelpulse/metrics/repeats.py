"""Self-consistency: people who answered an item again without knowing it."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.days import local_day_hour
from labelpulse.core.estimate import Estimate
from labelpulse.core.items import ItemView
from labelpulse.metrics.base import DATES, PLACE, Extra, Group, Metric, Need, single
from labelpulse.metrics.rollups import Contribution, Rollup
from labelpulse.stats.intervals import wilson


def repeat_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day of the later answer, control, batch, annotator): pairs of answers, alike ones.

    Every submission is an annotation of its own, so that an edit is no second answer.
    """
    for control, rows in view.countable.items():
        rules = view.rules.controls.get(control)
        if rules is None or not rules.exact:
            continue
        for row in rows:
            for (_, a), (at, b) in combinations(row.repeats, 2):
                if a is not None and b is not None:
                    day, _ = local_day_hour(at, view.rules.timezone)
                    yield (day, control, view.item.batch, row.annotator), (1, int(a == b))


ROLLUPS = (Rollup(schema.self_repeats, repeat_partials),)
REPEATS = Need("self_repeats")


def _consistency(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    why = group.control.unlike()
    pairs, alike = group.total(REPEATS) or (0, 0)
    if why or not pairs:
        return single(estimate.undefined(0, why or "nobody answered an item twice"))
    return single(estimate.estimate(alike / pairs, wilson(alike, pairs), pairs))


_KEYS = (*PLACE, "control", "team", "batch", "annotator")
METRICS = (
    Metric(
        name="self_consistency",
        unit="share",
        counted="pairs of answers",
        by=(*_KEYS, *DATES),
        where=_KEYS,
        needs=(REPEATS,),
        finish=_consistency,
        split=("project", "control"),
        min_n=20,
        on_control=True,
    ),
)
