"""A report as CSV: every row of every query behind it, one line each."""

import csv
from io import StringIO
from typing import Any

from labelpulse.core.escapes import escape_formula
from labelpulse.judgement.asked import Asked
from labelpulse.reader import MetricQuery, Row

_LAST = ("value", "low", "high", "n", "note")
_HEAD = ("metric", "version", "project", "control", "since", "until", "where", "key", *_LAST)


def write(asked: Asked) -> bytes:
    """Return what was asked for a report as CSV, UTF-8; the order is that of its parts."""
    out = StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(_HEAD)
    versions = asked.definitions()
    for query, rows in asked.seen.items():
        for row in rows:
            table.writerow([escape_formula(one) for one in _line(query, versions, row)])
    for (kind, query), rows in asked.tables.items():
        for row in rows:
            table.writerow([escape_formula(one) for one in _of_table(kind, query, row)])
    out.write(f"# snapshot {asked.snapshot()}\n")
    return out.getvalue().encode()


def _line(query: MetricQuery, versions: dict[str, int], row: Row) -> list[Any]:
    by = {name: row[name] for name in row if name not in _LAST and name in _keys(query)}
    return [
        query.metric,
        versions[query.metric],
        query.project,
        query.control,
        query.since,
        query.until,
        " ".join(one.text() for one in query.where),
        " ".join(f"{name}={value}" for name, value in by.items()),
        *(row[name] for name in _LAST),
    ]


def _of_table(kind: str, query: MetricQuery, row: Row) -> list[Any]:
    """Return a row of a table behind single numbers; it has no definition of its own."""
    keys = {name: value for name, value in row.items() if name not in _LAST}
    numbers = [row.get(name) for name in _LAST]
    head = [kind, "", query.project, query.control, query.since, query.until, ""]
    return [*head, " ".join(f"{name}={value}" for name, value in keys.items()), *numbers]


def _keys(query: MetricQuery) -> set[str]:
    """Return the keys of a query's rows; a pair of people has one for each."""
    pairs = {"annotator_a", "annotator_b"} if "annotator_pair" in query.by else set()
    return {*query.by, *pairs}
