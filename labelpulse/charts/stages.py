"""Stages over time: what stands in each, the queue that widens, and how long items take."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

import altair as alt
import pandas as pd

from labelpulse.charts import formats
from labelpulse.charts.flow import STAGES
from labelpulse.charts.marks import Mark, marked, room
from labelpulse.charts.series import by_period
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
    parse_period,
    sentence,
    utc,
    value_axis,
)

HEIGHT = 300
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_DAY_S = 86_400
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

BEGUN = ("review", "waiting_for_labels", "started", "blocked")
"""What somebody has begun, and nobody has finished."""


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
    marks = [Mark(outlined.since, f"since {formats.day(outlined.since)}", True)] if outlined else []
    if observed is not None and span.since < observed <= span.until:
        marks.append(Mark(observed, "observed since"))
    names = {_ROLES[stage]: STAGES[stage].split(" (")[0] for stage in reversed(there)}
    layers = [_areas(frame, span, names)] if there else [alt.Chart().mark_point()]
    if outlined is not None and outlined.stage in there:
        band = frame[(frame["stage"] == outlined.stage) & frame["date"].ge(outlined.since)]
        layers.append(_outline(band, span))
    layers += marked(marks, span)
    now = sum(values[-1] for values in there.values())
    said = title or _held(there, now)
    note = sentence(
        "Items in each stage by the end of each day.",
        "The last day is today, so far." if span.until >= span.today else "",
        f"Watched since {formats.day_year(observed)}; before, the source's own history is replayed."
        if observed is not None and span.since < observed
        else "",
    )
    # markers have no legend: layers that share one would contradict each other, and Vega complain
    chart = layered(layers, HEIGHT + room(marks, span)).resolve_legend(color="independent")
    return Figure(said, note, f"Areas over days. {said}.", chart, len(frame))


def _held(there: Mapping[str, Sequence[float]], now: float) -> str:
    if not there:
        return "Nothing stands between its first and its last label"
    stage = max(there, key=lambda one: there[one][-1])
    most = formats.count(there[stage][-1])
    return f"{formats.plural(now, 'item', 'items')}, {most} of them {_low(STAGES[stage])}"


def _low(text: str) -> str:
    return text[:1].lower() + text[1:]


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
                    "name": STAGES[stage],
                    "value": list(values),
                    "low": low,
                    "high": high,
                    "when": [
                        formats.day(day) + (", so far" if day == span.today else "") for day in days
                    ],
                }
            )
        )
        low = high
    return pd.concat(parts) if parts else pd.DataFrame({"stage": [], "date": []})


def _areas(frame: pd.DataFrame, span: Span, names: Mapping[str, str]) -> alt.Chart:
    drawn: alt.Chart = _band(frame, span, _legend(names)).mark_area(opacity=0.75)
    return drawn


def _outline(frame: pd.DataFrame, span: Span) -> alt.Chart:
    """Return a band's outline in the colour of its stage."""
    band = _band(frame, span, None)
    drawn: alt.Chart = band.mark_area(filled=False, strokeWidth=3, opacity=1)
    return drawn


def _legend(names: Mapping[str, str]) -> alt.Legend:
    """Return a legend of roles, with the names of their stages."""
    return alt.Legend(
        title=None,
        orient="top",
        direction="horizontal",
        columns=3,
        values=list(names),
        labelExpr=f"{json.dumps(dict(names), ensure_ascii=False)}[datum.value]",
        labelLimit=220,
        symbolType="square",
    )


def _band(frame: pd.DataFrame, span: Span, legend: alt.Legend | None) -> alt.Chart:
    chart: alt.Chart = alt.Chart(frame.drop(columns="date")).encode(
        x=day_axis(span.since, span.until),
        y=value_axis("low", "items"),
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
    """Return the days that items took from being opened to their last label, by week begun.

    None where no week has a value: a source may not tell when an item was opened.

    Args:
        median_rows, late_rows: of ``cycle_time_p50`` and ``_p85`` by week, values in seconds.
    """
    lines = [("half take less", MAIN, median_rows), ("15 % take longer", ACCENT, late_rows)]
    parts = [_line(rows, name, role, span.today) for name, role, rows in lines]
    middle, late = (list(part["value"]) for part in parts)
    if not middle:
        return None
    frame = pd.concat(parts)
    weeks = sorted({*frame["date"]})
    shown = Span(min(span.since, weeks[0]), max(span.until, weeks[-1] + _WEEK - _DAY), span.today)
    base = alt.Chart(frame.drop(columns="date")).encode(
        x=day_axis(shown.since, shown.until),
        y=value_axis("value", "days"),
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
    slow = f", usually {formats.duration(_DAY_S * median(late))}" if late else ""
    note = (
        f"By the week in which an item was opened. Upper line: 15 % take longer{slow}. "
        "A week that is not over, or of which too few items are done, has no point yet."
    )
    return Figure(title, note, f"Two lines by week. {title}.", layered(layers, 230), len(frame))


def _taken(middle: Sequence[float], last: date) -> str:
    """Return the finding on half of the items: a last week that took much longer, or the usual."""
    usual, now = median(middle), middle[-1]
    words = formats.duration(_DAY_S * usual)
    if len(middle) > 2 and now > _SLOWER * usual:
        much = formats.duration(_DAY_S * now)
        week = f"the week of {formats.day(last)}"
        return f"Half of the items begun in {week} took {much}, usually {words}"
    return f"In a typical week half of the items are done {words} after somebody opened them"


def _line(rows: Sequence[Row], name: str, role: str, today: date) -> pd.DataFrame:
    """Return a line's points; a week that is not over has too few days to tell."""
    known = {
        row["week"]: row
        for row in rows
        if row["week"] and row["value"] is not None and parse_period(row["week"]) + _WEEK <= today
    }
    weeks = list(by_period(list(known.values()), "week"))
    return pd.DataFrame(
        {
            "day": utc([one + 3 * _DAY for one in weeks]),
            "date": weeks,
            "value": [row["value"] / _DAY_S for row in known.values()],
            "n": [row["n"] for row in known.values()],
            "text": [formats.duration(row["value"]) for row in known.values()],
            "when": [f"week of {formats.day(one)}" for one in weeks],
            "line": name,
            "role": role,
        }
    )
