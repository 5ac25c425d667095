"""The tables of Argilla that are read, and the statements that read them.

Ids are UUIDs: on SQLite texts of 32 digits, on PostgreSQL of a type of their own. Outside of here
they are written with dashes on both. Password hashes and API keys are never named.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    TableClause,
    Text,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    table,
)
from sqlalchemy.sql import quoted_name

from labelpulse.ingest.database import SourceDatabase, as_text, content_digest, row_version
from labelpulse.source import ANNOTATIONS, ITEMS, PREDICTIONS

TOOL = "Argilla"
NEEDED: Mapping[str, tuple[str, ...]] = {
    "workspaces": ("id", "name"),
    "users": ("id", "username", "first_name", "last_name"),
    "datasets": ("id", "workspace_id", "name", "status"),
    "questions": ("id", "dataset_id", "name", "settings", "inserted_at"),
    "records": ("id", "dataset_id", "inserted_at", "updated_at"),
    "responses": (
        *("id", "record_id", "user_id", "status", "values", "inserted_at", "updated_at"),
    ),
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "datasets": ("distribution",),
    "records": ("fields", "external_id"),
}
"""Columns that later versions brought, or that we can do without: used where they may be read."""

SUGGESTION = (
    *("id", "record_id", "question_id", "value", "score", "agent", "type"),
    *("inserted_at", "updated_at"),
)
"""Columns of `suggestions`: where it may not be read, everything else still is."""


def _table(name: str, columns: Iterable[str]) -> TableClause:
    return table(name, *(column(quoted_name(one, one == "values")) for one in columns))


workspace, user, dataset, question, record, response = (
    _table(name, (*columns, *OPTIONAL.get(name, ()))) for name, columns in NEEDED.items()
)
suggestion = _table("suggestions", SUGGESTION)
KEYED = {ITEMS: record, PREDICTIONS: suggestion, ANNOTATIONS: response}


def native(raw: Any) -> str:
    """Return an id as it is written outside of the database: with dashes.

    >>> native("0d9e44aa0d9e44aa0d9e44aa0d9e44aa")
    '0d9e44aa-0d9e-44aa-0d9e-44aa0d9e44aa'
    """
    try:
        return str(UUID(str(raw)))
    except ValueError:
        return str(raw)


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements for one database.

    Attributes:
        dialect: ``sqlite`` or ``postgresql``.
        columns: table -> the columns that are there and may be read.
        suggests: suggestions may be read.
        datasets: ids, as the database has them, of the datasets that are read.
    """

    dialect: str
    columns: Mapping[str, Collection[str]]
    suggests: bool = False
    datasets: Collection[str] = ()

    @property
    def shows(self) -> bool:
        """True when a record's fields may be read, of which only a digest is taken."""
        return "fields" in self.columns["records"]

    @property
    def names(self) -> bool:
        """True when a record's id from outside may be read."""
        return "external_id" in self.columns["records"]

    def raw(self, native_id: str) -> str:
        """Return an id as the database has it."""
        return native_id.replace("-", "") if self.dialect == "sqlite" else native_id

    def of_datasets(self) -> Select[Any]:
        """Datasets that are published, by name and age."""
        one = dataset.c
        there = "distribution" in self.columns["datasets"]
        need = self.text(one.distribution, "distribution") if there else _none("distribution")
        return (
            select(self.text(one.id, "id"), one.name, workspace.c.name.label("workspace"), need)
            .join_from(dataset, workspace, workspace.c.id == one.workspace_id)
            .where(one.status != "draft")
            .order_by(one.name, one.id)
        )

    def of_questions(self) -> Select[Any]:
        """The questions of all datasets, as they were asked."""
        one = question.c
        ids = (self.text(one.id, "id"), self.text(one.dataset_id, "dataset"))
        query = select(*ids, one.name, self.text(one.settings, "settings"))
        return query.order_by(one.inserted_at, one.id)

    def of_people(self) -> Select[Any]:
        """Every account."""
        one = user.c
        return select(self.text(one.id, "id"), one.username, one.first_name, one.last_name)

    def counted(self) -> Select[Any]:
        """Responses that are no drafts, and of them discarded ones, by dataset."""
        one = response.c
        discarded = func.sum(case((one.status == "discarded", 1), else_=0)).label("skips")
        n = func.count().label("n")
        return (
            select(self.text(record.c.dataset_id, "project"), n, discarded)
            .join_from(response, record, record.c.id == one.record_id)
            .where(record.c.dataset_id.in_(self.datasets), one.status != "draft")
            .group_by(record.c.dataset_id)
        )

    def work(self) -> Select[Any]:
        """Responses that are no drafts, for a first look."""
        one, ids = response.c, (record.c.dataset_id, response.c.record_id, response.c.user_id)
        names = ("project", "item", "person")
        return (
            select(
                *(self.text(each, name) for each, name in zip(ids, names, strict=True)),
                case((one.status == "submitted", 1), else_=0).label("submitted"),
                self.text(one.updated_at, "at"),
            )
            .join_from(response, record, record.c.id == one.record_id)
            .where(record.c.dataset_id.in_(self.datasets), one.status != "draft")
        )

    def how_many(self, stream: str) -> Select[Any]:
        """Rows of a stream by dataset, for a first look."""
        ids = self.scan(stream).subquery().c
        return select(ids.project, func.count()).group_by(ids.project)

    def scan(self, stream: str) -> Select[Any]:
        """What identifies rows: key, project, item, stamp, print."""
        return self._rows(stream, ())

    def whole(self, stream: str, ids: Sequence[str]) -> Select[Any]:
        """Whole rows with their record, and what identifies them."""
        of = KEYED[stream]
        content = {ITEMS: (), PREDICTIONS: self._suggestion(), ANNOTATIONS: self._response()}
        return self._rows(stream, content[stream]).where(of.c.id.in_(ids)).order_by(of.c.id)

    def group(self) -> ColumnElement[Any]:
        """A record's dataset; SQLite is kept from going by its index, since we go by ids."""
        if self.dialect == "sqlite":
            return literal_column("+records.dataset_id")
        return record.c.dataset_id

    def text(self, of: ColumnElement[Any], name: str) -> ColumnElement[Any]:
        """Return a column as the database writes it, under a name."""
        return as_text(self.dialect, of).label(name)

    def _rows(self, stream: str, more: Sequence[ColumnElement[Any]]) -> Select[Any]:
        of, one = KEYED[stream], record.c
        query = select(
            self.text(of.c.id, "key"),
            self.text(one.dataset_id, "project"),
            self.text(one.id, "item"),
            self.text(one.inserted_at, "born"),
            self.text(one.updated_at, "touched"),
            self.text(of.c.updated_at, "stamp"),
            self._print(stream),
            *((self._content(), self._name()) if more or stream == ITEMS else ()),
            *more,
        ).where(self.group().in_(self.datasets))
        if stream == ITEMS:
            return query.select_from(record)
        query = query.join_from(of, record, one.id == of.c.record_id)
        return query.where(_by_model()) if stream == PREDICTIONS else query

    def _print(self, stream: str) -> ColumnElement[Any]:
        of = KEYED[stream]
        if stream == ITEMS:
            return _none("print")
        return row_version(self.dialect, of, of.c).label("print")

    def _content(self) -> ColumnElement[Any]:
        """A digest of what a record shows; null where it may not be read."""
        if not self.shows:
            return _none("content")
        return content_digest(self.dialect, record.c.fields, ("{}", "null")).label("content")

    def _name(self) -> ColumnElement[Any]:
        return (record.c.external_id if self.names else null()).label("name")

    def _response(self) -> Sequence[ColumnElement[Any]]:
        one = response.c
        names = ("user_id", "status", "inserted_at", "updated_at")
        said = _json(one["values"], "said")
        return (*(self.text(one[name], name) for name in names), said, self._assisted())

    def _assisted(self) -> ColumnElement[Any]:
        """True where a model's suggestion was there before the response was."""
        if not self.suggests:
            return _none("assisted")
        one = suggestion.c
        before = one.inserted_at <= response.c.inserted_at
        mine = and_(one.record_id == response.c.record_id, before, _by_model())
        return exists(select(one.id).where(mine)).label("assisted")

    def _suggestion(self) -> Sequence[ColumnElement[Any]]:
        one = suggestion.c
        ids = (self.text(one[name], name) for name in ("question_id", "inserted_at"))
        return (one.agent, *ids, *(_json(one[name], name) for name in ("value", "score")))


def _by_model() -> ColumnElement[bool]:
    """Suggestions that people made are nobody's predictions."""
    return or_(suggestion.c.type.is_(None), suggestion.c.type != "human")


def may_suggest(db: SourceDatabase) -> bool:
    """True when suggestions may be read, the version of their rows included."""
    version = ("xmin",) if db.dialect == "postgresql" else ()
    return db.has("suggestions", *SUGGESTION, *version)


def _json(of: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """JSON as text: a column of that type turns what looks like a number into one on SQLite."""
    return cast(of, Text).label(name)


def _none(name: str) -> ColumnElement[Any]:
    return null().label(name)
