"""What all tables have in common: rows of cells by field -> the project and its records."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from labelpulse.core.answers import DEFAULT_SEPARATOR, READABLE, AnswerReader, Cell
from labelpulse.core.errors import SkipRecord, UsageError
from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    ControlRecord,
    ProjectRecord,
    Scale,
    canonical,
)
from labelpulse.ingest.lines import Fault, printable
from labelpulse.ingest.mapping import TIMES, WORK, KnownAnswers, Row, RowMapper
from labelpulse.ingest.times import day_first
from labelpulse.source import FileRecord, ImportOptions

LABEL = "label"
"""Name of a table's only question where no column names it."""

BARE = (
    "its columns are given by their numbers, so it was read without a header line: its first line "
    "is data"
)

TEXT_SUFFIXES = ("", ".txt", ".dat")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns of a table are read, and how.

    Attributes:
        columns: field -> column.
        bare: columns are counted from 1, and there is no header line.
    """

    path: Path
    options: ImportOptions
    columns: Mapping[str, str]
    bare: bool = False

    @property
    def known_answers(self) -> bool:
        """True when rows assert what is right, and are nobody's work."""
        return "gold" in self.columns and not any(field in self.columns for field in WORK)

    @property
    def control(self) -> str:
        """The question that rows are about where no column names it.

        Raises:
            UsageError: the project has several, and nothing tells which one is meant.
        """
        there = self.options.controls
        if not self.known_answers:
            return LABEL if self.bare else self.columns.get("label", LABEL)
        if self.columns["gold"] in there:
            return self.columns["gold"]
        if len(there) > 1 and "control" not in self.columns:
            raise UsageError(
                f"{self.path.name} holds known answers, and the project asks {len(there)} "
                f"questions ({', '.join(sorted(there))}): give it a column with the question's "
                "name and --map control=COLUMN"
            )
        return next(iter(there), LABEL) if len(there) == 1 else LABEL

    def scale(self) -> Scale:
        """Return the scale of the answers.

        Raises:
            UsageError: no cell can hold answers on it.
        """
        found = self.options.scale
        if found is None and self.known_answers:
            found = self.options.controls.get(self.control)
        scale = Scale(found or Scale.NOMINAL)
        if scale not in READABLE:
            raise UsageError(f"--scale {scale} is not for tables: use one of {', '.join(READABLE)}")
        return scale

    def scales(self) -> dict[str, Scale]:
        """Return question -> scale of those that the project asks, where no flag says another."""
        there = {} if self.options.scale else self.options.controls
        return {name: Scale(one) for name, one in there.items() if one in READABLE}

    def project(self, *, named: bool) -> ProjectRecord:
        """Return the project; `named` = every row names its question."""
        options = self.options
        found = ProjectRecord(options.project, options.project, remarks=(BARE,) * self.bare)
        if named or self.control in (options.controls if self.known_answers else ()):
            return found
        return replace(found, controls=(ControlRecord(self.control, self.scale(), options.labels),))

    def missing(self, there: list[str]) -> UsageError | None:
        """Return what is wrong with the columns, given the names of all that are there."""
        name = self.path.name
        named = ", ".join(map(repr, there[:40])) + (", …" if len(there) > 40 else "")
        for field, column in self.columns.items():
            if column not in there:
                return UsageError(
                    f"{name} has no column {column!r} for {field}; its columns are {named}"
                )
        lacking = [field for field in self._needed() if field not in self.columns]
        if not lacking:
            return self._double(there)
        every = ",".join(f"{field}=COLUMN" for field in lacking)
        return UsageError(
            f"{name} has no column {' or '.join(map(repr, lacking))}: import it with "
            f"--map {every}; its columns are {named}{_headless(there)}"
        )

    def _double(self, there: list[str]) -> UsageError | None:
        for field, column in self.columns.items():
            if there.count(column) > 1:
                return UsageError(
                    f"{self.path.name} has {there.count(column)} columns {column!r}, and {field} "
                    "is read from one of that name: rename the others"
                )
        return None

    def _needed(self) -> list[str]:
        if self.known_answers:
            return ["item"]
        return ["item", "label", *([] if "annotation_id" in self.columns else ["annotator"])]


def reader(layout: Layout, rows: Iterable[Row | Fault]) -> Callable[[Row, str], AnnotationRecord]:
    """Return what makes a record of a row and its place.

    Args:
        rows: are read as far as it takes to see how dates begin.
    """
    options = layout.options
    cells = (row.get(field) for row in rows if not isinstance(row, Fault) for field in TIMES)
    texts = (cell for cell in cells if isinstance(cell, str))
    mapper = RowMapper(
        options.project,
        layout.columns,
        AnswerReader(layout.scale(), options.separator or DEFAULT_SEPARATOR),
        options.naive_zone,
        any(field in layout.columns for field in TIMES) and day_first(texts),
        layout.control,
    )
    if layout.known_answers:
        return KnownAnswers(mapper, layout.scales()).record
    return mapper.record


def convert(
    make: Callable[[Row, str], AnnotationRecord],
    rows: Iterator[tuple[int, Row | Fault, str | Row]],
    layout: Layout,
    unit: str = "line",
) -> Iterator[FileRecord]:
    """Yield a record or a bad record for every (number, row, what stood there)."""
    name = layout.path.name
    for number, row, raw in rows:
        fault = row if isinstance(row, Fault) else None
        if not isinstance(row, Fault):
            try:
                yield make(row, f"{name} {unit} {number}")
            except SkipRecord as error:
                fault = Fault(error.reason, str(error))
        if fault is not None:
            yield BadRecord(
                location=name,
                record=f"{unit} {number}",
                reason=fault.reason,
                detail=fault.detail,
                excerpt=printable(raw if isinstance(raw, str) else canonical(raw)),
                project=layout.options.project,
            )


def cell_of(field: str, column: str, value: object) -> Cell:
    """Return a typed value as a cell; SkipRecord where no cell can hold it."""
    if isinstance(value, list):
        return [text_of(field, column, one) for one in value]
    return text_of(field, column, value)


def text_of(field: str, column: str, value: object) -> str:
    """Return one value as text: whole numbers without a point, nothing as ""."""
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


def find(found: Mapping[str, object], column: str) -> tuple[bool, object]:
    """Return (is it there, value) of a column: a key, else a path with dots."""
    if column in found:
        return True, found[column]
    here: object = found
    for key in column.split(".") if "." in column else ():
        if not isinstance(here, dict) or key not in here:
            return False, None
        here = here[key]
    return here is not found, here


def _headless(names: Iterable[str]) -> str:
    """Return how a table without a header line is read, where a name is none but a number."""
    bare = any(name.strip().replace(".", "", 1).isdecimal() for name in names)
    return "; without a header line, columns go by number: --map item=1,…" * bare
