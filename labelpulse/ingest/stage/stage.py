"""Pass one over a file: everything it says goes to a temporary place on disk, and is judged whole.

Only a file that was read to its end is loaded, so a half-written one leaves nothing behind.
Memory stays flat; what has to be compared across the file is kept in a temporary database.
"""

import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from tempfile import TemporaryFile
from typing import Any, Self

from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    Batch,
    ItemRecord,
    PersonRecord,
    PredictionRecord,
    ProjectRecord,
    Status,
)
from labelpulse.core.rules import CONSTANT_ROWS
from labelpulse.source import FileRecord

CHUNK = 1_000
MAX_STRANGE = 20
# Plain tuples are packed several times faster than the dataclasses themselves.
_KINDS = (
    *(AnnotationRecord, BadRecord, ItemRecord, PersonRecord, PredictionRecord, ProjectRecord),
)
_VALUES = {kind: attrgetter(*(one.name for one in fields(kind))) for kind in _KINDS}

TIME_COLUMNS = ("submitted_at", "updated_at", "started_at")


@dataclass(slots=True)
class Summary:
    """What a file holds.

    Attributes:
        good, bad: annotation records, and records that cannot be used.
        controls: every control met, in the order of its first answer.
        first_bad: the first few bad records, for messages.
        has_gold: some row asserts a known answer.
        constant: time fields that are the same on all of 20 or more annotations.
        strange: labels that are not among those declared (at most 20).
    """

    project: ProjectRecord | None = None
    good: int = 0
    bad: int = 0
    controls: dict[str, None] = field(default_factory=dict)
    first_bad: list[BadRecord] = field(default_factory=list)
    has_gold: bool = False
    constant: tuple[str, ...] = ()
    strange: dict[str, None] = field(default_factory=dict)

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


class Stage:
    """A file's records on disk, to be loaded in batches once all were read.

    Args:
        labels: the labels that the user declares; None = any.
    """

    def __init__(self, labels: tuple[str, ...] | None = None) -> None:
        self.summary = Summary()
        self._labels = None if labels is None else frozenset(labels)
        self._times = {name: _Steady() for name in TIME_COLUMNS}
        self._file = TemporaryFile(prefix="labelpulse-stage-")  # noqa: SIM115 - closed on exit

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
        chunk: list[FileRecord] = []
        for record in records:
            self._note(record)
            chunk.append(record)
            if len(chunk) == CHUNK:
                self._put(chunk)
                chunk.clear()
                if progress is not None:
                    progress(self.summary.read)
        self._put(chunk)
        steady = self._times.items()
        self.summary.constant = tuple(name for name, one in steady if one.constant)
        return self.summary

    def _put(self, chunk: list[FileRecord]) -> None:
        packed = [(_KINDS.index(type(one)), _VALUES[type(one)](one)) for one in chunk]
        pickle.dump(packed, self._file, pickle.HIGHEST_PROTOCOL)

    def _note(self, record: FileRecord) -> None:
        if isinstance(record, AnnotationRecord):
            self._note_annotation(record)
        elif isinstance(record, BadRecord):
            self.summary.bad += 1
            if len(self.summary.first_bad) < MAX_STRANGE:
                self.summary.first_bad.append(record)
        elif isinstance(record, ProjectRecord):
            self.summary.project = record

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
        """Yield everything staged in the order of the file, `size` records at a time.

        Times of a constant column come out as unknown, but for what was deleted: that it was
        submitted nothing else tells. The project is in no batch.
        """
        self._file.seek(0)
        unknown: dict[str, Any] = dict.fromkeys(self.summary.constant)
        batch = _Batch()
        for record in self._records():
            if unknown and isinstance(record, AnnotationRecord) and not record.deleted:
                record = replace(record, **unknown)  # noqa: PLW2901
            batch.add(record)
            if batch.records >= size:
                yield batch.done()
                batch = _Batch()
        if batch.records or batch.people or batch.items or batch.predictions:
            yield batch.done()

    def _records(self) -> Iterator[FileRecord]:
        while True:
            try:
                packed = pickle.load(self._file)  # noqa: S301 - we wrote it, nobody else could
            except EOFError:
                return
            for kind, values in packed:
                yield _KINDS[kind](*values)


class _Batch:
    """A batch in the making."""

    def __init__(self) -> None:
        self.people: list[PersonRecord] = []
        self.items: list[ItemRecord] = []
        self.annotations: list[AnnotationRecord] = []
        self.predictions: list[PredictionRecord] = []
        self.bad: list[BadRecord] = []

    @property
    def records(self) -> int:
        return len(self.annotations) + len(self.bad)

    def add(self, record: FileRecord) -> None:
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
