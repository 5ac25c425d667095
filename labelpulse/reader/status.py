"""How the data came in: the state of sources, runs, what is in quarantine, what is held back."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
    func,
    not_,
    select,
    text,
    true,
)

from labelpulse import schema
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.warehouse.engine import snapshot
from labelpulse.warehouse.health import ProjectHealth, SourceHealth, sources


@dataclass(frozen=True, slots=True)
class Run:
    """One poll, sweep or import. Instants are microseconds UTC; `finished_at` None = not yet."""

    source: str
    kind: str
    state: str
    started_at: int
    finished_at: int | None
    read: int
    loaded: int
    unchanged: int
    quarantined: int
    deleted: int
    repaired: int
    message: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that was set aside: where it stands, and why. Its content stays in the warehouse."""

    source: str
    place: str
    record: str
    reason: str
    detail: str
    first_at: int


@dataclass(frozen=True, slots=True)
class Held:
    """Submissions stamped ahead of their source's clock: counted in totals, still without a day."""

    project: str
    rows: int
    latest: int | None


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """The newest rows of some time.

    Attributes:
        more: so many of that time are not among them. outside: so many are of other times.
    """

    rows: Sequence[T]
    more: int
    outside: int


@dataclass(frozen=True, slots=True)
class Time:
    """From an instant to before another, microseconds UTC; None = open."""

    since: int | None = None
    until: int | None = None

    def has(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return the condition that a column lies in it."""
        after = true() if self.since is None else column >= self.since
        return after if self.until is None else and_(after, column < self.until)


EVER = Time()


def source_states(engine: Engine) -> list[SourceHealth]:
    """Return how every source stands, by name."""
    return sources(engine, ROLLUPS)


def deleted(engine: Engine) -> dict[str, int]:
    """Return source -> rows that were found to be deleted there, though nothing told of it."""
    run, source = schema.run.c, schema.source.c
    query = (
        select(source.name, func.sum(run.deleted))
        .join_from(schema.run, schema.source, run.source_id == source.id)
        .where(schema.NOTABLE_RUN, run.deleted > 0)
        .group_by(source.name)
    )
    with snapshot(engine) as conn:
        return {name: int(n or 0) for name, n in conn.execute(query)}


def runs(engine: Engine, began: Time = EVER, limit: int = 50) -> Listed[Run]:
    """Return the newest runs first; polls that found nothing new are left out but the newest."""
    run, source = schema.run.c, schema.source.c
    columns = [run[one.name] for one in fields(Run) if one.name != "source"]
    query = (
        select(run.id, source.name, *columns)
        .join(schema.source, source.id == run.source_id)
        .order_by(run.id.desc())
    )
    inside = began.has(run.started_at)
    with snapshot(engine) as conn:
        told, more, outside = _listed(conn, query.where(schema.NOTABLE_RUN), inside, limit)
        idle = query.where(run.id.in_(_newest(conn)), not_(schema.NOTABLE_RUN))
        quiet, more_quiet, quiet_outside = _listed(conn, idle, inside, limit)
    rows = sorted([*told, *quiet], key=lambda row: row.id, reverse=True)
    more += more_quiet + len(rows[limit:])
    return Listed([Run(*row[1:]) for row in rows[:limit]], more, outside + quiet_outside)


def _newest(conn: Connection) -> list[int]:
    """Return the newest run of each source, found by an index however many runs there are."""
    run = schema.run.c
    newest = select(run.id).order_by(run.started_at.desc(), run.id.desc()).limit(1)
    sources = conn.scalars(select(schema.source.c.id)).all()
    found = [conn.scalar(newest.where(run.source_id == one)) for one in sources]
    return [one for one in found if one is not None]


def quarantined(engine: Engine, first: Time = EVER, limit: int = 500) -> Listed[Quarantined]:
    """Return the records that are set aside now, newest first, by when they were met first."""
    aside, source = schema.quarantine.c, schema.source.c
    query = (
        select(source.name, aside.place, aside.record, aside.reason, aside.detail, aside.first_at)
        .join(schema.source, source.id == aside.source_id)
        .where(aside.resolved_at.is_(None))
        .order_by(aside.first_at.desc(), aside.id.desc())
    )
    with snapshot(engine) as conn:
        rows, more, outside = _listed(conn, query, first.has(aside.first_at), limit)
    return Listed([Quarantined(*row) for row in rows], more, outside)


def _listed(
    conn: Connection, query: Select[Any], inside: ColumnElement[bool], limit: int
) -> tuple[Sequence[Any], int, int]:
    """Return the first rows inside of a time, how many more there are, and how many outside."""
    every = query.order_by(None)
    there, of_time = (
        conn.scalar(select(func.count()).select_from(one.subquery())) or 0
        for one in (every, every.where(inside))
    )
    rows = conn.execute(query.where(inside).limit(limit)).all()
    return rows, of_time - len(rows), there - of_time


def held(engine: Engine) -> list[Held]:
    """Return by project what is held back because its time has not come."""
    row, project = schema.annotation.c, schema.project.c
    query = (
        select(project.title, func.count(), func.max(row.submitted_at))
        .join(schema.project, project.id == row.project_id)
        .where(text("annotation.held"), row.deleted_at.is_(None))  # as its partial index says it
        .group_by(project.id, project.title)
    )
    with snapshot(engine) as conn:
        return [Held(*found) for found in conn.execute(query)]


__all__ = [
    "EVER",
    "Held",
    "Listed",
    "ProjectHealth",
    "Quarantined",
    "Run",
    "SourceHealth",
    "Time",
    "held",
    "quarantined",
    "runs",
    "source_states",
]
