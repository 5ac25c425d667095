"""A Label Studio database as a live source (scanning: `labelpulse.ingest.database.scan`).

What no cursor can see (a flag that flips, an author who is removed, a merged task) a full scan
sees by fingerprints:

- PostgreSQL: the row's `xmin`, which every change of the row moves, read without its result.
- SQLite: a digest over its columns, the result among them, worked out in our process.

Both hold the project and the form of its answers too, so that a configuration that values answers
in another way (a single choice becomes a multiple one) has them read again. An item's fingerprint
is its overlap and its time of creation; when a project's row changed, all its items are looked at,
since the tool changes their overlap without touching them. A digest of what a task shows comes with
every whole row, so that a task whose data changed is known anew with its next annotation.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, func

from collectors.label_studio_db import look
from collectors.label_studio_db.tables import (
    KEYED,
    NEEDED,
    TOOL,
    Statements,
    annotation,
    how_many,
    may_predict,
)
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import (
    AnnotationRecord,
    Batch,
    ItemRecord,
    PredictionRecord,
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
from labelpulse.ingest.label_studio import (
    annotation_record,
    draft_record,
    file_named,
    prediction_record,
    second_key,
)
from labelpulse.ingest.label_studio_project import PREFIX, Project, opened
from labelpulse.ingest.parse import loads
from labelpulse.source import (
    ANNOTATIONS,
    DRAFTS,
    ITEMS,
    PREDICTIONS,
    Counts,
    Inspection,
    Opening,
    Page,
    Position,
)


class LabelStudioDatabase(DatabaseSource):
    """A Label Studio database as a live source."""

    streams: tuple[str, ...] = (ITEMS, ANNOTATIONS, DRAFTS)
    """With PREDICTIONS, once opened, where that table may be read."""

    def __init__(self, url: str, **more: Any) -> None:
        """Keep where to read; see `DatabaseSource`."""
        super().__init__(url, **more)
        self._projects: dict[int, Project] = {}
        self._read = Statements(self._db.dialect, {})

    @staticmethod
    def detects(target: str) -> bool:
        """Return True when a URL or a path may lead to such a database.

        The tool's tables have to be there.
        """
        return holds(target, ("task_completion", "htx_user"))

    def open(self) -> Opening:
        """Connect, check every needed column, and return projects and people.

        Raises:
            RetryLater, StopSource: see `labelpulse.ingest.database`.
        """
        self._read = Statements(self._db.dialect, self._db.require(NEEDED, TOOL))
        predicted = (PREDICTIONS,) if may_predict(self._db) else ()
        self.streams = (ITEMS, *predicted, ANNOTATIONS, DRAFTS)
        before, self._projects = self._projects, {}
        for row in self._db.rows(self._read.of_projects()):
            if not self._wanted or self._wanted & {row.title, str(row.id)}:
                self._projects[row.id] = opened(row._asdict(), row.touched, before.get(row.id))
        if self._wanted and not self._projects:
            raise self._db.stopped(
                "leads to none of the projects that its key `projects` names: write their titles "
                f"as {TOOL} shows them"
            )
        files: dict[str, list[int]] = {}
        for key, one in self._projects.items():
            if one.file:
                files.setdefault(one.file, []).append(key)
        self._read = replace(self._read, projects=tuple(self._projects), files=files)
        people = [person_record(row._asdict()) for row in self._db.rows(self._read.of_people())]
        records = tuple(one.record for one in self._projects.values())
        return Opening(self._db.now(), records, tuple(people))

    def counts(self) -> Mapping[str, Counts]:
        """Return, by project id, submissions and skips; of them gold, of them skips."""
        flags = (annotation.c.ground_truth, annotation.c.was_cancelled)
        query = self._read.by_project(func.count(), *map(how_many, flags))
        found = {str(key): Counts(0, 0, 0) for key in self._projects}
        return found | {str(row[0]): Counts(*map(int, row[1:])) for row in self._db.rows(query)}

    def inspect(self) -> Inspection:
        """Return what a first look finds; it opens the source itself."""
        self.open()
        records = {key: one.record for key, one in self._projects.items()}
        return look.look(self._db, self._read, records)

    # --- scanning ---

    def full(self, stream: str, resume: Position | None) -> Iterator[Page]:
        """Yield everything, newest first; `resume` is the position of a page of an earlier try."""
        return self._scanner.full(self._table(stream), resume)

    def changes(self, stream: str, position: Position) -> Iterator[Page]:
        """Yield what may have changed since a position; drafts, being few, all."""
        if stream == DRAFTS:
            return self._scanner.full(self._table(stream), None)
        return self._scanner.changes(self._table(stream), position)

    def _table(self, stream: str) -> Table:
        of, token = KEYED[stream].c, "touched" if stream == ITEMS else "form"
        return Table(
            key=of.id,
            stamp=None if stream == PREDICTIONS else of.updated_at,
            group=self._read.group(),
            rows=self._read.scan(stream),
            tokens={str(key): getattr(one, token) for key, one in self._projects.items()},
            seen=self._seen(stream),
            instant=readable(instant),
        )

    def _seen(self, stream: str) -> Callable[[Row[Any]], tuple[ScannedRecord]]:
        prefix, made = PREFIX.get(stream, ""), readable(instant)
        return lambda row: (
            ScannedRecord(
                f"{prefix}{row.key}",
                second_key(row.unique, made(row.made)),
                str(row.project),
                self._fingerprint(row),
            ),
        )

    def _fingerprint(self, row: Row[Any]) -> str:
        if row.print is None:
            return self._item_print(row)
        return f"{self._projects[row.project].form}.{row.print}"

    def _item_print(self, row: Row[Any]) -> str:
        """An item's fingerprint: another once more of it may be read, so that it is read anew."""
        upload = "" if row.upload is None else f".{row.upload}"
        file = self._projects[row.project].file
        shown = f".shown{file and f'.{file}'}" if self._read.shows else ""
        return f"{row.overlap}.{row.born}{upload}{shown}"

    # --- fetching ---

    def fetch(self, stream: str, native_ids: Sequence[str]) -> Batch:
        """Return the records of those ids with their items; what is gone is left out.

        A row that cannot be used becomes a BadRecord.
        """
        ids = [int(one.removeprefix(PREFIX.get(stream, ""))) for one in native_ids]
        found = Fetched()
        for start in range(0, len(ids), self._scanner.page):
            part = ids[start : start + self._scanner.page]
            for row in self._db.rows(self._read.whole(stream, part)):
                self._add(stream, row, found)
        return found.batch()

    def _add(self, stream: str, row: Row[Any], found: Fetched) -> None:
        try:
            item = ItemRecord(
                project=str(row.project),
                native_id=str(row.task),
                required=row.overlap,
                created_at=instant(row.born),
                fingerprint=self._item_print(row),
                batch=None if row.upload is None else f"upload {row.upload}",
                content=row.content or "",
                name=file_named(row.file),
            )
            if stream == ANNOTATIONS:
                found.annotations.append(self._annotation(row, item, found))
            elif stream == PREDICTIONS:
                found.predictions.append(self._prediction(row, item))
            elif stream == DRAFTS:
                print_ = self._fingerprint(row)
                found.annotations.append(draft_record(row._asdict(), item, fingerprint=print_))
            found.items[item.native_id] = item
        except SkipRecord as error:
            if stream == PREDICTIONS:
                return  # nobody's work: what cannot be read is as if it were not there
            place, raw = KEYED[stream].name, getattr(row, "result", "")
            found.bad.append(
                bad_record(
                    error, place=place, record=f"id {row.key}", raw=raw, project=str(row.project)
                )
            )

    def _prediction(self, row: Row[Any], item: ItemRecord) -> PredictionRecord:
        result = None if row.result is None else loads(row.result)
        return prediction_record(
            {**row._asdict(), "result": result},
            item,
            self._projects[row.project].controls,
            fingerprint=self._fingerprint(row),
            place=f"prediction {row.key}",
        )

    def _annotation(self, row: Row[Any], item: ItemRecord, found: Fetched) -> AnnotationRecord:
        project = self._projects[row.project]
        result = None if row.result is None else loads(row.result)
        record = annotation_record(
            {**row._asdict(), "result": result},
            item,
            project.controls,
            fingerprint=self._fingerprint(row),
            place=f"annotation {row.key}",
        )
        if (learnt := project.learn(record, result)) is not None:
            found.projects[item.project] = learnt
        return record
