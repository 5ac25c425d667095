"""Days that a time chart points at: what happened, when something changed, and over which days."""

from collections.abc import Sequence
from datetime import date, timedelta

import altair as alt
import pandas as pd

from labelpulse.charts.theme import (
    ACCENT,
    FONT_SIZE,
    MUTED,
    Mark,
    Span,
    day_axis,
    layered,
    painted,
    utc,
)

LONGEST = 28
"""Letters of a label; what is longer is cut."""

_LINE = 14
"""Pixels of a line of labels."""

_LINES = 4
"""Lines of labels over a chart; a mark that finds no room on them has none: its rule tells it."""

_HALO = 5
"""Pixels of ground around a rule, which would be lost in front of dark columns."""

_LETTER, _WIDTH = 7, 250
"""Pixels that a letter takes, and that a chart is at least wide, on a phone."""


def over_days(
    layers: Sequence[alt.Chart], span: Span, height: int, own: Sequence[Mark] = ()
) -> alt.LayerChart:
    """Return layers as a chart over the days of a span, with what happened on them.

    Each mark is an upright rule, its text above the chart.

    Args:
        span: the days of the axis.
        height: of the chart without the texts of marks, in pixels.
        own: marks of this chart alone, beside those of the span.
    """
    placed = _placed([*span.marks, *own], span)
    rules = [layer for one, line in placed for layer in _rule(one, span, line)]
    # marks have no legend: layers that share one would contradict each other, and Vega complain
    chart = layered([*layers, *rules], height + room(span, own))
    drawn: alt.LayerChart = chart.resolve_legend(color="independent")
    return drawn


def bands(
    days: Sequence[tuple[date, date]], span: Span, role: str, opacity: float
) -> list[alt.Chart]:
    """Return pale bands over runs of days, first and last included, as far as the span has them."""
    cut = [(max(first, span.since), min(last, span.until)) for first, last in days]
    there = [(first, last) for first, last in cut if first <= last]
    if not there:
        return []
    ends = [last + timedelta(days=1) for _, last in there]
    frame = pd.DataFrame({"day": utc([first for first, _ in there]), "end": utc(ends)})
    x = day_axis(span.since, span.until, whole=False)
    drawn = alt.Chart(frame).mark_rect(opacity=opacity).encode(x=x, x2="end:T")
    return [painted(drawn, role)]


def room(span: Span, own: Sequence[Mark] = ()) -> int:
    """Return the pixels of height that the texts of the marks take: a legend stands above them."""
    placed = _placed([*span.marks, *own], span)
    return _LINE * max((line + 1 for _, line in placed if line is not None), default=0)


def _leftward(mark: Mark, span: Span) -> bool:
    return mark.day > span.since + (span.until - span.since) / 2


def _placed(marks: Sequence[Mark], span: Span) -> list[tuple[Mark, int | None]]:
    """Return the marks inside the span, each with the lowest line on which its text has room.

    Those of the chart's own finding are placed first; None = there is no room on any line.
    """
    inside = [mark for mark in marks if span.since <= mark.day <= span.until]
    taken: list[list[tuple[float, float]]] = [[] for _ in range(_LINES)]
    placed: list[tuple[Mark, int | None]] = []
    for one in sorted(inside, key=lambda mark: (not mark.strong, mark.day)):
        first, end = _reach(one, span)
        free = (n for n, line in enumerate(taken) if all(b <= first or end <= a for a, b in line))
        at = next(free, None)
        if at is not None:
            taken[at].append((first, end))
        placed.append((one, at))
    return placed


def _reach(mark: Mark, span: Span) -> tuple[float, float]:
    """Return from where to where a text reaches, in pixels of a narrow chart."""
    at = _part(mark, span) * _WIDTH
    wide = min(len(mark.text), LONGEST) * _LETTER + 2 * _LETTER
    return (max(at - wide, 0), at) if _leftward(mark, span) else (at, min(at + wide, _WIDTH))


def _part(mark: Mark, span: Span) -> float:
    """Return how far along the axis a mark stands, 0 to 1."""
    return (mark.day - span.since).days / len(span.days)


def _rule(mark: Mark, span: Span, line: int | None) -> list[alt.Chart]:
    text = mark.text if len(mark.text) <= LONGEST else f"{mark.text[: LONGEST - 1]}…"
    frame = pd.DataFrame({"day": utc([mark.day]), "text": [text], "what": [mark.text]})
    base = alt.Chart(frame).encode(x=day_axis(span.since, span.until))
    role, dash = (ACCENT, [6, 3]) if mark.strong else (MUTED, [2, 3])
    # the ground is the theme's, which only the browser knows; lines still show through it
    ground = alt.ExprRef("background")
    halo = base.mark_rule(stroke=ground, strokeWidth=_HALO, opacity=0.7)
    rule = base.mark_rule(strokeWidth=1.5, strokeDash=dash).encode(tooltip="what:N")
    drawn = [halo, painted(rule, role)]
    if line is None:
        return drawn
    leftward, part = _leftward(mark, span), _part(mark, span)
    words = base.mark_text(
        align="right" if leftward else "left",
        dx=-5 if leftward else 5,
        fontSize=FONT_SIZE,
        baseline="bottom",
        limit=alt.ExprRef(f"width * {part if leftward else 1 - part:.3f} - 5"),
    )
    told = words.encode(text="text:N", y=alt.value(-4 - line * _LINE))
    return [*drawn, painted(told, role)]
