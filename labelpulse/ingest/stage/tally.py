"""Pass over a file for a first look: what it holds, without loading anything."""

import sqlite3
from collections.abc import Iterable
from typing import Self

from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    ItemRecord,
    Origin,
    PredictionRecord,
    ProjectRecord,
    Status,
)
from labelpulse.source import FileRecord, InspectedProject

CHUNK = 5_000


class Tally:
    """Counts a file's items, people and answers in a temporary database on disk."""

    def __init__(self) -> None:
        self.bad = 0
        self.remarks: tuple[str, ...] = ()
        self._flags = self._gold = self._reviews = self._predictions = 0
        self._first: int | None = None
        self._last: int | None = None
        self._controls: dict[str, None] = {}
        self._rows: list[tuple[str, str | None, str | None, int]] = []
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("CREATE TABLE seen (item, annotation, annotator, answered)")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def count(self, records: Iterable[FileRecord]) -> Self:
        """Take in all records of a file."""
        for record in records:
            if isinstance(record, AnnotationRecord):
                self._annotation(record)
            elif isinstance(record, ItemRecord):
                self._rows.append((record.native_id, None, None, 0))
            elif isinstance(record, BadRecord):
                self.bad += 1
            elif isinstance(record, PredictionRecord):
                self._predictions += 1
            elif isinstance(record, ProjectRecord):
                self.remarks = record.remarks
            if len(self._rows) >= CHUNK:
                self._keep()
        self._keep()
        return self

    def _annotation(self, record: AnnotationRecord) -> None:
        self._gold += bool(record.gold)
        if record.origin != Origin.PERSON or record.status == Status.DRAFT:
            self._rows.append((record.item, None, None, 0))
            return
        answered = int(record.status == Status.SUBMITTED and not record.deleted)
        key = f"{record.native_id} {record.unique}"
        self._rows.append((record.item, key, record.annotator, answered))
        self._flags += record.gold_flag
        self._reviews += record.verdict is not None
        for control, _ in record.answers:
            self._controls.setdefault(control)
        if record.submitted_at is not None:
            self._first = min(self._first or record.submitted_at, record.submitted_at)
            self._last = max(self._last or record.submitted_at, record.submitted_at)

    def _keep(self) -> None:
        self._db.executemany("INSERT INTO seen VALUES (?, ?, ?, ?)", self._rows)
        self._rows.clear()

    def found(self, title: str) -> InspectedProject:
        """Return what was counted, under a title."""
        items, annotations, people = self._db.execute(
            "SELECT count(DISTINCT item), count(DISTINCT annotation), count(DISTINCT annotator)"
            " FROM seen"
        ).fetchone()
        answered, twice = self._db.execute(
            "SELECT count(*), sum(people > 1) FROM (SELECT count(DISTINCT annotator) AS people"
            " FROM seen WHERE answered AND annotator IS NOT NULL GROUP BY item)"
        ).fetchone()
        gold = {"flag": self._flags, "column": self._gold}
        return InspectedProject(
            title=title,
            items=items,
            annotations=annotations,
            annotators=people,
            first=self._first,
            last=self._last,
            share_two=twice / answered if answered else None,
            gold_candidates={name: n for name, n in gold.items() if n},
            predictions=self._predictions,
            reviews=self._reviews,
            controls=tuple(self._controls),
        )
