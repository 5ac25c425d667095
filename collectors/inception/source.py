"""An INCEpTION database as a live source (scanning: `labelpulse.ingest.database.scan`).

One annotator's document is one annotation, without answers: the tool keeps labels in files beside
its database. What is there tells who finished which document when, and what was reopened; the log
tells it best, and where it may not be read the document's own times do.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Self

from sqlalchemy import Row, select

from collectors.inception import look, tables
from collectors.inception.history import History
from collectors.inception.tables import DRAFT, SKIPPED, Statements
from labelpulse.core.days import zone
from labelpulse.core.errors import ConfigError, SkipRecord, UsageError
from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    Batch,
    ItemRecord,
    PersonRecord,
    ProjectRecord,
    ScannedRecord,
    Status,
)
from labelpulse.ingest.access import needed_url
from labelpulse.ingest.database import (
    DatabaseSource,
    Table,
    holds,
    readable,
)
from labelpulse.ingest.database.stamps import DAY, local
from labelpulse.ingest.fields import bad_record, instant, storable
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

NO_LABELS = (
    "INCEpTION keeps labels in files beside its database: throughput, progress and reopened "
    "documents are known, agreement and accuracy are not."
)
SERVER_ZONE = "server_timezone"


class InceptionDatabase(DatabaseSource):
    """An INCEpTION database as a live source."""

    streams: tuple[str, ...] = (ITEMS, ANNOTATIONS)

    def __init__(
        self,
        url: str,
        *,
        name: str,
        server_zone: str = "UTC",
        projects: Sequence[str] = (),
        overlap: timedelta = timedelta(minutes=15),
        page: int | None = None,
    ) -> None:
        """Keep where to read; nothing is opened yet.

        Args:
            url: ``postgresql://user:password@host/database`` or ``sqlite:////path``.
            name: of the source, for messages.
            server_zone: IANA zone of the machine that INCEpTION runs on.
            projects: names or ids to read; empty = all.
            overlap: how far back of its cursor every poll reads again.
            page: rows a statement; None = 1,000 on SQLite, 5,000 on PostgreSQL.
        """
        super().__init__(url, name=name, projects=projects, overlap=overlap, page=page)
        self._zone = server_zone
        self._projects: dict[int, ProjectRecord] = {}
        self._read = Statements(self._db.dialect)
        self._history = History(server_zone)

    @classmethod
    def from_access(cls, access: Access) -> Self:
        """Return the source of a configured entry; see `LiveSource`."""
        where = f"source {access.name!r}: options."
        for key in access.options:
            if key != SERVER_ZONE:
                raise ConfigError(f"{where}{key} is not known: use {SERVER_ZONE}")
        place = access.options.get(SERVER_ZONE, access.zone)
        try:
            zone(place)
        except (UsageError, TypeError):
            raise ConfigError(f"{where}{SERVER_ZONE} is no time zone such as UTC") from None
        return cls(
            needed_url(access),
            name=access.name,
            server_zone=place,
            projects=access.projects,
            overlap=access.overlap,
        )

    @staticmethod
    def detects(target: str) -> bool:
        """Return True when a URL or a path leads to a database with INCEpTION's tables."""
        return holds(target, ("annotation_document", "source_document"))

    def open(self) -> Opening:
        """Connect, check every needed column, read the log on, and return projects and people.

        Raises:
            RetryLater, StopSource: see `labelpulse.ingest.database`.
        """
        columns = tables.readable_columns(self._db)
        read = Statements(self._db.dialect, columns)
        self._projects = {
            row.id: ProjectRecord(str(row.id), storable(row.name), remarks=(NO_LABELS,))
            for row in self._db.rows(read.of_projects())
            if not self._wanted or self._wanted & {row.name, str(row.id)}
        }
        if self._wanted and not self._projects:
            raise self._db.stopped(
                "leads to none of the projects that its key `projects` names: write their names "
                f"as {tables.TOOL} shows them"
            )
        self._read = Statements(self._db.dialect, columns, tuple(self._projects))
        if self._db.has("logged_event", *tables.LOG):
            self._history.follow(self._db, self._read)
        return Opening(self._db.now(), tuple(self._projects.values()), self._people())

    def _people(self) -> tuple[PersonRecord, ...]:
        """Accounts, and those who worked and have none any more."""
        known: dict[str, PersonRecord] = {}
        if self._db.has("users", *tables.PEOPLE):
            for row in self._db.rows(select(*tables.users.c)):
                known[row.username] = PersonRecord(
                    row.username, row.username, storable(row.email or "").strip()
                )
        user = tables.annotation_document.c.user
        for one in self._db.rows(self._read.work(user).distinct()):
            known.setdefault(one.user, PersonRecord(one.user, one.user))
        return tuple(known.values())

    def counts(self) -> Mapping[str, Counts]:
        """Return, by project id, submissions and skips; nothing is flagged as gold."""
        found = {str(key): Counts(0, 0, 0) for key in self._projects}
        rows: Any = self._db.rows(self._read.counts())
        return found | {str(key): Counts(n, 0, int(skips)) for key, n, skips in rows}

    def inspect(self) -> Inspection:
        """Return what a first look finds; it opens the source itself."""
        self.open()
        return look.look(self._db, self._read, self._projects, self._time)

    # --- scanning ---

    def full(self, stream: str, resume: Position | None) -> Iterator[Page]:
        """Yield everything, newest first; `resume` is the position of a page of an earlier try."""
        return self._scanner.full(self._table(stream), resume)

    def changes(self, stream: str, position: Position) -> Iterator[Page]:
        """Yield what may have changed since a position."""
        return self._scanner.changes(self._table(stream), position)

    def _table(self, stream: str) -> Table:
        if stream == ITEMS:
            key, rows, stamp = tables.source_document.c.id, self._read.items(), None
        else:
            one = tables.annotation_document.c
            key, rows, stamp = one.id, self._read.annotations(), one.updated
        return Table(
            key=key,
            stamp=stamp,
            group=tables.source_document.c.project,
            rows=rows,
            tokens=dict.fromkeys(map(str, self._projects), self._zone),
            seen=lambda row: (
                ScannedRecord(str(row.key), "", str(row.project), self._print(stream, row)),
            ),
            instant=readable(self._time),
            compared=self._compared,
        )

    def _compared(self, us: int) -> Any:
        """An instant as the server's clock shows it, a day early: its zone is what we were told."""
        moment = local(us - DAY, self._zone)
        text = self._db.dialect == "sqlite"
        return moment.strftime("%Y-%m-%d %H:%M:%S") if text else moment

    def _time(self, text: Any) -> int | None:
        return instant(text, self._zone)

    def _print(self, stream: str, row: Row[Any]) -> str:
        if stream == ITEMS:
            return f"{row.created}.{self._zone}"
        past = self._history.of(row.document, row.annotator)
        return f"{row.print}.{past.print()}.{self._zone}"

    # --- fetching ---

    def fetch(self, stream: str, native_ids: Sequence[str]) -> Batch:
        """Return the records of those ids; what is gone is left out.

        A row that cannot be used becomes a BadRecord.
        """
        items: dict[str, ItemRecord] = {}
        annotations: list[AnnotationRecord] = []
        bad: list[BadRecord] = []
        ids = [int(one) for one in native_ids]
        for start in range(0, len(ids), self._scanner.page):
            for row in self._db.rows(self._whole(stream, ids[start : start + self._scanner.page])):
                try:
                    item = self._item(stream, row)
                    if stream == ANNOTATIONS:
                        annotations.append(self._annotation(row))
                    items[item.native_id] = item
                except SkipRecord as error:
                    bad.append(_bad(stream, row, error))
        return Batch(items=tuple(items.values()), annotations=tuple(annotations), bad=tuple(bad))

    def _whole(self, stream: str, ids: Sequence[int]) -> Any:
        if stream == ANNOTATIONS:
            return self._read.whole(ids)
        return self._read.items().where(tables.source_document.c.id.in_(ids))

    def _item(self, stream: str, row: Row[Any]) -> ItemRecord:
        """The item of a row; its fingerprint is that of the stream of items."""
        key, created = (row.key, row.created) if stream == ITEMS else (row.document, row.born)
        return ItemRecord(
            project=str(row.project),
            native_id=str(key),
            created_at=self._time(created),
            fingerprint=f"{created}.{self._zone}",
        )

    def _annotation(self, row: Row[Any]) -> AnnotationRecord:
        past = self._history.of(row.document, row.annotator)
        draft = row.status == DRAFT
        changed = (self._time(row.changed), self._time(row.timestamp), self._time(row.updated))
        settled = next((one for one in changed if one is not None), None)
        finished = past.finished if past.finished is not None else settled
        return AnnotationRecord(
            project=str(row.project),
            item=str(row.document),
            native_id=str(row.key),
            annotator=row.annotator,
            status=_STATUS[row.status],
            submitted_at=None if draft else (settled if row.status == SKIPPED else finished),
            updated_at=changed[2] if draft or past.finished_last is None else past.finished_last,
            started_at=self._time(row.created) if past.opened is None else past.opened,
            edited=not draft and past.reopened > 0,
            fingerprint=self._print(ANNOTATIONS, row),
            location=f"annotation_document {row.key}",
        )


_STATUS = {
    tables.SUBMITTED: Status.SUBMITTED,
    tables.SKIPPED: Status.SKIPPED,
    tables.DRAFT: Status.DRAFT,
}


def _bad(stream: str, row: Row[Any], error: SkipRecord) -> BadRecord:
    place = "source_document" if stream == ITEMS else "annotation_document"
    shown = {name: value for name, value in row._asdict().items() if name != "annotator"}
    return bad_record(
        error, place=place, record=f"id {row.key}", raw=shown, project=str(row.project)
    )
