"""Numbers against the lines of rules, over days, and the times during which rules fired."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import altair as alt
import pandas as pd

from labelpulse.charts.marks import bands, over_days
from labelpulse.charts.theme import (
    ACCENT,
    MAIN,
    MUTED,
    Figure,
    day_axis,
    hollow,
    hollow_told,
    painted,
    pale,
    rows_height,
    utc,
    value_axis,
    weekends,
)
from labelpulse.core import formats
from labelpulse.core.formats import sentences
from labelpulse.core.periods import Point, Span

HEIGHT = 190
MOST_ROWS = 20
"""Subjects of a chart of spells; those that fired for longest."""

_NOON = pd.Timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Spell:
    """Days on which a rule fired, both inclusive. open: it fires still."""

    first: date
    last: date
    open: bool = False

    @property
    def days(self) -> int:
        """How many days it lasted."""
        return (self.last - self.first).days + 1


def watched(
    points: Sequence[Point], spells: Sequence[Spell], span: Span, unit: str, *, name: str
) -> Figure:
    """Return a number over days with its lines, and shaded the days on which a rule fired.

    Args:
        points: by day, at least one. name: of the number, for its axis.
    """
    frame = _frame(points, unit)
    base = alt.Chart(frame).encode(x=day_axis(span.since, span.until))
    y = value_axis("value", name, **({"format": "%"} if unit == "share" else {}))
    y = y.scale(alt.Scale(zero=False))
    layers = [
        *bands([(one.first, one.last) for one in spells], span, ACCENT, 0.22),
        *_interval(frame, base, y),
        painted(base.mark_line(strokeWidth=1.5).encode(y=y), MAIN),
        painted(_dots(base, y, name), MAIN),
        *(painted(_line(base, side), ACCENT) for side in ("floor", "ceiling") if _has(frame, side)),
    ]
    title = fired_told(spells)
    note = sentences(
        "Dashed: the line." if _has(frame, "floor") or _has(frame, "ceiling") else "",
        "Shaded orange: it fired." if spells else "",
        hollow_told(frame, "day"),
    )
    described = f"{name} by day. {title}."
    return Figure(title, note, described, over_days(layers, span, HEIGHT), len(frame))


def fired_told(spells: Sequence[Spell]) -> str:
    """Return how often something fired, and on how many days, as a finding."""
    if not spells:
        return "It did not fire on these days"
    days = formats.count_of(sum(one.days for one in spells), "day", "days")
    times = formats.count_of(len(spells), "time", "times")
    if spells[-1].open:
        since = formats.day(spells[-1].first)
        return f"Fired {times}, {days} in all, and fires since {since}"
    return f"Fired {times}, {days} in all"


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


def _dots(base: alt.Chart, y: alt.Y, name: str) -> alt.Chart:
    return hollow(base.mark_point(filled=True, size=28)).encode(
        y=y,
        tooltip=[
            alt.Tooltip("when:N", title="When"),
            alt.Tooltip("text:N", title=name),
            alt.Tooltip("between:N", title="95 % interval"),
            alt.Tooltip("line:N", title="line"),
            alt.Tooltip("n:Q", title="n", format=","),
        ],
    )


def _line(base: alt.Chart, side: str) -> alt.Chart:
    drawn = base.mark_line(strokeWidth=1.5, strokeDash=[6, 3], interpolate="step")
    found: alt.Chart = drawn.encode(y=alt.Y(f"{side}:Q"))
    return found


def timeline(spells: Mapping[str, Sequence[Spell]], span: Span) -> Figure:
    """Return when a rule fired for each of its subjects, as bars over days.

    Args:
        spells: subject in words -> its spells, none where it did not fire; at least one subject.
    """
    ranked = sorted(spells, key=lambda one: -sum(each.days for each in spells[one]))
    shown = ranked[:MOST_ROWS]
    fired = [one for those in spells.values() for one in those]
    title = _of_subjects(spells, fired)
    rows = [(subject, one) for subject in shown for one in spells[subject]]
    names = alt.Y("subject:N", sort=shown, title=None, scale=alt.Scale(domain=shown))
    layers = [*weekends(span), painted(_bars(rows, span, names), ACCENT), _ground(span)]
    cut = ""
    if len(shown) < len(ranked):
        cut = f"The {len(shown)} of {len(ranked)} that fired for longest."
    pale_told = "Pale: it fires still." if any(one.open for one in fired) else ""
    note = sentences("A bar: the days on which it fired.", pale_told, cut)
    described = f"Bars over days by subject. {title}."
    chart = over_days(layers, span, rows_height(len(shown), 36))
    return Figure(title, note, described, chart, len(rows))


def _of_subjects(spells: Mapping[str, Sequence[Spell]], fired: Sequence[Spell]) -> str:
    days = formats.count_of(len(span_days(fired)), "day", "days")
    times = formats.count_of(len(fired), "time", "times")
    subjects = formats.count_of(len(spells), "subject", "subjects")
    if not fired:
        return f"Would not have fired for any of {subjects}"
    n = formats.count(sum(bool(those) for those in spells.values()))
    return f"Would have fired {times} on {days}, for {n} of {subjects}"


def span_days(spells: Sequence[Spell]) -> set[date]:
    """Return the days on which anything fired."""
    return {one.first + timedelta(days=n) for one in spells for n in range(one.days)}


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
