"""Agreement metrics of items: percent, alpha, Fleiss, AC1, Brennan-Prediger, coverage."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import fsum, log

from labelpulse.core import estimate
from labelpulse.core.estimate import Estimate
from labelpulse.core.events import Scale
from labelpulse.metrics.agreement import BILLION
from labelpulse.metrics.answers import Answer, Categories
from labelpulse.metrics.base import DATES, PLACE, Extra, Finish, Group, Metric, Need, single
from labelpulse.metrics.samples import (
    FLAT,
    ITEM_LABELS,
    ITEMS,
    LABELS,
    MIN_DAYS,
    MIN_ITEMS,
    Drawn,
    Sample,
    against_rest,
    interval,
    known_days,
    numbered,
    of_items,
    sample,
    score_interval,
)
from labelpulse.stats import agreement as formulas
from labelpulse.stats.agreement import Table
from labelpulse.stats.domain import Domain, weight
from labelpulse.stats.intervals import effective_n, jackknife, wilson
from labelpulse.stats.leaving import Coefficient

NO_PAIRS = "no item has two answers"
NO_VARIATION = "no variation: all answers are the same"
NO_SETS = "the number of possible sets is unknown: use agreement_alpha"


@dataclass(frozen=True, slots=True)
class Kind:
    """A coefficient: its formula, what it needs of the answers, and where it stops.

    Attributes:
        scaled: answers compare by their scale (else exactly).
        whole: the number of possible categories matters.
        ranked: on ordinal scales the ranks of labels matter, so those that never occur do too.
        lowest: the least value that its interval may show.
        sets: makes sense for sets of options.
    """

    formula: Coefficient
    scaled: bool = True
    whole: bool = False
    ranked: bool = False
    lowest: float = -1.0
    sets: bool = True


def _mean_weight(table: Table, domain: Domain) -> float | None:
    return formulas.percent(table, domain, weight(domain))


def _finish(kind: Kind) -> Finish:
    def finish(group: Group) -> Iterable[tuple[Extra, Estimate]]:
        why = group.control.unlike() or group.control.unlabeled()
        if why:
            return single(estimate.undefined(_two_or_more(group), why))
        if group.control.is_set and not kind.sets and not group.ask.by_label:
            why = NO_SETS
            return single(estimate.undefined(_two_or_more(group), why))
        return _numbers(group, kind)

    return finish


def _numbers(group: Group, kind: Kind) -> Iterable[tuple[Extra, Estimate]]:
    ordinal = group.control.rules.scale == Scale.ORDINAL
    found = numbered(group, whole=kind.whole or (kind.ranked and ordinal))
    if group.ask.by_label:
        return (
            ({"label": label}, _number(group, kind, counted))
            for label, counted in _each_label(group, found)
        )
    if group.ask.wanted is not None:
        return single(_number(group, kind, _some_labels(group, found)))
    if found.why and kind.scaled:
        return single(estimate.undefined(_two_or_more(group), found.why))
    exact = found.domain.alike or not kind.scaled
    counted = sample(group, found, paired=bool(group.ask.merge) or not exact)
    return single(_number(group, kind, counted).noting(found.note if kind.scaled else ""))


def _number(group: Group, kind: Kind, counted: Sample) -> Estimate:
    value = kind.formula(counted.table, counted.domain)
    if value is None:
        why = NO_VARIATION if counted.items else NO_PAIRS
        return estimate.undefined(counted.items, why)
    between = score_interval if kind.lowest == 0 else interval
    return between(group, counted, kind.formula, value).estimate(value, counted.items, kind.lowest)


def _each_label(group: Group, found: Categories) -> Iterable[tuple[str, Sample]]:
    """Each label against the rest; a set's options one by one."""
    if group.control.is_set:
        options = sorted({option for answer in found.answers for option in answer})
        for option in filter(group.ask.keeps, options):
            yield option, sample(group, found, paired=True, regroup=_lacks({option}))
        return
    whole = None if group.ask.merge else sample(group, found, paired=False)
    for at in sorted(set(found.of.values())):
        label = found.names[at]
        if not group.ask.keeps(label):
            continue
        if whole is None:
            yield label, sample(group, found, paired=True, regroup=_lacks({label}))
        else:
            yield label, against_rest(whole, at)


def _some_labels(group: Group, found: Categories) -> Sample:
    """The labels that `where` keeps, as one, against the rest."""
    options = {option for answer in found.answers for option in _options(answer)}
    kept = set(filter(group.ask.keeps, options))
    return sample(group, found, paired=True, regroup=_lacks(kept))


def _options(answer: Answer) -> Iterable[str]:
    return (answer,) if isinstance(answer, str) else answer


def _lacks(labels: set[str]) -> Callable[[Answer], int]:
    return lambda answer: int(labels.isdisjoint(_options(answer)))


# --- percent agreement as it is mostly asked for: from the items' own sums ---


def _two_or_more(group: Group) -> int:
    return sum(values[0] for (_, m), values in group.sums(ITEMS).items() if m > 1)


