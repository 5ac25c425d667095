"""Tables of crowd platforms: their columns are known, the questions are found in the file.

A format names its columns and what is particular about its rows (`CrowdFile`). A file is read
twice: once to see which questions it asks and on which scales, once to make records.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, ClassVar

from labelpulse.core.errors import SkipRecord, UsageError
from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    ItemRecord,
    PersonRecord,
    ProjectRecord,
    Scale,
    canonical,
)
from labelpulse.ingest.lines import Fault, printable
from labelpulse.ingest.mapping import TIMES, RowMapper, Said
from labelpulse.ingest.questions import UNREADABLE, Question, answers, unpacked
from labelpulse.ingest.tables import Table, header_in
from labelpulse.ingest.times import day_first
from labelpulse.source import FileRecord, ImportOptions

Cells = Mapping[str, str]
"""A row by its columns."""


def listed(names: Mapping[str, Any] | list[str], most: int = 12) -> str:
    """Return names for a sentence."""
    named = list(names)
    more = f" and {len(named) - most} more" if len(named) > most else ""
    return ", ".join(map(repr, named[:most])) + more


def content_of(shown: Mapping[str, Any]) -> str:
    """Return a digest of what an item shows; "" where nothing is told."""
    if not any(shown.values()):
        return ""
    return blake2b(canonical(shown).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _told_apart(names: list[str]) -> list[str]:
    """Return the names of columns, each once: of several the first keeps it."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


