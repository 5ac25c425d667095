"""The items behind partial sums, one by one from the facts, for those who want to look at them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from labelpulse import schema
from labelpulse.core.days import local_day_hour
from labelpulse.core.items import AnnotationState, ItemState, ItemView
from labelpulse.metrics.accuracy import OF_FIRST
from labelpulse.metrics.base import Need, Partial
from labelpulse.reader.catalog import ProjectInfo
from labelpulse.reader.days import Range, instants
from labelpulse.reader.plan import Filter, Plan
from labelpulse.warehouse.paging import load_items

Contribution = tuple[tuple[Any, ...], tuple[int, ...]]
"""Values of the wanted columns, sums."""


def by_person(partial: Partial) -> bool:
    """True when rows say who answered, so that people are filtered by row."""
    return any(column.startswith("annotator_") for column in partial.columns)


class Facts:
    """The items of one query's projects, as its conditions leave them."""

    def __init__(self, conn: Connection, plan: Plan) -> None:
        self._conn = conn
        self._plan = plan

    def by_item(
        self, project: ProjectInfo, need: Need, partial: Partial, wanted: Sequence[str], days: Range
    ) -> Iterator[tuple[int, list[Contribution]]]:
        """Yield (item id, what it adds to a partial) for items that add anything.

        Args:
            wanted: the columns to return; ``batch_id`` is there for every partial.
            days: contributions of other days are left out.
        """
        pick = _picker(partial, wanted)
        passes = self._passing(need, partial, days)
        function = partial.function
        if function is None:
            return
        sides, first = self._plan.sides(wanted), partial.name in OF_FIRST
        for item in self._items(project, Range() if partial.any_day else days):
            kept = item if by_person(partial) else self._restricted(item, project)
            found = [
                (pick(key, item.batch, side or 0), sums)
                for side in sides
                for key, sums in function(_view(kept, project, side, first))
                if passes(key)
            ]
            if found:
                yield item.id, found

    def _passing(self, need: Need, partial: Partial, days: Range) -> Callable[[Any], bool]:
        """Return the test of a contribution's key: fixed conditions, days, questions."""
        at = {column: place for place, column in enumerate(partial.columns)}
        fixed = [(at[column], frozenset(values)) for column, values in need.only]
        fixed += [(at["control_id"], frozenset(self._plan.controls))] if "control_id" in at else []
        day = at.get("day")
        own = [(at[column], one) for column, one in self._plan.filters.items() if column in at]

        def passes(key: Any) -> bool:
            return (
                all(key[place] in values for place, values in fixed)
                and (day is None or days.has(key[day]))
                and all(one.passes(key[place]) for place, one in own)
            )

        return passes

    def _items(self, project: ProjectInfo, days: Range) -> Iterator[ItemState]:
        batches = self._plan.filters.get("batch_id", Filter())
        ids = None if days.everything else _touched(self._conn, project, days)
        for item in load_items(self._conn, project.id, ids):
            if batches.passes(item.batch):
                yield item

    def _restricted(self, item: ItemState, project: ProjectInfo) -> ItemState:
        """Return an item with the answers only of the people that the query keeps."""
        people, teams = self._plan.filters.get("annotator_id"), self._plan.wanted_teams
        if people is None and teams is None:
            return item
        zone = project.counted.timezone
        return replace(
            item,
            annotations=[
                one
                for one in item.annotations
                if (people is None or people.passes(one.annotator))
                and (teams is None or teams.passes_any(self._teams(one, zone)))
            ],
        )

    def _teams(self, one: AnnotationState, zone: str) -> Iterator[int]:
        day, _ = local_day_hour(one.submitted_at, zone)
        return (id_ for id_, team in self._plan.teams.items() if team.has(one.annotator, day))


def _touched(conn: Connection, project: ProjectInfo, days: Range) -> list[int]:
    """Return the ids of items with a submission about those days: any other adds nothing there."""
    row = schema.annotation.c
    since, until = instants(days, project.counted.timezone)
    query = select(row.item_id).where(row.project_id == project.id).distinct()
    if since is not None:
        query = query.where(row.submitted_at >= since)
    if until is not None:
        query = query.where(row.submitted_at < until)
    return list(conn.scalars(query))


def _view(item: ItemState, project: ProjectInfo, side: int | None, first: bool) -> ItemView:
    """Return an item with all its countable answers, or only those assisted or not.

    Args:
        first: people's first answers are asked for.
    """
    view = ItemView(item, project.counted)
    if side is not None:
        kept = {
            control: [
                row for row in rows if (row.first_assisted if first else row.assisted) == bool(side)
            ]
            for control, rows in view.countable.items()
        }
        view.countable = {control: rows for control, rows in kept.items() if rows}
    return view


def _picker(partial: Partial, wanted: Sequence[str]) -> Callable[[Any, int, int], tuple[Any, ...]]:
    """Return what takes the wanted columns of a key; the batch and the side stand beside it."""
    at = {column: place for place, column in enumerate(partial.columns)}
    beside = {"batch_id": -2, "assisted": -1}
    places = [at.get(column, beside.get(column, -2)) for column in wanted]
    return lambda key, batch, side: tuple((*key, batch, side)[place] for place in places)
