"""Time charts of counts: work a day or a week, and progress to a total."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import accumulate

import altair as alt
import pandas as pd

from labelpulse.charts import formats
from labelpulse.charts.theme import (
    ACCENT,
    MAIN,
    MUTED,
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
    title = f"{made} in {formats.plural(len(weeks), 'week')}"
    if len(whole):
        best = largest(whole, "value")
        title += f", most ({formats.count(best['value'])}) in the {best['when']}"
    note = "The pale bar is the week that is not over." if len(whole) < len(frame) else ""
    shown = Span(weeks[0], weeks[-1] + _WEEK - _DAY, span.today)
    chart = layered([_bars(frame, shown, noun)], HEIGHT)
    return Figure(title, note, f"Bars by week. {title}.", chart, len(frame))


def burn_up(
    rows: Iterable[Row],
    total: int,
    *,
    today: date,
    deadline: date | None = None,
    assumed: bool = False,
) -> Figure:
    """Return items completed so far, day by day, under the total of items.

    With a deadline ahead, a dashed line leads from here to all of them on that day.

    Args:
        rows: keys ``day`` and ``value`` (items completed that day); a row without a day counts
            from the start.
        assumed: how many labels an item needs is not known, so its first one counts.
    """
    rows = list(rows)
    base = sum(row["value"] or 0 for row in rows if not row["day"])
    found = by_period(rows, "day")
    days = Span(min(found, default=today), today, today).days
    sums = list(accumulate((found.get(one, 0) for one in days), initial=base))[1:]
    ahead = deadline if deadline and deadline > today and sums[-1] < total else None
    last = ahead or today
    frame = pd.DataFrame({"day": utc(days), "value": sums, "when": [formats.day(d) for d in days]})
    layers = [_area(frame, days[0], last), rule(total, MUTED)]
    if ahead:
        layers += _wanted(today, sums[-1], ahead, total, days[0])
    share = formats.percent(sums[-1] / total if total else None)
    word = "have a label" if assumed else "complete"
    title = f"{share} {word}: {formats.count(sums[-1])} of {_items(total)}"
    note = sentence(
        "How many labels an item needs is not known: its first one counts here."
        if assumed
        else "An item is complete with its last required label; the upper line is all items.",
        f"Orange: the way to the deadline, {formats.day_year(ahead)}." if ahead else "",
    )
    return Figure(title, note, f"Area over days. {title}.", layered(layers, HEIGHT), len(frame))


def by_period(rows: Iterable[Row], key: str) -> Mapping[date, float]:
    """Return value by first day of the period; rows of unknown time are left out."""
    return {parse_period(row[key]): row["value"] or 0 for row in rows if row[key]}


def week_against_week(found: Mapping[date, float], span: Span, noun: str) -> str:
    """Return the finding of daily counts: the last seven whole days against the seven before."""
    last = min(span.until, span.today - _DAY)
    recent, before = _seven(found, last), _seven(found, last - _WEEK)
    if (last - span.since).days < 13 or not before:
        shown = sum(value for day, value in found.items() if span.since <= day <= span.until)
        return f"{formats.counted(shown, noun)} in {formats.plural(len(span.days), 'day')}"
    change = recent / before - 1
    if abs(change) < 0.05:
        word = "about as many as in the seven before"
    else:
        more = "more" if change > 0 else "fewer"
        word = f"{formats.percent(abs(change))} {more} than in the seven before"
    return f"{formats.counted(recent, noun)} in the last seven whole days, {word}"


def _seven(found: Mapping[date, float], last: date) -> float:
    return sum(found.get(last - timedelta(days=n), 0) for n in range(7))


def _items(n: float) -> str:
    return formats.plural(n, "item")


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


def _area(frame: pd.DataFrame, first: date, last: date) -> alt.Chart:
    area = alt.Chart(frame).mark_area(
        opacity=0.25, line={"strokeWidth": 2}, interpolate="step-after"
    )
    drawn = area.encode(
        x=day_axis(first, last),
        y=value_axis("value", "items"),
        tooltip=[
            alt.Tooltip("when:N", title="By the end of"),
            alt.Tooltip("value:Q", title="Complete", format=","),
        ],
    )
    return painted(drawn, MAIN)


def _wanted(today: date, done: float, deadline: date, total: int, first: date) -> list[alt.Chart]:
    frame = pd.DataFrame({"day": utc([today, deadline]), "value": [done, total]})
    x = day_axis(first, deadline)
    line = alt.Chart(frame).encode(x=x, y=alt.Y("value:Q"))
    end = alt.Chart(frame.tail(1)).encode(x=x)
    return [
        painted(line.mark_line(strokeDash=[6, 3], strokeWidth=1.5), ACCENT),
        painted(end.mark_rule(strokeWidth=1.5), ACCENT),
    ]
