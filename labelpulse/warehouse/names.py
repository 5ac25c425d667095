"""Names of a source's projects, people, controls, labels and batches, as integer ids.

Filled as records bring them, remembered while one lease is held, forgotten on a rollback.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from labelpulse import schema
from labelpulse.core.answers import NUMERIC, canonical_label, number_text
from labelpulse.core.days import local_day_hour
from labelpulse.core.events import (
    EXACT,
    OPEN,
    ControlRecord,
    ProjectRecord,
    Scale,
    canonical,
)
from labelpulse.core.rules import MAX_LABEL_LENGTH, MAX_LABELS
from labelpulse.warehouse import bulk, rollups, settings
from labelpulse.warehouse.checks import check_text
from labelpulse.warehouse.facts import set_options
from labelpulse.warehouse.people import People


@dataclass(slots=True)
class Control:
    """A control's id, what the source says of it, and its labels by text."""

    id: int
    name: str
    scale: Scale
    override: Scale | None
    refused: str
    labels: dict[str, int] = field(default_factory=dict)

    @property
    def counts_as(self) -> Scale:
        """The scale that its answers are on now."""
        return self.override or self.scale

    @property
    def exact(self) -> bool:
        """True while its answers are kept once each, under an id."""
        return self.counts_as in EXACT and not self.refused


@dataclass(slots=True)
class Project:
    """A project's id and what has been met in it."""

    id: int
    controls: dict[str, Control] = field(default_factory=dict)
    batches: dict[str, int] = field(default_factory=dict)
    models: dict[str, int] = field(default_factory=dict)


