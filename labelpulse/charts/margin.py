"""The right of a caterpillar: brackets around those who are alike, and small lines over weeks."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

import altair as alt
import pandas as pd

from labelpulse.charts.theme import MUTED, painted
from labelpulse.core.estimate import Row

PLOT, _SPARK = 0.80, 0.87
"""Where, as shares of the width, the estimates end and the small lines begin."""

_LANES, _NEXT, _NEAREST = 2.4, 0.6, -1.3
"""Columns of brackets, in weeks of the part at the right: all take at most so much, each begins so
far from the next, and the last is so far from the small lines."""

_FIRST, _LAST = -0.35, 0.35
"""What a bracket or a small line takes of its row."""


def across(share: float) -> alt.ExprRef:
    """Return a place as a share of the chart's width."""
    return alt.ExprRef(f"width * {share}")


def _right(field: str) -> alt.X:
    """Return the x encoding of the part at the right: weeks from 0, brackets before them."""
    scale = alt.Scale(domain=[0, 7], range=[across(_SPARK), across(0.995)], nice=False)
    return alt.X(f"{field}:Q", axis=None, scale=scale)


def brackets(rows: Sequence[Row], y: alt.Y, ranked: bool) -> alt.Chart | None:
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


def sparks(rows: Sequence[Row], weekly: Sequence[Row], y: alt.Y) -> alt.Chart | None:
    """Return a line a person over the last weeks, all on one scale.

    Args:
        weekly: keys annotator, week, value.
    """
    places = {str(row["annotator"]): at for at, row in enumerate(rows)}
    found = [row for row in weekly if str(row["annotator"]) in places and row["week"]]
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
