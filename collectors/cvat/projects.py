"""Projects of CVAT: what their labels ask, and what of it is read.

CVAT has no questions, only labels, most of them for anything. So a project asks for shapes where a
label can be one or was ever drawn, for tags and tracks likewise, and for shapes where nothing is
known yet. What begins to be asked later is read anew in every frame, since frames without it then
say "none".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from labelpulse.core.events import ControlRecord, ProjectRecord, Scale
from labelpulse.ingest.fields import storable

FORM_VERSION = 1
"""Rises when answers get another canonical form, so that all are read again."""

SHAPES, TAGS, TRACKS = "shapes", "tags", "tracks"
_TAG = "tag"
_SCALES = {"number": Scale.NUMBER, "text": Scale.TEXT}


@dataclass(frozen=True, slots=True)
class Attribute:
    """A question about a tag. control: what it is called; scale: how its answers compare."""

    label: int
    control: str
    scale: Scale


@dataclass(frozen=True, slots=True)
class Project:
    """A project as it was opened.

    Attributes:
        labels: label id -> its name, of an element ``skeleton/element``.
        attributes: id -> attributes of labels that may be tags.
        form: changes with the canonical form of answers, and differs between projects.
    """

    record: ProjectRecord
    labels: Mapping[int, str] = field(default_factory=dict)
    attributes: Mapping[int, Attribute] = field(default_factory=dict)
    form: str = ""

    @property
    def controls(self) -> frozenset[str]:
        """What every frame of the project answers."""
        return frozenset({one.name for one in self.record.controls} & {SHAPES, TAGS, TRACKS})


def projects(
    rows: Iterable[Any], labels: Sequence[Any], attributes: Sequence[Any], wanted: Iterable[str]
) -> dict[str, Project]:
    """Return native id -> project, of those that are wanted by id or title; none wanted = all."""
    known = list(rows)
    only = frozenset(wanted)
    titles = _titles(known)
    by_project: dict[str, list[Any]] = {}
    for one in labels:
        of = f"task-{one.task_id}" if one.project_id is None else str(one.project_id)
        by_project.setdefault(of, []).append(one)
    asked: dict[int, list[Any]] = {}
    for one in attributes:
        asked.setdefault(one.label_id, []).append(one)
    return {
        row.key: _project(row.key, titles[row.key], by_project.get(row.key, []), asked)
        for row in known
        if not only or only & {row.key, row.title, titles[row.key]}
    }


def _titles(rows: Sequence[Any]) -> dict[str, str]:
    """Native id -> title; those that several have end in what they are."""
    shown = {row.key: storable(row.title or "").strip() or _kind(row.key) for row in rows}
    met = list(shown.values())
    return {
        key: f"{title} ({_kind(key)})" if met.count(title) > 1 else title
        for key, title in shown.items()
    }


def _kind(key: str) -> str:
    return f"task {key[5:]}" if key.startswith("task-") else f"project {key}"


def _project(
    key: str, title: str, labels: Sequence[Any], asked: Mapping[int, Sequence[Any]]
) -> Project:
    names = {one.id: storable(one.name).strip() for one in labels}
    full = {
        one.id: f"{names[one.parent_id]}/{names[one.id]}"
        if one.parent_id in names
        else names[one.id]
        for one in labels
    }
    attributes = {} if not _asks_tags(labels) else _attributes(labels, full, asked)
    controls = (*_controls(labels, full), *_of_tags(attributes.values()))
    form = _short(f"{FORM_VERSION} {key} {sorted(full.items())} {controls}")
    record = ProjectRecord(
        native_id=key, title=title, controls=controls, required=1, config_digest=form
    )
    return Project(record, full, attributes, form)


def _controls(labels: Sequence[Any], full: Mapping[int, str]) -> Iterable[ControlRecord]:
    """Yield what is asked of every frame. A label of no kind can be drawn and be a tag."""
    asks_tags = _asks_tags(labels)
    if any(_is_drawn(one) for one in labels) or not asks_tags:
        named = [one for one in labels if one.type not in (_TAG, "skeleton")]
        yield ControlRecord(SHAPES, Scale.GEOMETRY, _named(named, full), "shapes")
    if asks_tags:
        named = [one for one in labels if one.parent_id is None and one.type in (None, "any", _TAG)]
        yield ControlRecord(TAGS, Scale.SET, _named(named, full), "tags")
    if any(one.tracks for one in labels):
        named = [one for one in labels if one.parent_id is None and one.type != _TAG]
        yield ControlRecord(TRACKS, Scale.GEOMETRY, _named(named, full), "tracks")


def _asks_tags(labels: Sequence[Any]) -> bool:
    return any(one.type == _TAG or one.tags for one in labels)


def _is_drawn(one: Any) -> bool:
    kind = one.type not in (None, "any", _TAG)
    return bool(kind or one.shapes or one.tracks)


def _named(labels: Sequence[Any], full: Mapping[int, str]) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(full[one.id] for one in labels)) or None


def _attributes(
    labels: Sequence[Any], full: Mapping[int, str], asked: Mapping[int, Sequence[Any]]
) -> dict[int, Attribute]:
    """Attributes of labels that are tags, or were; those of shapes are not read."""
    return {
        one.id: Attribute(
            label.id,
            f"{full[label.id]}.{storable(one.name).strip()}",
            _SCALES.get(one.input_type, Scale.NOMINAL),
        )
        for label in labels
        if label.type == _TAG or label.tags
        for one in asked.get(label.id, ())
    }


def _of_tags(attributes: Iterable[Attribute]) -> Iterable[ControlRecord]:
    return (ControlRecord(one.control, one.scale, None, "attribute") for one in attributes)


def _short(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
