"""The forecast as a fan: remaining labels towards none, between an early and a late day."""

from dataclasses import dataclass
from datetime import date, timedelta

import altair as alt
import pandas as pd

from labelpulse.charts import formats
from labelpulse.charts.marks import Mark, marked, room
from labelpulse.charts.theme import (
    MAIN,
    Figure,
    Row,
    Span,
    day_axis,
    layered,
    painted,
    sentence,
    utc,
    value_axis,
)
from labelpulse.stats.forecast import HORIZON

HEIGHT = 230
_MARGIN = 0.05
"""Free days after the last one drawn, as a part of all."""


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
        return f"{said}, {formats.plural(abs(days), 'day')} {side} the deadline"


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


def finish(row: Row, today: date, required: Row | None = None) -> Figure:
    """Return the remaining labels from today to none, as the forecast spreads them.

    The fan begins at what remains today; its edges are straight, since only its ends are forecast.
    Without a date it is not drawn, and the title says why.

    Args:
        row: of ``finish_date``: keys p10, p50, p90, deadline, remaining, note.
        required: of ``required_rate``: keys value (labels a working day), pace.
    """
    found = forecast(row)
    if found is None:
        title = f"No finish date: {row['note']}"
        return Figure(title, "", title, layered([alt.Chart().mark_point()], HEIGHT), 0)
    frame = _corners(found, today, row["remaining"])
    until = max(frame["day"].max().date(), found.deadline or today)
    margin = timedelta(days=max(round((until - today).days * _MARGIN), 1))
    shown = Span(today, until + margin, today)
    marks = [Mark(found.middle, formats.day_year(found.middle))]
    marks += [Mark(found.deadline, "deadline", True)] if found.deadline else []
    layers = [*_fan(frame, shown), *marked(marks, shown)]
    note = sentence(
        f"Band: four forecasts in five end in it. Dashed: the middle one, {row['note']}.",
        _needs(required),
    )
    described = f"Fan over days. {found.text}."
    return Figure(
        found.text, note, described, layered(layers, HEIGHT + room(marks, shown)), len(frame)
    )


def _corners(found: Forecast, today: date, left: float) -> pd.DataFrame:
    """Return the labels left at the fan's corners: least, in the middle, and most."""
    late = found.late or today + timedelta(days=HORIZON)
    days = [today, found.early, found.middle, late]

    def line(end: date) -> list[float]:
        whole = max((end - today).days, 1)
        return [left * max(1 - (day - today).days / whole, 0) for day in days]

    ends = {"least": found.early, "middle": found.middle, "most": late}
    return pd.DataFrame(
        {
            "day": utc(days),
            "middle_line": [day <= found.middle for day in days],
            "when": [formats.day_year(day) for day in days],
            **{name: line(end) for name, end in ends.items()},
        }
    )


def _fan(frame: pd.DataFrame, shown: Span) -> list[alt.Chart]:
    base = alt.Chart(frame).encode(
        x=day_axis(shown.since, shown.until),
        tooltip=[
            alt.Tooltip("when:N", title="On"),
            *(alt.Tooltip(f"{name}:Q", title=f"{name} left", format=",.0f") for name in _LINES),
        ],
    )
    band = base.mark_area(opacity=0.2).encode(y=value_axis("least", "labels left"), y2="most:Q")
    line = base.transform_filter("datum.middle_line").mark_line(strokeDash=[6, 3], strokeWidth=2)
    return [
        painted(band, MAIN),
        painted(line.encode(y=value_axis("middle", "labels left")), MAIN),
    ]


_LINES = ("least", "middle", "most")


def _needs(required: Row | None) -> str:
    if required is None or required["value"] is None:
        return ""
    text = f"The deadline needs {formats.rate(required['value'])} labels per working day"
    pace = required["pace"]
    return f"{text}; the forecast starts from {formats.rate(pace)}." if pace else f"{text}."
