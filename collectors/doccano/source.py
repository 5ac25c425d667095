"""A doccano database as a live source (scanning: `labelpulse.ingest.database.scan`).

A poll goes by what is stamped in any of the tables: labels, confirmations, examples. To label anew
is to delete a row and insert another, so that the new row tells. What leaves no trace is seen in
other ways: a confirmation taken back and an example deleted by the counts of every poll, a label
deleted and none put in its place by the hourly sweep, which compares all labels by fingerprint.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import Row

from collectors.doccano import look
from collectors.doccano.records import (
    Project,
    Work,
    annotation_record,
    guesses_on,
    item_record,
    prediction_record,
    project_of,
    work_on,
)
from collectors.doccano.tables import KINDS, NEEDED, TOOL, Statements, example, may_assign
from collectors.doccano.values import ASKED, Label
from labelpulse.core.answers import clean
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import (
    BadRecord,
    Batch,
    ScannedRecord,
)
from labelpulse.ingest.database import (
    DatabaseSource,
    Table,
    holds,
    readable,
)
from labelpulse.ingest.fetched import Fetched
from labelpulse.ingest.fields import bad_record, instant, person_record, storable
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

_PREFIX = "prediction-"

Labels = Mapping[tuple[str, int], Label]
"""(kind, id) -> a row of the table of that kind."""


class DoccanoDatabase(DatabaseSource):
    """A doccano database as a live source."""

    streams: tuple[str, ...] = (ITEMS, ANNOTATIONS)
    """With PREDICTIONS, once opened, where any label has a probability."""

    def __init__(self, url: str, **more: Any) -> None:
        """Keep where to read; see `DatabaseSource`."""
        super().__init__(url, **more)
        self._projects: dict[int, Project] = {}
        self._read = Statements(self._db.dialect, {})

    @staticmethod
    def detects(target: str) -> bool:
        """Return True when a URL or a path leads to a database with doccano's tables."""
        return holds(target, ("examples_example", "examples_examplestate", "labels_category"))

    def open(self) -> Opening:
        """Connect, check every needed column, and return projects and people.

        Raises:
            RetryLater, StopSource: see `labelpulse.ingest.database`.
        """
        columns = self._db.require(NEEDED, TOOL)
        self._read = Statements(self._db.dialect, columns, assigns=may_assign(self._db))
        rows = [
            row
            for row in self._db.rows(self._read.of_projects())
            if not self._wanted or self._wanted & {row.name, str(row.id)}
        ]
        if self._wanted and not rows:
            raise self._db.stopped(
                "leads to none of the projects that its key `projects` names: write their names "
                f"as {TOOL} shows them"
            )
        kinds = tuple(dict.fromkeys(kind for row in rows for kind in self._kinds(row)))
        self._db.require({**NEEDED, **_columns(kinds)}, TOOL)
        types = {kind: self._types(kind) for kind in kinds if KINDS[kind].types}
        self._projects = {
            row.id: project_of(row, {kind: of.get(row.id, {}) for kind, of in types.items()})
            for row in rows
        }
        self._read = replace(
            self._read,
            kinds=kinds,
            projects=tuple(self._projects),
            joint=tuple(key for key, one in self._projects.items() if one.joint),
        )
        predicted = bool(self._db.value(self._read.predicted()))
        self.streams = (ITEMS, *((PREDICTIONS,) if predicted else ()), ANNOTATIONS)
        people = [person_record(row._asdict()) for row in self._db.rows(self._read.of_people())]
        records = tuple(one.record for one in self._projects.values())
        return Opening(self._db.now(), records, tuple(people))

    def _kinds(self, row: Row[Any]) -> Iterator[str]:
        """The kinds of labels that a project has; versions without relations have none."""
        for kind in ASKED.get(row.project_type, ()):
            of = KINDS[kind]
            if kind != "relation" or self._db.has(of.name, *of.content):
                yield kind

    def _types(self, kind: str) -> dict[int, dict[int, str]]:
        """Project -> id -> text of a kind's types."""
        found: dict[int, dict[int, str]] = {}
        for row in self._db.rows(self._read.of_types(KINDS[kind].types or "")):
            found.setdefault(row.project_id, {})[row.id] = clean(storable(row.text))
        return found

    def counts(self) -> Mapping[str, Counts]:
        """Return, by project id, how many examples people confirmed; together counts once."""
        found = {str(key): Counts(0, 0, 0) for key in self._projects}
        for row in self._db.rows(self._read.confirmed()):
            n = row.examples if self._projects[row.project].joint else row.n
            found[str(row.project)] = Counts(int(n), 0, 0)
        return found

    def inspect(self) -> Inspection:
        """Return what a first look finds; it opens the source itself."""
        self.open()
        return look.look(self._db, self._read, self._projects, PREDICTIONS in self.streams)

    # --- scanning ---

    def full(self, stream: str, resume: Position | None) -> Iterator[Page]:
        """Yield everything, newest example first; `resume` is the position of a former page."""
        return self._scanner.full(self._table(stream), resume)

    def changes(self, stream: str, position: Position) -> Iterator[Page]:
        """Yield what may have changed since a position."""
        return self._scanner.changes(self._table(stream), position)

    def _table(self, stream: str) -> Table:
        forms = stream != ITEMS
        return Table(
            key=example.c.id,
            stamp=example.c.updated_at,
            group=self._read.group(),
            rows=self._read.scan(stream),
            tokens={str(key): one.form if forms else "" for key, one in self._projects.items()},
            seen=self._seen(stream),
            instant=readable(instant),
            touched=partial(self._read.touched, stream),
        )

    def _seen(self, stream: str) -> Callable[[Row[Any]], list[ScannedRecord]]:
        if stream == ITEMS:
            return lambda row: [
                ScannedRecord(str(row.key), "", str(row.project), self._item_print(row)),
            ]
        return lambda row: [
            ScannedRecord(one.native_id, "", str(row.project), self._print(row, one))
            for one in self._work(stream, row)
        ]

    def _work(self, stream: str, row: Row[Any]) -> list[Work]:
        project = self._projects[row.project]
        if stream == PREDICTIONS:
            return guesses_on(row, project.asked.kinds)
        return work_on(row, project.asked.kinds, joint=project.joint)

    def _print(self, row: Row[Any], work: Work) -> str:
        form = self._projects[row.project].form
        return work.fingerprint(form, row.annotations_approved_by_id)

    def _item_print(self, row: Row[Any]) -> str:
        """An item's fingerprint: another once more of it may be read, so that it is read anew."""
        named = self._read.names and not self._projects[row.project].texts
        more = (".shown" if self._read.shows else "") + (".named" if named else "")
        return f"{row.born}.{row.stamp}.{row.assigned}{more}"

    # --- fetching ---

    def fetch(self, stream: str, native_ids: Sequence[str]) -> Batch:
        """Return the records of those ids with their items; what is gone is left out.

        Work that cannot be used becomes a BadRecord.
        """
        wanted, found = frozenset(native_ids), Fetched()
        ids = sorted({_example(one) for one in native_ids})
        for start in range(0, len(ids), self._scanner.page):
            part = ids[start : start + self._scanner.page]
            rows = self._db.rows(self._read.whole(stream, part))  # before the labels on them
            labels = {} if stream == ITEMS else self._labels(part)
            for row in rows:
                self._add(stream, row, labels, wanted, found)
        return found.batch()

    def _labels(self, ids: Sequence[int]) -> Labels:
        return {
            (kind, row.id): row
            for kind in self._read.kinds
            for row in self._db.rows(self._read.labels(kind, ids))
        }

    def _add(
        self, stream: str, row: Row[Any], labels: Labels, wanted: frozenset[str], found: Fetched
    ) -> None:
        project = self._projects[row.project]
        item = item_record(row, project, self._item_print(row))
        found.items[item.native_id] = item
        for work in () if stream == ITEMS else self._work(stream, row):
            if work.native_id not in wanted or not work.is_whole(labels):
                continue  # a label went while we read: the next reading finds what is there then
            print_ = self._print(row, work)
            try:
                if stream == PREDICTIONS:
                    found.predictions.append(prediction_record(row, work, labels, project, print_))
                else:
                    found.annotations.append(annotation_record(row, work, labels, project, print_))
            except SkipRecord as error:
                if stream == ANNOTATIONS:  # what a model said and cannot be read is nobody's work
                    found.bad.append(_bad(error, work, project))


def _columns(kinds: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The tables and columns that reading kinds of labels needs."""
    return {name: columns for kind in kinds for name, columns in KINDS[kind].columns.items()}


def _bad(error: SkipRecord, work: Work, project: Project) -> BadRecord:
    kinds = sorted({KINDS[one.kind].name for one in work.entries})
    return bad_record(
        error,
        place=", ".join(kinds) or "examples_examplestate",
        record=f"example {work.native_id}",
        raw=[f"{one.kind} {one.id}" for one in work.entries],
        project=project.record.native_id,
    )


def _example(native_id: str) -> int:
    """The example that a native id is about."""
    return int(native_id.removeprefix(_PREFIX).partition(":")[0])
