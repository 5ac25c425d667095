"""Working days, pace and need: the calendar side of counts a day."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

_WEEKS = 8
_MONDAY_TO_FRIDAY = frozenset(range(1, 6))
_QUIET = 0.2
"""A weekday with less than this share of an average day's work is no working day."""

NO_HOLIDAYS: frozenset[date] = frozenset()

WINDOW = 10
"""Pace is the mean of this many working days, today left out."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Labels per working day: made lately, and needed to the deadline.

    Attributes:
        made: mean over the last working days that are over; None before the first of them.
        days: over how many working days.
        needed: None without a deadline, or when it has passed.
        days_left: working days that the need is divided by, None without a deadline: from today
            where `left` is known, else from tomorrow.
        left: labels missing when today began, that the need divides; None = not known.
    """

    made: float | None
    days: int
    needed: float | None
    days_left: int | None
    left: float | None = None

    @property
    def late(self) -> bool:
        """True when the present pace does not reach the deadline."""
        return self.needed is not None and self.made is not None and self.made < self.needed


def working_weekdays(made: Mapping[date, float], today: date) -> frozenset[int]:
    """Return the ISO weekdays on which work is usual, from the last eight whole weeks.

    Monday to Friday where there is less than two weeks of work to judge by.
    """
    since = today - timedelta(weeks=_WEEKS)
    recent = {day: n for day, n in made.items() if since <= day < today and n}
    if not recent or (today - min(recent)).days < 14:
        return _MONDAY_TO_FRIDAY
    sums: Counter[int] = Counter()
    for day, n in recent.items():
        sums[day.isoweekday()] += round(n)
    usual = sums.total() / 7
    return frozenset(weekday for weekday, n in sums.items() if n >= _QUIET * usual)


def last_working_days(
    before: date, count: int, weekdays: frozenset[int], holidays: frozenset[date] = NO_HOLIDAYS
) -> list[date]:
    """Return the newest working days that lie before a day, newest first; no holidays."""
    days: list[date] = []
    day = before
    while len(days) < count and weekdays:
        day -= timedelta(days=1)
        if day.isoweekday() in weekdays and day not in holidays:
            days.append(day)
    return days


def working_days_between(
    after: date, until: date, weekdays: frozenset[int], holidays: frozenset[date] = NO_HOLIDAYS
) -> int:
    """Return how many working days lie after one day, up to and including another."""
    days = (after + timedelta(days=n) for n in range(1, (until - after).days + 1))
    return sum(day.isoweekday() in weekdays and day not in holidays for day in days)


def pace(
    made: Mapping[date, float],
    today: date,
    *,
    remaining: float,
    deadline: date | None,
    holidays: frozenset[date] = NO_HOLIDAYS,
) -> Pace:
    """Return the pace of the last working days and the pace that the deadline needs.

    Args:
        made: labels submitted by day; days before the first of them do not count.
        remaining: labels still required.
        holidays: days on which nobody is expected to work: they slow no pace, and bring nothing.
    """
    weekdays = working_weekdays(made, today)
    first = min((day for day, n in made.items() if n), default=today)
    days = [day for day in last_working_days(today, WINDOW, weekdays, holidays) if day >= first]
    mean = sum(made.get(day, 0) for day in days) / len(days) if days else None
    if deadline is None:
        return Pace(mean, len(days), None, None)
    left = working_days_between(today, deadline, weekdays, holidays)
    return Pace(mean, len(days), remaining / left if left else None, left)


def short_since(
    made: Mapping[date, float],
    net: Mapping[date, float],
    today: date,
    *,
    remaining: float,
    deadline: date | None,
    holidays: frozenset[date] = NO_HOLIDAYS,
) -> date | None:
    """Return since when without a break the pace was too low; None = now it is not.

    Args:
        made, remaining, deadline, holidays: as for `pace`.
        net: by day, how much less was left at its end than at its start.
    """
    day, left, since = today, remaining, None
    while (found := pace(made, day, remaining=left, deadline=deadline, holidays=holidays)).late:
        if found.days < WINDOW:
            break
        since, left = day, left + net.get(day, 0)
        day -= timedelta(days=1)
    return since
