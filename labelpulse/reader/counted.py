"""Which rollups projects are counted in, and what an answer says where they are not.

What is not counted yet is told so, and never read from the facts instead: that takes as long as
there is history.
"""

from collections.abc import Iterable

from labelpulse.metrics.base import Partial
from labelpulse.reader.catalog import ProjectInfo

ANEW = "being counted anew; until then this is as before"
OLDER = "as an older labelpulse counted it, until `labelpulse collect` or `rebuild` counts it anew"
UNCOUNTED = "not counted yet since an upgrade: `labelpulse collect` or `rebuild` counts it"


class Counted:
    """What one answer met of projects that are not counted as this labelpulse does."""

    def __init__(self) -> None:
        self._not_yet: set[int] = set()
        self._older: set[int] = set()

    def holds(self, project: ProjectInfo, partial: Partial) -> bool:
        """True when a project is counted in a rollup, be it by older code, which is noted."""
        if project.kept and partial.name not in project.kept:
            return False
        if project.kept.get(partial.name, partial.version) != partial.version:
            self._older.add(project.id)
        return True

    def misses(self, project: ProjectInfo) -> None:
        """Note that something asked for is not counted in a project."""
        self._not_yet.add(project.id)

    def check(self, project: ProjectInfo, partial: Partial) -> None:
        """Note where a project is not counted in a rollup, or by older code."""
        if not self.holds(project, partial):
            self.misses(project)

    def lacks(self, projects: Iterable[ProjectInfo] | None = None) -> str:
        """Return why there is no number of some projects (None = of any); "" where there is one."""
        ids = None if projects is None else {one.id for one in projects}
        missing = self._not_yet if ids is None else self._not_yet & ids
        return UNCOUNTED if missing else ""

    def note(self, projects: list[ProjectInfo]) -> str:
        """Return what to say of numbers that are those of before; "" where they are not."""
        if any(one.building for one in projects):
            return ANEW
        return OLDER if self._older & {one.id for one in projects} else ""
