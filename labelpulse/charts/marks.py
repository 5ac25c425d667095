"""Days that a time chart points at: what happened, and when something changed."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import altair as alt
import pandas as pd

from labelpulse.charts.theme import ACCENT, FONT_SIZE, MUTED, Span, day_axis, painted, utc

LONGEST = 28
"""Letters of a label; what is longer is cut."""

_LINE = 14
"""Pixels from one line of labels to the next: neighbours do not overwrite each other."""

_LINES = 3


class Mark(NamedTuple):
    """Something that happened on a day. `strong`: it is the chart's own finding."""

    day: date
    text: str
    strong: bool = False


def marked(marks: Sequence[Mark], span: Span) -> list[alt.Chart]:
    """Return upright rules at the marks inside the span, each with its text above the chart."""
    shown = sorted(one for one in marks if span.since <= one.day <= span.until)
    middle = span.since + (span.until - span.since) / 2
    return [
        layer
        for at, one in enumerate(shown)
        for layer in _rule(one, span, line=at % _LINES, leftward=one.day > middle)
    ]


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
