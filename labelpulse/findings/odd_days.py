"""Days unlike the others: with far less work than usual, or none, and whether that was expected."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import mean, median

from labelpulse.core import formats
from labelpulse.core.periods import by_period
from labelpulse.findings.assess import holidays
from labelpulse.findings.pace import working_weekdays
from labelpulse.findings.selection import Selection

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


def of_selection(selection: Selection) -> tuple[list[OddDay], int]:
    """Return the odd days among the chosen ones, today left out; and how many others there are."""
    found = _every(selection)
    chosen = [one for one in found if selection.span.since <= one.day <= selection.span.until]
    return chosen, len(found) - len(chosen)


def _every(selection: Selection) -> list[OddDay]:
    made = _made(selection)
    return odd_days(made, _working_days(made, selection.span.today), holidays(selection))


def _made(selection: Selection, where: Sequence[str] = ()) -> Mapping[date, float]:
    rows = selection.rows("annotations_submitted", "day", days=(None, None), where=where)
    return by_period(rows, "day")


def _working_days(made: Mapping[date, float], today: date) -> list[date]:
    """Return the working days that are over, from the first with work on."""
    first = min((day for day, n in made.items() if n), default=today)
    weekdays = working_weekdays(made, today)
    every = [first + timedelta(days=n) for n in range((today - first).days)]
    return [day for day in every if day.isoweekday() in weekdays]


def behind_fall(
    selection: Selection, since: date, until: date, where: Sequence[str] = ()
) -> tuple[date, ...]:
    """Return the odd days that a fall of the pace comes from; none where other days fell too.

    Days are odd by the work of the whole project; how a part of it went on is its own work.
    """
    whole = replace(selection, team=None)
    odd = {one.day for one in _every(whole) if not one.holiday}
    if not any(since <= day <= until for day in odd):
        return ()
    off = holidays(selection)
    days = [day for day in _working_days(_made(whole), selection.span.today) if day not in off]
    return explaining(odd, _made(selection, where), days, since, until)


def explaining(
    odd: Collection[date],
    made: Mapping[date, float],
    days: Sequence[date],
    since: date,
    until: date,
) -> tuple[date, ...]:
    """Return the odd days without which less than half is left of how far the mean fell.

    Args:
        made: labels by day. days: the working days that are over, without holidays.
        since, until: the days of the fall, set against the `USUAL` ones before.
    """
    lately = [day for day in days if since <= day <= until]
    found = tuple(day for day in lately if day in odd)
    before = [day for day in days if day < since and day not in odd][-USUAL:]
    if not found or not before:
        return ()
    usual, now = (mean(made.get(day, 0) for day in some) for some in (before, lately))
    rest = [made.get(day, 0) for day in lately if day not in odd]
    return found if not rest or usual - mean(rest) < (usual - now) / 2 else ()


def cells(one: OddDay) -> dict[str, object]:
    """Return a day's row of a table."""
    why = "a holiday, as configured"
    if not one.holiday:
        why = "little work: was the tool down?" if one.made else "nobody worked"
    return {
        "Day": formats.day_year(one.day),
        "Labels": one.made,
        "Usual": round(one.usual),
        "What it was": why,
    }
