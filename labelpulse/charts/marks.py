"""Days that a time chart points at: what happened, when something changed, and over which days."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import altair as alt
import pandas as pd

from labelpulse.charts.theme import ACCENT, FONT_SIZE, MUTED, Span, day_axis, painted, utc

LONGEST = 28
"""Letters of a label; what is longer is cut."""

_LINE = 14
"""Pixels of a line of labels."""

_LETTER, _WIDTH = 6, 250
"""Pixels that a letter takes, and that a chart is at least wide on a phone."""


class Mark(NamedTuple):
    """Something that happened on a day. `strong`: it is the chart's own finding."""

    day: date
    text: str
    strong: bool = False


def marked(marks: Sequence[Mark], span: Span) -> list[alt.Chart]:
    """Return upright rules at the marks inside the span, each with its text above the chart."""
    return [
        layer
        for one, line in _placed(marks, span)
        for layer in _rule(one, span, line=line, leftward=_leftward(one, span))
    ]


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


def room(marks: Sequence[Mark], span: Span) -> int:
    """Return the pixels of height that the texts of the marks take."""
    return _LINE * max((line + 1 for _, line in _placed(marks, span)), default=0)


def _leftward(mark: Mark, span: Span) -> bool:
    return mark.day > span.since + (span.until - span.since) / 2


def _placed(marks: Sequence[Mark], span: Span) -> list[tuple[Mark, int]]:
    """Return the marks inside the span, each with the lowest line on which its text has room."""
    length = len(span.days)
    free: list[float] = []
    placed = []
    for one in sorted(mark for mark in marks if span.since <= mark.day <= span.until):
        width = min(len(one.text), LONGEST) * _LETTER + 2 * _LETTER
        at = (one.day - span.since).days / length * _WIDTH
        first = at - width if _leftward(one, span) else at
        line = next((n for n, end in enumerate(free) if end <= first), len(free))
        free[line : line + 1] = [first + width]
        placed.append((one, line))
    return placed


def _rule(mark: Mark, span: Span, *, line: int, leftward: bool) -> list[alt.Chart]:
    text = mark.text if len(mark.text) <= LONGEST else f"{mark.text[: LONGEST - 1]}…"
    frame = pd.DataFrame({"day": utc([mark.day]), "text": [text], "what": [mark.text]})
    base = alt.Chart(frame).encode(x=day_axis(span.since, span.until))
    role, dash = (ACCENT, [6, 3]) if mark.strong else (MUTED, [2, 3])
    words = base.mark_text(
        align="right" if leftward else "left",
        dx=-5 if leftward else 5,
        fontSize=FONT_SIZE,
        baseline="bottom",
    )
    return [
        painted(base.mark_rule(strokeWidth=1.5, strokeDash=dash).encode(tooltip="what:N"), role),
        painted(words.encode(text="text:N", y=alt.value(-4 - line * _LINE)), role),
    ]
