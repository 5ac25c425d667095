"""Pass one over a file: everything it says goes to a temporary place on disk, and is judged whole.

Only a file that was read to its end is loaded, so a half-written one leaves nothing behind.
Memory stays flat; what has to be compared across the file is kept in a temporary database.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Self

from labelpulse.core.errors import FileRefused
from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    Batch,
    ItemRecord,
    Origin,
    PersonRecord,
    PredictionRecord,
    ProjectRecord,
    Status,
    Verdict,
    is_gold_only,
)
from labelpulse.core.rules import CONSTANT_ROWS
from labelpulse.source import FileRecord

CHUNK = 1_000
MAX_STRANGE = 20
BATCH_BYTES = 64 * 1024 * 1024
"""On disk: records are so long now and then that few of them are a batch."""
LONGEST = 512 * 1024 * 1024

# Whoever wrote the stage may be a process that was taken over: JSON holds no code, and costs about
# as much as pickle.
_KINDS = (AnnotationRecord, BadRecord, ItemRecord, PersonRecord, PredictionRecord)
_NAMES: Mapping[type[Any], list[str]] = {
    kind: [one.name for one in fields(kind)] for kind in _KINDS
}
_VALUES: Mapping[type[Any], Any] = {kind: attrgetter(*names) for kind, names in _NAMES.items()}
_HALF = re.compile(r"[\ud800-\udfff]")
_UNKEPT = re.compile(r"[\x00\ud800-\udfff]")
_encode = json.JSONEncoder(separators=(",", ":")).encode

TIME_COLUMNS = ("submitted_at", "updated_at", "started_at")


@dataclass(slots=True)
class Summary:
    """What a file holds.

    Attributes:
        good, bad: annotation records, and records that cannot be used.
        items: items that the file tells of by themselves.
        controls: every control met, in the order of its first answer.
        first_bad: the first few bad records, for messages.
        has_gold: some row asserts a known answer.
        constant: time fields that are the same on all of 20 or more annotations.
        strange: labels that are not among those declared (at most 20).
        others: records of any kind but known answers that stand in no work, and bad ones.
    """

    project: ProjectRecord | None = None
    good: int = 0
    bad: int = 0
    items: int = 0
    controls: dict[str, None] = field(default_factory=dict)
    first_bad: list[BadRecord] = field(default_factory=list)
    has_gold: bool = False
    constant: tuple[str, ...] = ()
    strange: dict[str, None] = field(default_factory=dict)
    others: int = 0

    @property
    def read(self) -> int:
        """Records read."""
        return self.good + self.bad


class _Steady:
    """Whether a time is the same on every annotation."""

    __slots__ = ("_n", "_same", "_value")

    def __init__(self) -> None:
        self._n, self._same = 0, True
        self._value: int | None = None

    def note(self, value: int | None) -> None:
        if self._n == 0:
            self._value = value
        self._n += 1
        self._same = self._same and value == self._value

    @property
    def constant(self) -> bool:
        return self._n >= CONSTANT_ROWS and self._same and self._value is not None


_SUSPECT = "\\u"
_REASONS = {
    "nul": "a text in it holds a NUL sign",
    "bad_encoding": "a text in it holds half a sign, as files do that were cut or encoded twice",
}


def unkeepable(value: Any) -> str:
    r"""Return why no database can keep a value, by the reason of its quarantine; "" = it can.

    >>> unkeepable(["a", {"b": "\ud800"}]), unkeepable("x")
    ('bad_encoding', '')
    """
    if isinstance(value, str):
        if "\0" in value:
            return "nul"
        return "" if value.isascii() or not _HALF.search(value) else "bad_encoding"
    if isinstance(value, dict):
        return next(filter(None, map(unkeepable, (*value, *value.values()))), "")
    return next(filter(None, map(unkeepable, value)), "") if isinstance(value, list) else ""


def _text_of(record: FileRecord) -> str:
    kind: type[Any] = type(record)
    return _encode((_KINDS.index(kind), *_VALUES[kind](record)))


def _refused(record: AnnotationRecord | BadRecord | ItemRecord, reason: str) -> BadRecord:
    """Return a record that cannot be kept as one to set aside, in signs that can be."""
    if isinstance(record, BadRecord):
        return BadRecord(
            *(one and _UNKEPT.sub("\ufffd", one) for one in _VALUES[BadRecord](record))
        )
    place = getattr(record, "location", "") or "an item"
    return BadRecord("", _UNKEPT.sub("?", place), reason, _REASONS[reason])


class Stage:
    """A file's records on disk, to be loaded in batches once all were read.

    Args:
        labels: the labels that the user declares; None = any.
        file: where they stand, or are to stand; None = a temporary file.
        summary: what the file holds, where it was filled before.
    """

    def __init__(
        self,
        labels: tuple[str, ...] | None = None,
        file: BinaryIO | None = None,
        summary: Summary | None = None,
    ) -> None:
        self.summary = summary or Summary()
        self._labels = None if labels is None else frozenset(labels)
        self._times = {name: _Steady() for name in TIME_COLUMNS}
        self._file: Any = file or TemporaryFile(prefix="labelpulse-stage-")  # noqa: SIM115 - closed on exit

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def fill(
        self, records: Iterable[FileRecord], progress: Callable[[int], None] | None = None
    ) -> Summary:
        """Read all records into the stage; return what the file holds.

        Args:
            progress: called now and then with the number of records read.
        """
        for count, record in enumerate(records, 1):
            if isinstance(record, ProjectRecord):
                self.summary.project = record
            else:
                self._put(record)
            if progress is not None and not count % CHUNK:
                progress(self.summary.read)
        self._file.flush()
        steady = self._times.items()
        self.summary.constant = tuple(name for name, one in steady if one.constant)
        return self.summary

    def _put(self, record: FileRecord) -> None:
        text = _text_of(record)
        if _SUSPECT in text and (reason := unkeepable(json.loads(text))):
            if not isinstance(record, AnnotationRecord | BadRecord | ItemRecord):
                return  # of nobody's work: as if it were not there
            record = _refused(record, reason)
            text = _text_of(record)
        self._file.write(text.encode("ascii") + b"\n")
        self.summary.others += not _is_known(record)
        if isinstance(record, AnnotationRecord):
            self._note_annotation(record)
        elif isinstance(record, ItemRecord):
            self.summary.items += 1
        elif isinstance(record, BadRecord):
            self.summary.bad += 1
            if len(self.summary.first_bad) < MAX_STRANGE:
                self.summary.first_bad.append(record)

    def _note_annotation(self, record: AnnotationRecord) -> None:
        self.summary.good += 1
        self._times["updated_at"].note(record.updated_at)
        self._times["started_at"].note(record.started_at)
        if record.status != Status.DRAFT:
            self._times["submitted_at"].note(record.submitted_at)
        for control, value in (*record.answers, *record.gold):
            self.summary.controls.setdefault(control)
            if self._labels is not None:
                self._note_strange(value)
        self.summary.has_gold = self.summary.has_gold or bool(record.gold)

    def _note_strange(self, value: Any) -> None:
        texts = value if isinstance(value, list) else [value]
        for text in texts:
            if str(text) not in (self._labels or ()) and len(self.summary.strange) < MAX_STRANGE:
                self.summary.strange.setdefault(str(text))

    def batches(self, size: int) -> Iterator[Batch]:
        """Yield everything staged in the order of the file, up to `size` records at a time.

        Times of a constant column come out as unknown, but for what was deleted: that it was
        submitted nothing else tells. The project is in no batch.

        Raises:
            FileRefused: what is staged is no stage.
        """
        self._file.seek(0)
        unknown: dict[str, Any] = dict.fromkeys(self.summary.constant)
        batch = _Batch()
        for record, length in self._records():
            if unknown and isinstance(record, AnnotationRecord) and not record.deleted:
                record = replace(record, **unknown)  # noqa: PLW2901
            batch.add(record, length)
            if batch.records >= size or batch.length >= BATCH_BYTES:
                yield batch.done()
                batch = _Batch()
        if batch.records or batch.people or batch.items or batch.predictions:
            yield batch.done()

    def _records(self) -> Iterator[tuple[FileRecord, int]]:
        """Yield each record and how long it is."""
        while line := self._file.readline(LONGEST):
            try:
                kind, *values = json.loads(line)
                yield _MAKERS[kind](values), len(line)
            except (IndexError, TypeError, ValueError):
                raise FileRefused("what was read of the file cannot be read back") from None


def _is_known(record: FileRecord) -> bool:
    if isinstance(record, AnnotationRecord):
        return is_gold_only(record)
    return isinstance(record, BadRecord)


Values = list[Any]


def _pairs(values: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((control, value) for control, value in values)


def _verdict(value: int | None) -> Verdict | None:
    return None if value is None else Verdict(value)


def _maker(
    kind: type[Any], meant: Mapping[str, Callable[[Any], Any]]
) -> Callable[[Values], FileRecord]:
    """Return what makes a record of its values; those of some fields are no plain values."""
    places = [(_NAMES[kind].index(name), make) for name, make in meant.items()]

    def made(values: Values) -> FileRecord:
        for at, make in places:
            values[at] = make(values[at])
        found: FileRecord = kind(*values)
        return found

    return made


_MEANT: Mapping[type[Any], Mapping[str, Callable[[Any], Any]]] = {
    AnnotationRecord: {
        "origin": Origin,
        "status": Status,
        "verdict": _verdict,
        "answers": _pairs,
        "gold": _pairs,
    },
    PredictionRecord: {"answers": _pairs},
}
_MAKERS = [_maker(kind, _MEANT.get(kind, {})) for kind in _KINDS]


class _Batch:
    """A batch in the making."""

    def __init__(self) -> None:
        self.people: list[PersonRecord] = []
        self.items: list[ItemRecord] = []
        self.annotations: list[AnnotationRecord] = []
        self.predictions: list[PredictionRecord] = []
        self.bad: list[BadRecord] = []
        self.length = 0

    @property
    def records(self) -> int:
        return len(self.annotations) + len(self.bad)

    def add(self, record: FileRecord, length: int) -> None:
        self.length += length
        if isinstance(record, AnnotationRecord):
            self.annotations.append(record)
        elif isinstance(record, BadRecord):
            self.bad.append(record)
        elif isinstance(record, ItemRecord):
            self.items.append(record)
        elif isinstance(record, PersonRecord):
            self.people.append(record)
        elif isinstance(record, PredictionRecord):
            self.predictions.append(record)

    def done(self) -> Batch:
        return Batch(
            people=tuple(self.people),
            items=tuple(self.items),
            annotations=tuple(self.annotations),
            predictions=tuple(self.predictions),
            bad=tuple(self.bad),
        )
