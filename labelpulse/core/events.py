"""Records of projects, items, annotations and predictions, in the same form for every tool.

Times are microseconds UTC (None = unknown), durations milliseconds. Native ids are text.
"""

import json
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from hashlib import blake2b
from operator import itemgetter
from typing import Any


class Status(IntEnum):
    """The progress of an annotation. Deletion is stored separately: deleted work stays counted."""

    DRAFT = 0
    SUBMITTED = 1
    SKIPPED = 2


class Origin(IntEnum):
    """Who created an annotation; only annotations by a person count as submitted.

    GOLD = a gold label that a file adds to a polled project: not an annotation of the source.
    """

    PERSON = 0
    MODEL = 1
    BULK = 2
    GOLD = 3


class Verdict(IntEnum):
    """A reviewer's decision on an annotation; FIXED = the reviewer overwrote it."""

    ACCEPTED = 1
    REJECTED = 2
    FIXED = 3


class Scale(StrEnum):
    """How answers of a control are compared."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"
    SET = "set"
    TEXT = "text"
    NUMBER = "number"
    GEOMETRY = "geometry"
    SPAN = "span"
    RANKING = "ranking"


LABELED = frozenset({Scale.NOMINAL, Scale.ORDINAL, Scale.INTERVAL, Scale.RATIO, Scale.SET})
"""Scales whose answers are labels, with a distribution and chance-corrected agreement."""

EXACT = LABELED | {Scale.NUMBER, Scale.RANKING}
"""Scales on which two answers can be equal; shapes, spans and texts hardly ever are."""

MATCHED = frozenset({Scale.GEOMETRY, Scale.SPAN, Scale.TEXT})
"""Scales whose answers have parts that are matched: shapes, spans, words."""

OPEN = frozenset({Scale.INTERVAL, Scale.RATIO, Scale.NUMBER, Scale.RANKING})
"""Scales on which many distinct answers are normal and their number is not limited."""


@dataclass(frozen=True, slots=True)
class ControlRecord:
    """A control of a project, as the source defines it.

    Attributes:
        labels: the declared options in order; None when the source declares none.
        kind: the tool's own term, e.g. ``choices``.
    """

    name: str
    scale: Scale = Scale.NOMINAL
    labels: tuple[str, ...] | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ProjectRecord:
    """A project of a source.

    Attributes:
        required: labels an item needs by default.
        identity: how annotations in a file are identified, when file formats differ in it; all
            files of a project must agree, or annotations would count twice.
        remarks: sentences for the operator on what could not be read.
    """

    native_id: str
    title: str
    controls: tuple[ControlRecord, ...] = ()
    required: int | None = None
    config_digest: str = ""
    identity: str = ""
    remarks: tuple[str, ...] = ()


_GOLD_UNIQUE = "known answer "


def gold_unique(number: int) -> str:
    """Return the `unique` of a gold label without an annotation, which an item may have several of.

    The record with number 1 replaces the gold labels that an earlier file gave the item.
    """
    return f"{_GOLD_UNIQUE}{number}"


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """An account of a source. Only authorized users may see its names; logs never contain them.

    Attributes:
        anonymous: the account of visitors who are not logged in, possibly several people; their
            answers count, but metrics by annotator leave them out.
    """

    native_id: str
    name: str = ""
    email: str = ""
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """A task, image or document to label.

    Attributes:
        required: labels needed; None = the source states none.
        content: equal exactly for items with the same content, best a digest; "" = not stated,
            which leaves the stored value unchanged.
        name: the tool's name for it (the path of a picture, an external id), never its content;
            "" as for `content`. Several items may have the same name.
    """

    project: str
    native_id: str
    required: int | None = None
    batch: str | None = None
    created_at: int | None = None
    fingerprint: str = ""
    content: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class AnnotationRecord:
    """An annotation as the source has it now, or one revision of it.

    Attributes:
        unique: a second part of the identity when native ids are reused; "" = none.
        annotator: native id of the author; None = the source does not store it.
        status, deleted: a deleted annotation keeps its status.
        revision: order among revisions in files; None = unknown. Live sources leave it None.
        answers: (control, canonical value) pairs.
        gold: (control, gold label) pairs that the row gives for its item.
        gold_flag: the tool marks this annotation as ground truth.
        assisted: a prediction was shown to the author.
        parent_prediction: native id of the prediction that the annotation started from; None =
            none, or no longer stored.
        editor: native id of the account that wrote the current content, when it is not the author.
        edited: the source states that the content changed after submission.
        verdict, reviewer, reviewed_at: a review in the same row.
        fingerprint: changes whenever the source's row changes; compared, never interpreted.
        location: where the record is in its source (``line 17``), for messages.
    """

    project: str
    item: str
    native_id: str
    unique: str = ""
    annotator: str | None = None
    origin: Origin = Origin.PERSON
    status: Status = Status.SUBMITTED
    deleted: bool = False
    submitted_at: int | None = None
    updated_at: int | None = None
    started_at: int | None = None
    time_spent_ms: int | None = None
    revision: int | None = None
    answers: tuple[tuple[str, Any], ...] = ()
    gold: tuple[tuple[str, Any], ...] = ()
    gold_flag: bool = False
    assisted: bool = False
    parent_prediction: str | None = None
    editor: str | None = None
    edited: bool = False
    verdict: Verdict | None = None
    reviewer: str | None = None
    reviewed_at: int | None = None
    batch: str | None = None
    fingerprint: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class PredictionRecord:
    """A model's prediction for an item, as the source has it now.

    Attributes:
        native_id, unique: the identity; native ids differ from those of annotations.
        model_version: "" = the source states none.
        score: the model's confidence in millionths; None = none.
        revision, answers, fingerprint, location: as in `AnnotationRecord`.
    """

    project: str
    item: str
    native_id: str
    unique: str = ""
    model_version: str = ""
    score: int | None = None
    created_at: int | None = None
    revision: int | None = None
    answers: tuple[tuple[str, Any], ...] = ()
    fingerprint: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A quarantined record.

    Attributes:
        location: file or table.
        record: line or key.
        reason: a stable code.
        detail: a sentence without names of people.
        excerpt: the raw record, shortened; only operators may see it.
    """

    location: str
    record: str
    reason: str
    detail: str
    excerpt: str = ""
    project: str | None = None


