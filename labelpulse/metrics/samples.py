"""From rollup sums to tables of answers: whole, by day, by item; and intervals from them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from labelpulse.core import estimate
from labelpulse.core.days import NO_DAY, month_start
from labelpulse.core.estimate import Estimate
from labelpulse.core.formats import plural
from labelpulse.metrics.answers import Answer, Categories, categories
from labelpulse.metrics.base import Ask, Group, Need
from labelpulse.stats import agreement as coefficients
from labelpulse.stats.agreement import Counts, Table, counts_of, tabulate
from labelpulse.stats.domain import OTHER, Domain
from labelpulse.stats.intervals import (
    Interval,
    clipped,
    jackknife,
    jackknife_weighted,
    wilson_of_scores,
)
from labelpulse.stats.leaving import Coefficient, left_out

ITEMS = Need("agree_items", ("day", "m"))
LABELS = Need("agree_labels", ("day", "m", "label_id"))
PAIRS = Need("agree_pairs", ("day", "m", "label_a", "label_b"))
ITEM_LABELS = Need("item_labels", ("labels",))
ALL_ITEMS = Need("agree_items")

MIN_ITEMS = 20
"""No interval below this many items: it would promise more than it can hold."""
MIN_DAYS = 5
"""Fewer days than this say too little about how days differ; then items are the draws.

From 5 on intervals hold what they promise whether days differ or not: docs/validation.md.
"""
MAX_ITEMS = 5_000
"""Items are read one by one for an interval up to this many in the whole query."""
FLAT = 1e-12
"""Where leaving out any part changes nothing, parts say nothing about how sure a number is."""

Composition = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A 95 % interval, and what its draws are.

    Attributes:
        ends: None = there is none.
        days: how many days are the draws; 0 = items are.
        note: what the interval cannot see.
    """

    ends: Interval | None = None
    days: int = 0
    note: str = ""

    def estimate(self, value: float, n: int, lowest: float) -> Estimate:
        """Return a value of `lowest` to 1 with this interval."""
        ends = None if self.ends is None else clipped(self.ends, lowest, 1.0)
        found = estimate.estimate(value, ends, n, self.note)
        return replace(found, draws=self.days)


def known_days(days: Iterable[int]) -> int:
    """Return how many days there are; work of unknown time is of none."""
    return len(set(days) - {NO_DAY})


def over_days(days: Mapping[int, tuple[int, int]], n: int, value: float) -> Interval | None:
    """Return the jackknife over days; None below 5 days or n of 20, or where one has all.

    Args:
        days: day -> numerator and denominator of a share there.
    """
    parts = {day: part for day, part in days.items() if part[1]}
    if known_days(parts) < MIN_DAYS or n < MIN_ITEMS:
        return None
    top, bottom = (sum(column) for column in zip(*parts.values(), strict=True))
    without = [(top - a) / (bottom - b) for a, b in parts.values()]
    if max(without) - min(without) < FLAT:
        return None
    return clipped(jackknife(value, without), 0.0, 1.0)


def of_items(
    ends: Interval | None, ask: Ask, days: Iterable[int], *, months: bool = False
) -> Drawn:
    """Return an interval with items as the draws, and say that it is blind to how days differ.

    Nothing is said where one day is what was asked for, where times are unknown, and from MIN_DAYS
    days on, which then do not differ.

    Args:
        days: ordinals of the days with items. months: they stand for months.
    """
    known = known_days(days)
    one_day = "day" in ask.by or (ask.since is not None and ask.since == ask.until)
    if ends is None or one_day or not 0 < known < MIN_DAYS:
        return Drawn(ends)
    unit = "month" if months else "day"
    few = f"{plural(known, unit)} {'is' if known == 1 else 'are'} too few"
    return Drawn(ends, note=f"interval of items: {few} to tell how {unit}s differ")


@dataclass(frozen=True, slots=True)
class Sample:
    """Answers to one question, counted.

    Attributes:
        parts: counts by day (by month for the pairs of controls with over 50 labels).
        total: their sum; table: the same, ready for coefficients.
        paired: pairs of different labels are told apart (else they stand as OTHER).
        regroup: answer -> category, where that is not the answer itself.
    """

    categories: Categories
    domain: Domain
    parts: Mapping[int, Counts]
    total: Counts
    table: Table
    paired: bool
    regroup: Callable[[Answer], int] | None = None

    @property
    def items(self) -> int:
        """Items with two or more answers."""
        return round(self.table.items)

    def category(self, label: int) -> int:
        """Return the category of a label id."""
        at = self.categories.of[label]
        return at if self.regroup is None else self.regroup(self.categories.answers[at])


def numbered(group: Group, *, whole: bool) -> Categories:
    """Number the answers of a group; `whole` when it matters how many there could be."""
    used = {label for _, _, label in group.sums(LABELS)}
    return categories(group.control, group.ask, used, whole=whole)


