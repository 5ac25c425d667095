"""Stages: bars of queues by age, stacked areas over days, and lines of times by week."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import altair as alt
import pandas as pd

from labelpulse.charts.marks import over_days, room
from labelpulse.charts.series import day_told, week_told
from labelpulse.charts.text import FigureText
from labelpulse.charts.theme import (
    BY_ROLE,
    FONT_SIZE,
    LEGEND_OFFSET,
    MUTED,
    Figure,
    day_axis,
    layered,
    painted,
    utc,
    value_axis,
)
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.periods import Mark, Span, by_period

HEIGHT = 300
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_SIZES = ((86_400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds"))


class Queue(NamedTuple):
    """Items of one class of age in a stage."""

    stage: str
    age: str
    items: float


def queue_bars(
    queues: Sequence[Queue],
    stages: Sequence[str],
    ages: Sequence[str],
    text: FigureText,
    beside: Mapping[str, str],
) -> Figure:
    """Return a bar a stage, parted by age.

    Args:
        stages: names from top to bottom; those with a queue are drawn.
        ages: names of the classes of age, youngest first; others are drawn first and palest.
        beside: stage -> text to the right of its bar.
    """
    order = [*sorted({queue.age for queue in queues} - set(ages)), *ages]
    frame = pd.DataFrame(
        {
            "stage": [queue.stage for queue in queues],
            "age": [queue.age for queue in queues],
            "order": [order.index(queue.age) for queue in queues],
            "value": [queue.items for queue in queues],
        }
    )
    shown = [stage for stage in stages if any(queue.stage == stage for queue in queues)]
    texts = {stage: beside[stage] for stage in shown if stage in beside}
    layers = [_bars(frame, shown, order)]
    if texts:
        layers.append(_texts_beside(frame, shown, texts))
    chart = layered(layers, max(len(shown), 1) * 36 + 120).resolve_scale(color="independent")
    return Figure(*text, chart, len(frame))


def _bars(frame: pd.DataFrame, stages: list[str], ages: list[str]) -> alt.Chart:
    """Return the bars, coloured by the place of the class of age in the theme's own ramp."""
    names = alt.Axis(title=None, ticks=False, domain=False, labelLimit=190)
    counts = alt.Axis(title="items", tickCount=5, tickMinStep=1, domain=False, ticks=False)
    legend = alt.Legend(
        title=None,
        type="symbol",
        symbolType="square",
        orient="top",
        direction="horizontal",
        columns=2,
        values=list(range(len(ages))),
        labelExpr=f"{json.dumps(ages, ensure_ascii=False)}[datum.value]",
    )
    scale = alt.Scale(domain=[-1, len(ages) - 1])  # so that the youngest is no ghost
    bars = alt.Chart(frame).mark_bar(height=22)
    drawn: alt.Chart = bars.encode(
        y=alt.Y("stage:N", scale=alt.Scale(domain=stages), axis=names),
        x=alt.X("value:Q", axis=counts),
        color=alt.Color("order:Q", scale=scale, legend=legend),
        order="order:Q",
        tooltip=[
            alt.Tooltip("stage:N", title="Stage"),
            alt.Tooltip("age:N", title="There for"),
            alt.Tooltip("value:Q", title="Items", format=","),
        ],
    )
    return drawn


def _texts_beside(frame: pd.DataFrame, stages: list[str], texts: Mapping[str, str]) -> alt.Chart:
    """Return the texts at the ends of the bars."""
    sums = frame.groupby("stage")["value"].sum()
    ends = pd.DataFrame(
        {
            "stage": list(texts),
            "value": [sums[stage] for stage in texts],
            "text": list(texts.values()),
        }
    )
    marks = alt.Chart(ends).mark_text(align="left", dx=6, fontSize=FONT_SIZE)
    drawn = marks.encode(
        y=alt.Y("stage:N", scale=alt.Scale(domain=stages)), x="value:Q", text="text:N"
    )
    return painted(drawn, MUTED)


class Band(NamedTuple):
    """A stage of a stack: its key, its name, the role of its colour and its items by day."""

    stage: str
    name: str
    role: str
    values: Sequence[float]


class Outlined(NamedTuple):
    """The band that is outlined, by the key of its stage, and from which day on."""

    stage: str
    since: date


