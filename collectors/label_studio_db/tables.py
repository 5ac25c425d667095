"""The tables of Label Studio that are read, and the statements that read them.

Passwords and tokens are never named.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    TableClause,
    and_,
    case,
    column,
    func,
    literal_column,
    null,
    or_,
    select,
    table,
)

from labelpulse.ingest.database import SourceDatabase, as_text, content_digest, row_version
from labelpulse.ingest.label_studio import LONGEST_ADDRESS
from labelpulse.source import ANNOTATIONS, DRAFTS, ITEMS, PREDICTIONS

TOOL = "Label Studio"
NEEDED: Mapping[str, tuple[str, ...]] = {
    "project": ("id", "title", "label_config", "maximum_annotations", "updated_at"),
    "task": ("id", "project_id", "overlap", "created_at", "updated_at"),
    "task_completion": (
        *("id", "unique_id", "task_id", "completed_by_id", "updated_by_id", "result"),
        *("was_cancelled", "ground_truth", "created_at", "updated_at", "draft_created_at"),
        *("lead_time", "parent_prediction_id"),
    ),
    "tasks_annotationdraft": (
        *("id", "task_id", "annotation_id", "user_id", "created_at", "updated_at"),
    ),
    "htx_user": ("id", "email", "username", "first_name", "last_name"),
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "project": ("deleted_at",),
    "task": ("data", "file_upload_id"),
    "task_completion": ("bulk_created", "import_id"),
}
"""Columns that later versions brought, or that we can do without: used where they may be read."""

PREDICTION = (*("id", "task_id", "result", "score", "model_version", "created_at", "updated_at"),)
"""Columns of `prediction`: where it may not be read, everything else still is."""

Columns = Sequence[ColumnElement[Any]]


def _table(name: str) -> TableClause:
    return table(name, *(column(one) for one in (*NEEDED[name], *OPTIONAL.get(name, ()))))


project, task, annotation, draft, user = (_table(name) for name in NEEDED)
prediction = table("prediction", *(column(one) for one in PREDICTION))
KEYED = {ITEMS: task, PREDICTIONS: prediction, ANNOTATIONS: annotation, DRAFTS: draft}


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements for one database.

    Attributes:
        dialect: ``sqlite`` or ``postgresql``.
        columns: table -> the columns that are there and may be read.
        projects: ids of the projects that are read.
        files: key of a task's data that leads to its file -> the projects where it does.
    """

    dialect: str
    columns: Mapping[str, Collection[str]]
    projects: Collection[int] = ()
    files: Mapping[str, Collection[int]] = field(default_factory=dict)

    @property
    def shows(self) -> bool:
        """True when a task's data may be read: a digest of them, and their file's address."""
        return "data" in self.columns["task"]

    def of_projects(self) -> Select[Any]:
        """Projects that are not deleted, by id."""
        one = project.c
        names = (one.id, one.title, one.label_config, one.maximum_annotations)
        query = select(*names, self._text(one.updated_at, "touched")).order_by(one.id)
        there = "deleted_at" in self.columns["project"]
        return query.where(one.deleted_at.is_(None)) if there else query

    def of_people(self) -> Select[Any]:
        """Every account, also of people who left."""
        return select(*(user.c[name] for name in NEEDED["htx_user"]))

    def by_project(self, *what: ColumnElement[Any]) -> Select[Any]:
        """Something summed over submissions and skips, by the project of their task."""
        return (
            select(task.c.project_id, *what)
            .select_from(annotation.join(task, task.c.id == annotation.c.task_id))
            .where(task.c.project_id.in_(self.projects))
            .group_by(task.c.project_id)
        )

    def scan(self, stream: str) -> Select[Any]:
        """What identifies rows: task, project, overlap, born, key, stamp, unique, made, print."""
        of = KEYED[stream]
        unique: Columns = (_none("unique"), _none("made"))
        if stream == ANNOTATIONS:
            unique = self._unique()
        elif stream == PREDICTIONS:
            unique = (unique[0], self._text(of.c.created_at, "made"))
        stamp = self._text(of.c.updated_at, "stamp")
        return self._rows(stream, (of.c.id.label("key"), stamp, *unique, self._print(stream)))

    def whole(self, stream: str, ids: Sequence[int]) -> Select[Any]:
        """Whole rows, by the export's names of fields, and what identifies them."""
        of = KEYED[stream]
        content = {
            ITEMS: (),
            PREDICTIONS: self._prediction(),
            ANNOTATIONS: self._submission(),
            DRAFTS: self._draft(),
        }[stream]
        identity = (of.c.id.label("key"), self._print(stream), self._content(), self._file())
        return self._rows(stream, (*identity, *content)).where(of.c.id.in_(ids)).order_by(of.c.id)

    def group(self) -> ColumnElement[int]:
        """A task's project; SQLite is kept from going by its index, since we go by ids."""
        if self.dialect == "sqlite":
            return literal_column("+task.project_id")
        return task.c.project_id

    def imported(self) -> ColumnElement[bool]:
        """True for annotations that came by import: nobody submitted them here."""
        one = annotation.c
        marks = {
            "import_id": one.import_id.is_not(None),
            "bulk_created": one.bulk_created.is_(True),
        }
        there = [mark for name, mark in marks.items() if name in self.columns["task_completion"]]
        return or_(*there, and_(one.updated_by_id.is_(None), one.completed_by_id.is_not(None)))

    def _rows(self, stream: str, more: Columns) -> Select[Any]:
        """Rows with their task; tasks without a project are being deleted."""
        one = task.c
        told = "file_upload_id" in self.columns["task"]
        upload = one.file_upload_id.label("upload") if told else _none("upload")
        shared = (one.id.label("task"), one.project_id.label("project"), one.overlap, upload)
        query = select(*shared, self._text(one.created_at, "born"), *more)
        query = query.where(self.group().in_(self.projects))
        if stream == ITEMS:
            return query.select_from(task)
        of = KEYED[stream]
        query = query.select_from(of.join(task, one.id == of.c.task_id))
        return query.where(of.c.annotation_id.is_(None)) if stream == DRAFTS else query

    def _print(self, stream: str) -> ColumnElement[Any]:
        """What changes with a row: its xmin, or a digest worked out in this process."""
        of = KEYED[stream]
        if stream == ITEMS:
            return _none("print")
        readable = self.columns.get(of.name, PREDICTION)
        there = [one for one in of.c if one.name in readable]
        return row_version(self.dialect, of, there).label("print")

    def _content(self) -> ColumnElement[Any]:
        """A digest of what a task shows; null where it may not be read."""
        if not self.shows:
            return _none("content")
        return content_digest(self.dialect, task.c.data, ("{}", "null")).label("content")

    def _file(self) -> ColumnElement[Any]:
        """The address of the file that a task shows; null where it shows none, or holds it."""
        if not (self.shows and self.files):
            return _none("file")
        at = [(task.c.project_id.in_(of), self._value(key)) for key, of in self.files.items()]
        address = case(*at)
        return case((func.length(address) <= LONGEST_ADDRESS, address)).label("file")

    def _value(self, key: str) -> ColumnElement[Any]:
        """A value of a task's data, by a key of letters and digits."""
        if self.dialect == "sqlite":
            found = func.json_extract(task.c.data, f'$."{key}"')
            return case((func.json_valid(task.c.data) == 1, found))
        return task.c.data.op("->>")(key)

    def _unique(self) -> Columns:
        """A row's UUID without dashes, as SQLite has it; its time of creation where it has none."""
        one = annotation.c
        whole = self._text(one.unique_id, "unique")
        if self.dialect != "sqlite":
            whole = func.replace(whole, "-", "").label("unique")
        lacks = func.coalesce(whole, "") == ""
        return whole, case((lacks, self._text(one.created_at, "made"))).label("made")

    def _submission(self) -> Columns:
        one = annotation.c
        bulk = "bulk_created" in self.columns["task_completion"]
        times = ("created_at", "updated_at", "draft_created_at")
        return (
            *(one.id, one.was_cancelled, one.ground_truth, one.lead_time),
            one.completed_by_id.label("completed_by"),
            one.updated_by_id.label("updated_by"),
            one.parent_prediction_id.label("parent_prediction"),
            *(self._text(one[name], name) for name in (*times, "unique_id", "result")),
            one.bulk_created if bulk else _none("bulk_created"),
        )

    def _prediction(self) -> Columns:
        one = prediction.c
        texts = (self._text(one[name], name) for name in ("result", "created_at", "updated_at"))
        return (one.id, one.score, one.model_version, *texts)

    def _draft(self) -> Columns:
        one = draft.c
        times = (self._text(one[name], name) for name in ("created_at", "updated_at"))
        return (one.id, one.user_id.label("user"), *times)

    def _text(self, of: ColumnElement[Any], name: str) -> ColumnElement[Any]:
        return as_text(self.dialect, of).label(name)


def may_predict(db: SourceDatabase) -> bool:
    """True when predictions may be read, the version of their rows included."""
    version = ("xmin",) if db.dialect == "postgresql" else ()
    return db.has("prediction", *PREDICTION, *version)


def how_many(flag: ColumnElement[Any]) -> ColumnElement[int]:
    """Return the number of rows where a flag holds."""
    return func.coalesce(func.sum(case((flag, 1), else_=0)), 0)


def _none(name: str) -> ColumnElement[Any]:
    return null().label(name)
