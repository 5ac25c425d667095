"""The queue of items to look at: what to put there, what waits there, and what became of it."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import Engine, Select, select

from labelpulse import schema
from labelpulse.core.days import SECOND, local_day_hour, now_us
from labelpulse.core.errors import UsageError
from labelpulse.core.queue import REASON_SENTENCES, Reason, State
from labelpulse.metrics.base import Control
from labelpulse.metrics.registry import metric
from labelpulse.reader.catalog import ProjectInfo
from labelpulse.reader.query import EVERYONE, MetricQuery, Scope
from labelpulse.reader.read import Reading
from labelpulse.reader.readings import ItemSaid, readings
from labelpulse.warehouse import bulk
from labelpulse.warehouse.engine import snapshot
from labelpulse.warehouse.queue import Wanted

LIMIT = 50
MATRIX = "disagreement_share"
"""A metric on the answers to a question, which takes the same conditions as lists of items."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item is: its project, and the question that this is about ("" = the whole item)."""

    project_id: int
    project: str
    source: str
    native_project: str
    control_id: int
    control: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the queue, or what would be one.

    Attributes:
        id: None = a suggestion, that no entry waits for.
        item: the native id; batch: its name.
        evidence: what put it there: metric, version, value, and what else the metric tells.
        state: None = a suggestion. age_s: seconds that it waits or waited; None for suggestions.
        opened_at, sent_at, decided_at: microseconds UTC.
        author: who decided by hand; None where the source told.
        said: what people say now of the item, on its question.
        also: further reasons, of a suggestion.
    """

    place: Place
    item_id: int
    item: str
    batch: str | None
    reason: Reason
    evidence: dict[str, Any]
    said: ItemSaid | None = None
    id: int | None = None
    owner: str = ""
    state: State | None = None
    opened_at: int | None = None
    sent_at: int | None = None
    decided_at: int | None = None
    age_s: float | None = None
    outcome: str | None = None
    author: str | None = None
    also: tuple[Reason, ...] = field(default=())

    @property
    def words(self) -> str:
        """The reason as people read it."""
        return REASON_SENTENCES[self.reason]


@dataclass(frozen=True, slots=True)
class Keep:
    """Which entries to tell; None = all. since: opened on or after this day of their project."""

    states: Collection[State] | None = None
    reasons: Collection[Reason] | None = None
    owner: str | None = None
    ids: Collection[int] | None = None
    limit: int | None = None
    since: date | None = None


def suggestions(  # noqa: PLR0913 - keyword-only: which items
    engine: Engine,
    query: MetricQuery,
    scope: Scope = EVERYONE,
    *,
    reasons: Collection[Reason] | None = None,
    since: date | None = None,
    limit: int = LIMIT,
    clock: Callable[[], int] = now_us,
) -> list[Entry]:
    """Return the items to look at next, by reason, the clearest cases of each first.

    Args:
        query: project, control and where (batch); metric, by and days do not matter.
        reasons: None = all, and then an item stands once for a question, under its first reason.
        since: only items with an answer to the question on or after this local day, whoever gave
            it; what is said of them rests on all answers, and the plan is that of all items.
        limit: of each reason and question.

    Returns:
        Items that no reviewer accepted or fixed; with the id and state of an entry that waits.
    """
    from labelpulse.metrics.worklists import PICKERS, answered_since

    day = None if since is None else since.toordinal()
    found: list[Entry] = []
    with snapshot(engine) as conn:
        reading = Reading(conn, on_matrix(replace(query, since=None, until=None)), scope, clock())
        for project, group in reading.questions():
            reading.catalog.fill_labels({group.control.id: group.control})
            among = answered_since(group, day)
            picks = [
                (reason, pick)
                for reason, picker in PICKERS.items()
                if reasons is None or reason in reasons
                for pick in picker(group, among, limit)
            ]
            place = place_of(project, group.control)
            said = readings(reading, project, group.control, {one.item for _, one in picks})
            own = [
                _suggestion(place, said[one.item], reason, one.metric, one.value, one.more)
                for reason, one in picks
            ]
            found += _with_entries(reading, own)
    order = {reason: at for at, reason in enumerate(PICKERS)}
    found.sort(key=lambda one: order[one.reason])
    return found if reasons is not None else _once(found)


def _suggestion(
    place: Place, said: ItemSaid, reason: Reason, name: str, value: Any, more: Any
) -> Entry:
    evidence = {"metric": name, "version": metric(name).version, "value": value, **more}
    return Entry(place, said.item_id, said.item, said.batch, reason, evidence, said)


def _once(found: Sequence[Entry]) -> list[Entry]:
    """Keep an item once a question, under its first reason, and name the others."""
    kept: dict[tuple[int, int], Entry] = {}
    for one in found:
        key = one.item_id, one.place.control_id
        first = kept.setdefault(key, one)
        if first is not one:
            kept[key] = replace(first, also=(*first.also, one.reason))
    return list(kept.values())


def _with_entries(reading: Reading, found: Sequence[Entry]) -> Iterator[Entry]:
    """Yield suggestions with the entry that waits for each, if any."""
    if not found:
        return
    row = schema.queue_entry.c
    query = select(row.item_id, row.control_id, row.reason, row.id, row.state, row.owner).where(
        row.project_id == found[0].place.project_id,
        row.decided_at.is_(None),
        row.item_id.in_(bulk.among(reading.conn, {one.item_id for one in found})),
    )
    waiting = {
        (item, control, reason): rest
        for item, control, reason, *rest in map(tuple, reading.conn.execute(query))
    }
    for one in found:
        rest = waiting.get((one.item_id, one.place.control_id, one.reason))
        if rest is None:
            yield one
        else:
            yield replace(one, id=rest[0], state=State(rest[1]), owner=rest[2])


def entries(
    engine: Engine,
    query: MetricQuery,
    scope: Scope = EVERYONE,
    keep: Keep = Keep(),
    *,
    clock: Callable[[], int] = now_us,
) -> list[Entry]:
    """Return the entries of the queue: those that wait, longest first, then the newest decisions.

    Args:
        query: project, control and where (batch); metric, by and days do not matter.
    """
    now = clock()
    with snapshot(engine) as conn:
        reading = Reading(conn, on_matrix(replace(query, since=None, until=None)), scope, now)
        projects = {one.id: one for one in reading.plan.projects}
        statement = _chosen(projects, keep)
        controls = reading.plan.controls
        rows = [
            row
            for row in conn.execute(statement)
            if row.control_id in controls or (not row.control_id and query.control is None)
        ]
        batches = reading.plan.filters.get("batch_id")
        rows = [row for row in rows if batches is None or batches.passes(row.batch_id)]
        rows = [row for row in rows if _opened_since(row, projects[row.project_id], keep.since)]
        rows = rows[: keep.limit]
        said = _said(reading, projects, controls, rows)
        return [_entry(row, projects, controls, said, now) for row in rows]


def _opened_since(row: Any, project: ProjectInfo, since: date | None) -> bool:
    if since is None:
        return True
    return local_day_hour(row.opened_at, project.counted.timezone)[0] >= since.toordinal()


def on_matrix(query: MetricQuery) -> MetricQuery:
    """Return the query that reads the answers which another query is about."""
    return replace(query, metric=MATRIX, by=("project", "control"))


def _chosen(projects: Collection[int], keep: Keep) -> Select[Any]:
    row, item = schema.queue_entry.c, schema.item.c
    query: Select[Any] = (
        select(
            schema.queue_entry, item.native_id, item.batch_id, schema.batch.c.name.label("batch")
        )
        .join(schema.item, (item.project_id == row.project_id) & (item.id == row.item_id))
        .outerjoin(schema.batch, schema.batch.c.id == item.batch_id)
        .where(row.project_id.in_(projects))
        .order_by(row.decided_at.is_not(None), row.decided_at.desc(), row.opened_at, row.id)
    )
    for column, kept in ((row.state, keep.states), (row.reason, keep.reasons), (row.id, keep.ids)):
        if kept is not None:
            query = query.where(column.in_(list(kept)))
    return query if keep.owner is None else query.where(row.owner == keep.owner)


def _said(
    reading: Reading,
    projects: dict[int, ProjectInfo],
    controls: dict[int, Control],
    rows: Sequence[Any],
) -> dict[tuple[int, int], ItemSaid]:
    """Return (item, question) -> what is said of it."""
    found: dict[tuple[int, int], ItemSaid] = {}
    for place in {(row.project_id, row.control_id) for row in rows if row.control_id}:
        ids = [row.item_id for row in rows if (row.project_id, row.control_id) == place]
        told = readings(reading, projects[place[0]], controls[place[1]], ids)
        found |= {(item, place[1]): one for item, one in told.items()}
    return found


def _entry(
    row: Any,
    projects: dict[int, ProjectInfo],
    controls: dict[int, Control],
    said: dict[tuple[int, int], ItemSaid],
    now: int,
) -> Entry:
    return Entry(
        place=place_of(projects[row.project_id], controls.get(row.control_id)),
        item_id=row.item_id,
        item=row.native_id,
        batch=row.batch,
        reason=Reason(row.reason),
        evidence=json.loads(row.evidence),
        said=said.get((row.item_id, row.control_id)),
        id=row.id,
        owner=row.owner,
        state=State(row.state),
        opened_at=row.opened_at,
        sent_at=row.sent_at,
        decided_at=row.decided_at,
        age_s=max(((row.decided_at or now) - row.opened_at) / SECOND, 0.0),
        outcome=row.outcome,
        author=row.author,
    )


def place_of(project: ProjectInfo, control: Control | None) -> Place:
    """Return a project and a question (None = the whole item) as a place."""
    return Place(
        project.id,
        project.label,
        project.source.name,
        project.native_id,
        0 if control is None else control.id,
        "" if control is None else control.name,
    )


def named(
    engine: Engine, query: MetricQuery, names: Sequence[str], scope: Scope = EVERYONE
) -> list[Entry]:
    """Return items of one project by native id, as entries that somebody puts there by hand.

    Args:
        query: project and control; without a control they are about the item as a whole.

    Raises:
        UsageError: several projects are meant, or an item is unknown.
    """
    with snapshot(engine) as conn:
        reading = Reading(conn, on_matrix(query), scope, now_us())
        if len(reading.plan.projects) != 1:
            raise UsageError("items are named within one project: say which with --project")
        (project,) = reading.plan.projects
        control = next(iter(reading.plan.controls.values())) if query.control else None
        item = schema.item.c
        those = bulk.among_texts(conn, names)
        rows = conn.execute(
            select(item.native_id, item.id).where(
                item.project_id == project.id, item.native_id.in_(those)
            )
        )
        ids = {row.native_id: row.id for row in rows}
        missing = next((one for one in names if one not in ids), None)
        if missing is not None:
            raise UsageError(f"project {project.label!r} has no item {missing!r}")
        place = place_of(project, control)
        return [Entry(place, ids[one], one, None, Reason.BY_HAND, {}) for one in names]


def wanted(one: Entry, owner: str = "") -> Wanted:
    """Return an entry or suggestion as the warehouse takes it."""
    place = one.place
    return Wanted(place.project_id, one.item_id, place.control_id, one.reason, owner, one.evidence)
