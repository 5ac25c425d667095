"""CSV and TSV: tables with a header line, or columns by number without one."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from collectors.tabular.rows import TEXT_SUFFIXES, Layout, convert, reader
from labelpulse.ingest.lines import Fault, Record
from labelpulse.ingest.mapping import FIELDS, Row
from labelpulse.ingest.tables import Table
from labelpulse.source import FileRecord, ImportOptions


class _Delimited:
    """Tables of lines, their cells parted by a sign."""

    name: str
    suffix: str
    delimiter: str | None = None
    quoted = True

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return True by the file's name, or for a plain text by the signs in its first line."""
        suffix = path.suffix.lower()
        if suffix in TEXT_SUFFIXES:
            first = head.split(b"\n", 1)[0]
            return not first.lstrip().startswith((b"{", b"[")) and self._fits(first)
        return suffix == self.suffix

    def _fits(self, first: bytes) -> bool:
        raise NotImplementedError

    def read(self, path: Path, options: ImportOptions) -> Iterator[FileRecord]:
        """Yield the project and a record for every row; see `FileFormat`."""
        table = Table(path, self.delimiter, self.quoted)
        header = table.header()
        bare = _by_number(options.columns, header)
        if bare:
            header = [str(at + 1) for at in range(len(header))]
        places = _places(path, header, options, bare=bare)
        layout = Layout(path, options, {field: header[at] for field, at in places.items()}, bare)
        yield layout.project(named="control" in layout.columns)
        records = table.records if bare else table.rows
        make = reader(layout, (_row(one, places) for one in records()))
        rows = ((one.line, _row(one, places), one.raw) for one in records())
        yield from convert(make, rows, layout)


def _row(record: Record, places: Mapping[str, int]) -> Row | Fault:
    if isinstance(record.cells, Fault):
        return record.cells
    return {field: record.cells[at] for field, at in places.items()}


def _by_number(wanted: Mapping[str, str], header: list[str]) -> bool:
    """Return True when every column is given by a number, and these are no names in a header."""
    numbers = list(wanted.values())
    plain = bool(numbers) and all(one.isascii() and one.isdecimal() for one in numbers)
    return plain and not set(numbers) <= set(header)


def _places(path: Path, header: list[str], options: ImportOptions, *, bare: bool) -> dict[str, int]:
    """Return field -> place of its column; UsageError where the map does not fit the file."""
    own = {field: field for field in FIELDS if field in header}
    numbered = {field: str(int(column)) for field, column in options.columns.items() if bare}
    columns = {**own, **options.columns, **numbered}
    if error := Layout(path, options, columns, bare).missing(header):
        raise error
    return {field: header.index(column) for field, column in columns.items()}


class Csv(_Delimited):
    """Comma-separated values; semicolons, tabs and bars are found by the header."""

    name = "csv"
    suffix = ".csv"

    def _fits(self, first: bytes) -> bool:
        return b"," in first or b";" in first


class Tsv(_Delimited):
    """Tab-separated values, with or without quoting."""

    name = "tsv"
    suffix = ".tsv"
    delimiter = "\t"
    quoted = False

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return True for .tsv and .tab, and for a plain text with tabs in its first line."""
        return path.suffix.lower() == ".tab" or super().recognises(path, head)

    def _fits(self, first: bytes) -> bool:
        return b"\t" in first
