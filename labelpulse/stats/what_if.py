"""What the pace, or the need, would be if something changed: the factors of a what-if."""

from collections.abc import Mapping
from math import comb, floor
from statistics import median

from labelpulse.stats.forecast import Pace, weekday

RECENT = 28
"""Days back in which people count as being at work."""


def median_rate(
    labels: Mapping[tuple[int, int], int], start: int, pace: Pace
) -> tuple[float, int] | None:
    """Return (labels per working day of the median person at work, how many are); None if nobody.

    Somebody's days count from their first label in the last `RECENT` days, so that newcomers are
    not taken to be slow.

    Args:
        labels: (day, person) -> labels made.
        start: the day after the last full one.
    """
    first: dict[int, int] = {}
    made: dict[int, int] = {}
    for (day, person), n in labels.items():
        if start - RECENT <= day < start and n > 0:
            first[person] = min(day, first.get(person, day))
            made[person] = made.get(person, 0) + n
    if not made:
        return None
    rates = [n / max(1, _working(pace, first[person], start)) for person, n in made.items()]
    return median(rates), len(rates)


def _working(pace: Pace, since: int, start: int) -> int:
    """Return how many working days there are from a day to the day before start."""
    days = range(since, start)
    return sum(pace.workdays[weekday(day)] and day not in pace.holidays for day in days)


def with_people(pace: Pace, more: float, rate: float) -> float:
    """Return the factor on the pace of more people (fewer: negative) of that rate.

    1 + more × rate / labels per working day, at least 0.

    Args:
        rate: labels of a person per working day, such as that of the median person.
    """
    now = pace.labels_per_workday
    return max(0.0, 1 + more * rate / now) if now > 0 else 1.0


def with_review(more: float, cost: float = 1.0) -> float:
    """Return the factor on the pace where the same people review a further share of the labels.

    Reviews take their time from labeling: 1/(1 + more × cost).

    Args:
        cost: time of a review over the time of a label.

    >>> with_review(0.5, 0.5)
    0.8
    """
    return 1 / (1 + more * cost)


def remaining_at_overlap(items: Mapping[int, int], overlap: int) -> int:
    """Return the labels missing when every item needs that many; labels beyond it do not help.

    Args:
        items: labels an item has -> how many items have so many.

    >>> remaining_at_overlap({0: 10, 1: 5, 3: 2}, 2)
    25
    """
    return sum(n * max(overlap - has, 0) for has, n in items.items())


def error_at_overlap(accuracy: float, overlap: float) -> float:
    """Return the chance that the majority of so many answers is wrong; a tie is tossed for.

    Of people who err apart from each other and, at worst, all in the same way: the binomial of
    M. de Condorcet 1785. So two answers show errors and do not mend them. A part of an answer is
    a part of the items with one more.

    >>> round(error_at_overlap(0.9, 1), 3), round(error_at_overlap(0.9, 2), 3)
    (0.1, 0.1)
    >>> round(error_at_overlap(0.9, 3), 3), round(error_at_overlap(0.9, 2.5), 3)
    (0.028, 0.064)
    """
    whole = floor(overlap)
    part = overlap - whole
    low = _majority_wrong(accuracy, whole)
    return low if not part else (1 - part) * low + part * _majority_wrong(accuracy, whole + 1)


def _majority_wrong(accuracy: float, answers: int) -> float:
    wrong = 1 - accuracy
    chances = [comb(answers, k) * wrong**k * accuracy ** (answers - k) for k in range(answers + 1)]
    tie = chances[answers // 2] / 2 if answers % 2 == 0 else 0.0
    return sum(chances[answers // 2 + 1 :]) + tie
