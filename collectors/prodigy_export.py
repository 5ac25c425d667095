"""What Prodigy's ``db-out`` writes: one saved task a line, each the answer of one session.

The mapping is that of its database (`labelpulse.ingest.prodigy`). A file does not name its
dataset, with which the names of sessions begin: its own name is taken for that.
"""

from collections.abc import Iterable
from typing import Any

from labelpulse.core.events import AnnotationRecord, ControlRecord, ItemRecord
from labelpulse.ingest.exports.outline import Outline
from labelpulse.ingest.exports.parts import Object
from labelpulse.ingest.exports.reader import Export, Part, Reading
from labelpulse.ingest.prodigy import Told, item_record, task_record
from labelpulse.ingest.prodigy_questions import Questions

_QUESTIONS, _MADE = "questions", "made"


class ProdigyExport(Export):
    """Reads data sets of Prodigy."""

    name = "prodigy"
    reads_name = True
    unknown = ("time spent is not told by Prodigy",)

    def fits(self, head: Outline) -> bool:
        """Return True for tasks with an answer and Prodigy's own hashes."""
        return head.has("answer") and head.any("_input_hash", "_task_hash", "_session_id")

    def item(self, element: Object, reading: Reading) -> ItemRecord:
        """Return what a task shows as an item; its answer is made with it."""
        questions = _questions(reading)
        questions.see(element)
        made = task_record(element, questions, Told(reading.project, reading.file.stem))
        reading.state[_MADE] = made
        return item_record(element, made)

    def parts(self, element: Object, item: ItemRecord, reading: Reading) -> Iterable[Part]:  # noqa: ARG002
        """Return the one answer that a task holds."""
        made: AnnotationRecord = reading.state[_MADE]
        reading.person(made.annotator, made.annotator)
        return [Part("", lambda: made)]

    def controls(self, reading: Reading) -> tuple[ControlRecord, ...]:
        """Return what the tasks ask."""
        return _questions(reading).controls

    def remarks(self, reading: Reading) -> Iterable[str]:
        """Say what the tasks do not tell."""
        return _questions(reading).remarks


def _questions(reading: Reading) -> Questions:
    found: Any = reading.state.setdefault(_QUESTIONS, Questions())
    return found  # type: ignore[no-any-return]
