"""Markers on the time charts, and what a number was before and after them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Engine, or_, select

from labelpulse import schema
from labelpulse.core.days import day_text, now_us, parse_day
from labelpulse.reader.catalog import Catalog
from labelpulse.reader.query import EVERYONE, MetricQuery, Row, Scope
from labelpulse.reader.read import read, snapshot
from labelpulse.stats.intervals import difference

WINDOW = 28
"""Days before a marker, and from its day on, that are compared."""


@dataclass(frozen=True, slots=True)
class Marker:
    """Something that happened on a day. `project` None = it concerns all projects."""

    id: int
    project: int | None
    day: str
    kind: str
    text: str


def markers(engine: Engine, projects: Iterable[int] | None = None) -> list[Marker]:
    """Return the markers of some projects (None = of all), earliest first."""
    table = schema.marker.c
    query = select(schema.marker).order_by(table.day, table.id)
    if projects is not None:
        query = query.where(or_(table.project_id.is_(None), table.project_id.in_(list(projects))))
    with snapshot(engine) as conn:
        return [
            Marker(row.id, row.project_id, day_text(row.day) or "", row.kind, row.text)
            for row in conn.execute(query)
        ]


def project_id(engine: Engine, title: str) -> int:
    """Return the id of a project by its title or SOURCE/TITLE; UsageError where there is none."""
    with snapshot(engine) as conn:
        return Catalog(conn, EVERYONE).find(title)[0].id


def before_after(
    engine: Engine,
    query: MetricQuery,
    day: str,
    scope: Scope = EVERYONE,
    *,
    window: int = WINDOW,
    clock: Callable[[], int] = now_us,
) -> list[Row]:
    """Return how far a metric moved from the days before a day to the days from it on.

    Args:
        query: a metric that takes since and until; these are set here.
        window: days on each side.

    Returns:
        The query's rows with ``before``, ``after`` and their n; the value is after - before, its
        interval by `labelpulse.stats.intervals.difference`; null where a side has no value.
    """
    at = parse_day(day)
    sides = []
    for first, last in ((at - window, at - 1), (at, at + window - 1)):
        asked = replace(query, since=day_text(first), until=day_text(last))
        sides.append(read(engine, asked, scope, clock=clock).rows)
    before, after = ({_keys(row): row for row in rows} for rows in sides)
    return [_moved(dict(key), before.get(key), after.get(key)) for key in {**before, **after}]


_NUMBERS = ("value", "low", "high", "n", "note")


def _keys(row: Row) -> tuple[tuple[str, object], ...]:
    return tuple((key, value) for key, value in row.items() if key not in _NUMBERS)


def _moved(keys: Row, before: Row | None, after: Row | None) -> Row:
    values = [None if row is None else row["value"] for row in (before, after)]
    counts = [0 if row is None else row["n"] for row in (before, after)]
    old, new = values
    ends: tuple[float | None, float | None] = None, None
    notes = [row["note"] for row in (before, after) if row is not None and row["note"]]
    if old is None or new is None:
        notes.insert(0, "no value before it" if old is None else "no value after it")
    elif before and after and None not in (before["low"], after["low"]):
        ends = difference(
            (old, (before["low"], before["high"])), (new, (after["low"], after["high"]))
        )
    return keys | {
        "value": None if old is None or new is None else new - old,
        "low": ends[0],
        "high": ends[1],
        "n": min(counts),
        "note": "; ".join(dict.fromkeys(notes)) or None,
        "before": old,
        "after": new,
        "n_before": counts[0],
        "n_after": counts[1],
    }
