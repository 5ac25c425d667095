"""The items behind a disagreement: who said what, those answered last first."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine, func, select

from labelpulse import schema
from labelpulse.core.days import now_us
from labelpulse.core.queue import Reason
from labelpulse.metrics.answers import answer_of, label_name
from labelpulse.metrics.base import Control, Group
from labelpulse.reader.catalog import ProjectInfo
from labelpulse.reader.confusions import AT, NO_ONE, ONE, both
from labelpulse.reader.days import begins
from labelpulse.reader.plan import Plan
from labelpulse.reader.query import EVERYONE, MetricQuery, Scope
from labelpulse.reader.queue import Entry, Place, on_matrix, place_of
from labelpulse.reader.read import Reading
from labelpulse.reader.readings import ItemSaid, readings
from labelpulse.warehouse.engine import snapshot


@dataclass(frozen=True, slots=True)
class Behind:
    """An item that people disagree on, and what they said of it."""

    place: Place
    said: ItemSaid


def items_behind(  # noqa: PLR0913 - keyword-only: which items
    engine: Engine,
    query: MetricQuery,
    scope: Scope = EVERYONE,
    *,
    labels: tuple[str, str] | None = None,
    annotator: str | None = None,
    since: date | None = None,
    limit: int = 20,
) -> list[Behind]:
    """Return the items of a disagreement, those answered last first (so by one of the labels).

    Args:
        query: project, control, where (batch, annotator, team), since and until (of submission);
            its metric and `by` do not matter.
        labels: only items to which two people gave these two labels.
        annotator: only items where this person, as shown or by native id, answered against the
            known answer, else against more than half of the others.
        since: only items with an answer to the question on or after this local day, whoever gave
            it; the query's own days are of the answers that disagree.
        limit: of each question.

    Raises:
        UsageError: the query, or the person, is unknown.
    """
    found: list[Behind] = []
    with snapshot(engine) as conn:
        reading = Reading(conn, on_matrix(query), scope, now_us())
        who = None
        if annotator is not None:
            who = reading.people.find(annotator, reading.plan.sources)
        for project, group in reading.questions():
            reading.catalog.fill_labels({group.control.id: group.control})
            if labels is not None and who is None and _whole(reading.plan):
                ids = _of_pair(reading, project, group.control, labels, since, limit)
            else:
                ids = _in_memory(group, labels, who, since, limit)
            said = readings(reading, project, group.control, ids)
            place = place_of(project, group.control)
            found += [Behind(place, said[one]) for one in ids]
    return found


def _in_memory(
    group: Group,
    labels: tuple[str, str] | None,
    who: frozenset[int] | None,
    since: date | None,
    limit: int,
) -> list[int]:
    """Return the ids of the items that are asked for, from all answers in memory."""
    from labelpulse.metrics import worklists  # numpy

    if labels is None:
        apart = who is None
        found = worklists.items_apart(group) if apart else worklists.every_item(group)
    else:
        found = worklists.items_of_pair(group, *labels)
    if who is not None:
        found = found & worklists.items_against(group, who)
    if since is not None:
        found = found & worklists.answered_since(group, since.toordinal())
    return worklists.newest(group, found, limit, labels)


def _whole(plan: Plan) -> bool:
    """True when a query has no condition on answers."""
    return not (plan.filters or plan.ranged or plan.wanted_teams)


def _of_pair(
    reading: Reading,
    project: ProjectInfo,
    control: Control,
    labels: tuple[str, str],
    since: date | None,
    limit: int,
) -> list[int]:
    """Return the newest items of a pair, found by the database."""
    ask = reading.plan.ask
    sides = [
        [one for one in control.labels if label_name(answer_of(control, ask, one)) == text]
        for text in labels
    ]
    item = ONE.c.item_id
    found = both(project.id, control.id, sides, reading.people.strangers.unknown, [item])
    if since is not None:
        row = schema.answer_matrix.c
        lately = select(row.item_id).where(
            row.project_id == project.id,
            row.control_id == control.id,
            row.annotator_id != NO_ONE,
            row.since >= begins(since.toordinal(), project.counted.timezone),
        )
        found = found.where(item.in_(lately))
    newest = found.group_by(item).order_by(func.max(AT).desc(), item).limit(limit)
    return list(reading.conn.scalars(newest))


def as_entry(one: Behind, labels: tuple[str, str] | None) -> Entry:
    """Return an item behind a disagreement as a suggestion.

    Args:
        labels: the pair that was asked for; None = it was somebody's answers.
    """
    reason = Reason.BY_HAND if labels is None else Reason.LABEL_PAIR
    evidence = {} if labels is None else {"pair": list(labels)}
    said = one.said
    return Entry(one.place, said.item_id, said.item, said.batch, reason, evidence, said)
