"""Figure-Eight's (CrowdFlower's, Appen's) full report: one row a judgment.

The file puts the units' data and the answers side by side. What tells them apart:

* what differs between two judgments of one unit is an answer, whatever else it is;
* a field with a known answer in its ``_gold`` column is one, too;
* with neither anywhere, the job's own fields, which stand before the units' data, are; they are
  in the order of the alphabet, which then starts anew. What is constant among them was passed on.

A tainted judgment is of somebody whom the platform took off the job. It was done, so it stays in
throughput; the platform leaves it out of its results, and so it is left out of agreement,
accuracy and progress.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from labelpulse.core.days import is_utc
from labelpulse.core.errors import UsageError
from labelpulse.core.events import AnnotationRecord, ItemRecord, Scale
from labelpulse.core.formats import plural
from labelpulse.ingest.crowd import Cells, CrowdFile, CrowdFormat, content_of, listed
from labelpulse.source import ImportOptions

GOLD = "_gold"
_NO_ANSWERS = (GOLD, "_gold_reason")
UNITS = 50_000
"""Units whose judgments are compared; more would fill the memory and tell no more."""

Hashes = tuple[int, ...]


class _File(CrowdFile):
    OWN: ClassVar[Mapping[str, str]] = {
        "annotation_id": "_id",
        "item": "_unit_id",
        "annotator": "_worker_id",
        "started_at": "_started_at",
        "submitted_at": "_created_at",
    }

    def __init__(self, path: Path, options: ImportOptions) -> None:
        super().__init__(path, options)
        self.fields_there = [
            name
            for name in self.header
            if not name.startswith(("_", "orig_")) and not name.endswith(_NO_ANSWERS)
        ]
        self.reasons: dict[str, str] = {}
        self._first: dict[str, Hashes] = {}
        self._compared = False
        self._varies: set[str] = set()
        self._known: set[str] = set()
        self._pages: Counter[int] = Counter()
        self._tainted = self._several = 0

    def count(self, cells: Cells) -> None:
        self._pages[self._page(cells)] += 1
        self._tainted += self._is_tainted(cells)

    def see(self, cells: Cells) -> None:
        for name in self.fields_there:
            self.ask(name).note(self.cell(cells[name]))
            if cells.get(name + GOLD, "").strip():
                self._known.add(name)
        self._compare(cells[self.columns["item"]], tuple(hash(cells[n]) for n in self.fields_there))

    def _compare(self, unit: str, values: Hashes) -> None:
        first = self._first.get(unit)
        if first is None:
            if len(self._first) < UNITS:
                self._first[unit] = values
            return
        self._compared = True
        if first != values:
            there = zip(self.fields_there, first, values, strict=True)
            self._varies.update(name for name, one, other in there if one != other)

    def settle(self) -> None:
        self._first.clear()
        self._decide()
        if self._known:
            rows = (one.cells for one in self.table.rows() if isinstance(one.cells, list))
            told = (dict(zip(self.header, cells, strict=True)) for cells in rows)
            self._several = sum(map(self._accepts_several, told))

    def _decide(self) -> None:
        self.reasons = dict.fromkeys(self._varies, "judgments of one unit differ in it")
        self.reasons |= dict.fromkeys(self._known, "it has known answers")
        if not self.reasons:
            self.reasons = dict.fromkeys(self._own_fields(), "nothing else can be the answers")
        if len(self.reasons) > 1 and not (self._varies or self._known):
            raise UsageError(
                f"{self.path.name}: nothing tells which of {listed(sorted(self.reasons))} holds "
                "the answers and which the units' own data: name it by --map label=COLUMN"
            )
        self.questions = {name: one for name, one in self.questions.items() if name in self.reasons}

    def _own_fields(self) -> Iterator[str]:
        """Yield the job's own fields that are not the same throughout, as far as order tells."""
        before = ""
        for name in self.fields_there:
            if name < before:
                return
            before = name
            if self.questions[name].differs:
                yield name

    def said(self, cells: Cells) -> Mapping[str, Any]:
        return {name: self.cell(cells[name]) for name in self.questions if name in cells}

    def known(self, cells: Cells) -> Mapping[str, Any]:
        found = {}
        for name, question in self.questions.items():
            text = cells.get(name + GOLD, "").strip()
            value = self.cell(text) if text.startswith("[") else text.split("\n")
            right = [one for one in value if one] if isinstance(value, list) else [text]
            if right and (question.scale == Scale.SET or len(right) == 1):
                found[name] = right
        return found

    def _accepts_several(self, cells: Cells) -> bool:
        """True when a question of one answer has several that are right, which gold cannot say."""
        texts = {name: cells.get(name + GOLD, "").strip() for name in self.questions}
        there = {name for name, text in texts.items() if text}
        return not there <= self.known(cells).keys()

    def fields(self, cells: Cells) -> Mapping[str, str]:
        return {"status": "deleted"} if self._is_tainted(cells) else {}

    def item(self, cells: Cells, record: AnnotationRecord) -> ItemRecord:
        shown = {name: cells[name] for name in self.fields_there if name not in self.questions}
        return ItemRecord(record.project, record.item, content=content_of(shown))

    def finished(self, cells: Cells, record: AnnotationRecord) -> AnnotationRecord:
        start, end = record.started_at, record.submitted_at
        if start is None or end is None or "time_spent" in self.columns or end < start:
            return record
        return replace(
            record, time_spent_ms=(end - start) // 1000 // self._pages[self._page(cells)]
        )

    def _page(self, cells: Cells) -> int:
        """Which page of work: its judgments have one start, and share its time."""
        return hash((cells.get("_worker_id"), cells.get("_started_at")))

    @staticmethod
    def _is_tainted(cells: Cells) -> bool:
        return cells.get("_tainted", "").strip().lower() == "true"

    def remarks(self) -> Iterator[str]:
        if self.reasons:
            rest = [name for name in self.fields_there if name not in self.questions]
            told = "; ".join(f"{name!r}: {self.reasons[name]}" for name in self.questions)
            data = f", and {listed(rest)} as the units' own data" if rest else ""
            yield (
                f"read as answers ({told}){data}: where that is wrong, name the answers by "
                "--map label=COLUMN"
            )
        if self._several:
            yield (
                f"{plural(self._several, 'judgment')} of units that accept several answers where "
                "one is given: these units have no gold"
            )
        if self._tainted:
            yield (
                f"{plural(self._tainted, 'tainted judgment')} of people whom the platform took "
                "off the job: in throughput, and left out of agreement, accuracy and progress"
            )
        if not is_utc(self.options.naive_zone):
            yield (
                f"its times name no zone and were read in {self.options.naive_zone}; the platform "
                "writes UTC, for which add --naive-zone UTC"
            )


class FigureEight(CrowdFormat):
    """Reads full reports of CrowdFlower, Figure-Eight and Appen."""

    name = "figure-eight"
    marks = ("_unit_id", "_worker_id", "_trust")
    file = _File
