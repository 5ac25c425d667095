"""Accuracy: people's first answers against the known ones."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.days import NO_DAY, local_day_hour
from labelpulse.core.estimate import Estimate
from labelpulse.core.formats import percent, plural
from labelpulse.core.items import ItemView
from labelpulse.metrics.answers import answer_of, label_name
from labelpulse.metrics.base import DATES, PLACE, Extra, Group, Metric, Need, single
from labelpulse.metrics.rollups import Contribution, Rollup
from labelpulse.metrics.samples import MIN_DAYS, MIN_ITEMS
from labelpulse.stats.homogeneity import p_alike
from labelpulse.stats.intervals import wilson, wilson_of_draws


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
OF_FIRST = frozenset({schema.gold_confusion.name, schema.gold_geometry.name})
"""Partials of first answers: whether these were assisted is asked of a person's first try."""

EXPOSURES = Need("gold_confusion", ("gold_label", "label_id"))
DAILY = Need("gold_confusion", ("day", "gold_label", "label_id"))

DIFFER = 0.01
"""Days that differ so much happen less often than this by chance; then a note says so."""

ByDay = Mapping[int, tuple[int, int]]
"""Day -> right first answers, first answers."""


def _against_gold(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    @cache
    def judged(known: int, given: int) -> tuple[str, bool]:
        truth, said = (answer_of(group.control, group.ask, one) for one in (known, given))
        return label_name(truth), truth == said

    found: dict[str, dict[int, tuple[int, int]]] = {}
    for (day, known, given), (n,) in group.sums(DAILY).items():
        label, alike = judged(known, given)
        if group.ask.keeps(label):
            days = found.setdefault(label if group.ask.by_label else "", {})
            right, every = days.get(day, (0, 0))
            days[day] = right + n * alike, every + n
    if group.ask.by_label:
        return [({"label": label}, _share(days)) for label, days in found.items()]
    if not found:
        none = estimate.undefined(0, why_none(group))
        return single(none.showing(low_days=None, high_days=None))
    return single(_share(found[""]))


def _share(days: ByDay) -> Estimate:
    right, n = (sum(values) for values in zip(*days.values(), strict=True))
    found = estimate.estimate(right / n, wilson(right, n), n)
    if NO_DAY in days or n < MIN_ITEMS:
        return found.showing(low_days=None, high_days=None)
    differ = p_alike(days.values()) < DIFFER
    if len(days) < MIN_DAYS:
        few = (
            f"days differ more than chance: {plural(len(days), 'day', 'days')} are too few to "
            "tell how much"
        )
        return found.noting(few if differ else "").showing(low_days=None, high_days=None)
    without = [(right - hits) / (n - answers) for hits, answers in days.values()]
    low, high = wilson_of_draws(right / n, without, n)
    between = (
        f"days differ more than chance: {percent(low, gap=' ')} to {percent(high, gap=' ')} "
        "with days as the draws"
    )
    shown = found.noting(between if differ else "").showing(low_days=low, high_days=high)
    return replace(shown, draws=len(days))


def why_none(group: Group) -> str:
    """Say why nothing can be compared with known answers."""
    return group.control.unlike() or nothing_known(group)


def nothing_known(group: Group) -> str:
    """Say why there are no first answers to known ones."""
    if group.gold == "none":
        return "no gold is chosen for this project"
    return "nobody answered an item with gold"


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
        joins=True,
        takes=("merge",),
        on_control=True,
    ),
    Metric(
        name="gold_accuracy",
        unit="share",
        counted="first answers to gold",
        by=(*KEYS, *DATES),
        where=KEYS,
        needs=(DAILY,),
        finish=_against_gold,
        split=("project", "control"),
        joins=True,
        min_n=20,
        takes=("merge",),
        on_control=True,
        evidence=EXPOSURES,
    ),
)
