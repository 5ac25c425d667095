"""What all charts share: roles of colour, the figure, axes, rules, weekends.

Colours are positions in the theme's own categorical palette, resolved where the chart is shown:
one drawing serves the light and the dark theme, and the palette lives in the configuration only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from math import ceil
from typing import Any, cast

import altair as alt
import pandas as pd

from labelpulse.charts.sent import sent
from labelpulse.core.estimate import Row
from labelpulse.core.periods import Span

alt.data_transformers.disable_max_rows()  # charts say themselves what they leave out

MAX_MARKS = 5000
"""More marks than this make a browser slow and say nothing more; charts cut their rows to it."""

MAIN, ACCENT, MUTED = "main", "accent", "muted"
_ROLES = (MAIN, ACCENT, "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", MUTED)
ROLE_SCALE = alt.Scale(domain=list(_ROLES))
BY_ROLE = alt.Color("role:N", scale=ROLE_SCALE, legend=None)
"""The colour of rows that carry their role themselves."""

FONT_SIZE = 12
LEGEND_OFFSET = 14
"""Pixels between a legend and what is below it."""
ROW_HEIGHT = 22
"""Pixels a category needs; below 14 Vega drops every other name without a word."""

_PADDING = {"left": 0, "top": 5, "right": 5, "bottom": 0}
_SATURDAY = 5
_MANY_DAYS = 200


@dataclass(frozen=True)
class Figure:
    """A chart with the words around it.

    Attributes:
        title: the finding, one plain sentence without markup and without a full stop.
        note: what is drawn, by which rule, from how much; "" when the title says it all.
        described: the same for someone who cannot see the chart.
        marks: how many marks the largest layer has.
    """

    title: str
    note: str
    described: str
    chart: alt.LayerChart
    marks: int

    @cached_property
    def spec(self) -> dict[str, Any]:
        """The Vega-Lite specification with its rows as Arrow; made once, nobody may change it."""
        return sent(self.chart)


def painted(chart: alt.Chart, role: str) -> alt.Chart:
    """Return a chart in the colour of a role, resolved from the palette of the theme in force."""
    drawn: alt.Chart = chart.transform_calculate(role=f"'{role}'").encode(color=BY_ROLE)
    return drawn


def utc(days: Sequence[date]) -> pd.Series:
    """Return days as midnight UTC, the form that `day_axis` draws."""
    return pd.Series(pd.to_datetime(list(days), utc=True))


def day_axis(first: date, last: date, *, whole: bool = True) -> alt.X:
    """Return an x axis over local days `first` to `last`, ticked on Mondays or on months' firsts.

    Days are instants at midnight UTC on a UTC scale, so that the browser's zone moves none.

    Args:
        whole: the axis spans all those days; False = what is drawn, for marks from x to x2.
    """
    axis = alt.Axis(
        format="%-d %b",
        values=[_moment(one) for one in _ticks(first, last)],
        labelOverlap="greedy",
        grid=False,
        title=None,
    )
    scale = alt.Scale(type="utc", nice=False)
    if whole:
        scale.domain = [_moment(first), _moment(last + timedelta(days=1))]
    return alt.X("day:T", axis=axis, scale=scale)


def _moment(day: date) -> alt.DateTime:
    return alt.DateTime(year=day.year, month=day.month, date=day.day, utc=True)


def _ticks(first: date, last: date) -> list[date]:
    days = Span(first, last, last).days
    if len(days) <= 14:
        return days
    marks = [d for d in days if (d.day == 1 if len(days) > 120 else d.weekday() == 0)]
    return marks[:: max(ceil(len(marks) / 8), 1)]


def value_axis(field: str, title: str, **axis: Any) -> alt.Y:
    """Return a y axis with few, quiet grid lines."""
    settings = {"tickCount": 4, "domain": False, "ticks": False, **axis}
    return alt.Y(f"{field}:Q", title=title, axis=alt.Axis(**settings))


def hollow(points: alt.Chart) -> alt.Chart:
    """Return filled points, hollow where what they stand for is not over: `open` of their rows."""
    drawn: alt.Chart = points.encode(
        stroke=alt.Stroke("role:N", scale=ROLE_SCALE, legend=None),
        strokeWidth=alt.condition("datum.open", alt.value(1.5), alt.value(0)),
        fillOpacity=alt.condition("datum.open", alt.value(0), alt.value(1)),
    )
    return drawn


def hollow_told(frame: pd.DataFrame, key: str) -> str:
    """Say which point is hollow, where one is."""
    if not frame["open"].any():
        return ""
    if key == "day":
        return "Hollow: today, so far."
    return f"Hollow: the {key} that is not over."


def pale() -> Any:
    """Return the opacity of bars: pale where what they stand for is not over."""
    return alt.condition("datum.open", alt.value(0.4), alt.value(0.95))


def rule(at: float, colour: str) -> alt.Chart:
    """Return a dashed horizontal line; its meaning belongs in the note, where nothing hides it."""
    line = alt.Chart(pd.DataFrame({"value": [at]})).encode(y=alt.Y("value:Q"))
    return painted(line.mark_rule(strokeWidth=1.5, strokeDash=[6, 3]), colour)


def weekends(span: Span) -> list[alt.Chart]:
    """Return pale bands over Saturdays and Sundays; none over spans that they would stripe."""
    starts = [one for one in span.days if one.weekday() == _SATURDAY]
    if not starts or len(span.days) > _MANY_DAYS:
        return []
    last = span.until + timedelta(days=1)
    ends = [min(one + timedelta(days=2), last) for one in starts]
    bands = alt.Chart(pd.DataFrame({"day": utc(starts), "end": utc(ends)}))
    x = day_axis(span.since, span.until, whole=False)
    return [painted(bands.mark_rect(opacity=0.12).encode(x=x, x2="end:T"), MUTED)]


class Layers(alt.LayerChart):
    """Layers whose specification tests check, not each drawing: that takes half its time."""

    def to_dict(self, validate: bool = False, **more: Any) -> dict[str, Any]:
        """Return the Vega-Lite specification.

        Args:
            validate: also check it against the schema.
        """
        found: dict[str, Any] = super().to_dict(validate=validate, **more)
        return found


def layered(layers: Sequence[alt.Chart], height: int) -> alt.LayerChart:
    """Return layers as one chart of a fixed height that fills the width it is given."""
    chart = Layers(layer=list(layers))
    return cast(
        "alt.LayerChart", chart.properties(height=height, width="container", padding=_PADDING)
    )


def rows_height(rows: int, extra: int = 64) -> int:
    """Return the height that shows every one of so many categories, axis and title included."""
    return max(rows, 1) * ROW_HEIGHT + extra


def most(rows: Sequence[Row], limit: int) -> list[Row]:
    """Return the rows with the largest n, at most so many, in their own order."""
    if len(rows) <= limit:
        return list(rows)
    kept = sorted(range(len(rows)), key=lambda at: -(rows[at]["n"] or 0))[:limit]
    return [rows[at] for at in sorted(kept)]


def cut_told(shown: int, there: int) -> str:
    """Say that not all rows are shown, where that is so: those of `most`."""
    if shown >= there:
        return ""
    return f"The {shown} with the most of {there} are shown."


def largest(frame: pd.DataFrame, column: str) -> "pd.Series[Any]":
    """Return the row with the largest value of a column; the frame has rows."""
    return frame.iloc[int(frame[column].to_numpy().argmax())]
