"""What the configuration adds to projects and people: program, deadline, holidays, teams."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from labelpulse import schema
from labelpulse.core.rules import CONSTANT_ROWS
from labelpulse.warehouse import bulk, rollups
from labelpulse.warehouse.people import accounts


def row(conn: Connection, project_id: int) -> Any:
    """Return a project's row."""
    return conn.execute(select(schema.project).where(schema.project.c.id == project_id)).one()


def follow_settings(conn: Connection, project_id: int, said: Mapping[str, Any]) -> bool:
    """Give a project what its settings say beside rules; True on a change."""
    project = schema.project
    deadline = said.get("deadline")
    holidays = {*said.get("holidays", ()), *said.get("default_holidays", ())}
    new = {
        "program_id": _program(conn, said.get("program")),
        "headline": said.get("headline"),
        "constant_time": "constant_time" in said
        and _is_constant(conn, project_id, bool(said["constant_time"])),
        "deadline": None if deadline is None else date.fromisoformat(deadline).toordinal(),
        "holidays": " ".join(sorted(holidays)),
    }
    there = row(conn, project_id)
    if all(getattr(there, name) == value for name, value in new.items()):
        return False
    conn.execute(update(project).where(project.c.id == project_id).values(**new))
    return True


def _is_constant(conn: Connection, project_id: int, without: bool) -> bool:
    """True when the times of imported work tell nothing: 20 or more, and all the same.

    What is deleted does not count: it has the time of a constant column as the sign that it was
    submitted.

    Args:
        without: a file's time was the same in all its rows and left out; that holds while no
            other file tells a time.
    """
    row = schema.annotation.c
    known = (row.project_id == project_id, row.submitted_at.is_not(None), row.deleted_at.is_(None))
    first = conn.scalar(select(row.submitted_at).where(*known).limit(1))
    if first is None:
        return without
    if conn.scalar(select(row.id).where(*known, row.submitted_at != first).limit(1)) is not None:
        return False
    found = select(row.id).where(*known).limit(CONSTANT_ROWS).subquery()
    return (conn.scalar(select(func.count()).select_from(found)) or 0) >= CONSTANT_ROWS


def _program(conn: Connection, name: str | None) -> int | None:
    return None if not name else bulk.named(conn, schema.program, name)


def mark(conn: Connection, project_id: int | None, day: int, kind: str, text: str) -> int:
    """Keep a marker; return its id. The same one twice is one."""
    marker = schema.marker
    said = {"project_id": project_id, "day": day, "kind": kind, "text": text}
    same = and_(*(marker.c[name].is_not_distinct_from(value) for name, value in said.items()))
    there = conn.scalar(select(marker.c.id).where(same))
    if there is not None:
        return int(there)
    (new,) = bulk.new_ids(conn, marker, 1)
    conn.execute(insert(marker).values(id=new, **said))
    rollups.bump(conn, _concerned(conn, project_id))
    return new


def _concerned(conn: Connection, project_id: int | None) -> list[int]:
    every = list(conn.scalars(select(schema.project.c.id)))
    return every if project_id is None else [project_id]


def vanished(conn: Connection, source_id: int, present: Iterable[str]) -> dict[int, str]:
    """Return id -> title of the projects that a source no longer lists by their native ids."""
    project, listed = schema.project.c, set(present)
    rows = conn.execute(
        select(project.id, project.title, project.native_id).where(
            project.source_id == source_id, project.state == "active"
        )
    )
    return {row.id: row.title for row in rows if row.native_id not in listed}


def mark_gone(conn: Connection, project_ids: Iterable[int]) -> None:
    """Mark projects as gone: hidden, queryable, out of progress."""
    project = schema.project
    for one in project_ids:
        conn.execute(update(project).where(project.c.id == one).values(state="gone"))


class SaidMember(NamedTuple):
    """Who belongs to a team, and when.

    Attributes:
        account: a native id, SOURCE/ID, e-mail address or the name of a linked person.
        since, until: day ordinals, both inclusive; 0 = from the beginning on, None = open.
    """

    account: str
    since: int = 0
    until: int | None = None


def follow_teams(conn: Connection, teams: Mapping[str, Sequence[SaidMember | str]]) -> bool:
    """Make teams and memberships what the configuration says; True on a change.

    A linked person belongs to a team with all accounts; an account that no source has shown yet
    joins when it appears.
    """
    member = schema.membership
    wanted: dict[tuple[int, int, int], int | None] = {}
    for name, said in teams.items():
        team_id = bulk.named(conn, schema.team, name)
        for one in (SaidMember(who) if isinstance(who, str) else who for who in said):
            for annotator_id in accounts(conn, [one.account]):
                key = team_id, annotator_id, one.since
                wanted[key] = _longer(one.until, wanted.get(key, one.until))
    there = {(row[0], row[1], row[2]): row.until for row in conn.execute(select(member))}
    if wanted == there:
        return False
    for key in there.keys() - {key for key, until in wanted.items() if there.get(key, -1) == until}:
        at = zip((member.c.team_id, member.c.annotator_id, member.c.since), key, strict=True)
        conn.execute(delete(member).where(and_(*(column == value for column, value in at))))
    rows = [(*key, until) for key, until in wanted.items() if there.get(key, -1) != until]
    for team_id, annotator_id, since, until in sorted(rows, key=lambda one: one[:3]):
        row = {"team_id": team_id, "annotator_id": annotator_id, "since": since, "until": until}
        conn.execute(bulk.insert_or_ignore(conn, member, row))
    return True


def _longer(until: int | None, other: int | None) -> int | None:
    return None if until is None or other is None else max(until, other)
