"""The look of a chart outside the app, where Streamlit's theme does not reach it.

The palettes are those of .streamlit/config.toml; a test holds the two together.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

FONT = "Source Sans Pro, Liberation Sans, Arial, sans-serif"
INK, QUIET, LINES, PAPER = "#18212B", "#4A5664", "#DDE2E8", "#FFFFFF"
CATEGORIES = (
    "#0E6C8F",
    "#E07A2D",
    "#362E8E",
    "#40A48C",
    "#AC1E52",
    "#63630A",
    "#7D8563",
    "#791A2F",
    "#9D7ACF",
    "#62747D",
)
SEQUENCE = (
    "#EAF4F8",
    "#CFE5EE",
    "#B0D4E2",
    "#8DC0D4",
    "#69ABC5",
    "#4795B4",
    "#2B7FA1",
    "#0E6C8F",
    "#0A5573",
    "#073F57",
)
DIVERGING = (
    "#8C3B0B",
    "#B9571B",
    "#DB8247",
    "#EDB48C",
    "#F8E2D2",
    "#DCEBF2",
    "#A5CDDE",
    "#62A5C2",
    "#2A7FA3",
    "#0B5775",
)

_AXIS = {
    "labelColor": QUIET,
    "titleColor": QUIET,
    "gridColor": LINES,
    "domainColor": LINES,
    "tickColor": LINES,
    "labelFontSize": 12,
    "titleFontSize": 12,
    "titleFontWeight": "normal",
}
CONFIG: Mapping[str, Any] = MappingProxyType(
    {
        "background": PAPER,
        "font": FONT,
        "view": {"stroke": None},
        "axis": _AXIS,
        "legend": {"labelColor": QUIET, "titleColor": QUIET},
        "text": {"color": INK},
        "title": {"color": INK, "anchor": "start", "fontSize": 15, "subtitleColor": QUIET},
        "range": {
            "category": list(CATEGORIES),
            "heatmap": list(SEQUENCE),
            "ramp": list(SEQUENCE),
            "diverging": list(DIVERGING),
        },
    }
)
"""What Vega-Lite takes as its config."""
