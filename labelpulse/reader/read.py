"""Reading a metric: plan, partial sums, groups, numbers, rows."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from operator import add
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine

from labelpulse import schema
from labelpulse.core.days import day_text, iso, local_day_hour, now_us
from labelpulse.core.estimate import Estimate, undefined
from labelpulse.metrics.base import (
    PLACE,
    QUARANTINED,
    REPAIRED,
    SOURCES,
    Control,
    Extra,
    Group,
    Need,
    Project,
    Sums,
)
from labelpulse.metrics.registry import PARTIALS
from labelpulse.reader import notes
from labelpulse.reader.catalog import ProjectInfo, SourceInfo
from labelpulse.reader.keys import KeyValues, Namer, columns_of, in_order, null_notes
from labelpulse.reader.members import SINGLE, Members
from labelpulse.reader.moment import Moment
from labelpulse.reader.people import People
from labelpulse.reader.plan import Plan
from labelpulse.reader.query import EVERYONE, MetricQuery, Result, Row, Scope
from labelpulse.reader.sums import SumReader, SumRow
from labelpulse.reader.uncounted import NOT_YET, Uncounted
from labelpulse.warehouse.engine import snapshot

if TYPE_CHECKING:
    from labelpulse.metrics.arrays import ChosenReviews, Matrix

FILES = ("import", "folder")
"""Types of the sources that are files: they tell all they know at once."""


class Reading:
    """One query at work; everything it reads belongs to one moment of the warehouse."""

    def __init__(self, conn: Connection, query: MetricQuery, scope: Scope, now: int) -> None:
        moment = Moment(conn, scope, now)
        self._open(moment, moment.plan(query))

    def _open(self, moment: Moment, plan: Plan) -> None:
        self._moment, self.plan = moment, plan
        self.conn, self.catalog = moment.conn, moment.catalog
        self.uncounted = Uncounted()
        self.reader = self._reads(plan)
        self.members: dict[KeyValues, Members] = {}
        self.visitors = 0
        self._told: set[int] = set()
        self._overall: dict[Need, int] = {}
        self._peers: dict[Need, dict[tuple[int, int], dict[tuple[Any, ...], tuple[int, ...]]]] = {}
        self._sums: dict[Need, Mapping[KeyValues, Sums]] = {}

    def _reads(self, plan: Plan) -> SumReader:
        """Return what reads the sums of a plan, which is this reading's or that of everybody."""
        return SumReader(self.conn, plan, self.uncounted)

    @property
    def people(self) -> People:
        """The annotators of the warehouse."""
        return self._moment.people

    @cached_property
    def _namer(self) -> Namer:
        return Namer(self.catalog, lambda: self.people, self.plan)

    def sums(self, need: Need, group: KeyValues) -> Sums:
        """Return the sums of a need in one group, by its kept columns."""
        if need not in self._sums:
            self._sums[need] = self._fetch(need)
        return self._sums[need].get(group, {})

    def _fetch(self, need: Need) -> Mapping[KeyValues, Sums]:
        found: dict[KeyValues, dict[tuple[Any, ...], tuple[int, ...]]] = {}
        for row in self.reader.rows(need, self.plan.own_keys):
            kept = tuple(row.at[column] for column in need.keep)
            for key in self._namer.groups(row):
                self._enter(key, row)
                into = found.setdefault(key, {})
                there = into.get(kept)
                into[kept] = row.sums if there is None else tuple(map(add, there, row.sums))
        return found

    def _enter(self, key: KeyValues, row: SumRow) -> None:
        member = self.members.get(key) or self.members.setdefault(key, Members())
        member.projects.add(row.project)
        if "control_id" in row.at:
            member.controls.add(row.at["control_id"])
        for name, column in SINGLE.items():
            if name in self.plan.own_keys and column in row.at:
                member.at[column] = row.at[column]

    def fetched(
        self,
    ) -> Iterator[tuple[Need, KeyValues, tuple[Any, ...], tuple[int, ...]]]:
        """Yield all sums read so far: need, group, kept columns, measures."""
        for need, groups in self._sums.items():
            for group, sums in groups.items():
                for kept, values in sorted(sums.items(), key=str):
                    yield need, group, kept, values

    def overall(self, need: Need) -> int:
        """Return the first measure of a need over all groups."""
        if need not in self._overall:
            self._overall[need] = sum(row.sums[0] for row in self.reader.rows(need, ()))
        return self._overall[need]

    def group_keys(self) -> list[KeyValues]:
        """Return the groups that have data, and those that get a row without any."""
        for need in self.plan.metric.needs:
            self.sums(need, ())
        if self.plan.seeded:
            for key, row in self._namer.seeds():
                self._enter(key, row)
        return list(self.members)

    def groups(self) -> Iterator[tuple[KeyValues, Group]]:
        """Yield those groups."""
        for key in self.group_keys():
            yield key, self._group(key)

    def _group(self, key: KeyValues) -> Group:
        member = self.members[key]
        joint = self.plan.joint.controls
        controls = [joint.get(one, self.plan.controls[one]) for one in sorted(member.controls)]
        projects = self._projects(key)
        watched = [one for one in projects if one.source.type not in FILES]
        since = min(
            (local_day_hour(one.observed_since, one.counted.timezone)[0] for one in watched),
            default=0,
        )
        return Group(
            ask=self.plan.ask,
            controls=tuple(controls),
            gold=next((one.counted.gold for one in projects if one.counted.gold != "none"), "none"),
            observed_since=day_text(since) or "",
            sums=lambda need: self.sums(need, key),
            overall=self.overall,
            unknown=lambda: self.people.strangers.all,
            same=lambda: self.people.same,
            matrix=lambda: self._matrix(projects, controls, member.at),
            reviews=lambda: self._reviews(projects[0]),
            projects=tuple(map(self._project, projects)),
            everybody=lambda need: self._everybody(need, member),
            siblings=len(self.members),
            rates=lambda: self._moment.rates,
        )

    def _everybody(self, need: Need, member: Members) -> Sums:
        """Return the sums of a need in a group's projects and questions, of all people."""
        if need not in self._peers:
            self._peers[need] = {}
            reader = self._reads(self.plan.of_everybody())
            for row in reader.rows(need, ()):
                into = self._peers[need].setdefault((row.project, row.at.get("control_id", 0)), {})
                kept = tuple(row.at[column] for column in need.keep)
                there = into.get(kept)
                into[kept] = row.sums if there is None else tuple(map(add, there, row.sums))
            self.reader.statements += reader.statements
        found: dict[tuple[Any, ...], tuple[int, ...]] = {}
        for (project, control), sums in self._peers[need].items():
            if project in member.projects and (not control or control in member.controls):
                for kept, values in sums.items():
                    there = found.get(kept)
                    found[kept] = values if there is None else tuple(map(add, there, values))
        return found

    def _project(self, one: ProjectInfo) -> Project:
        zone, live = one.counted.timezone, one.source.type not in FILES
        today, _ = local_day_hour(self._moment.now, zone)
        return Project(one.id, zone, today, one.deadline, one.holidays, live)

    def _matrix(
        self, projects: list[ProjectInfo], controls: list[Control], at: Mapping[str, int]
    ) -> "Matrix":
        """Return the answers to a group's question; numpy is loaded for those that ask."""
        from labelpulse.reader import matrices

        (project,), (control,) = projects, controls
        self.uncounted.check(project, PARTIALS[schema.answer_matrix.name])
        if control.id not in self._told:  # finishes ask again and again for what is kept
            self._told.add(control.id)
            self.reader.statements.append(matrices.matrix_query(project.id, control.id))
        answers = matrices.load(self.conn, project, control.id, self.people.strangers)
        return matrices.matrix(self.plan, answers, at)

    def _reviews(self, project: ProjectInfo) -> "ChosenReviews":
        """Return the reviews of a group's project."""
        from labelpulse.reader import reviews

        self.reader.statements.append(reviews.reviews_query(project.id, self.conn.dialect.name))
        return reviews.chosen(self.plan, reviews.load(self.conn, project, self.people.strangers))

    def questions(self) -> Iterator[tuple[ProjectInfo, Group]]:
        """Yield the groups of one question each, with its project, where its answers are counted.

        For what tells items instead of a number; the query splits by project and control.
        """
        for key, group in self.groups():
            (project,) = self._projects(key)
            if self.uncounted.holds(project, PARTIALS[schema.answer_matrix.name]):
                yield project, group

    # --- rows ---

    def result(self) -> Result:
        """Return the answer."""
        plan = self.plan
        return Result(
            metric=plan.metric.name,
            unit=plan.metric.unit,
            definition_version=plan.metric.version,
            as_of={one.name: iso(one.ok_at) for one in self.sources},
            rows=sorted((row for row, _ in self.answered()), key=in_order(plan)),
        )

    @property
    def sources(self) -> list[SourceInfo]:
        """The sources that the answer rests on."""
        plan = self.plan
        if plan.metric.needs[0].partial in (SOURCES, QUARANTINED, REPAIRED):
            return plan.read_sources
        return [one for one in plan.read_sources if one.id in plan.sources]

    def answered(self) -> Iterator[tuple[Row, Estimate]]:
        """Yield the rows, in no order, and the estimates that they show."""
        shown: set[KeyValues] = set()
        plan, columns = self.plan, self._columns()
        found: list[tuple[Row, Estimate]] = []
        for key in self.group_keys():
            for one in self.of_group(key):
                shown.add(tuple(map(dict(zip(columns, key, strict=True)).get, PLACE)))
                found.append(one)
        yield from self._noting(notes.visitors(plan, self.visitors), found)
        for place in self.uncounted.places(plan, shown):
            shown.add(place)
            yield self._bare(NOT_YET, dict(zip(PLACE, place, strict=True)))
        if not shown and (why := notes.nothing(plan)):
            yield self._bare(why, {})

    def of_group(self, key: KeyValues) -> Iterator[tuple[Row, Estimate]]:
        """Yield the rows of one of `group_keys`, and the estimates that they show."""
        group, of_visitors = self._group(key), self._namer.of_visitors(key)
        bare = (
            self.plan.seeded
            or not self.plan.metric.sparse
            or bool(self.plan.joint.unlike(group.controls))
        )
        for raw, estimate in self._estimates(key, group):
            if of_visitors or self._namer.of_visitor(raw):
                self.visitors += estimate.n
                continue
            extra = self._namer.emitted(raw)
            if (bare or estimate.n) and extra is not None:
                yield self._row(key, extra, estimate), estimate

    def _noting(
        self, note: str, found: list[tuple[Row, Estimate]]
    ) -> Iterator[tuple[Row, Estimate]]:
        """Yield rows with a further note, or a bare one with it where there are none."""
        for row, estimate in found:
            whole = estimate.noting(row["note"] or "", note)
            yield (row | {"note": whole.note}, estimate) if note else (row, estimate)
        if note and not found:
            yield self._bare(note, {})

    def _bare(self, why: str, at: Row) -> tuple[Row, Estimate]:
        """Return a row without a number, and why there is none."""
        none = undefined(0, why)
        return self._row(tuple(map(at.get, self._columns())), {}, none), none

    def _columns(self) -> list[str]:
        """Columns of the keys that a group has by itself."""
        return [c for key in self.plan.own_keys for c in columns_of(key)]

    def _estimates(self, key: KeyValues, group: Group) -> Iterator[tuple[Extra, Estimate]]:
        projects = self._projects(key)
        constant = [one for one in projects if one.constant_time] if self.plan.timed else []
        gone = self.plan.metric.state and any(one.gone for one in projects)
        if unlike := self.plan.joint.unlike(group.controls):
            yield {}, undefined(0, unlike)
            return
        found = list(self.plan.metric.finish(group))
        without_time = constant and (not self.plan.ranged or len(constant) == len(projects))
        lacking, note = self.uncounted.touches(self.plan, projects), self.uncounted.note(projects)
        for extra, estimate in found:
            if lacking:
                yield extra, undefined(0, NOT_YET)
            elif gone:
                yield extra, undefined(0, "the project is gone from its source")
            elif without_time:
                yield extra, undefined(estimate.n, notes.SAME_TIME)
            elif constant:
                names = ", ".join(one.label for one in constant)
                left = f"left out: {names}, where {notes.SAME_TIME}"
                yield extra, estimate.noting(left, note)
            else:
                yield extra, estimate.noting(note)

    def _projects(self, key: KeyValues) -> list[ProjectInfo]:
        ids = self.members[key].projects
        return [one for one in self.catalog.projects.values() if one.id in ids]

    def _row(self, key: KeyValues, extra: Row, estimate: Estimate) -> Row:
        columns = self._columns()
        keys: Row = dict(zip(columns, key, strict=True)) | extra
        unknown = null_notes(columns, key) if key in self.members else []
        noted = [*unknown, notes.few(self.plan, estimate)]
        ordered = [column for one in self.plan.keys for column in columns_of(one)]
        return {column: keys.get(column) for column in ordered} | {
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "n": estimate.n,
            "note": estimate.noting(*noted).note or None,
            **estimate.more,
        }


def read(
    engine: Engine,
    query: MetricQuery,
    scope: Scope = EVERYONE,
    *,
    clock: Callable[[], int] = now_us,
) -> Result:
    """Return the answer to a query.

    Args:
        engine: of the warehouse, preferably read-only.
        scope: who asks.
        clock: microseconds UTC, for ages and lags.

    Raises:
        UsageError: the query names something unknown, or a key or option that the metric does
            not know.
    """
    with snapshot(engine) as conn:
        return Reading(conn, query, scope, clock()).result()
