"""Zooniverse's classification export: one row a classification of a subject by a volunteer.

`tasks` tells what each task was answered, `marks` makes shapes of what was drawn; here are the
rows around them. Visitors who are not logged in share a name by their address, so they are nobody
in particular; their answers count.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from collectors.zooniverse.marks import Sizes, sizes_of
from collectors.zooniverse.tasks import Lost, said_in, tasks_of
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import AnnotationRecord, PersonRecord, canonical
from labelpulse.core.formats import plural
from labelpulse.ingest.crowd import Cells, CrowdFile, CrowdFormat
from labelpulse.ingest.parse import loads
from labelpulse.ingest.times import read_time
from labelpulse.source import ImportOptions

VISITOR = "not-logged-in"
MOST_SUBJECTS = 200_000
"""Subjects whose size is remembered, for classifications that do not tell it."""

_TRUE = ("true", "1")
_EXPERTS = ("expert", "owner")


class _File(CrowdFile):
    OWN: ClassVar[Mapping[str, str]] = {
        "annotation_id": "classification_id",
        "item": "subject_ids",
        "annotator": "user_name",
        "submitted_at": "created_at",
    }
    ALWAYS: ClassVar[tuple[str, ...]] = ("workflow_id", "subject_ids", "metadata", "annotations")

    def __init__(self, path: Path, options: ImportOptions) -> None:
        super().__init__(path, options)
        self._workflows: dict[str, str] = {}
        self._sizes: dict[str, Sizes] = {}
        self._pixels = False
        self._lost: Counter[Lost] = Counter()
        self._flags = self._visits = 0

    def count(self, cells: Cells) -> None:
        self._flags += self._is_gold(cells)
        self._visits += cells[self.columns["annotator"]].startswith(VISITOR)

    def see(self, cells: Cells) -> None:
        self._workflows.setdefault(cells["workflow_id"], cells.get("workflow_name", ""))
        sizes = sizes_of(_object(cells["metadata"]))
        if sizes and len(self._sizes) < MOST_SUBJECTS:
            self._sizes.setdefault(cells["subject_ids"], sizes)
        tasks = tasks_of(loads(cells["annotations"]))
        for (name, workflow), value in self._told(cells, tasks, None, self._lost).items():
            self.ask(canonical([workflow, name])).note(value)

    def settle(self) -> None:
        """Name tasks by their own names, and by their workflow where there are several."""
        self._pixels = not self._sizes
        found = {}
        for key, question in self.questions.items():
            workflow, name = loads(key)
            question.name = self._named(workflow, name)
            found[question.name] = question
        self.questions = found

    def _named(self, workflow: str, name: str) -> str:
        if len(self._workflows) < 2:
            return name
        title = self._workflows[workflow]
        if not title or [*self._workflows.values()].count(title) > 1:  # a copy of another
            title = f"{title} {workflow}".strip()
        return f"{title}: {name}"

    def said(self, cells: Cells) -> Mapping[str, Any]:
        tasks = tasks_of(loads(cells["annotations"]))
        sizes = sizes_of(_object(cells["metadata"])) or self._sizes.get(cells["subject_ids"], {})
        told = self._told(cells, tasks, None if self._pixels else sizes, Counter())
        return {self._named(workflow, name): value for (name, workflow), value in told.items()}

    @staticmethod
    def _told(
        cells: Cells, tasks: list[Mapping[str, Any]], sizes: Sizes | None, lost: Counter[Lost]
    ) -> Mapping[tuple[str, str], Any]:
        workflow = cells["workflow_id"]
        found = said_in(tasks, sizes, lost)
        return {(name, workflow): value for name, value in found.items()}

    def author(self, record: AnnotationRecord) -> PersonRecord | None:
        name = record.annotator
        visits = name is not None and name.startswith(VISITOR)
        return PersonRecord(name or "", anonymous=True) if visits else None

    def finished(self, cells: Cells, record: AnnotationRecord) -> AnnotationRecord:
        """Add what the browser's clock tells: how long it took, and when it began."""
        told = _object(cells["metadata"])
        start, end = (_moment(told.get(key)) for key in ("started_at", "finished_at"))
        spent = None if start is None or end is None or end < start else (end - start) // 1000
        before = record.submitted_at is None or (start or 0) <= record.submitted_at
        given = record.time_spent_ms if "time_spent" in self.columns else spent
        began = record.started_at if "started_at" in self.columns else (start if before else None)
        return replace(
            record, time_spent_ms=given, started_at=began, gold_flag=self._is_gold(cells)
        )

    @staticmethod
    def _is_gold(cells: Cells) -> bool:
        marked = cells.get("gold_standard", "").strip().lower() in _TRUE
        return marked or cells.get("expert", "").strip().lower() in _EXPERTS

    def remarks(self) -> Iterator[str]:
        if len(self._workflows) > 1:
            yield (
                f"it holds {len(self._workflows)} workflows, and their tasks are named with the "
                "workflow: export each workflow by itself to have them as projects"
            )
        if self._pixels and any(one.scale == "geometry" for one in self.questions.values()):
            yield "it tells no size of its pictures, so that shapes are in pixels and not in shares"
        if self._flags:
            flagged = plural(self._flags, "classification is", "classifications are")
            yield f'{flagged} marked as gold standard or by an expert: gold = "flag" takes them'
        if self._visits:
            visited = plural(self._visits, "classification is", "classifications are")
            yield f"{visited} by visitors who are not logged in: they count, and are no annotators"
        for what, n in self._lost.items():
            yield f"left out: {n:,} × {what.value}"


def _object(text: str) -> Mapping[str, Any]:
    found = loads(text)
    if not isinstance(found, dict):
        raise SkipRecord("bad_metadata", "its metadata is no object")
    return found


def _moment(text: Any) -> int | None:
    try:
        return read_time(text, "UTC") if isinstance(text, str) else None
    except (ValueError, OverflowError):
        return None


class Zooniverse(CrowdFormat):
    """Reads the CSV of a project's or a workflow's classifications."""

    name = "zooniverse"
    marks = ("classification_id", "subject_ids", "annotations")
    file = _File