class Names:
    """The names of one source; every method runs inside the caller's transaction."""

    def __init__(self, conn: Connection, source_id: int, now: int) -> None:
        self.source_id = source_id
        self.now = now
        self.changed: set[int] = set()  # projects whose rules may have to be made anew
        self._projects: dict[str, Project] = {}
        self._options: dict[int, dict[int, tuple[int, ...]]] = {}
        self.people = People(conn, source_id, self._people_changed)

    def options(self, conn: Connection, project_id: int) -> dict[int, tuple[int, ...]]:
        """Return label id -> option ids, for the labels of a project that are sets."""
        if project_id not in self._options:
            self._options[project_id] = set_options(conn, project_id)
        return self._options[project_id]

    def _people_changed(self) -> None:
        self.changed.update(one.id for one in self._projects.values())

    # --- projects ---

    def project(self, conn: Connection, native_id: str) -> Project:
        """Return a project, made under its native id when no record named it before."""
        found = self._projects.get(native_id)
        return found or self._load_project(conn, ProjectRecord(native_id, native_id))

    def register(self, conn: Connection, record: ProjectRecord) -> Project:
        """Keep what a source says of a project: title, need, controls, configuration."""
        found = self._projects.get(record.native_id) or self._load_project(conn, record)
        self._refresh(conn, found, record)
        for control in record.controls:
            self._declare(conn, found, control)
        return found

    def _load_project(self, conn: Connection, record: ProjectRecord) -> Project:
        project = schema.project.c
        known = conn.scalar(
            select(project.id).where(
                project.source_id == self.source_id, project.native_id == record.native_id
            )
        )
        if known is None:
            (known,) = bulk.new_ids(conn, schema.project, 1)
            conn.execute(
                insert(schema.project).values(
                    id=known,
                    source_id=self.source_id,
                    native_id=record.native_id,
                    title=record.title,
                    observed_since=self.now,
                )
            )
            self.changed.add(known)
        found = Project(known)
        self._load_controls(conn, found)
        found.batches = _named(conn, schema.batch, known)
        found.models = _named(conn, schema.model_version, known)
        self._projects[record.native_id] = found
        return found

    def _refresh(self, conn: Connection, found: Project, record: ProjectRecord) -> None:
        project = schema.project.c
        row = conn.execute(select(schema.project).where(project.id == found.id)).one()
        new = {
            "title": record.title,
            "state": "active",
            "required": record.required,
            "config_digest": record.config_digest or row.config_digest,
        }
        old = {key: getattr(row, key) for key in new}
        if new == old:
            return
        if row.config_digest and new["config_digest"] != row.config_digest:
            self._mark(conn, found.id, "The labeling configuration changed")
        conn.execute(update(schema.project).where(project.id == found.id).values(**new))
        rollups.bump(conn, [found.id])

    def _mark(self, conn: Connection, project_id: int, text: str) -> None:
        rules = settings.make_rules(conn, project_id)
        (new,) = bulk.new_ids(conn, schema.marker, 1)
        day = local_day_hour(self.now, rules.timezone)[0]
        conn.execute(
            insert(schema.marker).values(
                id=new, project_id=project_id, day=day, kind="config", text=text
            )
        )

    def batch(self, conn: Connection, project: Project, name: str | None) -> int:
        """Return the id of a batch of items; 0 for none."""
        return _id_of(conn, schema.batch, project.id, project.batches, name)

    def model(self, conn: Connection, project: Project, name: str | None) -> int:
        """Return the id of a model version; 0 for an unknown one."""
        return _id_of(conn, schema.model_version, project.id, project.models, name)

    # --- controls and labels ---

    def _load_controls(self, conn: Connection, found: Project) -> None:
        said = settings.effective(conn, found.id)["controls"]
        rows = conn.execute(select(schema.control).where(schema.control.c.project_id == found.id))
        for row in rows:
            override = said.get(row.name, {}).get("scale")
            scale = Scale(override) if override else None
            found.controls[row.name] = Control(
                row.id, row.name, Scale(row.scale), scale, row.refused
            )
        by_id = {one.id: one for one in found.controls.values()}
        if by_id:
            label = schema.label.c
            for row in conn.execute(select(schema.label).where(label.control_id.in_(by_id))):
                control = by_id[row.control_id]
                control.labels[row.text] = row.id

    def _declare(self, conn: Connection, project: Project, record: ControlRecord) -> None:
        control = project.controls.get(record.name)
        labels = canonical(record.labels) if record.labels else None
        if control is None:
            self._add_control(conn, project, record)
            return
        row = conn.execute(select(schema.control).where(schema.control.c.id == control.id)).one()
        if (row.scale, row.labels, row.kind) != (record.scale.value, labels, record.kind):
            control.scale = record.scale
            self._update(conn, control, scale=record.scale, labels=labels, kind=record.kind)
            self.changed.add(project.id)

    def _update(self, conn: Connection, control: Control, **values: Any) -> None:
        conn.execute(
            update(schema.control).where(schema.control.c.id == control.id).values(**values)
        )

    def _add_control(self, conn: Connection, project: Project, record: ControlRecord) -> Control:
        (new,) = bulk.new_ids(conn, schema.control, 1)
        conn.execute(
            insert(schema.control).values(
                id=new,
                project_id=project.id,
                name=record.name,
                kind=record.kind,
                scale=record.scale,
                labels=canonical(record.labels) if record.labels else None,
            )
        )
        said = settings.effective(conn, project.id)["controls"].get(record.name, {})
        override = Scale(said["scale"]) if said.get("scale") else None
        control = Control(new, record.name, record.scale, override, "")
        project.controls[record.name] = control
        self.changed.add(project.id)
        return control

    def answer(
        self, conn: Connection, project: Project, name: str, value: Any
    ) -> tuple[int, int | None, str | None]:
        """Return (control id, label id or None, value as JSON or None) of one answer."""
        control = project.controls.get(name)
        if control is None:
            control = self._add_control(conn, project, ControlRecord(name, guess_scale(value)))
        elif isinstance(value, list) and control.counts_as == Scale.NOMINAL and len(value) != 1:
            control.scale = Scale.SET  # a second option shows that the control takes several
            self._update(conn, control, scale=Scale.SET)
            self.changed.add(project.id)
        if control.counts_as in EXACT:  # labels known before a refusal stay labels
            label = self._label_of(conn, project, control, value)
            if label is not None:
                return control.id, label, _as_said(control, value)
        text = canonical(value)
        check_text(text, value)
        return control.id, None, text

    def _label_of(
        self, conn: Connection, project: Project, control: Control, value: Any
    ) -> int | None:
        whole = control.counts_as == Scale.RANKING  # its order matters, so it is no set of options
        text = canonical(value) if whole else label_text(value)
        if text is None:
            return None
        if isinstance(value, str):
            text = canonical_label(text, control.counts_as)
        known = control.labels.get(text)
        if known is not None or control.refused:
            return known
        if whole or not isinstance(value, list) or len(set(value)) == 1:
            return self._add_label(conn, project, control, text, None)
        options = [self._label_of(conn, project, control, one) for one in sorted(set(value))]
        if None in options:
            return None
        return self._add_label(conn, project, control, text, tuple(o for o in options if o))

    def _add_label(
        self,
        conn: Connection,
        project: Project,
        control: Control,
        text: str,
        options: tuple[int, ...] | None,
    ) -> int | None:
        if control.counts_as not in OPEN and len(text) > MAX_LABEL_LENGTH and options is None:
            self._refuse(conn, project, control, "labels longer than 64 characters")
            return None
        if options is None and self.is_full(conn, project, control):
            self._refuse(conn, project, control, "more than 1,000 different labels")
            return None
        check_text(canonical(text), text)
        (new,) = bulk.new_ids(conn, schema.label, 1)
        stored = None if options is None else canonical(options)
        conn.execute(
            insert(schema.label).values(id=new, control_id=control.id, text=text, options=stored)
        )
        control.labels[text] = new
        if options is not None:
            self.options(conn, project.id)[new] = options
        self.changed.add(project.id)
        return new

    def is_full(self, conn: Connection, project: Project, control: Control) -> bool:
        """True when no further label may join; sets of labels and numbers are not counted."""
        if len(control.labels) < MAX_LABELS or control.counts_as in OPEN:
            return False
        sets = self.options(conn, project.id)
        return sum(one not in sets for one in control.labels.values()) >= MAX_LABELS

    def _refuse(self, conn: Connection, project: Project, control: Control, why: str) -> None:
        control.refused = (
            f"control {control.name!r} has {why}, so its answers are not treated as labels: "
            "declare its scale (text, number, set) or map another column"
        )
        self._update(conn, control, refused=control.refused)
        self.changed.add(project.id)


