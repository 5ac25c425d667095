"""One Prodigy task, as its database and ``db-out`` have it -> one annotation record.

A saved task is one annotator's answer. Answering a task again makes another annotation of the same
person on the same item: their first answer meets gold, their last one agreement. The item is the
task's input (``_input_hash``); where accept or reject is about the task itself and no label names
the question, it is input and task, since one input has many such questions.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from labelpulse.core.answers import clean
from labelpulse.core.days import SECOND
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import (
    AnnotationRecord,
    ItemRecord,
    PersonRecord,
    Status,
    canonical,
)
from labelpulse.ingest.fields import content_of
from labelpulse.ingest.mapping import MAX_NAME_BYTES
from labelpulse.ingest.prodigy_answers import answers
from labelpulse.ingest.prodigy_questions import (
    ACCEPT,
    IGNORE,
    REJECT,
    Questions,
    Task,
    about_task,
)
from labelpulse.ingest.times import LAST_YEAR

INPUTS = ("text", "image", "audio", "video", "html")
"""What a task shows, by which its input is known where it has no hash."""

_DATED = re.compile(r"(?:.*-)?\d{4}-\d\d-\d\d[_T ]\d\d[-:]\d\d[-:]\d\d.*")
_STATUS: Mapping[str, Status] = {
    ACCEPT: Status.SUBMITTED,
    REJECT: Status.SUBMITTED,
    IGNORE: Status.SKIPPED,
}
_END = (LAST_YEAR - 1970) * 366 * 86_400


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a task beside its content.

    Attributes:
        project: native id of the project.
        dataset: name of its dataset, with which the names of sessions begin; "" = unknown.
        annotator: who works in that dataset, where its name tells; None = the task tells.
        native_id, unique, fingerprint, place: as of an annotation; no id = one by `answer_id`.
        hashes: ``_input_hash`` and ``_task_hash``, where a database has them beside the content.
    """

    project: str
    dataset: str = ""
    annotator: str | None = None
    native_id: str = ""
    unique: str = ""
    fingerprint: str = ""
    place: str = ""
    hashes: Mapping[str, Any] = field(default_factory=dict)


def task_record(task: Task, questions: Questions, told: Told) -> AnnotationRecord:
    """Return the annotation that a saved task is; `questions` has seen it.

    Raises:
        SkipRecord: the task cannot be used.
    """
    status = _STATUS.get(str(task.get("answer")))
    if status is None:
        raise SkipRecord("unknown_answer", "its answer is none of accept, reject and ignore")
    at = saved_at(task)
    return AnnotationRecord(
        project=told.project,
        item=_item(task, told),
        native_id=told.native_id or answer_id(task, told),
        unique=told.unique,
        annotator=told.annotator or annotator(task, told.dataset),
        status=status,
        submitted_at=at,
        revision=None if told.native_id else at,
        answers=answers(task, questions) if status == Status.SUBMITTED else (),
        assisted=_from_model(task),
        fingerprint=told.fingerprint,
        location=told.place,
    )


def item_record(task: Task, record: AnnotationRecord) -> ItemRecord:
    """Return the item of an answer, with a digest of what it shows.

    None where the question is the task's own: the same text with another question is no repeat.
    """
    shown = {} if about_task(task) else {name: task[name] for name in INPUTS if task.get(name)}
    return ItemRecord(record.project, record.item, content=content_of(shown))


def answer_id(task: Task, told: Told) -> str:
    """Return an id for an answer in a file, the same in every export that holds it."""
    who = told.annotator or task.get("_annotator_id") or task.get("_session_id")
    hashes = (_hash(task, told, "_input_hash"), _hash(task, told, "_task_hash"))
    key = [told.project, *hashes, _view(task), who, task.get("_timestamp")]
    return blake2b(canonical(key).encode("utf-8", "replace"), digest_size=16).hexdigest()


def annotator(task: Task, dataset: str = "") -> str | None:
    """Return who answered, by the name of their session; None = an unnamed session.

    >>> annotator({"_session_id": "news-abe"}, "news"), annotator({"_session_id": "news-abe"})
    ('abe', 'news-abe')
    >>> annotator({"_annotator_id": "2024-03-01_10-20-30", "_session_id": None})
    """
    for key in ("_annotator_id", "_session_id"):
        told = task.get(key)
        if not isinstance(told, str | int) or isinstance(told, bool):
            continue
        name = clean(str(told))
        if dataset:
            name = name.removeprefix(f"{dataset}-")
        if name and name != dataset and not _DATED.fullmatch(name):
            return _short(name)
    return None


def person_record(native_id: str) -> PersonRecord:
    """Return the person that a session is named after."""
    return PersonRecord(native_id, native_id, native_id if "@" in native_id else "")


def saved_at(task: Task) -> int | None:
    """Return when a task was answered, microseconds UTC; older tasks do not tell."""
    told = task.get("_timestamp")
    if told is None:
        return None
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 < told < _END:
        raise SkipRecord("bad_time", "its _timestamp is no number of seconds since 1970")
    return round(told * SECOND)


def _item(task: Task, told: Told) -> str:
    found = _hash(task, told, "_input_hash")
    return f"{found}:{_hash(task, told, '_task_hash')}" if about_task(task) else found


def _hash(task: Task, told: Told, key: str) -> str:
    """One of a task's two hashes; ours of what it shows, where it has none."""
    found = told.hashes.get(key)
    found = task.get(key) if found is None else found
    if isinstance(found, str | int) and not isinstance(found, bool) and clean(str(found)):
        return _short(clean(str(found)))
    shown = {name: task[name] for name in INPUTS if task.get(name)}
    if not shown:
        raise SkipRecord("missing_item", "it has no _input_hash, and no text, image or recording")
    if key == "_task_hash":
        shown |= {name: task.get(name) for name in ("label", "spans", "options")}
    return blake2b(canonical(shown).encode("utf-8", "replace"), digest_size=12).hexdigest()


def _view(task: Task) -> str:
    return str(task.get("_view_id") or "")


def _short(name: str) -> str:
    if len(name.encode()) > MAX_NAME_BYTES:
        raise SkipRecord("long_name", f"a name in it is longer than {MAX_NAME_BYTES} bytes")
    return name


def _from_model(task: Task) -> bool:
    """True where a mark still names the model that proposed it."""
    spans = task.get("spans")
    return isinstance(spans, list) and any(
        isinstance(one, dict) and isinstance(one.get("source"), str) for one in spans
    )
