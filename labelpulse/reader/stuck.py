"""The items that stand in a stage, those that have stood there longest first."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, Row, Select, func, select

from labelpulse import schema
from labelpulse.core.days import SECOND, now_us, zone
from labelpulse.core.errors import UsageError
from labelpulse.core.pseudonyms import UNKNOWN
from labelpulse.metrics.matrix import GOLD
from labelpulse.metrics.registry import PARTIALS
from labelpulse.metrics.stages import STAGES
from labelpulse.reader.catalog import ProjectInfo
from labelpulse.reader.days import begins
from labelpulse.reader.query import EVERYONE, Condition, MetricQuery, Scope
from labelpulse.reader.queue import Place, place_of
from labelpulse.reader.read import Reading
from labelpulse.reader.readings import item_names
from labelpulse.reader.sums import filtered
from labelpulse.reader.uncounted import NOT_YET
from labelpulse.warehouse import bulk
from labelpulse.warehouse.engine import snapshot

OPEN = schema.open_items.c


@dataclass(frozen=True, slots=True)
class Standing:
    """An item in a stage.

    Attributes:
        item: the native id; batch: its name.
        entered: when it came there, in the project's zone; None = unknown, and so is age_s.
        answered: so many people did; required: labels that it needs.
        people: those whose answers count, earliest first, as the scope shows people.
    """

    place: Place
    item: str
    batch: str | None
    entered: datetime | None
    age_s: float | None
    answered: int
    required: int
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stuck:
    """The items of a stage.

    Attributes:
        items: oldest first, those of unknown entry last. total: with those that are not told.
        counted: False where an upgrade brought them and they are not counted yet.
        note: what to say of them; "" = nothing.
    """

    items: tuple[Standing, ...] = ()
    total: int = 0
    counted: bool = True
    note: str = ""


def stuck(  # noqa: PLR0913 - keyword-only: which items
    engine: Engine,
    query: MetricQuery,
    stage: str,
    scope: Scope = EVERYONE,
    *,
    since: date | None = None,
    limit: int,
    clock: Callable[[], int] = now_us,
) -> Stuck:
    """Return the items of one project that stand in a stage.

    Args:
        query: project and where (batch); its metric, control, `by` and days do not matter.
        stage: one in which items are not done.
        since: only those that came there on or after this local day.

    Raises:
        UsageError: several projects are meant, or there is no such stage.
    """
    asked = MetricQuery(
        "stage_items", project=query.project, where=(*query.where, Condition("stage", stage))
    )
    with snapshot(engine) as conn:
        now = clock()
        reading = Reading(conn, asked, scope, now)
        if len(reading.plan.projects) != 1:
            raise UsageError("a stage is looked at within one project: say which with --project")
        (project,) = reading.plan.projects
        if not reading.uncounted.holds(project, PARTIALS[schema.open_items.name]):
            return Stuck(counted=False, note=NOT_YET)
        there = _there(reading, project, stage, since)
        rows = _oldest(reading, there, limit)
        note = reading.uncounted.note([project])
        total = conn.scalar(there.with_only_columns(func.count())) or 0
        return Stuck(tuple(_told(reading, project, rows, now)), total, note=note)


def _there(reading: Reading, project: ProjectInfo, stage: str, since: date | None) -> Select[Any]:
    """Return the rows of a stage that the query asks for."""
    query = select(OPEN.item_id, OPEN.entered, OPEN.answered, OPEN.required).where(
        OPEN.project_id == project.id, OPEN.stage == STAGES.index(stage)
    )
    if batches := reading.plan.filters.get("batch_id"):
        query = filtered(query, OPEN.batch_id, batches)
    if since is None:
        return query
    return query.where(OPEN.entered >= begins(since.toordinal(), project.counted.timezone))


def _oldest(reading: Reading, there: Select[Any], limit: int) -> list[Row[Any]]:
    """Return the first rows of a stage by its index, where unknown entries (0) come before all."""
    by_age = there.order_by(OPEN.entered, OPEN.item_id)
    found = list(reading.conn.execute(by_age.where(OPEN.entered > 0).limit(limit)))
    if len(found) < limit:
        unknown = by_age.where(OPEN.entered <= 0).limit(limit - len(found))
        found += reading.conn.execute(unknown)
    return found


def _told(
    reading: Reading, project: ProjectInfo, rows: Sequence[Row[Any]], now: int
) -> Iterator[Standing]:
    """Yield items as people know them."""
    ids = [row.item_id for row in rows]
    names, answered = item_names(reading, project, ids), _answered(reading, project, ids)
    shown = reading.people.shown(reading.plan.sources)
    place, local = place_of(project, None), zone(project.counted.timezone)
    for row in rows:
        name, batch = names[row.item_id]
        yield Standing(
            place=place,
            item=name,
            batch=batch,
            entered=datetime.fromtimestamp(row.entered / SECOND, local) if row.entered else None,
            age_s=max((now - row.entered) / SECOND, 0.0) if row.entered else None,
            answered=row.answered,
            required=row.required,
            people=tuple(shown.get(one, UNKNOWN) for one in answered.get(row.item_id, ())),
        )


def _answered(reading: Reading, project: ProjectInfo, ids: Sequence[int]) -> dict[int, list[int]]:
    """Return by item who gave it an answer that counts, earliest first."""
    row, control = schema.answer_matrix.c, schema.control.c
    own = select(control.id).where(control.project_id == project.id)
    query = (
        select(row.item_id, row.annotator_id)
        .where(row.project_id == project.id, row.control_id.in_(own), row.annotator_id != GOLD)
        .where(row.item_id.in_(bulk.among(reading.conn, ids)))
        .group_by(row.item_id, row.annotator_id)
        .order_by(func.min(row.since), row.annotator_id)
    )
    found: dict[int, list[int]] = {}
    for item, who in map(tuple, reading.conn.execute(query)):
        found.setdefault(item, []).append(who)
    return found
