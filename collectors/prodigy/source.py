"""A Prodigy database as a live source (scanning: `labelpulse.ingest.database.scan`).

Links grow, and tasks hardly ever change, so a poll looks at the newest links and a sweep compares
all: by the example's `xmin` on PostgreSQL, by a digest of its content on SQLite. SQLite uses ids
again after ``prodigy drop``, so the time at which a dataset was made belongs to the identity.

Prodigy keeps no configuration. What a project asks is learnt from some of its oldest and newest
tasks, and then from every task that is read. That a choice takes several options may show late:
then all answers are read again as sets, and the position remembers it for the next start.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any, Self

from sqlalchemy import Row

from collectors.prodigy import look, tables
from collectors.prodigy.counts import Ignored, task_of
from collectors.prodigy.gaps import with_estimates
from collectors.prodigy.options import Options, read_options
from collectors.prodigy.tables import Links
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    Batch,
    ProjectRecord,
    ScannedRecord,
)
from labelpulse.ingest.access import needed_url
from labelpulse.ingest.database import (
    DatabaseSource,
    Table,
    holds,
    several,
)
from labelpulse.ingest.fetched import Fetched
from labelpulse.ingest.fields import bad_record, storable
from labelpulse.ingest.prodigy import Told, item_record, person_record, task_record
from labelpulse.ingest.prodigy_questions import Questions, Task
from labelpulse.source import ANNOTATIONS, Access, Counts, Inspection, Opening, Page, Position

FORM_VERSION = 1
"""Rises when answers get another canonical form, so that all are read again."""

EDGE = tables.TASKS
"""Tasks at either end of a dataset from which its questions are learnt first."""

_SETS = "sets"


@dataclass(slots=True)
class _Project:
    """A dataset, or several that one pattern joins, with what they ask."""

    name: str
    questions: Questions

    @property
    def record(self) -> ProjectRecord:
        asked = self.questions
        return ProjectRecord(self.name, self.name, asked.controls, remarks=asked.remarks)


@dataclass(frozen=True, slots=True)
class _Dataset:
    """A dataset as it was opened.

    Attributes:
        created: when it was made, as text: what tells two of one id apart.
        annotator: who works in it, by its name; None = the tasks tell.
    """

    name: str
    created: str
    project: _Project
    annotator: str | None
    options: Options

    @property
    def form(self) -> str:
        """What changes with the way its answers are read."""
        options = self.options
        how = f"{FORM_VERSION} {self.name} {self.created} {options.pattern} {options.asking}"
        short = blake2b(f"{how} {options.idle_us}".encode(), digest_size=8).hexdigest()
        return f"{short}.{_SETS if self.project.questions.multiple else 'one'}"


class ProdigyDatabase(DatabaseSource):
    """A Prodigy database as a live source."""

    streams: tuple[str, ...] = (ANNOTATIONS,)

    def __init__(
        self,
        url: str,
        *,
        name: str,
        options: Options | None = None,
        projects: Sequence[str] = (),
        overlap: timedelta = timedelta(minutes=15),
        page: int | None = None,
    ) -> None:
        """Keep where to read; nothing is opened yet.

        Args:
            url: ``sqlite:////path`` or ``postgresql://user:password@host/database``.
            name: of the source, for messages.
            options: how tasks are read.
            projects: names of datasets, or of the projects that a pattern makes; empty = all.
            overlap: how far back of its cursor every poll reads again.
            page: rows a statement; None = 1,000 on SQLite, 5,000 on PostgreSQL.
        """
        super().__init__(url, name=name, projects=projects, overlap=overlap, page=page)
        self._options = options or Options()
        self._projects: dict[str, _Project] = {}
        self._datasets: dict[int, _Dataset] = {}
        self._learnt: set[tuple[str, str]] = set()
        self._links: tuple[Links, ...] = ()
        self._ignored: dict[str, Ignored] = {}

    @classmethod
    def from_access(cls, access: Access) -> Self:
        """Return the source of a configured entry; see `LiveSource`."""
        return cls(
            needed_url(access),
            name=access.name,
            options=read_options(access),
            projects=access.projects,
            overlap=access.overlap,
        )

    @staticmethod
    def detects(target: str) -> bool:
        """Return True when a URL or a path leads to a database with Prodigy's tables."""
        return holds(target, ("dataset", "example", "link"))

    def open(self) -> Opening:
        """Connect, check every needed column, and return the projects.

        People are told with their work, since Prodigy knows them by it alone.

        Raises:
            RetryLater, StopSource: see `labelpulse.ingest.database`.
        """
        self._db.require(tables.NEEDED, tables.TOOL)
        self._datasets = {}
        for row in self._db.rows(tables.datasets()):
            title, annotator = self._options.of_dataset(storable(row.name))
            if not self._wanted or self._wanted & {title, row.name}:
                project = self._projects.setdefault(
                    title, _Project(title, Questions(self._options.asking))
                )
                made = _Dataset(row.name, row.created or "", project, annotator, self._options)
                self._datasets[row.id] = made
        if self._wanted and not self._datasets:
            raise self._db.stopped(
                "leads to none of the datasets that its key `projects` names: write their names "
                "as `prodigy stats -l` shows them"
            )
        self._links = tables.tables_of(self._db, tuple(self._datasets))
        self._learn()
        there = {one.project.name: one.project.record for one in self._datasets.values()}
        return Opening(self._db.now(), tuple(there.values()), ())

    def _learn(self) -> None:
        """Look at both ends of datasets that were not met before."""
        for links in self._links:
            for key in links.datasets:
                one = self._datasets[key]
                if (one.name, one.created) in self._learnt:
                    continue
                self._learnt.add((one.name, one.created))
                for newest in (False, True):
                    for row in self._db.rows(links.edge(key, EDGE, newest=newest)):
                        with suppress(SkipRecord):
                            _met(one, row, {})

    def counts(self) -> Mapping[str, Counts]:
        """Return, by project, submissions and skips; no task is flagged as gold."""
        found = {one.project.name: Counts(0, 0, 0) for one in self._datasets.values()}
        for links in self._links:
            ignored = self._ignored.setdefault(links.name, Ignored())
            for key, (n, skipped) in ignored.count(self._db, links).items():
                name = self._datasets[key].project.name
                known = found[name]
                found[name] = Counts(known.rows + n, 0, known.skipped + skipped)
        return found

    def inspect(self) -> Inspection:
        """Return what a first look finds; it opens the source itself."""
        opening = self.open()
        named = {key: one.project.name for key, one in self._datasets.items()}
        told = {key: (one.name, one.annotator) for key, one in self._datasets.items()}
        seen = look.Looked(self._db, self._links, named, told)
        return look.look(seen, opening.projects)

    # --- scanning ---

    def full(self, stream: str, resume: Position | None) -> Iterator[Page]:  # noqa: ARG002
        """Yield everything, newest first; `resume` is the position of a page of an earlier try."""
        if resume:
            self._remember(resume)
        return several.full(self._scanner, self._tables(), resume)

    def changes(self, stream: str, position: Position) -> Iterator[Page]:  # noqa: ARG002
        """Yield what may have changed since a position."""
        self._remember(position)
        return several.changes(self._scanner, self._tables(), position)

    def _remember(self, position: Position) -> None:
        """Take choices for sets where they were, though no task met since this start shows it."""
        for one in (*position["ends"].values(), position["in"] or {}):
            for key, token in one.get("tokens", {}).items():
                dataset = self._datasets.get(int(key))
                if dataset is not None and token.endswith(_SETS):
                    dataset.project.questions.take_several()

    def _tables(self) -> dict[str, Table]:
        return {links.name: self._table(links) for links in self._links}

    def _table(self, links: Links) -> Table:
        return Table(
            key=links.link.c.id,
            stamp=None,
            group=links.link.c.dataset_id,
            rows=links.scan(),
            tokens={str(key): self._datasets[key].form for key in links.datasets},
            seen=lambda row: (self._seen(links, row),),
            instant=lambda _: None,
        )

    def _seen(self, links: Links, row: Row[Any]) -> ScannedRecord:
        one = self._datasets[row.dataset]
        native_id = f"{tables.PREFIX[links.name]}{row.key}"
        return ScannedRecord(native_id, one.created, one.project.name, f"{one.form}.{row.print}")

    # --- fetching ---

    def fetch(self, stream: str, native_ids: Sequence[str]) -> Batch:  # noqa: ARG002
        """Return the records of those ids; what is gone is left out.

        A task that cannot be used becomes a BadRecord.
        """
        found, forms = Fetched(), [""]
        while forms != self._forms():
            forms = self._forms()
            found = Fetched(projects=found.projects)  # all are read alike, by what was learnt last
            for links in self._links:
                start = tables.PREFIX[links.name]
                own = (one.removeprefix(start) for one in native_ids if one.startswith(start))
                self._read(links, [int(one) for one in own if one.isdecimal()], found)
        return found.batch()

    def _forms(self) -> list[str]:
        return [one.form for one in self._datasets.values()]

    def _read(self, links: Links, ids: Sequence[int], found: Fetched) -> None:
        """Add the records of one table's links."""
        records: list[AnnotationRecord] = []
        for at in range(0, len(ids), tables.TASKS):
            for row in self._db.rows(links.whole(ids[at : at + tables.TASKS])):
                try:
                    task = _met(self._datasets[row.dataset], row, found.projects)
                    record = self._record(links, row, task)
                    found.items[record.project, record.item] = item_record(task, record)
                    records.append(record)
                except SkipRecord as error:
                    found.bad.append(self._bad(links, row, error))
        if self._options.idle_us is not None:
            records = with_estimates(self._db, links, records, self._options.idle_us)
        found.annotations += records
        people = {one.annotator for one in records if one.annotator is not None}
        found.people |= {one: person_record(one) for one in sorted(people)}

    def _record(self, links: Links, row: Row[Any], task: Task) -> AnnotationRecord:
        one, seen = self._datasets[row.dataset], self._seen(links, row)
        told = Told(
            project=one.project.name,
            dataset=one.name,
            annotator=one.annotator,
            native_id=seen.native_id,
            unique=seen.unique,
            fingerprint=seen.fingerprint,
            place=f"{links.name} {row.key}",
            hashes={"_input_hash": row.input_hash, "_task_hash": row.task_hash},
        )
        return task_record(task, one.project.questions, told)

    def _bad(self, links: Links, row: Row[Any], error: SkipRecord) -> BadRecord:
        content = row.content
        return bad_record(
            error,
            place=links.example.name,
            record=f"{links.name} {row.key}",
            raw=content
            if isinstance(content, str)
            else bytes(content or b"").decode("utf-8", "replace"),
            project=self._datasets[row.dataset].project.name,
        )


def _met(dataset: _Dataset, row: Row[Any], changed: dict[str, ProjectRecord]) -> Task:
    """Learn from a row's task and return it; SkipRecord where it cannot be read."""
    project, task = dataset.project, task_of(row.content)
    if project.questions.see(task):
        changed[project.name] = project.record
    return task
