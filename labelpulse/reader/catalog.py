"""What the warehouse holds: sources, projects, questions, their labels, batches and teams."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property, partial
from typing import Any

from sqlalchemy import Connection, Engine, Table, select

from labelpulse import schema
from labelpulse.core.errors import UsageError
from labelpulse.core.rules import ControlRules, Rules
from labelpulse.metrics.base import Control
from labelpulse.reader.query import Scope
from labelpulse.warehouse.engine import snapshot
from labelpulse.warehouse.settings import effective

GONE = "gone"


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A source and how fresh it is. Instants are microseconds UTC; None = never."""

    id: int
    name: str
    type: str
    state: str
    reason: str
    tried_at: int | None
    ok_at: int | None
    loading: bool
    complete_from: int | None


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """A project with its rules.

    Attributes:
        title: as the source has it. label: the title, with its source where it is not unique.
        program: its program's name, or None.
        counted: the rules that its numbers are counted with; defaults before the first load.
        versions: rollup -> that of the code that counted it; empty before the first load.
        holidays: day ordinals on which nobody is expected to work.
        building: its numbers are being counted anew; until then those of before are shown.
    """

    id: int
    source: SourceInfo
    native_id: str
    title: str
    label: str
    state: str
    program: str | None
    headline: str | None
    deadline: int | None
    data_version: int
    observed_since: int
    source_rows: int | None
    warehouse_rows: int | None
    reconciled_at: int | None
    constant_time: bool
    counted: Rules
    versions: Mapping[str, int] = field(default_factory=dict)
    holidays: frozenset[int] = frozenset()
    building: bool = False

    @property
    def gone(self) -> bool:
        """True when its source no longer has it."""
        return self.state == GONE


class Catalog:
    """Sources and projects that somebody may see, read once a query."""

    def __init__(self, conn: Connection, scope: Scope) -> None:
        self._conn = conn
        self.restricted = scope.projects is not None
        self.sources = {one.id: one for one in _sources(conn)}
        self.projects = {one.id: one for one in self._projects(scope)}
        self._controls: dict[int, dict[int, Control]] = {}
        self._filled: set[int] = set()

    def _projects(self, scope: Scope) -> list[ProjectInfo]:
        table, program = schema.project, schema.program
        query = (
            select(table, program.c.name.label("program"))
            .outerjoin(program, program.c.id == table.c.program_id)
            .order_by(table.c.source_id, table.c.id)
        )
        rows = [
            row
            for row in self._conn.execute(query)
            if scope.projects is None or row.id in scope.projects
        ]
        counted, versions = _rules(self._conn), _versions(self._conn)
        building = _building(self._conn)
        labels = _labels(rows, self.sources)
        return [
            ProjectInfo(
                row.id,
                self.sources[row.source_id],
                row.native_id,
                row.title,
                labels[row.id],
                row.state,
                row.program,
                row.headline,
                row.deadline,
                row.data_version,
                row.observed_since,
                row.source_rows,
                row.warehouse_rows,
                row.reconciled_at,
                bool(row.constant_time),
                counted.get(row.id, Rules()),
                versions.get(row.id, {}),
                frozenset(date.fromisoformat(day).toordinal() for day in row.holidays.split()),
                row.id in building,
            )
            for row in rows
        ]

    @property
    def labels(self) -> dict[int, str]:
        """The label of each project by its id."""
        return {id_: one.label for id_, one in self.projects.items()}

    @cached_property
    def visible(self) -> list[ProjectInfo]:
        """Projects that are shown unasked: those that still exist."""
        return [one for one in self.projects.values() if not one.gone]

    def find(self, name: str) -> list[ProjectInfo]:
        """Return the one project of a title, of SOURCE/TITLE, or of its unique name.

        Raises:
            UsageError: there is none, or several.
        """
        every = list(self.projects.values())
        found = [one for one in every if name in (one.label, f"{one.source.name}/{one.title}")]
        found = found or [one for one in every if one.title == name]
        if len(found) > 1:
            found = [one for one in found if not one.gone] or found
        if not found:
            known = ", ".join(sorted(one.label for one in self.visible)[:5])
            raise UsageError(f"unknown project {name!r}: known projects are {known or 'none yet'}")
        if len(found) > 1:
            names = " or ".join(sorted(one.label for one in found))
            raise UsageError(f"there are several projects {name!r}: write {names}")
        return found

    def controls(self, projects: Collection[ProjectInfo]) -> dict[int, Control]:
        """Return the questions of projects by id, without their labels."""
        wanted = [one.id for one in projects]
        missing = {one.id: one for one in projects if one.id not in self._controls}
        if missing:
            self._controls |= {one: {} for one in missing}
            for control in self._read_controls(missing):
                self._controls[control.project][control.id] = control
        found = [one for project in wanted for one in self._controls[project].items()]
        return dict(sorted(found))

    def _read_controls(self, projects: Mapping[int, ProjectInfo]) -> Iterator[Control]:
        table = schema.control
        for row in self._conn.execute(select(table).where(table.c.project_id.in_(projects))):
            counted = projects[row.project_id].counted
            rules = counted.controls.get(row.id, ControlRules(row.name))
            control = Control(row.id, row.name, row.project_id, rules)
            _look_up_later(self._conn, control)
            yield control

    def fill_labels(self, controls: Mapping[int, Control]) -> None:
        """Read the labels of questions into them, unless they have them already."""
        controls = {one: control for one, control in controls.items() if one not in self._filled}
        self._filled |= controls.keys()
        if not controls:
            return
        table = schema.label.c
        labels: dict[int, dict[int, str]] = {one: {} for one in controls}
        options: dict[int, dict[int, tuple[int, ...]]] = {one: {} for one in controls}
        query = select(table.control_id, table.id, table.text, table.options)
        for control, id_, text, parts in self._conn.execute(
            query.where(table.control_id.in_(controls))
        ):
            labels[control][id_] = text
            if parts is not None:
                options[control][id_] = tuple(json.loads(parts))
        for one in controls.values():
            one.labels, one.options = labels[one.id], options[one.id]

    def items(self, projects: Iterable[ProjectInfo]) -> dict[int, str]:
        """Return the native ids of the items of projects by id."""
        table = schema.item.c
        ids = [one.id for one in projects]
        rows = self._conn.execute(
            select(table.id, table.native_id).where(table.project_id.in_(ids))
        )
        return {row.id: row.native_id for row in rows}

    def batches(self, projects: Iterable[ProjectInfo]) -> dict[int, str]:
        """Return the names of the batches of projects by id."""
        return self._named(schema.batch, projects)

    def models(self, projects: Iterable[ProjectInfo]) -> dict[int, str]:
        """Return the names of the model versions of projects by id."""
        return self._named(schema.model_version, projects)

    def _named(self, table: Table, projects: Iterable[ProjectInfo]) -> dict[int, str]:
        ids = [one.id for one in projects]
        query = select(table.c.id, table.c.name).where(table.c.project_id.in_(ids))
        return {row.id: row.name for row in self._conn.execute(query)}


