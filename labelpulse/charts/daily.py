"""Daily numbers as control charts draw them: their rows, axis, dots and alarms."""

from collections.abc import Callable, Sequence
from datetime import date

import altair as alt
import pandas as pd

from labelpulse.charts.theme import ACCENT, hollow, painted, utc, value_axis
from labelpulse.core import formats
from labelpulse.core.estimate import Measure, Row
from labelpulse.core.periods import Span

_COLUMNS = ("value", "limit", "rate", "baseline", "smooth", "lower", "upper")
_PAD, _TAIL = 0.06, 0.03
_TITLES = {"s": "seconds", "labels/day": "labels a day"}


def frame_of(rows: Sequence[Row], measure: Measure, span: Span) -> pd.DataFrame:
    """Return a row a day; see `labelpulse.charts.control.levels` for the keys."""
    days = [date.fromisoformat(row["day"]) for row in rows]
    frame = pd.DataFrame({name: [row[name] for row in rows] for name in _COLUMNS}, dtype="float64")
    found = frame.assign(
        day=utc(days) + pd.Timedelta(hours=12),
        n=[row["n"] or 0 for row in rows],
        open=[span.is_open(one, "day") for one in days],
        alarmed=[bool(row["alarm"]) for row in rows],
        # A day off has neither work nor a level to hold it against.
        drawn=[row["rate"] is not None and bool(row["rate"] or row["smooth"]) for row in rows],
        when=[formats.day(one) for one in days],
        text=[formats.value(row["rate"], measure.unit) for row in rows],
        usual=[formats.value(row["baseline"], measure.unit) for row in rows],
        note=[row["note"] or "" for row in rows],
    )
    return found.astype(dict.fromkeys(("open", "alarmed", "drawn"), "bool"))


def axis_of(frame: pd.DataFrame, measure: Measure) -> Callable[[str], alt.Y]:
    """Return a maker of y encodings on one scale; the most extreme days lie at its edge."""
    usual = frame.loc[frame["drawn"], "rate"].quantile([_TAIL, 1 - _TAIL])
    shown = pd.concat([usual, *(frame[name] for name in ("lower", "upper", "smooth"))])
    known = shown.dropna().tolist() or [0.0, 1.0]
    share = measure.unit == "share"
    pad = (max(known) - min(known)) * _PAD or 0.05
    low, high = max(0.0, min(known) - pad), max(known) + pad
    domain = [low, min(1.0, high) if share else high]
    scale = alt.Scale(domain=domain, clamp=True, nice=False, zero=False)

    def axis(column: str) -> alt.Y:
        style = {"format": "%"} if share else {}
        return value_axis(column, _TITLES.get(measure.unit, measure.name), **style).scale(scale)

    return axis


def dots(base: alt.Chart, axis: Callable[[str], alt.Y], measure: Measure) -> alt.Chart:
    """Return a dot a day, the larger the more it rests on."""
    drawn: alt.Chart = hollow(base).encode(
        y=axis("rate"),
        size=alt.Size("n:Q", scale=alt.Scale(type="sqrt", range=[8, 45]), legend=None),
        opacity=alt.value(0.55),
        tooltip=[
            alt.Tooltip("when:N", title="When"),
            alt.Tooltip("text:N", title=measure.name),
            alt.Tooltip("usual:N", title="usual"),
            alt.Tooltip("n:Q", title=measure.noun, format=","),
            alt.Tooltip("note:N", title="note"),
        ],
    )
    return drawn


def alarmed(frame: pd.DataFrame, base: alt.Chart, y: alt.Y) -> list[alt.Chart]:
    """Return the points of the days with an alarm."""
    if not frame["alarmed"].any():
        return []
    points = base.transform_filter("datum.alarmed").mark_point(filled=True, size=45)
    return [painted(points.encode(y=y, shape=alt.value("diamond")), ACCENT)]
