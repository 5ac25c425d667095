"""Any table of labels: CSV, TSV and JSON lines, read by a map of fields to columns."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from labelpulse.core.answers import DEFAULT_SEPARATOR, READABLE, AnswerReader, Cell
from labelpulse.core.errors import FileRefused, SkipRecord, UsageError
from labelpulse.core.events import BadRecord, ControlRecord, ProjectRecord, Scale
from labelpulse.ingest.lines import (
    DelimitedReader,
    Fault,
    Record,
    check_text,
    numbered_lines,
    printable,
    read_head,
)
from labelpulse.ingest.mapping import FIELDS, TIMES, Row, RowMapper
from labelpulse.ingest.parse import loads
from labelpulse.ingest.times import day_first
from labelpulse.source import FileRecord, ImportOptions

_DELIMITERS = ",;\t|"
_TEXT_SUFFIXES = ("", ".txt", ".dat")
MAX_KEYS = 1000


def _scale(options: ImportOptions) -> Scale:
    scale = Scale(options.scale or Scale.NOMINAL)
    if scale not in READABLE:
        raise UsageError(f"--scale {scale} is not for tables: use one of {', '.join(READABLE)}")
    return scale


def _mapper(
    options: ImportOptions, columns: Mapping[str, str], rows: Iterable[Row | Fault]
) -> RowMapper:
    """Return how rows are read; `rows` are read as far as it takes to see how dates begin."""
    answers = AnswerReader(_scale(options), options.separator or DEFAULT_SEPARATOR)
    cells = (row.get(field) for row in rows if not isinstance(row, Fault) for field in TIMES)
    texts = (cell for cell in cells if isinstance(cell, str))
    order = any(field in columns for field in TIMES) and day_first(texts)
    return RowMapper(options.project, columns, answers, options.naive_zone, order)


def _project(options: ImportOptions, columns: Mapping[str, str], *, named: bool) -> ProjectRecord:
    """Return the project; the control of a file that does not name it is its label column."""
    control = ControlRecord(columns.get("label", "label"), _scale(options), options.labels)
    return ProjectRecord(options.project, options.project, () if named else (control,))


def _convert(
    mapper: RowMapper, rows: Iterator[tuple[int, Row | Fault, str]], path: Path
) -> Iterator[FileRecord]:
    """Yield a record or a bad record for every (line, row, raw text)."""
    for line, row, raw in rows:
        fault = row if isinstance(row, Fault) else None
        if not isinstance(row, Fault):
            try:
                yield mapper.record(row, f"{path.name} line {line}")
            except SkipRecord as error:
                fault = Fault(error.reason, str(error))
        if fault is not None:
            yield BadRecord(
                place=path.name,
                record=f"line {line}",
                reason=fault.reason,
                detail=fault.detail,
                excerpt=printable(raw),
                project=mapper.project,
            )


def _missing(path: Path, columns: Mapping[str, str], there: list[str]) -> UsageError | None:
    """Return what is wrong with a map of fields, given the columns that are there."""
    named = ", ".join(map(repr, there[:40])) + (", …" if len(there) > 40 else "")
    for field, column in columns.items():
        if column not in there:
            return UsageError(
                f"{path.name} has no column {column!r} for {field}; its columns are {named}"
            )
    needed = ["item", "label", *([] if "annotation_id" in columns else ["annotator"])]
    lacking = [field for field in needed if field not in columns]
    if not lacking:
        return None
    every = ",".join(f"{field}=COLUMN" for field in lacking)
    return UsageError(
        f"{path.name} has no column {' or '.join(map(repr, lacking))}: import it with "
        f"--map {every}; its columns are {named}"
    )


class _Delimited:
    """Tables with a header line."""

    name: str
    suffix: str
    quoted = True

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return True by the file's name, or for a plain text by the signs in its first line."""
        suffix = path.suffix.lower()
        if suffix in _TEXT_SUFFIXES:
            first = head.split(b"\n", 1)[0]
            return not first.lstrip().startswith((b"{", b"[")) and self._fits(first)
        return suffix == self.suffix

    def _fits(self, first: bytes) -> bool:
        raise NotImplementedError

    def _delimiter(self, first: str) -> str:
        raise NotImplementedError

    def read(self, path: Path, options: ImportOptions) -> Iterator[FileRecord]:
        """Yield the project and a record for every row; see `FileFormat`."""
        records = self._records(path)
        header = _header(path, next(records, None))
        places = _places(path, header, options.columns)
        columns = {field: header[at] for field, at in places.items()}
        yield _project(options, columns, named="control" in columns)
        rows = ((one.line, _row(one, places), one.raw) for one in records)
        mapper = _mapper(options, columns, (_row(one, places) for one in self._body(path)))
        yield from _convert(mapper, rows, path)

    def _body(self, path: Path) -> Iterator[Record]:
        return islice(self._records(path), 1, None)

    def _records(self, path: Path) -> Iterator[Record]:
        head = read_head(path)
        check_text(path, head)
        _, first = next(numbered_lines(path, head), (1, ""))
        delimiter = self._delimiter(first if isinstance(first, str) else "")
        lines = numbered_lines(path, head)
        return iter(DelimitedReader(lines, delimiter, quoted=self.quoted))


def _row(record: Record, places: Mapping[str, int]) -> Row | Fault:
    if isinstance(record.cells, Fault):
        return record.cells
    return {field: record.cells[at] for field, at in places.items()}


