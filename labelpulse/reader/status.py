"""How the data came in: the state of sources, runs, what is in quarantine, what is held back."""

from dataclasses import dataclass, fields

from sqlalchemy import Engine, func, select, text

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


def source_states(engine: Engine) -> list[SourceHealth]:
    """Return how every source stands, by name."""
    return sources(engine, ROLLUPS)


def deleted(engine: Engine) -> dict[str, int]:
    """Return source -> rows that were found to be deleted there, though nothing told of it."""
    run, source = schema.run.c, schema.source.c
    query = (
        select(source.name, func.sum(run.deleted))
        .join_from(schema.run, schema.source, run.source_id == source.id)
        .group_by(source.name)
    )
    with snapshot(engine) as conn:
        return {name: int(n or 0) for name, n in conn.execute(query)}


def runs(engine: Engine, limit: int = 50) -> list[Run]:
    """Return the newest runs first; polls that found nothing new are left out but the newest."""
    run, source = schema.run.c, schema.source.c
    newest = select(func.max(run.id)).group_by(run.source_id)
    told = (run.loaded + run.deleted + run.repaired + run.quarantined > 0) | (run.state != "ok")
    columns = [run[one.name] for one in fields(Run) if one.name != "source"]
    query = (
        select(source.name, *columns)
        .join(schema.source, source.id == run.source_id)
        .where(told | run.id.in_(newest))
        .order_by(run.id.desc())
        .limit(limit)
    )
    with snapshot(engine) as conn:
        return [Run(*row) for row in conn.execute(query)]


def quarantined(engine: Engine, limit: int = 500) -> list[Quarantined]:
    """Return the records that are set aside now, newest first."""
    aside, source = schema.quarantine.c, schema.source.c
    query = (
        select(source.name, aside.place, aside.record, aside.reason, aside.detail, aside.first_at)
        .join(schema.source, source.id == aside.source_id)
        .where(aside.resolved_at.is_(None))
        .order_by(aside.first_at.desc(), aside.id.desc())
        .limit(limit)
    )
    with snapshot(engine) as conn:
        return [Quarantined(*row) for row in conn.execute(query)]


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
    "Held",
    "ProjectHealth",
    "Quarantined",
    "Run",
    "SourceHealth",
    "held",
    "quarantined",
    "runs",
    "source_states",
]
