"""Label Studio's flattened exports, JSON_MIN, CSV and TSV: one row an annotation.

They hold who answered what, when and how long it took, under the annotation's own id. They hold no
skips, drafts, ground truth, predictions, editors or unique ids: what is not there stays unknown,
and the operator is told so. An annotation is identified by its id and the time of its creation, so
that all flat exports of a project agree; the full one identifies it by its unique id.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from collectors.label_studio_export.cells import unflattened
from collectors.label_studio_export.columns import ANNOTATION, ID, ITS_OWN, PERSON, Columns, Survey
from labelpulse.core.answers import number
from labelpulse.core.errors import FileRefused, SkipRecord, UsageError
from labelpulse.core.events import AnnotationRecord, ItemRecord, ProjectRecord, Scale
from labelpulse.ingest.fields import bad_record, content_of, native_id
from labelpulse.ingest.label_studio import Reading, annotation_record
from labelpulse.ingest.lines import DelimitedReader, Fault, check_text, numbered_lines, read_head
from labelpulse.ingest.parse import Flawed, loads, stream_json_array
from labelpulse.source import FileRecord, ImportOptions

IDENTITY = "annotation id and time of creation"
_NOBODY = (None, "", "None")
_WHOLE = re.compile(r"\d+\.0")  # ids of a table in which some are blank
_ABSENT = (
    "a flat export (JSON_MIN, CSV or TSV) holds no skips, drafts, ground truth, predictions or "
    "editors: they are unknown, not zero; export the project as JSON to have them"
)


class Row(NamedTuple):
    """A row by its columns, or why there is none, and where it stands."""

    where: str
    cells: dict[str, Any] | Fault
    raw: Any


def is_flat(row: Any) -> bool:
    """Return True for an element of JSON_MIN."""
    return isinstance(row, dict) and "annotations" not in row and ANNOTATION in row


def is_flat_table(head: bytes) -> bool:
    """Return True when a text begins with a header line that has all of the tool's own columns."""
    line = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode(errors="replace")
    names = {name.strip().strip('"') for name in line.split(_delimiter(line))}
    return names >= ITS_OWN


def read_flat(path: Path, options: ImportOptions, *, table: bool) -> Iterator[FileRecord]:
    """Yield the project, then items, annotations and bad records.

    Args:
        table: the file is CSV or TSV rather than JSON_MIN.

    Raises:
        FileRefused: JSON that is not well-formed to its end, or nothing tells what the answers are.
        UsageError: the column that the user names is not there.
    """
    rows = _table_rows if table else _json_rows
    columns = _surveyed(path, options, rows(path), ordered=not table)
    controls = {name: one.record for name, one in columns.controls.items()}
    yield ProjectRecord(
        *(options.project, options.project, tuple(controls.values())),
        identity=IDENTITY,
        remarks=tuple(_remarks(columns, chosen="label" in options.columns)),
    )
    reader = _Reader(path.name, options.project, Reading(options.naive_zone, revised=True), columns)
    for row in rows(path):
        yield from reader.row(row)


def _surveyed(path: Path, options: ImportOptions, rows: Iterator[Row], *, ordered: bool) -> Columns:
    """Read a file to its end, and return what its columns are."""
    survey = Survey(ordered)
    for row in rows:
        if isinstance(row.cells, dict):
            survey.see(row.cells)
    if options.columns:
        return _chosen(path, options, survey)
    columns = survey.columns()
    if columns.unclear and not (columns.strings or columns.lost):
        raise FileRefused(
            f"{path.name}: nothing tells which of {_listed(columns.unclear)} holds the answers and "
            "which the tasks' own data: name it by --map label=COLUMN, or export the project as "
            "JSON"
        )
    return columns


def _chosen(path: Path, options: ImportOptions, survey: Survey) -> Columns:
    """Return the columns as the user says what holds the answers."""
    others = sorted(options.columns.keys() - {"label"})
    if others:
        raise UsageError(
            f"--map {others[0]}=… is not for Label Studio's exports, which name all but the "
            "label: leave it out, or add --format csv to map a plain table"
        )
    named = options.columns["label"]
    if named not in survey.seen:
        there = _listed(tuple(survey.seen))
        raise UsageError(f"{path.name} has no column {named!r} for label; it has {there}")
    return survey.chosen(named, Scale(options.scale) if options.scale else None)


def _remarks(columns: Columns, *, chosen: bool) -> Iterator[str]:
    yield _ABSENT
    if not chosen:
        told = " by the order of its keys" if columns.by_order else " by their values"
        asked = _listed(columns.strings) or "nothing"
        data = f" and {_listed(columns.data)} as the tasks' own data" if columns.data else ""
        wrong = "where that is wrong, name the answers by --map label=COLUMN"
        yield f"{asked} was read as answers{data},{told}: {wrong}"
    if columns.guessed:
        yield f"only that nothing else can be the answers speaks for {_listed(columns.strings)}"
    if columns.unclear:
        yield (
            f"{_listed(columns.unclear)} may be answers or the tasks' own data and was left out: "
            "export the project as JSON to know"
        )
    if columns.lost:
        yield (
            f"{_listed(columns.lost)} is answered several times in one annotation, as for each "
            "region, and a flat export does not say for which: left out"
        )


