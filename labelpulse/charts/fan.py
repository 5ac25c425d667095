"""A forecast of the finish in words: its likely day, its band, and how late that is."""

from dataclasses import dataclass
from datetime import date

from labelpulse.charts import formats
from labelpulse.charts.theme import Row


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
    def surely_late(self) -> bool:
        """True when the early day too lies after the deadline."""
        return self.deadline is not None and self.early > self.deadline

    @property
    def band(self) -> str:
        """The early and the late day as words."""
        if self.late is None:
            return f"{formats.day_year(self.early)} to more than three years from now"
        same = self.early.year == self.late.year
        first = f"{self.early.day} {self.early:%b}" if same else formats.day_year(self.early)
        return f"{first} to {formats.day_year(self.late)}"

    @property
    def short_band(self) -> str:
        """The early and the late day without years, for where there is little room."""
        first = f"{self.early.day} {self.early:%b}"
        return f"{first}–{self.late.day} {self.late:%b}" if self.late else f"{first} or later"

    @property
    def text(self) -> str:
        """The finding: the likely day with its band, against the deadline."""
        said, days = f"Likely done {formats.day_year(self.middle)} ({self.band})", self.days_late
        if days is None:
            return said
        if days == 0:
            return f"{said}, the day of the deadline"
        side = "after" if days > 0 else "before"
        return f"{said}, {formats.plural(abs(days), 'day', 'days')} {side} the deadline"


def forecast(row: Row | None) -> Forecast | None:
    """Return the forecast in a row of ``finish_date``; None where it has no date.

    Args:
        row: keys p10, p50, p90, deadline: days as text, or None.
    """
    if row is None or row["p50"] is None:
        return None
    early, middle, late, deadline = (
        None if row[key] is None else date.fromisoformat(row[key])
        for key in ("p10", "p50", "p90", "deadline")
    )
    return Forecast(early or middle, middle, late, deadline) if middle else None
