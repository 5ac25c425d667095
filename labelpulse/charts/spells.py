"""Numbers over days with lines and shaded days, and bars of days by subject."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import altair as alt
import pandas as pd

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
    pale,
    rows_height,
    utc,
    value_axis,
    weekends,
)
from labelpulse.core import formats
from labelpulse.core.periods import Point, Span, Spell

HEIGHT = 190

_NOON = pd.Timedelta(hours=12)


def watched(  # noqa: PLR0913 (each is a name or unit of the one picture)
    points: Sequence[Point],
    spells: Sequence[Spell],
    span: Span,
    text: FigureText,
    *,
    unit: str,
    name: str,
    interval: str = "95 % interval",
) -> Figure:
    """Return a number over days with its lines and shaded days.

    Args:
        points: by day, at least one. name: of the number, for its axis.
        interval: what low and high of the points are.
    """
    frame = _frame(points, unit)
    base = alt.Chart(frame).encode(x=day_axis(span.since, span.until))
    y = value_axis("value", name, **({"format": "%"} if unit == "share" else {}))
    y = y.scale(alt.Scale(zero=False))
    layers = [
        *bands([(one.first, one.last) for one in spells], span, ACCENT, 0.22),
        *_interval(frame, base, y),
        painted(base.mark_line(strokeWidth=1.5).encode(y=y), MAIN),
        painted(_dots(base, y, name, interval), MAIN),
        *(painted(_line(base, side), ACCENT) for side in ("floor", "ceiling") if _has(frame, side)),
    ]
    return Figure(*text, over_days(layers, span, HEIGHT), len(frame))


def _has(frame: pd.DataFrame, side: str) -> bool:
    return bool(frame[side].notna().any())


def _frame(points: Sequence[Point], unit: str) -> pd.DataFrame:
    numbers = {
        name: [getattr(one, name) for one in points]
        for name in ("value", "low", "high", "floor", "ceiling")
    }
    frame = pd.DataFrame(numbers, dtype="float64")
    found = frame.assign(
        day=utc([one.day for one in points]) + _NOON,
        n=[one.n or 0 for one in points],
        open=[one.open for one in points],
        when=[formats.day(one.day) for one in points],
        text=[formats.value(one.value, unit) for one in points],
        between=[formats.interval(one.low, one.high, unit) for one in points],
        line=[_line_told(one, unit) for one in points],
    )
    return found.astype({"open": "bool"})


def _line_told(one: Point, unit: str) -> str:
    sides = (side for side in (one.floor, one.ceiling) if side is not None)
    return " · ".join(formats.value(side, unit) for side in sides)


def _interval(frame: pd.DataFrame, base: alt.Chart, y: alt.Y) -> list[alt.Chart]:
    if not frame["low"].notna().any():
        return []
    area = base.mark_area(opacity=0.15).encode(y=_same(y, "low"), y2="high:Q")
    return [painted(area, MAIN)]


def _same(y: alt.Y, field: str) -> alt.Y:
    """Return the same axis for another column."""
    found: alt.Y = y.copy()
    found.shorthand = f"{field}:Q"
    return found


def _dots(base: alt.Chart, y: alt.Y, name: str, interval: str) -> alt.Chart:
    return hollow(base.mark_point(filled=True, size=28)).encode(
        y=y,
        tooltip=[
            alt.Tooltip("when:N", title="When"),
            alt.Tooltip("text:N", title=name),
            alt.Tooltip("between:N", title=interval),
            alt.Tooltip("line:N", title="line"),
            alt.Tooltip("n:Q", title="n", format=","),
        ],
    )


def _line(base: alt.Chart, side: str) -> alt.Chart:
    drawn = base.mark_line(strokeWidth=1.5, strokeDash=[6, 3], interpolate="step")
    found: alt.Chart = drawn.encode(y=alt.Y(f"{side}:Q"))
    return found


def timeline(spells: Mapping[str, Sequence[Spell]], span: Span, text: FigureText) -> Figure:
    """Return a row of bars over days for each subject.

    Args:
        spells: name of a subject -> its spells, from top to bottom; at least one subject.
    """
    subjects = list(spells)
    rows = [(subject, spell) for subject in subjects for spell in spells[subject]]
    names = alt.Y("subject:N", sort=subjects, title=None, scale=alt.Scale(domain=subjects))
    layers = [*weekends(span), painted(_bars(rows, span, names), ACCENT), _ground(span)]
    return Figure(*text, over_days(layers, span, rows_height(len(subjects), 36)), len(rows))


def _bars(rows: Sequence[tuple[str, Spell]], span: Span, names: alt.Y) -> alt.Chart:
    cut = [(max(one.first, span.since), min(one.last, span.until)) for _, one in rows]
    frame = pd.DataFrame(
        {
            "subject": [subject for subject, _ in rows],
            "day": utc([first for first, _ in cut]),
            "end": utc([last + timedelta(days=1) for _, last in cut]),
            "from": [formats.day(one.first) for _, one in rows],
            "to": [_end(one) for _, one in rows],
            "days": [one.days for _, one in rows],
            "open": [one.open for _, one in rows],
        }
    )
    bars = alt.Chart(frame).mark_bar(cornerRadius=2, height={"band": 0.6})
    drawn: alt.Chart = bars.encode(
        x=day_axis(span.since, span.until, whole=False),
        x2="end:T",
        y=names,
        opacity=pale(),
        tooltip=[
            alt.Tooltip("subject:N", title="Subject"),
            alt.Tooltip("from:N", title="From"),
            alt.Tooltip("to:N", title="To"),
            alt.Tooltip("days:Q", title="Days"),
        ],
    )
    return drawn


def _end(one: Spell) -> str:
    return f"{formats.day(one.last)}, so far" if one.open else formats.day(one.last)


def _ground(span: Span) -> alt.Chart:
    """Return nothing to be seen over all days, so that the axis spans them."""
    frame = pd.DataFrame({"day": utc([span.since])})
    drawn = alt.Chart(frame).mark_rule(opacity=0)
    return painted(drawn.encode(x=day_axis(span.since, span.until)), MUTED)
