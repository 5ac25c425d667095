"""What rules see: for each subject its periods, the same live and in a back-test."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import fmean, median
from typing import TYPE_CHECKING

from labelpulse.alerts.conditions import Period, others_of
from labelpulse.alerts.places import FAR, Places
from labelpulse.alerts.rules import Subject, days_of, metric_of, question, subject_in
from labelpulse.charts.fan import forecast
from labelpulse.core.days import parse_day
from labelpulse.core.errors import UsageError
from labelpulse.reader.query import MetricQuery, Row

if TYPE_CHECKING:
    from labelpulse.config import Alert
    from labelpulse.reader.rolling import Rolling

Days = tuple[int, int]
"""First and last day, ordinals, both inclusive."""
Series = dict[Subject, list[Period]]
Samples = Mapping[Subject, Mapping[int, Row]]
"""Subject -> day -> its number as it was last known on that day."""

REACH = 60
"""Days before a window in which its past is looked for."""
WEEKS = 4
"""Weeks that tell how much is usual on a day of the week."""
KNOWN = 14
"""Samples before the present one that make a history."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What can be read at one moment.

    Attributes:
        read: answers a query at that moment.
    """

    rolling: "Rolling"
    read: Callable[[MetricQuery], list[Row]]
    places: Places


def observe(rule: "Alert", sight: Sight, days: Days, samples: Samples) -> Series:
    """Return the periods of every subject in some days, the earliest first.

    Args:
        samples: numbers of other days, of a metric that is only known as of now.

    Raises:
        UsageError: the rule cannot be asked.
    """
    found = metric_of(rule)
    if rule.no_data is not None:
        return _workdays(rule, sight, days)
    if rule.drift:
        return _drifting(rule, sight, days)
    if sampled(rule):
        return _sampled(rule, sight, days, samples)
    series = _rolled(rule, sight, question(rule), days_of(rule), days)
    if rule.worse_than_peers is not None:
        return _with_peers(rule, sight, series, days)
    if rule.worse_than_own is None and rule.changed_by is None:
        return series
    assert found.by  # noqa: S101 - `metric_of` knows it
    return _with_past(rule, sight, series, days)


def sampled(rule: "Alert") -> bool:
    """True where a number is only known as of now: its history is what was kept of it."""
    return "day" not in metric_of(rule).by


def _only(rule: "Alert", places: Places) -> str | None:
    return places.only(rule.project)


def _rolled(
    rule: "Alert", sight: Sight, query: MetricQuery, window: int | None, days: Days
) -> Series:
    only, series = _only(rule, sight.places), Series()
    for one in sight.rolling.rows(query, window, days):
        subject = subject_in(rule, one.row, only)
        is_open = one.day > sight.places.over(subject.project)
        series.setdefault(subject, []).append(Period(one.day, one.row, open=is_open))
    return series


def _with_past(rule: "Alert", sight: Sight, series: Series, days: Days) -> Series:
    """Add what each number is held against: the days before its window."""
    window = days_of(rule) or 1
    own = rule.worse_than_own
    past = window if own is None else max(own.days, 1)
    before = (days[0] - window - REACH, days[1] - window)
    there = _rolled(rule, sight, question(rule), past, before)
    return {
        subject: [
            Period(one.day, one.row, _latest(there.get(subject, []), one.day - window), one.open)
            for one in periods
        ]
        for subject, periods in series.items()
    }


def _latest(periods: Sequence[Period], day: int) -> Row | None:
    """Return the newest number up to a day."""
    at = bisect_right(periods, day, key=lambda one: one.day)
    return periods[at - 1].row if at else None


def _with_peers(rule: "Alert", sight: Sight, series: Series, days: Days) -> Series:
    """Add to each person's number that of all the others."""
    only, wholes = _only(rule, sight.places), dict[tuple[object, int], Row]()
    for one in sight.rolling.rows(question(rule, without="annotator"), days_of(rule), days):
        wholes[_place_of(subject_in(rule, one.row, only)), one.day] = one.row
    return {
        subject: [_beside(one, wholes.get((_place_of(subject), one.day))) for one in periods]
        for subject, periods in series.items()
    }


def _place_of(subject: Subject) -> tuple[tuple[str, str | None], ...]:
    return tuple(one for one in subject.keys if one[0] != "annotator")


def _beside(period: Period, whole: Row | None) -> Period:
    against = None if whole is None or period.row is None else others_of(period.row, whole)
    return Period(period.day, period.row, against, period.open)