def _named(conn: Connection, table: Table, project_id: int) -> dict[str, int]:
    query = select(table.c.name, table.c.id).where(table.c.project_id == project_id)
    return {row.name: row.id for row in conn.execute(query)}


def _id_of(
    conn: Connection, table: Table, project_id: int, known: dict[str, int], name: str | None
) -> int:
    if not name:
        return 0
    if name not in known:
        (new,) = bulk.new_ids(conn, table, 1)
        conn.execute(insert(table).values(id=new, project_id=project_id, name=name))
        known[name] = new
    return known[name]


def _as_said(control: Control, value: Any) -> str | None:
    """Return an answer as it was said, where its label has another spelling; None else.

    So a number that came as text is itself again when its control gets another scale.
    """
    if control.counts_as in NUMERIC and isinstance(value, str):
        return canonical(value) if canonical_label(value, control.counts_as) != value else None
    return None


def guess_scale(value: Any) -> Scale:
    """Return the scale that a first answer suggests where no configuration tells."""
    if isinstance(value, str):
        return Scale.NOMINAL
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return Scale.SET
    return Scale.NUMBER if isinstance(value, int | float) else Scale.GEOMETRY


def label_text(value: Any) -> str | None:
    """Return the text of a value as a label; a set of one is its option; None = no label.

    >>> label_text("a"), label_text(["a"]), label_text(["b", "a"]), label_text(2.0)
    ('a', 'a', '["a","b"]', '2')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        options = sorted(set(value))
        return options[0] if len(options) == 1 else canonical(options)
    return None
