"""INCEpTION's tables that are read, and the statements that read them.

Times come as text without a zone: the tool writes the local time of its server. ``user`` and
``document`` are words of SQL, which the dialect puts in quotes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal_column,
    null,
    or_,
    select,
    table,
)

from labelpulse.ingest.database import DIGEST, SourceDatabase

TOOL = "INCEpTION"
NEEDED: Mapping[str, tuple[str, ...]] = {
    "project": ("id", "name"),
    "source_document": ("id", "name", "project", "created"),
    "annotation_document": ("id", "user", "document", "state", "created", "updated", "timestamp"),
}
ANNOTATOR_STATE = ("annotatorState", "annotatorstate", "annotator_state")
"""What the annotator chose, where a manager may have chosen otherwise; spelled in several ways."""

STATE_UPDATED = "state_updated"
LOG = ("id", "event", "created", "user", "document", "annotator", "details")
PEOPLE = ("username", "email")
NOBODY = ("CURATION_USER", "CORRECTION_USER", "INITIAL_CAS")
"""Names under which the tool itself keeps documents."""

NEW, IN_PROGRESS, FINISHED, IGNORE = "NEW", "INPROGRESS", "FINISHED", "IGNORE"
SUBMITTED, SKIPPED, DRAFT = "submitted", "skipped", "draft"
STATE_CHANGE, OPENED = "AnnotationStateChangeEvent", "DocumentOpenedEvent"


def _table(name: str, *more: str) -> Any:
    return table(name, *map(column, (*NEEDED[name], *more)))


project, source_document = _table("project"), _table("source_document")
annotation_document = _table("annotation_document", *ANNOTATOR_STATE, STATE_UPDATED)
log = table("logged_event", *map(column, LOG))
users = table("users", *map(column, PEOPLE))


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements for one database.

    Attributes:
        columns: of `annotation_document`, as far as they may be read.
        projects: ids of the projects that are read.
    """

    dialect: str
    columns: Collection[str] = ()
    projects: Collection[int] = ()

    @property
    def chosen(self) -> str | None:
        """The column of what the annotator chose; None in older versions."""
        return next((one for one in ANNOTATOR_STATE if one in self.columns), None)

    @property
    def status(self) -> ColumnElement[Any]:
        """How far a document of an annotator got; null where it is no work of theirs.

        ``IGNORE`` says that the annotator should not get the document; only where they chose it
        themselves it is their skip.
        """
        one = annotation_document.c
        skipped = one.state == IGNORE
        if self.chosen is not None:
            skipped = and_(one[self.chosen] == IGNORE, one.state.in_((IGNORE, FINISHED)))
        return case(
            (skipped, SKIPPED),
            (one.state == FINISHED, SUBMITTED),
            (one.state == IN_PROGRESS, DRAFT),
        )

    def of_projects(self) -> Select[Any]:
        """Projects by id."""
        found: Select[Any] = select(project.c.id, project.c.name).order_by(project.c.id)
        return found

    def items(self) -> Select[Any]:
        """Documents with what identifies them."""
        one = source_document.c
        query: Select[Any] = select(
            one.id.label("key"),
            one.project.label("project"),
            null().label("stamp"),
            self._text(one.created, "created"),
        )
        return query.where(one.project.in_(self.projects))

    def annotations(self) -> Select[Any]:
        """Documents of annotators with what identifies them."""
        one = annotation_document.c
        return self.work(
            one.id.label("key"),
            source_document.c.project.label("project"),
            one.document.label("document"),
            one.user.label("annotator"),
            self._text(one.updated, "stamp"),
            self._print(),
        )

    def whole(self, ids: Sequence[int]) -> Select[Any]:
        """Documents of annotators, whole."""
        one = annotation_document.c
        changed: ColumnElement[Any] = null()
        if STATE_UPDATED in self.columns:
            changed = one[STATE_UPDATED]
        query = self.annotations().add_columns(
            self.status.label("status"),
            self._text(one.created, "created"),
            self._text(one.updated, "updated"),
            self._text(one.timestamp, "timestamp"),
            self._text(changed, "changed"),
            self._text(source_document.c.created, "born"),
        )
        return query.where(one.id.in_(ids)).order_by(one.id)

    def work(self, *what: ColumnElement[Any]) -> Select[Any]:
        """Something of the documents that annotators work on, have done or could not do."""
        one = annotation_document.c
        joined = annotation_document.join(source_document, source_document.c.id == one.document)
        query: Select[Any] = select(*what).select_from(joined)
        return query.where(
            source_document.c.project.in_(self.projects),
            self.status.is_not(None),
            one.user.not_in(NOBODY),
        )

    def counts(self) -> Select[Any]:
        """Submissions and skips by project; of them skips."""
        of = source_document.c.project
        skips = func.coalesce(func.sum(case((self.status == SKIPPED, 1), else_=0)), 0)
        query = self.work(of, func.count(), skips).where(self.status != DRAFT)
        return query.group_by(of)

    def events(self, above: int, top: int, n: int) -> Select[Any]:
        """What the log tells of documents opened and finished, in its order."""
        one = log.c
        query: Select[Any] = select(
            one.id,
            one.event,
            self._text(one.created, "created"),
            one.user,
            one.document,
            one.annotator,
            self._text(one.details, "details"),
        )
        query = query.where(or_(one.event == STATE_CHANGE, one.event == OPENED))
        return query.where(one.id > above, one.id <= top).order_by(one.id).limit(n)

    def _print(self) -> ColumnElement[Any]:
        """What changes with a row: its xmin, or a digest of it."""
        one = annotation_document
        if self.dialect == "postgresql":
            return cast(literal_column(f"{one.name}.xmin"), Text).label("print")
        there = [one.c[name] for name in (*NEEDED[one.name], self.chosen) if name]
        if STATE_UPDATED in self.columns:
            there.append(one.c[STATE_UPDATED])
        digest: ColumnElement[Any] = getattr(func, DIGEST)(*there)
        return digest.label("print")

    def _text(self, of: ColumnElement[Any], name: str) -> ColumnElement[Any]:
        return (of if self.dialect == "sqlite" else cast(of, Text)).label(name)


def readable_columns(db: SourceDatabase) -> set[str]:
    """Return the columns of `annotation_document`; StopSource where a needed one is missing."""
    needed = dict(NEEDED)
    if db.dialect == "postgresql":
        needed["annotation_document"] = (*needed["annotation_document"], "xmin")
    return db.require(needed, TOOL)["annotation_document"]
