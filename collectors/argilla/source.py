"""An Argilla database as a live source (scanning: `labelpulse.ingest.database.scan`).

One annotation is one response. Its row changes in place and is stamped, so that polls go by
`updated_at`; what no stamp tells (deleted responses and records, which cascade) a sweep sees, as
soon as the counts differ.

The tool keeps no time of submission. What is told is the time at which the row was last changed
when it is read, and the warehouse keeps the least that it was ever told: to the second for work
that was submitted while we watched, and the last edit for what is older.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row

from collectors.argilla import look
from collectors.argilla.records import (
    Project,
    annotation_record,
    prediction_record,
    projects_of,
)
from collectors.argilla.tables import KEYED, NEEDED, TOOL, Statements, may_suggest, native
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import (
    Batch,
    ItemRecord,
    ScannedRecord,
)
from labelpulse.ingest.database import (
    DatabaseSource,
    Table,
    holds,
    readable,
)
from labelpulse.ingest.fetched import Fetched
from labelpulse.ingest.fields import bad_record, instant, person_record
from labelpulse.ingest.known import shown_name
from labelpulse.source import (
    ANNOTATIONS,
    ITEMS,
    PREDICTIONS,
    Counts,
    Inspection,
    Opening,
    Page,
    Position,
)

_PREFIX = {PREDICTIONS: "suggestion-"}
"""What sets the native ids of suggestions apart from those of responses."""


class ArgillaDatabase(DatabaseSource):
    """An Argilla database as a live source."""

    streams: tuple[str, ...] = (ITEMS, ANNOTATIONS)
    """With PREDICTIONS, once opened, where suggestions may be read."""

    def __init__(self, url: str, **more: Any) -> None:
        """Keep where to read; see `DatabaseSource`."""
        super().__init__(url, **more)
        self._projects: dict[str, Project] = {}
        self._read = Statements(self._db.dialect, {})

    @staticmethod
    def detects(target: str) -> bool:
        """Return True when a URL or a path leads to a database with Argilla's tables."""
        return holds(target, ("workspaces_users", "questions", "responses", "suggestions"))

    def open(self) -> Opening:
        """Connect, check every needed column, and return datasets and people.

        Raises:
            RetryLater, StopSource: see `labelpulse.ingest.database`.
        """
        columns = self._db.require(NEEDED, TOOL)
        self._read = Statements(self._db.dialect, columns, may_suggest(self._db))
        self.streams = (ITEMS, *((PREDICTIONS,) if self._read.suggests else ()), ANNOTATIONS)
        datasets, questions = map(
            self._db.rows, (self._read.of_datasets(), self._read.of_questions())
        )
        found = projects_of(datasets, questions)
        self._projects = {
            key: one
            for key, one in found.items()
            if not self._wanted or self._wanted & set(one.names)
        }
        if self._wanted and not self._projects:
            raise self._db.stopped(
                "leads to none of the projects that its key `projects` names: write the names of "
                f"datasets as {TOOL} shows them"
            )
        self._read = replace(self._read, datasets=tuple(self._projects))
        people = [
            person_record({**row._asdict(), "id": native(row.id)})
            for row in self._db.rows(self._read.of_people())
        ]
        records = tuple(one.record for one in self._projects.values())
        return Opening(self._db.now(), records, tuple(people))

    def counts(self) -> Mapping[str, Counts]:
        """Return, by dataset, how many responses are submitted or discarded, and discarded."""
        found = {native(key): Counts(0, 0, 0) for key in self._projects}
        for row in self._db.rows(self._read.counted()):
            found[native(row.project)] = Counts(int(row.n), 0, int(row.skips))
        return found

    def inspect(self) -> Inspection:
        """Return what a first look finds; it opens the source itself."""
        self.open()
        return look.look(self._db, self._read, self._projects)

    # --- scanning ---

    def full(self, stream: str, resume: Position | None) -> Iterator[Page]:
        """Yield everything, by id; `resume` is the position of a page of an earlier try."""
        return self._scanner.full(self._table(stream), resume)

    def changes(self, stream: str, position: Position) -> Iterator[Page]:
        """Yield what may have changed since a position."""
        return self._scanner.changes(self._table(stream), position)

    def _table(self, stream: str) -> Table:
        of, forms = KEYED[stream].c, stream != ITEMS
        return Table(
            key=of.id,
            stamp=of.updated_at,
            group=self._read.group(),
            rows=self._read.scan(stream),
            tokens={key: one.form if forms else "" for key, one in self._projects.items()},
            seen=self._seen(stream),
            instant=readable(instant),
            grows=False,
            named=str,
        )

    def _seen(self, stream: str) -> Callable[[Row[Any]], tuple[ScannedRecord]]:
        prefix = _PREFIX.get(stream, "")
        return lambda row: (
            ScannedRecord(
                f"{prefix}{native(row.key)}", "", native(row.project), self._fingerprint(row)
            ),
        )

    def _fingerprint(self, row: Row[Any]) -> str:
        if row.print is None:
            return self._item_print(row)
        return f"{self._projects[row.project].form}.{row.print}"

    def _item_print(self, row: Row[Any]) -> str:
        """An item's fingerprint: another once more of it may be read, so that it is read anew."""
        more = (".shown" if self._read.shows else "") + (".named" if self._read.names else "")
        return f"{row.born}.{row.touched}{more}"

    # --- fetching ---

    def fetch(self, stream: str, native_ids: Sequence[str]) -> Batch:
        """Return the records of those ids with their items; what is gone is left out.

        A response that cannot be used becomes a BadRecord.
        """
        prefix = _PREFIX.get(stream, "")
        ids = [self._read.raw(one.removeprefix(prefix)) for one in native_ids]
        found = Fetched()
        for start in range(0, len(ids), self._scanner.page):
            part = ids[start : start + self._scanner.page]
            for row in self._db.rows(self._read.whole(stream, part)):
                self._add(stream, row, found)
        return found.batch()

    def _add(self, stream: str, row: Row[Any], found: Fetched) -> None:
        project, print_ = self._projects[row.project], self._fingerprint(row)
        try:
            item = ItemRecord(
                project=project.record.native_id,
                native_id=native(row.item),
                created_at=instant(row.born),
                fingerprint=self._item_print(row),
                content=row.content or "",
                name=shown_name(row.name),
            )
            if stream == ANNOTATIONS:
                found.annotations.append(annotation_record(row, item, project, print_))
            elif stream == PREDICTIONS:
                found.predictions.append(prediction_record(row, item, project, print_))
            found.items[item.native_id] = item
        except SkipRecord as error:
            if stream == PREDICTIONS:
                return  # nobody's work: what cannot be read is as if it were not there
            place, raw = KEYED[stream].name, getattr(row, "said", "")
            found.bad.append(
                bad_record(
                    error,
                    place=place,
                    record=f"id {native(row.key)}",
                    raw=raw,
                    project=project.record.native_id,
                )
            )
