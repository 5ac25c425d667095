"""Partial sums counted anew from arrays of answers, where no rollup is fine enough: exact."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from sqlalchemy import Connection

from labelpulse.metrics import singles, vectors
from labelpulse.metrics.accuracy import OF_FIRST
from labelpulse.metrics.agreement import COMPOSITIONS
from labelpulse.metrics.arrays import Answers, Flags, Ints, within
from labelpulse.metrics.base import Control, Need, Partial
from labelpulse.metrics.review import ITEMS_REVIEWED
from labelpulse.reader import matrices, reviews
from labelpulse.reader.catalog import ProjectInfo
from labelpulse.reader.days import Range
from labelpulse.reader.facts import Contribution, by_person
from labelpulse.reader.people import Strangers, strangers
from labelpulse.reader.plan import Plan


def countable(partial: Partial) -> bool:
    """True for partials that arrays of answers or reviews can say."""
    return partial.name in {*vectors.SUMS, *singles.SINGLES, COMPOSITIONS, ITEMS_REVIEWED}


class Recount:
    """Counts the answers that one query chooses."""

    def __init__(self, conn: Connection, plan: Plan) -> None:
        self._conn = conn
        self._plan = plan
        self._compared: dict[tuple[int, bool, int | None], vectors.Compared] = {}
        self.passes: list[str] = []

    def contributions(
        self, project: ProjectInfo, need: Need, partial: Partial, wanted: Sequence[str], days: Range
    ) -> Iterator[Contribution]:
        """Yield (values of the wanted columns, sums) of a project's answers."""
        sums, name = partial.name, repr(project.label)
        if partial.name == ITEMS_REVIEWED:
            self.passes.append(f"{sums} of project {name} from its reviews")
            yield from self._kept(*self._reviewed(project), need, wanted, days)
            return
        self.passes.append(f"{sums} of project {name} from its answers")
        own = [one for one in self._plan.controls.values() if one.project == project.id]
        for control, side in product(own, self._plan.sides(wanted)):
            same = {"control_id": control.id, "assisted": side or 0}
            if partial.name == COMPOSITIONS:
                one = self._compare(project, control.id, False, side)
                yield from self._compositions(one, same, wanted, days)
                continue
            columns, measures = self._sums(project, control, partial, side)
            columns |= {name: np.full(len(measures[0]), value) for name, value in same.items()}
            yield from self._kept(columns, measures, need, wanted, days)

    def _kept(
        self,
        columns: vectors.Columns,
        measures: tuple[Ints, ...],
        need: Need,
        wanted: Sequence[str],
        days: Range,
    ) -> Iterator[Contribution]:
        """Yield the sums of the rows that pass a need's and the query's conditions."""
        keep = self._passing(columns, need, days)
        yield from vectors.grouped(
            [columns[name][keep] for name in wanted], [value[keep] for value in measures]
        )

    def _reviewed(self, project: ProjectInfo) -> tuple[vectors.Columns, tuple[Ints, ...]]:
        found = reviews.load(self._conn, project, self._strangers)
        return singles.item_review_sums(found, reviews.of_people(self._plan, found))

    def _sums(
        self, project: ProjectInfo, control: Control, partial: Partial, side: int | None
    ) -> tuple[vectors.Columns, tuple[Ints, ...]]:
        if partial.name in vectors.SUMS:
            one = self._compare(project, control.id, by_person(partial), side)
            return vectors.SUMS[partial.name](one)
        answers = matrices.load(self._conn, project, control.id, self._strangers)
        mask = self._chosen(answers, side, people=False, first=partial.name in OF_FIRST)
        return singles.SINGLES[partial.name](answers, mask, control)

    def _chosen(
        self, answers: Answers, side: int | None, *, people: bool, first: bool = False
    ) -> Flags:
        found = matrices.chosen(self._plan, answers, days=False, people=people)
        assisted = answers.first_assisted if first else answers.assisted
        return found if side is None else found & (assisted == bool(side))

    def _compare(
        self, project: ProjectInfo, control: int, people: bool, side: int | None
    ) -> vectors.Compared:
        """Compare the chosen answers: where rows name people, conditions on people test rows."""
        key = control, people, side
        if key not in self._compared:
            answers = matrices.load(self._conn, project, control, self._strangers)
            mask = self._chosen(answers, side, people=not people)
            exact = self._plan.controls[control].rules.exact
            self._compared[key] = vectors.compared(answers, mask, exact=exact)
        return self._compared[key]

    @cached_property
    def _strangers(self) -> Strangers:
        return strangers(self._conn)

    def _passing(self, columns: vectors.Columns, need: Need, days: Range) -> Any:
        keep = np.ones(len(columns["day"]), dtype=bool)
        for column, values in need.only:
            keep &= np.isin(columns[column], list(values))
        keep &= within(days, columns["day"])
        for column, one in self._plan.filters.items():
            if column in columns:
                keep &= matrices.passing(one, columns[column])
        return keep

    def _compositions(
        self, one: vectors.Compared, same: dict[str, int], wanted: Sequence[str], days: Range
    ) -> Iterator[Contribution]:
        for found, n in vectors.composition_sums(one):
            at = found | same
            if days.has(at["day"]):
                yield tuple(at[name] for name in wanted), (n,)