def _percent(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    ask = group.ask
    if ask.by_label or ask.wanted or ask.merge or (ask.distance and group.control.is_set):
        scaled = bool(ask.distance) and group.control.is_set
        return _finish(_BY_DISTANCE if scaled else _EXACT)(group)
    return single(_exact_percent(group))


def _exact_percent(group: Group) -> Estimate:
    sums = {key: values for key, values in group.sums(ITEMS).items() if key[1] > 1}
    n, why = sum(values[0] for values in sums.values()), group.control.unlike()
    if why or not n:
        return estimate.undefined(n, why or NO_PAIRS)
    by_m: dict[int, list[int]] = {}
    days: dict[int, list[float]] = {}
    for (day, m), (items, alike, alike_squared, *_) in sorted(sums.items()):
        whole = by_m.setdefault(m, [0, 0, 0])
        by_m[m] = [whole[0] + items, whole[1] + alike, whole[2] + alike_squared]
        part = days.setdefault(day, [0.0, 0.0])
        days[day] = [part[0] + alike / (m * (m - 1)), part[1] + items]
    value = fsum(alike / (m * (m - 1)) for m, (_, alike, _) in by_m.items()) / n
    squares = fsum(square / (m * (m - 1)) ** 2 for m, (_, _, square) in by_m.items())
    pairs = sum(items * m * (m - 1) / 2 for m, (items, _, _) in by_m.items())
    variance = max(squares - n * value * value, 0.0) / max(n - 1, 1)
    size = effective_n(value, variance, n, pairs)
    return _mean_interval(group, value, n, days, size).estimate(value, n, 0.0)


def _mean_interval(
    group: Group, value: float, n: int, days: Mapping[int, list[float]], size: float
) -> Drawn:
    """Return the interval of a mean over items, from its sum and the items of each day."""
    if n < MIN_ITEMS:
        return Drawn()
    if known_days(days) >= MIN_DAYS:
        total = value * n
        without = [(total - own) / (n - items) for own, items in days.values()]
        if max(without) - min(without) > FLAT:
            return Drawn(jackknife(value, without), len(days))
    return of_items(wilson(value * size, size), group.ask, days)


def _coverage(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    sums = group.sums(_ITEMS_BY_M)
    n = sum(values[0] for values in sums.values())
    if not n:
        return single(estimate.undefined(0, "no item has an answer"))
    two = sum(values[0] for (m,), values in sums.items() if m > 1)
    return single(Estimate(two / n, None, None, n))


def _entropy(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    """Mean over items of -Σ p ln p / ln q, where q labels are possible."""
    n, why = _two_or_more(group), group.control.unlike() or group.control.unlabeled()
    if group.control.is_set:
        why = NO_SETS
    found = None if why else numbered(group, whole=True)
    if found is None or n == 0:
        return single(estimate.undefined(n, why or NO_PAIRS))
    if found.domain.q < 2:
        alone = "there is a single label, so that nothing can differ"
        return single(estimate.undefined(n, alone))
    most = log(found.domain.q) * BILLION
    days: dict[int, list[float]] = {}
    for (day, m), values in group.sums(ITEMS).items():
        if m > 1:
            part = days.setdefault(day, [0.0, 0.0])
            days[day] = [part[0] + values[4] / most, part[1] + values[0]]
    value = fsum(total for total, _ in days.values()) / n
    enough = known_days(days) >= MIN_DAYS
    drawn = _mean_interval(group, value, n, days, n) if enough else Drawn()
    return single(drawn.estimate(value, n, 0.0).noting(found.note))


_ITEMS_BY_M = Need("agree_items", ("m",))
_EXACT = Kind(formulas.percent, scaled=False, lowest=0.0)
_BY_DISTANCE = Kind(_mean_weight, lowest=0.0)
_ALPHA = Kind(formulas.alpha)
_FLEISS = Kind(formulas.fleiss, ranked=True)
_AC1 = Kind(formulas.ac1, whole=True, sets=False)
_BP = Kind(formulas.brennan_prediger, whole=True, sets=False)
_BY = (*PLACE, "control", "batch", "assisted", *DATES)
_WHERE = (*PLACE, "control", "batch", "team", "annotator", "assisted")


def _agreement(name: str, unit: str, need: Need, finish: Finish, *takes: str) -> Metric:
    return Metric(
        name=name,
        unit=unit,
        counted="items with two answers",
        by=(*_BY, "label"),
        where=(*_WHERE, "label"),
        needs=(need,),
        finish=finish,
        split=("project", "control"),
        joins=True,
        min_n=20,
        takes=("merge", *takes),
        on_control=True,
        evidence=replace(ITEM_LABELS, keep=("day", "labels")),
    )


METRICS = (
    _agreement("agreement_percent", "share", ITEMS, _percent, "distance"),
    _agreement("agreement_alpha", "alpha", LABELS, _finish(_ALPHA), "distance"),
    _agreement("agreement_fleiss", "kappa", LABELS, _finish(_FLEISS), "distance"),
    _agreement("agreement_ac1", "AC1", LABELS, _finish(_AC1)),
    _agreement("agreement_bp", "kappa", LABELS, _finish(_BP)),
    Metric(
        name="agreement_entropy",
        unit="share",
        counted="items with two answers",
        by=_BY,
        where=_WHERE,
        needs=(ITEMS, LABELS),
        finish=_entropy,
        split=("project", "control"),
        joins=True,
        min_n=20,
        on_control=True,
    ),
    Metric(
        name="agreement_coverage",
        unit="share",
        counted="items with an answer",
        by=_BY,
        where=_WHERE,
        needs=(_ITEMS_BY_M,),
        finish=_coverage,
        split=("project", "control"),
        joins=True,
        min_n=20,
        on_control=True,
    ),
)
