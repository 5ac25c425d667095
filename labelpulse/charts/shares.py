"""Time charts of estimates: shares and coefficients with their intervals, and times."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from statistics import median

import altair as alt
import pandas as pd

from labelpulse.charts.marks import over_days
from labelpulse.charts.theme import (
    ACCENT,
    BY_ROLE,
    MAIN,
    MUTED,
    Figure,
    day_axis,
    hollow,
    hollow_told,
    painted,
    rule,
    utc,
    value_axis,
)
from labelpulse.core import formats
from labelpulse.core.estimate import Measure, Row
from labelpulse.core.formats import sentences
from labelpulse.core.periods import Span, parse_period

HEIGHT = 230
Axis = Callable[[str], alt.Y]
"""Makes the y encoding of a field, all on one scale."""

Level = Callable[[date, date], float | None]
"""A measure over some days, both inclusive."""


def over_time(
    rows: Sequence[Row],
    span: Span,
    *,
    key: str,
    measure: Measure,
    target: float | None = None,
    level: Level | None = None,
) -> Figure:
    """Return dots sized by n with their 95 % intervals; gaps stay gaps, grey is too few.

    Args:
        rows: keys `key` (``day``, ``week`` or ``month``), value, low, high, n.
        target: drawn as a rule.
        level: the measure over many days; None where it is the mean of its days over their n.
    """
    frame = _frame(rows, key, measure, span)
    shown = _shown(frame, span)
    base = alt.Chart(frame).encode(x=day_axis(shown.since, shown.until))
    y = _y(frame, measure, target)
    seen = base.transform_filter("datum.enough")
    layers = [
        painted(seen.mark_line(strokeWidth=1.2, opacity=0.45).encode(y=y("value")), MAIN),
        painted(_whiskers(seen, y), MAIN),
        _dots(base, y, measure),
        *([] if target is None else [rule(target, ACCENT)]),
    ]
    title = _then_and_now(frame, key, measure, span, level)
    few = not frame["enough"].all()
    note = sentences(
        f"Dots grow with the number of {measure.noun}; bars are 95 % intervals.",
        f"Grey: fewer than {measure.min_n}." if few else "",
        hollow_told(frame, key),
        "" if target is None else target_told(target, measure),
    )
    described = f"Dots by {key}. {title}."
    return Figure(title, note, described, over_days(layers, shown, HEIGHT), len(frame))


def target_told(target: float, measure: Measure) -> str:
    """Say what a dashed rule stands for."""
    return f"Dashed: the target, {formats.value(target, measure.unit)}."


def _frame(rows: Sequence[Row], key: str, measure: Measure, span: Span) -> pd.DataFrame:
    kept = [row for row in rows if row[key] and row["value"] is not None]
    starts = [parse_period(row[key]) for row in kept]
    enough = [(row["n"] or 0) >= measure.min_n for row in kept]
    return pd.DataFrame(
        {
            "day": utc(starts) + pd.Timedelta(hours=12),
            "value": [float(row["value"]) for row in kept],
            "low": [row["low"] for row in kept],
            "high": [row["high"] for row in kept],
            "n": [row["n"] or 0 for row in kept],
            "enough": enough,
            "open": [span.is_open(one, key) for one in starts],
            "role": [MAIN if one else MUTED for one in enough],
            "when": [_when(one, key) for one in starts],
            "text": [formats.value(row["value"], measure.unit) for row in kept],
            "range": [formats.interval(row["low"], row["high"], measure.unit) for row in kept],
        }
    ).astype({"low": "float64", "high": "float64", "enough": "bool", "open": "bool"})


def _shown(frame: pd.DataFrame, span: Span) -> Span:
    """Return the span, widened to the week or month that it begins in."""
    return span.widened(frame["day"].min().date()) if len(frame) else span


def _when(day: date, key: str) -> str:
    return formats.day(day) if key == "day" else formats.period(day, key)


def _y(frame: pd.DataFrame, measure: Measure, target: float | None) -> Axis:
    """Return a maker of y encodings on one scale that leaves out the empty part below."""
    seen = frame[frame["enough"]]
    lowest = min(
        [*seen["low"].dropna(), *seen["value"], *([] if target is None else [target])], default=0.0
    )
    floor = max(0.0, round(lowest - 0.06, 1)) if lowest >= 0 else -1.0
    scale = alt.Scale(domain=[floor, 1.0], clamp=True, nice=False)
    style = "%" if measure.unit == "share" else ".2f"

    def y(field: str) -> alt.Y:
        return value_axis(field, measure.name, format=style).scale(scale)

    return y


def _whiskers(seen: alt.Chart, y: Axis) -> alt.Chart:
    drawn: alt.Chart = seen.mark_rule(strokeWidth=2, opacity=0.3).encode(y=y("low"), y2="high:Q")
    return drawn


def _dots(base: alt.Chart, y: Axis, measure: Measure) -> alt.Chart:
    drawn: alt.Chart = hollow(base.mark_point(filled=True)).encode(
        y=y("value"),
        color=BY_ROLE,
        size=alt.Size("n:Q", scale=alt.Scale(type="sqrt", range=[14, 90]), legend=None),
        opacity=alt.condition("datum.enough", alt.value(1), alt.value(0.35)),
        tooltip=[
            alt.Tooltip("when:N", title="When"),
            alt.Tooltip("text:N", title=measure.name),
            alt.Tooltip("range:N", title="95 % interval"),
            alt.Tooltip("n:Q", title=measure.noun, format=","),
        ],
    )
    return drawn


def _then_and_now(
    frame: pd.DataFrame, key: str, measure: Measure, span: Span, level: Level | None
) -> str:
    """Say the newest stretch against all before it: the numbers of the tiles.

    A stretch of weeks or months does not end where the tiles' days do, so it is named by its
    first day; a span that is hardly longer is said as a whole.
    """
    if frame.empty or frame["n"].sum() < measure.min_n:
        least, noun = measure.min_n, measure.noun
        return f"Fewer than {least} {noun} so far: too few to say"
    edge = frame["day"].max() - timedelta(days=_STRETCH[key])
    before, lately = frame[frame["day"] <= edge], frame[frame["day"] > edge]
    first = lately["day"].min().date()
    if (first - span.since).days < _STRETCH[key] // 2:
        before = before.iloc[:0]
    name = formats.begun(measure.name)
    level = level or _mean_over_n(frame, span.since)
    whole = formats.value(level(span.since, span.until), measure.unit)
    if min(before["n"].sum(), lately["n"].sum()) < measure.min_n:
        days = formats.count_of(len(span.days), "day", "days")
        return f"{name} is {whole} in {days}"
    then, now_is = level(span.since, first - timedelta(days=1)), level(first, span.until)
    now = frame["day"].max().date() == span.until
    if key == "day" and now:
        stretch = f"in the last {_STRETCH[key]} days"
    else:
        stretch = f"since {formats.day(first)}"
    if then is None or now_is is None or abs(now_is - then) < _NOTABLE:
        return f"{name} is {whole}, and about the same {stretch}"
    return (
        f"{name} is {formats.value(now_is, measure.unit)} {stretch}, "
        f"{formats.value(then, measure.unit)} before"
    )


_STRETCH = {"day": 14, "week": 28, "month": 90}
_NOTABLE = 0.03


def _mean_over_n(frame: pd.DataFrame, since: date) -> Level:
    """Return the mean of periods over n: exact where a measure is a mean over what n counts.

    A period counts where it begins; one that began before `since`, as the first week, from there.
    """
    began = frame["day"].dt.date.clip(lower=since)

    def level(first: date, last: date) -> float:
        part = frame[(began >= first) & (began <= last)]
        return float((part["value"] * part["n"]).sum() / part["n"].sum())

    return level


def times(median_rows: Sequence[Row], p90_rows: Sequence[Row], span: Span, *, key: str) -> Figure:
    """Return the median time an answer took and the time that one in ten exceeded.

    Args:
        median_rows, p90_rows: keys `key`, value in seconds, n.
    """
    measure = Measure("time", "s", "answers", 1)
    half, tenth = "half take less", "one in ten takes more"
    frame = pd.concat(
        [
            _frame(median_rows, key, measure, span).assign(line=half, role=MAIN),
            _frame(p90_rows, key, measure, span).assign(line=tenth, role=ACCENT),
        ]
    )
    top = _usual_top(p90_rows)
    y = value_axis("value", "seconds per answer")
    beyond = frame if top is None else frame[frame["value"] > top]
    if top is not None and len(beyond):
        y = y.scale(alt.Scale(domain=[0, top], clamp=True, nice=False))
    shown = _shown(frame, span)
    x = day_axis(shown.since, shown.until)
    base = alt.Chart(frame).encode(x=x, y=y, color=BY_ROLE)
    points = hollow(base.mark_point(filled=True, size=28)).encode(
        tooltip=[
            alt.Tooltip("when:N", title="When"),
            alt.Tooltip("line:N", title=" "),
            alt.Tooltip("text:N", title="Time"),
            alt.Tooltip("n:Q", title=measure.noun, format=","),
        ]
    )
    layers = [base.mark_line(strokeWidth=1.5, opacity=0.8), points]
    sides = [frame.loc[frame["role"] == role, "value"] for role in (MAIN, ACCENT)]
    usual = [formats.duration(median(one)) if len(one) else formats.NONE for one in sides]
    title = f"On a typical {key} half of the answers take less than {usual[0]}"
    note = sentences(
        (
            "Lower line: the median. Upper line: one answer in ten takes longer (usually "
            f"{usual[1]})."
        ),
        hollow_told(frame, key),
        "" if top is None else _beyond(beyond, key),
    )
    described = f"Two lines by {key}. {title}."
    return Figure(title, note, described, over_days(layers, shown, HEIGHT), len(frame))


_TIMES_FEW = 20
_TIMES_ROOM = 1.5


def _usual_top(rows: Sequence[Row]) -> float | None:
    """Return where the axis of times ends: above every day that rests on enough answers.

    One answer left open over lunch would else press all other days flat. Where no day has
    enough, above twice the middle one.
    """
    known = [row for row in rows if row["value"] is not None]
    firm = [row["value"] for row in known if (row["n"] or 0) >= _TIMES_FEW]
    if firm:
        return _TIMES_ROOM * float(max(firm))
    return 2 * _TIMES_ROOM * median(row["value"] for row in known) if known else None


def _beyond(beyond: pd.DataFrame, key: str) -> str:
    """Say how many points lie beyond the axis, and how far."""
    if beyond.empty:
        return ""
    time = formats.duration(float(beyond["value"].max()))
    return (
        f"Drawn at the upper edge: {formats.periods(beyond['day'].nunique(), key)}, up to {time}."
    )
