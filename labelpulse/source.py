"""The plug-in contract: what a tool's collector or a file format must offer.

A live source is read as state. Every poll compares fingerprints, cheap to read, with those the
warehouse holds, and fetches only what differs; a sweep does the same over everything and so also
sees what vanished. A collector never writes, never holds a read open, and knows no warehouse.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    Batch,
    ItemRecord,
    PersonRecord,
    PredictionRecord,
    ProjectRecord,
    Seen,
)

Position = dict[str, Any]
"""Where a stream stands, as JSON that only its collector understands."""

ITEMS, PREDICTIONS, ANNOTATIONS, DRAFTS = "item", "prediction", "annotation", "draft"
ASSERTED = "asserted"
"""In place of a stream, for what a file says is right in a polled project: no scan meets it."""


@dataclass(frozen=True, slots=True)
class Access:
    """What the configuration says of a source, for the collector that reads it.

    Attributes:
        name: of the source, for messages.
        url: its address, with a password where one is needed; "" = none.
        token: what an API lets in; "" = none.
        path: a folder; None = none.
        format: of the folder's files; None = found by their content.
        projects: titles or native ids to read; empty = all.
        overlap: how far back of its cursor every poll reads again.
        zone: IANA zone of times that name none.
        options: what only this type of source knows, from its table ``[sources.options]``.
    """

    name: str
    url: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    path: Path | None = None
    format: str | None = None
    projects: tuple[str, ...] = ()
    overlap: timedelta = timedelta(minutes=15)
    zone: str = "UTC"
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a source says first. `now` is its own clock, microseconds UTC."""

    now: int
    projects: tuple[ProjectRecord, ...]
    people: tuple[PersonRecord, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a scan.

    Attributes:
        seen: what was met, without content.
        position: where to go on after this page; kept with the page's own transaction.
        last: the scan is complete with this page.
        done, total: progress for people; 0 = unknown.
        newest_first: what later pages bring is older, so that a first load under way is complete
            from some day on.
    """

    seen: tuple[Seen, ...]
    position: Position
    last: bool = False
    done: int = 0
    total: int = 0
    newest_first: bool = True


@dataclass(frozen=True, slots=True)
class Counts:
    """How many submissions and skips (no drafts) a project holds; of them gold, of them skips."""

    rows: int
    gold: int
    skipped: int


@dataclass(frozen=True, slots=True)
class FoundProject:
    """What a first look found in one project. Times are microseconds UTC.

    Attributes:
        share_two: share of items with answers of two or more people, of those with any.
        gold_candidates: what could count as gold -> how many answers, e.g. ``{"flag": 12}``.
    """

    title: str
    items: int
    annotations: int
    annotators: int
    first: int | None
    last: int | None
    share_two: float | None
    gold_candidates: Mapping[str, int] = field(default_factory=dict)
    predictions: int = 0
    reviews: int = 0
    controls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a first look found behind a target: for `labelpulse init` and `doctor`.

    Attributes:
        type: the source type to write into the configuration.
        grant: the least GRANT that suffices, or "" where there is none.
        remarks: sentences for the operator.
        link: template of an item's address in the tool, its host still to be named; "" = unknown.
    """

    tool: str
    version: str
    type: str
    projects: tuple[FoundProject, ...]
    grant: str = ""
    remarks: tuple[str, ...] = ()
    link: str = ""


class LiveSource(Protocol):
    """A tool's database or API, polled. Errors: RetryLater, StopSource.

    Streams are any of ITEMS, PREDICTIONS, ANNOTATIONS, DRAFTS, read in the order of `streams`,
    which opening settles. Records of the DRAFTS stream are AnnotationRecords with status DRAFT;
    drafts and predictions have native ids of their own. A source over a database may also offer
    ``refuses_writing() -> bool``: True when a write was tried there and refused. A true attribute
    ``names_times`` says that somebody named the column of times, which may be when the table was
    made: where all of a project's are the same, they count as unknown.
    """

    streams: tuple[str, ...]

    def open(self) -> Opening:
        """Connect, check that every needed column is there, and return the opening."""

    def counts(self) -> Mapping[str, Counts]:
        """Return, by native project id, how many annotations the source holds now."""

    def full(self, stream: str, resume: Position | None) -> Iterator[Page]:
        """Yield everything, newest first; `resume` is the position of a page of an earlier try."""

    def changes(self, stream: str, position: Position) -> Iterator[Page]:
        """Yield what may have changed since a position, re-reading an overlap."""

    def fetch(self, stream: str, native_ids: Sequence[str]) -> Batch:
        """Return the full records of those ids (missing ones are left out)."""

    def close(self) -> None:
        """Let go of every connection."""

    def look(self) -> Found:
        """Return what a first look finds, for init and doctor."""


class Tool(LiveSource, Protocol):
    """What is registered as a type of live source: how one is found and made."""

    @classmethod
    def from_access(cls, access: Access) -> Self:
        """Return the source of a configured entry; nothing is opened yet.

        ConfigError names the key that is missing or wrong.
        """

    @staticmethod
    def detects(target: str) -> bool:
        """Return True when a URL or path may lead to such a source; only a look, never slow."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is to be read.

    Attributes:
        columns: field -> column of the file (item, annotator, label, gold, …).
        scale, labels, separator: how answers are read and compare; None = the default.
        naive_zone: IANA zone of times that name none.
        project: title to load under.
        controls: questions that the project has so far -> their scales.
        whole_names: pictures are named with all their folders.
    """

    project: str
    columns: Mapping[str, str] = field(default_factory=dict)
    scale: str | None = None
    labels: tuple[str, ...] | None = None
    separator: str | None = None
    naive_zone: str = "UTC"
    controls: Mapping[str, str] = field(default_factory=dict)
    whole_names: bool = False

    def values(self) -> dict[str, Any]:
        """Return what distinguishes one reading of a file from another."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class WatchedFile:
    """A file (or a folder that is one data set) that a watched folder holds.

    Attributes:
        name: below the folder, such as ``ads/monday.json``, fit for messages.
        title: of the project that it belongs to.
        state: changes whenever the file does; changed_at: its time of change, seconds since 1970.
        odd: why it is not read; "" = it is.
    """

    path: Path
    name: str
    title: str
    state: str
    changed_at: float
    odd: str = ""


@runtime_checkable
class FileSource(Protocol):
    """A source of files that come and change: each is imported when it is new or another.

    It is registered as a type of source like a `Tool`, with `from_access` and `detects`.

    Attributes:
        format: of all files; None = found by their content.
        options: how they are read; the project is that of each file.
    """

    format: str | None
    options: ImportOptions

    def files(self) -> Sequence[WatchedFile]:
        """Return what is there now; StopSource where the folder is not there or cannot be read."""

    def close(self) -> None:
        """Let go of everything."""

    def look(self) -> Found:
        """Return what a first look finds, for doctor."""


FileRecord = (
    ProjectRecord | PersonRecord | ItemRecord | PredictionRecord | AnnotationRecord | BadRecord
)


class FileFormat(Protocol):
    """A kind of file. Memory stays flat: `read` yields records as it goes.

    An attribute `why`, if there, says by what a file was known ("its header has HITId"), and a true
    `takes_map` that the user's map of columns goes before the format's own; a true `reads_name`
    that a file's name says something, so that the same content under another is another file.
    Every annotation record and bad record counts as one record read. FileRefused: the file is no
    such file, or a document (JSON) that is not well-formed to its end.
    """

    name: str

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return True when the first bytes look like this format."""

    def read(self, path: Path, options: ImportOptions) -> Iterator[FileRecord]:
        """Yield projects (exactly one, first) and all other records."""
