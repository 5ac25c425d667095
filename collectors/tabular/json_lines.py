"""JSON lines: one object a line."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collectors.tabular.rows import TEXT_SUFFIXES, Layout, cell_of, convert, find, reader
from labelpulse.core.errors import SkipRecord
from labelpulse.ingest.lines import Fault, check_text, numbered_lines, read_head
from labelpulse.ingest.mapping import FIELDS, WORK, Row
from labelpulse.ingest.parse import loads
from labelpulse.source import FileRecord, ImportOptions

if TYPE_CHECKING:
    from labelpulse.core.answers import Cell

MAX_KEYS = 1000


class JsonLines:
    """One JSON object a line; a column may be a path into it, such as ``answer.value``."""

    name = "jsonl"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return True by the file's name, or for a text whose first line is a whole object."""
        suffix = path.suffix.lower()
        if suffix in (".jsonl", ".ndjson"):
            return True
        first, end, _ = head.lstrip(b"\xef\xbb\xbf").partition(b"\n")
        if suffix not in (*TEXT_SUFFIXES, ".json") or not end:
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
        work = any(field in first or field in options.columns for field in WORK)
        if "gold" in first and not work:
            columns = {field: one for field, one in columns.items() if field not in WORK}
        layout = Layout(path, options, columns)
        yield layout.project(named="control" in first)
        make = reader(layout, (row for _, row, _ in objects))
        yield from convert(make, iter(objects), layout)
        there = {field: one for field, one in layout.columns.items() if field in objects.met}
        found = Layout(path, options, {**there, **options.columns})
        error = found.missing(sorted(objects.keys)) if objects.keys else None
        if error is not None:
            raise error


class _Objects:
    """The lines of a JSON lines file as rows, noting which fields and keys were met."""

    def __init__(self, path: Path, head: bytes, columns: Mapping[str, str]) -> None:
        self._path, self._head, self.columns = path, head, columns
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
            for field, column in self.columns.items():
                there, value = find(found, column)
                if there:
                    row[field] = cell_of(field, column, value)
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
