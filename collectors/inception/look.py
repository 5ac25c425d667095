"""A first look into an INCEpTION database, for `labelpulse init` and `doctor`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Text, case, cast, distinct, func, select

from collectors.inception.tables import (
    DRAFT,
    LOG,
    NEEDED,
    PEOPLE,
    STATE_UPDATED,
    TOOL,
    Statements,
    annotation_document,
    source_document,
)
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import ProjectRecord
from labelpulse.ingest.database import SourceDatabase
from labelpulse.ingest.first_look import grant
from labelpulse.source import InspectedProject, Inspection

Clock = Callable[[Any], int | None]


def look(
    db: SourceDatabase, read: Statements, projects: Mapping[int, ProjectRecord], clock: Clock
) -> Inspection:
    """Return what an opened database holds, project by project."""
    items = _table(db, _items(read))
    rows, shares = _table(db, _rows(read)), _table(db, _double(read))
    found = []
    for key, record in projects.items():
        n, people, first, last = rows.get(key, (0, 0, None, None))
        done, twice = shares.get(key, (0, 0))
        found.append(
            InspectedProject(
                title=record.title,
                items=items.get(key, (0,))[0],
                annotations=n,
                annotators=people,
                first=_time(first, clock),
                last=_time(last, clock),
                share_two=twice / done if done else None,
            )
        )
    told = next((one.remarks for one in projects.values()), ())
    return Inspection(
        tool=TOOL,
        version="",
        type="inception-db",
        projects=tuple(found),
        grant=_grant(db, read) if db.dialect == "postgresql" else "",
        remarks=(*told, *_on_access(db)),
    )


def _table(db: SourceDatabase, query: Any) -> dict[int, Any]:
    return {row[0]: tuple(row[1:]) for row in db.rows(query)}


def _items(read: Statements) -> Any:
    of = source_document.c.project
    return select(of, func.count()).where(of.in_(read.projects)).group_by(of)


def _rows(read: Statements) -> Any:
    """Submissions and skips, the people, and the first and last time of change."""
    one, of = annotation_document.c, source_document.c.project
    times = (cast(edge(one.timestamp), Text) for edge in (func.min, func.max))
    query = read.work(of, func.count(), func.count(distinct(one.user)), *times)
    return query.where(read.status != DRAFT).group_by(of)


def _double(read: Statements) -> Any:
    """Documents that somebody finished, and those that two people did, by project."""
    one = annotation_document.c
    done = (
        read.work(
            source_document.c.project.label("project"),
            func.count(distinct(one.user)).label("people"),
        )
        .where(read.status != DRAFT)
        .group_by(source_document.c.project, one.document)
        .subquery()
        .c
    )
    twice = func.sum(case((done.people >= 2, 1), else_=0))
    return select(done.project, func.count(), twice).group_by(done.project)


def _time(text: Any, clock: Clock) -> int | None:
    try:
        return clock(text)
    except SkipRecord:
        return None


def _on_access(db: SourceDatabase) -> Iterator[str]:
    if not db.has("logged_event", *LOG):
        yield (
            "The log may not be read here, so that reopened documents are not known and a "
            "document counts on the day of its last change: grant SELECT on table logged_event."
        )
    if db.may_write("annotation_document"):
        yield (
            "This user may write to INCEpTION's tables. labelpulse never does, but a user that "
            "only reads is safer: see the GRANT."
        )


def _grant(db: SourceDatabase, read: Statements) -> str:
    more = [one for one in (read.chosen, STATE_UPDATED) if one in read.columns]
    columns = {name: [_named(one) for one in needed] for name, needed in NEEDED.items()}
    columns["annotation_document"] += [*map(_named, filter(None, more)), "xmin"]
    columns["logged_event"] = [*map(_named, LOG)]
    columns["users"] = [*PEOPLE]
    return grant(db.name, columns, "password hashes")


def _named(one: str) -> str:
    """A column as SQL names it; two of them are words of SQL."""
    return f'"{one}"' if one == "user" or not one.islower() else one
