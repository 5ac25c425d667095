"""What is wrong with what a collector says, in sentences; an empty list = nothing."""

import json
from collections.abc import Iterable, Iterator
from typing import Any
from unicodedata import normalize

from labelpulse.core.days import SECOND
from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    ControlRecord,
    ItemRecord,
    PersonRecord,
    PredictionRecord,
    ProjectRecord,
    Scale,
    canonical,
)
from labelpulse.ingest.known import shown_name

_YEAR = 366 * 86_400 * SECOND
FIRST, LAST = 0, 230 * _YEAR
"""Bounds of a plausible instant in microseconds: 1970 to about 2200."""

_TIMES = ("submitted_at", "updated_at", "started_at", "reviewed_at", "created_at")
_IDS = ("native_id", "project", "item", "annotator", "reviewer", "editor", "unique")

Record = AnnotationRecord | PredictionRecord | ItemRecord | ProjectRecord | PersonRecord | BadRecord


def faults_of(record: Record, controls: Iterable[ControlRecord] = ()) -> list[str]:
    """Return what is wrong with a record.

    Args:
        controls: those that the project declares; answers to others are looked at by their form.
    """
    scales = {one.name: one.scale for one in controls}
    return [f"{_called(record)}: {fault}" for fault in _faults(record, scales)]


def _called(record: Record) -> str:
    name = getattr(record, "native_id", None) or getattr(record, "record", "")
    return f"{type(record).__name__} {name!r}"


def _faults(record: Record, scales: dict[str, Scale]) -> Iterator[str]:
    yield from _ids(record)
    yield from _times(record)
    if isinstance(record, BadRecord):
        yield from _told(record)
    if isinstance(record, AnnotationRecord | PredictionRecord):
        yield from _answers(record.answers, scales)
    if isinstance(record, AnnotationRecord):
        yield from _answers(record.gold, scales)
        spent = record.time_spent_ms
        if spent is not None and type(spent) is not int:
            yield "time_spent_ms is no whole number of milliseconds"
    if isinstance(record, PredictionRecord) and type(record.score) not in (int, type(None)):
        yield "score is no whole number of millionths"


def _ids(record: Record) -> Iterator[str]:
    for name in _IDS:
        value = getattr(record, name, None)
        if value is not None and (not isinstance(value, str) or "\0" in value):
            yield f"{name} is no text that a database can keep"
    if not isinstance(record, BadRecord) and not record.native_id:
        yield "native_id is empty"
    if isinstance(record, ItemRecord) and record.name != shown_name(record.name):
        yield "name is none that is kept: use labelpulse.ingest.known.shown_name"


def _times(record: Record) -> Iterator[str]:
    for name in _TIMES:
        value = getattr(record, name, None)
        if value is not None and (type(value) is not int or not FIRST <= value < LAST):
            yield f"{name} is no instant in microseconds UTC"


def _told(record: BadRecord) -> Iterator[str]:
    if not record.reason.replace("_", "").isalnum() or record.reason != record.reason.lower():
        yield "reason is no stable code such as bad_time"
    if not record.place or not record.record or not record.detail:
        yield "place, record and detail have to say where and what"


# --- answers ---


def _answers(answers: Any, scales: dict[str, Scale]) -> Iterator[str]:
    names = [name for name, _ in answers]
    if len(set(names)) < len(names):
        yield "a control is answered twice: several answers of one are one list"
    for name, value in answers:
        if value is None:
            yield f"{name} is answered by None: leave out what was not answered"
        elif json.loads(canonical(value)) != value:
            yield f"{name} is answered by what JSON does not bring back as it was"
        elif name in scales:
            yield from (f"{name} {fault}" for fault in _FORMS[scales[name]](value))


def _label(value: Any) -> Iterator[str]:
    if not isinstance(value, str) or value != normalize("NFC", value.strip()) or not value:
        yield "is no label: a text, trimmed and in NFC"


def _set(value: Any) -> Iterator[str]:
    if not isinstance(value, list) or value != sorted(set(map(str, value))):
        yield "is no set of labels: a sorted list without repeats"


def _number(value: Any) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield "is no number"


def _rated(value: Any) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        yield "is no label and no number"


def _text(value: Any) -> Iterator[str]:
    if not isinstance(value, str) or value != normalize("NFC", value.strip()):
        yield "is no text, trimmed and in NFC"


def _places(value: Any) -> Iterator[str]:
    if not isinstance(value, list) or value != sorted(value, key=canonical):
        yield "is no list in canonical order: use labelpulse.ingest.shapes.in_order"
    elif not all(isinstance(one, list) and one for one in value):
        yield "holds what is no shape: use the builders of labelpulse.ingest.shapes"


def _ranking(value: Any) -> Iterator[str]:
    if not isinstance(value, list | dict) or not value:
        yield "is no ranking: a list of options, best first"


_FORMS = {
    Scale.NOMINAL: _label,
    Scale.ORDINAL: _rated,
    Scale.INTERVAL: _number,
    Scale.RATIO: _number,
    Scale.NUMBER: _number,
    Scale.SET: _set,
    Scale.TEXT: _text,
    Scale.GEOMETRY: _places,
    Scale.SPAN: _places,
    Scale.RANKING: _ranking,
}
