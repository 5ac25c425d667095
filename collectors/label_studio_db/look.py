"""A first look into a Label Studio database, for `labelpulse init` and `doctor`."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Text, and_, case, cast, column, distinct, func, select, table

from collectors.label_studio_db.tables import (
    NEEDED,
    OPTIONAL,
    PREDICTION,
    TOOL,
    Statements,
    annotation,
    how_many,
    may_predict,
    task,
)
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import ProjectRecord
from labelpulse.ingest.database import SourceDatabase
from labelpulse.ingest.fields import instant
from labelpulse.ingest.first_look import grant, remarks
from labelpulse.source import InspectedProject, Inspection

MOST_AUTHORS = 10
LINK = "http://HOST/projects/{project}/data?task={item}"
"""The database does not say by which address people reach the tool."""
MIGRATIONS = ("app", "name")
"""Only a first look reads these, and does without where it may not."""


def look(db: SourceDatabase, read: Statements, projects: Mapping[int, ProjectRecord]) -> Inspection:
    """Return what an opened database holds, project by project."""
    found = _Look(db, read)
    seen = tuple(found.project(key, record) for key, record in projects.items())
    return Inspection(
        tool=TOOL,
        version=_version(db, read),
        type="label-studio-db",
        projects=seen,
        grant=_grant(db, read) if db.dialect == "postgresql" else "",
        remarks=(*remarks(seen, reviewed=False), *_on_access(db, read)),
        link=LINK,
    )


class _Look:
    """The numbers of all projects, each by one statement."""

    def __init__(self, db: SourceDatabase, read: Statements) -> None:
        one = annotation.c
        submitted = and_(one.was_cancelled.is_(False), one.completed_by_id.is_not(None))
        flagged = one.ground_truth.is_(True)
        times = [cast(edge(one.created_at), Text) for edge in (func.min, func.max)]
        imported = read.imported()
        self._read = read
        self._db = db
        self._items = self._table(
            select(task.c.project_id, func.count())
            .where(task.c.project_id.in_(read.projects))
            .group_by(task.c.project_id)
        )
        self._rows = self._table(
            read.by_project(
                func.count(),
                func.count(distinct(one.completed_by_id)),
                *times,
                how_many(and_(flagged, imported)),
                how_many(and_(flagged, ~imported)),
            )
        )
        self._shares = self._table(self._double_labeled(submitted))
        self._predictions = self._table(self._predicted())
        self._authors = db.rows(
            read.by_project(one.completed_by_id, func.count().label("n"))
            .where(submitted)
            .group_by(one.completed_by_id)
        )

    def project(self, key: int, record: ProjectRecord) -> InspectedProject:
        """Return what one project holds."""
        n, people, first, last, imported, by_hand = self._rows.get(key, (0, 0, None, None, 0, 0))
        answered, twice = self._shares.get(key, (0, 0))
        flags = {"flag by hand": by_hand, "flag by import": imported}
        return InspectedProject(
            title=record.title,
            items=self._items.get(key, (0,))[0],
            annotations=n,
            annotators=people,
            first=_time(first),
            last=_time(last),
            share_two=twice / answered if answered else None,
            gold_candidates={k: v for k, v in flags.items() if v} | self._candidates(key),
            predictions=self._predictions.get(key, (0,))[0],
            controls=tuple(one.name for one in record.controls),
        )

    def _candidates(self, key: int) -> dict[str, int]:
        """Authors by their ids, the busiest first: any of them may hold the known answers."""
        rows = [row for row in self._authors if row.project_id == key]
        rows.sort(key=lambda row: (-row.n, row.completed_by_id))
        return {f"author {row.completed_by_id}": row.n for row in rows[:MOST_AUTHORS]}

    def _double_labeled(self, submitted: Any) -> Any:
        """Items with an answer, and those with answers of two people, by project."""
        people = func.count(distinct(annotation.c.completed_by_id))
        items = (
            self._read.by_project(people.label("people"))
            .where(submitted)
            .group_by(annotation.c.task_id)
            .subquery()
            .c
        )
        twice = func.sum(case((items.people >= 2, 1), else_=0))
        return select(items.project_id, func.count(), twice).group_by(items.project_id)

    def _predicted(self) -> Any:
        if not self._db.has("prediction", "id", "task_id"):
            return None
        one = table("prediction", column("id"), column("task_id"))
        return (
            select(task.c.project_id, func.count())
            .join_from(task, one, one.c.task_id == task.c.id)
            .where(task.c.project_id.in_(self._read.projects))
            .group_by(task.c.project_id)
        )

    def _table(self, query: Any) -> dict[int, Sequence[Any]]:
        rows = () if query is None else self._db.rows(query)
        return {row[0]: row[1:] for row in rows}


def _time(text: str | None) -> int | None:
    try:
        return instant(text)
    except SkipRecord:
        return None


def _version(db: SourceDatabase, read: Statements) -> str:
    """The tool does not write its version down: its columns and migrations bound it."""
    newest = {"deleted_at"} <= set(read.columns["project"]) and db.has("task", "allow_skip")
    about = "1.23 or newer" if newest else "before 1.23"
    if not db.has("django_migrations", *MIGRATIONS):
        return about
    one = table("django_migrations", column("app"), column("name")).c
    last = db.value(select(func.max(one.name)).where(one.app == "tasks", one.name < "1"))
    return f"{about} (tasks {last[:4]})" if last else about


def _grant(db: SourceDatabase, read: Statements) -> str:
    there = {
        name: tuple(
            one
            for one in (*columns, *OPTIONAL.get(name, ()))
            if one in columns or one in read.columns[name]
        )
        for name, columns in NEEDED.items()
    }
    there["task"] = (*NEEDED["task"], *OPTIONAL["task"])
    there["prediction"] = PREDICTION
    for name in ("task_completion", "tasks_annotationdraft", "prediction"):
        there[name] = (*there[name], "xmin")
    there["django_migrations"] = MIGRATIONS
    return grant(db.name, there, "password hashes and tokens")


def _on_access(db: SourceDatabase, read: Statements) -> list[str]:
    found = []
    if not read.shows:
        found.append(
            "The data of tasks may not be read here, so that identical items are not known as such "
            "and self-consistency knows only blind repeats: grant SELECT on column data of table "
            "task as `labelpulse init` prints it. Only a digest of it and the address of the file "
            "that it shows leave the database."
        )
    if not may_predict(db):
        found.append(
            "Predictions may not be read here, so that acceptance and agreement with the model "
            "stay unknown: grant SELECT on table prediction as `labelpulse init` prints it."
        )
    if db.may_write("task_completion"):
        sentence = (
            "This user may write to Label Studio. labelpulse never does, but a user that only "
            "reads is safer: see the GRANT."
        )
        found.append(sentence)
    return found
