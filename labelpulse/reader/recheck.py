"""The items that were answered since a day: what to look at again when quality has fallen."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Engine, Select, func, select

from labelpulse import schema
from labelpulse.core.days import day_text, local_day_hour, now_us
from labelpulse.core.errors import UsageError
from labelpulse.core.pseudonyms import UNKNOWN
from labelpulse.metrics.matrix import GOLD
from labelpulse.reader.catalog import ProjectInfo
from labelpulse.reader.days import begins
from labelpulse.reader.query import EVERYONE, Condition, MetricQuery, Scope
from labelpulse.reader.queue import MATRIX, Place, on_matrix, place_of
from labelpulse.reader.read import Reading
from labelpulse.reader.sums import filtered
from labelpulse.warehouse.engine import snapshot

ANSWER, ITEM = schema.answer_matrix.c, schema.item.c


@dataclass(frozen=True, slots=True)
class Answered:
    """An item with answers since a day.

    Attributes:
        item: the native id; batch: its name.
        people: who answered it since then, as the scope shows people, the earliest first.
        day: of the last of these answers, local, ISO.
    """

    place: Place
    item: str
    batch: str | None
    people: tuple[str, ...]
    day: str


@dataclass(frozen=True, slots=True)
class Since:
    """Which answers are meant: those to a question of a project, on or after a local day.

    Attributes:
        project: its label. day: ordinal. where: terms on annotator, team and batch.
    """

    project: str
    control: str
    day: int
    where: tuple[Condition, ...] = ()


def answered_since(engine: Engine, asked: Since, scope: Scope = EVERYONE) -> list[Answered]:
    """Return the items with an answer that counts since a day, in the order they were loaded.

    Answers of an unknown time are left out; so are all where a source's times tell nothing.

    Raises:
        UsageError: there is no such project, question, person, team or batch.
    """
    with snapshot(engine) as conn:
        reading = _reading(conn, asked, scope)
        project = _project(reading)
        people = reading.people.shown(reading.plan.sources)
        names = schema.batch.c.name.label("batch")
        query = (
            _rows(reading, project, asked.day)
            .add_columns(ANSWER.item_id, ANSWER.annotator_id, ANSWER.since, ITEM.native_id, names)
            .join(schema.item, (ITEM.project_id == project.id) & (ITEM.id == ANSWER.item_id))
            .outerjoin(schema.batch, schema.batch.c.id == ITEM.batch_id)
            .order_by(ANSWER.item_id, ANSWER.since, ANSWER.annotator_id)
        )
        place = place_of(project, next(iter(reading.plan.controls.values())))
        kept = _of_teams(reading, project, conn.execute(query))
        return [
            _answered(place, list(rows), people, project.counted.timezone)
            for _, rows in groupby(kept, key=lambda row: row.item_id)
        ]


def count_since(engine: Engine, asked: Since, scope: Scope = EVERYONE) -> int:
    """Return how many items `answered_since` would tell; it raises the same."""
    with snapshot(engine) as conn:
        reading = _reading(conn, asked, scope)
        project = _project(reading)
        rows = _rows(reading, project, asked.day)
        if reading.plan.wanted_teams is None:
            counted = rows.add_columns(func.count(func.distinct(ANSWER.item_id)))
            return conn.scalar(counted) or 0
        single = rows.add_columns(ANSWER.item_id, ANSWER.annotator_id, ANSWER.since)
        return len({row.item_id for row in _of_teams(reading, project, conn.execute(single))})


def _reading(conn: Any, asked: Since, scope: Scope) -> Reading:
    query = MetricQuery(MATRIX, asked.project, control=asked.control, where=asked.where)
    return Reading(conn, on_matrix(query), scope, now_us())


def _project(reading: Reading) -> ProjectInfo:
    if len(reading.plan.projects) != 1 or len(reading.plan.controls) != 1:
        raise UsageError("items to look at again are of one question of one project: name both")
    return reading.plan.projects[0]


def _rows(reading: Reading, project: ProjectInfo, day: int) -> Select[Any]:
    """Return the query of the answers that are meant, whatever the team; without columns."""
    (control,) = reading.plan.controls
    query: Select[Any] = (
        select()
        .select_from(schema.answer_matrix)
        .where(ANSWER.project_id == project.id, ANSWER.control_id == control)
        .where(ANSWER.annotator_id != GOLD, ANSWER.since >= begins(day, project.counted.timezone))
    )
    if project.constant_time:
        query = query.where(ANSWER.since < 0)
    for column in (ANSWER.batch_id, ANSWER.annotator_id):
        if own := reading.plan.filters.get(column.name):
            query = filtered(query, column, own)
    return query


def _of_teams(reading: Reading, project: ProjectInfo, rows: Any) -> Iterator[Any]:
    """Yield the answers of people who were in the wanted teams on their days."""
    wanted, teams, zone = reading.plan.wanted_teams, reading.plan.teams, project.counted.timezone
    for row in rows:
        day = 0 if wanted is None else local_day_hour(row.since, zone)[0]
        of = (one for one, team in teams.items() if team.has(row.annotator_id, day))
        if wanted is None or wanted.passes_any(of):
            yield row


def _answered(place: Place, rows: list[Any], people: dict[int, str], zone: str) -> Answered:
    last = local_day_hour(rows[-1].since, zone)[0]
    who = dict.fromkeys(people.get(row.annotator_id, UNKNOWN) for row in rows)
    return Answered(place, rows[0].native_id, rows[0].batch, tuple(who), day_text(last) or "")
