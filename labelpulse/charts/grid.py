"""Tables of colour: cells of columns by rows, or the triangle below a list's diagonal."""

from collections.abc import Mapping
from dataclasses import dataclass

import altair as alt
import pandas as pd

from labelpulse.charts.theme import FONT_SIZE, layered

NEUTRAL = "#808890"
"""Seen as a tint on a white page and on a dark one alike."""

_TEXT_UP_TO, _LEVEL_UP_TO = 12, 30
"""Columns whose cells have words, and letters that lie level under all of them on a phone."""

_PAINTED = {"embedOptions": {"renderer": "canvas"}}
"""Hundreds of cells are painted: as elements of the page each would cost the browser its part."""

_ON_CELL = "luminance(scale('color', datum.shade)) > 0.32"
"""Words on a cell turn dark on light cells and light on dark ones, in either theme."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells a table may have: all of columns by rows, or those below a list's diagonal."""

    columns: list[str]
    rows: list[str]
    triangle: bool = False
    x_title: str | None = None
    y_title: str | None = None

    @property
    def cells(self) -> list[tuple[str, str]]:
        """Every (column, row) that may be."""
        return [
            (x, y)
            for at, x in enumerate(self.columns)
            for y in (self.rows[at:] if self.triangle else self.rows)
        ]


def triangle(names: list[str]) -> Grid:
    """Return the cells of every two of a list of names."""
    return Grid(names[:-1], names[1:], triangle=True)


def table(
    frame: pd.DataFrame,
    grid: Grid,
    tips: Mapping[str, str],
    *,
    reverse: bool = False,
    picks: str = "",
    row_height: int = 26,
) -> alt.LayerChart:
    """Return cells shaded by ``shade``, on pale ones where there may be but are none.

    ``text`` stands on them where the table is small.

    Args:
        tips: fields of the frame that a cell tells, and their titles.
        picks: the name under which a click on a cell tells its column and row; "" = none does.
    """
    angle = -40 if len(grid.columns) <= _TEXT_UP_TO else -90
    if len(grid.columns) * max(map(len, grid.columns), default=0) <= _LEVEL_UP_TO:
        angle = 0
    x = alt.X(
        "column:N",
        scale=alt.Scale(domain=grid.columns),
        axis=quiet_axis(grid.x_title, labelAngle=angle, labelOverlap=False),
    )
    y = alt.Y("row:N", scale=alt.Scale(domain=grid.rows), axis=quiet_axis(grid.y_title))
    tooltip = [alt.Tooltip(f"{tip}:N", title=title) for tip, title in tips.items()]
    base = alt.Chart(frame).encode(x=x, y=y, tooltip=tooltip)
    shade = alt.Color("shade:Q", legend=None, scale=alt.Scale(reverse=reverse))
    small = max(len(grid.columns), len(grid.rows)) <= _TEXT_UP_TO
    told = set(zip(frame["column"], frame["row"], strict=True))
    empty = [cell for cell in grid.cells if cell not in told]
    # nobody listens to hundreds of cells: there the chart's description and its table tell
    cells = base.mark_rect(cornerRadius=1, aria=small)
    layers = [_picking(cells.encode(color=shade), picks)]
    if empty:
        blank = alt.Chart(pd.DataFrame(empty, columns=["column", "row"])).encode(x=x, y=y)
        layers.insert(0, blank.mark_rect(cornerRadius=1, opacity=0.07, color=NEUTRAL, aria=False))
    if small:
        words = base.mark_text(fontSize=FONT_SIZE).encode(
            text="text:N",
            color=alt.condition(_ON_CELL, alt.value("#111820"), alt.value("#FFFFFF")),
        )
        layers.append(words)
    drawn = layered(layers, max(len(grid.rows), 1) * row_height + 90)
    return drawn if small else drawn.properties(usermeta=_PAINTED)


def _picking(cells: alt.Chart, name: str) -> alt.Chart:
    """Return cells that can be clicked; what is not chosen stays readable."""
    if not name:
        return cells
    chosen = alt.selection_point(name=name, fields=["column", "row"], on="click", clear="dblclick")
    shown = alt.condition(chosen, alt.value(1.0), alt.value(0.45))
    return cells.encode(opacity=shown).add_params(chosen)


def quiet_axis(title: str | None, **more: object) -> alt.Axis:
    """Return an axis of names without lines."""
    quiet = {"ticks": False, "domain": False, "grid": False, "labelFlush": False}
    settings = {**quiet, "labelLimit": 110, **more}
    return alt.Axis(title=title, **settings)  # type: ignore[arg-type]