def _header(path: Path, record: Record | None) -> list[str]:
    if record is None:
        raise FileRefused(f"{path.name} holds no header line: nothing of it was loaded")
    if isinstance(record.cells, Fault):
        raise FileRefused(
            f"{path.name} line {record.line}: {record.cells.detail}: the header cannot be read"
        )
    return [name.strip() for name in record.cells]


def _places(path: Path, header: list[str], wanted: Mapping[str, str]) -> dict[str, int]:
    """Return field -> place of its column; UsageError where the map does not fit the file."""
    own = {field: field for field in FIELDS if field in header}
    columns = {**own, **wanted}
    if error := _missing(path, columns, header):
        raise error
    for field, column in columns.items():
        if header.count(column) > 1:
            raise UsageError(
                f"{path.name} has {header.count(column)} columns {column!r}, and {field} is read "
                "from one of that name: rename the others"
            )
    return {field: header.index(column) for field, column in columns.items()}


class Csv(_Delimited):
    """Comma-separated values; semicolons, tabs and bars are found by the header."""

    name = "csv"
    suffix = ".csv"

    def _fits(self, first: bytes) -> bool:
        return b"," in first or b";" in first

    def _delimiter(self, first: str) -> str:
        plain = "".join(first.split('"')[::2])  # what stands outside quotes
        return max(_DELIMITERS, key=plain.count) if plain else ","


class Tsv(_Delimited):
    """Tab-separated values, with or without quoting."""

    name = "tsv"
    suffix = ".tsv"
    quoted = False

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return True for .tsv and .tab, and for a plain text with tabs in its first line."""
        return path.suffix.lower() == ".tab" or super().recognises(path, head)

    def _fits(self, first: bytes) -> bool:
        return b"\t" in first

    def _delimiter(self, first: str) -> str:  # noqa: ARG002
        return "\t"


class JsonLines:
    """One JSON object a line; a column may be a path into it, such as ``answer.value``."""

    name = "jsonl"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return True by the file's name, or for a text whose first line is a whole object."""
        suffix = path.suffix.lower()
        if suffix in (".jsonl", ".ndjson"):
            return True
        first, end, _ = head.lstrip(b"\xef\xbb\xbf").partition(b"\n")
        if suffix not in (*_TEXT_SUFFIXES, ".json") or not end:
            return False
        try:
            return isinstance(loads(first.decode(errors="surrogateescape")), dict)
        except SkipRecord:
            return False

    def read(self, path: Path, options: ImportOptions) -> Iterator[FileRecord]:
        """Yield the project and a record for every line; see `FileFormat`."""
        head = read_head(path)
        check_text(path, head)
        columns = {**{field: field for field in FIELDS}, **options.columns}
        objects = _Objects(path, head, columns)
        first = objects.peek()
        yield _project(options, columns, named="control" in first)
        mapper = _mapper(options, columns, (row for _, row, _ in objects))
        yield from _convert(mapper, iter(objects), path)
        there = {field: columns[field] for field in (*objects.met, *options.columns)}
        error = _missing(path, there, sorted(objects.keys)) if objects.keys else None
        if error is not None:
            raise error


class _Objects:
    """The lines of a JSON lines file as rows, noting which fields and keys were met."""

    def __init__(self, path: Path, head: bytes, columns: Mapping[str, str]) -> None:
        self._path, self._head, self._columns = path, head, columns
        self.met: set[str] = set()
        self.keys: set[str] = set()

    def peek(self) -> Row:
        """Return the first row that can be read, {} when there is none."""
        found: Row = next((row for _, row, _ in self if not isinstance(row, Fault)), {})
        return found

    def __iter__(self) -> Iterator[tuple[int, Row | Fault, str]]:
        """Yield (line, row or fault, raw text); blank lines are left out."""
        for number, line in numbered_lines(self._path, self._head):
            if isinstance(line, Fault):
                yield number, line, line.excerpt
            elif line.strip():
                yield number, self._row(line), line

    def _row(self, line: str) -> Row | Fault:
        row: dict[str, Cell] = {}
        try:
            found = load_object(line)
            if len(self.keys) < MAX_KEYS:
                self.keys.update(found)
            for field, column in self._columns.items():
                there, value = _find(found, column)
                if there:
                    row[field] = _cell(field, column, value)
                    self.keys.add(column)
        except SkipRecord as error:
            return Fault(error.reason, str(error))
        self.met.update(row)
        return row


def load_object(line: str) -> dict[str, Any]:
    """Return the JSON object that a line is, strictly; SkipRecord when it is none."""
    found = loads(line.rstrip("\r\n"))
    if not isinstance(found, dict):
        raise SkipRecord("bad_json", "the line is no JSON object")
    return found


def _find(found: dict[str, Any], column: str) -> tuple[bool, Any]:
    """Return (is it there, value) of a column: a key, else a path with dots."""
    if column in found:
        return True, found[column]
    here: Any = found
    for key in column.split(".") if "." in column else ():
        if not isinstance(here, dict) or key not in here:
            return False, None
        here = here[key]
    return here is not found, here


def _cell(field: str, column: str, value: Any) -> Cell:
    if isinstance(value, list):
        return [_text(field, column, one) for one in value]
    return _text(field, column, value)


def _text(field: str, column: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value in (float("inf"), float("-inf")):
            raise SkipRecord("bad_json", f"the {field} is a number beyond all bounds")
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, dict | list):
        raise SkipRecord(
            "unexpected_object",
            f"the {field} (column {column!r}) is an object or a list of lists: map one of its "
            f"parts, as in --map {field}={column}.KEY",
        )
    return str(value)
