"""Toloka's assignments: one row a task of a suite, ``OUTPUT:NAME`` columns are the questions.

A suite is done at once, so its time is shared among its tasks. The plain file has no time of
submission; then work counts in totals and on no day.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from labelpulse.core.answers import clean
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import AnnotationRecord, ItemRecord
from labelpulse.ingest.crowd import Cells, CrowdFile, CrowdFormat, content_of
from labelpulse.ingest.parse import loads
from labelpulse.ingest.questions import UNREADABLE, Shapes
from labelpulse.ingest.shapes import Picture, Shape
from labelpulse.source import ImportOptions

INPUT, OUTPUT, KNOWN = "INPUT:", "OUTPUT:", "GOLDEN:"
MAX_NAME = 200
_STATUS = {
    "submitted": "submitted",
    "approved": "accepted",
    "accepted": "accepted",
    "rejected": "rejected",
    "skipped": "skipped",
    "active": "draft",
    "expired": "draft",
}


class _File(CrowdFile):
    OWN: ClassVar[Mapping[str, str]] = {
        "item": "ASSIGNMENT:task_id",
        "annotator": "ASSIGNMENT:worker_id",
        "started_at": "ASSIGNMENT:started",
        "submitted_at": "ASSIGNMENT:submitted",
    }
    NEEDED: ClassVar[tuple[str, ...]] = ("annotator",)
    ALWAYS: ClassVar[tuple[str, ...]] = ("ASSIGNMENT:assignment_id",)
    QUOTED: ClassVar[bool] = False

    def __init__(self, path: Path, options: ImportOptions) -> None:
        super().__init__(path, options)
        self._inputs = [name for name in self.header if name.startswith(INPUT)]
        self._outputs = [name for name in self.header if name.startswith(OUTPUT)]
        self._suites: Counter[int] = Counter()

    def count(self, cells: Cells) -> None:
        self._suites[self._suite(cells)] += 1

    def said(self, cells: Cells) -> Mapping[str, Any]:
        return {name.removeprefix(OUTPUT): self._value(cells[name]) for name in self._outputs}

    def known(self, cells: Cells) -> Mapping[str, Any]:
        return {name: self._value(cells.get(KNOWN + name, "")) for name in self.questions}

    def _value(self, text: str) -> Any:
        """Return what stands in a cell; what is drawn on a picture is in shares of it."""
        value = self.cell(text)
        if value is not UNREADABLE:
            return value
        drawn = [_shape(one) for one in loads(text.strip())]
        shapes = tuple(one for one in drawn if one is not None)
        return Shapes(shapes) if len(shapes) == len(drawn) else UNREADABLE

    def fields(self, cells: Cells) -> Mapping[str, str]:
        found = {}
        item = cells[self.columns["item"]] if "item" in self.columns else self._task(cells)
        if "item" not in self.columns:
            found["item"] = item
        suite = cells["ASSIGNMENT:assignment_id"].strip()
        if suite and "annotation_id" not in self.columns:
            found["annotation_id"] = f"{suite} {content_of({'task': item})}"
        if "status" not in self.columns:
            word = clean(cells.get("ASSIGNMENT:status", "")).lower()
            found["status"] = _STATUS.get(word, word)
            if found["status"] in ("accepted", "rejected"):
                found["reviewed_at"] = cells.get(f"ASSIGNMENT:{found['status']}", "")
        return found

    def _task(self, cells: Cells) -> str:
        """What is asked about: the only input where it is short, else a digest of all."""
        shown = {name: cells[name] for name in self._inputs}
        only = next(iter(shown.values())).strip() if len(shown) == 1 else ""
        return only if 0 < len(only) <= MAX_NAME else content_of(shown)

    @staticmethod
    def _suite(cells: Cells) -> int:
        return hash(cells.get("ASSIGNMENT:assignment_id"))

    def item(self, cells: Cells, record: AnnotationRecord) -> ItemRecord:
        shown = {name: cells[name] for name in self._inputs}
        return ItemRecord(record.project, record.item, content=content_of(shown))

    def finished(self, cells: Cells, record: AnnotationRecord) -> AnnotationRecord:
        start, end = record.started_at, record.submitted_at
        if start is None or end is None or "time_spent" in self.columns or end < start:
            return record
        return replace(
            record, time_spent_ms=(end - start) // 1000 // self._suites[self._suite(cells)]
        )

    def remarks(self) -> Iterator[str]:
        if "submitted_at" not in self.columns:
            yield (
                "it has no time of submission, so that work counts in totals and on no day: "
                "download it with ASSIGNMENT:submitted, or take the start of the suite by "
                "--map submitted_at=ASSIGNMENT:started"
            )


def _shape(one: Any) -> Shape | None:
    if not isinstance(one, dict):
        return None
    kind, data = one.get("type", one.get("shape")), one.get("data", one)
    label, whole = one.get("label"), Picture()
    if kind == "rectangle" and "left" in one:
        return whole.box(one["left"], one.get("top"), one.get("width"), one.get("height"), label)
    try:
        if kind == "rectangle":
            (left, top), (right, bottom) = _at(data["p1"]), _at(data["p2"])
            return whole.corners(left, top, right, bottom, label)
        if kind == "point":
            x, y = _at(data.get("p1", data))
            return whole.point(x, y, label)
        if kind == "polygon":
            points = data if isinstance(data, list) else data["points"]
            return whole.polygon([[_at(point) for point in points]], label)
    except (KeyError, TypeError, AttributeError):
        raise SkipRecord("bad_value", "a shape in it lacks its points") from None
    return None


def _at(point: Mapping[str, Any]) -> tuple[Any, Any]:
    return (point.get("x", point.get("left")), point.get("y", point.get("top")))


class Toloka(CrowdFormat):
    """Reads the TSV of a pool's assignments."""

    name = "toloka"
    marks = ("ASSIGNMENT:assignment_id", "ASSIGNMENT:worker_id")
    file = _File
