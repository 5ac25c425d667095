"""A team over time: the middle person and a band, instead of a line for each."""

from collections.abc import Iterable
from datetime import date
from statistics import median

import altair as alt
import pandas as pd

from labelpulse.charts.marks import over_days
from labelpulse.charts.theme import MAIN, Figure, day_axis, painted, utc, value_axis
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.periods import Span, parse_period

HEIGHT = 230
_FEW = 3
"""With fewer people at work than this, a band would be their very lines."""


def middle_person(rows: Iterable[Row], span: Span, *, key: str, noun: str) -> Figure | None:
    """Return what the middle person at work made in each period, and the band of four in five.

    None where at no time enough people were at work. A period that is not over is left out.

    Args:
        rows: keys `key` (``day`` or ``week``) and value, one a person and period.
        noun: an English plural, looked up here.
    """
    whole = _whole(rows, key, span)
    if not whole:
        return None
    frame = pd.DataFrame(
        {
            "day": utc(list(whole)),
            "low": [values[len(values) // 10] for values in whole.values()],
            "value": [float(median(values)) for values in whole.values()],
            "high": [values[-1 - len(values) // 10] for values in whole.values()],
            "n": [len(values) for values in whole.values()],
            "when": [formats.day(one) for one in whole],
        }
    )
    shown = span.widened(min(whole))
    base = alt.Chart(frame).encode(x=day_axis(shown.since, shown.until), tooltip=_tips(key))
    band = base.mark_area(opacity=0.2).encode(y=value_axis("low", noun), y2="high:Q")
    line = base.mark_line(strokeWidth=2, point={"size": 18}).encode(y=value_axis("value", noun))
    usual, top = (formats.rate(median(frame[name])) for name in ("value", "high"))
    title = f"The middle person makes {usual} {noun} a {key}, one in ten more than {top}"
    n = formats.count(float(median(frame["n"])))
    note = (
        f"Line: the middle one of those at work, usually {n} people. Band: without the tenth "
        f"that made least and the tenth that made most. The {key} that is not over is left "
        "out."
    )
    described = f"Line and band by {key}. {title}."
    layers = [painted(band, MAIN), painted(line, MAIN)]
    return Figure(title, note, described, over_days(layers, shown, HEIGHT), len(frame))


def _tips(key: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("when:N", title="When" if key == "day" else "Week of"),
        alt.Tooltip("low:Q", title="one in ten makes less than", format=",.0f"),
        alt.Tooltip("value:Q", title="the middle person", format=",.0f"),
        alt.Tooltip("high:Q", title="one in ten makes more than", format=",.0f"),
        alt.Tooltip("n:Q", title="people at work", format=","),
    ]


def _whole(rows: Iterable[Row], key: str, span: Span) -> dict[date, list[float]]:
    """Return what each person made, ascending, in the periods that are over and have enough."""
    made: dict[str, list[float]] = {}
    for row in rows:
        if row[key] and row["value"]:
            made.setdefault(row[key], []).append(row["value"])
    return {
        parse_period(period): sorted(values)
        for period, values in sorted(made.items())
        if len(values) >= _FEW and not span.is_open(parse_period(period), key)
    }
