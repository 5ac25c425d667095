"""Bars of the signed parts of a whole, each with its size beside it."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from labelpulse.charts.text import FigureText
from labelpulse.charts.theme import (
    ACCENT,
    BY_ROLE,
    FONT_SIZE,
    MAIN,
    MUTED,
    Figure,
    layered,
    painted,
)

HEIGHT = 110
_NAMES = alt.Axis(title=None, ticks=False, domain=False, labelLimit=220, labelPadding=6)


def part_bars(parts: Sequence[tuple[str, float, str]], text: FigureText, *, name: str) -> Figure:
    """Return two bars from zero, one a part.

    Args:
        parts: name, value and the value as text, of two parts.
        name: what the values are of, for the tooltip.
    """
    names, values, texts = zip(*parts, strict=True)
    ends = [max(value, 0) for value in values]
    frame = pd.DataFrame(
        {"part": names, "value": values, "end": ends, "text": texts, "role": [ACCENT, MAIN]}
    )
    base = alt.Chart(frame).encode(
        y=alt.Y("part:N", sort=None, axis=_NAMES),
        x=alt.X("value:Q", axis=None),
        tooltip=[alt.Tooltip("part:N", title="Part"), alt.Tooltip("text:N", title=name)],
    )
    zero = alt.Chart(pd.DataFrame({"value": [0]})).mark_rule(strokeWidth=1)
    layers = [
        base.mark_bar(height=22, cornerRadius=2, opacity=0.9).encode(color=BY_ROLE),
        painted(zero.encode(x=alt.X("value:Q", axis=None)), MUTED),
        painted(_texts_beside(base), MUTED),
    ]
    return Figure(*text, layered(layers, HEIGHT), len(parts))


def _texts_beside(base: alt.Chart) -> alt.Chart:
    """Return the texts of the bars, to the right of zero or of a bar that goes beyond it."""
    texts = base.mark_text(fontSize=FONT_SIZE, align="left", dx=6)
    drawn: alt.Chart = texts.encode(text="text:N", x=alt.X("end:Q", axis=None))
    return drawn
