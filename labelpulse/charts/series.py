"""Time charts of counts: work a day or a week, and progress to a total."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import altair as alt
import pandas as pd

from labelpulse.charts import formats
from labelpulse.charts.theme import (
    ACCENT,
    MAIN,
    Figure,
    Row,
    Span,
    day_axis,
    largest,
    layered,
    painted,
    parse_period,
    rule,
    sentence,
    utc,
    value_axis,
    weekends,
)

HEIGHT = 230
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


def daily_counts(
    rows: Iterable[Row], span: Span, *, noun: str = "answers", need: float | None = None
) -> Figure:
    """Return bars, one a day; days without data are true zeros, today is marked as not over.

    Args:
        rows: keys ``day`` and ``value``; a row without a day is left out.
        need: what a working day must bring, drawn as a rule.
    """
    found = by_period(rows, "day")
    when = [formats.day(d) + (", so far" if d == span.today else "") for d in span.days]
    frame = _bar_frame(found, span.days, _DAY, span.today, when)
    layers = [
        *weekends(span),
        _bars(frame, span, noun),
        *([rule(need, ACCENT)] if need is not None else []),
    ]
    title = week_against_week(found, span, noun)
    note = sentence(
        "Shaded: weekends." if weekends(span) else "",
        "The pale bar is today." if span.until >= span.today else "",
        f"Dashed: the {formats.rate(need)} per working day that the deadline needs."
        if need
        else "",
    )
    return Figure(title, note, f"Bars by day. {title}.", layered(layers, HEIGHT), len(frame))


def weekly_counts(rows: Iterable[Row], span: Span, *, noun: str = "answers") -> Figure:
    """Return bars, one an ISO week; the week that is not over is marked.

    Args:
        rows: keys ``week`` and ``value``; a row without a week is left out.
    """
    found = by_period(rows, "week")
    weeks = sorted({one - timedelta(days=one.weekday()) for one in span.days})
    when = [f"week of {formats.day(one)}" for one in weeks]
    frame = _bar_frame(found, weeks, _WEEK, span.today, when)
    whole = frame[~frame["open"]]
    made = formats.counted(frame["value"].sum(), noun)
    title = f"{made} in {formats.plural(len(weeks), 'week', 'weeks')}"
    if len(whole):
        best = largest(whole, "value")
        title += f", most ({formats.count(best['value'])}) in the {best['when']}"
    note = "The pale bar is the week that is not over." if len(whole) < len(frame) else ""
    shown = Span(weeks[0], weeks[-1] + _WEEK - _DAY, span.today)
    chart = layered([_bars(frame, shown, noun)], HEIGHT)
    return Figure(title, note, f"Bars by week. {title}.", chart, len(frame))


def by_period(rows: Iterable[Row], key: str) -> Mapping[date, float]:
    """Return value by first day of the period; rows of unknown time are left out."""
    return {parse_period(row[key]): row["value"] or 0 for row in rows if row[key]}


def week_against_week(found: Mapping[date, float], span: Span, noun: str) -> str:
    """Return the finding of daily counts: the last seven whole days against the seven before."""
    last = min(span.until, span.today - _DAY)
    recent, before = _seven(found, last), _seven(found, last - _WEEK)
    if (last - span.since).days < 13 or not before:
        shown = sum(value for day, value in found.items() if span.since <= day <= span.until)
        return f"{formats.counted(shown, noun)} in {formats.plural(len(span.days), 'day', 'days')}"
    change = recent / before - 1
    if abs(change) < 0.05:
        word = "about as many as in the seven before"
    else:
        more = "more" if change > 0 else "fewer"
        word = f"{formats.percent(abs(change))} {more} than in the seven before"
    return f"{formats.counted(recent, noun)} in the last seven whole days, {word}"


def _seven(found: Mapping[date, float], last: date) -> float:
    return sum(found.get(last - timedelta(days=n), 0) for n in range(7))


def _bar_frame(
    found: Mapping[date, float],
    starts: list[date],
    length: timedelta,
    today: date,
    when: list[str],
) -> pd.DataFrame:
    """Return a row a period; bars leave an eighth of it free, half on each side."""
    free = pd.Timedelta(length) / 16
    return pd.DataFrame(
        {
            "day": utc(starts) + free,
            "end": utc([one + length for one in starts]) - free,
            "value": [found.get(one, 0) for one in starts],
            "open": [one + length > today for one in starts],
            "when": when,
        }
    )


def _bars(frame: pd.DataFrame, span: Span, noun: str) -> alt.Chart:
    bars = alt.Chart(frame).mark_rect(cornerRadiusTopLeft=1, cornerRadiusTopRight=1)
    drawn = bars.encode(
        x=day_axis(span.since, span.until, whole=False),
        x2="end:T",
        y=value_axis("value", noun),
        y2=alt.datum(0),
        opacity=alt.condition("datum.open", alt.value(0.4), alt.value(0.95)),
        tooltip=[
            alt.Tooltip("when:N", title="When"),
            alt.Tooltip("value:Q", title=noun, format=","),
        ],
    )
    return painted(drawn, MAIN)
