"""Delimited tables: the sign between their cells, their header, and their rows."""

import csv
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from labelpulse.core.errors import FileRefused
from labelpulse.ingest.lines import (
    DelimitedReader,
    Fault,
    Record,
    check_text,
    numbered_lines,
    read_head,
)
from labelpulse.ingest.lines import encoding as encoding_of

DELIMITERS = ",;\t|"


def delimiter_of(line: str) -> str:
    """Return the sign that parts the cells of a header line.

    >>> delimiter_of('"a,b";c;d'), delimiter_of("one")
    (';', ',')
    """
    plain = "".join(line.split('"')[::2])  # what stands outside quotes
    return max(DELIMITERS, key=plain.count) if plain else ","


def header_in(head: bytes) -> frozenset[str]:
    """Return the names in the first line of a text, as far as a first look tells."""
    text = head.decode(encoding_of(head), errors="replace")
    line = text.removeprefix("\ufeff").split("\n", 1)[0]
    names: list[str] = []
    with suppress(csv.Error):
        names = next(csv.reader([line], delimiter=delimiter_of(line)), names)
    return frozenset(name.strip() for name in names)


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a header line.

    Attributes:
        delimiter: None = found by the header.
        quoted: False = quotes are plain signs where reading them as quotes fails (TSV).
    """

    path: Path
    delimiter: str | None = None
    quoted: bool = True

    def records(self) -> Iterator[Record]:
        """Yield every record from the first line on.

        Raises:
            FileRefused: it is no text file.
        """
        head = read_head(self.path)
        check_text(self.path, head)
        lines = numbered_lines(self.path, head)
        return iter(DelimitedReader(lines, self.delimiter or self._found(head), quoted=self.quoted))

    def _found(self, head: bytes) -> str:
        _, first = next(numbered_lines(self.path, head), (1, ""))
        return delimiter_of(first if isinstance(first, str) else "")

    def header(self) -> list[str]:
        """Return the names of the columns.

        Raises:
            FileRefused: there is no header that can be read.
        """
        record = next(self.records(), None)
        if record is None:
            raise FileRefused(f"{self.path.name} holds no header line: nothing of it was loaded")
        if isinstance(record.cells, Fault):
            raise FileRefused(
                f"{self.path.name} line {record.line}: {record.cells.detail}: the header cannot be "
                "read"
            )
        return [name.strip() for name in record.cells]

    def rows(self) -> Iterator[Record]:
        """Yield every record behind the header."""
        return islice(self.records(), 1, None)
