"""Days unlike the others: with far less work than usual, or none, and whether that was expected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from labelpulse.charts import formats
from labelpulse.charts.series import by_period
from labelpulse.core.catalogue import say
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.pace import working_weekdays

USUAL = 20
"""Working days before and after a day that its usual work is the median of."""

LITTLE = 0.5
"""A working day with less than this part of what is usual is unlike the others."""

ENOUGH = 20
"""Labels a day below which a quiet day is no surprise."""


@dataclass(frozen=True, slots=True)
class OddDay:
    """A working day with little work; `holiday` = the configuration expects nobody."""

    day: date
    made: float
    usual: float
    holiday: bool


def odd_days(
    made: Mapping[date, float], days: Sequence[date], holidays: frozenset[date]
) -> list[OddDay]:
    """Return the working days with far less work than those around them, newest first.

    Args:
        made: labels by day; days without any may be absent.
        days: the working days that are over, in order.
    """
    found = []
    for at, day in enumerate(days):
        around = [*days[max(0, at - USUAL) : at], *days[at + 1 : at + 1 + USUAL]]
        usual = median([made.get(one, 0) for one in around if one not in holidays] or [0])
        if usual >= ENOUGH and made.get(day, 0) < LITTLE * usual:
            found.append(OddDay(day, made.get(day, 0), usual, day in holidays))
    return found[::-1]


def of_desk(desk: Desk) -> tuple[list[OddDay], int]:
    """Return the odd days among the chosen ones, today left out; and how many others there are."""
    found = _every(desk)
    chosen = [one for one in found if desk.span.since <= one.day <= desk.span.until]
    return chosen, len(found) - len(chosen)


def _every(desk: Desk) -> list[OddDay]:
    made = by_period(desk.rows("annotations_submitted", "day", days=(None, None)), "day")
    worked = [day for day, n in made.items() if n]
    if not worked:
        return []
    first, weekdays = min(worked), working_weekdays(made, desk.span.today)
    length = (desk.span.today - first).days
    every = [first + timedelta(days=n) for n in range(length)]
    days = [day for day in every if day.isoweekday() in weekdays]
    holidays = frozenset(date.fromordinal(day) for day in desk.holding.info.holidays)
    return odd_days(made, days, holidays)


def cells(one: OddDay) -> dict[str, object]:
    """Return a day's row of a table."""
    why = say("a holiday, as configured")
    if not one.holiday:
        why = say("little work: was the tool down?") if one.made else say("nobody worked")
    return {
        say("Day"): formats.day_year(one.day),
        say("Labels"): one.made,
        say("Usual"): round(one.usual),
        say("What it was"): why,
    }
