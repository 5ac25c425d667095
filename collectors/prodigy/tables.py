"""Prodigy's tables that are read, and the statements that read them.

A saved task stands in ``example`` once and is linked to its dataset and to that of its session, so
only links to datasets that are no sessions count. Newer releases may keep tasks in the tables
``structured_example`` and ``structured_link``: datasets with links there are read from there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    LargeBinary,
    Select,
    TableClause,
    Text,
    cast,
    column,
    func,
    literal,
    literal_column,
    null,
    select,
    table,
)

from labelpulse.ingest.database import DIGEST, SourceDatabase

TOOL = "Prodigy"
DATASET = ("id", "name", "created", "session")
EXAMPLE = ("id", "input_hash", "task_hash", "content")
LINK = ("id", "example_id", "dataset_id")
PLAIN, STRUCTURED = "link", "structured_link"
TASKS = 50
"""Tasks that a statement reads whole: each may hold its picture or recording, as text."""

EXAMPLES: Mapping[str, str] = {PLAIN: "example", STRUCTURED: "structured_example"}
NEEDED: Mapping[str, tuple[str, ...]] = {"dataset": DATASET, "example": EXAMPLE, "link": LINK}
PREFIX: Mapping[str, str] = {PLAIN: "", STRUCTURED: "structured-"}
"""What sets the native ids of one table's links apart from the other's."""

dataset = table("dataset", *map(column, DATASET))
_LINKS = {name: table(name, *map(column, LINK)) for name in EXAMPLES}
_EXAMPLES = {name: table(of, *map(column, EXAMPLE)) for name, of in EXAMPLES.items()}


def datasets() -> Select[Any]:
    """Datasets that are no sessions, by id."""
    one = dataset.c
    query: Select[Any] = select(one.id, one.name, cast(one.created, Text).label("created"))
    return query.where(func.coalesce(cast(one.session, Integer), 0) == 0).order_by(one.id)


@dataclass(frozen=True, slots=True)
class Links:
    """One table of links with its examples.

    Attributes:
        name: of the table of links.
        datasets: ids of the datasets that are read from it.
        versioned: examples have an `xmin` that may be read.
    """

    dialect: str
    name: str
    datasets: tuple[int, ...] = ()
    versioned: bool = False

    @property
    def link(self) -> TableClause:
        """The table of links."""
        return _LINKS[self.name]

    @property
    def example(self) -> TableClause:
        """The table of tasks."""
        return _EXAMPLES[self.name]

    def scan(self) -> Select[Any]:
        """Links with what identifies them: key, dataset, example, print."""
        return self._rows(self._print())

    def whole(self, ids: Sequence[int]) -> Select[Any]:
        """Links with their tasks."""
        one = self.example.c
        query = self._rows(self._print(), one.input_hash, one.task_hash, one.content)
        return query.where(self.link.c.id.in_(ids)).order_by(self.link.c.id)

    def between(self, first: int, last: int) -> Select[Any]:
        """The first tasks of a stretch of links, by link."""
        one = self.link.c.id
        query = self._rows(self.example.c.content).where(one >= first, one <= last)
        return query.order_by(one).limit(TASKS)

    def edge(
        self, dataset_id: int, n: int, *, newest: bool, below: int | None = None
    ) -> Select[Any]:
        """The newest tasks of a dataset, perhaps of those below a link, or the oldest."""
        one = self.link.c.id
        query = self._rows(self.example.c.content).where(self.link.c.dataset_id == dataset_id)
        if below is not None:
            query = query.where(one < below)
        return query.order_by(one.desc() if newest else one).limit(n)

    def sums(self, top: int | None = None) -> Select[Any]:
        """How many links each dataset has, and the greatest of them, up to a link."""
        one = self.link.c
        query = select(one.dataset_id, func.count().label("n"), func.max(one.id).label("top"))
        if top is not None:
            query = query.where(one.id <= top)
        found: Select[Any] = query.where(one.dataset_id.in_(self.datasets)).group_by(one.dataset_id)
        return found

    def perhaps_ignored(self, above: int, top: int) -> Select[Any]:
        """Tasks that hold the word somewhere, whose answer may be ``ignore``; by link."""
        one, content = self.link.c.id, self.example.c.content
        if self.dialect == "sqlite":
            holds: ColumnElement[bool] = func.instr(cast(content, Text), '"ignore"') > 0
        else:
            holds = content.op("LIKE", is_comparison=True)(literal(b'%"ignore"%', LargeBinary))
        query = self._rows(content).where(one > above, one <= top, holds)
        return query.order_by(one).limit(TASKS)

    def linked(self) -> Select[Any]:
        """Datasets that have links here."""
        found: Select[Any] = select(self.link.c.dataset_id).distinct()
        return found

    def _rows(self, *more: ColumnElement[Any]) -> Select[Any]:
        link, example = self.link, self.example
        identity = (
            link.c.id.label("key"),
            link.c.dataset_id.label("dataset"),
            null().label("stamp"),
        )
        joined = link.join(example, example.c.id == link.c.example_id)
        query: Select[Any] = select(*identity, *more).select_from(joined)
        return query.where(link.c.dataset_id.in_(self.datasets))

    def _print(self) -> ColumnElement[Any]:
        """What changes with a task: its xmin, or a digest of it."""
        one = self.example
        if self.versioned:
            return cast(literal_column(f"{one.name}.xmin"), Text).label("print")
        values = (one.c.input_hash, one.c.task_hash, one.c.content)
        if self.dialect == "sqlite":
            digest: ColumnElement[Any] = getattr(func, DIGEST)(*values)
        else:
            digest = func.encode(func.sha256(one.c.content), "hex")
        return digest.label("print")


def tables_of(db: SourceDatabase, ids: Sequence[int]) -> tuple[Links, ...]:
    """Return the tables of links that are there, each with the datasets that it is read for."""
    versioned = db.dialect == "postgresql"
    plain = Links(db.dialect, PLAIN, versioned=versioned and db.has("example", "xmin"))
    if not (db.has(EXAMPLES[STRUCTURED], *EXAMPLE) and db.has(STRUCTURED, *LINK)):
        return (_for(plain, ids),)
    more = Links(
        db.dialect, STRUCTURED, versioned=versioned and db.has(EXAMPLES[STRUCTURED], "xmin")
    )
    structured = {row[0] for row in db.rows(more.linked())}
    return (
        _for(plain, [one for one in ids if one not in structured]),
        _for(more, [one for one in ids if one in structured]),
    )


def _for(links: Links, ids: Sequence[int]) -> Links:
    return Links(links.dialect, links.name, tuple(ids), links.versioned)
