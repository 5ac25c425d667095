"""One row of cells -> one annotation record, or a SkipRecord that says what is wrong with it.

Messages name the field and its column, never a value: a value may be somebody's name.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

from labelpulse.core.answers import AnswerReader, Cell, clean, number
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import AnnotationRecord, Scale, Status, Verdict, canonical
from labelpulse.ingest.fields import MAX_SECONDS
from labelpulse.ingest.known import assertion
from labelpulse.ingest.times import read_time, unknown_zone

FIELDS = (
    "item",
    "annotator",
    "label",
    "gold",
    "started_at",
    "submitted_at",
    "updated_at",
    "time_spent",
    "annotation_id",
    "revision",
    "status",
    "reviewer",
    "reviewed_at",
    "control",
    "batch",
)
"""What a column can be mapped to; a field without a map takes the column of its own name."""

_NO_TIME = "is no time that can be read"
WORK = ("label", "annotator", "annotation_id")
"""Fields that make a row somebody's work."""

MAX_NAME_BYTES = 1000
"""A longer id or name could not be kept in an index."""

_STATUS: Mapping[str, tuple[Status, bool, Verdict | None]] = {
    "": (Status.SUBMITTED, False, None),
    "submitted": (Status.SUBMITTED, False, None),
    "draft": (Status.DRAFT, False, None),
    "skipped": (Status.SKIPPED, False, None),
    "deleted": (Status.SUBMITTED, True, None),
    "accepted": (Status.SUBMITTED, False, Verdict.ACCEPTED),
    "rejected": (Status.SUBMITTED, False, Verdict.REJECTED),
}
STATUS_WORDS = tuple(word for word in _STATUS if word)

_SKIPPED = Status.SKIPPED  # what is left in the label of a skip was not said

TIMES = ("started_at", "submitted_at", "updated_at", "reviewed_at")
_THOUSANDS = re.compile(r",\d{3}(?!\d)")

Row = Mapping[str, Cell]
"""Field -> cell; a field that the file does not have is absent."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a row answers and asserts to be right, where others than columns tell it."""

    answers: tuple[tuple[str, Any], ...] = ()
    gold: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class RowMapper:
    """Makes annotation records of rows.

    Attributes:
        project: title to load under.
        columns: field -> its column in the file, for the fields that the file has.
        answers: how labels and gold are read.
        naive_zone: IANA zone of times that name none.
        day_first: dates with slashes begin with the day.
        control: the question of rows that name none.
    """

    project: str
    columns: Mapping[str, str]
    answers: AnswerReader = field(default_factory=AnswerReader)
    naive_zone: str = "UTC"
    day_first: bool = False
    control: str = "label"

    def record(self, row: Row, place: str, said: Said | None = None) -> AnnotationRecord:
        """Return the annotation that a row is.

        Args:
            place: where the row stands, e.g. ``line 17``.
            said: its answers, where they are not in the columns label and gold.

        Raises:
            SkipRecord: the row cannot be used.
        """
        item = self.name(row, "item")
        if item is None:
            raise SkipRecord("missing_item", f"the item is blank{self.column('item')}")
        annotator = self.name(row, "annotator")
        native_id, unique, control = self._identity(row, item, annotator)
        status, deleted, verdict = self._status(row)
        submitted, updated = self._time(row, "submitted_at"), self._time(row, "updated_at")
        at = submitted if updated is None else updated
        reviewer, reviewed = self._review(row, updated, at) if verdict else (None, None)
        draft = status == Status.DRAFT
        needed = status == Status.SUBMITTED and not deleted
        if said is None:
            gold = self.gold(row, control)
            answers = self._answers(row, control, needed=needed) if status != _SKIPPED else ()
        else:
            answers, gold = said.answers if status != _SKIPPED else (), said.gold
        return AnnotationRecord(
            project=self.project,
            item=item,
            native_id=native_id,
            unique=unique,
            annotator=annotator,
            status=status,
            deleted=deleted,
            submitted_at=None if draft else submitted,
            updated_at=at if draft else updated,
            started_at=self._time(row, "started_at"),
            time_spent_ms=self._time_spent(row),
            revision=self._revision(row, max(filter(None, (at, reviewed)), default=None)),
            answers=answers,
            gold=gold,
            verdict=verdict,
            reviewer=reviewer,
            reviewed_at=reviewed,
            batch=self.name(row, "batch"),
            location=place,
        )

    def column(self, name: str) -> str:
        """Return where a field is read from, for messages."""
        return f" (column {self.columns[name]!r})" if name in self.columns else ""

    def _text(self, row: Row, field: str) -> str:
        cell = row.get(field)
        if not cell:
            return ""
        if isinstance(cell, list):
            raise SkipRecord(f"bad_{field}", f"the {field} is a list{self.column(field)}")
        return clean(cell)

    def name(self, row: Row, field: str) -> str | None:
        """Return an id or a name; None where it is blank."""
        text = self._text(row, field)
        if len(text) > MAX_NAME_BYTES // 4 and len(text.encode()) > MAX_NAME_BYTES:
            raise SkipRecord(
                f"long_{field}",
                f"the {field} is longer than {MAX_NAME_BYTES} bytes{self.column(field)}",
            )
        return text or None

    def _identity(self, row: Row, item: str, annotator: str | None) -> tuple[str, str, str]:
        """Return (native id, second part of the identity, control)."""
        named = self.name(row, "control")
        control = named or self.control
        native_id = self.name(row, "annotation_id")
        if native_id is not None:
            return native_id, named or "", control
        if annotator is None:
            raise SkipRecord(
                "missing_annotator",
                f"annotator and annotation_id are both blank{self.column('annotator')}",
            )
        key = canonical([self.project, item, annotator, control])
        return blake2b(key.encode(), digest_size=16).hexdigest(), "", control

    def _status(self, row: Row) -> tuple[Status, bool, Verdict | None]:
        found = _STATUS.get(self._text(row, "status").lower())
        if found is None:
            raise SkipRecord(
                "unknown_status",
                f"the status{self.column('status')} is none of {', '.join(STATUS_WORDS)}",
            )
        return found

    def _review(
        self, row: Row, updated: int | None, at: int | None
    ) -> tuple[str | None, int | None]:
        """Return who judged the row and when; its submission is no review of somebody named."""
        reviewer, reviewed = self.name(row, "reviewer"), self._time(row, "reviewed_at")
        if reviewed is None:
            return reviewer, updated if reviewer else at
        return reviewer, reviewed

    def _time(self, row: Row, field: str) -> int | None:
        text = self._text(row, field)
        if not text:
            return None
        try:
            return read_time(text, self.naive_zone, day_first=self.day_first)
        except (ValueError, OverflowError):
            word = unknown_zone(text)
            why = f"names the zone {word}, a word of several zones" if word else _NO_TIME
            raise SkipRecord(
                "bad_time",
                f"the {field}{self.column(field)} {why}: write it as 2024-03-04T09:00:00Z",
            ) from None

    def _time_spent(self, row: Row) -> int | None:
        text = self._text(row, "time_spent")
        if not text:
            return None
        try:
            return duration_ms(text)
        except ValueError:
            raise SkipRecord(
                "bad_time_spent",
                f"the time_spent{self.column('time_spent')} is no number of seconds",
            ) from None

    def _revision(self, row: Row, at: int | None) -> int | None:
        """Return the order among revisions: the file's own column, else the time."""
        text = self._text(row, "revision")
        if not text:
            return at
        try:
            value = number(text)
        except ValueError:
            value = 0.5
        if not isinstance(value, int):
            raise SkipRecord(
                "bad_revision", f"the revision{self.column('revision')} is no whole number"
            )
        return value

    def _answers(self, row: Row, control: str, *, needed: bool) -> tuple[tuple[str, Any], ...]:
        cell = row.get("label", "")
        value = self.answers.read(cell, "label")
        if value is None and needed and self.answers.scale == Scale.SET:
            value = []  # submitted with nothing chosen is an answer
        if value is None and needed:
            raise SkipRecord(
                "missing_label",
                f"the label is blank{self.column('label')}: skipped work needs a status column",
            )
        return () if value is None else ((control, value),)

    def gold(self, row: Row, control: str) -> tuple[tuple[str, Any], ...]:
        """Return the known answer that a row asserts, for its control."""
        cell = row.get("gold")
        value = self.answers.read(cell, "gold") if cell else None
        return () if value is None else ((control, value),)


