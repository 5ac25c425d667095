"""Control charts as pages draw them: the figure, its key, and the query behind it."""

from dashboard import judged
from labelpulse.charts.theme import Figure
from labelpulse.findings.selection import Selection
from labelpulse.reader import MetricQuery


def watched(selection: Selection, metric: str) -> tuple[Figure | None, str, list[MetricQuery]]:
    """Return the control chart of a drift metric for `two_a_row`; None = no baseline to leave."""
    return judged.control_chart(selection, metric), metric, [selection.query(metric)]
