"""Partial sums of the warehouse's own care: polls, quarantine, comparison with the source."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Select, func, select

from labelpulse import schema
from labelpulse.core.days import local_day_hour, machine_zone
from labelpulse.metrics.base import QUARANTINED, RECONCILED, REPAIRED, SOURCES
from labelpulse.reader.days import Range
from labelpulse.reader.plan import Plan

CareRow = tuple[int, int, dict[str, int], tuple[int, ...]]
"""(source id, project id or 0, other columns, sums)."""

Told = Callable[[Select[Any]], Select[Any]]


def care_rows(conn: Connection, plan: Plan, partial: str, told: Told) -> Iterator[CareRow]:
    """Yield the rows of a partial that no item contributes to.

    Args:
        told: sees every statement before it runs.
    """
    if partial == SOURCES:
        yield from _polled(conn, plan, told)
    elif partial == RECONCILED:
        yield from _compared(conn, plan, told)
    elif partial == QUARANTINED:
        yield from _quarantined(conn, plan, told)
    elif partial == REPAIRED:
        yield from _repaired(conn, plan, told)


def _polled(conn: Connection, plan: Plan, told: Told) -> Iterator[CareRow]:
    """When each source was last read well; 0 = never."""
    row = schema.source.c
    query = select(row.id, row.ok_at).where(row.id.in_([one.id for one in plan.read_sources]))
    for found in conn.execute(told(query)):
        source, ok_at = tuple(found)
        yield source, 0, {"ok_at": ok_at or 0}, (1,)


def _compared(conn: Connection, plan: Plan, told: Told) -> Iterator[CareRow]:
    """Rows of the source and of the warehouse when they were last compared."""
    row = schema.project.c
    query = select(row.source_id, row.id, row.source_rows, row.warehouse_rows).where(
        row.id.in_([one.id for one in plan.projects])
    )
    for found in conn.execute(told(query)):
        source, project, there, here = tuple(found)
        known = there is not None and here is not None
        yield source, project, {}, (int(known), there or 0, here or 0)


def _quarantined(conn: Connection, plan: Plan, told: Told) -> Iterator[CareRow]:
    """Records not resolved, by the local day when they were first met.

    A record of no known project counts for its source, and for a project that is its only one.
    """
    row = schema.quarantine.c
    query = (
        select(row.source_id, row.project_id, row.first_at, func.count())
        .where(row.resolved_at.is_(None))
        .where(row.source_id.in_([one.id for one in plan.read_sources]))
        .group_by(row.source_id, row.project_id, row.first_at)
    )
    projects = {one.id: one for one in plan.projects}
    days = Range(plan.since, plan.until)
    for found in conn.execute(told(query)):
        source, project_id, at, n = tuple(found)
        project = projects.get(project_id) or projects.get(plan.only_project.get(source, 0))
        if project is None and (plan.one_project or project_id is not None):
            continue
        zone = project.counted.timezone if project else machine_zone()
        day, _ = local_day_hour(at, zone)
        if days.has(day):
            yield source, project.id if project else 0, {"day": day}, (n,)


def _repaired(conn: Connection, plan: Plan, told: Told) -> Iterator[CareRow]:
    """Rows that sweeps repaired, by the local day of the run, in the zone of this machine.

    A source with a single project has the zone of that.
    """
    row = schema.run.c
    query = (
        select(row.source_id, row.started_at, row.repaired)
        .where(row.repaired > 0)
        .where(row.source_id.in_([one.id for one in plan.read_sources]))
    )
    projects = {one.id: one for one in plan.projects}
    days = Range(plan.since, plan.until)
    for found in conn.execute(told(query)):
        source, at, n = tuple(found)
        project = projects.get(plan.only_project.get(source, 0))
        day, _ = local_day_hour(at, project.counted.timezone if project else machine_zone())
        if days.has(day):
            yield source, 0, {"day": day}, (n,)
