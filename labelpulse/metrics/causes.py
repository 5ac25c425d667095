"""Why a chart raised an alarm: worse answers, or other work and other people?

Of what is answered, read from the answers themselves, since strata need items; of times and of the
pace from sums by person. Loaded only where there may be an alarm.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from operator import add
from typing import Any

import numpy as np

from labelpulse.core.events import MATCHED
from labelpulse.metrics import vectors
from labelpulse.metrics.arrays import NONE, Answers, Flags, Ints
from labelpulse.metrics.base import Group, Need
from labelpulse.metrics.geometry import measured
from labelpulse.metrics.throughput import SUBMITTED
from labelpulse.metrics.times import Totals
from labelpulse.stats.causes import Cause, cause, decompose_counts, judged, weekday_weights
from labelpulse.stats.drift import ChartPoint

BEFORE = 56
"""Days before the change that count as before."""

TIMES = Need("time_totals", ("day", "batch_id", "annotator_id"))
SHAPES = Need("pair_geometry", ("day", "batch_id", "annotator_a", "annotator_b"))
WORK = Need("activity", ("day", "annotator_id"), (("event", (SUBMITTED,)),))

Days = Mapping[int, Mapping[int, tuple[float, ...]]]
"""day -> stratum -> items, sum of their scores, and sum of squares where scores are not in 0-1."""
Tell = Callable[[ChartPoint], Cause]
"""A day of an alarm -> its cause, with the parts of the change."""


def tells(group: Group, series: str) -> Tell:
    """Return what tells the causes of a series: agreement, gold, mix, pace or time."""
    if series in ("pace", "time"):
        return _of_pace(group) if series == "pace" else _of_time(group)
    if series == "mix":
        return partial(_of_mix, group)
    if series == "agreement" and group.control.rules.scale in MATCHED:
        return _of_shapes(group)
    return partial(_verdict, group, series, _gold if series == "gold" else _agreement)


def _of_time(group: Group) -> Tell:
    """Return what tells the cause of a change of the mean log time."""
    families: dict[str, dict[int, dict[int, tuple[float, ...]]]] = {"batch": {}, "annotator": {}}
    for (day, batch, annotator), values in group.sums(TIMES).items():
        sums = Totals(*values)
        for family, stratum in (("batch", batch), ("annotator", annotator)):
            _add(families[family].setdefault(day, {}), stratum, (sums.n, *sums.log_seconds))
    return lambda point: cause(_sides(group, families, point), point.scale)


def _of_shapes(group: Group) -> Tell:
    """Return what tells the cause of a change of F1, from objects and matches by pair.

    Each of two people has half of what they drew. There is no family of labels: objects that did
    not match have none that both gave.
    """
    families: dict[str, dict[int, dict[int, tuple[float, ...]]]] = {"batch": {}, "annotator": {}}
    for (day, batch, *two), sums in group.sums(SHAPES).items():
        one = measured(sums)
        _add(families["batch"].setdefault(day, {}), batch, (one.drawn / 2, one.tp))
        for who in two:
            _add(families["annotator"].setdefault(day, {}), who, (one.drawn / 4, one.tp / 2))
    return lambda point: cause(_sides(group, families, point), point.scale)


def _of_pace(group: Group) -> Tell:
    """Return what tells the cause of a change of the submissions a day.

    Both sides are compared over the same weekdays, and without holidays.
    """
    made: dict[int, dict[int, int]] = {}
    for (day, annotator), (n,) in group.sums(WORK).items():
        if day:
            made.setdefault(day, {})[annotator] = n

    def tell(point: ChartPoint) -> Cause:
        sides = _days(group, point, min(made))
        weights = weekday_weights(*sides)
        before, after = (_person_days(made, weights, side) for side in sides)
        n, m = (sum(weights.get(day, 0.0) for day in side) for side in sides)
        return judged(decompose_counts(before, after, (n, m), point.scale), "annotator")

    return tell


def _person_days(
    made: Mapping[int, Mapping[int, int]], weights: Mapping[int, float], days: list[int]
) -> dict[int, tuple[float, ...]]:
    """Return by person the days at work and the submissions, weighted."""
    found: dict[int, tuple[float, ...]] = {}
    for day in days:
        weight = weights.get(day, 0.0)
        for who, n in made.get(day, {}).items():
            _add(found, who, (weight, weight * n))
    return found


def _of_mix(group: Group, point: ChartPoint) -> Cause:
    """Return the cause of a change of the mix of labels, by the label that moved most.

    "quality" then means that the same people read the same batches differently.
    """
    matrix = group.matrix()
    answers, chosen = matrix.answers, matrix.chosen & (matrix.answers.label != NONE)
    before, after = (chosen & np.isin(answers.day, side) for side in _days(group, point))
    size = len(answers.labels)
    if not before.any() or not after.any():
        return Cause("unclear")
    first, second = (
        np.bincount(answers.label[side], minlength=size) / side.sum() for side in (before, after)
    )
    label = int(np.argmax(np.abs(second - first)))

    def strata(found: Answers, rows: Flags) -> dict[str, Days]:
        rows = rows & (found.label != NONE)
        score = (found.label[rows] == label).astype(float)
        return _families(
            found.day[rows], score, None, batch=found.batch[rows], annotator=found.annotator[rows]
        )

    return _verdict(group, f"mix_{label}", strata, point)


def _verdict(
    group: Group,
    name: str,
    strata: Callable[[Answers, Flags], dict[str, Days]],
    point: ChartPoint,
) -> Cause:
    """Compare the strata of the weeks before the change with those from it on."""
    if "team" in group.ask.by:
        return Cause("unclear")  # the answers of one team are not told apart
    matrix = group.matrix()
    key = f"strata_{name}: {_mark(matrix.people)}"
    families: dict[str, Days] = matrix.answers.fit(key, lambda one: strata(one, matrix.people))
    return cause(_sides(group, families, point), point.scale)


def _sides(
    group: Group, families: Mapping[str, Days], point: ChartPoint
) -> dict[str, tuple[dict[int, tuple[float, ...]], dict[int, tuple[float, ...]]]]:
    """Return by family the sums of its strata in the weeks before the change, and from it on."""
    before, after = _days(group, point)
    return {family: (_sum(sums, before), _sum(sums, after)) for family, sums in families.items()}


def _mark(rows: Flags) -> str:
    return str(hash(rows.tobytes()))


def _days(group: Group, point: ChartPoint, first: int = 1) -> tuple[list[int], list[int]]:
    """Return the days before the change, from a first one on, and those from it on; no holidays."""
    change, holidays = point.change_day or point.day, group.project.holidays
    days = range(max(first, change - BEFORE), point.day + 1)
    worked = [day for day in days if day not in holidays]
    return [day for day in worked if day < change], [day for day in worked if day >= change]


def _sum(sums_of: Days, days: Iterable[int]) -> dict[int, tuple[float, ...]]:
    found: dict[int, tuple[float, ...]] = {}
    for day in days:
        for stratum, sums in sums_of.get(day, {}).items():
            _add(found, stratum, sums)
    return found


def _add(sums: dict[int, tuple[float, ...]], stratum: int, more: tuple[float, ...]) -> None:
    there = sums.get(stratum)
    sums[stratum] = more if there is None else tuple(map(add, there, more))


def _families(day: Ints, score: Any, weight: Any, **strata: Ints) -> dict[str, Days]:
    weight = np.ones(len(day)) if weight is None else weight
    found: dict[str, Days] = {}
    for family, stratum in strata.items():
        days: dict[int, dict[int, tuple[float, float]]] = {}
        scale = 10**9  # sums are of whole numbers
        measures = (np.rint(weight * scale), np.rint(weight * score * scale))
        for (at, one), (n, total) in vectors.grouped((day, stratum), measures):
            days.setdefault(at, {})[one] = n / scale, total / scale
        found[family] = days
    return found


def _gold(answers: Answers, rows: Flags) -> dict[str, Days]:
    rows = rows & (answers.gold[answers.item] != NONE) & (answers.first != NONE)
    truth = answers.gold[answers.item[rows]]
    score = (answers.first[rows] == truth).astype(float)
    return _families(
        answers.day[rows],
        score,
        None,
        batch=answers.batch[rows],
        label=truth,
        annotator=answers.annotator[rows],
    )


def _agreement(answers: Answers, rows: Flags) -> dict[str, Days]:
    """Items by batch and plurality label; by annotator, answers with their share of an item.

    An item whose labels tie counts in equal parts for each: given to one of them, a new confusion
    of two labels would look like more items of the one.
    """
    one = vectors.compared(answers, rows, exact=True)
    whole = one.labeled & (one.m > 1)
    item, n, label = _cells(one)
    pairs = one.m * (one.m - 1.0)
    score = np.divide(
        np.bincount(item, n * (n - 1.0), len(one.m)),
        pairs,
        out=np.zeros(len(pairs)),
        where=pairs > 0,
    )
    found = _families(one.day[whole], score[whole], None, batch=one.batch[whole])
    top = np.zeros(len(one.m), dtype=n.dtype)
    np.maximum.at(top, item, n)
    most = np.flatnonzero((n == top[item]) & whole[item])
    at = item[most]
    part = 1.0 / np.bincount(at, minlength=len(one.m))[at]  # a tie is no label's alone
    found |= _families(one.day[at], score[at], part, label=label[most])
    keep = whole[one.item]
    place = np.repeat(np.arange(len(n)), n)
    others = one.m[one.item] - 1.0
    alike = np.zeros(len(one.rows))
    labeled = np.flatnonzero(one.labeled[one.item])
    alike[labeled] = n[place] - 1.0
    share = np.divide(alike, others, out=np.zeros(len(others)), where=others > 0)
    people = _families(
        one.day[one.item[keep]],
        share[keep],
        1 / one.m[one.item[keep]],
        annotator=one.answers.annotator[one.rows[keep]],
    )
    return found | people


def _cells(one: vectors.Compared) -> tuple[Ints, Ints, Ints]:
    item, label, n = vectors.label_cells(one)
    return item, n, label
