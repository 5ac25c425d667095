"""Accuracy on shapes, spans and texts: people's first answers matched with the known ones.

What a first answer and the known one have in common is worked out as between two people
(`pair_geometry`), and adds to sums by person, so that means of any group come from sums.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.days import local_day_hour
from labelpulse.core.estimate import Estimate
from labelpulse.core.events import MATCHED, Scale
from labelpulse.core.formats import plural
from labelpulse.core.items import ItemView
from labelpulse.metrics.accuracy import nothing_known
from labelpulse.metrics.agreement import BILLION
from labelpulse.metrics.base import DATES, PLACE, Extra, Finish, Group, Metric, Need, single
from labelpulse.metrics.geometry import MILLION, PLACED, Facts, Pairs, measured, share
from labelpulse.metrics.rollups import Contribution, Rollup
from labelpulse.metrics.samples import MIN_DAYS, MIN_ITEMS, known_days, over_days
from labelpulse.stats.intervals import Interval, effective_n, wilson

UNREAD: Facts = (1, 1, 0, 0, 0, 0, 0, 0, 0, 0)
"""The sums of an answer that cannot be compared with the known one."""


def gold_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day of the answer, control, batch, annotator, assisted): first answer against gold.

    The sums: first answers; those that cannot be compared; those where neither they nor the known
    answer has anything; F1 in billionths; its square in billionths; objects that match in place
    and label; in place, whatever the label; known objects; objects given; IoU of the matches in
    millionths. Of texts the objects are words.
    """
    if view.rules.gold == "none":
        return
    for control, known in view.gold_values().items():
        rules = view.rules.controls.get(control)
        if rules is None or rules.scale not in MATCHED:
            continue
        pairs = Pairs(rules)
        for row in view.countable.get(control, ()):
            if row.first_value is not None:
                day, _ = local_day_hour(row.first_at, view.rules.timezone)
                key = (day, control, view.item.batch, row.annotator, int(row.first_assisted))
                yield key, _sums_of(pairs.facts(known, row.first_value))


def _sums_of(facts: Facts) -> Facts:
    """Return the sums that one first answer adds, from what it has in common with the known one."""
    if not facts:
        return UNREAD
    one = measured(facts)
    f1 = round(2 * BILLION * one.tp / one.drawn) if one.drawn else 0
    square = (f1 * f1 + BILLION // 2) // BILLION
    matched = (one.tp, one.located, one.n_a, one.n_b, one.iou)
    return (1, 0, one.empty, f1, square, *matched)


ROLLUPS = (Rollup(schema.gold_geometry, gold_partials),)

FIRST = Need("gold_geometry", ("day",))


class _Sums(NamedTuple):
    """The measures of `gold_geometry` by name; what they are, `gold_partials` says."""

    n: int
    unread: int
    empty: int
    f1: int
    f1_sq: int
    tp: int
    located: int
    n_known: int
    n_given: int
    iou: int

    @property
    def read(self) -> int:
        """First answers that can be compared."""
        return self.n - self.unread

    @property
    def scored(self) -> int:
        """First answers with an F1: something is known or given."""
        return self.read - self.empty

    @property
    def drawn(self) -> int:
        """Objects known and given."""
        return self.n_known + self.n_given


def _by_day(group: Group) -> dict[int, _Sums]:
    return {day: _Sums(*sums) for (day,), sums in group.sums(FIRST).items()}


def _f1(group: Group, sums: _Sums) -> Estimate:
    found = _mean_f1(group, sums) if sums.scored else estimate.estimate(1.0, None, sums.read)
    answers = plural(sums.empty, "answer", "answers")
    empty = f"{answers} of nothing where nothing is known counted apart"
    found = found.noting(empty if sums.empty else "")
    if group.control.rules.scale == Scale.TEXT:
        found = found.noting("of words")
    return found.showing(
        both_empty=sums.empty,
        precision=share(sums.tp, sums.n_given),
        recall=share(sums.tp, sums.n_known),
        located_f1=share(2 * sums.located, sums.drawn),
        label_accuracy=share(sums.tp, sums.located),
    )


def _mean_f1(group: Group, sums: _Sums) -> Estimate:
    """Return the mean with days as the draws; else with answers, and a note that says so."""
    value = sums.f1 / (BILLION * sums.scored)
    days = {day: one for day, one in _by_day(group).items() if one.scored}
    shares = {day: (one.f1, BILLION * one.scored) for day, one in days.items()}
    ends = over_days(shares, sums.scored, value)
    if ends is not None:
        return replace(estimate.estimate(value, ends, sums.read), draws=len(days))
    ends = _over_answers(sums, value)
    few = "" if ends is None else _few_days(group, known_days(days))
    return estimate.estimate(value, ends, sums.read, few)


def _over_answers(sums: _Sums, value: float) -> Interval | None:
    """Return Wilson's interval of a mean of scores in 0-1; None below 20 of them."""
    n = sums.scored
    if n < MIN_ITEMS:
        return None
    variance = max(sums.f1_sq / BILLION - n * value * value, 0.0) / (n - 1)
    size = effective_n(value, variance, n, max(n, sums.drawn / 2))
    return wilson(value * size, size)


def _few_days(group: Group, known: int) -> str:
    """Say that an interval is blind to how days differ; "" where one day is what was asked for."""
    ask = group.ask
    one_day = "day" in ask.by or (ask.since is not None and ask.since == ask.until)
    if one_day or not 0 < known < MIN_DAYS:
        return ""
    few = f"{plural(known, 'day')} {'is' if known == 1 else 'are'} too few"
    return f"interval of answers: {few} to tell how days differ"


def _iou(group: Group, sums: _Sums) -> Estimate:
    if not sums.tp:
        return estimate.undefined(sums.read, "nothing matches").showing(matches=0)
    value = sums.iou / (MILLION * sums.tp)
    days = {day: (one.iou, MILLION * one.tp) for day, one in _by_day(group).items()}
    ends = over_days(days, sums.read, value)
    return estimate.estimate(value, ends, sums.read).showing(matches=sums.tp)


def _finish(
    scales: frozenset[Scale], instead: str, number: Callable[[Group, _Sums], Estimate]
) -> Finish:
    """Return a finish for questions of some scales; others are told what to use instead."""

    def finish(group: Group) -> Iterable[tuple[Extra, Estimate]]:
        if group.control.rules.scale not in scales:
            return single(estimate.undefined(0, instead))
        total = group.total(FIRST)
        if not total:
            return single(estimate.undefined(0, nothing_known(group)))
        sums = _Sums(*total)
        answers = plural(sums.unread, "answer", "answers")
        left = f"{answers} that cannot be read left out"
        unread = left if sums.unread else ""
        if not sums.read:
            return single(estimate.undefined(0, unread))
        return single(number(group, sums).noting(unread))

    return finish


_KEYS = (*PLACE, "control", "team", "batch", "annotator", "assisted")


def _metric(name: str, finish: Finish) -> Metric:
    return Metric(
        name=name,
        unit="share",
        counted="first answers to gold",
        by=(*_KEYS, *DATES),
        where=_KEYS,
        needs=(FIRST,),
        finish=finish,
        split=("project", "control"),
        joins=True,
        min_n=20,
        on_control=True,
    )


_NO_PARTS = "answers that are labels have no parts to match: use gold_accuracy"
_NO_PLACES = (
    "only shapes and spans have a place: use gold_match_f1 for texts, gold_accuracy for labels"
)

METRICS = (
    _metric("gold_match_f1", _finish(MATCHED, _NO_PARTS, _f1)),
    _metric("gold_match_iou", _finish(PLACED, _NO_PLACES, _iou)),
)