def _sources(conn: Connection) -> list[SourceInfo]:
    table = schema.source.c
    query = select(
        table.id,
        table.name,
        table.type,
        table.state,
        table.state_reason,
        table.tried_at,
        table.ok_at,
        table.loading,
        table.complete_from,
    ).order_by(table.name)
    return [SourceInfo(*row) for row in conn.execute(query)]


def _rules(conn: Connection) -> dict[int, Rules]:
    """Return by project the rules that its rollups are counted with."""
    state, rules = schema.rollup_state.c, schema.rules.c
    query = (
        select(state.project_id, rules.data)
        .join(schema.rules, rules.id == state.rules_id)
        .distinct()
    )
    return {row.project_id: Rules.from_json(json.loads(row.data)) for row in conn.execute(query)}


def _building(conn: Connection) -> frozenset[int]:
    """Return the projects whose rollups are being counted anew."""
    state = schema.rollup_state.c
    return frozenset(conn.scalars(select(state.project_id).where(state.state != "current")))


def _versions(conn: Connection) -> dict[int, dict[str, int]]:
    """Return by project the rollups that it is counted in, with the version of their code."""
    state = schema.rollup_state.c
    found: dict[int, dict[str, int]] = {}
    for project, rollup, version in conn.execute(
        select(state.project_id, state.rollup, state.code_version)
    ):
        found.setdefault(project, {})[rollup] = version
    return found


def project_labels(engine: Engine, scope: Scope) -> dict[int, str]:
    """Return the label of each project that somebody may see by its id."""
    with snapshot(engine) as conn:
        return Catalog(conn, scope).labels


def _labels(rows: Iterable[Any], sources: Mapping[int, SourceInfo]) -> dict[int, str]:
    """Return the shortest unique name of each project: TITLE, SOURCE/TITLE, or with its id.

    A project that is gone never takes the short name from one that exists.
    """
    ordered = sorted(rows, key=lambda row: row.state == GONE)
    titles = Counter(row.title for row in ordered if row.state != GONE)
    pairs = Counter((row.source_id, row.title) for row in ordered)
    found: dict[int, str] = {}
    for row in ordered:
        source = sources[row.source_id].name
        if titles[row.title] == (row.state != GONE):
            found[row.id] = row.title
        elif pairs[row.source_id, row.title] == 1:
            found[row.id] = f"{source}/{row.title}"
        else:
            found[row.id] = f"{source}/{row.title} ({row.native_id})"
    return found


def _look_up_later(conn: Connection, control: Control) -> None:
    """Let a question look up its labels, and the target it is held to, once a metric asks."""
    control.seen = cache(partial(_labels_seen, conn, control))
    control.delivery_target = cache(partial(_delivery_target, conn, control))


def _labels_seen(conn: Connection, control: Control) -> frozenset[int]:
    """Return the labels that present answers to a question have, on any day."""
    table = schema.agree_labels.c
    query = select(table.label_id).where(
        table.project_id == control.project, table.control_id == control.id
    )
    return frozenset(conn.scalars(query.distinct()))


def _delivery_target(conn: Connection, control: Control) -> float | None:
    """Return which share of right answers a delivery must have: see `Control.delivery_target`."""
    own = effective(conn, control.project)["controls"].get(control.name, {})
    accuracy: float | None = own.get("accuracy_target")
    agreement: float | None = own.get("target")
    return agreement if accuracy is None else accuracy
