"""Lines and delimited records of text files, with flat memory; a broken line costs only itself."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from labelpulse.core.errors import FileRefused

LINE_LIMIT = 16 * 1024 * 1024
FIELD_LIMIT = 1024 * 1024
HEAD = 65_536

PARQUET = b"PAR1"
_NOT_TEXT = (
    (b"PK\x03\x04", "is a ZIP archive (or an Excel workbook): save the table in it as CSV"),
    (b"\x1f\x8b", "is compressed with gzip: unpack it first"),
    (PARQUET, "is a Parquet file: leave --format out, or make it --format parquet"),
    (
        b"SQLite format 3\x00",
        (
            "is a SQLite database, which is polled and not imported: `labelpulse init` knows those "
            "of labeling tools, and a source of type sql reads any table"
        ),
    ),
    (b"PGDMP", "is a dump of a database: restore it on a server, and poll it there"),
    (b"--\n-- PostgreSQL database dump", "is a dump of a database: restore it on a server first"),
    (b"%PDF", "is a PDF"),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a record could not be read, and what stood there."""

    reason: str
    detail: str
    excerpt: str = ""


def read_head(path: Path) -> bytes:
    """Return the first bytes of a regular file.

    Raises:
        FileRefused: there is no such file, it is none, or it cannot be opened.
    """
    if not path.exists():
        raise FileRefused(f"there is no file {path}: check the path")
    if not path.is_file():
        raise FileRefused(f"{path} is no regular file: name a file")
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError as error:
        raise FileRefused(f"{path} cannot be read ({type(error).__name__})") from None


def check_text(path: Path, head: bytes) -> None:
    """Refuse what is no text file, saying what it is instead.

    Raises:
        FileRefused: the file is empty or binary.
    """
    for magic, what in _NOT_TEXT:
        if head.startswith(magic):
            raise FileRefused(f"{path.name} {what}")
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FileRefused(f"{path.name} is empty: export it again")
    if encoding(head) != "utf-16" and b"\x00" in head[:4096].split(b"\n", 1)[0]:
        raise FileRefused(
            f"{path.name} is no text file that can be read: save it as CSV, TSV or JSON lines, in "
            "UTF-8"
        )


def encoding(head: bytes) -> str:
    """Return how a file is encoded: UTF-8, or UTF-16 where its first two bytes say so."""
    return "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def numbered_lines(path: Path, head: bytes) -> Iterator[tuple[int, str | Fault]]:
    """Yield (number from 1, line with its end); bytes that are no text become lone surrogates.

    A line above 16 million signs is a Fault; its signs are skipped, not kept.
    """
    with path.open(encoding=encoding(head), errors="surrogateescape", newline="") as file:
        number = 0
        while line := _line(file):
            number += 1
            if len(line) < LINE_LIMIT or line.endswith(("\n", "\r")):
                yield number, line
                continue
            while (rest := _line(file)) and not rest.endswith(("\n", "\r")):
                pass
            yield number, Fault("huge_line", "the line is longer than 16 MB", printable(line))


def _line(file: TextIO) -> str:
    try:
        return file.readline(LINE_LIMIT)
    except UnicodeError:  # UTF-16 that breaks off; UTF-8 never comes here
        return ""


def printable(text: str) -> str:
    """Return a raw record as an excerpt that any database can keep."""
    return text[:4096].encode("utf-8", "replace").decode().rstrip("\r\n")


class _Feed:
    """Lines for a csv reader, remembering those of the record under way so it can go back."""

    def __init__(self, lines: Iterator[tuple[int, str | Fault]]) -> None:
        self._lines = lines
        self._again: list[tuple[int, str | Fault]] = []
        self.taken: list[tuple[int, str | Fault]] = []

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        one = self._again.pop() if self._again else next(self._lines)
        self.taken.append(one)
        return "\n" if isinstance(one[1], Fault) else one[1]

    def back_to_second_line(self) -> None:
        """Give all lines of the record but its first to the next one."""
        self._again.extend(reversed(self.taken[1:]))
        del self.taken[1:]


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a delimited file: the number of its first line, and its cells or the fault."""

    line: int
    cells: list[str] | Fault
    raw: str


class DelimitedReader:
    """Records of a CSV or TSV file. The first is the header; all must have its width.

    A record that cannot be read is a Fault of its first line alone, and reading goes on with the
    next line: an unclosed quote does not swallow the file.

    Args:
        quoted: False = quotes are plain signs where reading them as quotes fails (TSV).
    """

    def __init__(
        self, lines: Iterator[tuple[int, str | Fault]], delimiter: str, *, quoted: bool = True
    ) -> None:
        csv.field_size_limit(FIELD_LIMIT)
        self._feed = _Feed(lines)
        self._delimiter = delimiter
        self._quoted = quoted
        self._width = 0

    def __iter__(self) -> Iterator[Record]:
        """Yield the records, blank ones left out."""
        reader = csv.reader(self._feed, delimiter=self._delimiter, strict=True)
        while True:
            self._feed.taken.clear()
            try:
                cells: list[str] | Fault = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                cells = self._fault(str(error))
            record = self._checked(cells)
            if record is not None:
                yield record

    def _checked(self, cells: list[str] | Fault) -> Record | None:
        line, first = self._feed.taken[0]
        if isinstance(first, Fault):
            return Record(line, first, first.excerpt)
        if isinstance(cells, list) and not "".join(cells).strip():
            return None
        if any(isinstance(text, Fault) for _, text in self._feed.taken[1:]):
            cells = self._fault("unclosed")
        self._width = self._width or len(cells if isinstance(cells, list) else ())
        if isinstance(cells, list) and len(cells) != self._width:
            cells = Fault(
                "ragged_row", f"the row has {len(cells)} cells where the header has {self._width}"
            )
        if isinstance(cells, Fault):
            self._feed.back_to_second_line()
            cells = self._unquoted(first) or cells
        return Record(line, cells, "".join(str(text) for _, text in self._feed.taken))

    def _unquoted(self, line: str) -> list[str] | None:
        if self._quoted:
            return None
        cells = line.rstrip("\r\n").split(self._delimiter)
        self._width = self._width or len(cells)
        return cells if len(cells) == self._width else None

    def _fault(self, message: str) -> Fault:
        if "field limit" in message and len(self._feed.taken) == 1:
            return Fault("huge_field", "a cell is longer than 1 MB")
        if "expected after" in message:
            return Fault("bad_quotes", "a quote stands in the middle of a cell")
        return Fault("unclosed_quote", "a quote is opened and not closed")
