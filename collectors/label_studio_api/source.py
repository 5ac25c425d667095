"""Label Studio's REST API as a live source.

A scan lists tasks with what is inside them, but without results: from that come fingerprints. Only
tasks in which something differs are asked for whole. A poll asks each project for the tasks that
changed since the last one, less an overlap: the tool stamps a task whenever an annotation or a
prediction of it comes, changes or goes. What it does not stamp (a removed author, an import that
was committed late) counters and the hourly sweep see. When a project's settings changed, all its
tasks are looked at.

The API tells no row's unique id, so ids are told apart by their time of creation; it shows nobody
else's drafts, so none are read.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Self

from collectors.label_studio_api import look
from collectors.label_studio_api.api import COUNTS, Api
from collectors.label_studio_api.scan import Scan
from labelpulse.core.errors import ConfigError
from labelpulse.core.events import Batch
from labelpulse.ingest.access import needed_url
from labelpulse.ingest.fields import person_record
from labelpulse.ingest.label_studio import Row
from labelpulse.ingest.label_studio_project import Project, opened, short
from labelpulse.source import (
    ANNOTATIONS,
    ITEMS,
    PREDICTIONS,
    Access,
    Counts,
    Inspection,
    Opening,
    Page,
    Position,
)

PAGE = 500
"""Tasks a question of a scan."""

SETTINGS = ("maximum_annotations", "overlap_cohort_percentage", "skip_queue")
"""Of a project: they change items that nobody touched."""

_ABSENT = {"maximum_annotations": None}


class LabelStudioApi:
    """Label Studio's REST API as a live source."""

    streams: tuple[str, ...] = (ITEMS, PREDICTIONS, ANNOTATIONS)

    def __init__(
        self,
        url: str,
        token: str,
        *,
        name: str,
        projects: Sequence[str] = (),
        overlap: timedelta = timedelta(minutes=15),
        page: int = PAGE,
    ) -> None:
        """Keep where to read; nothing is asked yet.

        Args:
            url: the address of the tool's start page.
            token: a personal access token or a legacy token.
            name: of the source, for messages.
            projects: titles or ids to read; empty = all.
            overlap: how far back of its cursor every poll reads again.
            page: tasks a question.
        """
        self._url = url.strip().rstrip("/")
        self._api = Api(url, token, name)
        self._overlap = overlap // timedelta(microseconds=1)
        self._page = page
        self._wanted = frozenset(projects)
        self._scan = self._scanned({}, {})

    @classmethod
    def from_access(cls, access: Access) -> Self:
        """Return the source of a configured entry; see `LiveSource`."""
        if not access.token.strip():
            raise ConfigError(
                f"source {access.name!r}: token is missing: make a personal access token in "
                "Label Studio (Account & Settings) and set token_env, token_file or token"
            )
        return cls(
            *(needed_url(access), access.token),
            name=access.name,
            projects=access.projects,
            overlap=access.overlap,
        )

    @staticmethod
    def detects(target: str) -> bool:
        """Return True when a target is an address of the web, which is not asked."""
        return target.lower().startswith(("http://", "https://"))

    def open(self) -> Opening:
        """Ask for projects and people.

        Raises:
            RetryLater, StopSource: see `labelpulse.http.reading`.
        """
        before = self._scan.projects
        projects: dict[int, Project] = {}
        listed: dict[int, Row] = {}
        for row in self._api.projects():
            if not self._wanted or self._wanted & {row["title"], str(row["id"])}:
                touched = short("|".join(str(row.get(key)) for key in SETTINGS))
                known = before.get(row["id"])
                projects[row["id"]] = opened({**_ABSENT, **row}, touched, known)
                listed[row["id"]] = row
        if self._wanted and not projects:
            raise self._api.stopped(
                "leads to none of the projects that its key `projects` names: write their titles "
                "as Label Studio shows them"
            )
        people = [person_record(one) for one in self._api.people() or ()]
        self._scan = self._scanned(projects, listed)
        records = tuple(one.record for one in projects.values())
        return Opening(self._scan.now, records, tuple(people))

    def _scanned(self, projects: Mapping[int, Project], listed: Mapping[int, Row]) -> Scan:
        return Scan(self._api, projects, listed, self._api.now, self._overlap, self._page)

    def close(self) -> None:
        """Let go of the connections; the next question opens others."""
        self._api.close()

    def counts(self) -> Mapping[str, Counts]:
        """Return, by project id, submissions and skips; of them gold, of them skips."""
        found = {str(key): Counts(0, 0, 0) for key in self._scan.projects}
        for row in self._api.counts():
            if str(row["id"]) in found:
                made, gold, skipped = (int(row[name] or 0) for name in COUNTS)
                found[str(row["id"])] = Counts(made + skipped, gold, skipped)
        return found

    def inspect(self) -> Inspection:
        """Return what a first look finds; it opens the source itself."""
        self.open()
        records = {key: one.record for key, one in self._scan.projects.items()}
        return look.look(self._api, self._url, records, self._scan.rows)

    def full(self, stream: str, resume: Position | None) -> Iterator[Page]:
        """Yield everything, by project, newest id first; `resume` as of `LiveSource`."""
        return self._scan.full(stream, resume)

    def changes(self, stream: str, position: Position) -> Iterator[Page]:
        """Yield what may have changed since a position; only the last page moves it."""
        return self._scan.changes(stream, position)

    def fetch(self, stream: str, native_ids: Sequence[str]) -> Batch:
        """Return the records of those ids with their items; what is gone is left out.

        A row that cannot be used becomes a BadRecord.
        """
        return self._scan.fetch(stream, native_ids)
