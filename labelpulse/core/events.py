"""What a source says: projects, items, annotations, in one form for every tool.

Times are microseconds UTC (None = unknown), durations milliseconds. Native ids are text.
"""

import json
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from hashlib import blake2b
from operator import itemgetter
from typing import Any


class Status(IntEnum):
    """How far an annotation got; a deletion is a mark beside it, since work done stays done."""

    DRAFT = 0
    SUBMITTED = 1
    SKIPPED = 2


class Origin(IntEnum):
    """Who made an annotation: only a person's counts as submitted.

    ASSERTED = nobody, nor is it a row of its source: a file says what is right in a polled project.
    """

    PERSON = 0
    MODEL = 1
    BULK = 2
    ASSERTED = 3


class Verdict(IntEnum):
    """A reviewer's word on an annotation; FIXED = they overwrote it."""

    ACCEPTED = 1
    REJECTED = 2
    FIXED = 3


class Scale(StrEnum):
    """How the answers of a control compare."""

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
"""Scales whose answers are labels: they have shares, a mix, and agreement beyond chance."""

EXACT = LABELED | {Scale.NUMBER, Scale.RANKING}
"""Scales on which two answers can be exactly alike; shapes, spans and texts hardly ever are."""

MATCHED = frozenset({Scale.GEOMETRY, Scale.SPAN, Scale.TEXT})
"""Scales whose answers have parts, of which some may be alike: shapes, spans, words."""

OPEN = frozenset({Scale.INTERVAL, Scale.RATIO, Scale.NUMBER, Scale.RANKING})
"""Scales on which many different answers are normal, so that their number refuses nothing."""


@dataclass(frozen=True, slots=True)
class ControlRecord:
    """One question of a project, as the source defines it.

    Attributes:
        labels: the declared options in order; None when the source does not say.
        kind: the tool's own word, e.g. ``choices``.
    """

    name: str
    scale: Scale = Scale.NOMINAL
    labels: tuple[str, ...] | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ProjectRecord:
    """One project of a source.

    Attributes:
        required: labels an item needs by default.
        identity: what tells a file's annotations apart, where kinds of files differ in it; files
            of one project must have the same, or the same work would count twice.
        remarks: sentences on what this reading could not know, for the operator.
    """

    native_id: str
    title: str
    controls: tuple[ControlRecord, ...] = ()
    required: int | None = None
    config_digest: str = ""
    identity: str = ""
    remarks: tuple[str, ...] = ()


def asserted(number: int) -> str:
    """Return the `unique` of a known answer that stands in no work; items may have several a file.

    The first one from 1 on takes back what an earlier file asserted beside it.
    """
    return f"{_ASSERTED}{number}"


_ASSERTED = "known answer "


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """One account of a source; the names are for people allowed to see them, never for logs.

    Attributes:
        anonymous: nobody knows who that is, and it may be several people (visitors who are not
            logged in); their answers count, but there is no such annotator.
    """

    native_id: str
    name: str = ""
    email: str = ""
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """One thing to label.

    Attributes:
        required: None = the source does not say.
        content: what is the same exactly for items that show the same, best a digest; "" = not
            told, which leaves what was told before.
        name: what the tool calls it (the path of a picture, an id from outside), never what it
            shows; likewise. It is no identity: several items may have the same.
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
    """One annotator's submission on one item, as the source has it now (or as one revision of it).

    Attributes:
        unique: a second part of the identity where native ids are reused; "" = none.
        annotator: native id of the author; None = the source no longer or never knew.
        status, deleted: a deleted annotation keeps the status that it had.
        revision: order among revisions in files; None = none known. Live sources leave it None.
        answers: (control, canonical value) pairs; values as in the record's table of modalities.
        gold: (control, known answer) pairs that the row itself asserts for its item.
        gold_flag: the tool marks this annotation as ground truth.
        assisted: a prediction was shown to the author; parent_prediction: native id of the
            prediction that the work started from, None = of none, or no longer told.
        editor: native id of whoever wrote the present content, when that is not the author.
        edited: the source itself tells that the content changed after submission.
        verdict, reviewer, reviewed_at: a review that the row carries.
        fingerprint: changes whenever the source's row changes; compared, never interpreted.
        place: where the record stands (``line 17``), for messages.
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
    place: str = ""


@dataclass(frozen=True, slots=True)
class PredictionRecord:
    """What a model says of an item, as the source has it now.

    Attributes:
        native_id, unique: the identity; native ids are none that an annotation has.
        model_version: "" = the source does not say.
        score: the model's confidence in millionths; None = none.
        revision, answers, fingerprint, place: as of an annotation.
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
    place: str = ""


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that cannot be used, kept in quarantine.

    Attributes:
        place: file or table; record: line or key; reason: stable code; detail: a sentence without
            people's names; excerpt: the raw record, cut, seen by operators only.
    """

    place: str
    record: str
    reason: str
    detail: str
    excerpt: str = ""
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """An annotation, item or prediction that a scan met: identity and fingerprint, no content."""

    native_id: str
    unique: str
    project: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Batch:
    """One page of what a source says; everything in it is written in one transaction."""

    projects: tuple[ProjectRecord, ...] = ()
    people: tuple[PersonRecord, ...] = ()
    items: tuple[ItemRecord, ...] = ()
    annotations: tuple[AnnotationRecord, ...] = ()
    bad: tuple[BadRecord, ...] = ()
    cursors: dict[str, Any] = field(default_factory=dict)
    predictions: tuple[PredictionRecord, ...] = ()


def is_assertion(record: AnnotationRecord) -> bool:
    """True for a known answer that stands in no work."""
    nobodys = record.origin in (Origin.BULK, Origin.ASSERTED)
    return nobodys and record.unique.startswith(_ASSERTED)


def canonical(value: object) -> str:
    """Return a value as JSON text that is equal exactly when the value is.

    >>> canonical({"b": 1, "a": [2.50, "x"]})
    '{"a":[2.5,"x"],"b":1}'
    """
    return _json(value)


_control = itemgetter(0)
_json = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def digest(record: AnnotationRecord) -> int:
    """Return a signed 64-bit digest of what an annotation says: status, answers, time, gold.

    Order of controls does not matter; times do not take part.
    """
    said = (
        record.status,
        record.deleted,
        record.time_spent_ms,
        record.gold_flag,
        sorted(record.answers, key=_control),
        sorted(record.gold, key=_control),
        record.verdict,
    )
    return _digest(said)


def prediction_digest(record: PredictionRecord) -> int:
    """Return a signed 64-bit digest of what a prediction says: model version, score, answers."""
    return _digest((record.model_version, record.score, sorted(record.answers, key=_control)))


def content_digest(content: str) -> int:
    """Return a positive 63-bit digest of what an item shows; 0 where nothing is told."""
    return _digest(content) & (2**63 - 1) if content else 0


def _digest(said: object) -> int:
    whole = blake2b(canonical(said).encode(), digest_size=8).digest()
    return int.from_bytes(whole, "big", signed=True)
