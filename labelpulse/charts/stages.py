"""Stages over time: what stands in each, the queue that widens, and how long items take."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

import altair as alt
import pandas as pd

from labelpulse.charts.marks import over_days, room
from labelpulse.charts.series import day_told, week_told
from labelpulse.charts.theme import (
    ACCENT,
    BY_ROLE,
    LEGEND_OFFSET,
    MAIN,
    MUTED,
    Figure,
    day_axis,
    utc,
    value_axis,
)
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.formats import sentences
from labelpulse.core.periods import Mark, Span, by_period, parse_period
from labelpulse.core.stages import STAGE_PHRASES, STAGE_TITLES

HEIGHT = 300
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_SIZES = ((86_400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds"))
_ROLES = {
    "done": "fourth",
    "review": "third",
    "waiting_for_labels": MAIN,
    "started": ACCENT,
    "blocked": "fifth",
    "waiting": MUTED,
}
"""The colour of each stage, from the bottom of the pile to its top."""

_SLOWER = 1.5
"""So many times the usual is longer than weeks differ by chance."""


@dataclass(frozen=True, slots=True)
class Outlined:
    """The band that widens: its stage, and the day from which on it is outlined."""

    stage: str
    since: date


def piled(
    standing: Mapping[str, Sequence[float]],
    span: Span,
    *,
    title: str = "",
    outlined: Outlined | None = None,
    observed: date | None = None,
) -> Figure:
    """Return the items in each stage by the end of each day, piled up; a growing one is outlined.

    Args:
        standing: stage -> items by the end of each day of the span; those given are drawn.
        title: the finding; "" = how many items stand there now.
        observed: since when the source is watched; before, its own history is replayed.
    """
    there = {stage: standing[stage] for stage in _ROLES if any(standing.get(stage, ()))}
    frame = _pile(there, span)
    names = {_ROLES[stage]: STAGE_TITLES[stage].split(" (")[0] for stage in reversed(there)}
    marks = _marks(outlined, observed, span)
    legend = _legend(names, room(span, marks))
    layers = [_areas(frame, span, legend)] if there else [alt.Chart().mark_point()]
    if outlined is not None and outlined.stage in there:
        band = frame[(frame["stage"] == outlined.stage) & frame["date"].ge(outlined.since)]
        layers.append(_outline(band, span))
    now = sum(values[-1] for values in there.values())
    said = title or _held(there, now)
    note = sentences(
        "Items in each stage by the end of each day.",
        "Items that nobody has begun are drawn too, because they pile up."
        if outlined is not None and outlined.stage == "waiting" and "done" not in standing
        else "",
        "The last day is today, so far." if span.until >= span.today else "",
        (
            f"Watched since {formats.day_year(observed)}; before, the source's own history is "
            "replayed."
        )
        if observed is not None and span.since < observed
        else "",
    )
    chart = over_days(layers, span, HEIGHT, marks)
    described = f"Areas over days. {said}."
    return Figure(said, note, described, chart, len(frame))


def _marks(outlined: Outlined | None, observed: date | None, span: Span) -> list[Mark]:
    marks = []
    if outlined is not None:
        since = f"since {formats.day(outlined.since)}"
        marks.append(Mark(outlined.since, since, True))
    if observed is not None and span.since < observed <= span.until:
        marks.append(Mark(observed, "observed since"))
    return marks


def _held(there: Mapping[str, Sequence[float]], now: float) -> str:
    if not there:
        return "Nothing stands between its first and its last label"
    stage = max(there, key=lambda one: there[one][-1])
    return (
        f"{formats.count_of(now, 'item', 'items')}, {formats.count(there[stage][-1])} of them "
        f"{STAGE_PHRASES[stage]}"
    )


def _pile(there: Mapping[str, Sequence[float]], span: Span) -> pd.DataFrame:
    """Return a row a stage and day with the lower and upper edge of its band."""
    days, parts = span.days, []
    low = [0.0] * len(days)
    for stage, values in there.items():
        high = [below + max(n, 0) for below, n in zip(low, values, strict=True)]
        parts.append(
            pd.DataFrame(
                {
                    "day": utc(days),
                    "date": days,
                    "stage": stage,
                    "role": _ROLES[stage],
                    "name": STAGE_TITLES[stage],
                    "value": list(values),
                    "low": low,
                    "high": high,
                    "when": [day_told(day, span) for day in days],
                }
            )
        )
        low = high
    return pd.concat(parts) if parts else pd.DataFrame({"stage": [], "date": []})


def _areas(frame: pd.DataFrame, span: Span, legend: alt.Legend) -> alt.Chart:
    drawn: alt.Chart = _band(frame, span, legend).mark_area(opacity=0.75)
    return drawn


def _outline(frame: pd.DataFrame, span: Span) -> alt.Chart:
    """Return a band's outline in the colour of its stage."""
    band = _band(frame, span, None)
    drawn: alt.Chart = band.mark_area(filled=False, strokeWidth=3, opacity=1)
    return drawn


