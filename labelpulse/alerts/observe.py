"""What rules see: for each subject its periods, the same live and in a back-test."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import fmean, median
from typing import TYPE_CHECKING

from labelpulse.alerts import zeros
from labelpulse.alerts.conditions import Period, others_of, too_much
from labelpulse.alerts.machine import EXPIRES
from labelpulse.alerts.places import FAR, Places
from labelpulse.alerts.reads import Group, Reads, Since, from_the_start
from labelpulse.alerts.rules import (
    Subject,
    as_of_now,
    days_of,
    keys_in,
    metric_of,
    question,
    subject_in,
)
from labelpulse.core.days import parse_day
from labelpulse.core.errors import UsageError
from labelpulse.core.forecast import read_forecast
from labelpulse.metrics.direction import QUEUES, TOTALS
from labelpulse.reader.query import MetricQuery, Row

if TYPE_CHECKING:
    from labelpulse.config import Alert

Days = tuple[int, int]
"""First and last day, ordinals, both inclusive."""
Series = dict[Subject, list[Period]]
Samples = Mapping[Subject, Mapping[int, Row]]
"""Subject -> day -> its number as it was last known on that day."""

REACH = 60
"""Days before a window in which its past is looked for."""
BEFORE = 14
"""Days before a past that tell whether work went on then, or began in it."""
WEEKS = 4
"""Weeks that tell how much is usual on a day of the week."""
SEEN = 4
"""One day in so many of a subject's own history must have data."""
KNOWN = 14
"""Samples before the present one that make a history."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What can be read at one moment."""

    reads: Reads
    places: Places


def observe(
    rule: "Alert", sight: Sight, days: Days, samples: Samples, since: Since = from_the_start
) -> Series:
    """Return the periods of every subject in some days, the earliest first.

    Args:
        samples: numbers of other days, of a metric that is only known as of now.
        since: tells the day up to which a group's periods are known; they may be left out.

    Raises:
        UsageError: the rule cannot be asked.
    """
    metric_of(rule)
    if rule.no_data is not None:
        return _workdays(rule, sight, days)
    if rule.drift:
        return _drifting(rule, sight, days)
    if sampled(rule):
        return _sampled(rule, sight, days, samples)
    return _windows(rule, sight, days, since)


def sampled(rule: "Alert") -> bool:
    """True where a number is only known as of now: its history is what was kept of it."""
    return as_of_now(metric_of(rule))


def _only(rule: "Alert", places: Places) -> str | None:
    return places.only(rule.project)


def _windows(rule: "Alert", sight: Sight, days: Days, since: Since) -> Series:
    """Return the numbers of windows, and what they are held against."""
    query, reads = question(rule), sight.reads
    there, idle = reads.present(query, days), zeros.idle(rule, reads, days)
    every = {day: there.get(day, set()) | idle.get(day, set()) for day in {*there, *idle}}
    wanted = {day: {one for one in groups if day > since(one)} for day, groups in every.items()}
    rows = {
        (day, group): found or ([zeros.zero(group)] if group in idle.get(day, ()) else [])
        for (day, group), found in reads.rows(query, days_of(rule), wanted).items()
    }
    against = _against(rule, sight, days, rows)
    only, series = _only(rule, sight.places), Series()
    for (day, group), found in sorted(rows.items(), key=lambda one: one[0][0]):
        for row in found:
            subject = subject_in(rule, row, only, sight.places.ids)
            other = against(day, group, row)
            is_open = day > sight.places.over(subject.project)
            series.setdefault(subject, []).append(Period(day, row, other, is_open))
    return series


Against = Callable[[int, Group, Row], Row | None]
"""(day, group, number) -> what the number is held against."""


def _against(
    rule: "Alert", sight: Sight, days: Days, rows: Mapping[tuple[int, Group], list[Row]]
) -> Against:
    if rule.worse_than_peers is not None:
        return _others(rule, sight, days, rows)
    if rule.worse_than_own is None and rule.changed_by is None:
        return lambda _day, _group, _row: None
    return _past(rule, sight, days, rows)


