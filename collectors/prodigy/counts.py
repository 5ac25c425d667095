"""How many tasks were ignored: that stands in their content alone, which is read once a process.

A saved task hardly ever changes, so what was read is kept as long as the number of links up to
where it was read stays the same.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from collectors.prodigy.tables import TASKS, Links
from labelpulse.core.errors import SkipRecord
from labelpulse.ingest.database import SourceDatabase
from labelpulse.ingest.parse import loads
from labelpulse.ingest.prodigy_questions import IGNORE


@dataclass(slots=True)
class Ignored:
    """What was counted in one table of links.

    Attributes:
        top: the greatest link that was looked at.
        rows, skips: dataset -> how many links up to there, and of them ignored.
    """

    top: int = 0
    rows: dict[int, int] = field(default_factory=dict)
    skips: Counter[int] = field(default_factory=Counter)

    def count(self, db: SourceDatabase, links: Links) -> Mapping[int, tuple[int, int]]:
        """Return dataset -> (links, ignored ones of them)."""
        known: Any = db.rows(links.sums(self.top))
        if {one: n for one, n, _ in known} != self.rows:
            self.top, self.rows, self.skips = 0, {}, Counter()
        sums: Any = db.rows(links.sums())
        top = max((top for _, _, top in sums), default=0)
        self._look(db, links, top)
        self.top, self.rows = top, {one: n for one, n, _ in sums}
        return {one: (n, self.skips[one]) for one, n in self.rows.items()}

    def _look(self, db: SourceDatabase, links: Links, top: int) -> None:
        above = self.top
        while above < top:
            rows = db.rows(links.perhaps_ignored(above, top))
            for row in rows:
                with suppress(SkipRecord):
                    self.skips[row.dataset] += task_of(row.content).get("answer") == IGNORE
            above = rows[-1].key if len(rows) == TASKS else top


def task_of(content: Any) -> dict[str, Any]:
    """Return the task that a stored content is; SkipRecord when it is none."""
    try:
        text = content if isinstance(content, str) else bytes(content or b"").decode()
    except (UnicodeDecodeError, TypeError):
        raise SkipRecord("bad_encoding", "its content is no text in UTF-8") from None
    found = loads(text)
    if not isinstance(found, dict):
        raise SkipRecord("bad_task", "its content is no object")
    return found
