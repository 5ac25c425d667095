"""Partial sums of one query: from the rollups where they answer, else from answers in memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, func, select

from labelpulse import schema
from labelpulse.core.days import month_start, week_start
from labelpulse.metrics.base import DATES, Need, Partial
from labelpulse.metrics.geometry import MIXED
from labelpulse.metrics.registry import PARTIALS
from labelpulse.metrics.repeats import IDENTICAL
from labelpulse.metrics.review import ITEMS_REVIEWED
from labelpulse.metrics.rollups import by_month, by_month_if_wide, by_week
from labelpulse.reader.care import care_rows
from labelpulse.reader.catalog import ProjectInfo
from labelpulse.reader.days import Range, cut
from labelpulse.reader.facts import Facts, by_person
from labelpulse.reader.plan import Filter, Plan
from labelpulse.reader.uncounted import Uncounted

if TYPE_CHECKING:
    from labelpulse.reader.recount import Recount

RECOUNTED = frozenset(
    {
        *("agree_items", "agree_labels", "agree_pairs", "item_labels"),
        *("annotator_pairs", "annotator_pair_days", "annotator_pair_labels", "peer_loo"),
        *("gold_confusion", "label_counts", "label_answers", "identical_pairs"),
        ITEMS_REVIEWED,
    }
)
"""Partials that arrays of answers or reviews can say, too; a test holds it against them."""

PAIR = ("annotator_a", "annotator_b")
KEYED: dict[str, tuple[str, ...]] = {
    "batch": ("batch_id",),
    "hour": ("hour",),
    "stage": ("stage",),
    "annotator": ("annotator_id",),
    "reviewer": ("reviewer_id",),
    "model_version": ("model_version_id",),
    "score_band": ("band",),
    "assisted": ("assisted",),
    "annotator_pair": PAIR,
    "team": ("annotator_id", "day"),
    "control": ("control_id",),
} | dict.fromkeys(DATES, ("day",))


_ROW_FILTERS = ("batch_id", "assisted")
"""Conditions that only a rollup with their column can answer."""


@dataclass(slots=True)
class SumRow:
    """Sums under some key columns of one project.

    Attributes:
        source, project: ids; project 0 = of no project.
        at: column -> value.
    """

    source: int
    project: int
    at: dict[str, Any]
    sums: tuple[int, ...]


class SumReader:
    """Reads the partial sums that a plan needs; remembers what it ran, for `explain`."""

    def __init__(self, conn: Connection, plan: Plan, uncounted: Uncounted) -> None:
        self._conn = conn
        self._plan = plan
        self._facts = Facts(conn, plan)
        self._recount: Recount | None = None
        self._uncounted = uncounted
        self.statements: list[Select[Any]] = []

    def rows(self, need: Need, keys: Sequence[str]) -> Iterator[SumRow]:
        """Yield the sums of a need, split by the columns that keys and need ask for."""
        partial = PARTIALS[need.partial]
        if partial.function is None:
            yield from self._care(partial)
            return
        columns = self.columns(need, partial, keys)
        rows = self._uncondensed(need, partial, columns, keys)
        for row in filter(self._person_passes, rows) if by_person(partial) else rows:
            yield self._joined(row)

    def by_item(
        self, need: Need, keys: Sequence[str]
    ) -> Iterator[tuple[ProjectInfo, int, list[SumRow]]]:
        """Yield (project, item id, what it adds to a need), from the facts."""
        partial = PARTIALS[need.partial]
        columns = self.columns(need, partial, keys)
        days = self._days(partial)
        for project in self._plan.projects:
            for item, found in self._facts.by_item(project, need, partial, columns, days):
                rows = [
                    SumRow(
                        project.source.id, project.id, dict(zip(columns, key, strict=True)), sums
                    )
                    for key, sums in found
                ]
                kept = list(filter(self._person_passes, rows)) if by_person(partial) else rows
                if kept:
                    yield project, item, list(map(self._joined, kept))

    def _joined(self, row: SumRow) -> SumRow:
        """Return sums under the questions and labels that are read as one, where some are."""
        joint = self._plan.joint
        return replace(row, at=joint.at(row.at)) if joint.stands else row

    def columns(self, need: Need, partial: Partial, keys: Sequence[str]) -> tuple[str, ...]:
        """Return the key columns to read: of keys, need, and conditions on people."""
        wanted = dict.fromkeys(column for key in keys for column in _of(key, partial))
        wanted |= dict.fromkeys(need.keep)
        if "control_id" in partial.columns:
            wanted["control_id"] = None
        if by_person(partial):
            wanted |= dict.fromkeys(self._condition_columns(partial))
        return tuple(wanted)

    def _condition_columns(self, partial: Partial) -> Iterator[str]:
        """Columns of conditions that are tested row by row."""
        plan, paired = self._plan, PAIR[0] in partial.columns
        if plan.wanted_teams is not None:
            yield from (*PAIR, "day") if paired else ("annotator_id", "day")
        if paired and (plan.pairs is not None or "annotator_id" in plan.filters):
            yield from PAIR

    def _care(self, partial: Partial) -> Iterator[SumRow]:
        for source, project, at, sums in care_rows(
            self._conn, self._plan, partial.name, self._told
        ):
            yield SumRow(source, project, at, sums)

    def _told(self, query: Select[Any]) -> Select[Any]:
        self.statements.append(query)
        return query

    def _uncondensed(
        self, need: Need, partial: Partial, columns: tuple[str, ...], keys: Sequence[str]
    ) -> Iterator[SumRow]:
        """Share the projects out between rollups and arrays, by range of days."""
        stored: dict[tuple[str, Range], list[ProjectInfo]] = {}
        for project in self._plan.projects:
            if self._plan.ranged and project.constant_time:
                continue
            if partial.name == IDENTICAL and not self._has_identical(project):
                continue
            for rollup, days in self._shares(partial, columns, keys, project):
                if rollup is not None:
                    stored.setdefault((rollup.name, days), []).append(project)
                    continue
                source = self._source(project, partial)
                if source is None:
                    continue
                for key, sums in source.contributions(project, need, partial, columns, days):
                    at = dict(zip(columns, key, strict=True))
                    yield SumRow(project.source.id, project.id, at, sums)
        for (name, days), projects in stored.items():
            yield from self._stored(need, PARTIALS[name], columns, projects, days)

    def _has_identical(self, project: ProjectInfo) -> bool:
        """True when a project has identical items; most have none, and an index says so."""
        self._uncounted.check(project, PARTIALS[schema.item_content.name])
        there = schema.item_content.c.project_id
        query = select(there).where(there == project.id, schema.REPEATED_CONTENT).limit(1)
        return self._conn.scalar(self._told(query)) is not None

    def _days(self, partial: Partial) -> Range:
        """Return the days to read: for metrics that look back, from the beginning on."""
        plan = self._plan
        if "day" not in partial.columns:
            return Range()
        return Range(None if plan.metric.history else plan.since, plan.until)

    @property
    def passes(self) -> list[str]:
        """What was counted from answers or reviews instead of read from a rollup."""
        return [] if self._recount is None else self._recount.passes

    def _source(self, project: ProjectInfo, partial: Partial) -> "Recount | None":
        """Return what counts a partial that no rollup tells finely enough; None = nothing yet."""
        if partial.name == ITEMS_REVIEWED:
            return self._recounter()
        if partial.name in RECOUNTED:
            if self._uncounted.holds(project, PARTIALS[schema.answer_matrix.name]):
                return self._recounter()
        elif self._uncounted.holds(project, partial):
            raise AssertionError(f"{partial.name} does not tell {self._plan.query}")
        self._uncounted.misses(project)
        return None

    def _recounter(self) -> "Recount":
        """Return what counts answers in memory; numpy is loaded only for it."""
        if self._recount is None:
            from labelpulse.reader.recount import Recount

            self._recount = Recount(self._conn, self._plan)
        return self._recount

    def _shares(
        self, partial: Partial, columns: tuple[str, ...], keys: Sequence[str], project: ProjectInfo
    ) -> list[tuple[Partial | None, Range]]:
        """Return (rollup that answers, or None for arrays; days) for all days of the query."""
        wanted = self._days(partial)
        coarser = PARTIALS.get(partial.coarser)
        if coarser is not None and self._answers(coarser, columns):
            partial = coarser if self._uncounted.holds(project, coarser) else partial
        if not self._answers(partial, columns):
            return [(None, wanted)]
        whole, edges = self._cut(partial, wanted, keys, project)
        finer = PARTIALS.get(partial.finer)
        if finer is not None and not self._uncounted.holds(project, finer):
            finer = None
        if whole is not None and not self._uncounted.holds(project, partial):
            return [(None, wanted)]
        return [
            *([] if whole is None else [(partial, whole)]),
            *((finer, days) for days in edges),
        ]

    def _answers(self, partial: Partial, columns: tuple[str, ...]) -> bool:
        """True when a rollup tells apart what is asked for and what conditions are about."""
        there = {"project_id", *partial.columns}
        people = "annotator_id" in self._plan.filters or self._plan.wanted_teams is not None
        return (
            partial.table is not None
            and there.issuperset(columns)
            and all(one in there for one in _ROW_FILTERS if one in self._plan.filters)
            and (by_person(partial) or not people)
        )

    def _cut(
        self, partial: Partial, wanted: Range, keys: Sequence[str], project: ProjectInfo
    ) -> tuple[Range | None, list[Range]]:
        """Return (days that a rollup has as its weeks or months, ranges that need single days)."""
        grain = self._grain(partial, project)
        if grain is None:
            return wanted, []
        start, fitting = grain
        times = {key for key in keys if "day" in KEYED.get(key, ())}
        if times - {fitting} or (self._plan.wanted_teams is not None):
            return None, [wanted]
        return cut(wanted, start)

    def _grain(
        self, partial: Partial, project: ProjectInfo
    ) -> tuple[Callable[[int], int], str] | None:
        """Return (first day of, key) where a rollup is coarser than a day for this project."""
        if partial.grain is by_week:
            return week_start, "week"
        if partial.grain is by_month:
            return month_start, "month"
        wide = any(
            one.rules.wide for one in self._plan.controls.values() if one.project == project.id
        )
        return (month_start, "month") if partial.grain is by_month_if_wide and wide else None

    def _stored(
        self,
        need: Need,
        partial: Partial,
        columns: tuple[str, ...],
        projects: list[ProjectInfo],
        days: Range,
    ) -> Iterator[SumRow]:
        query = self._select(need, partial, columns, projects, days)
        sources = {one.id: one.source.id for one in projects}
        size = len(columns)
        for project, *values in self._conn.execute(self._told(query)).all():
            at = dict(zip(columns, values[:size], strict=True))
            yield SumRow(sources[project], project, at, tuple(map(int, values[size:])))

    def _select(
        self,
        need: Need,
        partial: Partial,
        columns: tuple[str, ...],
        projects: list[ProjectInfo],
        days: Range,
    ) -> Select[Any]:
        table = partial.table
        assert table is not None  # noqa: S101 - `_shares` sent tables only
        keys = [table.c.project_id, *(table.c[column] for column in columns)]
        sums = [func.sum(table.c[measure]) for measure in partial.measures]
        query = select(*keys, *sums).where(table.c.project_id.in_([one.id for one in projects]))
        if "control_id" in partial.columns:
            query = query.where(table.c.control_id.in_(list(self._plan.controls)))
        split = "assisted" in columns or "assisted" in self._plan.filters
        if split and "assisted" in partial.columns:
            query = query.where(table.c.assisted != MIXED)
        for column, values in need.only:
            query = query.where(table.c[column].in_(values))
        for column, one in self._plan.filters.items():
            if column in partial.columns:
                query = filtered(query, table.c[column], one)
        if not days.everything:
            first = 1 if days.since is None else max(days.since, 1)
            query = query.where(table.c.day >= first)
            query = query if days.until is None else query.where(table.c.day <= days.until)
        return query.group_by(*keys)

    def _person_passes(self, row: SumRow) -> bool:
        """Test what SQL did not: teams by day, and the two people of a pair."""
        plan, at = self._plan, row.at
        people: tuple[int, ...] = (at.get("annotator_id", 0),)
        if PAIR[0] in at:
            people = (at[PAIR[0]], at[PAIR[1]])
            own = plan.filters.get("annotator_id")
            if own is not None and not own.passes_any(people):
                return False
            if plan.pairs is not None and not _pair_passes(plan.pairs, people):
                return False
        if plan.wanted_teams is None:
            return True
        day = at["day"]
        teams = (one for one, team in plan.teams.items() if any(team.has(p, day) for p in people))
        return plan.wanted_teams.passes_any(teams)


def _pair_passes(
    pairs: tuple[frozenset[tuple[int, int]] | None, frozenset[tuple[int, int]]],
    people: tuple[int, ...],
) -> bool:
    included, excluded = pairs
    return (included is None or people in included) and people not in excluded


def _of(key: str, partial: Partial) -> Iterable[str]:
    """Return the columns of a key; of somebody among two, both."""
    if key == "annotator" and PAIR[0] in partial.columns:
        return PAIR
    return KEYED.get(key, ())


def filtered(query: Select[Any], column: Any, one: Filter) -> Select[Any]:
    """Return a query of the rows whose ids in a column pass a condition."""
    if one.include is not None:
        query = query.where(column.in_(one.include))
    return query.where(column.not_in(one.exclude)) if one.exclude else query
