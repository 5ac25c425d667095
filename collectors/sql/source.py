"""Tables of labels as a live source (scanning: `labelpulse.ingest.database.scan`).

New rows are found by a growing key, changed ones by the cursor's column, all others by a sweep,
which compares fingerprints: on PostgreSQL the row's `xmin`, on SQLite and of views a digest of
the columns that are read. Deleted rows are missed by a sweep. With several tables a position holds
one for each of them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Self

from sqlalchemy import func, select

from collectors.sql import look, tables
from collectors.sql.look import NOTHING
from collectors.sql.options import Options, read_options
from collectors.sql.rows import Reader, project_id
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    Batch,
    ControlRecord,
    ProjectRecord,
    ScannedRecord,
)
from labelpulse.ingest.access import needed_url
from labelpulse.ingest.database import DatabaseSource, Table, several
from labelpulse.ingest.mapping import TIMES
from labelpulse.ingest.times import MANY, day_first
from labelpulse.source import ANNOTATIONS, Access, Counts, Inspection, Opening, Page, Position

SPARSE = 20
"""Keys a row, on average, from which on windows of keys hold too little to be read by."""

NOT_LIVE = ("draft", "deleted")
REPEATED = (
    "repeated_key",
    "other rows have its key too: name a column whose values are unique by options.key",
)


class SqlTable(DatabaseSource):
    """Tables or views with one row an annotation, as a live source."""

    streams: tuple[str, ...] = (ANNOTATIONS,)
    names_times = True

    def __init__(
        self,
        url: str,
        *,
        name: str,
        options: Options,
        projects: Sequence[str] = (),
        overlap: timedelta = timedelta(minutes=15),
        page: int | None = None,
    ) -> None:
        """Keep where to read; nothing is opened yet.

        Args:
            url: ``sqlite:////path`` or ``postgresql://user:password@host/database``.
            name: of the source, for messages.
            projects: titles to read; empty = all.
            overlap: how far back of its cursor every poll reads again.
            page: rows a statement; None = 1,000 on SQLite, 5,000 on PostgreSQL.
        """
        super().__init__(url, name=name, projects=projects, overlap=overlap, page=page)
        self._options = options
        self._readers: dict[str, Reader] = {}
        self._groups: dict[str, list[str]] = {}  # projects as the column has them
        self._dense: dict[str, bool] = {}

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
    def detects(target: str) -> bool:  # noqa: ARG004
        """Return False: which tables hold labels only the configuration can say."""
        return False

    def open(self) -> Opening:
        """Connect, find the tables and their columns, and return the projects.

        Raises:
            RetryLater, StopSource: see `labelpulse.ingest.database`.
        """
        self._readers, self._groups = {}, {}
        projects: dict[str, ProjectRecord] = {}
        for name in self._options.tables:
            reader = self._opened(tables.found(self._db, name, self._options))
            for native_id in map(project_id, self._groups[name]):
                projects[native_id] = self._project(native_id, reader)
        if self._wanted and not projects:
            raise self._db.stopped(
                "leads to none of the projects that its key `projects` names: write them as the "
                "column options.project has them"
            )
        return Opening(self._db.now(), tuple(projects.values()), ())

    def _opened(self, source: tables.Source) -> Reader:
        texts = [source.name]
        if source.options.project:
            texts = sorted(str(row[0]) for row in self._db.rows(select(source.group).distinct()))
        if self._wanted:
            texts = [one for one in texts if self._wanted & self._names(one, source)]
            source = replace(source, projects=tuple(texts) or ("",))
        source = replace(source, grows=source.whole_keys and self._is_dense(source))
        self._groups[source.name] = texts
        self._readers[source.name] = reader = Reader(source, self._day_first(source))
        return reader

    def _names(self, text: str, source: tables.Source) -> set[str]:
        """What the key `projects` may call a project."""
        return {project_id(text), self._title(project_id(text), source)}

    def _title(self, native_id: str, source: tables.Source) -> str:
        return native_id if source.options.project else source.title

    def _project(self, native_id: str, reader: Reader) -> ProjectRecord:
        options, source = self._options, reader.source
        control = ControlRecord(reader.control, options.scale, options.labels, "column")
        return ProjectRecord(
            native_id=native_id,
            title=self._title(native_id, source),
            controls=() if "control" in source.columns else (control,),
            required=options.required,
        )

    def _is_dense(self, source: tables.Source) -> bool:
        """On SQLite: whether windows of keys hold rows; told once, since it reads every key."""
        if self._db.dialect != "sqlite":
            return True
        if source.name not in self._dense:
            rows: Any = self._db.rows(source.extent())
            least, most, n = rows[0]
            self._dense[source.name] = not n or (most - least + 1) // n < SPARSE
        return self._dense[source.name]

    def _day_first(self, source: tables.Source) -> bool:
        """Whether dates with slashes begin with the day, by the first rows that have some."""
        there = [source.value(one) for one in TIMES if one in source.columns]
        if not there:
            return False
        rows = self._db.rows(source.keyed(select(*there)).order_by(source.at).limit(MANY))
        return day_first(cell for row in rows for cell in row if isinstance(cell, str))

    def counts(self) -> Mapping[str, Counts]:
        """Return, by project, submissions and skips; no row is flagged as gold."""
        found: dict[str, Counter[str]] = {
            project_id(one): Counter() for texts in self._groups.values() for one in texts
        }
        for reader in self._readers.values():
            source = reader.source
            status = source.value("status") if "status" in source.columns else NOTHING
            query: Any = source.keyed(select(source.group, status, func.count()))
            rows: Any = self._db.rows(query.group_by(source.group, status))
            for project, word, n in rows:
                found.setdefault(project_id(project), Counter())[look.word(word)] += n
        return {
            key: Counts(
                sum(n for word, n in one.items() if word not in NOT_LIVE), 0, one["skipped"]
            )
            for key, one in found.items()
        }

    def inspect(self) -> Inspection:
        """Return what a first look finds; it opens the source itself."""
        opening = self.open()
        return look.look(self._db, tuple(self._readers.values()), opening.projects)

    # --- scanning ---

    def full(self, stream: str, resume: Position | None) -> Iterator[Page]:  # noqa: ARG002
        """Yield everything, newest first; `resume` is the position of a page of an earlier try."""
        return several.full(self._scanner, self._tables(), resume)

    def changes(self, stream: str, position: Position) -> Iterator[Page]:  # noqa: ARG002
        """Yield what may have changed since a position; a table that is new to it, whole."""
        return several.changes(self._scanner, self._tables(), position)

    def _tables(self) -> dict[str, Table]:
        return {name: self._table(name) for name in self._readers}

    def _table(self, name: str) -> Table:
        reader = self._readers[name]
        source = reader.source
        compared = self._compared(source)
        return Table(
            key=source.at,
            stamp=None if compared is None else source.of.c[source.cursor],
            group=source.group,
            rows=source.scan(),
            tokens=dict.fromkeys(self._groups[name], reader.form),
            seen=lambda row: (
                ScannedRecord(
                    reader.native_id(row.key), "", project_id(row.project), reader.fingerprint(row)
                ),
            ),
            instant=lambda _: None,
            grows=source.grows,
            named=str,
            compared=compared,
        )

    def _compared(self, source: tables.Source) -> Any:
        if not source.cursor:
            return None
        stamp = source.of.c[source.cursor]
        sample = self._db.value(select(stamp).where(stamp.is_not(None)).limit(1))
        return tables.compared(source, sample)

    # --- fetching ---

    def fetch(self, stream: str, native_ids: Sequence[str]) -> Batch:  # noqa: ARG002
        """Return the records of those ids; what is gone is left out.

        A row that cannot be used becomes a BadRecord.
        """
        annotations: list[AnnotationRecord] = []
        bad: list[BadRecord] = []
        for reader, keys in self._by_table(native_ids):
            for start in range(0, len(keys), self._scanner.page):
                part = keys[start : start + self._scanner.page]
                rows = self._db.rows(reader.source.whole(part))
                times = Counter(row.key for row in rows)
                for row in rows:
                    if times[row.key] > 1:
                        bad.append(reader.bad(row, SkipRecord(*REPEATED)))
                        continue
                    try:
                        annotations.append(reader.record(row))
                    except SkipRecord as error:
                        bad.append(reader.bad(row, error))
        return Batch(annotations=tuple(annotations), bad=tuple(bad))

    def _by_table(self, native_ids: Sequence[str]) -> Iterator[tuple[Reader, list[str]]]:
        for reader in self._readers.values():
            start = reader.native_id("")
            keys = [one.removeprefix(start) for one in native_ids if one.startswith(start)]
            if keys:
                yield reader, keys
