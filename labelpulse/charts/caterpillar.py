"""The annotator caterpillar: everybody's estimate with its interval, and who cannot be told apart.

Rows stand in alphabetical order, or on demand by tie group and value. Those with too few answers
stand at the end, grey and in no group. A bracket holds people who cannot be told apart; in
alphabetical order a group has a column of brackets to itself, for its people stand apart.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import cast

import altair as alt
import pandas as pd

from labelpulse.charts import formats
from labelpulse.charts.shares import Measure
from labelpulse.charts.theme import (
    ACCENT,
    BY_ROLE,
    MAIN,
    MUTED,
    ROW_HEIGHT,
    Figure,
    Row,
    layered,
    most,
    painted,
    sentence,
)

PEOPLE = 60
NAMED = 3
"""People whom the title names; of more it says how many."""

_PLOT, _SPARK = 0.80, 0.87
"""Where, as shares of the width, the estimates end and the small lines begin."""

_LANES, _NEXT, _NEAREST = 2.4, 0.6, -1.3
"""Columns of brackets, in weeks of the part at the right: all take at most so much, each begins so
far from the next, and the last is so far from the small lines."""

_FIRST, _LAST = -0.35, 0.35
"""What a bracket or a small line takes of its row."""


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
            `labelpulse.judgement.people.Evidence`.
        target: drawn as a rule.
        ranked: by group, and within it by value, instead of by name.
    """
    kept = _ordered(most(rows, PEOPLE), ranked)
    frame = _frame(kept, measure)
    title = finding(kept, measure)
    left = alt.layer(*_estimates(frame, measure, target))
    y = _y(frame)
    right = [layer for layer in (_brackets(kept, y, ranked), _sparks(kept, beside, y)) if layer]
    chart = layered([cast("alt.Chart", one) for one in (left, *right)], _height(len(frame)))
    chart = chart.resolve_scale(x="independent")
    return Figure(
        title, _note(kept, rows, measure, target, beside, ranked), _told(title), chart, len(frame)
    )


def finding(rows: Sequence[Row], measure: Measure) -> str:
    """Return who stands apart from the rest, as a sentence without a full stop."""
    known = [row for row in rows if row["group"]]
    if len(known) < 2:
        return f"Fewer than two people have {measure.min_n} or more {measure.noun}: too few"
    first = sum(row["group"] == 1 for row in known)
    alike = f"{first} others cannot be told apart"
    below = sorted((str(row["annotator"]) for row in known if row["below"]), key=str.casefold)
    if not below:
        of = "" if first == len(known) else f" of {len(known)}"
        return f"{first}{of} people cannot be told apart by {measure.name}"
    who = formats.listed(below) if len(below) <= NAMED else f"{len(below)} people"
    verb = "lies" if len(below) == 1 else "lie"
    than = "the rest" if len(below) + first == len(known) else "most others"
    return f"{who} {verb} clearly below {than}" + (f"; {alike}" if first > 1 else "")


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
    drawn = "drawn towards the team's by how little it rests on; hollow: as counted"
    groups = any(row["group"] and row["group"] > 1 for row in kept)
    holds = "A bracket holds" if ranked else "Brackets in one column hold"
    few = any(not row["group"] for row in kept)
    return sentence(
        f"{formats.begun(measure.name)}{f', {drawn}' if shrunk else ''}. 95 % intervals.",
        "By group and value." if ranked else "In alphabetical order.",
        f"{holds} people whose differences may be chance." if groups else "",
        f"Grey, at the end: fewer than {measure.min_n} {measure.noun}, not ranked." if few else "",
        "" if target is None else f"Dashed: the target, {formats.value(target, measure.unit)}.",
        f"At the right: {beside.name}, the last eight weeks." if beside.rows else "",
        f"The {len(kept)} with the most of {len(rows)} are shown." if len(kept) < len(rows) else "",
    )


def _ordered(rows: Sequence[Row], ranked: bool) -> list[Row]:
    """Return rows by name, or by group and value; those in no group last, always by name."""

    def place(row: Row) -> tuple[bool, float, float, str]:
        known = row["group"] if ranked else None
        value = -row["value"] if known else 0.0
        return not row["group"], known or 0, value, str(row["annotator"]).casefold()

    return sorted(rows, key=place)


def _height(rows: int) -> int:
    return max(rows, 1) * ROW_HEIGHT + 6


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