def stacked_areas(
    stack: Sequence[Band],
    span: Span,
    text: FigureText,
    *,
    outlined: Outlined | None = None,
    marks: Sequence[Mark] = (),
) -> Figure:
    """Return bands over days that stand upon each other.

    Args:
        stack: from bottom to top; empty bands are left out.
        marks: days to mark, with texts.
    """
    stack = [band for band in stack if any(band.values)]
    frame = _stack_frame(stack, span)
    names = {band.role: band.name.split(" (")[0] for band in reversed(stack)}
    legend = _legend(names, room(span, marks))
    layers = [_areas(frame, span, legend)] if stack else [alt.Chart().mark_point()]
    if outlined is not None and any(band.stage == outlined.stage for band in stack):
        band = frame[(frame["stage"] == outlined.stage) & frame["date"].ge(outlined.since)]
        layers.append(_outline(band, span))
    return Figure(*text, over_days(layers, span, HEIGHT, marks), len(frame))


def _stack_frame(stack: Sequence[Band], span: Span) -> pd.DataFrame:
    """Return a row a stage and day with the lower and upper edge of its band."""
    days, parts = span.days, []
    low = [0.0] * len(days)
    for band in stack:
        high = [below + max(n, 0) for below, n in zip(low, band.values, strict=True)]
        parts.append(
            pd.DataFrame(
                {
                    "day": utc(days),
                    "date": days,
                    "stage": band.stage,
                    "role": band.role,
                    "name": band.name,
                    "value": list(band.values),
                    "low": low,
                    "high": high,
                    "when": [day_told(day, span) for day in days],
                }
            )
        )
        low = high
    return pd.concat(parts) if parts else pd.DataFrame({"stage": [], "date": []})


def _areas(frame: pd.DataFrame, span: Span, legend: alt.Legend) -> alt.Chart:
    drawn: alt.Chart = _band(frame, span, legend).mark_area(opacity=0.75)
    return drawn


def _outline(frame: pd.DataFrame, span: Span) -> alt.Chart:
    """Return a band's outline in the colour of its stage."""
    band = _band(frame, span, None)
    drawn: alt.Chart = band.mark_area(filled=False, strokeWidth=3, opacity=1)
    return drawn


def _legend(names: Mapping[str, str], above: float) -> alt.Legend:
    """Return a legend of roles, with the names of their stages, so many pixels higher."""
    return alt.Legend(
        title=None,
        orient="top",
        direction="horizontal",
        columns=3,
        values=list(names),
        labelExpr=f"{json.dumps(dict(names), ensure_ascii=False)}[datum.value]",
        labelLimit=220,
        symbolType="square",
        offset=LEGEND_OFFSET + above,
    )


def _band(frame: pd.DataFrame, span: Span, legend: alt.Legend | None) -> alt.Chart:
    chart: alt.Chart = alt.Chart(frame.drop(columns="date")).encode(
        x=day_axis(span.since, span.until),
        y=value_axis("low", "items", tickMinStep=1),
        y2="high:Q",
        color=BY_ROLE.legend(legend),
        detail="stage:N",
        tooltip=[
            alt.Tooltip("name:N", title="Stage"),
            alt.Tooltip("when:N", title="By the end of"),
            alt.Tooltip("value:Q", title="Items", format=","),
        ],
    )
    return chart


class Line(NamedTuple):
    """A line of times by week: its name, the role of its colour and its rows, in seconds."""

    name: str
    role: str
    rows: Sequence[Row]


def times_by_week(lines: Sequence[Line], span: Span, text: FigureText) -> Figure:
    """Return lines of times on an axis in the unit that suits the longest."""
    frame = pd.concat([_line_frame(line) for line in lines])
    size, unit = next((size for size in _SIZES if size[0] <= frame["value"].max()), _SIZES[-1])
    frame["value"] /= size
    weeks = sorted({*frame["date"]})
    shown = span.widened(weeks[0], weeks[-1] + _WEEK - _DAY)
    base = alt.Chart(frame.drop(columns="date")).encode(
        x=day_axis(shown.since, shown.until),
        y=value_axis("value", unit),
        color=BY_ROLE,
        tooltip=[
            alt.Tooltip("when:N", title="Begun in the"),
            alt.Tooltip("line:N", title=" "),
            alt.Tooltip("text:N", title="Time"),
            alt.Tooltip("n:Q", title="items", format=","),
        ],
    )
    layers = [base.mark_line(strokeWidth=1.5, opacity=0.8), base.mark_point(filled=True, size=36)]
    return Figure(*text, over_days(layers, shown, 230), len(frame))


def _line_frame(line: Line) -> pd.DataFrame:
    weeks = list(by_period(line.rows, "week"))
    return pd.DataFrame(
        {
            "day": utc([week + 3 * _DAY for week in weeks]),
            "date": weeks,
            "value": [float(row["value"]) for row in line.rows],
            "n": [row["n"] for row in line.rows],
            "text": [formats.duration(row["value"]) for row in line.rows],
            "when": [week_told(week) for week in weeks],
            "line": line.name,
            "role": line.role,
        }
    )
