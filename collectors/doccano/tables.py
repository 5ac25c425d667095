"""The tables of doccano that are read, and the statements that read them.

The tool has no annotations, only labels of six kinds, a table each, and confirmations. So what is
scanned are examples, each row with the labels and confirmations on it as one text a kind. Passwords
are never named.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    TableClause,
    Text,
    and_,
    cast,
    column,
    distinct,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    table,
    union_all,
)

from labelpulse.ingest.database import SourceDatabase, as_text, content_digest
from labelpulse.source import ITEMS

TOOL = "doccano"
NEEDED: Mapping[str, tuple[str, ...]] = {
    "projects_project": (
        *("id", "name", "project_type", "collaborative_annotation"),
        "single_class_classification",
    ),
    "examples_example": (
        *("id", "project_id", "annotations_approved_by_id", "created_at", "updated_at"),
    ),
    "examples_examplestate": ("id", "example_id", "confirmed_by_id", "confirmed_at"),
    "auth_user": ("id", "username", "first_name", "last_name", "email"),
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {"examples_example": ("text", "upload_name")}
"""Columns that we can do without: used where they may be read."""

ASSIGNMENT = ("id", "example_id", "created_at")
"""Columns of `examples_assignment`, which later versions have."""

AUTO = ("id", "project_id")
"""Columns of `auto_labeling_autolabelingconfig`, which only a first look reads."""

LABEL = ("id", "example_id", "user_id", "prob", "created_at", "updated_at")
TYPE = ("id", "project_id", "text")

Columns = Sequence[ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of label: its table, the columns of its content, and the table of its types."""

    name: str
    content: tuple[str, ...]
    types: str | None = None

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """The tables and columns that reading it needs."""
        types = {} if self.types is None else {self.types: TYPE}
        return {self.name: (*LABEL, *self.content), **types}

    @property
    def table(self) -> TableClause:
        """Its table."""
        return table(self.name, *(column(one) for one in (*LABEL, *self.content)))


_CATEGORY = "label_types_categorytype"
KINDS: Mapping[str, Kind] = {
    "category": Kind("labels_category", ("label_id",), _CATEGORY),
    "span": Kind("labels_span", ("label_id", "start_offset", "end_offset"), "label_types_spantype"),
    "relation": Kind(
        "labels_relation", ("type_id", "from_id_id", "to_id_id"), "label_types_relationtype"
    ),
    "text": Kind("labels_textlabel", ("text",)),
    "box": Kind("labels_boundingbox", ("label_id", "x", "y", "width", "height"), _CATEGORY),
    "segment": Kind("labels_segmentation", ("label_id", "points"), _CATEGORY),
}


def _table(name: str) -> TableClause:
    return table(name, *(column(one) for one in (*NEEDED[name], *OPTIONAL.get(name, ()))))


