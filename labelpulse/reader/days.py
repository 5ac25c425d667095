"""Ranges of local days, cut where a rollup is kept by week or month instead of by day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from labelpulse.core.days import month_start, to_us, zone

DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Range:
    """Day ordinals, both inclusive; None = open. An open range takes in the unknown day, too."""

    since: int | None = None
    until: int | None = None

    @property
    def everything(self) -> bool:
        """True when no day is left out, the unknown one neither."""
        return self.since is None and self.until is None

    def has(self, day: int) -> bool:
        """True when a day lies in it; the unknown day 0 lies in no range."""
        if self.everything:
            return True
        below = self.until is not None and day > self.until
        above = self.since is not None and day < self.since
        return day > 0 and not above and not below


def cut(wanted: Range, start: Callable[[int], int]) -> tuple[Range | None, list[Range]]:
    """Return (the whole weeks or months of a range, the days before and after them).

    Args:
        start: day -> first day of its week or month.

    >>> from labelpulse.core.days import week_start
    >>> monday = date(2024, 3, 4).toordinal()
    >>> whole, edges = cut(Range(monday + 2, monday + 15), week_start)
    >>> whole == Range(monday + 7, monday + 13), edges == [
    ...     Range(monday + 2, monday + 6), Range(monday + 14, monday + 15)]
    (True, True)
    """
    first, last = wanted.since, wanted.until
    if first is not None and start(first) != first:
        first = _next(first, start)
    if last is not None and start(last + 1) != last + 1:
        last = start(last) - 1
    if first is not None and last is not None and first > last:
        return None, [wanted]
    edges = []
    if wanted.since is not None and first is not None and first > wanted.since:
        edges.append(Range(wanted.since, first - 1))
    if wanted.until is not None and last is not None and last < wanted.until:
        edges.append(Range(last + 1, wanted.until))
    return Range(first, last), edges


def _next(day: int, start: Callable[[int], int]) -> int:
    """Return the first day of the week or month after that of a day."""
    return start(start(day) + (31 if start is month_start else 7))


def instants(wanted: Range, zone_name: str) -> tuple[int | None, int | None]:
    """Return instants (microseconds UTC) between which everything in a range happened, and more.

    A day to spare on each side makes clock changes harmless; who reads filters by day anyway.
    """
    since = None if wanted.since is None else begins(wanted.since, zone_name) - DAY_US
    until = None if wanted.until is None else begins(wanted.until, zone_name) + 2 * DAY_US
    return since, until


def begins(day: int, zone_name: str) -> int:
    """Return when a local day begins, microseconds UTC."""
    at = datetime.combine(date.fromordinal(day), datetime.min.time(), zone(zone_name))
    return to_us(at)
