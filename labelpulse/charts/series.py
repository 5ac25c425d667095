"""Time charts of counts: work a day or a week, and progress to a total."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import altair as alt
import pandas as pd

from labelpulse.charts.marks import over_days
from labelpulse.charts.theme import (
    ACCENT,
    MAIN,
    Figure,
    day_axis,
    largest,
    painted,
    pale,
    rule,
    utc,
    value_axis,
    weekends,
)
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.formats import sentences
from labelpulse.core.periods import Span, after_period, by_period

HEIGHT = 230
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


def daily_counts(
    rows: Iterable[Row],
    span: Span,
    *,
    noun: str = "answers",
    need: float | None = None,
) -> Figure:
    """Return bars, one a day; days without data are true zeros, today is marked as not over.

    Args:
        rows: keys ``day`` and ``value``; a row without a day is left out.
        noun: an English plural, looked up here.
        need: what a working day must bring, drawn as a rule.
    """
    found = by_period(rows, "day")
    when = [day_told(one, span) for one in span.days]
    frame = _bar_frame(found, span.days, "day", span, when)
    layers = [
        *weekends(span),
        _bars(frame, span, noun),
        *([rule(need, ACCENT)] if need is not None else []),
    ]
    title = week_against_week(found, span, noun)
    note = sentences(
        "Shaded: weekends." if weekends(span) else "",
        "The pale bar is today." if span.until >= span.today else "",
        f"Dashed: the {formats.rate(need)} per working day that the deadline needs."
        if need
        else "",
    )
    described = f"Bars by day. {title}."
    return Figure(title, note, described, over_days(layers, span, HEIGHT), len(frame))


def day_told(day: date, span: Span) -> str:
    """Return a day in words; today is not over."""
    told = formats.day(day)
    return f"{told}, so far" if day == span.today else told


def weekly_counts(rows: Iterable[Row], span: Span, *, noun: str = "answers") -> Figure:
    """Return bars, one an ISO week; the week that is not over is marked.

    Args:
        rows: keys ``week`` and ``value``; a row without a week is left out.
        noun: an English plural, looked up here.
    """
    found = by_period(rows, "week")
    weeks = sorted({one - timedelta(days=one.weekday()) for one in span.days})
    when = [week_told(one) for one in weeks]
    frame = _bar_frame(found, weeks, "week", span, when)
    whole = frame[~frame["open"]]
    made = formats.counted(frame["value"].sum(), noun)
    title = _of_weeks(made, formats.count_of(len(weeks), "week", "weeks"), whole)
    note = "The pale bar is the week that is not over." if len(whole) < len(frame) else ""
    shown = span.widened(weeks[0], weeks[-1] + _WEEK - _DAY)
    chart = over_days([_bars(frame, shown, noun)], shown, HEIGHT)
    described = f"Bars by week. {title}."
    return Figure(title, note, described, chart, len(frame))


def week_told(monday: date) -> str:
    """Return a week in words."""
    return f"week of {formats.day(monday)}"


def _of_weeks(made: str, weeks: str, whole: pd.DataFrame) -> str:
    if whole.empty:
        return f"{made} in {weeks}"
    best = largest(whole, "value")
    return f"{made} in {weeks}, most ({formats.count(best['value'])}) in the {best['when']}"


def week_against_week(found: Mapping[date, float], span: Span, noun: str) -> str:
    """Return the finding of daily counts: the last seven whole days against the seven before."""
    last = min(span.until, span.today - _DAY)
    recent, before = _seven(found, last), _seven(found, last - _WEEK)
    if (last - span.since).days < 13 or not before:
        shown = sum(value for day, value in found.items() if span.since <= day <= span.until)
        days = formats.count_of(len(span.days), "day", "days")
        return f"{formats.counted(shown, noun)} in {days}"
    made, change = formats.counted(recent, noun), recent / before - 1
    share = formats.percent(abs(change))
    if abs(change) < 0.05:
        return f"{made} in the last seven whole days, about as many as in the seven before"
    if change > 0:
        return f"{made} in the last seven whole days, {share} more than in the seven before"
    return f"{made} in the last seven whole days, {share} fewer than in the seven before"


def _seven(found: Mapping[date, float], last: date) -> float:
    return sum(found.get(last - timedelta(days=n), 0) for n in range(7))


def _bar_frame(
    found: Mapping[date, float],
    starts: list[date],
    key: str,
    span: Span,
    when: list[str],
) -> pd.DataFrame:
    """Return a row a period; bars leave an eighth of it free, half on each side."""
    free = pd.Timedelta(_WEEK if key == "week" else _DAY) / 16
    return pd.DataFrame(
        {
            "day": utc(starts) + free,
            "end": utc([after_period(one, key) for one in starts]) - free,
            "value": [found.get(one, 0) for one in starts],
            "open": [span.is_open(one, key) for one in starts],
            "when": when,
        }
    )


def _bars(frame: pd.DataFrame, span: Span, noun: str) -> alt.Chart:
    bars = alt.Chart(frame).mark_rect(cornerRadiusTopLeft=1, cornerRadiusTopRight=1)
    y = value_axis("value", noun, tickMinStep=1)
    if not frame["value"].any():  # an axis from 0 to 0 has no ticks of whole numbers
        y = y.scale(alt.Scale(domain=[0, 1]))
    drawn = bars.encode(
        x=day_axis(span.since, span.until, whole=False),
        x2="end:T",
        y=y,
        y2=alt.datum(0),
        opacity=pale(),
        tooltip=[
            alt.Tooltip("when:N", title="When"),
            alt.Tooltip("value:Q", title=noun, format=","),
        ],
    )
    return painted(drawn, MAIN)
