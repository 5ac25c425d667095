"""Two labels of one item: who gave which, on what day, and on which items."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Select,
    and_,
    case,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from labelpulse import schema
from labelpulse.core.days import day_text, local_day_hour, now_us
from labelpulse.core.errors import UsageError
from labelpulse.reader.days import begins
from labelpulse.reader.plan import Filter, Plan
from labelpulse.reader.query import EVERYONE, MetricQuery, Row, Scope
from labelpulse.reader.read import Reading
from labelpulse.reader.who import teams
from labelpulse.warehouse.engine import snapshot

NO_ONE = 0
"""The matrix keeps an item's known answer as nobody's."""

MOST = 20
"""Items that are shown of two readings, the newest first."""

ONE, OTHER = schema.answer_matrix.alias("one"), schema.answer_matrix.alias("other")
"""Two answers to one item."""

AT = case((ONE.c.since > OTHER.c.since, ONE.c.since), else_=OTHER.c.since)
"""When the second of the two answers was given."""


def readings(engine: Engine, query: MetricQuery, scope: Scope = EVERYONE) -> list[Row]:
    """Return items to which one person gave one label and another person the other.

    Args:
        query: project, control, since, until; ``where`` names the two labels, as ``label=A`` and
            ``label=B``; its conditions on batches, people and teams are on both answers, as where
            pairs of labels are counted. Its metric and `by` do not matter.

    Returns:
        Rows with ``item``, ``annotator_a`` (who gave the first label), ``annotator_b`` and ``day``
        (of the later answer, None = unknown), the newest first, up to `MOST`.
    """
    with snapshot(engine) as conn:
        asked = _Asked(conn, query, scope)
        item = schema.item.c
        found = asked.joined(ONE.c.item_id, ONE.c.annotator_id, OTHER.c.annotator_id, AT)
        rows = conn.execute(found.order_by(AT.desc(), ONE.c.item_id).limit(MOST)).all()
        names = conn.execute(
            select(item.id, item.native_id).where(
                item.project_id == asked.project.id, item.id.in_({row[0] for row in rows})
            )
        )
        native = {row.id: row.native_id for row in names}
        zone = asked.project.counted.timezone
        return [
            {
                "item": native.get(one, str(one)),
                "annotator_a": asked.who(first),
                "annotator_b": asked.who(second),
                "day": day_text(local_day_hour(at, zone)[0]) if at else None,
            }
            for one, first, second, at in rows
        ]


def sides(engine: Engine, query: MetricQuery, scope: Scope = EVERYONE) -> list[Row]:
    """Return how often each person gave one label where somebody else gave the other.

    Args:
        query: as for `readings`.

    Returns:
        Rows with ``annotator``, ``team`` (None = in none), ``first`` and ``second`` (items that
        they gave that label, and somebody else the other), n = both, most first.
    """
    with snapshot(engine) as conn:
        asked = _Asked(conn, query, scope)
        found: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
        items = func.count(ONE.c.item_id.distinct())  # one answer is one, whomever it is beside
        for side, given in enumerate((ONE, OTHER)):
            counted = asked.joined(given.c.annotator_id, items).group_by(given.c.annotator_id)
            for who, n in conn.execute(counted):
                found[who][side] += n
        now = local_day_hour(now_us(), asked.project.counted.timezone)[0]
        there = sorted(teams(conn).values(), key=lambda team: team.name)
        rows = [
            {
                "annotator": asked.who(who),
                "team": next((one.name for one in there if one.has(who, now)), None),
                "first": first,
                "second": second,
                "n": first + second,
            }
            for who, (first, second) in found.items()
        ]
    return sorted(rows, key=lambda row: (-row["n"], str(row["annotator"])))


def both(
    project: int,
    control: int,
    sides: Sequence[Collection[int]],
    unknown: Collection[int],
    columns: Sequence[Any],
) -> Select[Any]:
    """Return a selection of `ONE` and `OTHER`: two people's answers to an item, one of each side.

    The database finds them: to have all answers in memory takes seconds for a million, this less
    than one.

    Args:
        sides: ids of the labels of `ONE`, and of `OTHER`.
        unknown: annotators who stand for nobody in particular.
    """
    one, other = ONE.c, OTHER.c
    same = and_(
        other.project_id == one.project_id,
        other.control_id == one.control_id,
        other.item_id == one.item_id,
        other.annotator_id != one.annotator_id,
    )
    nobody = sorted({NO_ONE, *unknown})
    return (
        select(*columns)
        .join_from(ONE, OTHER, same)
        .where(one.project_id == project, one.control_id == control)
        .where(*(row.label_id.in_(ids) for row, ids in zip((one, other), sides, strict=True)))
        .where(*(row.annotator_id.not_in(nobody) for row in (one, other)))
    )


class _Asked:
    """A query on two labels of one question."""

    def __init__(self, conn: Connection, query: MetricQuery, scope: Scope) -> None:
        wanted = [one.value for one in query.where if one.key == "label" and one.equal]
        if len(wanted) != 2:
            raise UsageError("two readings need two labels: where label=A and label=B")
        where = tuple(one for one in query.where if one.key != "label")
        asked = replace(query, metric="agreement_percent", by=(), where=where)
        self._reading = reading = Reading(conn, asked, scope, now_us())
        plan = reading.plan
        if len(plan.projects) != 1 or len(plan.controls) != 1:
            raise UsageError("two readings are of one project and one control: name them")
        (self.project,) = plan.projects
        (self._control,) = plan.controls
        reading.catalog.fill_labels(plan.controls)
        labels = plan.controls[self._control].labels
        self._labels = [[one for one, text in labels.items() if text == name] for name in wanted]
        self._since, self._until = plan.since, plan.until

    def joined(self, *columns: Any) -> Select[Any]:
        """Return a selection of pairs of answers with the first and the second label."""
        plan, timezone = self._reading.plan, self.project.counted.timezone
        unknown = self._reading.people.strangers.unknown
        found = both(self.project.id, self._control, self._labels, unknown, columns).where(
            *_conditions(plan, ONE, timezone), *_conditions(plan, OTHER, timezone)
        )
        for day, after in ((self._since, True), (self._until, False)):
            if day is not None:
                edge = begins(day + (not after), timezone)
                found = found.where(edge <= AT if after else and_(edge > AT, AT > 0))
        return found

    def who(self, annotator: int) -> str:
        """Return what a person is shown as."""
        shown = self._reading.people.shown(self._reading.plan.sources)
        return shown.get(annotator, str(annotator))


_Passes = ColumnElement[bool]


def _conditions(plan: Plan, row: FromClause, timezone: str) -> Iterator[_Passes]:
    """Give a plan's conditions on an answer; teams by the day on which it was given."""
    for name in ("batch_id", "annotator_id", "assisted"):
        if (own := plan.filters.get(name)) is not None:
            yield _passes(own, row.c[name].in_)
    if plan.wanted_teams is not None:
        yield _passes(plan.wanted_teams, lambda ids: _in_teams(plan, row, ids, timezone))


def _passes(one: Filter, holds: Callable[[frozenset[int]], _Passes]) -> _Passes:
    """Return the condition that something holds of the ids wanted, and of none that are not."""
    wanted = true() if one.include is None else holds(one.include)
    return and_(wanted, not_(holds(one.exclude))) if one.exclude else wanted


def _in_teams(plan: Plan, row: FromClause, wanted: frozenset[int], timezone: str) -> _Passes:
    """Return the condition that who answered was in one of some teams then.

    People are put together by the days of their membership: mostly they are all of the same.
    """
    spans: defaultdict[tuple[int, int | None], set[int]] = defaultdict(set)
    for one, team in plan.teams.items():
        if one in wanted:
            for who, days in team.members.items():
                for span in days:
                    spans[span].add(who)
    found: list[_Passes] = []
    for (since, until), people in spans.items():
        edges = [row.c.since >= begins(since, timezone)] if since > 0 else []
        edges += [] if until is None else [row.c.since < begins(until + 1, timezone)]
        found.append(and_(row.c.annotator_id.in_(people), *edges))
    return or_(false(), *found)
