"""A forecast of the finish in words: its likely day, its band, and how late that is."""

from dataclasses import dataclass
from datetime import date

from labelpulse.core import formats
from labelpulse.core.estimate import Row


@dataclass(frozen=True, slots=True)
class Forecast:
    """A forecast that has a date.

    Attributes:
        early, middle, late: days before which one path in ten, half and nine in ten are done;
            late None = more than three years away.
    """

    early: date
    middle: date
    late: date | None
    deadline: date | None

    @property
    def days_late(self) -> int | None:
        """Days from the deadline to the middle day; None without a deadline."""
        return None if self.deadline is None else (self.middle - self.deadline).days

    @property
    def is_late(self) -> bool:
        """True when the middle day lies after the deadline."""
        return (self.days_late or 0) > 0

    @property
    def surely_late(self) -> bool:
        """True when the early day too lies after the deadline."""
        return self.deadline is not None and self.early > self.deadline

    @property
    def band(self) -> str:
        """The early and the late day as words."""
        early = formats.day_year(self.early)
        if self.late is None:
            return f"{early} to more than three years from now"
        if self.early.year == self.late.year:
            early = formats.day_month(self.early)
        return f"{early} to {formats.day_year(self.late)}"

    @property
    def short_band(self) -> str:
        """The early and the late day without years, for where there is little room."""
        first = formats.day_month(self.early)
        if self.late is None:
            return f"{first} or later"
        return f"{first}–{formats.day_month(self.late)}"

    @property
    def text(self) -> str:
        """The finding: the likely day with its band, against the deadline."""
        late, likely = self.days_late, f"Likely done {formats.day_year(self.middle)} ({self.band})"
        if late is None:
            return likely
        if late == 0:
            return f"{likely}, the day of the deadline"
        days = formats.count_of(abs(late), "day", "days")
        return f"{likely}, {days} {'after' if late > 0 else 'before'} the deadline"


def read_forecast(row: Row | None) -> Forecast | None:
    """Return the forecast in a row of ``finish_date``; None where it has no date.

    Args:
        row: keys p10, p50, p90, deadline: days as text, or None; where there is no work, none.
    """
    if row is None or row.get("p50") is None:
        return None
    early, middle, late, deadline = (
        None if row[key] is None else date.fromisoformat(row[key])
        for key in ("p10", "p50", "p90", "deadline")
    )
    return Forecast(early or middle, middle, late, deadline) if middle else None
