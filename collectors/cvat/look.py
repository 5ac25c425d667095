"""A first look into a CVAT database, for `labelpulse init` and `doctor`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import func

from collectors.cvat.frames import Frames, jobs_of
from collectors.cvat.projects import Project
from collectors.cvat.reading import SOLID
from collectors.cvat.reviews import ANNOTATION, Hands
from collectors.cvat.statements import Statements
from collectors.cvat.tables import NAMED, NEEDED, OPTIONAL, OWN, TOOL, issue
from labelpulse.ingest.database import SourceDatabase, readable
from labelpulse.ingest.fields import instant
from labelpulse.ingest.first_look import grant, remarks
from labelpulse.source import ITEMS, InspectedProject, Inspection

LINK = ""
"""An item does not tell its task and job, which the tool's addresses are made of."""


@dataclass(slots=True)
class _Sum:
    """What was found in one project so far.

    Attributes:
        later: jobs past annotation that somebody is assigned to.
    """

    items: int = 0
    answers: int = 0
    gold: int = 0
    answered: int = 0
    twice: int = 0
    reviews: int = 0
    later: int = 0
    people: set[str] = field(default_factory=set)
    times: list[int] = field(default_factory=list)


def look(
    db: SourceDatabase,
    read: Statements,
    projects: Mapping[str, Project],
    *,
    assignee_stays: bool,
) -> Inspection:
    """Return what an opened database holds, project by project."""
    sums = {key: _Sum() for key in projects}
    solid = 0
    for row in db.rows(read.scan(ITEMS)):
        sums[row.project].items += len(Frames.of(row).items(jobs_of(row.jobs)))
        solid += row.dimension == SOLID
    rows = db.rows(read.structure())
    for _, jobs in groupby(rows, key=lambda row: row.task):
        _add_task(list(jobs), sums, assignee_stays=assignee_stays)
    for row in db.rows(read.of_issues(func.count(issue.c.id))):
        sums[row.project].reviews += row.n
    seen = tuple(_found(one, sums[key]) for key, one in projects.items())
    return Inspection(
        tool=TOOL,
        version=_version(read),
        type="cvat-db",
        projects=seen,
        grant=_grant(db.name, read),
        remarks=(
            *remarks(seen, reviewed=True),
            *_on_jobs(sums.values(), assignee_stays=assignee_stays),
            *_on_pictures(read, solid),
            *_on_access(db),
        ),
        link=LINK,
    )


def _add_task(jobs: Iterable[Any], sums: Mapping[str, _Sum], *, assignee_stays: bool) -> None:
    """Add the jobs of a task, of which alone several show the same item."""
    people: dict[str, set[str]] = {}
    for row in jobs:
        found = sums[row.project]
        hands = Hands.of(row, assignee_stays=assignee_stays)
        found.later += row.assignee is not None and row.stage != ANNOTATION and not hands.gold
        if not hands.answered:
            continue
        frames = Frames.of(row)
        shown = frames.shown(row)
        found.answers += len(shown)
        found.gold += len(shown) if hands.gold else 0
        who = set() if hands.annotator is None else {hands.annotator}
        found.people |= who
        at = readable(instant)(row.touched)
        found.times += [] if at is None else [at]
        for frame in shown:
            people.setdefault(frames.item(frame), set()).update(who)
    if people:
        found.answered += len(people)
        found.twice += sum(len(known) > 1 for known in people.values())


def _found(project: Project, one: _Sum) -> InspectedProject:
    return InspectedProject(
        title=project.record.title,
        items=one.items,
        annotations=one.answers,
        annotators=len(one.people),
        first=min(one.times, default=None),
        last=max(one.times, default=None),
        share_two=one.twice / one.answered if one.answered else None,
        gold_candidates={"job": one.gold} if one.gold else {},
        reviews=one.reviews,
        controls=tuple(control.name for control in project.record.controls),
    )


def _version(read: Statements) -> str:
    """The tool does not write its version down: its columns bound it."""
    if read.there("engine_job") and read.there("engine_validationlayout"):
        return "with honeypots and replicas"
    return "before honeypots and replicas"


def _grant(database: str, read: Statements) -> str:
    there = {
        name: tuple(
            dict.fromkeys(
                one
                for one in (*NEEDED.get(name, ()), *OPTIONAL.get(name, ()), *NAMED.get(name, ()))
                if one in read.columns.get(name, ()) or one in NEEDED.get(name, ())
            )
        )
        for name in (*NEEDED, *(set(OPTIONAL) - set(NEEDED)))
    }
    return grant(
        database,
        {name: columns for name, columns in sorted(there.items()) if columns},
        "password hashes and tokens",
    )


def _on_jobs(sums: Iterable[_Sum], *, assignee_stays: bool) -> Iterable[str]:
    known = list(sums)
    later = sum(one.later for one in known)
    if later and not assignee_stays:
        yield (
            f"Jobs past annotation that somebody is assigned to: {later:,}. Their assignee is "
            "taken for the reviewer, and who annotated them is not known unless labelpulse saw it: "
            "where your team leaves the annotator assigned, set assignee_stays = true under "
            "[sources.options]."
        )
    unknown = sum(not one.people and one.answers > one.gold for one in known)
    if unknown:
        yield (
            f"Projects whose finished jobs name no annotator: {unknown:,}. CVAT keeps only the "
            "present assignee of a job; assign jobs before they are finished."
        )


def _on_pictures(read: Statements, solid: int) -> Iterable[str]:
    if not read.there("engine_video"):
        yield (
            "The sizes of videos may not be read here, so that shapes on them stay in pixels: "
            "grant SELECT on columns data_id, width and height of table engine_video."
        )
    if not read.names:
        yield (
            "The names of pictures may not be read here, so that gold sets find items by "
            "data:frame alone: grant SELECT on column path of table engine_image."
        )
    if solid:
        yield (
            f"Tasks in three dimensions: {solid:,}. Their frames count, but what is drawn in "
            "space is not read."
        )


def _on_access(db: SourceDatabase) -> Iterable[str]:
    if db.may_write(OWN[0]):
        yield (
            "This user may write to CVAT. labelpulse never does, but a user that only reads is "
            "safer: see the GRANT."
        )
