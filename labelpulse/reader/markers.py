"""Markers on the time charts, and what a number was before and after them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Engine, or_, select

from labelpulse import schema
from labelpulse.core.days import day_text, now_us, parse_day
from labelpulse.core.estimate import Estimate
from labelpulse.metrics.samples import MIN_DAYS, MIN_ITEMS
from labelpulse.reader.catalog import Catalog
from labelpulse.reader.keys import in_order
from labelpulse.reader.query import EVERYONE, MetricQuery, Row, Scope
from labelpulse.reader.read import Reading
from labelpulse.stats.intervals import Estimated, difference, difference_of_draws
from labelpulse.warehouse.engine import snapshot

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


def project_titles(engine: Engine) -> dict[int, str]:
    """Return what queries call each project, by id."""
    with snapshot(engine) as conn:
        return {one.id: one.label for one in Catalog(conn, EVERYONE).projects.values()}


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
        The query's rows with ``before``, ``after`` and their n; the value is after - before; null
        where a side has no value. Its interval, where both sides rest on days as the draws, by
        `labelpulse.stats.intervals.difference_of_draws`, else by `difference`.
    """
    at = parse_day(day)
    with snapshot(engine) as conn:
        before, after = (
            _side(Reading(conn, replace(query, since=since, until=until), scope, clock()))
            for since, until in (
                (day_text(at - window), day_text(at - 1)),
                (day_text(at), day_text(at + window - 1)),
            )
        )
    return [_moved(dict(key), before.get(key), after.get(key)) for key in {**before, **after}]


COMPARED = ("agreement_percent", "match_f1", "gold_accuracy", "time_spent_median")
"""What is compared before and after a marker."""


def moves(
    engine: Engine,
    query: MetricQuery,
    scope: Scope = EVERYONE,
    *,
    clock: Callable[[], int] = now_us,
) -> list[Row]:
    """Return what a metric was before and after each marker of the query's project.

    Args:
        query: project, metric, control and where; its `by` and days do not matter.

    Returns:
        The rows of `before_after` with ``day``, ``kind`` and ``text`` of the marker, newest first.
    """
    asked = replace(query, by=(), since=None, until=None)
    project = None if query.project is None else [project_id(engine, query.project)]
    return [
        {"day": one.day, "kind": one.kind, "text": one.text, **row}
        for one in reversed(markers(engine, project))
        for row in before_after(engine, asked, one.day, scope, clock=clock)
    ]


_Side = tuple[Row, Estimate]
_NUMBERS = ("value", "low", "high", "n", "note")
_FEW = (
    f"interval of answers: fewer than {MIN_DAYS} days or {MIN_ITEMS} answers on a side are too "
    "few to tell how days differ"
)


def _side(reading: Reading) -> dict[tuple[tuple[str, object], ...], _Side]:
    """Return keys -> row and estimate, in the order of rows."""
    order = in_order(reading.plan)
    found = sorted(reading.answered(), key=lambda one: order(one[0]))
    return {_keys(row, estimate): (row, estimate) for row, estimate in found}


def _keys(row: Row, estimate: Estimate) -> tuple[tuple[str, object], ...]:
    others = {*_NUMBERS, *estimate.more}
    return tuple((key, value) for key, value in row.items() if key not in others)


def _moved(keys: Row, before: _Side | None, after: _Side | None) -> Row:
    rows = [None if side is None else side[0] for side in (before, after)]
    old, new = (None if row is None else row["value"] for row in rows)
    counts = [0 if row is None else row["n"] for row in rows]
    ends: tuple[float | None, float | None] = None, None
    notes = _notes(*(row["note"] if row else None for row in rows))
    if old is None or new is None:
        none = "no value before it" if old is None else "no value after it"
        notes.insert(0, none)
    elif before and after:
        ends, note = change(before[1], after[1])
        notes.append(note)
    return keys | {
        "value": None if old is None or new is None else new - old,
        "low": ends[0],
        "high": ends[1],
        "n": min(counts),
        "note": "; ".join(filter(None, notes)) or None,
        "before": old,
        "after": new,
        "n_before": counts[0],
        "n_after": counts[1],
    }


def _notes(before: str | None, after: str | None) -> list[str]:
    """Return what must be known of the two sides, once where it is the same."""
    if before == after:
        return [before or ""]
    told = []
    if before:
        told.append(f"before: {before}")
    if after:
        told.append(f"after: {after}")
    return told


def change(
    before: Estimate, after: Estimate
) -> tuple[tuple[float, float] | tuple[None, None], str]:
    """Return the 95 % interval of after - before, and what it cannot see ("" = nothing)."""
    both = before, after
    rows: list[Row] = [
        {"value": one.value, "low": one.low, "high": one.high, **one.more} for one in both
    ]
    if before.draws and after.draws:
        first, second = map(_over_days, rows)
        return difference_of_draws(first, second, (before.draws, after.draws)), ""
    note = _FEW if "low_days" in before.more else ""
    if any(row["low"] is None for row in rows):
        return (None, None), note
    first, second = ((row["value"], (row["low"], row["high"])) for row in rows)
    return difference(first, second), note


def _over_days(row: Row) -> Estimated:
    """Return a value with the interval that has days as the draws."""
    low, high = ("low_days", "high_days") if "low_days" in row else ("low", "high")
    return row["value"], (row[low], row[high])
