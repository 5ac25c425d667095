"""When a project of the story will likely end: what its deadline is set against."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from labelpulse.demo.dates import Dates
from labelpulse.stats.forecast import History, finish, fit


def likely_end(when: Dates, days: Iterable[date], required: int) -> date:
    """Return the day on which as many answers as are required will likely be there.

    As the metric forecasts it, so that the deadline is as many days off as the story says; where
    the history is too short for that, at the mean pace.

    Args:
        days: of the answers that fill a place, one each.
    """
    today = when.today.toordinal()
    made = Counter(day.toordinal() for day in days if day < when.today)
    first = min(made)
    counts = [made[day] for day in range(first, today)]
    left = required - sum(counts)
    pace = fit(History(first, counts, frozenset({when.holiday.toordinal()})))
    end = None if isinstance(pace, str) else finish(pace, left).median
    if end is None:
        return when.today + timedelta(days=round(left * len(counts) / sum(counts)))
    return date.fromordinal(end)
