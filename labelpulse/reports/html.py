"""A report as one self-contained HTML file with its styles and charts."""

import re
from datetime import date
from pathlib import Path

from labelpulse.charts import export, look
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.reports.document import Document

_TEMPLATE = Path(__file__).with_name("report.html.j2")
_ID = re.compile(r'(\bid="|url\(#|href="#)([^")]+)')


def render(document: Document) -> bytes:
    """Render a report as HTML, UTF-8; the same report gives the same bytes."""
    from jinja2 import Environment, StrictUndefined

    numbers = iter(range(1_000_000))

    def draw(figure: Figure) -> str:
        return _with_unique_ids(export.svg(figure, titled=False).decode(), next(numbers))

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.globals.update(look=look, draw=draw, cell_text=cell_text)
    template = environment.from_string(_TEMPLATE.read_text("utf-8"))
    return template.render(document=document).encode()


def _with_unique_ids(svg: str, number: int) -> str:
    """Prefix the ids of a chart, so that they differ from those of other charts on the page."""
    return _ID.sub(rf"\g<1>f{number}-\g<2>", svg)


def cell_text(value: object) -> str:
    """Return the text of a table cell."""
    if value is None:
        return formats.NONE
    if isinstance(value, date):
        return formats.day_year(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return formats.number(value)
    return str(value)
