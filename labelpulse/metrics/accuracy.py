"""Accuracy: people's first answers against the known ones."""

from collections.abc import Iterable, Iterator

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.days import local_day_hour
from labelpulse.core.estimate import Estimate
from labelpulse.core.items import ItemView
from labelpulse.metrics.answers import answer_of, label_name
from labelpulse.metrics.base import DATES, PLACE, Extra, Group, Metric, Need, single
from labelpulse.metrics.rollups import Contribution, Rollup
from labelpulse.stats.intervals import wilson


def gold_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day of the answer, control, annotator, gold label, label given): 1."""
    for control, gold in view.gold.items():
        rules = view.rules.controls.get(control)
        if rules is None or not rules.exact:
            continue
        for row in view.countable.get(control, ()):
            if row.first_label is not None:
                day, _ = local_day_hour(row.first_at, view.rules.timezone)
                yield (day, control, row.annotator, gold, row.first_label), (1,)


ROLLUPS = (Rollup(schema.gold_confusion, gold_partials),)
OF_FIRST = frozenset(one.name for one in ROLLUPS)
"""Partials of first answers: whether these were assisted is asked of a person's first try."""

EXPOSURES = Need("gold_confusion", ("gold_label", "label_id"))


def _against_gold(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    exposed: dict[str, int] = {}
    right: dict[str, int] = {}
    for (known, given), values in group.sums(EXPOSURES).items():
        truth = answer_of(group.control, group.ask, known)
        label, n = label_name(truth), values[0]
        if group.ask.keeps(label):
            exposed[label] = exposed.get(label, 0) + n
            alike = truth == answer_of(group.control, group.ask, given)
            right[label] = right.get(label, 0) + n * alike
    if group.ask.by_label:
        return [({"label": label}, _share(right[label], n)) for label, n in exposed.items()]
    if not exposed:
        return single(estimate.undefined(0, why_none(group)))
    return single(_share(sum(right.values()), sum(exposed.values())))


def _share(right: int, n: int) -> Estimate:
    return estimate.estimate(right / n, wilson(right, n), n)


def why_none(group: Group) -> str:
    """Say why nothing can be compared with known answers."""
    if group.gold == "none":
        return group.control.unlike() or "no gold is chosen for this project"
    return group.control.unlike() or "nobody answered an item with gold"


KEYS = (*PLACE, "control", "team", "batch", "annotator", "assisted", "label")


def _exposures(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    found: dict[str, int] = {}
    for (known, _), (n,) in group.sums(EXPOSURES).items():
        label = label_name(answer_of(group.control, group.ask, known))
        if group.ask.keeps(label):
            found[label] = found.get(label, 0) + n
    if group.ask.by_label:
        return [({"label": label}, estimate.count(n)) for label, n in found.items()]
    if not found:
        return single(estimate.count(0, why_none(group)))
    return single(estimate.count(sum(found.values())))


METRICS = (
    Metric(
        name="gold_exposures",
        unit="answers",
        counted="first answers to gold",
        by=(*KEYS, *DATES),
        where=KEYS,
        needs=(EXPOSURES,),
        finish=_exposures,
        split=("project", "control"),
        takes=("merge",),
        on_control=True,
    ),
    Metric(
        name="gold_accuracy",
        unit="share",
        counted="first answers to gold",
        by=(*KEYS, *DATES),
        where=KEYS,
        needs=(EXPOSURES,),
        finish=_against_gold,
        split=("project", "control"),
        min_n=20,
        takes=("merge",),
        on_control=True,
    ),
)
