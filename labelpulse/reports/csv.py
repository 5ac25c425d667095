"""A report as CSV: one line for each row of every query behind it."""

import csv
from io import StringIO
from typing import Any

from labelpulse.core.escapes import escape_formula
from labelpulse.findings.asked import Asked
from labelpulse.reader import MetricQuery, Row

_NUMBERS = ("value", "low", "high", "n", "note")
_COLUMNS = ("metric", "version", "project", "control", "since", "until", "where", "key", *_NUMBERS)


def render(answers: Asked) -> bytes:
    """Render the queries behind a report as CSV, UTF-8, in the order of its parts."""
    text = StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    versions = answers.definitions()
    for query, rows in answers.seen.items():
        for row in rows:
            table.writerow(map(escape_formula, _metric_line(query, versions[query.metric], row)))
    for (name, query), rows in answers.tables.items():
        for row in rows:
            table.writerow(map(escape_formula, _table_line(name, query, row)))
    text.write(f"# snapshot {answers.snapshot()}\n")
    return text.getvalue().encode()


def _metric_line(query: MetricQuery, version: int, row: Row) -> list[Any]:
    keys = set(query.by) - set(_NUMBERS)
    if "annotator_pair" in query.by:
        keys |= {"annotator_a", "annotator_b"}
    return [
        query.metric,
        version,
        query.project,
        query.control,
        query.since,
        query.until,
        " ".join(condition.text() for condition in query.where),
        " ".join(f"{key}={value}" for key, value in row.items() if key in keys),
        *(row[name] for name in _NUMBERS),
    ]


def _table_line(name: str, query: MetricQuery, row: Row) -> list[Any]:
    """Return the line of a table behind single numbers; it has no definition of its own."""
    return [
        name,
        "",
        query.project,
        query.control,
        query.since,
        query.until,
        "",
        " ".join(f"{key}={value}" for key, value in row.items() if key not in _NUMBERS),
        *(row.get(name) for name in _NUMBERS),
    ]