@dataclass(frozen=True, slots=True)
class ScannedRecord:
    """Identity and fingerprint of an annotation, item or prediction that a scan returned."""

    native_id: str
    unique: str
    project: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of a source that are written in one transaction."""

    projects: tuple[ProjectRecord, ...] = ()
    people: tuple[PersonRecord, ...] = ()
    items: tuple[ItemRecord, ...] = ()
    annotations: tuple[AnnotationRecord, ...] = ()
    bad: tuple[BadRecord, ...] = ()
    cursors: dict[str, Any] = field(default_factory=dict)
    predictions: tuple[PredictionRecord, ...] = ()


def is_gold_only(record: AnnotationRecord) -> bool:
    """Return whether a record is a gold label without an annotation."""
    has_no_author = record.origin in (Origin.BULK, Origin.GOLD)
    return has_no_author and record.unique.startswith(_GOLD_UNIQUE)


def canonical(value: object) -> str:
    """Return a value as canonical JSON: equal values give equal text.

    >>> canonical({"b": 1, "a": [2.50, "x"]})
    '{"a":[2.5,"x"],"b":1}'
    """
    return _json(value)


_control = itemgetter(0)
_json = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def digest(record: AnnotationRecord) -> int:
    """Return a signed 64-bit digest of an annotation: status, answers, time spent, gold, verdict.

    The order of controls does not matter; instants are not part of it.
    """
    content = (
        record.status,
        record.deleted,
        record.time_spent_ms,
        record.gold_flag,
        sorted(record.answers, key=_control),
        sorted(record.gold, key=_control),
        record.verdict,
    )
    return _digest(content)


def prediction_digest(record: PredictionRecord) -> int:
    """Return a signed 64-bit digest of a prediction: model version, score, answers."""
    return _digest((record.model_version, record.score, sorted(record.answers, key=_control)))


def content_digest(content: str) -> int:
    """Return a positive 63-bit digest of an item's content; 0 when it is not stated."""
    return _digest(content) & (2**63 - 1) if content else 0


def _digest(value: object) -> int:
    hashed = blake2b(canonical(value).encode(), digest_size=8).digest()
    return int.from_bytes(hashed, "big", signed=True)
