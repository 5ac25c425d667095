"""A report as one HTML file that asks nobody for anything: styles and drawings are inside."""

import re
from datetime import date
from pathlib import Path

from labelpulse.charts import export, look
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.reports.document import Document

_TEMPLATE = Path(__file__).with_name("report.html.j2")
_ID = re.compile(r'(\bid="|url\(#|href="#)([^")]+)')


def write(doc: Document) -> bytes:
    """Return a report as HTML, UTF-8; the same report gives the same bytes."""
    from jinja2 import Environment, StrictUndefined

    count = iter(range(1_000_000))

    def drawn(figure: Figure) -> str:
        return _own_ids(export.svg(figure, titled=False).decode(), next(count))

    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    made.globals.update(look=look, drawn=drawn, shown=shown)
    return made.from_string(_TEMPLATE.read_text("utf-8")).render(doc=doc).encode()


def _own_ids(svg: str, number: int) -> str:
    """Return a drawing whose ids no other drawing of the page has."""
    return _ID.sub(rf"\g<1>f{number}-\g<2>", svg)


def shown(value: object) -> str:
    """Return a table's cell as text."""
    if value is None:
        return formats.NONE
    if isinstance(value, date):
        return formats.day_year(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return formats.number(value)
    return str(value)
