"""The annotator caterpillar: everybody's estimate with its interval, and who cannot be told apart.

Rows stand in alphabetical order, or on demand by tie group and value. Those with too few answers
stand at the end, grey and in no group. A bracket holds people who cannot be told apart; in
alphabetical order a group has a column of brackets to itself, for its people stand apart.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import altair as alt
import pandas as pd

from labelpulse.charts.margin import PLOT, across, brackets, sparks
from labelpulse.charts.shares import target_told
from labelpulse.charts.theme import (
    ACCENT,
    BY_ROLE,
    MAIN,
    MUTED,
    Figure,
    cut_told,
    layered,
    most,
    painted,
    rows_height,
)
from labelpulse.core import formats
from labelpulse.core.estimate import Measure, Row
from labelpulse.core.formats import sentences

PEOPLE = 60
NAMED = 3
"""People whom the title names; of more it says how many."""


@dataclass(frozen=True, slots=True)
class Beside:
    """The small lines at the right: what they measure, and its rows by person and week.

    Attributes:
        rows: keys annotator, week, value.
    """

    name: str = ""
    rows: Sequence[Row] = ()


def caterpillar(
    rows: Sequence[Row],
    measure: Measure,
    *,
    target: float | None = None,
    beside: Beside = Beside(),
    ranked: bool = False,
) -> Figure:
    """Return one row a person: dot, 95 % interval, the raw value hollow, groups in brackets.

    Args:
        rows: keys annotator, value, low, high, n, raw, group, below; see
            `labelpulse.findings.people.Evidence`.
        target: drawn as a rule.
        ranked: by group, and within it by value, instead of by name.
    """
    kept = _ordered(most(rows, PEOPLE), ranked)
    frame = _frame(kept, measure)
    title = finding(kept, measure)
    floor = _floor(frame, target)
    left = alt.layer(*_estimates(frame, measure, target, floor))
    y = _y(frame)
    right = [layer for layer in (brackets(kept, y, ranked), sparks(kept, beside.rows, y)) if layer]
    chart = layered([cast("alt.Chart", one) for one in (left, *right)], rows_height(len(frame)))
    chart = chart.resolve_scale(x="independent")
    note = sentences(_note(kept, rows, measure, target, beside, ranked), _beyond(frame, floor))
    return Figure(title, note, _told(title), chart, len(frame))


def finding(rows: Sequence[Row], measure: Measure) -> str:
    """Return who stands apart from the rest, as a sentences without a full stop."""
    known = [row for row in rows if row["group"]]
    if len(known) < 2:
        return f"Fewer than two people have {measure.min_n} or more {measure.noun}: too few"
    first = sum(row["group"] == 1 for row in known)
    below = sorted((str(row["annotator"]) for row in known if row["below"]), key=str.casefold)
    if below:
        alike = f"{first} others cannot be told apart" if first > 1 else ""
        apart = _below(below, rest=len(below) + first == len(known))
        return "; ".join(filter(None, (apart, alike)))
    if first == len(known):
        return f"{first} people cannot be told apart by {measure.name}"
    return f"{first} of {len(known)} people cannot be told apart by {measure.name}"


def _below(names: list[str], *, rest: bool) -> str:
    """Return who lies below, all of the rest or most of it."""
    n = len(names)
    who = formats.listed(names) if n <= NAMED else formats.count_of(n, "person", "people")
    lie = "lies" if n == 1 else "lie"
    return f"{who} {lie} clearly below {'the rest' if rest else 'most others'}"


def _told(title: str) -> str:
    return f"Dots with intervals, one row a person, with who cannot be told apart. {title}."


def _note(
    kept: Sequence[Row],
    rows: Sequence[Row],
    measure: Measure,
    target: float | None,
    beside: Beside,
    ranked: bool,
) -> str:
    shrunk = any(row["raw"] is not None for row in kept)
    groups = any(row["group"] and row["group"] > 1 for row in kept)
    few = any(not row["group"] for row in kept)
    return sentences(
        _drawn(formats.begun(measure.name), shrunk=shrunk),
        "By group and value." if ranked else "In alphabetical order.",
        _held(ranked) if groups else "",
        _too_few(measure) if few else "",
        "" if target is None else target_told(target, measure),
        f"At the right: {beside.name}, the last eight weeks." if beside.rows else "",
        cut_told(len(kept), len(rows)),
    )


def _drawn(name: str, *, shrunk: bool) -> str:
    if not shrunk:
        return f"{name}. 95 % intervals."
    return (
        f"{name}, drawn towards the team's by how little it rests on; hollow: as counted. 95 % "
        "intervals."
    )


def _held(ranked: bool) -> str:
    if ranked:
        return "A bracket holds people whose differences may be chance."
    return "Brackets in one column hold people whose differences may be chance."


def _too_few(measure: Measure) -> str:
    least, noun = measure.min_n, measure.noun
    return f"Grey, at the end: fewer than {least} {noun}, not ranked."


def _ordered(rows: Sequence[Row], ranked: bool) -> list[Row]:
    """Return rows by name, or by group and value; those in no group last, always by name."""

    def place(row: Row) -> tuple[bool, float, float, str]:
        known = row["group"] if ranked else None
        value = -row["value"] if known else 0.0
        return not row["group"], known or 0, value, str(row["annotator"]).casefold()

    return sorted(rows, key=place)


def _frame(rows: Sequence[Row], measure: Measure) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "at": list(range(len(rows))),
            "name": [str(row["annotator"]) for row in rows],
            "value": [row["value"] for row in rows],
            "low": [row["low"] for row in rows],
            "high": [row["high"] for row in rows],
            "raw": [row["raw"] for row in rows],
            "n": [row["n"] or 0 for row in rows],
            "role": [MAIN if row["group"] else MUTED for row in rows],
            "weight": [1.0 if row["group"] else 0.45 for row in rows],
            "text": [formats.value(row["value"], measure.unit) for row in rows],
            "counted": [formats.value(row["raw"], measure.unit) for row in rows],
            "range": [formats.interval(row["low"], row["high"], measure.unit) for row in rows],
        }
    ).astype(dict.fromkeys(("value", "low", "high", "raw"), "float64"))


def _floor(frame: pd.DataFrame, target: float | None) -> float:
    """Return where the axis begins: it leaves out the empty part, whatever the few reach."""
    seen = frame[frame["role"] == MAIN]
    ends = [*seen["low"].dropna(), *seen["raw"].dropna(), *([target] if target else [])]
    lowest = min(ends, default=0.0)
    return max(0.0, round(lowest - 0.06, 1)) if lowest >= 0 else -1.0


def _beyond(frame: pd.DataFrame, floor: float) -> str:
    """Say what an arrow at the edge is; "" where nothing lies beyond it."""
    if not (frame[["value", "raw"]] < floor).any(axis=None):
        return ""
    return "An arrow at the left edge: lower than the axis reaches."


def _estimates(
    frame: pd.DataFrame, measure: Measure, target: float | None, floor: float
) -> list[alt.Chart]:
    y = _y(frame)
    x = _Axis(measure, floor)
    base = alt.Chart(frame).encode(y=y, color=BY_ROLE)
    faded = alt.Opacity("weight:Q", scale=None, legend=None)
    tips = [
        alt.Tooltip("name:N", title="Who"),
        alt.Tooltip("text:N", title=measure.name),
        alt.Tooltip("range:N", title="95 % interval"),
        alt.Tooltip("counted:N", title="as counted"),
        alt.Tooltip("n:Q", title=measure.noun, format=","),
    ]
    raw = base.transform_filter("isValid(datum.raw)").mark_point(
        filled=False, size=45, strokeWidth=1.2, opacity=0.55
    )
    dot = base.mark_point(filled=True, size=70)
    layers = [
        base.mark_rule(strokeWidth=2).encode(x=x("low"), x2="high:Q", opacity=faded),
        raw.encode(x=x("raw"), **_arrow(frame, "raw", floor)),
        dot.encode(x=x("value"), opacity=faded, tooltip=tips, **_arrow(frame, "value", floor)),
    ]
    if target is not None:
        line = alt.Chart(pd.DataFrame({"value": [target]})).mark_rule(strokeDash=[6, 3])
        layers.insert(0, painted(line.encode(x=x("value")), ACCENT))
    return layers


def _arrow(frame: pd.DataFrame, field: str, floor: float) -> dict[str, Any]:
    """Return the encoding that makes arrows of marks that lie beyond the edge."""
    if not (frame[field] < floor).any():
        return {}
    beyond = alt.when(f"datum.{field} < {floor}").then(alt.value("triangle-left"))
    return {"shape": beyond.otherwise(alt.value("circle"))}


def _y(frame: pd.DataFrame) -> alt.Y:
    """Return rows as a number axis whose labels are names and n: so brackets can span rows.

    All layers carry it: one without would take the names off all.
    """
    words = [
        f"{name}, n {formats.count(n)}" for name, n in zip(frame["name"], frame["n"], strict=True)
    ]
    axis = alt.Axis(
        values=list(range(len(frame))),
        labelExpr=f"{json.dumps(words)}[datum.value]",
        labelLimit=190,
        labelPadding=6,
        labelOverlap=False,
        title=None,
        ticks=False,
        domain=False,
        grid=False,
    )
    ends = [-0.5, max(len(frame), 1) - 0.5]
    scale = alt.Scale(domain=ends, reverse=True, nice=False, zero=False)
    return alt.Y("at:Q", axis=axis, scale=scale)


class _Axis:
    """Makes the x encoding of a field, on one scale that leaves out the empty part."""

    def __init__(self, measure: Measure, floor: float) -> None:
        share = measure.unit == "share"
        self._axis = alt.Axis(
            title=measure.name,
            format="%" if share else "",
            tickCount=5,
            orient="top",
            domain=False,
            ticks=False,
        )
        self._scale = alt.Scale(
            domain=[floor, 1.0], range=[0, across(PLOT)], clamp=True, nice=False
        )  # only the grey reach beyond it

    def __call__(self, field: str) -> alt.X:
        return alt.X(f"{field}:Q", axis=self._axis, scale=self._scale)
