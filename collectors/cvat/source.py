"""A CVAT database as a live source (scanning: `labelpulse.ingest.database.scan`).

The item is a frame, the annotation a job's frame, and a job is read whole: saving an edit deletes
objects and makes others, so nothing goes by their ids. Every save touches its job, and so does
every change of its state, so a frame's fingerprint is its job's row: whatever changed in a job has
all its frames read again, and those that say the same stay as they are. Issues leave their job
alone; the newer stamp of both is followed.

Frames of unfinished jobs are drafts where somebody drew something, else they are missing. Of a
handed in job every frame is an answer, [] where nothing is on it. A job or task that is deleted
leaves nothing behind: the counts tell, and the sweep finds what is gone.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Self

from sqlalchemy import ColumnElement, Row

from collectors.cvat import look
from collectors.cvat.frames import Frames, jobs_of, two_parts
from collectors.cvat.projects import Project, projects
from collectors.cvat.reading import Contents, Reader
from collectors.cvat.reviews import Hands
from collectors.cvat.statements import ANSWERED, GROUP, MADE, TOUCHED, Statements
from collectors.cvat.tables import NEEDED, OPTIONAL, OWN, TOOL, job, task
from collectors.cvat.working_time import NONE, WorkingTime
from labelpulse.core.errors import ConfigError
from labelpulse.core.events import Batch, ItemRecord, ScannedRecord
from labelpulse.ingest.access import needed_url
from labelpulse.ingest.database import DatabaseSource, Table, holds, readable
from labelpulse.ingest.fields import instant, person_record
from labelpulse.ingest.known import shown_name
from labelpulse.source import (
    ANNOTATIONS,
    ITEMS,
    Access,
    Counts,
    Inspection,
    Opening,
    Page,
    Position,
)

Names = Mapping[tuple[int, int], str]
"""(data, frame as the data numbers it) -> what its picture is called."""

PAGE = 20
"""Jobs or tasks a statement: each brings all its frames, of a long video a hundred thousand."""


class CvatDatabase(DatabaseSource):
    """A CVAT database as a live source."""

    streams: tuple[str, ...] = (ITEMS, ANNOTATIONS)

    def __init__(
        self,
        url: str,
        *,
        name: str,
        projects: Sequence[str] = (),
        overlap: timedelta = timedelta(minutes=15),
        assignee_stays: bool = False,
        working_time: WorkingTime | None = None,
    ) -> None:
        """Keep where to read; nothing is opened yet.

        Args:
            url: ``postgresql://user:password@host/database``.
            name: of the source, for messages.
            projects: titles or native ids to read; empty = all.
            overlap: how far back of its cursor every poll reads again.
            assignee_stays: whoever is assigned in validation and acceptance is the annotator.
            working_time: where the time spent on jobs is read; None = it stays unknown.
        """
        super().__init__(url, name=name, projects=projects, overlap=overlap, page=PAGE)
        self._stays = assignee_stays
        self._working_time = working_time
        self._times = NONE
        self._projects: dict[str, Project] = {}
        self._read = Statements({})

    @classmethod
    def from_access(cls, access: Access) -> Self:
        """Return the source of a configured entry; see `LiveSource`."""
        stays = access.options.get("assignee_stays", False)
        if not isinstance(stays, bool):
            raise ConfigError(
                f"source {access.name!r}: options.assignee_stays must be true or false"
            )
        return cls(
            needed_url(access),
            name=access.name,
            projects=access.projects,
            overlap=access.overlap,
            assignee_stays=stays,
            working_time=_working_time(access),
        )

    @staticmethod
    def detects(target: str) -> bool:
        """Return True when a URL leads to a PostgreSQL database with the tool's tables."""
        return holds(target, OWN)

    def open(self) -> Opening:
        """Connect, check every needed column, and return projects and people.

        Raises:
            RetryLater, StopSource: see `labelpulse.ingest.database`.
        """
        if self._db.dialect != "postgresql":
            raise self._db.stopped("must begin with postgresql://, where CVAT keeps its data")
        columns = self._db.require(NEEDED, TOOL)
        for name, optional in OPTIONAL.items():
            if self._db.has(name, *optional):
                columns[name] = {*columns.get(name, ()), *optional}
        read = Statements(columns)
        attributes = self._db.rows(read.of_attributes()) if read.values_of_tags else ()
        found = self._db.rows(read.of_projects()), self._db.rows(read.of_labels())
        self._projects = projects(*found, attributes, self._wanted)
        if self._wanted and not self._projects:
            raise self._db.stopped(
                "leads to none of the projects that its key `projects` names: write their titles "
                f"as {TOOL} shows them"
            )
        self._read = replace(read, projects=tuple(self._projects))
        people = (person_record(row._asdict()) for row in self._db.rows(read.of_people()))
        records = tuple(one.record for one in self._projects.values())
        now = self._db.now()
        if self._working_time is not None:
            self._times = self._working_time.read(now)
        return Opening(now, records, tuple(people))

    def counts(self) -> Mapping[str, Counts]:
        """Return, by project, frames of handed in jobs, and those of ground truth."""
        found = dict.fromkeys(self._projects, (0, 0))
        for one in self._db.rows(self._read.sums()):
            found[one.project] = (int(one.rows), int(one.gold))
        for row in self._db.rows(self._read.structure(ANSWERED, self._read.odd())):
            frames, (rows, gold) = Frames.of(row), found[row.project]
            shown = frames.shown(row)
            marked = sum(one not in frames.disabled for one in shown)
            found[row.project] = (
                rows + len(shown),
                gold + (marked if row.type == "ground_truth" else 0),
            )
        return {key: Counts(rows, gold, 0) for key, (rows, gold) in found.items()}

    def inspect(self) -> Inspection:
        """Return what a first look finds; it opens the source itself."""
        self.open()
        return look.look(self._db, self._read, self._projects, assignee_stays=self._stays)

    # --- scanning ---

    def full(self, stream: str, resume: Position | None) -> Iterator[Page]:
        """Yield everything, newest first; `resume` is the position of a page of an earlier try."""
        for page in self._scanner.full(self._table(stream), resume):
            yield replace(page, newest_first=False)  # an old job may be finished last

    def changes(self, stream: str, position: Position) -> Iterator[Page]:
        """Yield what may have changed since a position."""
        return self._scanner.changes(self._table(stream), position)

    def _table(self, stream: str) -> Table:
        items = stream == ITEMS
        return Table(
            key=task.c.id if items else job.c.id,
            stamp=MADE if items else TOUCHED,
            group=GROUP,
            rows=self._read.scan(stream),
            tokens={key: "" if items else one.form for key, one in self._projects.items()},
            seen=self._items_seen if items else self._frames_seen,
            instant=readable(instant),
            named=str,
            touched=self._read.made_since if items else self._read.touched_since,
            margin=0,  # a job is stamped when it is made: the overlap brings late ones
        )

    def _items_seen(self, row: Row[Any]) -> Iterator[ScannedRecord]:
        for one in _items(row, names={} if self._read.names else None):
            yield ScannedRecord(one.native_id, "", one.project, one.fingerprint)

    def _frames_seen(self, row: Row[Any]) -> Iterator[ScannedRecord]:
        reader = self._reader(row)
        for frame in reader.frames:
            yield ScannedRecord(f"{row.key}:{frame}", "", row.project, reader.fingerprint(frame))

    def _reader(self, row: Row[Any]) -> Reader:
        hands = Hands.of(row, assignee_stays=self._stays)
        times = self._times.get(row.key, {})
        return Reader(row, self._projects[row.project], hands, times)

    # --- fetching ---

    def fetch(self, stream: str, native_ids: Sequence[str]) -> Batch:
        """Return the records of those ids, with their items; what is gone is left out.

        A frame that cannot be used becomes a BadRecord.
        """
        wanted: dict[int, set[int]] = {}
        for one in native_ids:
            of, frame = two_parts(one)
            wanted.setdefault(of, set()).add(frame)
        if stream == ITEMS:
            return Batch(items=self._items(task.c.data_id.in_(wanted), frozenset(native_ids)))
        rows = self._db.rows(self._read.scan(ANNOTATIONS).where(job.c.id.in_(wanted)))
        return self._annotations(rows, wanted)

    def _annotations(self, rows: Sequence[Row[Any]], wanted: Mapping[int, set[int]]) -> Batch:
        frames = {row.key: sorted(wanted[row.key]) for row in rows}
        content = Contents(self._db, self._read, frames)
        found = [self._reader(row).records(frames[row.key], content) for row in rows]
        annotations = tuple(one for batch in found for one in batch.annotations)
        tasks = {row.task for row in rows}
        items = self._items(task.c.id.in_(tasks), {one.item for one in annotations})
        bad = tuple(one for batch in found for one in batch.bad)
        return Batch(items=items, annotations=annotations, bad=bad)

    def _items(self, where: ColumnElement[bool], wanted: Collection[str]) -> tuple[ItemRecord, ...]:
        """Return the items of some tasks that are wanted by their native ids."""
        frames: dict[int, set[int]] = {}
        for one in wanted:
            of, frame = two_parts(one)
            frames.setdefault(of, set()).add(frame)
        rows = self._db.rows(self._read.scan(ITEMS).where(where))
        names = self._names(rows, frames) if self._read.names else None
        return tuple(one for row in rows for one in _items(row, frames.get(row.data, ()), names))

    def _names(self, rows: Sequence[Row[Any]], frames: Mapping[int, set[int]]) -> Names:
        numbers = {Frames.of(row).in_data(one) for row in rows for one in frames.get(row.data, ())}
        found = self._db.rows(self._read.paths([row.data for row in rows], sorted(numbers)))
        return {(row.data_id, row.frame): shown_name(row.path) for row in found}


