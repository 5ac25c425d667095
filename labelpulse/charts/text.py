"""The texts of a figure, which whoever knows its meaning writes. This module loads no library."""

from typing import NamedTuple


class FigureText(NamedTuple):
    """The texts around a chart.

    Attributes:
        title: the finding, one plain sentence without markup and without a full stop.
        note: what is drawn, by which rule, from how much; "" when the title says it all.
        described: the same for someone who cannot see the chart.
    """

    title: str
    note: str
    described: str
