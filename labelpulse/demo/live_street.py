"""The team of Street at work: one picture boxed or skipped a step."""

import sqlite3
from datetime import datetime

from labelpulse.demo import cast, street, street_rows
from labelpulse.demo.cast import Person
from labelpulse.demo.chance import chance
from labelpulse.demo.counters import touch
from labelpulse.demo.dates import on_shift
from labelpulse.demo.drawing import Hand
from labelpulse.demo.rows import unique_id
from labelpulse.demo.street import picture
from labelpulse.demo.street_story import NIGHT_SHARE
from labelpulse.demo.tables import insert

_OPEN = """
    SELECT t.inner_id FROM task t
    WHERE t.project_id = :project AND t.is_labeled = 0
      AND NOT EXISTS (SELECT 1 FROM task_completion c
                      WHERE c.task_id = t.id AND c.completed_by_id = :user)
    ORDER BY (t.total_annotations > 0) = :second DESC, (t.inner_id > :night) = :dark DESC, t.id
    LIMIT 1
"""


class StreetTeam:
    """Goes on with the pictures; `newest` is what its luck depends on, beside the seed."""

    def __init__(self, seed: int, newest: int) -> None:
        self._seed = seed
        self._rng = chance(seed, "live street", newest)
        self._hand = Hand(chance(seed, "live hand", newest))

    def step(self, db: sqlite3.Connection, now: datetime) -> None:
        """Let somebody on shift, or anybody when no place is open, submit or skip one picture."""
        here = [person for person in cast.STREET if on_shift(person, now)] or list(cast.STREET)
        person = self._rng.choices(here, [cast.STREET[one] for one in here])[0]
        n = self._pick(db, person)
        if n is None:
            return
        act = self._hand.draw(now, person, picture(self._seed, n))
        unique = unique_id("live street", self._seed, n, person.id, now)
        insert(db, "task_completion", [street_rows.annotation(act, unique)])
        touch(db, street_rows.place(n).task, person.id, now)

    def _pick(self, db: sqlite3.Connection, person: Person) -> int | None:
        wanted = {
            "project": street.PROJECT_ID,
            "user": person.id,
            "second": int(self._rng.random() < 0.4),
            "night": street.NIGHT_FROM,
            "dark": int(self._rng.random() < NIGHT_SHARE),
        }
        found = db.execute(_OPEN, wanted).fetchone()
        return None if found is None else int(found["inner_id"])
