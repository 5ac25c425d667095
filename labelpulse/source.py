"""The plug-in contract: the interfaces of live sources and file formats.

Every poll of a live source compares fingerprints, which are cheap to read, with those in the
warehouse and fetches only the records that differ. A sweep compares all records and so also finds
deletions. A collector never writes to its tool, never keeps a read transaction open, and does not
access the warehouse.
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
    ScannedRecord,
)

Position = dict[str, Any]
"""A position in a stream, as JSON that only its collector interprets."""

ITEMS, PREDICTIONS, ANNOTATIONS, DRAFTS = "item", "prediction", "annotation", "draft"
GOLD = "asserted"
"""In place of a stream: gold labels that a file adds to a polled project. No scan reads them."""


@dataclass(frozen=True, slots=True)
class Access:
    """The configuration of a source, for its collector.

    Attributes:
        name: the name of the source, for messages.
        url: the address, with its password if it needs one; "" = none.
        token: the token of an API; "" = none.
        path: a folder; None = none.
        format: the format of the folder's files; None = detected by content.
        projects: titles or native ids to read; empty = all.
        overlap: how far before its cursor every poll starts.
        zone: IANA zone of times without a zone.
        options: settings of this type of source, from its table ``[sources.options]``.
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
    """The projects and people of a source; `now` is its own clock, microseconds UTC."""

    now: int
    projects: tuple[ProjectRecord, ...]
    people: tuple[PersonRecord, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a scan.

    Attributes:
        records: identities and fingerprints, without content.
        position: where to continue after this page; saved in the page's own transaction.
        last: the scan is complete with this page.
        done, total: progress to display; 0 = unknown.
        newest_first: later pages hold older records, so an unfinished first load is complete from
            some day on.
    """

    records: tuple[ScannedRecord, ...]
    position: Position
    last: bool = False
    done: int = 0
    total: int = 0
    newest_first: bool = True


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of submissions and skips (no drafts) in a project; of these, gold and skips."""

    rows: int
    gold: int
    skipped: int


@dataclass(frozen=True, slots=True)
class InspectedProject:
    """A summary of one project before it is loaded. Times are microseconds UTC.

    Attributes:
        share_two: share of items with answers by two or more people, among items with any.
        gold_candidates: possible sources of gold -> number of answers, e.g. ``{"flag": 12}``.
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
class Inspection:
    """A summary of a source before it is loaded, for `labelpulse init` and `doctor`.

    Attributes:
        type: the source type to write into the configuration.
        grant: the smallest sufficient GRANT statement; "" = none applies.
        remarks: sentences for the operator.
        link: template of an item's address in the tool, without its host; "" = unknown.
    """

    tool: str
    version: str
    type: str
    projects: tuple[InspectedProject, ...]
    grant: str = ""
    remarks: tuple[str, ...] = ()
    link: str = ""


class LiveSource(Protocol):
    """A polled database or API of a tool. Errors: RetryLater, StopSource.

    Streams are any of ITEMS, PREDICTIONS, ANNOTATIONS, DRAFTS, read in the order of `streams`,
    which is final after `open`. Records of the DRAFTS stream are AnnotationRecords with status
    DRAFT; drafts and predictions have native ids of their own.

    A source over a database may also offer ``refuses_writing() -> bool``: True when a write was
    tried and refused. A true attribute ``names_times`` means that the configuration named the
    column of times. Such a column may hold the time of an export: when all times of a project are
    equal, they count as unknown.
    """

    streams: tuple[str, ...]

    def open(self) -> Opening:
        """Connect, check that all required columns exist, and return the projects and people."""

    def counts(self) -> Mapping[str, Counts]:
        """Return the current number of annotations by native project id."""

    def full(self, stream: str, resume: Position | None) -> Iterator[Page]:
        """Yield all records, newest first; `resume` is a page position of an interrupted scan."""

    def changes(self, stream: str, position: Position) -> Iterator[Page]:
        """Yield records that may have changed since a position, reading an overlap again."""

    def fetch(self, stream: str, native_ids: Sequence[str]) -> Batch:
        """Return the full records of the ids; ids that no longer exist are left out."""

    def close(self) -> None:
        """Close all connections."""

    def inspect(self) -> Inspection:
        """Summarize the source for `init` and `doctor`."""


class Tool(LiveSource, Protocol):
    """A registered type of live source."""

    @classmethod
    def from_access(cls, access: Access) -> Self:
        """Create the source of a configured entry without opening it.

        ConfigError names the key that is missing or wrong.
        """

    @staticmethod
    def detects(target: str) -> bool:
        """Return whether a URL or path may be such a source; a quick check."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Options for reading a file.

    Attributes:
        project: title to load under.
        columns: field -> column of the file (item, annotator, label, gold, …).
        scale, labels, separator: how answers are read and compared; None = the default.
        naive_zone: IANA zone of times without a zone.
        controls: existing controls of the project -> their scales.
        whole_names: names of pictures include all their folders.
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
        """Return the options as plain values, to compare two imports of a file."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class WatchedFile:
    """A file in a watched folder, or a subfolder that is one data set.

    Attributes:
        name: relative to the folder, such as ``ads/monday.json``, for messages.
        title: the title of its project.
        state: changes whenever the file changes.
        changed_at: modification time, seconds since 1970.
        problem: why it is not read; "" = it is read.
    """

    path: Path
    name: str
    title: str
    state: str
    changed_at: float
    problem: str = ""


@runtime_checkable
class FileSource(Protocol):
    """A source of files, each imported when it is new or has changed.

    It is registered as a type of source like a `Tool`, with `from_access` and `detects`.

    Attributes:
        format: the format of all files; None = detected by content.
        options: how files are read; each file has its own project.
    """

    format: str | None
    options: ImportOptions

    def files(self) -> Sequence[WatchedFile]:
        """Return the current files; raise StopSource when the folder is missing or unreadable."""

    def close(self) -> None:
        """Release all resources."""

    def inspect(self) -> Inspection:
        """Summarize the source for `doctor`."""


FileRecord = (
    ProjectRecord | PersonRecord | ItemRecord | PredictionRecord | AnnotationRecord | BadRecord
)


class FileFormat(Protocol):
    """A file format. `read` yields records one at a time, so that memory use stays constant.

    Optional attributes:
        why: how a file was recognised ("its header has HITId").
        takes_map: true when the user's map of columns takes precedence over the format's own.
        reads_name: true when the file name is data, so that the same content under another name
            is another file.

    Every annotation record and bad record counts as one record read. FileRefused: the file is not
    of this format, or a JSON document that is not well-formed to its end.
    """

    name: str

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether the first bytes match this format."""

    def read(self, path: Path, options: ImportOptions) -> Iterator[FileRecord]:
        """Yield exactly one project record first, then all other records."""