def _estimates(frame: pd.DataFrame, measure: Measure, target: float | None) -> list[alt.Chart]:
    y = _y(frame)
    x = _Axis(frame, measure, target)
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
    layers = [
        base.mark_rule(strokeWidth=2).encode(x=x("low"), x2="high:Q", opacity=faded),
        raw.encode(x=x("raw")),
        base.mark_point(filled=True, size=70).encode(x=x("value"), opacity=faded, tooltip=tips),
    ]
    if target is not None:
        line = alt.Chart(pd.DataFrame({"value": [target]})).mark_rule(strokeDash=[6, 3])
        layers.insert(0, painted(line.encode(x=x("value")), ACCENT))
    return layers


def _y(frame: pd.DataFrame) -> alt.Y:
    """Return rows as a number axis whose labels are names and n: so brackets can span rows.

    All layers carry it: one without would take the names off all.
    """
    words = [f"{name}, n {formats.count(n)}" for name, n in zip(frame["name"], frame["n"])]  # noqa: B905
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

    def __init__(self, frame: pd.DataFrame, measure: Measure, target: float | None) -> None:
        seen = frame[frame["role"] == MAIN]
        ends = [*seen["low"].dropna(), *seen["raw"].dropna(), *([target] if target else [])]
        lowest = min(ends, default=0.0)
        floor = max(0.0, round(lowest - 0.06, 1)) if lowest >= 0 else -1.0
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
            domain=[floor, 1.0], range=[0, _at(_PLOT)], clamp=True, nice=False
        )  # a clamped end says "beyond": only the grey reach it

    def __call__(self, field: str) -> alt.X:
        return alt.X(f"{field}:Q", axis=self._axis, scale=self._scale)


def _at(share: float) -> alt.ExprRef:
    return alt.ExprRef(f"width * {share}")


def _right(field: str) -> alt.X:
    """Return the x encoding of the part at the right: weeks from 0, brackets before them."""
    scale = alt.Scale(domain=[0, 7], range=[_at(_SPARK), _at(0.995)], nice=False)
    return alt.X(f"{field}:Q", axis=None, scale=scale)


def _brackets(rows: Sequence[Row], y: alt.Y, ranked: bool) -> alt.Chart | None:
    """Return the brackets of groups, where there is more than one: in one column, or in one each.

    A bracket is drawn for every run of people of one group.
    """
    sizes = Counter(row["group"] for row in rows if row["group"])
    if len(sizes) < 2:
        return None
    runs = [
        (group, [at for at, _ in run])
        for group, run in groupby(enumerate(rows), key=lambda one: one[1]["group"])
        if group
    ]
    apart = 0 if ranked else min(_NEXT, _LANES / (len(sizes) - 1))
    last = max(sizes)
    frame = pd.DataFrame(
        {
            "x": [_NEAREST - apart * (last - group) for group, _ in runs],
            "at": [places[0] + _FIRST for _, places in runs],
            "end": [places[-1] + _LAST for _, places in runs],
            "who": [f"group {group}: {sizes[group]}" for group, _ in runs],
        }
    )
    tip = [alt.Tooltip("who:N", title="Cannot be told apart")]
    return painted(
        alt.Chart(frame)
        .mark_rule(strokeWidth=2, opacity=0.7)
        .encode(x=_right("x"), y=y, y2="end:Q", tooltip=tip),
        MUTED,
    )


def _sparks(rows: Sequence[Row], beside: Beside, y: alt.Y) -> alt.Chart | None:
    """Return a line a person over the last weeks, all on one scale."""
    places = {str(row["annotator"]): at for at, row in enumerate(rows)}
    found = [row for row in beside.rows if str(row["annotator"]) in places and row["week"]]
    if not found:
        return None
    weeks = sorted({row["week"] for row in found})[-8:]
    values = [row["value"] for row in found]
    low, high = min(values), max(values)
    reach = (high - low) or 1.0
    shown = [row for row in found if row["week"] in weeks]
    frame = pd.DataFrame(
        {
            "name": [str(row["annotator"]) for row in shown],
            "week": [weeks.index(row["week"]) + 8 - len(weeks) for row in shown],
            "at": [
                places[str(row["annotator"])]
                + _LAST
                - (_LAST - _FIRST) * (row["value"] - low) / reach
                for row in shown
            ],
        }
    )
    line = alt.Chart(frame).mark_line(strokeWidth=1.3, opacity=0.85)
    return painted(line.encode(x=_right("week"), y=y, detail="name:N"), MUTED)