def _listed(names: Mapping[str, Any] | tuple[str, ...]) -> str:
    return ", ".join(map(repr, sorted(names)))


@dataclass(slots=True)
class _Reader:
    """Makes records of rows.

    Attributes:
        item: the task of the row before; most rows of a task stand together.
    """

    file: str
    project: str
    how: Reading
    columns: Columns
    item: ItemRecord | None = field(default=None)

    def row(self, row: Row) -> Iterator[FileRecord]:
        """Yield the task where it is another than before, and the annotation or the bad record."""
        try:
            item, one = self._read(row)
        except SkipRecord as error:
            yield bad_record(
                error, place=self.file, record=row.where, raw=row.raw, project=self.project
            )
            return
        if item != self.item:
            self.item = item
            yield item
        if one is not None:
            yield one

    def _read(self, row: Row) -> tuple[ItemRecord, AnnotationRecord | None]:
        if isinstance(row.cells, Fault):
            raise SkipRecord(row.cells.reason, row.cells.detail)
        item = self._item(row.cells)
        return item, self._annotation(row.cells, item, f"{self.file} {row.where}")

    def _item(self, cells: Mapping[str, Any]) -> ItemRecord:
        """The task; only JSON_MIN's order tells its data for sure, so only that is compared."""
        by_order = self.columns.by_order
        data = {name: cells[name] for name in self.columns.data if name in cells}
        content = content_of(data) if by_order else ""
        return ItemRecord(self.project, native_id(cells.get(ID)), content=content)

    def _annotation(
        self, cells: Mapping[str, Any], item: ItemRecord, where: str
    ) -> AnnotationRecord | None:
        """The annotation of a row; None where a task has none."""
        person = None if cells.get(PERSON) in _NOBODY else cells[PERSON]
        if cells.get(ANNOTATION) is None and person is None:
            return None
        regions = [
            region
            for name, strings in self.columns.strings.items()
            for region in unflattened(name, cells.get(name), strings)
        ]
        row = {
            "id": cells.get(ANNOTATION),
            "completed_by": person,
            "result": regions,
            "was_cancelled": False,
            "ground_truth": False,
            **{key: cells.get(key) for key in ("created_at", "updated_at", "lead_time")},
        }
        return annotation_record(row, item, self.columns.controls, self.how, place=where)


# --- rows ----------------------------------------------------------------------------------


def _json_rows(path: Path) -> Iterator[Row]:
    for index, one in stream_json_array(path):
        where = f"record {index + 1}"
        if isinstance(one, Flawed):
            yield Row(where, Fault(one.reason, one.detail), one.excerpt)
        elif not is_flat(one):
            yield Row(where, Fault("bad_row", "it is no object with an annotation_id"), one)
        else:
            yield Row(where, one, one)


def _table_rows(path: Path) -> Iterator[Row]:
    head = read_head(path)
    check_text(path, head)
    _, first = next(numbered_lines(path, head), (1, ""))
    delimiter = _delimiter(first if isinstance(first, str) else "")
    records = iter(DelimitedReader(numbered_lines(path, head), delimiter))
    header = next(records).cells
    names = [] if isinstance(header, Fault) else header
    if len(set(names)) < len(names) or not names:
        raise FileRefused(f"{path.name}: its header names a column twice, or cannot be read")
    for record in records:
        cells = record.cells
        yield Row(
            f"line {record.line}",
            cells if isinstance(cells, Fault) else _decoded(dict(zip(names, cells, strict=True))),
            record.raw,
        )


def _delimiter(line: str) -> str:
    return "\t" if "\t" in line else ","


def _decoded(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return the cells of a table as JSON_MIN would have them; a blank one is None."""
    row: dict[str, Any] = {name: _value(text) for name, text in cells.items()}
    for name in (ID, ANNOTATION, PERSON):
        text = cells[name].strip()
        row[name] = (text[:-2] if _WHOLE.fullmatch(text) else text) or None
    for name in ("created_at", "updated_at"):
        row[name] = cells[name].strip() or None
    row["lead_time"] = _seconds(cells["lead_time"].strip())
    return row


def _value(text: str) -> Any:
    """A cell of data or answers: lists and objects are JSON, all else is text."""
    if text.startswith(("[", "{")):
        try:
            return loads(text)
        except SkipRecord:
            return text
    return text or None


def _seconds(text: str) -> Any:
    try:
        return number(text) if text else None
    except ValueError:
        return text  # quarantined where it is read