project, example, state, user = (_table(name) for name in NEEDED)
assignment = table("examples_assignment", *(column(one) for one in ASSIGNMENT))
FIELD, ENTRY = ",", ";"
"""What parts the fields of a label or confirmation, and these from each other, in a row's texts."""


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements for one database.

    Attributes:
        dialect: ``sqlite`` or ``postgresql``.
        columns: table -> the columns that are there and may be read.
        kinds: the kinds of labels that the projects have.
        assigns: assignments are there and may be read.
        projects: ids of the projects that are read.
        joint: ids of those whose members label together.
    """

    dialect: str
    columns: Mapping[str, Collection[str]]
    kinds: Collection[str] = ()
    assigns: bool = False
    projects: Collection[int] = ()
    joint: Collection[int] = ()

    @property
    def shows(self) -> bool:
        """True when a text may be read, of which only a digest is taken."""
        return "text" in self.columns["examples_example"]

    def of_projects(self) -> Select[Any]:
        """Every project, by id."""
        return select(*(project.c[one] for one in NEEDED["projects_project"])).order_by(
            project.c.id
        )

    def of_types(self, name: str) -> Select[Any]:
        """The types of labels of all projects, by id."""
        of = table(name, *(column(one) for one in TYPE)).c
        return select(of.id, of.project_id, of.text).order_by(of.id)

    def of_people(self) -> Select[Any]:
        """Every account, also of people who left a project."""
        return select(*(user.c[name] for name in NEEDED["auth_user"]))

    def confirmed(self) -> Select[Any]:
        """Confirmations by project, and examples with any."""
        return (
            select(
                example.c.project_id.label("project"),
                func.count().label("n"),
                func.count(distinct(state.c.example_id)).label("examples"),
            )
            .join_from(state, example, example.c.id == state.c.example_id)
            .where(example.c.project_id.in_(self.projects))
            .group_by(example.c.project_id)
        )

    def work(self) -> Select[Any]:
        """Confirmations for a first look; of what people label together the first alone."""
        one, other = state.c, state.alias("other").c
        earlier = exists(
            select(other.id).where(other.example_id == one.example_id, other.id < one.id)
        )
        return (
            select(
                example.c.project_id.label("project"),
                one.example_id.label("item"),
                one.confirmed_by_id.label("person"),
                literal_column("1").label("submitted"),
                self._text(one.confirmed_at, "at"),
            )
            .join_from(state, example, example.c.id == one.example_id)
            .where(example.c.project_id.in_(self.projects))
            .where(or_(example.c.project_id.not_in(self.joint), ~earlier))
        )

    def how_many(self, *conditions: ColumnElement[bool]) -> Select[Any]:
        """Examples of which all that holds, by project."""
        query = select(example.c.project_id, func.count()).group_by(example.c.project_id)
        return query.where(example.c.project_id.in_(self.projects), *conditions)

    def predicted(self) -> Select[Any]:
        """Whether any label has a probability, which only a model's has."""
        found = (exists(select(one.c.id).where(one.c.prob > 0)) for one in self._tables())
        return select(or_(literal_column("1") != literal_column("1"), *found))

    def predictions(self) -> Select[Any]:
        """How many labels have a probability, by project."""
        rows = union_all(
            *(select(one.c.example_id).where(one.c.prob > 0) for one in self._tables())
        ).subquery()
        return (
            select(example.c.project_id, func.count())
            .join_from(rows, example, example.c.id == rows.c.example_id)
            .where(example.c.project_id.in_(self.projects))
            .group_by(example.c.project_id)
        )

    # --- examples ---

    def scan(self, stream: str) -> Select[Any]:
        """Examples: key, project, born, stamp, assigned; with labels and confirmations for work."""
        one = example.c
        shared = (
            one.id.label("key"),
            one.project_id.label("project"),
            self._text(one.created_at, "born"),
            self._text(one.updated_at, "stamp"),
            self._assigned(),
        )
        work: Columns = () if stream == ITEMS else (one.annotations_approved_by_id, *self._work())
        return select(*shared, *work).where(self.group().in_(self.projects))

    @property
    def names(self) -> bool:
        """True when it may be read which file an example came in."""
        return "upload_name" in self.columns["examples_example"]

    def whole(self, stream: str, ids: Sequence[int]) -> Select[Any]:
        """Those examples with what they show and the file that they came in."""
        upload = example.c.upload_name if self.names else _none("upload_name")
        query = self.scan(stream).add_columns(self._content(), upload)
        return query.where(example.c.id.in_(ids)).order_by(example.c.id)

    def labels(self, kind: str, ids: Sequence[int]) -> Select[Any]:
        """The labels of a kind on those examples, by id."""
        of = KINDS[kind].table.c
        times = (self._text(of[name], name) for name in ("created_at", "updated_at"))
        content = (cast(of.points, Text) if name == "points" else of[name] for name in _said(kind))
        named = (each.label(name) for each, name in zip(content, _said(kind), strict=True))
        query = select(of.id, of.example_id, of.user_id, of.prob, *times, *named)
        return query.where(of.example_id.in_(ids)).order_by(of.id)

    def touched(self, stream: str, cut: Any) -> Iterator[Select[Any]]:
        """What tells the ids of examples that changed since an instant."""
        yield select(example.c.id).where(example.c.updated_at >= cut)
        if stream == ITEMS:
            if self.assigns:
                one = assignment.c
                yield select(one.example_id).where(one.created_at >= cut).distinct()
            return
        yield select(state.c.example_id).where(state.c.confirmed_at >= cut).distinct()
        for of in self._tables():
            yield select(of.c.example_id).where(of.c.updated_at >= cut).distinct()

    def group(self) -> ColumnElement[int]:
        """An example's project; SQLite is kept from going by its index, since we go by ids."""
        if self.dialect == "sqlite":
            return literal_column("+examples_example.project_id")
        return example.c.project_id

    def _tables(self) -> list[TableClause]:
        return [KINDS[kind].table for kind in self.kinds]

    def _work(self) -> Iterator[ColumnElement[Any]]:
        one = state.c
        yield self._joined(state, (one.confirmed_by_id, one.confirmed_at)).label("states")
        for kind in self.kinds:
            of = KINDS[kind].table
            fields = (of.c.user_id, of.c.id, of.c.updated_at, of.c.prob)
            yield self._joined(of, fields).label(kind)

    def _joined(self, of: TableClause, fields: Columns) -> Any:
        """The rows of a table on an example as one text, in no order."""
        first, *rest = (cast(one, Text) for one in fields)
        line: Any = first
        for one in rest:
            line = line.concat(FIELD).concat(one)
        rows = select(func.aggregate_strings(line, ENTRY)).where(of.c.example_id == example.c.id)
        return rows.correlate(example).scalar_subquery()

    def _assigned(self) -> ColumnElement[Any]:
        if not self.assigns:
            return _none("assigned")
        one = assignment.c
        n = select(func.count()).select_from(assignment).where(one.example_id == example.c.id)
        return n.correlate(example).scalar_subquery().label("assigned")

    def _content(self) -> ColumnElement[Any]:
        """A digest of a text; null where it may not be read."""
        if not self.shows:
            return _none("content")
        return content_digest(self.dialect, example.c.text, ("",)).label("content")

    def _text(self, of: ColumnElement[Any], name: str) -> ColumnElement[Any]:
        return as_text(self.dialect, of).label(name)


def _said(kind: str) -> tuple[str, ...]:
    return KINDS[kind].content


def is_approved() -> ColumnElement[bool]:
    """Examples that were approved, with a confirmation that this is about."""
    there = select(state.c.id).where(state.c.example_id == example.c.id)
    return and_(example.c.annotations_approved_by_id.is_not(None), exists(there))


def may_assign(db: SourceDatabase) -> bool:
    """True when there are assignments that may be read."""
    return db.has("examples_assignment", *ASSIGNMENT)


def how_auto(db: SourceDatabase) -> Collection[int]:
    """Projects that label automatically, as far as that may be read."""
    if not db.has("auto_labeling_autolabelingconfig", *AUTO):
        return ()
    one = table("auto_labeling_autolabelingconfig", *(column(name) for name in AUTO)).c
    return [row.project_id for row in db.rows(select(one.project_id).distinct())]


def _none(name: str) -> ColumnElement[Any]:
    return null().label(name)
