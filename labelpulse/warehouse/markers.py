"""Markers on time charts: kept by hand, or as the configuration says them."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select

from labelpulse import schema
from labelpulse.warehouse import bulk, projects, rollups

_ORIGIN, _ALL = "markers", 0
"""Where it is kept which markers are from the configuration: a setting of no project."""

Said = tuple[int | None, int, str, str]
"""Project, day, kind and text."""


class SaidMarker(NamedTuple):
    """What happened on a day (an ordinal), by the configuration.

    Attributes:
        project: a title or SOURCE/TITLE; None = it concerns all projects.
    """

    project: str | None
    day: int
    kind: str
    text: str


def follow_markers(conn: Connection, said: Iterable[SaidMarker]) -> bool:
    """Make the configuration's markers what it says now; True on a change.

    Markers kept by hand stay, those that equal one of the configuration too. A marker of a project
    that does not exist yet appears with it.
    """
    ours = _ours(conn)
    wanted = {one for each in said for one in _placed(conn, each)}
    gone = [id_ for one, id_ in ours.items() if one not in wanted]
    there = {one: _found(conn, one) for one in wanted - ours.keys()}
    new = [one for one, known in there.items() if not known]
    if not gone and not new:
        return False
    table = schema.marker
    conn.execute(delete(table).where(table.c.id.in_(gone)))
    rollups.bump(conn, _concerned(conn, [one for one in ours if one not in wanted]))
    kept = [id_ for one, id_ in ours.items() if one in wanted]
    kept += [projects.mark(conn, *one) for one in sorted(new, key=str)]
    data = json.dumps(sorted(kept))
    bulk.upsert(conn, schema.setting, ("project_id", "origin", "data"), [(_ALL, _ORIGIN, data)])
    return True


def _ours(conn: Connection) -> dict[Said, int]:
    """Return the markers that are here because the configuration said so."""
    setting, marker = schema.setting.c, schema.marker.c
    data = conn.scalar(
        select(setting.data).where(setting.project_id == _ALL, setting.origin == _ORIGIN)
    )
    ids = json.loads(data) if data else []
    rows = conn.execute(select(schema.marker).where(marker.id.in_(ids)))
    return {_said(row): row.id for row in rows}


def _said(row: Any) -> Said:
    return row.project_id, row.day, row.kind, row.text


def _found(conn: Connection, one: Said) -> bool:
    """Return whether somebody has kept the same by hand."""
    marker = schema.marker.c
    rows = conn.execute(select(schema.marker).where(marker.day == one[1]))
    return any(_said(row) == one for row in rows)


def _placed(conn: Connection, one: SaidMarker) -> list[Said]:
    """Return a marker for every project that its name means."""
    told = (one.day, one.kind, one.text)
    if one.project is None:
        return [(None, *told)]
    project, source = schema.project.c, schema.source.c
    rows = conn.execute(
        select(project.id, project.title, source.name).join_from(
            schema.project, schema.source, project.source_id == source.id
        )
    )
    names = {row.id: (row.title, f"{row.name}/{row.title}") for row in rows}
    return [(id_, *told) for id_, known in names.items() if one.project in known]


def _concerned(conn: Connection, some: Iterable[Said]) -> list[int]:
    ids = {one[0] for one in some}
    if None in ids:
        return list(conn.scalars(select(schema.project.c.id)))
    return sorted(one for one in ids if one is not None)
