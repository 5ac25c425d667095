"""Where rules look: each project's day, and whether its source can be judged by now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from labelpulse.alerts.rules import Subject, subject_of
from labelpulse.core.days import local_day_hour, machine_zone
from labelpulse.findings.freshness import FILES, freshness

if TYPE_CHECKING:
    from labelpulse.config import Settings
    from labelpulse.reader.catalog import ProjectInfo, SourceInfo

Held = Literal["", "loading", "stale"]
"""Why a source's rules wait: its first load runs, or nothing comes in."""


@dataclass(frozen=True, slots=True)
class Place:
    """A project as rules see it.

    Attributes:
        today: its present day, an ordinal. over: the newest day that is over: of a file, which
            has no now, every day is. held: why it is not judged.
    """

    project: "ProjectInfo"
    today: int
    over: int
    held: Held = ""


@dataclass(frozen=True)
class Places:
    """All projects, and the sources that stand still.

    Attributes:
        by_label: project label -> its place. stale: sources from which nothing comes in.
        today: the day of what is of no single project. now: microseconds UTC.
        to_come: sources of the configuration that were never read.
    """

    by_label: Mapping[str, Place]
    stale: tuple["SourceInfo", ...] = ()
    today: int = 0
    now: int = 0
    holidays: Mapping[str, frozenset[int]] = field(default_factory=dict)
    to_come: frozenset[str] = frozenset()

    @cached_property
    def ids(self) -> dict[str, int]:
        """Project label -> its id, which stays when it is renamed."""
        return {label: one.project.id for label, one in self.by_label.items()}

    @cached_property
    def _labels(self) -> dict[int | None, str]:
        return {id_: label for label, id_ in self.ids.items()}

    def subject(self, kept: str) -> Subject:
        """Return a subject that was kept, by the present label of its project."""
        found = subject_of(kept)
        label = self._labels.get(found.project_id)
        return found if label is None else found.named(label)

    def has(self, subject: Subject) -> bool:
        """Return whether a subject's project is there: another may have its label by now."""
        return subject.project_id is None or subject.project_id in self._labels

    def only(self, name: str | None) -> str | None:
        """Return the label of the project that a rule names, or of the only one there is."""
        if name is None:
            return next(iter(self.by_label)) if len(self.by_label) == 1 else None
        for label, one in self.by_label.items():
            of_source = f"{one.project.source.name}/{one.project.title}"
            if name in (label, of_source, one.project.title):
                return label
        return name

    @property
    def last(self) -> int:
        """A day that no project has begun yet."""
        return max([self.today, *(one.today for one in self.by_label.values())]) + 1

    def own(self, label: str | None) -> list[Place]:
        """Return the place of a project; of none, all of them."""
        found = self.by_label.get(label or "")
        return list(self.by_label.values()) if found is None else [found]

    def version(self, label: str | None) -> int:
        """Return the data version of a project; of none: a number that rises with any."""
        return sum(one.project.data_version for one in self.own(label))

    def over(self, label: str | None) -> int:
        """Return the newest day that is over: of a project, or of all together."""
        return min((one.over for one in self.own(label)), default=self.today - 1)

    def day(self, label: str | None) -> int:
        """Return the present day of a project, or of what is of none."""
        found = self.by_label.get(label or "")
        return self.today if found is None else found.today

    def awaited(self, label: str | None, newest: int) -> int:
        """Return the day by which there would be data of what goes on.

        Args:
            newest: of its project with data. Files have no now: with them it is this one.
        """
        return newest if self.over(label) >= FAR else max(newest, self.day(label))

    def held(self, label: str | None) -> Held:
        """Return why a project is not judged now; of several, what holds any of them."""
        every = {one.held for one in self.own(label)}
        return "loading" if "loading" in every else "stale" if "stale" in every else ""


def places(
    projects: "list[ProjectInfo]",
    sources: "list[SourceInfo]",
    now: int,
    beats: Mapping[str, timedelta],
) -> Places:
    """Return the places of projects at an instant.

    Args:
        now: microseconds UTC. beats: the time between polls of the sources that are polled; of
            others nothing is expected.
    """
    stale = tuple(
        one
        for one in sources
        if one.name in beats and freshness(one, now, "UTC", beats[one.name]).stale
    )
    silent = {one.id for one in stale}
    today, _ = local_day_hour(now, machine_zone())
    return Places(
        {one.label: _place(one, now, one.source.id in silent) for one in projects},
        stale,
        today,
        now,
        {one.label: one.holidays for one in projects},
        frozenset(beats) - {one.name for one in sources},
    )


def _place(project: "ProjectInfo", now: int, stale: bool) -> Place:
    today, _ = local_day_hour(now, project.counted.timezone)
    file = project.source.type == FILES
    over = max(today, FAR) if file else today - 1
    held: Held = "stale" if stale else "loading" if project.source.loading else ""
    return Place(project, today, over, held)


FAR = 10**6
"""A day after all days: files tell all they know at once."""


def beats_of(settings: "Settings") -> dict[str, timedelta]:
    """Return the time between polls of each source."""
    return {one.name: one.beat for one in settings.sources}