def sample(
    group: Group,
    found: Categories,
    *,
    paired: bool,
    regroup: Callable[[Answer], int] | None = None,
) -> Sample:
    """Count the answers of a group.

    Args:
        paired: tell pairs of different labels apart (scales, sets, merging and regrouping).
        regroup: answer -> 0 or 1: one label, or a few, against the rest.
    """
    labels = group.sums(LABELS)
    pairs = group.sums(PAIRS) if paired else {}
    of = found.of
    if regroup is not None:
        of = {one: regroup(found.answers[at]) for one, at in found.of.items()}
    coarse = month_start if paired and group.control.rules.wide else _same_day
    parts: dict[int, Counter[tuple[int, int, int]]] = {}
    for (day, m, label), (n, alike) in labels.items():
        part, c = parts.setdefault(coarse(day), Counter()), of[label]
        part[m, c, c] += n if m == 1 else alike
        if not paired and m > 1 and n * (m - 1) > alike:
            part[m, c, OTHER] += n * (m - 1) - alike
    for (day, m, a, b), (n,) in pairs.items():
        part, c, k = parts.setdefault(coarse(day), Counter()), of[a], of[b]
        part[m, c, k] += n
        part[m, k, c] += n
    domain = found.domain if regroup is None else Domain("nominal", 2)
    return _made(found, domain, parts, paired, regroup)


def _same_day(day: int) -> int:
    return day


def _made(
    found: Categories,
    domain: Domain,
    parts: Mapping[int, Counts],
    paired: bool,
    regroup: Callable[[Answer], int] | None = None,
) -> Sample:
    total = coefficients.add_counts(parts.values())
    return Sample(found, domain, parts, total, tabulate(total), paired, regroup)


def against_rest(whole: Sample, category: int) -> Sample:
    """Return one category against all the others, from a sample without pairs."""
    parts = {
        day: coefficients.one_against_rest(counts, category) for day, counts in whole.parts.items()
    }

    def regroup(answer: Answer) -> int:
        return int(answer != whole.categories.answers[category])

    found = _made(whole.categories, Domain("nominal", 2), parts, True, regroup)
    return replace(found, paired=True)


def interval(group: Group, counted: Sample, coefficient: Coefficient, value: float) -> Drawn:
    """Return the 95 % interval of a coefficient: days as draws, else items; none below 20 items."""
    if counted.items < MIN_ITEMS:
        return Drawn()
    by_day = _by_days(counted, coefficient, value)
    if by_day is not None:
        return by_day
    items = compositions(group, counted)
    if not items:
        return Drawn()
    parts = [_counts(composition, counted.paired) for composition, _ in items]
    values = left_out(counted.table, parts, coefficient, counted.domain)
    if values is None or max(values) - min(values) < FLAT:
        return Drawn()
    ends = jackknife_weighted(value, zip(values, (n for _, n in items), strict=True))
    return _of_items(ends, group, counted)


def _of_items(ends: Interval | None, group: Group, counted: Sample) -> Drawn:
    by_month = counted.paired and group.control.rules.wide
    return of_items(ends, group.ask, _shared(counted), months=by_month)


def _shared(counted: Sample) -> dict[int, Counts]:
    """Return the parts in which items have two answers or more."""
    return {day: part for day, part in counted.parts.items() if any(m > 1 for m, _, _ in part)}


def _counts(composition: Composition, paired: bool) -> Counts:
    """Return the counts of an item, in the form of those of its sample."""
    found: Counter[tuple[int, int, int]] = Counter()
    for (m, c, k), n in counts_of(Counter(composition)).items():
        found[m, c, k if paired or c == k else OTHER] += n
    return found


def _by_days(counted: Sample, coefficient: Coefficient, value: float) -> Drawn | None:
    shared = _shared(counted)
    days = list(shared.values())
    if known_days(shared) < MIN_DAYS:
        return None
    values = left_out(counted.table, days, coefficient, counted.domain)
    if values is None or max(values) - min(values) < FLAT:
        return None
    return Drawn(jackknife(value, values), len(days))


def score_interval(group: Group, counted: Sample, coefficient: Coefficient, value: float) -> Drawn:
    """Return the interval of a mean of item scores in 0-1: days, else Wilson over the items."""
    if counted.items < MIN_ITEMS:
        return Drawn()
    by_day = _by_days(counted, coefficient, value)
    items = None if by_day is not None else compositions(group, counted)
    if items is None:
        return by_day or Drawn()
    scores = []
    for composition, n in items:
        score = coefficient(tabulate(counts_of(Counter(composition))), counted.domain)
        scores.append((score or 0.0, n))
    return _of_items(wilson_of_scores(scores, _pairs_behind(counted)), group, counted)


def _pairs_behind(counted: Sample) -> float:
    return sum(n for (m, _, _), n in counted.total.items() if m > 1) / 2


def compositions(group: Group, counted: Sample) -> list[tuple[Composition, int]] | None:
    """Return (categories of an item, how many such items) for items with two answers or more.

    Items of two answers are known from their pairs; others are counted from the matrix, which is
    done for small queries only. None where neither holds.
    """
    two_only = all(m <= 2 for m, _, _ in counted.total)
    if two_only and counted.paired:
        return _items_of_two(counted.total)
    if two_only and not group.control.rules.wide:
        return _items_of_two(sample(group, counted.categories, paired=True).total)
    if group.overall(ALL_ITEMS) > MAX_ITEMS:
        return None
    found: Counter[Composition] = Counter()
    for (labels,), values in _item_labels(group):
        found[tuple(sorted(map(counted.category, labels)))] += values[0]
    return [(composition, n) for composition, n in sorted(found.items()) if len(composition) > 1]


def _item_labels(group: Group) -> Iterable[tuple[tuple[Any, ...], tuple[int, ...]]]:
    return group.sums(ITEM_LABELS).items()


def _items_of_two(total: Counts) -> list[tuple[Composition, int]]:
    return [
        ((c, k), n // 2 if c == k else n)
        for (m, c, k), n in sorted(total.items())
        if m == 2 and c <= k
    ]
