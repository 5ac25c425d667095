"""What a first look counts in any tool's database, once its work is one table of rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, case, distinct, func, select

from labelpulse.core.errors import SkipRecord
from labelpulse.ingest.database.connection import SourceDatabase
from labelpulse.ingest.fields import instant

MOST_AUTHORS = 10


@dataclass(frozen=True, slots=True)
class Summary:
    """What a project's annotations are, without drafts. Times are microseconds UTC.

    Attributes:
        share_two: share of items with answers of two or more people, of those with any.
        authors: how many submissions the busiest people made, by their ids as the database has
            them: any of them may hold the known answers.
    """

    annotations: int = 0
    annotators: int = 0
    first: int | None = None
    last: int | None = None
    share_two: float | None = None
    authors: Mapping[str, int] | None = None

    @property
    def gold_candidates(self) -> dict[str, int]:
        """Who could be chosen as gold, as `labelpulse init` tells it."""
        return {f"author {who}": n for who, n in (self.authors or {}).items()}


def summaries(db: SourceDatabase, work: Select[Any]) -> dict[Any, Summary]:
    """Return, by project, what its annotations are.

    Args:
        work: one row an annotation that is no draft: project, item, person, submitted (1 = an
            answer, 0 = a skip), at (time of submission as text).
    """
    one = work.subquery("work").c
    shares = _shares(db, work)
    authors = _authors(db, work)
    query = select(
        one.project,
        func.count().label("n"),
        func.count(distinct(one.person)).label("people"),
        func.min(one.at).label("first"),
        func.max(one.at).label("last"),
    ).group_by(one.project)
    return {
        row.project: Summary(
            annotations=row.n,
            annotators=row.people,
            first=_time(row.first),
            last=_time(row.last),
            share_two=shares.get(row.project),
            authors=authors.get(row.project),
        )
        for row in db.rows(query)
    }


def by_project(db: SourceDatabase, query: Select[Any]) -> dict[Any, Any]:
    """Return the second column of a statement by the first."""
    return {key: value for key, value, *_ in map(tuple, db.rows(query))}


def _shares(db: SourceDatabase, work: Select[Any]) -> dict[Any, float]:
    one = work.subquery("work").c
    people = func.count(distinct(one.person)).label("people")
    items = select(one.project, people).where(one.submitted == 1)
    each = items.group_by(one.project, one.item).subquery().c
    twice = func.sum(case((each.people >= 2, 1), else_=0)).label("twice")
    query = select(each.project, twice, func.count().label("n")).group_by(each.project)
    return {row.project: int(row.twice) / row.n for row in db.rows(query)}


def _authors(db: SourceDatabase, work: Select[Any]) -> dict[Any, Mapping[str, int]]:
    one = work.subquery("work").c
    query = select(one.project, one.person, func.count().label("n")).where(one.submitted == 1)
    found: dict[Any, list[Row[Any]]] = {}
    for row in db.rows(query.group_by(one.project, one.person)):
        found.setdefault(row.project, []).append(row)
    return {key: _busiest(rows) for key, rows in found.items()}


def _busiest(rows: list[Row[Any]]) -> dict[str, int]:
    rows.sort(key=lambda row: (-row.n, str(row.person)))
    return {str(row.person): row.n for row in rows[:MOST_AUTHORS]}


def _time(text: str | None) -> int | None:
    try:
        return instant(text)
    except SkipRecord:
        return None
