"""Scanning the tasks of every project, newest id first, and bringing those that differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from collectors.label_studio_api.api import Api, Ask
from collectors.label_studio_api.rows import EVERYTHING, LISTED, SINGLE, WHOLE, Inside
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import Batch, ScannedRecord
from labelpulse.ingest.fetched import Fetched
from labelpulse.ingest.label_studio import Row
from labelpulse.ingest.label_studio_project import PREFIX, Project
from labelpulse.source import ITEMS, Page, Position


@dataclass(slots=True)
class Scan:
    """Scans of what one opening of the source found.

    Attributes:
        rows: projects as the tool lists them.
        now: the tool's clock at the opening. overlap: microseconds. page: tasks a question.
    """

    api: Api
    projects: Mapping[int, Project]
    rows: Mapping[int, Row]
    now: int
    overlap: int
    page: int
    _where: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)
    _shared: dict[tuple[int, int], tuple[list[Row], set[str]]] = field(default_factory=dict)

    def full(self, stream: str, resume: Position | None) -> Iterator[Page]:
        """Yield everything, by project; see `LiveSource`."""
        at = dict(resume) if resume else self._beginning(stream)
        at["left"] = [key for key in at["left"] if key in self.projects]
        end = {"since": at["now"], "tokens": at["tokens"]}
        if not at["left"]:
            yield Page((), end, last=True)
        while at["left"]:
            project = at["left"][0]
            found, more = self.api.tasks(self._ask(project, LISTED[stream], at["below"]))
            at["below"] = found[-1]["id"] if more else None
            at["left"] = at["left"] if more else at["left"][1:]
            at["done"] += len(found)
            self._where[stream] = {}
            seen = tuple(self._met(stream, project, found))
            last = not at["left"]
            position = end if last else dict(at)
            yield Page(seen, position, last, at["done"], at["total"], newest_first=False)

    def changes(self, stream: str, position: Position) -> Iterator[Page]:
        """Yield what may have changed since a position; only the last page moves it."""
        tokens, cut = self._tokens(stream), max(0, position["since"] - self.overlap)
        self._where[stream] = {}
        for project in sorted(self.projects, reverse=True):
            whole = position["tokens"].get(str(project)) != tokens[str(project)]
            pages = self._whole(stream, project) if whole else self._changed(stream, project, cut)
            for found in pages:
                yield Page(tuple(self._met(stream, project, found)), position)
        yield Page((), {"since": self.now, "tokens": tokens}, last=True)

    def _beginning(self, stream: str) -> Position:
        totals = (one.get("task_number") for one in self.rows.values())
        return {
            "now": self.now,
            "tokens": self._tokens(stream),
            "left": sorted(self.projects, reverse=True),
            "below": None,
            "done": 0,
            "total": sum(one for one in totals if isinstance(one, int)),
        }

    def _tokens(self, stream: str) -> dict[str, str]:
        """What has a project looked at whole when it changes."""
        return {
            str(key): one.touched if stream == ITEMS else one.form
            for key, one in self.projects.items()
        }

    def _ask(
        self,
        project: int,
        fields: tuple[str, ...],
        below: int | None = None,
        since: int | None = None,
    ) -> Ask:
        quiet = bool(self.rows[project].get("evaluate_predictions_automatically"))
        return Ask(project, fields, self.page, below, since, quiet=quiet)

    def _whole(self, stream: str, project: int) -> Iterator[list[Row]]:
        return (found for found, _ in self._steps(project, LISTED[stream], None))

    def _changed(self, stream: str, project: int, cut: int) -> Iterator[list[Row]]:
        """Pages of tasks that changed; where they are few, streams share one question."""
        kept, served = self._shared.get((project, cut), ([], {stream}))
        if stream not in served:
            served.add(stream)
            yield kept
            return
        self._shared.pop((project, cut), None)
        for number, (found, more) in enumerate(self._steps(project, EVERYTHING, cut)):
            if number == 0 and not more:
                self._shared[project, cut] = found, {stream}
            yield found

    def _steps(
        self, project: int, fields: tuple[str, ...], cut: int | None
    ) -> Iterator[tuple[list[Row], bool]]:
        below, more = None, True
        while more:
            found, more = self.api.tasks(self._ask(project, fields, below, cut))
            yield found, more
            below = found[-1]["id"] if found else None

    def _met(self, stream: str, project: int, tasks: Sequence[Row]) -> Iterator[ScannedRecord]:
        where = self._where[stream]
        inside = Inside(stream, project, self.projects[project])
        for task in tasks:
            for one in inside.of(task):
                where[inside.native_id(one)] = project, task["id"]
                yield inside.seen(one)

    # --- fetching ---

    def fetch(self, stream: str, native_ids: Sequence[str]) -> Batch:
        """Return the records of those ids with their items; what is gone is left out."""
        found, wanted = Fetched(), set(native_ids)
        by_project: dict[int, dict[int, None]] = {}
        for native_id in native_ids:
            if (place := self._place(stream, native_id)) is not None:
                by_project.setdefault(place[0], {})[place[1]] = None
        for key, tasks in by_project.items():
            inside = Inside(stream, key, self.projects[key])
            large: list[int] = []
            for task in self.api.whole(self._ask(key, WHOLE[stream]), list(tasks), large.append):
                for one in inside.of(task):
                    if inside.native_id(one) in wanted:
                        inside.add(task, one, found)
            for task_id in large:
                inside.refuse(SkipRecord(*TOO_LARGE), "task", {"id": task_id}, found)
        return found.batch()

    def _place(self, stream: str, native_id: str) -> tuple[int, int] | None:
        """Project and task of what a scan met, or what the tool says of it."""
        if (known := self._where.get(stream, {}).get(native_id)) is not None:
            return known
        row = self.api.one(SINGLE[stream], native_id.removeprefix(PREFIX.get(stream, "")))
        task = None if row is None else row.get("id" if stream == ITEMS else "task")
        project = None if row is None else row.get("project")
        if type(task) is not int or type(project) is not int or project not in self.projects:
            return None
        return project, task


TOO_LARGE = (
    "too_large",
    "its task is larger than an answer may be: read the tool's database (label-studio-db)",
)
