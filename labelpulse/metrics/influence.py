"""What a question's headline would be without each person; numpy lives here."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from labelpulse.core import estimate
from labelpulse.core.days import month_start
from labelpulse.core.estimate import Estimate
from labelpulse.metrics import coefficients, geometry, pairs, rankings, vectors
from labelpulse.metrics.answers import Categories, categories
from labelpulse.metrics.arrays import NONE, Ints
from labelpulse.metrics.base import Finish, Group, Sums
from labelpulse.metrics.coefficients import NO_PAIRS, NO_VARIATION
from labelpulse.metrics.fits import Rows
from labelpulse.metrics.headline import headline
from labelpulse.metrics.samples import FLAT, MIN_DAYS, MIN_ITEMS, Drawn, known_days
from labelpulse.metrics.without import ItemTables, Leaving, PairTables, Tally
from labelpulse.stats import agreement
from labelpulse.stats.alphas import alphas
from labelpulse.stats.domain import Domain
from labelpulse.stats.intervals import jackknife

NOBODY = "nobody else answered an item with another"
MANY = 100
"""With more categories than this alpha has no interval here: it would take too long."""

_FINISHES: Mapping[str, Finish] = {
    one.name: one.finish for one in (*coefficients.METRICS, *geometry.METRICS, *rankings.METRICS)
}
_PAIRED = {"match_f1": geometry.PAIRS, "rank_tau": pairs.CELLS}
"""Headlines that are sums over pairs of people, and the sums."""

Found = Iterator[tuple[int, Estimate]]
"""First (0, the headline of everybody), then (annotator id, the headline without them)."""


def agreement_without(group: Group) -> Rows:
    """Return the headline over the answers of all others, person by person.

    It is the metric that `headline` chooses, as if asked on the condition that it is not them.
    """
    lead = headline(group.control.rules.scale).metric
    if why := group.control.rules.refused:
        return [({}, estimate.undefined(0, why))]
    found = _of_pairs(group, lead) if lead in _PAIRED else _of_items(group, lead)
    _, whole = next(found)
    rows = [({"annotator": who}, _told(one, lead, whole)) for who, one in found]
    return rows or [({}, estimate.undefined(whole.n, whole.note))]


def _told(found: Estimate, lead: str, whole: Estimate) -> Estimate:
    """Return an estimate with what it is to be compared with."""
    told = found if found.n else estimate.undefined(0, NOBODY)
    numbers = [one for one in (told.value, whole.value) if isinstance(one, (int, float))]
    difference = numbers[0] - numbers[1] if len(numbers) == 2 else None
    return replace(told, more={}).showing(
        coefficient=lead, headline=whole.value, difference=difference
    )


def _finished(group: Group, lead: str, sums: Sums) -> Estimate:
    """Return a metric of some sums, by its own finish."""
    ((_, found),) = _FINISHES[lead](replace(group, sums=lambda _: sums))
    return found


def _of_pairs(group: Group, lead: str) -> Found:
    """Leave out the pairs that a person is one of."""
    need = _PAIRED[lead]
    whole: dict[tuple[Any, ...], tuple[int, ...]] = {}
    own: dict[int, dict[tuple[Any, ...], tuple[int, ...]]] = {}
    by_pair = replace(need, keep=(*need.keep, "annotator_a", "annotator_b"))
    for (*kept, a, b), values in group.everybody(by_pair).items():
        for sums in (whole, own.setdefault(a, {}), own.setdefault(b, {})):
            there = sums.get(tuple(kept), (0,) * len(values))
            sums[tuple(kept)] = tuple(map(sum, zip(there, values, strict=True)))
    yield 0, _finished(group, lead, whole)
    for who, sums in sorted(own.items()):
        left = {kept: _less(values, sums.get(kept)) for kept, values in whole.items()}
        yield who, _finished(group, lead, {kept: one for kept, one in left.items() if one[0]})


def _less(values: tuple[int, ...], part: tuple[int, ...] | None) -> tuple[int, ...]:
    return values if part is None else tuple(x - y for x, y in zip(values, part, strict=True))


def _of_items(group: Group, lead: str) -> Found:
    """Leave out a person's answers, item by item."""
    matrix = group.matrix()
    left = Leaving(vectors.compared(matrix.answers, matrix.everybody, exact=True), group.ask)
    ids = matrix.answers.annotators
    if lead == "agreement_alpha":
        alpha = _Alpha(group, left)
        yield 0, alpha.number(alpha.tables.whole())
        for who, rows in left.people():
            yield int(ids[who]), alpha.number(alpha.tables.without(rows))
        return
    tables = ItemTables(left)
    yield 0, _finished(group, lead, tables.whole())
    for who, rows in left.people():
        yield int(ids[who]), _finished(group, lead, tables.without(rows))


class _Alpha:
    """Krippendorff's alpha of one question's pairs of categories."""

    def __init__(self, group: Group, left: Leaving) -> None:
        self._group, answers = group, left.one.answers
        index = np.unique(answers.label[left.one.rows])
        self._used = answers.labels[index[index != NONE]].tolist()
        found = self._found = categories(group.control, group.ask, self._used, whole=False)
        category = np.array([found.of.get(one, 0) for one in answers.labels.tolist()], dtype=int)
        days = np.concatenate((left.one.day, left.day_left))
        by_month = group.control.rules.wide and not found.domain.alike
        self.tables = PairTables(
            left,
            *(category, found.domain.q, _months(days) if by_month else days),
            alike=found.domain.alike,
        )

    def number(self, tally: Tally) -> Estimate:
        """Return alpha of a tally, with days as the draws of its interval."""
        table, domain = agreement.tabulate(tally.counts), self._found.domain
        n = round(table.items)
        if why := self._why(tally):
            return estimate.undefined(n, why)
        value = agreement.alpha(table, domain)
        if value is None:
            return estimate.undefined(n, NO_VARIATION if n else NO_PAIRS)
        drawn = _drawn(tally, domain, value) if n >= MIN_ITEMS else Drawn()
        return drawn.estimate(value, n, -1.0).noting(self._found.note)

    def _why(self, tally: Tally) -> str:
        """Say why the answers of a tally cannot be compared; "" when they can."""
        if not self._found.why:
            return ""
        there = {category for _, category, _ in tally.counts}
        used = [one for one in self._used if self._found.of[one] in there]
        left: Categories = categories(self._group.control, self._group.ask, used, whole=False)
        return left.why


def _months(days: Ints) -> Ints:
    """Return the first day of the month of each day."""
    there, index = np.unique(days, return_inverse=True)
    return np.array([month_start(one) for one in there.tolist()], dtype=np.int64)[index]


def _drawn(tally: Tally, domain: Domain, value: float) -> Drawn:
    """Return the jackknife over the days on which items have two answers or more."""
    if tally.parts is None or len(np.unique(tally.first)) > MANY:
        return Drawn()
    some = np.flatnonzero(tally.parts.sum(axis=1) > 0.5)  # an item adds its answers
    if known_days(tally.days[some].tolist()) < MIN_DAYS:
        return Drawn()
    rest = tally.parts.sum(axis=0) - tally.parts[some]
    values = alphas(rest, tally.first, tally.second, domain)
    if np.isnan(values).any() or np.ptp(values) < FLAT:
        return Drawn()
    return Drawn(jackknife(value, values.tolist()), len(some))