def _past(
    rule: "Alert", sight: Sight, days: Days, rows: Mapping[tuple[int, Group], list[Row]]
) -> Against:
    """Return what tells the number of the days before a window, up to the newest with data."""
    window, query = days_of(rule) or 1, question(rule)
    own = rule.worse_than_own
    length = window if own is None else max(own.days, 1)
    before = (days[0] - window - max(REACH, length) - BEFORE, days[1] - window)
    there: dict[Group, list[int]] = {}
    for day, groups in sorted(sight.reads.present(query, before).items()):
        for group in groups:
            there.setdefault(group, []).append(day)
    few = 1 if own is None else max(min(length, REACH) // SEEN, 1)
    newest = {
        (day, one): _newest(there.get(one, []), day - window, length, few) for day, one in rows
    }
    wanted: dict[int, set[Group]] = {}
    for (_, group), past in newest.items():
        wanted.setdefault(past, set()).add(group)
    wanted.pop(0, None)
    found = sight.reads.rows(query, length, wanted)

    def of(day: int, group: Group, row: Row) -> Row | None:
        last = newest[day, group]
        same = found.get((last, group), [])
        past = next((one for one in same if _same(rule, one, row)), None)
        if past is None or past["value"] is None or own is None or rule.metric not in TOTALS:
            return past
        return _shortened(past, _share(there[group], last, length, window))

    return of


def _share(days: Sequence[int], last: int, length: int, window: int) -> float:
    """Return which share of such a past, up to a last day, is as long as a window.

    A window of a day is told on days with work, so that it is held against days with work.
    """
    start = last - length + 1
    first = bisect_left(days, start)
    if window == 1:
        return 1 / (bisect_right(days, last) - first)
    went_on = first > 0 and start - days[first - 1] <= BEFORE
    return window / (length if went_on else last - days[first] + 1)


def _shortened(row: Row, share: float) -> Row:
    """Return a total over as many days as a window has."""
    return {**row, "value": row["value"] * share, "low": None, "high": None}


def _newest(days: Sequence[int], day: int, length: int, few: int) -> int:
    """Return the newest of some days up to one; 0 = there is none, or fewer in such a length.

    What a handful of days tells is so rough an estimate that noise looks worse than it.
    """
    at = bisect_right(days, day)
    if few > 1 and at - bisect_right(days, day - min(length, REACH)) < few:
        return 0
    return days[at - 1] if at and day - days[at - 1] <= REACH else 0


def _same(rule: "Alert", one: Row, other: Row) -> bool:
    """Return whether two rows are of the same subject."""
    return keys_in(rule, one) == keys_in(rule, other)


def _others(
    rule: "Alert", sight: Sight, days: Days, rows: Mapping[tuple[int, Group], list[Row]]
) -> Against:
    """Return what tells the number of all the others, of a person's."""
    query = question(rule, without="annotator")
    wanted: dict[int, set[Group]] = {}
    for day, group in rows:
        wanted.setdefault(day, set()).add(_place_of(group))
    sight.reads.present(query, days)
    found = sight.reads.rows(query, days_of(rule), wanted)

    def of(day: int, group: Group, row: Row) -> Row | None:
        whole = found.get((day, _place_of(group)), [])
        return others_of(row, whole[0]) if len(whole) == 1 and row["value"] is not None else None

    return of


def _place_of(group: Group) -> Group:
    return tuple(one for one in group if one[0] != "annotator")


def _drifting(rule: "Alert", sight: Sight, days: Days) -> Series:
    asked = question(rule)
    query = replace(asked, by=(*asked.by, "day"))
    only, series = _only(rule, sight.places), Series()
    for row in sight.reads.read(_between(query, days)):
        if not row["day"] or row["value"] is None:
            continue
        subject, day = subject_in(rule, row, only, sight.places.ids), parse_day(row["day"])
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
    found = current(rule, sight)
    for subject, row in {**_emptied(rule, known, found, places), **found}.items():
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


def _emptied(
    rule: "Alert", known: Samples, found: Mapping[Subject, Row], places: Places
) -> dict[Subject, Row]:
    """Return a zero of each queue of which there is nothing any more."""
    if rule.metric not in QUEUES or not too_much(rule):
        return {}
    return {
        subject: zeros.zero(subject.keys)
        for subject, rows in known.items()
        if subject not in found
        and (subject.project in places.by_label or (not subject.project and places.by_label))
        and any(
            row["value"] and places.day(subject.project) - day <= EXPIRES
            for day, row in rows.items()
        )
    }


def current(rule: "Alert", sight: Sight) -> dict[Subject, Row]:
    """Return the numbers as of now of a rule on a metric that is only known so."""
    only = _only(rule, sight.places)
    return {subject_in(rule, row, only, sight.places.ids): row for row in _now(rule, sight)}


def _now(rule: "Alert", sight: Sight) -> list[Row]:
    rows = sight.reads.read(question(rule))
    if rule.late:
        return [found for row in rows if (found := lateness(row)) is not None]
    for row in rows:
        if isinstance(row["value"], str):
            raise UsageError(f"{rule.metric} is no number, so that no rule can watch it")
    return rows


def lateness(row: Row) -> Row | None:
    """Return a forecast as days past its deadline, low = of the earliest tenth of paths."""
    if row.get("remaining") == 0 and row.get("deadline"):
        return {**row, "value": 0.0, "low": None, "high": None}  # it is done, late or not
    found = read_forecast(row)
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
    n = median(row["n"] or 0 for row in past)
    return {"value": middle, "low": None, "high": None, "n": n, "note": None}


def _workdays(rule: "Alert", sight: Sight, days: Days) -> Series:
    """Return every calendar day since a subject's first, with what is usual on such a weekday."""
    back = (days[0] - 7 * WEEKS - REACH, days[1])
    query, only = question(rule), _only(rule, sight.places)
    rows = sight.reads.rows(query, 1, sight.reads.present(query, back))
    made: dict[Subject, dict[int, Row]] = {}
    for (day, _), found in rows.items():
        for row in found:
            made.setdefault(subject_in(rule, row, only, sight.places.ids), {})[day] = row
    series = {one: list(_calendar(own, sight.places, one, days)) for one, own in made.items()}
    return {one: periods for one, periods in series.items() if periods}


def _calendar(
    rows: Mapping[int, Row], places: Places, subject: Subject, days: Days
) -> Iterator[Period]:
    """Yield the days that are waited for; what rests for weeks is over, or waits for its client."""
    counts = {day: row["value"] or 0 for day, row in rows.items()}
    over = places.over(subject.project)
    last = min(days[1], max(counts) if over >= FAR else over + 1)
    holidays = places.holidays.get(subject.project or "", frozenset())
    worked = sorted(counts)
    for day in range(max(worked[0], days[0]), last + 1):
        idle = day - worked[bisect_right(worked, day) - 1]
        if idle == EXPIRES + 1:
            yield Period(day, None, open=day > over, gone=True)
        elif idle <= EXPIRES and day not in holidays:
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
