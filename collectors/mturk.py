"""Mechanical Turk's batch results: one row an assignment, a HIT is an item.

``Answer.NAME`` columns are the questions; true and false in ``Answer.NAME.OPTION`` are the options
of one question, and ``Answer.taskAnswers`` holds the answers of all as JSON.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from labelpulse.core.answers import clean
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import AnnotationRecord, ItemRecord, Scale
from labelpulse.core.formats import plural
from labelpulse.ingest.crowd import Cells, CrowdFile, CrowdFormat, content_of
from labelpulse.ingest.parse import loads
from labelpulse.ingest.questions import UNREADABLE, Shapes, Ticked, plain
from labelpulse.ingest.shapes import Picture, Shape, stretch
from labelpulse.ingest.times import read_time
from labelpulse.source import ImportOptions

ANSWER, INPUT, TASK_ANSWERS = "Answer.", "Input.", "Answer.taskAnswers"
_STATUS = {"submitted": "submitted", "approved": "accepted", "rejected": "rejected"}
_REVIEWED = {"approved": "ApprovalTime", "rejected": "RejectionTime"}
_BATCH = re.compile(r"BatchId:(\d+)")
_WORDS = ("true", "false", "")
AT_ONCE = 60 * 1_000_000
"""Microseconds between the moment of automatic approval and an approval that was it."""


class _File(CrowdFile):
    OWN: ClassVar[Mapping[str, str]] = {
        "annotation_id": "AssignmentId",
        "item": "HITId",
        "annotator": "WorkerId",
        "started_at": "AcceptTime",
        "submitted_at": "SubmitTime",
        "time_spent": "WorkTimeInSeconds",
        "batch": "HITTypeId",
    }
    SEPARATOR: ClassVar[str] = "|"

    def __init__(self, path: Path, options: ImportOptions) -> None:
        super().__init__(path, options)
        own = [name for name in self.header if name.startswith(ANSWER) and name != TASK_ANSWERS]
        self._inputs = [name for name in self.header if name.startswith(INPUT)]
        self._plain = {name: name.removeprefix(ANSWER) for name in own}
        self._groups: dict[str, dict[str, str]] = {}
        for column, name in self._plain.items():
            stem, dot, option = name.partition(".")
            if dot and option:
                self._groups.setdefault(stem, {})[column] = option
        self._torn: set[str] = set()
        self._unread: Counter[str] = Counter()
        self._automatic = 0

    def count(self, cells: Cells) -> None:
        self._automatic += self._is_automatic(cells)

    # --- answers ---

    def see(self, cells: Cells) -> None:
        for stem, group in self._groups.items():
            if any(cells[column].strip().lower() not in _WORDS for column in group):
                self._torn.add(stem)
        for name, value in self.said(cells).items():
            self.ask(name).note(value)
            self._unread[name] += value is UNREADABLE

    def settle(self) -> None:
        groups = {name: group for name, group in self._groups.items() if name not in self._torn}
        grouped = {column for group in groups.values() for column in group}
        for column, name in list(self._plain.items()):
            if column in grouped:
                del self._plain[column]
                self.questions.pop(name, None)
        for stem in self._torn:
            self.questions.pop(stem, None)
            for column in self._groups.pop(stem):
                short, option = self._plain[column].rsplit(".", 1)
                if option in ("label", "labels") and short not in self._plain.values():
                    self._plain[column] = short
                    self.questions[short] = self.questions.pop(f"{short}.{option}")
                    self.questions[short].name = short

    def said(self, cells: Cells) -> Mapping[str, Any]:
        return {**self._texts(cells), **self._ticks(cells), **self._json(cells)}

    def _texts(self, cells: Cells) -> dict[str, Any]:
        return {name: self.cell(cells[column]) for column, name in self._plain.items()}

    def _ticks(self, cells: Cells) -> dict[str, Any]:
        return {
            stem: _ticked({option: cells[column] for column, option in group.items()})
            for stem, group in self._groups.items()
        }

    @staticmethod
    def _json(cells: Cells) -> dict[str, Any]:
        text = cells.get(TASK_ANSWERS, "").strip()
        if not text:
            return {}
        found = loads(text)
        parts = found if isinstance(found, list) else [found]
        if not all(isinstance(part, dict) for part in parts):
            raise SkipRecord("bad_answers", "its taskAnswers are no list of objects")
        return {name: _element(value) for part in parts for name, value in part.items()}

    # --- the rest of a row ---

    def fields(self, cells: Cells) -> Mapping[str, str]:
        found = {}
        batch = _BATCH.search(cells.get("RequesterAnnotation", ""))
        if batch and "batch" not in self.options.columns:
            found["batch"] = batch[1]
        if "status" in self.options.columns or "AssignmentStatus" not in cells:
            return found
        word = clean(cells["AssignmentStatus"]).lower()
        if word == "approved" and self._is_automatic(cells):
            return {**found, "status": "submitted"}
        at = cells.get(_REVIEWED.get(word, ""), "")
        return {**found, "status": _STATUS.get(word, word), "reviewed_at": at}

    def _is_automatic(self, cells: Cells) -> bool:
        """True for what was approved because its time was over: nobody judged it."""
        try:
            approved, due = (
                read_time(cells[name].strip(), self.options.naive_zone)
                for name in ("ApprovalTime", "AutoApprovalTime")
            )
        except (KeyError, ValueError, OverflowError):
            return False
        return approved >= due - AT_ONCE

    def item(self, cells: Cells, record: AnnotationRecord) -> ItemRecord:
        shown = {name: cells[name] for name in self._inputs}
        most = cells.get("MaxAssignments", "").strip()
        one = "item" not in self.options.columns and most.isdecimal()
        required = int(most) if one and 0 < len(most) < 6 else None
        return ItemRecord(
            record.project, record.item, required, record.batch, content=content_of(shown)
        )

    def remarks(self) -> Iterator[str]:
        if self._automatic:
            yield (
                f"{plural(self._automatic, 'assignment was', 'assignments were')} approved "
                "automatically when their time was over: no review"
            )
        lost = [name for name, n in self._unread.items() if n]
        if lost:
            yield f"{', '.join(sorted(lost))}: answers of a kind that is not read yet, left out"


def _ticked(cells: Mapping[str, Any]) -> Any:
    """Return the options that are on; a lone ``on`` is a box that is ticked or not."""
    on = {name: str(value).strip().lower() == "true" for name, value in cells.items()}
    if not any(str(value).strip() for value in cells.values()):
        return None
    return on["on"] if set(on) == {"on"} else Ticked(tuple(name for name, one in on.items() if one))


def _element(value: Any) -> Any:
    """Return the answer of one element of a crowd form."""
    if not isinstance(value, dict):
        return plain(value)
    if value and all(isinstance(one, bool) for one in value.values()):
        return _ticked(value)
    for key in ("label", "labels"):
        if set(value) == {key}:
            return plain(value[key])
    inside = value.get("annotatedResult", value)
    if isinstance(inside, dict) and isinstance(inside.get("entities"), list):
        spans = (_dict(one) for one in inside["entities"])
        return Shapes(
            tuple(stretch(s.get("startOffset"), s.get("endOffset"), s.get("label")) for s in spans),
            Scale.SPAN,
        )
    return _drawn(inside) if isinstance(inside, dict) else UNREADABLE


def _drawn(value: Mapping[str, Any]) -> Any:
    kinds = [kind for kind in _DRAWN if isinstance(value.get(kind), list)]
    if not kinds:
        return UNREADABLE
    size = _dict(value.get("inputImageProperties"))
    picture = Picture(size.get("width", 0), size.get("height", 0))
    return Shapes(tuple(_DRAWN[kind](picture, _dict(one)) for kind in kinds for one in value[kind]))


def _dict(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SkipRecord("bad_answers", "a part of its taskAnswers is no object")
    return value


def _box(picture: Picture, one: Mapping[str, Any]) -> Shape:
    left, top, width, height = (one.get(side) for side in ("left", "top", "width", "height"))
    return picture.box(left, top, width, height, one.get("label"))


def _vertices(one: Mapping[str, Any]) -> list[list[Any]]:
    return [[_dict(at).get("x"), _dict(at).get("y")] for at in one.get("vertices", [])]


def _keypoint(picture: Picture, one: Mapping[str, Any]) -> Shape:
    return picture.point(one.get("x"), one.get("y"), one.get("label"))


def _polygon(picture: Picture, one: Mapping[str, Any]) -> Shape:
    return picture.polygon([_vertices(one)], one.get("label"))


def _polyline(picture: Picture, one: Mapping[str, Any]) -> Shape:
    return picture.line(_vertices(one), one.get("label"))


_DRAWN = {
    "boundingBoxes": _box,
    "keypoints": _keypoint,
    "polygons": _polygon,
    "polylines": _polyline,
}


class MTurk(CrowdFormat):
    """Reads the CSV of a batch of Amazon Mechanical Turk."""

    name = "mturk"
    marks = ("HITId", "AssignmentId", "WorkerId")
    file = _File
