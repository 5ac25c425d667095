"""doccano's rows -> projects, annotations and predictions.

An annotation is one person's work on one example: their labels are its answers, and their
confirmation its submission. Where the members of a project label together, their labels are one
joint answer of the example, under the name of whoever confirmed it.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import Row

from collectors.doccano.tables import ENTRY, FIELD
from collectors.doccano.values import ASKED, Asked, Label
from labelpulse.core.days import SECOND
from labelpulse.core.events import (
    AnnotationRecord,
    ItemRecord,
    PredictionRecord,
    ProjectRecord,
    Status,
    Verdict,
)
from labelpulse.ingest.fields import instant, storable
from labelpulse.ingest.known import shown_name

FORM_VERSION = 1
"""Rises when answers get another canonical form, so that all are read again."""

JOINT = "joint"
"""In place of a person in the native id of what several people labeled together."""

EDITED_AFTER = SECOND
"""A label and a confirmation are two requests: later than this, it was made after it."""

TOGETHER = (
    "The members of project {title!r} label together (collaborative annotation): each example has "
    "one joint answer, under the name of whoever confirmed it, and agreement is not defined."
)
PIXELS = (
    "doccano does not tell how large pictures are: the shapes of project {title!r} are in pixels. "
    "People compare all the same; positions are no shares of the picture."
)
UNKNOWN = (
    "Project {title!r} is of a type that labelpulse does not know yet: confirmations count, and "
    "labels are left out."
)


TEXTS = frozenset(
    {"DocumentClassification", "SequenceLabeling", "Seq2seq", "IntentDetectionAndSlotFilling"}
)
"""Types of projects whose examples are texts."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project as it was opened.

    Attributes:
        joint: its members label together.
        form: changes with the canonical form of answers, and differs between projects.
        texts: its examples are texts, many of which come in one file.
    """

    record: ProjectRecord
    asked: Asked
    joint: bool
    form: str
    texts: bool


def project_of(row: Row[Any], types: Mapping[str, Mapping[int, str]]) -> Project:
    """Return a project.

    Args:
        types: kind of label -> id -> text of the types of this project.
    """
    kinds = tuple(
        kind
        for kind in ASKED.get(row.project_type, ())
        if kind != "relation" or types.get("relation")
    )
    joint, title = bool(row.collaborative_annotation), storable(row.name)
    asked = Asked(kinds, bool(row.single_class_classification), types)
    named = [(kind, [*types.get(kind, {}).items()]) for kind in kinds]
    said = f"{row.project_type} {asked.single} {joint} {named}"
    flags = {
        TOGETHER: joint,
        PIXELS: bool({"box", "segment"} & set(kinds)),
        UNKNOWN: row.project_type not in ASKED,
    }
    record = ProjectRecord(
        native_id=str(row.id),
        title=title,
        controls=asked.controls(),
        config_digest=_short(said),
        remarks=tuple(one.format(title=title) for one, holds in flags.items() if holds),
    )
    texts = row.project_type in TEXTS
    return Project(record, asked, joint, _short(f"{FORM_VERSION} {row.id} {said}"), texts)


# --- what a scan meets -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """A label as a scan meets it: whose it is, when it changed last, and how sure a model was."""

    kind: str
    user: str
    id: int
    updated: str
    prob: float


@dataclass(frozen=True, slots=True)
class Work:
    """What one person, or all together, did on an example.

    Attributes:
        who: native id of the author; None = nobody in particular yet.
        confirmed: when, as the database writes it; None = not (or taken back).
    """

    native_id: str
    who: str | None
    confirmed: str | None
    entries: tuple[Entry, ...]

    def is_whole(self, labels: Container[tuple[str, int]]) -> bool:
        """True when all its labels, by (kind, id), are among those that were read."""
        return all((one.kind, one.id) in labels for one in self.entries)

    def fingerprint(self, form: str, approved: int | None) -> str:
        """Return what changes with anything that is told of it."""
        said = sorted((one.kind, one.id, one.updated, one.prob) for one in self.entries)
        return _short(f"{form} {self.who} {self.confirmed} {approved} {said}")


def work_on(row: Row[Any], kinds: Iterable[str], *, joint: bool) -> list[Work]:
    """Return the work on an example; what a model labeled and nobody confirmed is none."""
    entries = list(_entries(row, kinds))
    states = dict(_fields(row.states))
    if joint:
        return _joint(row.key, entries, states)
    people = {*states, *(one.user for one in entries if not one.prob > 0)}
    return [
        Work(
            native_id=f"{row.key}:{who}",
            who=who,
            confirmed=states.get(who),
            entries=_of(entries, who, model=who in states),
        )
        for who in sorted(people)
    ]


def guesses_on(row: Row[Any], kinds: Iterable[str]) -> list[Work]:
    """Return what a model labeled on an example, by whose name it bears."""
    entries = [one for one in _entries(row, kinds) if one.prob > 0]
    return [
        Work(f"prediction-{row.key}:{who}", who, None, _of(entries, who, model=True))
        for who in sorted({one.user for one in entries})
    ]


def _joint(key: int, entries: Sequence[Entry], states: Mapping[str, str]) -> list[Work]:
    if states:
        at, who = min((at, who) for who, at in states.items())
        return [Work(f"{key}:{JOINT}", who, at, tuple(entries))]
    mine = tuple(one for one in entries if not one.prob > 0)
    people = {one.user for one in mine}
    alone = people.pop() if len(people) == 1 else None
    return [Work(f"{key}:{JOINT}", alone, None, mine)] if mine else []


def _of(entries: Iterable[Entry], who: str, *, model: bool) -> tuple[Entry, ...]:
    return tuple(one for one in entries if one.user == who and (model or not one.prob > 0))


def _entries(row: Row[Any], kinds: Iterable[str]) -> Iterator[Entry]:
    for kind in kinds:
        for user, key, updated, prob in _fields(getattr(row, kind)):
            yield Entry(kind, user, int(key), updated, float(prob))


def _fields(text: str | None) -> Iterator[list[str]]:
    return (one.split(FIELD) for one in text.split(ENTRY)) if text else iter(())


# --- records ---------------------------------------------------------------------------------


def item_record(row: Row[Any], project: Project, fingerprint: str) -> ItemRecord:
    """Return an example as an item; the file that it came in is its name, of texts their batch."""
    upload = storable(row.upload_name or "").strip()
    return ItemRecord(
        project=project.record.native_id,
        native_id=str(row.key),
        required=row.assigned or None,
        created_at=instant(row.born),
        fingerprint=fingerprint,
        batch=upload or None if project.texts else None,
        content=row.content or "",
        name="" if project.texts else shown_name(upload),
    )


def annotation_record(
    row: Row[Any],
    work: Work,
    labels: Mapping[tuple[str, int], Label],
    project: Project,
    fingerprint: str,
) -> AnnotationRecord:
    """Return the record of somebody's work: submitted when they confirmed it, else a draft.

    A draft carries no answers: it says nothing until it is confirmed.

    Raises:
        SkipRecord: a label in it cannot be used.
    """
    mine = _labels(work, labels)
    every = [one for each in mine.values() for one in each]
    confirmed = instant(work.confirmed)
    changed = [at for one in every if (at := instant(one.updated_at)) is not None]
    made = [at for one in every if (at := instant(one.created_at)) is not None]
    before = [at for at in made if confirmed is None or at <= confirmed]
    done = confirmed is not None
    approved = row.annotations_approved_by_id if done else None
    return AnnotationRecord(
        project=project.record.native_id,
        item=str(row.key),
        native_id=work.native_id,
        annotator=work.who,
        status=Status.SUBMITTED if done else Status.DRAFT,
        submitted_at=confirmed,
        updated_at=max([*changed, *([] if confirmed is None else [confirmed])], default=None),
        started_at=min(before, default=None),
        answers=project.asked.answers(mine) if done else (),
        assisted=any(one.prob > 0 for one in work.entries),
        edited=confirmed is not None and any(at - confirmed > EDITED_AFTER for at in changed),
        verdict=None if approved is None else Verdict.ACCEPTED,
        reviewer=None if approved is None else str(approved),
        fingerprint=fingerprint,
        location=f"example {row.key}",
    )


def prediction_record(
    row: Row[Any],
    work: Work,
    labels: Mapping[tuple[str, int], Label],
    project: Project,
    fingerprint: str,
) -> PredictionRecord:
    """Return the record of what a model labeled; it is as sure as its least sure label.

    Raises:
        SkipRecord: a label in it cannot be used.
    """
    mine = _labels(work, labels)
    every = [one for each in mine.values() for one in each]
    said = project.asked.answers(mine)
    made = [at for one in every if (at := instant(one.created_at)) is not None]
    return PredictionRecord(
        project=project.record.native_id,
        item=str(row.key),
        native_id=work.native_id,
        score=round(min((one.prob for one in work.entries), default=0.0) * 1_000_000),
        created_at=min(made, default=None),
        answers=tuple(one for one in said if one[1] != []),
        fingerprint=fingerprint,
        location=f"example {row.key}",
    )


def _labels(work: Work, labels: Mapping[tuple[str, int], Label]) -> dict[str, list[Label]]:
    found: dict[str, list[Label]] = {}
    for one in sorted(work.entries, key=lambda each: each.id):
        found.setdefault(one.kind, []).append(labels[one.kind, one.id])
    return found


def _short(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
