"""Argilla's rows -> projects, annotations and predictions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import Row

from collectors.argilla.tables import native
from collectors.argilla.values import Question, answers, question
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import (
    AnnotationRecord,
    ItemRecord,
    PredictionRecord,
    ProjectRecord,
    Status,
)
from labelpulse.ingest.fields import instant, storable
from labelpulse.ingest.parse import loads

FORM_VERSION = 1
"""Rises when answers get another canonical form, so that all are read again."""

_STATUS = {
    "submitted": Status.SUBMITTED,
    "discarded": Status.SKIPPED,
    "draft": Status.DRAFT,
}


@dataclass(frozen=True, slots=True)
class Project:
    """A dataset as it was opened.

    Attributes:
        questions: name -> question; asked: id of a question -> its name.
        names: all by which the configuration may name it.
        form: changes with the canonical form of answers, and differs between datasets.
    """

    record: ProjectRecord
    questions: Mapping[str, Question]
    asked: Mapping[str, str]
    names: tuple[str, ...]
    form: str


def projects_of(datasets: Sequence[Row[Any]], questions: Sequence[Row[Any]]) -> dict[str, Project]:
    """Return the projects by their ids as the database has them.

    A dataset is titled by its name, and by ``workspace/name`` where another has the same name.
    """
    named = Counter(row.name for row in datasets)
    asked: dict[str, list[Row[Any]]] = {}
    for row in questions:
        asked.setdefault(row.dataset, []).append(row)
    return {
        row.id: _project(row, asked.get(row.id, []), whole=named[row.name] > 1) for row in datasets
    }


def _project(row: Row[Any], asked: Sequence[Row[Any]], *, whole: bool) -> Project:
    path = f"{row.workspace}/{row.name}"
    found = {one.name: question(one.name, _json(one.settings)) for one in asked}
    known = {name: one for name, one in found.items() if one is not None}
    missing = len(found) - len(known)
    settings = _short("".join(f"{one.name} {one.settings}" for one in asked))
    record = ProjectRecord(
        native_id=native(row.id),
        title=storable(path if whole else row.name),
        controls=tuple(one.control for one in known.values()),
        required=_required(row.distribution),
        config_digest=settings,
        remarks=(_UNKNOWN.format(missing),) if missing else (),
    )
    return Project(
        record=record,
        questions=known,
        asked={one.id: one.name for one in asked},
        names=(row.name, path, record.native_id),
        form=_short(f"{FORM_VERSION} {row.id} {settings}"),
    )


_UNKNOWN = "Questions of a type that labelpulse does not know yet, whose answers are left out: {}."


def _required(distribution: str | None) -> int | None:
    told = None if distribution is None else _json(distribution)
    need = told.get("min_submitted") if isinstance(told, dict) else None
    return need if isinstance(need, int) and need > 0 else None


def _json(text: str | None) -> Any:
    try:
        return None if text is None else loads(text)
    except SkipRecord:
        return None


def annotation_record(
    row: Row[Any], item: ItemRecord, project: Project, fingerprint: str
) -> AnnotationRecord:
    """Return the record of a response.

    A draft and a discarded response carry no answers: neither says anything.

    Raises:
        SkipRecord: the response cannot be used.
    """
    status = _STATUS.get(row.status)
    if status is None:
        raise SkipRecord("unknown_status", "its status is none that is known here")
    made, updated = instant(row.inserted_at), instant(row.updated_at)
    submitted = status == Status.SUBMITTED and row.said is not None
    return AnnotationRecord(
        project=item.project,
        item=item.native_id,
        native_id=native(row.key),
        annotator=native(row.user_id),
        status=status,
        submitted_at=None if status == Status.DRAFT else updated,
        updated_at=updated,
        started_at=made,
        answers=answers(loads(row.said), project.questions) if submitted else (),
        assisted=bool(row.assisted),
        fingerprint=fingerprint,
        location=f"response {native(row.key)}",
    )


def prediction_record(
    row: Row[Any], item: ItemRecord, project: Project, fingerprint: str
) -> PredictionRecord:
    """Return the record of a suggestion, which answers one question.

    Raises:
        SkipRecord: it suggests nothing that the question knows.
    """
    name = project.asked.get(row.question_id, "")
    said = answers({name: {"value": loads(row.value)}}, project.questions)
    if not said:
        raise SkipRecord("bad_value", "it suggests nothing")
    return PredictionRecord(
        project=item.project,
        item=item.native_id,
        native_id=f"suggestion-{native(row.key)}",
        model_version=storable(row.agent or "").strip(),
        score=_millionths(None if row.score is None else loads(row.score)),
        created_at=instant(row.inserted_at),
        answers=said,
        fingerprint=fingerprint,
        location=f"suggestion {native(row.key)}",
    )


def _millionths(score: Any) -> int | None:
    """One score of the whole; of a list, one for each part, nothing is said of the whole."""
    if isinstance(score, bool) or not isinstance(score, int | float):
        return None
    return round(score * 1_000_000) if abs(score) < 1_000_000 else None


def _short(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
