"""Control charts: daily numbers, their smoothed level, baseline and limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import altair as alt

from labelpulse.charts import daily
from labelpulse.charts.marks import bands, over_days
from labelpulse.charts.text import FigureText
from labelpulse.charts.theme import (
    ACCENT,
    MAIN,
    MUTED,
    Figure,
    day_axis,
    hollow,
    painted,
    value_axis,
)
from labelpulse.core.estimate import Measure, Row
from labelpulse.core.periods import Mark, Span

HEIGHT, SMALL = 230, 150


@dataclass(frozen=True, slots=True)
class Episodes:
    """Days that a control chart marks.

    Attributes:
        marks: on the first day of each change.
        delays: first day of each change and the day on which it was noticed.
        baseline: first and last day that the baseline was taken from; None = none of them.
    """

    marks: Sequence[Mark] = ()
    delays: Sequence[tuple[date, date]] = ()
    baseline: tuple[date, date] | None = None


def levels(
    rows: Sequence[Row],
    span: Span,
    measure: Measure,
    text: FigureText,
    episodes: Episodes,
    *,
    height: int = HEIGHT,
) -> Figure:
    """Return daily values as dots, their smoothed level, baseline and limits.

    Args:
        rows: keys ``day``, value, limit, rate, baseline, smooth, lower, upper, alarm, n, note; by
            day.
    """
    frame = daily.frame_of(rows, measure, span)
    axis = daily.axis_of(frame, measure)
    base = alt.Chart(frame).encode(x=day_axis(span.since, span.until))
    smooth = base.transform_filter("isValid(datum.smooth)")
    band = smooth.mark_area(opacity=0.13, interpolate="step").encode(y=axis("lower"), y2="upper:Q")
    dashed = smooth.mark_line(strokeWidth=1.2, strokeDash=[4, 3]).encode(y=axis("baseline"))
    dots = base.transform_filter("datum.drawn").mark_point(filled=True)
    layers = [
        *_baseline_band(episodes, span),
        *bands(list(episodes.delays), span, ACCENT, 0.16),
        painted(band, MAIN),
        painted(dashed, MUTED),
        painted(daily.dots(dots, axis, measure), MUTED),
        painted(smooth.mark_line(strokeWidth=2).encode(y=axis("smooth")), MAIN),
        *daily.alarmed(frame, smooth, axis("smooth")),
    ]
    return Figure(*text, over_days(layers, span, height, episodes.marks), len(frame))


def distances(
    rows: Sequence[Row],
    span: Span,
    measure: Measure,
    text: FigureText,
    episodes: Episodes,
    *,
    height: int = SMALL,
) -> Figure:
    """Return a line of daily distances from a baseline, under their limit.

    Args:
        rows: as those of `levels`.
    """
    frame = daily.frame_of(rows, measure, span)
    base = alt.Chart(frame).encode(x=day_axis(span.since, span.until))
    valid = base.transform_filter("isValid(datum.value)")
    y = value_axis("value", "distance")
    limit = valid.mark_line(strokeWidth=1.5, strokeDash=[6, 3])
    tips = [
        alt.Tooltip("when:N", title="When"),
        alt.Tooltip("value:Q", title="Distance", format=".1f"),
        alt.Tooltip("limit:Q", title="Limit", format=".1f"),
        alt.Tooltip("n:Q", title=measure.noun, format=","),
    ]
    dots = hollow(valid.mark_point(filled=True, size=20))
    layers = [
        *_baseline_band(episodes, span),
        painted(valid.mark_line(strokeWidth=2).encode(y=y), MAIN),
        painted(dots.encode(y=y, tooltip=tips), MAIN),
        painted(limit.encode(y=value_axis("limit", "distance")), MUTED),
        *daily.alarmed(frame, valid, y),
    ]
    return Figure(*text, over_days(layers, span, height, episodes.marks), len(frame))


def _baseline_band(episodes: Episodes, span: Span) -> list[alt.Chart]:
    days = [] if episodes.baseline is None else [episodes.baseline]
    return bands(days, span, MUTED, 0.12)
