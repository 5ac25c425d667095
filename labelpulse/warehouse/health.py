"""How every source and project stands, for `labelpulse sources` and `doctor`; it only reads."""

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, select

from labelpulse import schema
from labelpulse.warehouse import generations, lease
from labelpulse.warehouse.rollups import Rollups


@dataclass(frozen=True, slots=True)
class ProjectHealth:
    """How one project stands.

    Attributes:
        state: active, or gone from the source.
        constant_time: its submission times are all the same, so they tell nothing.
        gap: rows of the source minus ours when last compared; None = never compared.
        outdated: why its rollups have to be counted anew; "" = they are current.
    """

    title: str
    state: str
    constant_time: bool
    gap: int | None
    outdated: str


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How one source stands; instants are microseconds UTC.

    Attributes:
        state, reason: new, loading, ok, retrying or broken, and why.
        tried_at, ok_at: last poll (or import), and last one that went well.
        holder: who holds its lease now; "" = nobody.
        quarantined: records set aside and not loaded since.
        clock_offset_ms: the source's clock minus ours, where it was measured.
        rows: annotations (no drafts) that it should still hold.
    """

    name: str
    type: str
    state: str
    reason: str
    tried_at: int | None
    ok_at: int | None
    holder: str
    quarantined: int
    clock_offset_ms: int | None
    rows: int
    projects: tuple[ProjectHealth, ...]


def never_polled(name: str, type_: str) -> SourceHealth:
    """Return how a configured source stands before its first poll."""
    return SourceHealth(name, type_, "new", "never polled", None, None, "", 0, None, 0, ())


def sources(engine: Engine, kinds: Rollups) -> list[SourceHealth]:
    """Return how every source stands, by name."""
    with engine.connect() as conn:
        now = lease.database_now(conn)
        rows = conn.execute(select(schema.source).order_by(schema.source.c.name)).all()
        return [
            SourceHealth(
                name=row.name,
                type=row.type,
                state=row.state,
                reason=row.state_reason,
                tried_at=row.tried_at,
                ok_at=row.ok_at,
                holder=_holder(conn, row.id, now),
                quarantined=_quarantined(conn, row.id),
                clock_offset_ms=row.clock_offset_ms,
                rows=_rows(conn, row.id),
                projects=_projects(conn, kinds, row.id),
            )
            for row in rows
        ]


def _holder(conn: Connection, source_id: int, now: int) -> str:
    held = schema.lease.c
    found = conn.scalar(
        select(held.holder).where(held.source_id == source_id, held.expires_at > now)
    )
    return "" if found is None else str(found)


def _quarantined(conn: Connection, source_id: int) -> int:
    aside = schema.quarantine.c
    found = select(func.count()).where(aside.source_id == source_id, aside.resolved_at.is_(None))
    return int(conn.scalar(found) or 0)


def _rows(conn: Connection, source_id: int) -> int:
    live, project = schema.live_rows.c, schema.project.c
    total = (
        select(func.coalesce(func.sum(live.n), 0))
        .join(schema.project, project.id == live.project_id)
        .where(project.source_id == source_id)
    )
    return int(conn.scalar(total) or 0)


def _projects(conn: Connection, kinds: Rollups, source_id: int) -> tuple[ProjectHealth, ...]:
    project = schema.project.c
    rows = conn.execute(
        select(schema.project).where(project.source_id == source_id).order_by(project.title)
    ).all()
    return tuple(
        ProjectHealth(
            title=row.title,
            state=row.state,
            constant_time=bool(row.constant_time),
            gap=_gap(row.source_rows, row.warehouse_rows),
            outdated=generations.outdated(conn, kinds, row.id),
        )
        for row in rows
    )


def _gap(there: int | None, here: int | None) -> int | None:
    return None if there is None or here is None else there - here
