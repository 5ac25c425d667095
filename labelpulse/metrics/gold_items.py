"""Finishes about single gold items: keys that may be wrong, shown too often, too easy to tell.

numpy lives here.
"""

from labelpulse.core import estimate
from labelpulse.core.days import day_text
from labelpulse.core.estimate import Estimate
from labelpulse.metrics.accuracy import why_none
from labelpulse.metrics.arrays import NONE, Matrix
from labelpulse.metrics.base import Group
from labelpulse.metrics.fits import Rows, text_of
from labelpulse.stats import gold_health
from labelpulse.stats.arrays import Answers, answers
from labelpulse.stats.intervals import wilson

SUSPECT, EXPOSED = "suspect key", "over-exposed"
EASY, FINE = "too easy", "fine"
"""The states of a gold item, the gravest first."""


def first_to_gold(matrix: Matrix) -> Answers:
    """Return the first answers of known people to items with gold, within a query's days."""
    found = matrix.answers
    rows = matrix.pool & found.known & (found.gold[found.item] >= 0)
    return answers(
        found.item[rows],
        found.annotator[rows],
        found.first[rows],
        items=len(found.items),
        annotators=len(found.annotators),
        labels=len(found.labels),
    )


def gold_item_health(group: Group) -> Rows:
    """Return the state of each gold item that somebody answered."""
    matrix, why = group.matrix(), group.control.unlike()
    found = gold_health.gold_health(first_to_gold(matrix), matrix.answers.gold)
    if why or not len(found.item):
        return [({}, estimate.undefined(0, why or why_none(group)))]
    days = _first_days(matrix)
    return [
        ({"item": int(matrix.answers.items[item])}, _health(group, found, at, days.get(item, 0)))
        for at, item in enumerate(found.item.tolist())
    ]


def _first_days(matrix: Matrix) -> dict[int, int]:
    """Return index of a gold item -> the first day on which a known person answered it."""
    found = matrix.answers
    first: dict[int, int] = {}
    rows = matrix.pool & found.known & (found.gold[found.item] >= 0) & (found.day > 0)
    for item, day in zip(found.item[rows].tolist(), found.day[rows].tolist(), strict=True):
        first[item] = min(day, first.get(item, day))
    return first


def _health(group: Group, found: gold_health.GoldHealth, at: int, first_day: int) -> Estimate:
    n, misses, rival = int(found.exposures[at]), int(found.misses[at]), int(found.rival[at])
    low, high = wilson(misses, n)
    states = ((found.suspect_key, SUSPECT), (found.over_exposed, EXPOSED), (found.too_easy, EASY))
    state = next((name for flags, name in states if flags[at]), FINE)
    return Estimate(state, None, None, n).showing(
        miss_rate=misses / n,
        miss_low=low,
        miss_high=high,
        able=int(found.able[at]),
        able_misses=int(found.able_misses[at]),
        rival=None if rival == NONE else text_of(group, group.matrix().answers, rival),
        rival_votes=int(found.rival_votes[at]),
        discrimination=float(found.discrimination[at]) if found.discriminates[at] else None,
        first_day=day_text(first_day) if first_day else None,
    )
