"""Which rollups projects are not counted in, and what an answer says where it meets one.

What is not counted yet is told so, and never read from the facts instead: that takes as long as
there is history.
"""

from collections.abc import Collection
from typing import Any

from labelpulse.metrics.base import PLACE, Partial
from labelpulse.reader.catalog import ProjectInfo
from labelpulse.reader.plan import Plan

ANEW = "being counted anew; until then this is as before"
OLDER = "as an older labelpulse counted it, until `labelpulse collect` or `rebuild` counts it anew"
WRONG = "sums were found wrong: `labelpulse collect` or `rebuild` counts them anew"
NOT_YET = "not counted yet since an upgrade: `labelpulse collect` or `rebuild` counts it"

Place = tuple[Any, ...]
"""Source, program and project of a row, by name; None where they are no keys of it."""


class Uncounted:
    """What one answer met of projects that are not counted as this labelpulse does."""

    def __init__(self) -> None:
        self._missing: set[int] = set()
        self._older: dict[int, int] = {}

    def holds(self, project: ProjectInfo, partial: Partial) -> bool:
        """True when a project is counted in a rollup, be it by older code, which is noted."""
        if project.versions and partial.name not in project.versions:
            return False
        version = project.versions.get(partial.name, partial.version)
        if version != partial.version:
            self._older[project.id] = version
        return True

    def misses(self, project: ProjectInfo) -> None:
        """Note that something asked for is not counted in a project."""
        self._missing.add(project.id)

    def check(self, project: ProjectInfo, partial: Partial) -> None:
        """Note where a project is not counted in a rollup, or by older code."""
        if not self.holds(project, partial):
            self.misses(project)

    def touches(self, plan: Plan, own: list[ProjectInfo]) -> bool:
        """True when something is not counted that belongs into a group of an answer's rows.

        Args:
            own: the projects whose sums the group has; of others it may lack all.
        """
        if not self._missing:
            return False
        reach = own if "project" in plan.own_keys else plan.projects
        if "source" in plan.own_keys:
            sources = {one.source.id for one in own}
            reach = [one for one in reach if one.source.id in sources]
        if "program" in plan.own_keys:
            programs = {one.program for one in own}
            reach = [one for one in reach if one.program in programs]
        return any(one.id in self._missing for one in reach)

    def places(self, plan: Plan, shown: Collection[Place]) -> list[Place]:
        """Return where rows are missing of projects that are not counted.

        Args:
            shown: the places of an answer's rows.
        """
        found = {}
        for one in plan.projects:
            if one.id in self._missing:
                at = {"source": one.source.name, "program": one.program, "project": one.label}
                found[tuple(at[key] if key in plan.own_keys else None for key in PLACE)] = True
        return [one for one in found if one not in shown]

    def note(self, projects: list[ProjectInfo]) -> str:
        """Return what to say of numbers that are those of before; "" where they are not."""
        if any(one.building for one in projects):
            return ANEW
        versions = [self._older[one.id] for one in projects if one.id in self._older]
        return "" if not versions else WRONG if min(versions) < 0 else OLDER
