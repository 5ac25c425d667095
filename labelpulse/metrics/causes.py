"""Why a chart raised an alarm: worse answers, or other work and other people?

Read from the answers themselves, since strata need items. Loaded only where there is an alarm.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from labelpulse.metrics import vectors
from labelpulse.metrics.arrays import NONE, Answers, Flags, Ints
from labelpulse.metrics.base import Group
from labelpulse.stats.causes import cause
from labelpulse.stats.drift import ChartPoint

BEFORE = 56
"""Days before the change that count as before."""

Days = Mapping[int, Mapping[int, tuple[float, float]]]
"""day -> stratum -> items, sum of their scores."""


def of_agreement(group: Group, point: ChartPoint) -> str | None:
    """Return the cause of a change of percent agreement."""
    return _verdict(group, point, "agreement", _agreement)


def of_gold(group: Group, point: ChartPoint) -> str | None:
    """Return the cause of a change of accuracy on gold."""
    return _verdict(group, point, "gold", _gold)


def of_mix(group: Group, point: ChartPoint) -> str | None:
    """Return the cause of a change of the mix of labels, by the label that moved most.

    "quality" then means that the same people read the same batches differently.
    """
    matrix = group.matrix()
    answers, chosen = matrix.answers, matrix.chosen & (matrix.answers.label != NONE)
    before, after = (chosen & side for side in _sides(answers.day, point))
    size = len(answers.labels)
    if not before.any() or not after.any():
        return "unclear"
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

    return _verdict(group, point, f"mix of {label}", strata)


def _sides(day: Ints, point: ChartPoint) -> tuple[Flags, Flags]:
    change = point.change_day or point.day
    before = (day >= change - BEFORE) & (day < change) & (day > 0)
    return before, (day >= change) & (day <= point.day)


def _verdict(
    group: Group,
    point: ChartPoint,
    name: str,
    strata: Callable[[Answers, Flags], dict[str, Days]],
) -> str | None:
    """Compare the strata of the weeks before the change with those from it on."""
    if "team" in group.ask.by:
        return None  # a team is no stratum of the answers
    matrix = group.matrix()
    key = f"strata of {name}: {_mark(matrix.people)}"
    families: dict[str, Days] = matrix.answers.fit(key, lambda one: strata(one, matrix.people))
    change = point.change_day or point.day
    sides = {
        family: (_sum(days, change - BEFORE, change - 1), _sum(days, change, point.day))
        for family, days in families.items()
    }
    return cause(sides).verdict


def _mark(rows: Flags) -> str:
    return str(hash(rows.tobytes()))


def _sum(days: Days, first: int, last: int) -> dict[int, tuple[float, float]]:
    found: dict[int, tuple[float, float]] = {}
    for day in range(max(first, 1), last + 1):
        for stratum, (n, total) in days.get(day, {}).items():
            there = found.get(stratum, (0.0, 0.0))
            found[stratum] = there[0] + n, there[1] + total
    return found


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
    """Items by batch and plurality label; by annotator, answers with their share of an item."""
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
    most = np.full(len(one.m), NONE)
    order = np.lexsort((-label, n))  # the last one written is the most frequent
    most[item[order]] = label[order]
    found = _families(one.day[whole], score[whole], None, batch=one.batch[whole], label=most[whole])
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