def _working_time(access: Access) -> WorkingTime | None:
    """Return where working times are read, from the options that begin with ``events_``."""
    found = {}
    for name in ("events_url", "events_user", "events_password", "events_token"):
        found[name] = access.options.get(name, "")
        if not isinstance(found[name], str):
            raise ConfigError(f"source {access.name!r}: options.{name} must be a text")
    url, user, password, token = found.values()
    if not url:
        return None
    return WorkingTime(url, access.name, login=(user, password), token=token)


def _items(
    row: Row[Any], only: Collection[int] | None = None, names: Names | None = None
) -> Iterator[ItemRecord]:
    """Yield the items of a task's row.

    Args:
        only: the frames that are wanted, None = all.
        names: what is known of them; None = they may not be read. Once they may, all items are
            read anew.
    """
    frames = Frames.of(row)
    born = readable(instant)(row.born)
    for frame, (first, replicas) in frames.items(jobs_of(row.jobs)).items():
        if only is None or frame in only:
            yield ItemRecord(
                project=row.project,
                native_id=frames.item(frame),
                required=max(1, replicas),
                batch=str(first),
                created_at=born,
                fingerprint=f"{max(1, replicas)}.{first.id}{'' if names is None else '.named'}",
                name=(names or {}).get((row.data, frames.in_data(frame)), ""),
            )
