"""The burst of minute two: an import whose first tickets nobody can read, so that people skip."""

import sqlite3
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count, islice

from labelpulse.demo import cast, rows, tickets
from labelpulse.demo.acts import Act
from labelpulse.demo.answers import Judge
from labelpulse.demo.chance import chance
from labelpulse.demo.dates import on_shift
from labelpulse.demo.rows import Place
from labelpulse.demo.tables import insert, stamp, unstamp
from labelpulse.demo.tickets import ticket

AFTER = timedelta(seconds=100)
"""From the team's first step to the import."""
FIRST, UPLOAD = 2_000_000, 7
"""Numbers of its tickets, and of tasks, are above all others."""
TICKETS, UNREADABLE = 100, 40
"""The rest, which can be read, waits until the next day, when nobody skips any longer."""
SKIPS = (2, 5)
"""So many of so many unreadable tickets are skipped, evenly."""
_BROKEN = "\N{REPLACEMENT CHARACTER}"
_USUAL, _LATER = 4, 5
"""Each so manieth step is of other tickets during the burst; of these on the days after it."""

_STATE = """
    SELECT count(*), sum(total_annotations + cancelled_annotations > 0), min(created_at)
    FROM task WHERE id >= ?
"""


class Garbled:
    """Works on the import; `newest` is what its luck depends on, beside the seed.

    Where it stands is in the tool's database alone, so that a restart goes on with it.

    Attributes:
        hurried: unreadable tickets are left, and people go through them quickly.
    """

    def __init__(self, seed: int, newest: int, now: datetime) -> None:
        self._seed = seed
        self._due = now + AFTER
        self._rng = chance(seed, "live garbled", newest)
        self._judge = Judge(chance(seed, "live garbled judge", newest))
        self.hurried = False

    def act(self, db: sqlite3.Connection, now: datetime, step: int) -> Act | None:
        """Return what somebody does with its next ticket; None = this step is of other work."""
        there, touched, imported = db.execute(_STATE, (FIRST,)).fetchone()
        if not there:
            if now < self._due:
                return None
            self._import(db, now)
            touched, imported = 0, stamp(now)
        self.hurried = touched < UNREADABLE
        if self.hurried:
            return None if step % _USUAL == 0 else self._take(touched, now)
        same_day = unstamp(imported).date() == now.astimezone(UTC).date()
        over = touched == TICKETS or same_day
        return None if over or step % _LATER else self._take(touched, now)

    def _import(self, db: sqlite3.Connection, now: datetime) -> None:
        insert(db, "task", [self._task(n, at, now) for at, n in enumerate(numbers())])

    def _task(self, n: int, at: int, now: datetime) -> dict[str, object]:
        text = tickets.text(self._seed, n)
        data = {
            "text": self._unreadable(text) if at < UNREADABLE else text,
            "ticket": f"T-{n}",
            "channel": "mail",
            "batch": "import 4",
        }
        return rows.untouched(Place(n), n, data, at=now, overlap=1, upload=UPLOAD)

    def _unreadable(self, text: str) -> str:
        return "".join(one if self._rng.random() < 0.3 else _BROKEN for one in text)

    def _take(self, at: int, now: datetime) -> Act:
        """Return what becomes of the ticket at a place of the import."""
        staff = [one for one in cast.ANNOTATORS if one.role != cast.LEAVER]
        here = [one for one in staff if on_shift(one, now)] or staff
        person, n = self._rng.choice(here), numbers()[at]
        some, of = SKIPS
        skipped = at < UNREADABLE and (at + 1) * some // of > at * some // of
        label = None if skipped else self._judge.alone(person, ticket(self._seed, n))
        return Act(now, person, n, label, self._judge.seconds(person, 0.4 if skipped else 1.0))


@cache
def numbers() -> tuple[int, ...]:
    """Return the numbers of its tickets: none of them is gold, whatever the seed."""
    free = (n for n in count(FIRST) if not ticket(0, n).gold)
    return tuple(islice(free, TICKETS))
