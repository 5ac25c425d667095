"""Days, weeks and months as pages and charts use them, and what happened on days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from labelpulse.core.estimate import Row


class Mark(NamedTuple):
    """Name an event of a day. `strong`: the chart itself shows that it happened."""

    day: date
    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A range of local days, both inclusive, with today's date and the events on its days.

    Attributes:
        marks: events; some may lie outside of the range.
    """

    since: date
    until: date
    today: date
    marks: tuple[Mark, ...] = ()

    @property
    def days(self) -> list[date]:
        """Every day of the range, at least one."""
        length = max((self.until - self.since).days, 0) + 1
        return [self.since + timedelta(days=n) for n in range(length)]

    def widened(self, first: date, last: date | None = None) -> "Span":
        """Return the range, extended to the whole of a period that it holds a part of."""
        return replace(self, since=min(self.since, first), until=max(self.until, last or first))

    def is_open(self, start: date, key: str) -> bool:
        """Return whether the day, week or month (`key`) that begins on `start` is not over."""
        return after_period(start, key) > self.today


def parse_period(text: str) -> date:
    """Return the first day of a day, ISO week or month key.

    >>> parse_period("2026-W09"), parse_period("2026-03"), parse_period("2026-03-04")
    (datetime.date(2026, 2, 23), datetime.date(2026, 3, 1), datetime.date(2026, 3, 4))
    """
    if "W" in text:
        year, week = text.split("-W")
        return date.fromisocalendar(int(year), int(week), 1)
    return date.fromisoformat(text if len(text) > 7 else f"{text}-01")


def after_period(start: date, key: str) -> date:
    """Return the first day after the day, week or month (`key`) that begins on `start`.

    >>> after_period(date(2026, 2, 1), "month"), after_period(date(2026, 2, 23), "week")
    (datetime.date(2026, 3, 1), datetime.date(2026, 3, 2))
    """
    if key == "month":
        return (start + timedelta(days=31)).replace(day=1)
    return start + timedelta(days=7 if key == "week" else 1)


def by_period(rows: Iterable[Row], key: str) -> Mapping[date, float]:
    """Return value by first day of the period; rows of an unknown period are left out."""
    return {parse_period(row[key]): row["value"] or 0 for row in rows if row[key]}


@dataclass(frozen=True, slots=True)
class Point:
    """A number on a day, over the window that ends with it.

    Attributes:
        floor: the line that it must not be below; ceiling: that it must not be above; None = none.
        open: the day is not over.
    """

    day: date
    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    floor: float | None = None
    ceiling: float | None = None
    open: bool = False


@dataclass(frozen=True, slots=True)
class Spell:
    """A run of days, both inclusive. open: it goes on."""

    first: date
    last: date
    open: bool = False

    @property
    def days(self) -> int:
        """How many days it lasted."""
        return (self.last - self.first).days + 1
