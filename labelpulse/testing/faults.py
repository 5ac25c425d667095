"""Find faults in the records of a collector."""

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
"""Bounds of a plausible instant, in microseconds: 1970 to about 2200."""

_TIMES = ("submitted_at", "updated_at", "started_at", "reviewed_at", "created_at")
_IDS = ("native_id", "project", "item", "annotator", "reviewer", "editor", "unique")

Record = AnnotationRecord | PredictionRecord | ItemRecord | ProjectRecord | PersonRecord | BadRecord


def faults_of(record: Record, controls: Iterable[ControlRecord] = ()) -> list[str]:
    """Return the faults of a record as sentences; an empty list = none.

    Args:
        controls: the declared controls of the project; of answers to other controls, only their
            form is checked.
    """
    scales = {control.name: control.scale for control in controls}
    native_id = getattr(record, "native_id", None) or getattr(record, "record", "")
    name = f"{type(record).__name__} {native_id!r}"
    return [f"{name}: {fault}" for fault in _faults(record, scales)]


def _faults(record: Record, scales: dict[str, Scale]) -> Iterator[str]:
    yield from _ids(record)
    yield from _times(record)
    if isinstance(record, BadRecord):
        yield from _description(record)
    if isinstance(record, AnnotationRecord | PredictionRecord):
        yield from _answers(record.answers, scales)
    if isinstance(record, AnnotationRecord):
        yield from _answers(record.gold, scales)
        spent = record.time_spent_ms
        if spent is not None and type(spent) is not int:
            yield "time_spent_ms is not a whole number of milliseconds"
    if isinstance(record, PredictionRecord) and type(record.score) not in (int, type(None)):
        yield "score is not a whole number of millionths"


def _ids(record: Record) -> Iterator[str]:
    for name in _IDS:
        value = getattr(record, name, None)
        if value is not None and (not isinstance(value, str) or "\0" in value):
            yield f"{name} is not text that a database can store"
    if not isinstance(record, BadRecord) and not record.native_id:
        yield "native_id is empty"
    if isinstance(record, ItemRecord) and record.name != shown_name(record.name):
        yield "name is not as stored: use labelpulse.ingest.known.shown_name"


def _times(record: Record) -> Iterator[str]:
    for name in _TIMES:
        value = getattr(record, name, None)
        if value is not None and (type(value) is not int or not FIRST <= value < LAST):
            yield f"{name} is not an instant in microseconds UTC"


def _description(record: BadRecord) -> Iterator[str]:
    if not record.reason.replace("_", "").isalnum() or record.reason != record.reason.lower():
        yield "reason is not a stable code such as bad_time"
    if not record.location or not record.record or not record.detail:
        yield "location, record or detail is empty"


# --- answers ---


def _answers(answers: Any, scales: dict[str, Scale]) -> Iterator[str]:
    names = [name for name, _ in answers]
    if len(set(names)) < len(names):
        yield "a control has two answers: give several values as one list"
    for name, value in answers:
        if value is None:
            yield f"the answer to {name} is None: leave out controls without an answer"
        elif json.loads(canonical(value)) != value:
            yield f"the answer to {name} changes when it is written and read as JSON"
        elif name in scales:
            yield from (f"{name} {fault}" for fault in _FORMS[scales[name]](value))


def _label(value: Any) -> Iterator[str]:
    if not isinstance(value, str) or value != normalize("NFC", value.strip()) or not value:
        yield "is not a label: text, trimmed and in NFC"


def _set(value: Any) -> Iterator[str]:
    if not isinstance(value, list) or value != sorted(set(map(str, value))):
        yield "is not a set of labels: a sorted list without duplicates"


def _number(value: Any) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield "is not a number"


def _rated(value: Any) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        yield "is neither a label nor a number"


def _text(value: Any) -> Iterator[str]:
    if not isinstance(value, str) or value != normalize("NFC", value.strip()):
        yield "is not text, trimmed and in NFC"


def _shapes(value: Any) -> Iterator[str]:
    if not isinstance(value, list) or value != sorted(value, key=canonical):
        yield "is not a list in canonical order: use labelpulse.ingest.shapes.in_order"
    elif not all(isinstance(shape, list) and shape for shape in value):
        yield "contains an invalid shape: use the builders of labelpulse.ingest.shapes"


def _ranking(value: Any) -> Iterator[str]:
    if not isinstance(value, list | dict) or not value:
        yield "is not a ranking: a list of options, best first"


_FORMS = {
    Scale.NOMINAL: _label,
    Scale.ORDINAL: _rated,
    Scale.INTERVAL: _number,
    Scale.RATIO: _number,
    Scale.NUMBER: _number,
    Scale.SET: _set,
    Scale.TEXT: _text,
    Scale.GEOMETRY: _shapes,
    Scale.SPAN: _shapes,
    Scale.RANKING: _ranking,
}