def _drifting(rule: "Alert", sight: Sight, days: Days) -> Series:
    asked = question(rule)
    query = replace(asked, by=(*asked.by, "day"))
    only, series = _only(rule, sight.places), Series()
    for row in sight.read(_between(query, days)):
        if not row["day"] or row["value"] is None:
            continue
        subject, day = subject_in(rule, row, only), parse_day(row["day"])
        is_open = day > sight.places.over(subject.project)
        series.setdefault(subject, []).append(Period(day, row, open=is_open))
    return series


def _between(query: MetricQuery, days: Days) -> MetricQuery:
    first, last = (date.fromordinal(one).isoformat() for one in days)
    return replace(query, since=first, until=last)


def _sampled(rule: "Alert", sight: Sight, days: Days, samples: Samples) -> Series:
    """Return what was kept of a number, and what it is now."""
    known = {subject: dict(rows) for subject, rows in samples.items()}
    places = sight.places
    for subject, row in current(rule, sight).items():
        known.setdefault(subject, {})[places.day(subject.project)] = row
    series = Series()
    for subject, rows in known.items():
        told, today = sorted(rows.items()), places.day(subject.project)
        series[subject] = [
            Period(day, one, _usual(rule, told, day), day >= today)
            for day, one in told
            if days[0] <= day <= days[1]
        ]
    return series


def current(rule: "Alert", sight: Sight) -> dict[Subject, Row]:
    """Return the numbers as of now of a rule on a metric that is only known so."""
    only = _only(rule, sight.places)
    return {subject_in(rule, row, only): row for row in _now(rule, sight)}


def _now(rule: "Alert", sight: Sight) -> list[Row]:
    rows = sight.read(question(rule))
    if rule.late:
        return [found for row in rows if (found := lateness(row)) is not None]
    for row in rows:
        if isinstance(row["value"], str):
            raise UsageError(f"{rule.metric} is no number, so that no rule can watch it")
    return rows


def lateness(row: Row) -> Row | None:
    """Return a forecast as days past its deadline, low = of the earliest tenth of paths."""
    found = forecast(row)
    if found is None or found.deadline is None or found.days_late is None:
        return None
    early = (found.early - found.deadline).days
    late = None if found.late is None else (found.late - found.deadline).days
    return {**row, "value": float(found.days_late), "low": float(early), "high": late}


def _usual(rule: "Alert", told: Sequence[tuple[int, Row]], day: int) -> Row | None:
    """Return the middle of what a number was in the days before, of enough of them."""
    if rule.worse_than_own is None and rule.changed_by is None:
        return None
    first = day - (1 if rule.worse_than_own is None else rule.worse_than_own.days)
    past = [row for at, row in told if first <= at < day and row["value"] is not None]
    least = KNOWN if rule.worse_than_own is not None else 1
    if len(past) < least:
        return None
    middle = median(row["value"] for row in past)
    n = min(row["n"] or 0 for row in past)
    return {"value": middle, "low": None, "high": None, "n": n, "note": None}


def _workdays(rule: "Alert", sight: Sight, days: Days) -> Series:
    """Return every calendar day since a subject's first, with what is usual on such a weekday."""
    back = (days[0] - 7 * WEEKS - REACH, days[1])
    made = _rolled(rule, sight, question(rule), 1, back)
    return {
        subject: list(_calendar(made[subject], sight.places, subject, days)) for subject in made
    }


def _calendar(
    periods: Sequence[Period], places: Places, subject: Subject, days: Days
) -> Iterator[Period]:
    counts = {one.day: one.row["value"] or 0 for one in periods if one.row is not None}
    rows = {one.day: one.row for one in periods}
    over = places.over(subject.project)
    last = min(days[1], max(counts) if over >= FAR else over + 1)
    holidays = places.holidays.get(subject.project or "", frozenset())
    for day in range(max(min(counts), days[0]), last + 1):
        if day not in holidays:
            yield Period(day, rows.get(day), _same_weekday(counts, day), day > over)


def _same_weekday(counts: Mapping[int, float], day: int) -> Row | None:
    """Return what was made on average on the same day of the weeks before.

    None where nothing is known of so long ago.
    """
    oldest = day - 7 * WEEKS
    if not any(oldest - REACH <= one <= oldest for one in counts):
        return None
    made = [counts.get(day - 7 * week, 0) for week in range(1, WEEKS + 1)]
    return {"value": fmean(made), "low": None, "high": None, "n": WEEKS, "note": None}