class CrowdFile:
    """One file of a platform; formats say what is particular about its rows.

    Attributes:
        columns: field -> column of the file; the user's map goes before the format's.
        questions: those found so far, by name.
        table: the file.
    """

    OWN: ClassVar[Mapping[str, str]] = {}
    """Field -> column, for columns that files have."""

    NEEDED: ClassVar[tuple[str, ...]] = ("item", "annotator")
    ALWAYS: ClassVar[tuple[str, ...]] = ()
    """Columns that are read as they are, whatever the user maps."""

    QUOTED: ClassVar[bool] = True
    SEPARATOR: ClassVar[str] = ""

    def __init__(self, path: Path, options: ImportOptions) -> None:
        self.path, self.options = path, options
        self.table = Table(path, quoted=self.QUOTED)
        self.header = _told_apart(self.table.header())
        own = {field: column for field, column in self.OWN.items() if column in self.header}
        given = {field: one for field, one in options.columns.items() if field != "label"}
        self.columns = {**own, **given}
        self.chosen = options.columns.get("label")
        self.questions: dict[str, Question] = {}
        self._last_item: str | None = None
        self._authors: set[str | None] = set()

    # --- what formats say ---

    def count(self, cells: Cells) -> None:
        """Take in, in the first reading, what matters of a row besides its answers."""

    def see(self, cells: Cells) -> None:
        """Take in what a row of the first reading answers; not called where the user says it."""
        for name, value in self.said(cells).items():
            self.ask(name).note(value)

    def settle(self) -> None:
        """Decide, after the first reading, what the questions are."""

    def said(self, cells: Cells) -> Mapping[str, Any]:
        """Return question -> value, as `questions` takes them."""
        raise NotImplementedError

    def known(self, cells: Cells) -> Mapping[str, Any]:  # noqa: ARG002
        """Return question -> known answer."""
        return {}

    def fields(self, cells: Cells) -> Mapping[str, str]:  # noqa: ARG002
        """Return fields of the row that are not as they stand in their columns."""
        return {}

    def item(self, cells: Cells, record: AnnotationRecord) -> ItemRecord | None:  # noqa: ARG002
        """Return the item of a row, where more than its name is told."""
        return None

    def author(self, record: AnnotationRecord) -> PersonRecord | None:  # noqa: ARG002
        """Return the author of a row, where more than the name is told."""
        return None

    def finished(self, cells: Cells, record: AnnotationRecord) -> AnnotationRecord:  # noqa: ARG002
        """Return the annotation with what else the row says."""
        return record

    def remarks(self) -> Iterator[str]:
        """Yield sentences on what was decided, for the operator."""
        return iter(())

    # --- reading ---

    def cell(self, text: str) -> Any:
        """Return what stands in a cell: lists as such, unless the user's scale has none."""
        if self.options.scale in (None, Scale.SET):
            return unpacked(text)
        return text.strip() or None

    def ask(self, name: str) -> Question:
        """Return a question by name, a new one where there is none yet."""
        if name not in self.questions:
            forced = Scale(self.options.scale) if self.options.scale else None
            separator = self.options.separator or self.SEPARATOR
            self.questions[name] = Question(name, forced, separator)
        return self.questions[name]

    def records(self) -> Iterator[FileRecord]:
        """Yield the project, then everything else; see `FileFormat`."""
        self._survey()
        title = self.options.project
        labels = self.options.labels
        controls = tuple(one.control(labels) for one in self.questions.values())
        yield ProjectRecord(title, title, controls, remarks=tuple(self._remarks()))
        mapper = self._mapper()
        for record in self.table.rows():
            yield from self._records_of(mapper, record.line, record.cells, record.raw)

    def _survey(self) -> None:
        for record in self.table.rows():
            if not isinstance(record.cells, Fault):
                with suppress(SkipRecord):  # the second reading quarantines it
                    self._see(dict(zip(self.header, record.cells, strict=True)))
        if self.chosen in self.header:
            return self._check_gold()
        self.settle()
        self.questions = {name: one for name, one in self.questions.items() if one.readable}
        if self.chosen is not None:
            if self.chosen not in self.questions:
                raise self._missing("label", self.chosen)
            self.questions = {self.chosen: self.questions[self.chosen]}
        return self._check_gold()

    def _see(self, cells: Cells) -> None:
        self.count(cells)
        if self.chosen is not None and self.chosen in cells:
            self.ask(self.chosen).note(self.cell(cells[self.chosen]))
        else:
            self.see(cells)

    def check(self) -> None:
        """Raise UsageError where the columns that are needed are not there."""
        for field, column in self.columns.items():
            if column not in self.header:
                raise self._missing(field, column)
        for field in self.NEEDED:
            if field not in self.columns:
                raise self._missing(field, self.OWN.get(field, field))
        for column in self.ALWAYS:
            if column not in self.header:
                raise self._missing("this format", column)

    def _missing(self, field: str, column: str) -> UsageError:
        asked = f", its questions are {listed(self.questions)}" if self.questions else ""
        return UsageError(
            f"{self.path.name} has no column {column!r} for {field}; its columns are "
            f"{listed(self.header, 40)}{asked}"
        )

    def _check_gold(self) -> None:
        if "gold" in self.options.columns and len(self.questions) != 1:
            raise UsageError(
                f"{self.path.name} asks {len(self.questions)} questions "
                f"({listed(self.questions)}): say by --map label=COLUMN which one the known "
                "answers are for"
            )

    def _remarks(self) -> Iterator[str]:
        if not self.questions:
            yield "nothing in it was found to be an answer: name the column by --map label=COLUMN"
        yield from self.remarks()

    def _mapper(self) -> RowMapper:
        there = [self.columns[field] for field in TIMES if field in self.columns]
        places = [self.header.index(column) for column in there]
        texts = (
            record.cells[at]
            for record in self.table.rows()
            if not isinstance(record.cells, Fault)
            for at in places
        )
        return RowMapper(
            self.options.project,
            self.columns,
            naive_zone=self.options.naive_zone,
            day_first=bool(places) and day_first(texts),
        )

    def _records_of(
        self, mapper: RowMapper, line: int, given: list[str] | Fault, raw: str
    ) -> Iterator[FileRecord]:
        fault = given if isinstance(given, Fault) else None
        if not isinstance(given, Fault):
            cells = dict(zip(self.header, given, strict=True))
            try:
                record = self._record(mapper, cells, f"{self.path.name} line {line}")
                yield from self._around(cells, record)
                yield record
            except SkipRecord as error:
                fault = Fault(error.reason, str(error))
        if fault is not None:
            yield BadRecord(
                location=self.path.name,
                record=f"line {line}",
                reason=fault.reason,
                detail=fault.detail,
                excerpt=printable(raw),
                project=self.options.project,
            )

    def _around(self, cells: Cells, record: AnnotationRecord) -> Iterator[FileRecord]:
        """Yield a row's item and author; most rows of an item stand together."""
        if record.item != self._last_item:
            self._last_item = record.item
            found: FileRecord | None = self.item(cells, record)
            if found is not None:
                yield found
        if record.annotator not in self._authors:
            found = self.author(record)
            if found is not None and record.annotator is not None:
                self._authors.add(record.annotator)
                yield found

    def _record(self, mapper: RowMapper, cells: Cells, place: str) -> AnnotationRecord:
        row = {field: cells[column] for field, column in self.columns.items()}
        row.update(self.fields(cells))
        said = Said(self._answers(cells), self._gold(cells))
        return self.finished(cells, mapper.record(row, place, said))

    def _answers(self, cells: Cells) -> tuple[tuple[str, Any], ...]:
        if self.chosen is not None and self.chosen in cells:
            said: Mapping[str, Any] = {self.chosen: self.cell(cells[self.chosen])}
        else:
            said = self.said(cells)
        found = answers(self.questions, said)
        if not found and len(self.questions) == 1:  # a set with nothing chosen is an answer
            (only,) = self.questions.values()
            blank = said.get(only.name, UNREADABLE) in (None, "")  # and not: not asked, not read
            return ((only.name, []),) if blank and only.scale == Scale.SET else ()
        return found

    def _gold(self, cells: Cells) -> tuple[tuple[str, Any], ...]:
        if "gold" in self.options.columns:
            (only,) = self.questions
            return answers(self.questions, {only: self.cell(cells[self.options.columns["gold"]])})
        return answers(self.questions, self.known(cells))


class CrowdFormat:
    """A platform's table, known by columns that only it has."""

    name: str
    marks: tuple[str, ...]
    takes_map = True
    file: type[CrowdFile]

    @property
    def why(self) -> str:
        """By what a file is known to be of this format."""
        return f"its header has {' and '.join(self.marks)}"

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the content decides
        """Return True when the first line has the columns that only this platform writes."""
        return header_in(head) >= set(self.marks)

    def read(self, path: Path, options: ImportOptions) -> Iterator[FileRecord]:
        """Yield the project, then items, people, annotations and bad records.

        Raises:
            FileRefused: it is no table.
            UsageError: a column that is needed, or that the user names, is not there.
        """
        found = self.file(path, options)
        found.check()
        yield from found.records()
