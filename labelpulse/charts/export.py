"""A figure as a picture with its words: SVG and PNG, drawn here without a browser.

The same figure gives the same bytes.
"""

import textwrap
from typing import Any

from labelpulse.charts.look import CONFIG
from labelpulse.charts.theme import Figure

WIDTH = 860
"""Pixels of the drawing itself."""

_LETTERS = 118
"""Letters of the note that fit a line."""


def svg(shown: Figure, *, titled: bool = True) -> bytes:
    """Return a figure as an SVG.

    Args:
        titled: with its title and note; a report sets them as text beside it.
    """
    import vl_convert

    return str(vl_convert.vegalite_to_svg(spec(shown, titled=titled), config=dict(CONFIG))).encode()


def png(shown: Figure, *, titled: bool = True, scale: float = 2.0) -> bytes:
    """Return a figure as a PNG; `scale` is for screens that show more than a pixel a point."""
    import vl_convert

    return bytes(
        vl_convert.vegalite_to_png(spec(shown, titled=titled), scale=scale, config=dict(CONFIG))
    )


def spec(shown: Figure, *, titled: bool = True) -> dict[str, Any]:
    """Return a figure's Vega-Lite specification with a width of its own."""
    drawn: dict[str, Any] = shown.chart.to_dict()
    drawn["width"] = WIDTH
    drawn["autosize"] = {"type": "fit-x", "contains": "padding"}
    drawn["padding"] = 12 if titled else 5
    if titled:
        drawn["title"] = {
            "text": textwrap.wrap(shown.title, _LETTERS - 20),
            "subtitle": textwrap.wrap(shown.note, _LETTERS),
        }
    return drawn
