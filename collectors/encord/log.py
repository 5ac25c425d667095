"""Events of Encord's editor log: tasks that were submitted, skipped, approved or rejected."""

from collections.abc import Iterable
from functools import partial

from labelpulse.core.events import AnnotationRecord, ItemRecord, Status, Verdict
from labelpulse.ingest.exports.parts import Object, hashed, name
from labelpulse.ingest.exports.reader import Part, Reading

_ANNOTATION = ("ANNOTATION", "CONSENSUS_ANNOTATION")
_DONE = {"SUBMIT": Status.SUBMITTED, "SKIP": Status.SKIPPED}
_JUDGED = {"APPROVE": Verdict.ACCEPTED, "REJECT": Verdict.REJECTED}
_TASKS = "tasks"


def parts(element: Object, item: ItemRecord, reading: Reading) -> Iterable[Part]:
    """Return the submission that an event makes or judges; other events make none."""
    if str(element.get("action_category")).lower() != "task":
        return
    word = str(element.get("action") or "").upper().split("_")[0]
    if word in _DONE and element.get("workflow_stage_type") in (*_ANNOTATION, "", None):
        yield Part("", partial(_submitted, element, item, reading, _DONE[word]))
    elif word in _JUDGED:
        yield Part("", partial(_judged, element, item, reading, _JUDGED[word]))


def _submitted(
    event: Object, item: ItemRecord, reading: Reading, status: Status
) -> AnnotationRecord:
    at, author = reading.at(event.get("timestamp")), reading.person(event.get("actor_user_email"))
    _known(event, item, reading)[at or 0] = author
    return AnnotationRecord(
        project=item.project,
        item=item.native_id,
        native_id=hashed(item.native_id, _branch(event), author),
        annotator=author,
        status=status,
        submitted_at=at,
        updated_at=at,
        revision=at,
        batch=item.batch,
    )


def _judged(
    event: Object, item: ItemRecord, reading: Reading, verdict: Verdict
) -> AnnotationRecord | None:
    """The last submission of a task, judged; None where that was before the log begins."""
    at = reading.at(event.get("timestamp"))
    known = _known(event, item, reading)
    before = max((each for each in known if each <= (at or 0)), default=None)
    if before is None:
        return None
    author = known[before]
    return AnnotationRecord(
        project=item.project,
        item=item.native_id,
        native_id=hashed(item.native_id, _branch(event), author),
        annotator=author,
        submitted_at=before,
        updated_at=before,
        revision=at,
        verdict=verdict,
        reviewer=reading.person(event.get("actor_user_email")),
        reviewed_at=at,
        batch=item.batch,
    )


def _known(event: Object, item: ItemRecord, reading: Reading) -> dict[int, str | None]:
    """When a task was submitted, and by whom: the first pass knows all, in whatever order."""
    tasks: dict[tuple[str, str], dict[int, str | None]] = reading.state.setdefault(_TASKS, {})
    return tasks.setdefault((item.native_id, _branch(event)), {})


def _branch(event: Object) -> str:
    return name(event.get("branch_name")) or "main"
