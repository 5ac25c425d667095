"""Self-consistency: people who answered an item again, or an identical one, without knowing it.

Pairs on one item are a sum over items, and kept as one. Pairs between identical items are not:
they are counted from the matrix of answers, in projects that have identical items.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.days import local_day_hour
from labelpulse.core.estimate import Estimate
from labelpulse.core.items import ItemView
from labelpulse.metrics.base import (
    DATES,
    PLACE,
    Extra,
    Group,
    Metric,
    Need,
    Partial,
    of_no_item,
    single,
)
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
            if not row.has_author:  # perhaps several people
                continue
            for (_, a), (at, b) in combinations(row.repeats, 2):
                if a is not None and b is not None:
                    day, _ = local_day_hour(at, view.rules.timezone)
                    yield (day, control, view.item.batch, row.annotator), (1, int(a == b))


def content_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (digest of what it shows,): 1, for an item that is there and whose content is told."""
    if view.item.content and not view.item.deleted:
        yield (view.item.content,), (1,)


ROLLUPS = (
    Rollup(schema.self_repeats, repeat_partials, version=2),
    Rollup(schema.item_content, content_partials),
)
IDENTICAL = "identical_pairs"
"""A person's pairs of answers between identical items, counted as `self_repeats` counts repeats."""
FACTS = (
    Partial(
        IDENTICAL,
        ("day", "control_id", "batch_id", "annotator_id"),
        ("pairs", "alike"),
        of_no_item,
    ),
)
NEEDS = (Need("self_repeats"), Need(IDENTICAL))


def _consistency(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    (repeats, alike), (identical, alike_too) = (group.total(one) or (0, 0) for one in NEEDS)
    pairs, why = repeats + identical, group.control.unlike()
    if why or not pairs:
        why = why or "nobody answered an item or an identical one twice"
        return single(estimate.undefined(0, why).showing(repeats=0, identical=0))
    alike += alike_too
    found = estimate.estimate(alike / pairs, wilson(alike, pairs), pairs)
    return single(found.showing(repeats=repeats, identical=identical))


_KEYS = (*PLACE, "control", "team", "batch", "annotator")
METRICS = (
    Metric(
        name="self_consistency",
        unit="share",
        counted="pairs of answers",
        by=(*_KEYS, *DATES),
        where=_KEYS,
        needs=NEEDS,
        finish=_consistency,
        split=("project", "control"),
        joins=True,
        min_n=20,
        on_control=True,
        version=2,
    ),
)
