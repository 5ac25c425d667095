"""Time charts of estimates: shares and coefficients with their intervals, and times."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

import altair as alt
import pandas as pd

from labelpulse.charts import formats
from labelpulse.charts.theme import (
    ACCENT,
    BY_ROLE,
    MAIN,
    MUTED,
    Figure,
    Row,
    Span,
    day_axis,
    layered,
    painted,
    parse_period,
    rule,
    sentence,
    utc,
    value_axis,
)

HEIGHT = 230
Axis = Callable[[str], alt.Y]
"""Makes the y encoding of a field, all on one scale."""

Level = Callable[[date, date], float | None]
"""A measure over some days, both inclusive."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What is drawn: its name for axis and words, its unit, what n counts, the minimum n."""

    name: str
    unit: str
    noun: str
    min_n: int


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
    frame = _frame(rows, key, measure)
    base = alt.Chart(frame).encode(x=_x(frame, span))
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
    note = sentence(
        f"Dots grow with the number of {measure.noun}; bars are 95 % intervals.",
        f"Grey: fewer than {measure.min_n}." if few else "",
        "" if target is None else f"Dashed: the target, {formats.value(target, measure.unit)}.",
    )
    return Figure(title, note, f"Dots by {key}. {title}.", layered(layers, HEIGHT), len(frame))


def _frame(rows: Sequence[Row], key: str, measure: Measure) -> pd.DataFrame:
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
            "role": [MAIN if one else MUTED for one in enough],
            "when": [_when(one, key) for one in starts],
            "text": [formats.value(row["value"], measure.unit) for row in kept],
            "range": [formats.interval(row["low"], row["high"], measure.unit) for row in kept],
        }
    ).astype({"low": "float64", "high": "float64", "enough": "bool"})


def _x(frame: pd.DataFrame, span: Span) -> alt.X:
    """Return the axis of the span, widened to the week or month that it begins in."""
    first = min(frame["day"].min().date(), span.since) if len(frame) else span.since
    return day_axis(first, span.until)


def _when(day: date, key: str) -> str:
    return formats.day(day) if key == "day" else f"{key} of {formats.day_year(day)}"


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
    drawn: alt.Chart = base.mark_point(filled=True).encode(
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
        return f"Fewer than {measure.min_n} {measure.noun} so far: too few to say"
    edge = frame["day"].max() - timedelta(days=_STRETCH[key])
    before, lately = frame[frame["day"] <= edge], frame[frame["day"] > edge]
    first = lately["day"].min().date()
    if (first - span.since).days < _STRETCH[key] // 2:
        before = before.iloc[:0]
    name = formats.begun(measure.name)
    level = level or _mean_over_n(frame, span.since)
    whole = f"{name} is {formats.value(level(span.since, span.until), measure.unit)}"
    if min(before["n"].sum(), lately["n"].sum()) < measure.min_n:
        return f"{whole} in {formats.plural(len(span.days), 'day', 'days')}"
    then, now_is = level(span.since, first - timedelta(days=1)), level(first, span.until)
    now = frame["day"].max().date() == span.until
    stretch = f"in the last {_STRETCH[key]} days" if key == "day" and now else _since(first)
    if then is None or now_is is None or abs(now_is - then) < _NOTABLE:
        return f"{whole}, and about the same {stretch}"
    return (
        f"{name} is {formats.value(now_is, measure.unit)} {stretch}, "
        f"{formats.value(then, measure.unit)} before"
    )


def _since(day: date) -> str:
    return f"since {formats.day(day)}"


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
    frame = pd.concat(
        [
            _frame(median_rows, key, measure).assign(line="half take less", role=MAIN),
            _frame(p90_rows, key, measure).assign(line="one in ten takes more", role=ACCENT),
        ]
    )
    top = _usual_top(p90_rows)
    y = value_axis("value", "seconds per answer")
    beyond = frame if top is None else frame[frame["value"] > top]
    if top is not None and len(beyond):
        y = y.scale(alt.Scale(domain=[0, top], clamp=True, nice=False))
    base = alt.Chart(frame).encode(x=_x(frame, span), y=y, color=BY_ROLE)
    points = base.mark_point(filled=True, size=28).encode(
        tooltip=[
            alt.Tooltip("when:N", title="When"),
            alt.Tooltip("line:N", title=" "),
            alt.Tooltip("text:N", title="Time"),
            alt.Tooltip("n:Q", title="answers", format=","),
        ]
    )
    layers = [base.mark_line(strokeWidth=1.5, opacity=0.8), points]
    usual = [
        formats.duration(median(part)) if len(part) else formats.NONE
        for part in (
            frame.loc[frame["role"] == MAIN, "value"],
            frame.loc[frame["role"] == ACCENT, "value"],
        )
    ]
    title = f"On a typical {key} half of the answers take less than {usual[0]}"
    note = sentence(
        f"Lower line: the median. Upper line: one answer in ten takes longer (usually {usual[1]}).",
        "" if top is None else _beyond(beyond, key),
    )
    return Figure(title, note, f"Two lines by {key}. {title}.", layered(layers, HEIGHT), len(frame))


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
    much = formats.duration(float(beyond["value"].max()))
    return f"Drawn at the upper edge: {formats.plural(beyond['day'].nunique(), key)}, up to {much}."
