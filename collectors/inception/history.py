"""What the log tells of each annotator's document: when it was opened, finished, and reopened.

The log only grows, so each poll reads what came behind the last event, and a stretch before it for
events that committed late; what was learnt stays for the life of the process.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from collectors.inception.tables import FINISHED, OPENED, Statements, log
from labelpulse.core.errors import SkipRecord
from labelpulse.ingest.database import SourceDatabase
from labelpulse.ingest.fields import instant
from labelpulse.ingest.parse import loads

PAGE = 5_000
MARGIN = 1_000
"""Events below the last one that are looked at again."""


@dataclass(slots=True)
class Past:
    """What happened to one annotator's document; times are microseconds UTC.

    Attributes:
        reopened: how often it went from finished to something else.
    """

    opened: int | None = None
    finished: int | None = None
    finished_last: int | None = None
    reopened: int = 0

    def print(self) -> str:
        """Return what changes with it."""
        return f"{self.opened}.{self.finished}.{self.finished_last}.{self.reopened}"


@dataclass(slots=True)
class History:
    """The log as far as it was read.

    Attributes:
        zone: IANA zone of its times.
    """

    zone: str
    top: int = 0
    past: dict[tuple[int, str], Past] = field(default_factory=dict)
    _recent: set[int] = field(default_factory=set)

    def follow(self, db: SourceDatabase, read: Statements) -> None:
        """Read what came since."""
        top = int(db.value(select(func.max(log.c.id))) or 0)
        above = max(0, self.top - MARGIN)
        while above < top:
            rows = db.rows(read.events(above, top, PAGE))
            for row in rows:
                if row.id not in self._recent:
                    self._recent.add(row.id)
                    self._take(row)
            above = rows[-1].id if len(rows) == PAGE else top
        self.top = top
        self._recent = {one for one in self._recent if one > top - MARGIN}

    def of(self, document: int, annotator: str) -> Past:
        """Return what the log tells of an annotator's document."""
        return self.past.get((document, annotator), _NOTHING)

    def _take(self, row: Any) -> None:
        at = None
        with suppress(SkipRecord):
            at = instant(row.created, self.zone)
        if at is None:
            return
        opened = row.event == OPENED
        owner = row.annotator or (row.user if opened else None)
        if owner is None or (opened and row.user != owner):
            return  # a curator or manager looks at it
        known = self.past.setdefault((row.document, owner), Past())
        if opened:
            known.opened = at if known.opened is None else min(known.opened, at)
            return
        before, after = _states(row.details)
        if after == FINISHED:
            known.finished = at if known.finished is None else min(known.finished, at)
            known.finished_last = max(known.finished_last or 0, at)
        elif before == FINISHED:
            known.reopened += 1


_NOTHING = Past()


def _states(details: Any) -> tuple[str, str]:
    """The states before and after, as the database spells them; the log spells some otherwise."""
    found: Any = None
    with suppress(SkipRecord):
        found = loads(details) if isinstance(details, str) else None
    told = found if isinstance(found, dict) else {}
    before, after = (str(told.get(key) or "") for key in ("previousState", "state"))
    return before.replace("_", ""), after.replace("_", "")
