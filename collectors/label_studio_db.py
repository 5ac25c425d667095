"""Label Studio's own database, SQLite or PostgreSQL, polled read-only (see `ingest.scan`).

What no cursor can see (a flag that flips, an author who is removed, a merged task) a full scan
sees by fingerprints:

- PostgreSQL: the row's `xmin`, which every change of the row moves, read without its result.
- SQLite: a digest over the columns that matter and the result, worked out in our process.

Both hold the project and the form of its answers too, so that a configuration that values answers
in another way (a single choice becomes a multiple one) has them read again. An item's fingerprint
is its overlap and its time of creation; when a project's row changed, all its items are looked at,
since the tool changes their overlap without touching them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import blake2b
from typing import Any, Self

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    table,
)

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import Batch, ItemRecord, ProjectRecord, Seen
from labelpulse.ingest.database import DIGEST, SourceDatabase, sqlite_tables
from labelpulse.ingest.first_look import grant, remarks
from labelpulse.ingest.label_studio import (
    annotation_record,
    bad_record,
    draft_record,
    instant,
    person_record,
)
from labelpulse.ingest.label_studio_config import Control, form, parse_config
from labelpulse.ingest.label_studio_values import Learner
from labelpulse.ingest.parse import loads
from labelpulse.ingest.scan import Scanner, Table, readable
from labelpulse.source import (
    ANNOTATIONS,
    DRAFTS,
    ITEMS,
    Counts,
    Found,
    FoundProject,
    Opening,
    Page,
    Position,
)

TOOL, TYPE = "Label Studio", "label-studio-db"
FORM_VERSION = 1
"""Rises when answers get another canonical form, so that all are read again."""

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
    "task_completion": ("bulk_created", "import_id"),
}
"""Columns that later versions brought: used where they are."""

MOST_AUTHORS = 10


def _columns(name: str) -> tuple[str, ...]:
    return (*NEEDED[name], *OPTIONAL.get(name, ()))


project, task, annotation, draft, user = (
    table(name, *(column(one) for one in _columns(name))) for name in NEEDED
)


@dataclass(frozen=True, slots=True)
class _Project:
    """A project as it was opened; `learner` learns controls that the configuration lacks."""

    record: ProjectRecord
    controls: Mapping[str, Control]
    learner: Learner
    form: str
    touched: str


@dataclass(slots=True)
class _Gathered:
    """What a fetch has gathered so far."""

    projects: dict[str, ProjectRecord] = field(default_factory=dict)
    items: dict[str, ItemRecord] = field(default_factory=dict)
    annotations: list[Any] = field(default_factory=list)
    bad: list[Any] = field(default_factory=list)

    def batch(self) -> Batch:
        return Batch(
            projects=tuple(self.projects.values()),
            items=tuple(self.items.values()),
            annotations=tuple(self.annotations),
            bad=tuple(self.bad),
        )


class LabelStudioDatabase:
    """A Label Studio database as a live source."""

    streams = (ITEMS, ANNOTATIONS, DRAFTS)

    def __init__(
        self,
        url: str,
        *,
        name: str,
        projects: Sequence[str] = (),
        overlap: timedelta = timedelta(minutes=15),
        page: int | None = None,
    ) -> None:
        """Keep where to read; nothing is opened yet.

        Args:
            url: ``sqlite:////path`` or ``postgresql://user:password@host/database``.
            name: of the source, for messages.
            projects: titles or ids to read; empty = all.
            overlap: how far back of its cursor every poll reads again.
            page: rows a statement; None = 1,000 on SQLite, 5,000 on PostgreSQL.
        """
        self._db = SourceDatabase(url, name)
        self._scanner = Scanner(self._db, overlap // timedelta(microseconds=1), page)
        self._wanted = frozenset(projects)
        self._projects: dict[int, _Project] = {}
        self._optional: set[str] = set()

    @classmethod
    def from_settings(cls, source: Any) -> Self:
        """Return the source of a configured entry with url, name, projects and overlap."""
        url = getattr(source.url, "get_secret_value", lambda: source.url)()
        return cls(url, name=source.name, projects=source.projects, overlap=source.overlap)

    @staticmethod
    def detects(target: str) -> bool:
        """Return True when a URL or a path may lead to such a database.

        A SQLite file has to hold the tool's tables. A PostgreSQL address is not tried: opening it
        tells what is wrong with it.
        """
        if target.startswith(("postgresql:", "postgresql+", "postgres:")):
            return True
        return sqlite_tables(target) >= {"task_completion", "htx_user"}

    # --- opening ---

    def open(self) -> Opening:
        """Connect, check every needed column, and return projects and people.

        Raises:
            RetryLater, StopSource: see `labelpulse.ingest.database`.
        """
        there = self._db.require(NEEDED, TOOL)
        self._optional = {one for name in OPTIONAL for one in there[name] & set(OPTIONAL[name])}
        before, self._projects = self._projects, {}
        for row in self._db.rows(self._project_query()):
            if not self._wanted or self._wanted & {row.title, str(row.id)}:
                self._projects[row.id] = _project(row, before.get(row.id))
        if self._wanted and not self._projects:
            raise self._db.stopped(
                "leads to none of the projects that its key `projects` names: write their titles "
                f"as {TOOL} shows them"
            )
        names = select(*(user.c[one] for one in NEEDED["htx_user"]))
        people = tuple(person_record(row._mapping) for row in self._db.rows(names))
        records = tuple(one.record for one in self._projects.values())
        return Opening(self._db.now(), records, people)

    def _project_query(self) -> Select[Any]:
        one = project.c
        names = (one.id, one.title, one.label_config, one.maximum_annotations)
        query = select(*names, self._text(one.updated_at, "touched")).order_by(one.id)
        return query.where(one.deleted_at.is_(None)) if "deleted_at" in self._optional else query

    def close(self) -> None:
        """Let go of the connection; `open` makes another."""
        self._db.close()

    def counts(self) -> Mapping[str, Counts]:
        """Return, by project id, submissions and skips; of them gold, of them skips."""
        flags = (annotation.c.ground_truth, annotation.c.was_cancelled)
        query = self._by_project(func.count(), *(_how_many(flag) for flag in flags))
        found = {str(key): Counts(0, 0, 0) for key in self._projects}
        return found | {str(row[0]): Counts(*map(int, row[1:])) for row in self._db.rows(query)}

    def _by_project(self, *what: ColumnElement[Any]) -> Select[Any]:
        """A statement that counts annotations by the project of their task."""
        return (
            select(task.c.project_id, *what)
            .select_from(annotation.join(task, task.c.id == annotation.c.task_id))
            .where(task.c.project_id.in_(self._projects))
            .group_by(task.c.project_id)
        )

    # --- scanning ---

    def full(self, stream: str, resume: Position | None) -> Iterator[Page]:
        """Yield everything, newest first; `resume` is the position of a page of an earlier try."""
        return self._scanner.full(self._table(stream), resume)

    def changes(self, stream: str, position: Position) -> Iterator[Page]:
        """Yield what may have changed since a position; drafts, being few, all."""
        if stream == DRAFTS:
            return self._scanner.full(self._table(stream), None)
        return self._scanner.changes(self._table(stream), position)

    def _table(self, stream: str) -> Table:
        of = {ITEMS: task, ANNOTATIONS: annotation, DRAFTS: draft}[stream].c
        token = "touched" if stream == ITEMS else "form"
        return Table(
            key=of.id,
            stamp=of.updated_at,
            group=self._group(),
            rows=self._rows(stream, *self._identity(stream)),
            tokens={str(key): getattr(one, token) for key, one in self._projects.items()},
            seen=lambda row: self._seen(stream, row),
            instant=readable(instant),
        )

    def _group(self) -> ColumnElement[int]:
        """A task's project; SQLite is kept from going by its index, since we go by ids."""
        if self._db.dialect == "sqlite":
            return literal_column("+task.project_id")
        return task.c.project_id

    def _rows(self, stream: str, *more: ColumnElement[Any]) -> Select[Any]:
        """Rows of a stream with their task; tasks without a project are being deleted."""
        facts = (task.c.overlap, self._text(task.c.created_at, "born"))
        columns = (task.c.id.label("task"), task.c.project_id.label("project"), *facts, *more)
        query = select(*columns).where(self._group().in_(self._projects))
        if stream == ITEMS:
            return query.select_from(task)
        of = annotation if stream == ANNOTATIONS else draft
        query = query.select_from(of.join(task, task.c.id == of.c.task_id))
        return query.where(draft.c.annotation_id.is_(None)) if stream == DRAFTS else query

    def _identity(self, stream: str) -> tuple[ColumnElement[Any], ...]:
        """Columns key, stamp, unique and print of a stream's rows."""
        if stream == ITEMS:
            stamp = self._text(task.c.updated_at, "stamp")
            return task.c.id.label("key"), stamp, _none("unique"), _none("print")
        of = annotation if stream == ANNOTATIONS else draft
        unique = self._text(of.c.unique_id, "unique") if stream == ANNOTATIONS else _none("unique")
        stamp = self._text(of.c.updated_at, "stamp")
        return of.c.id.label("key"), stamp, unique, self._print(of).label("print")

    def _print(self, of: Any) -> ColumnElement[str]:
        if self._db.dialect == "postgresql":
            return cast(literal_column(f"{of.name}.xmin"), Text)
        there = (*NEEDED[of.name], *(one for one in OPTIONAL.get(of.name, ()) if one in self._optional))
        return getattr(func, DIGEST)(*(of.c[one] for one in there if one != "updated_at"))

    def _text(self, of: ColumnElement[Any], name: str) -> ColumnElement[Any]:
        """A time, id or JSON as text: what SQLite has, and what a driver cannot stumble over."""
        return (of if self._db.dialect == "sqlite" else cast(of, Text)).label(name)

    def _seen(self, stream: str, row: Row[Any]) -> Seen:
        prefix = "draft-" if stream == DRAFTS else ""
        return Seen(
            f"{prefix}{row.key}", _unique(row.unique), str(row.project), self._fingerprint(row)
        )

    def _fingerprint(self, row: Row[Any]) -> str:
        if row.print is None:
            return f"{row.overlap}.{row.born}"
        one = self._projects[row.project]
        return f"{FORM_VERSION}.{one.form}.{row.project}.{row.print}"
