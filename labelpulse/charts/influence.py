"""The headline without each person: does one of them carry it?"""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from labelpulse.charts.theme import (
    ACCENT,
    BY_ROLE,
    MAIN,
    MUTED,
    Figure,
    layered,
    painted,
    rows_height,
)
from labelpulse.core import formats
from labelpulse.core.estimate import Row

SHOWN = 12
"""People who are drawn: those without whom the headline moves most."""

_LEAST = 0.02
"""A headline that moves less than this without somebody does not rest on them."""


def without(rows: Sequence[Row], name: str, unit: str, shown: int = SHOWN) -> Figure:
    """Return one dot a person: what the headline would be without their answers.

    Args:
        rows: keys ``annotator``, value, low, high, n, ``headline``, ``difference``.
        name: of the headline. unit: ``share`` or that of a coefficient.
    """
    known = sorted(
        (row for row in rows if row["value"] is not None and row["difference"] is not None),
        key=lambda row: -abs(row["difference"]),
    )[:shown]
    whole = known[0]["headline"] if known else None
    frame = pd.DataFrame(
        {
            "name": [str(row["annotator"]) for row in known],
            "value": [row["value"] for row in known],
            "low": [row["low"] for row in known],
            "high": [row["high"] for row in known],
            "role": [ACCENT if abs(row["difference"]) >= _LEAST else MAIN for row in known],
            "text": [formats.value(row["value"], unit) for row in known],
            "moved": [formats.change(row["headline"], row["value"], unit) for row in known],
            "range": [formats.interval(row["low"], row["high"], unit) for row in known],
        }
    ).astype({"low": "float64", "high": "float64", "value": "float64"})
    scale = alt.Scale(zero=False, nice=True)
    axis = alt.Axis(title=None, tickCount=4, orient="top", format="%" if unit == "share" else ".2f")
    base = alt.Chart(frame).encode(y=alt.Y("name:N", sort=None, axis=_NAMES))
    dots = base.mark_point(filled=True, size=70).encode(
        x=alt.X("value:Q", scale=scale, axis=axis),
        color=BY_ROLE,
        tooltip=[
            alt.Tooltip("name:N", title="Without"),
            alt.Tooltip("text:N", title=name),
            alt.Tooltip("range:N", title="95 % interval"),
            alt.Tooltip("moved:N", title="moves it by"),
        ],
    )
    rules = base.mark_rule(strokeWidth=2, opacity=0.35).encode(
        x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q", color=BY_ROLE
    )
    layers = [*_whole(whole), rules, dots]
    title = _title(known, name, unit)
    note = f"{formats.begun(name)} of all others, with 95 % intervals; dashed: with everybody."
    chart = layered(layers, rows_height(len(frame), 40))
    described = f"Dots, one row a person. {title}."
    return Figure(title, note, described, chart, len(frame))


_NAMES = alt.Axis(
    title=None, ticks=False, domain=False, labelLimit=140, labelPadding=6, labelFlush=False
)


def _whole(value: float | None) -> list[alt.Chart]:
    if value is None:
        return []
    line = alt.Chart(pd.DataFrame({"value": [value]})).mark_rule(strokeDash=[6, 3])
    return [painted(line.encode(x="value:Q"), MUTED)]


def _title(rows: Sequence[Row], name: str, unit: str) -> str:
    if not rows:
        return "Too few people share items to tell whom the number rests on"
    top = rows[0]
    if abs(top["difference"]) < _LEAST:
        return f"{formats.begun(name)} rests on nobody: without anyone it stays about the same"
    now, with_all = (formats.value(one, unit) for one in (top["value"], top["headline"]))
    return f"Without {top['annotator']}, {name} would be {now} instead of {with_all}"
