"""People side by side, always in alphabetical order: this is no leaderboard."""

from collections.abc import Callable, Sequence

import altair as alt
import pandas as pd

from labelpulse.charts.theme import (
    ACCENT,
    BY_ROLE,
    FONT_SIZE,
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
from labelpulse.core.pseudonyms import UNKNOWN

PEOPLE = 60
LEAST_PEOPLE = 2
"""With fewer people who are known well enough there is no rest to compare anybody with."""

Axis = Callable[[str], alt.X]
"""Makes the x encoding of a field, all on one scale."""

_NAMES = alt.Axis(
    title=None,
    ticks=False,
    domain=False,
    labelLimit=180,
    labelPadding=6,
    labelOverlap=False,
    labelFlush=False,
)


def dots(
    rows: Sequence[Row],
    *,
    key: str,
    measure: Measure,
    overall: float | None = None,
    title: str = "",
) -> Figure:
    """Return one row a name: dot, 95 % interval and n; grey where n is too small to say.

    Args:
        rows: keys `key`, value, low, high, n; rows without a value are named, not drawn.
        overall: the value of all together, drawn as a rule to compare with.
        title: the finding, where names are not those of people.
    """
    kept = most([row for row in rows if row[key]], PEOPLE)
    frame = _frame(kept, key, measure)
    base = alt.Chart(frame).encode(y=alt.Y("name:N", sort=None, axis=_NAMES))
    x = _x(frame, measure)
    whiskers = base.mark_rule(strokeWidth=2).encode(
        x=x("low"),
        x2="high:Q",
        color=BY_ROLE,
        opacity=alt.condition("datum.enough", alt.value(0.45), alt.value(0.2)),
    )
    layers = [*_overall(overall, x), whiskers, _points(base, x, measure)]
    title = title or _standing_out(kept, key, measure, overall)
    note = sentences(
        f"95 % intervals, names in alphabetical order, n counts {measure.noun}.",
        f"Grey: fewer than {measure.min_n}." if not frame["enough"].all() else "",
        cut_told(len(kept), len(rows)),
    )
    chart = layered(layers, rows_height(len(frame)))
    described = f"Dots with intervals, one row a name. {title}."
    return Figure(title, note, described, chart, len(frame))


def bars(rows: Sequence[Row], *, key: str, noun: str) -> Figure:
    """Return one bar a name, in alphabetical order.

    Args:
        rows: keys `key` and value. noun: an English plural, looked up here.
    """
    kept = most([row for row in rows if row[key]], PEOPLE)
    kept.sort(key=lambda row: str(row[key]).casefold())
    frame = pd.DataFrame(
        {
            "name": [str(row[key]) for row in kept],
            "value": [row["value"] or 0 for row in kept],
            "text": [formats.count(row["value"]) for row in kept],
        }
    )
    axis = alt.Axis(title=noun, tickCount=4, tickMinStep=1, domain=False, ticks=False)
    base = alt.Chart(frame).encode(
        y=alt.Y("name:N", sort=None, axis=_NAMES),
        x=alt.X("value:Q", axis=axis),
        tooltip=[
            alt.Tooltip("name:N", title="Who"),
            alt.Tooltip("text:N", title=noun),
        ],
    )
    text = base.mark_text(align="left", dx=4, fontSize=FONT_SIZE).encode(text="text:N")
    layers = [
        painted(base.mark_bar(height=12, cornerRadiusEnd=2, opacity=0.9), MAIN),
        painted(text, MUTED),
    ]
    title = _spread(people(rows, key), rows, noun)
    note = sentences("Names in alphabetical order." if kept else "", cut_told(len(kept), len(rows)))
    chart = layered(layers, rows_height(len(frame)))
    described = f"Bars, one a name. {title}."
    return Figure(title, note, described, chart, len(frame))


def _frame(rows: list[Row], key: str, measure: Measure) -> pd.DataFrame:
    rows = sorted(rows, key=lambda row: str(row[key]).casefold())
    enough = [row["value"] is not None and (row["n"] or 0) >= measure.min_n for row in rows]
    return pd.DataFrame(
        {
            "name": [f"{row[key]}, n {formats.count(row['n'] or 0)}" for row in rows],
            "value": [row["value"] for row in rows],
            "low": [row["low"] for row in rows],
            "high": [row["high"] for row in rows],
            "n": [row["n"] or 0 for row in rows],
            "enough": enough,
            "role": [MAIN if one else MUTED for one in enough],
            "text": [formats.value(row["value"], measure.unit) for row in rows],
            "range": [formats.interval(row["low"], row["high"], measure.unit) for row in rows],
        }
    ).astype({"value": "float64", "low": "float64", "high": "float64", "enough": "bool"})


def _x(frame: pd.DataFrame, measure: Measure) -> Axis:
    """Return a maker of x encodings on one scale that leaves out the empty part."""
    seen = frame[frame["enough"]]
    ends = [*seen["low"].dropna(), *seen["value"].dropna()]
    floor = max(0.0, round(min(ends, default=0.0) - 0.06, 1)) if min(ends, default=0) >= 0 else -1.0
    share = measure.unit == "share"
    highest = max([*seen["high"].dropna(), *seen["value"].dropna()], default=1.0)
    top = highest if measure.unit == "s" else 1.0
    seconds = "datum.label + '\N{NO-BREAK SPACE}s'"
    axis = alt.Axis(
        title=measure.name,
        format="%" if share else "",
        labelExpr=seconds if measure.unit == "s" else alt.Undefined,
        tickCount=5,
        orient="top",
        domain=False,
        ticks=False,
    )
    scale = alt.Scale(domain=[floor, top], clamp=True, nice=False)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", axis=axis, scale=scale)

    return x


def _points(base: alt.Chart, x: Axis, measure: Measure) -> alt.Chart:
    drawn: alt.Chart = base.mark_point(filled=True, size=70).encode(
        x=x("value"),
        color=BY_ROLE,
        opacity=alt.condition("datum.enough", alt.value(1), alt.value(0.4)),
        tooltip=[
            alt.Tooltip("name:N", title="Who"),
            alt.Tooltip("text:N", title=measure.name),
            alt.Tooltip("range:N", title="95 % interval"),
            alt.Tooltip("n:Q", title=measure.noun, format=","),
        ],
    )
    return drawn


def _overall(overall: float | None, x: Axis) -> list[alt.Chart]:
    if overall is None:
        return []
    line = alt.Chart(pd.DataFrame({"value": [overall]})).mark_rule(strokeDash=[6, 3])
    return [painted(line.encode(x=x("value")), ACCENT)]


def _standing_out(rows: Sequence[Row], key: str, measure: Measure, overall: float | None) -> str:
    """Name those whose whole interval lies under the value of all; nobody is ranked."""
    enough = [
        row
        for row in people(rows, key)
        if row["value"] is not None and (row["n"] or 0) >= measure.min_n
    ]
    if len(enough) < LEAST_PEOPLE:
        return _too_few(len(enough), measure)
    if overall is None:
        who = formats.count_of(len(enough), "person", "people")
        return f"{who} with {measure.min_n} or more"
    under = [str(row[key]) for row in enough if row["high"] is not None and row["high"] < overall]
    all_ = formats.value(overall, measure.unit)
    if not under:
        return f"Nobody is clearly below the rest (all together: {all_})"
    return (
        f"{formats.listed(sorted(under))} lies clearly below the rest (all together: {all_})"
        if len(under) == 1
        else f"{formats.listed(sorted(under))} lie clearly below the rest (all together: {all_})"
    )


def _too_few(people: int, measure: Measure) -> str:
    least, noun = measure.min_n, measure.noun
    if people:
        return f"Only 1 person has {least} or more {noun} yet: too few to compare"
    return f"Nobody has {least} or more {noun} yet: too few to compare"


def people(rows: Sequence[Row], key: str) -> list[Row]:
    """Return the rows that are about somebody: the unknown is no person."""
    return [row for row in rows if row[key] and row[key] != UNKNOWN]


def _spread(known: Sequence[Row], rows: Sequence[Row], noun: str) -> str:
    made = [row["value"] for row in known if row["value"]]
    unknown = sum(row["value"] or 0 for row in rows) - sum(made)
    if not made:
        if unknown:
            return f"Nobody knows who made {formats.counted(unknown, noun)}"
        return f"No {noun} in this time"
    people = formats.count_of(len(made), "person", "people")
    work = formats.counted(sum(made), noun)
    share = formats.percent(max(made) / sum(made))
    if not unknown:
        return f"{people} made {work}; the most active made {share}"
    return (
        f"{people} made {work} ({formats.count(unknown)} more: nobody knows by whom); the most "
        f"active made {share}"
    )