def _legend(names: Mapping[str, str], above: float) -> alt.Legend:
    """Return a legend of roles, with the names of their stages, so many pixels higher."""
    return alt.Legend(
        title=None,
        orient="top",
        direction="horizontal",
        columns=3,
        values=list(names),
        labelExpr=f"{json.dumps(dict(names), ensure_ascii=False)}[datum.value]",
        labelLimit=220,
        symbolType="square",
        offset=LEGEND_OFFSET + above,
    )


def _band(frame: pd.DataFrame, span: Span, legend: alt.Legend | None) -> alt.Chart:
    chart: alt.Chart = alt.Chart(frame.drop(columns="date")).encode(
        x=day_axis(span.since, span.until),
        y=value_axis("low", "items", tickMinStep=1),
        y2="high:Q",
        color=BY_ROLE.legend(legend),
        detail="stage:N",
        tooltip=[
            alt.Tooltip("name:N", title="Stage"),
            alt.Tooltip("when:N", title="By the end of"),
            alt.Tooltip("value:Q", title="Items", format=","),
        ],
    )
    return chart


def cycle(median_rows: Sequence[Row], late_rows: Sequence[Row], span: Span) -> Figure | None:
    """Return how long items took from being opened to their last label, by week begun.

    None where no week has a value: a source may not tell when an item was opened.

    Args:
        median_rows, late_rows: of ``cycle_time_p50`` and ``_p85`` by week, values in seconds.
    """
    half, few = "half take less", "15 % take longer"
    lines = [(half, MAIN, median_rows), (few, ACCENT, late_rows)]
    parts = [_line(rows, name, role, span) for name, role, rows in lines]
    middle, late = (list(part["value"]) for part in parts)
    if not middle:
        return None
    frame = pd.concat(parts)
    size, unit = next((one for one in _SIZES if one[0] <= frame["value"].max()), _SIZES[-1])
    frame["value"] /= size
    weeks = sorted({*frame["date"]})
    shown = span.widened(weeks[0], weeks[-1] + _WEEK - _DAY)
    base = alt.Chart(frame.drop(columns="date")).encode(
        x=day_axis(shown.since, shown.until),
        y=value_axis("value", unit),
        color=BY_ROLE,
        tooltip=[
            alt.Tooltip("when:N", title="Begun in the"),
            alt.Tooltip("line:N", title=" "),
            alt.Tooltip("text:N", title="Time"),
            alt.Tooltip("n:Q", title="items", format=","),
        ],
    )
    layers = [base.mark_line(strokeWidth=1.5, opacity=0.8), base.mark_point(filled=True, size=36)]
    title = _taken(middle, weeks[-1])
    slow = formats.duration(median(late)) if late else ""
    note = sentences(
        "By the week in which an item was opened.",
        f"Upper line: 15 % take longer, usually {slow}."
        if slow
        else "Upper line: 15 % take longer.",
        "A week that is not over, or of which too few items are done, has no point yet.",
    )
    described = f"Two lines by week. {title}."
    return Figure(title, note, described, over_days(layers, shown, 230), len(frame))


def _taken(middle: Sequence[float], last: date) -> str:
    """Return the finding on half of the items: a last week that took much longer, or the usual."""
    usual, now = median(middle), middle[-1]
    words = formats.duration(usual)
    if len(middle) > 2 and now > _SLOWER * usual:
        return (
            f"Half of the items begun in the week of {formats.day(last)} took "
            f"{formats.duration(now)}, usually {words}"
        )
    return f"In a typical week half of the items are done {words} after somebody opened them"


def _line(rows: Sequence[Row], name: str, role: str, span: Span) -> pd.DataFrame:
    """Return a line's points; a week that is not over has too few days to tell."""
    known = {
        row["week"]: row
        for row in rows
        if row["week"] and row["value"] is not None
        if not span.is_open(parse_period(row["week"]), "week")
    }
    weeks = list(by_period(list(known.values()), "week"))
    return pd.DataFrame(
        {
            "day": utc([one + 3 * _DAY for one in weeks]),
            "date": weeks,
            "value": [float(row["value"]) for row in known.values()],
            "n": [row["n"] for row in known.values()],
            "text": [formats.duration(row["value"]) for row in known.values()],
            "when": [week_told(one) for one in weeks],
            "line": name,
            "role": role,
        }
    )