class KnownAnswers:
    """Makes records of rows that say what is right for an item, and are nobody's work.

    What is blank asserts nothing, and takes back what an earlier file asserted. An item that is
    named several times in one file has several assertions, which may conflict.

    Args:
        scales: of questions whose answers are read otherwise than as `mapper` reads them.
    """

    def __init__(self, mapper: RowMapper, scales: Mapping[str, Scale]) -> None:
        self._mapper = mapper
        self._of = {
            control: replace(mapper, answers=replace(mapper.answers, scale=scale))
            for control, scale in scales.items()
        }
        self._named: Counter[tuple[str, str, str]] = Counter()

    def record(self, row: Row, place: str) -> AnnotationRecord:
        """Return the assertion that a row is; SkipRecord where it cannot be used."""
        mapper = self._mapper
        item = mapper.name(row, "item")
        if item is None:
            raise SkipRecord("missing_item", f"the item is blank{mapper.column('item')}")
        control = mapper.name(row, "control") or mapper.control
        key = (mapper.project, item, control)
        self._named[key] += 1
        return assertion(
            key,
            item,
            self._of.get(control, mapper).gold(row, control),
            number=self._named[key],
            batch=mapper.name(row, "batch"),
            place=place,
        )


def duration_ms(text: str) -> int:
    """Return seconds, or hours:minutes:seconds, as milliseconds; ValueError otherwise.

    A comma is a decimal sign but before three digits, where it may part thousands.

    >>> duration_ms("12.5"), duration_ms("12,5"), duration_ms("1:02:03")
    (12500, 12500, 3723000)
    """
    if not _THOUSANDS.search(text):
        text = text.replace(",", ".")
    parts = [number(part) for part in text.split(":")]
    seconds = float(sum(part * 60**at for at, part in enumerate(reversed(parts))))
    if len(parts) > 3 or abs(seconds) > MAX_SECONDS:
        raise ValueError("no time that a person could spend")
    return round(seconds * 1000)
