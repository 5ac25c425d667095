"""The living part: goes on submitting, skipping, editing, and now and then deletes without trace.

Every step is one short transaction on a connection of its own, as an annotator's click is in the
tool. A database that someone else holds is no error: the step is left out and tried again.
"""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from labelpulse.demo import cast, rows, tickets
from labelpulse.demo.acts import Act
from labelpulse.demo.answers import Judge, Shown
from labelpulse.demo.cast import Person
from labelpulse.demo.chance import chance
from labelpulse.demo.counters import touch
from labelpulse.demo.dates import on_shift
from labelpulse.demo.live_garbled import FIRST, Garbled
from labelpulse.demo.live_street import StreetTeam
from labelpulse.demo.tables import insert, packed, stamp, unstamp
from labelpulse.demo.tickets import Guess, ticket

_BUSY_S = 1.0
_STREET = 6
"""Every so many steps one is of Street."""
_DESKS = (5, 11)
"""Below the first number of open tickets people only start, above the second only submit."""

_OPEN = """
    SELECT t.inner_id FROM task t
    WHERE t.project_id = :project AND t.is_labeled = 0
      AND (t.total_annotations > 0) = :second AND t.cancelled_annotations = 0
      AND NOT EXISTS (SELECT 1 FROM tasks_tasklock k WHERE k.task_id = t.id)
      AND NOT EXISTS (SELECT 1 FROM task_completion c
                      WHERE c.task_id = t.id AND c.completed_by_id = :user)
    ORDER BY t.id LIMIT 60
"""


class Live:
    """A team at work in the database at `path`, which `create` wrote with the same `seed`.

    Call `step` every `pace_s` seconds, or let `run` do it.
    """

    def __init__(self, path: Path, *, seed: int) -> None:
        self._path = path
        self._seed = seed
        self._rng = chance(seed, "live")
        self._judge = Judge(chance(seed, "live judge"))
        self._street = StreetTeam(seed, 0)
        self._garbled: Garbled | None = None
        self._steps = 0
        self._known = False
        self._condemned: list[int] = []
        self._struck = 0
        self.pace_s = 1.0
        """Seconds to wait before the next step: short at first, longer as the hours go by."""

    def run(self, stop: Event, clock: Callable[[], datetime]) -> None:
        """Step at the team's own pace until `stop` is set; `clock` gives the aware time."""
        while not stop.wait(self.pace_s):
            self.step(clock())

    def step(self, now: datetime) -> int:
        """Let one thing happen at the aware time `now`, and return the number of rows written.

        0 when another process held the database for over a second, or nothing is left to do.

        Raises:
            ValueError: the history was written with another seed.
            sqlite3.Error: the file is no demo database, or is gone.
        """
        try:
            written = self._transact(now)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            self.pace_s = _BUSY_S
            return 0
        self._steps += 1
        self.pace_s = self._rng.uniform(1.0, 3.6) * min(10.0, 1.0 + self._steps / 600)
        if self._garbled is not None and self._garbled.hurried:
            self.pace_s = self._rng.uniform(0.9, 1.5)
        return written

    def _transact(self, now: datetime) -> int:
        address = f"{self._path.resolve().as_uri()}?mode=rw"
        db = sqlite3.connect(address, uri=True, timeout=_BUSY_S, isolation_level=None)
        db.row_factory = sqlite3.Row
        with closing(db):
            db.execute("BEGIN IMMEDIATE")
            if not self._known:
                self._get_to_know(db, now)
            before, self._struck = db.total_changes, 0
            self._act(db, now)
            db.execute("COMMIT")
            self._condemned = self._condemned[self._struck :]
            return db.total_changes - before

    def _get_to_know(self, db: sqlite3.Connection, now: datetime) -> None:
        size, newest = db.execute(
            "SELECT (SELECT count(*) FROM task WHERE project_id = ? AND id < ?), "
            "(SELECT max(id) FROM task_completion)",
            (cast.PROJECT_ID, FIRST),
        ).fetchone()
        data = db.execute("SELECT data FROM task WHERE id = 1").fetchone()
        if data is None or json.loads(data["data"])["text"] != tickets.text(self._seed, 1):
            raise ValueError(f"{self._path} was not written with seed {self._seed}.")
        self._rng = chance(self._seed, "live", newest)
        self._judge = Judge(chance(self._seed, "live judge", newest))
        self._street = StreetTeam(self._seed, newest)
        self._garbled = Garbled(self._seed, newest, now)
        self._condemned = list(tickets.condemned(self._seed, size))
        self._known = True

    def _act(self, db: sqlite3.Connection, now: datetime) -> None:
        if self._steps % 12 == 9 and self._condemned:
            self._delete(db, now)
            return
        burst = self._garbled.act(db, now, self._steps) if self._garbled else None
        if burst is not None:
            self._write(db, burst, None)
            return
        if self._steps % _STREET == 2:
            self._street.step(db, now)
            return
        desks = db.execute("SELECT count(*) FROM tasks_tasklock").fetchone()[0]
        u = self._rng.random()
        if desks < _DESKS[0] or (u < 0.34 and desks < _DESKS[1]):
            started = self._start(db, now)
            if not started and desks:
                self._submit(db, now)
        elif u < 0.84:
            self._submit(db, now)
        elif u < 0.93:
            self._save_draft(db, now)
        elif u < 0.98:
            self._edit(db, now)
        else:
            self._key_gold(db, now)

    # -- starting ---------------------------------------------------------------------------

    def _start(self, db: sqlite3.Connection, now: datetime) -> bool:
        person = self._someone(db, now)
        n = self._pick(db, person) if person else None
        if person is None or n is None:
            return False
        insert(db, "tasks_tasklock", [rows.lock(n, person, now)])
        label = self._judge.alone(person, ticket(self._seed, n))
        insert(db, "tasks_annotationdraft", [rows.draft(n, person, label, now, now)])
        return True

    def _someone(self, db: sqlite3.Connection, now: datetime) -> Person | None:
        """Return a person without an open ticket: on shift, or anyone when no place is open."""
        busy = {row["user_id"] for row in db.execute("SELECT user_id FROM tasks_tasklock")}
        free = [p for p in cast.ANNOTATORS if p.role != cast.LEAVER and p.id not in busy]
        here = [person for person in free if on_shift(person, now)] or free
        return self._rng.choices(here, [person.weight for person in here])[0] if here else None

    def _pick(self, db: sqlite3.Connection, person: Person) -> int | None:
        seconds = self._candidates(db, person, second=True)
        firsts = self._candidates(db, person, second=False)
        if seconds and (not firsts or self._rng.random() < 0.2):
            return self._rng.choice(seconds[:8])
        return firsts[0] if firsts else None

    def _candidates(self, db: sqlite3.Connection, person: Person, *, second: bool) -> list[int]:
        """Return tickets for a first or for a second answer.

        Gold waits for its key, and the newcomer, whose luck the story has told, gets none.
        """
        keys = {"project": cast.PROJECT_ID, "second": int(second), "user": person.id}
        found = [row["inner_id"] for row in db.execute(_OPEN, keys)]
        no_gold = not second or person.role == cast.NEWCOMER
        return [n for n in found if not (no_gold and ticket(self._seed, n).gold)]

    # -- submitting -------------------------------------------------------------------------

    def _submit(self, db: sqlite3.Connection, now: datetime) -> None:
        """Submit or skip the ticket that has been open longest."""
        lock = db.execute("SELECT * FROM tasks_tasklock ORDER BY created_at, id LIMIT 1").fetchone()
        if lock is None:
            return
        person = cast.BY_ID[lock["user_id"]]
        it = ticket(self._seed, lock["task_id"])
        keys = (it.n, person.id)
        db.execute("DELETE FROM tasks_tasklock WHERE task_id = ? AND user_id = ?", keys)
        db.execute(
            "DELETE FROM tasks_annotationdraft "
            "WHERE task_id = ? AND user_id = ? AND annotation_id IS NULL",
            keys,
        )
        if not it.gold and self._judge.skips(person, 0.05):
            act = Act(now, person, it.n, None, self._judge.seconds(person, 0.4))
            self._write(db, act, None)
            return
        stored = self._stored(db, it.n)
        shown = stored.shown if stored else None
        answer = self._judge.answer(person, it, shown, misread=True)
        act = Act(now, person, it.n, answer.label, answer.seconds, None, answer.started_from)
        self._write(db, act, stored)

    def _stored(self, db: sqlite3.Connection, n: int) -> rows.Stored | None:
        """Return the guess that the tool shows: the newest of the project's model version."""
        row = db.execute(
            "SELECT p.* FROM prediction p JOIN project j ON j.id = p.project_id "
            "WHERE p.task_id = ? AND p.model_version = j.model_version ORDER BY p.id DESC LIMIT 1",
            (n,),
        ).fetchone()
        if row is None:
            return None
        label = json.loads(row["result"])[0]["value"]["choices"][0]
        shown = Shown(row["model_version"], Guess(label, row["score"]))
        return rows.Stored(row["id"], n, shown, unstamp(row["created_at"]))

    def _write(self, db: sqlite3.Connection, act: Act, stored: rows.Stored | None) -> None:
        unique = rows.unique_id("live", self._seed, act.n, act.person.id, act.at)
        insert(db, "task_completion", [rows.annotation(act, unique, stored)])
        touch(db, act.n, act.person.id, act.at)

    # -- the rest ---------------------------------------------------------------------------

    def _save_draft(self, db: sqlite3.Connection, now: datetime) -> None:
        """Let the tool autosave one of the open answers."""
        drafts = db.execute(
            "SELECT d.id, d.created_at FROM tasks_annotationdraft d "
            "JOIN tasks_tasklock k ON k.task_id = d.task_id AND k.user_id = d.user_id"
        ).fetchall()
        if drafts:
            draft = self._rng.choice(drafts)
            spent = max(0.0, (now - unstamp(draft["created_at"])).total_seconds())
            db.execute(
                "UPDATE tasks_annotationdraft SET updated_at = ?, lead_time = ? WHERE id = ?",
                (stamp(now), round(spent, 3), draft["id"]),
            )

    def _edit(self, db: sqlite3.Connection, now: datetime) -> None:
        """Let an author mend one of the latest answers; the time spent adds up as in the tool."""
        latest = db.execute(
            "SELECT id, task_id, completed_by_id, result, lead_time FROM task_completion "
            "WHERE was_cancelled = 0 AND ground_truth = 0 AND project_id = ? "
            "ORDER BY id DESC LIMIT 12",
            (cast.PROJECT_ID,),
        ).fetchall()
        row = self._rng.choice(latest)
        regions = json.loads(row["result"])
        wanted = ticket(self._seed, row["task_id"]).label
        changed = regions[0]["value"]["choices"] != [wanted]
        regions[0]["value"]["choices"] = [wanted]
        if changed and regions[0]["origin"] == "prediction":
            regions[0]["origin"] = "prediction-changed"
        user = row["completed_by_id"]
        more = self._judge.seconds(cast.BY_ID[user], 0.5)
        db.execute(
            "UPDATE task_completion SET result = ?, lead_time = ?, updated_at = ?, "
            "updated_by_id = ? WHERE id = ?",
            (packed(regions), round(row["lead_time"] + more, 3), stamp(now), user, row["id"]),
        )
        touch(db, row["task_id"], user, now)

    def _key_gold(self, db: sqlite3.Connection, now: datetime) -> None:
        """Let the expert key the next gold ticket."""
        found = db.execute(
            "SELECT inner_id FROM task t WHERE project_id = ? AND is_labeled = 0 "
            "AND total_annotations = 0 AND overlap > 2 ORDER BY id LIMIT 1",
            (cast.PROJECT_ID,),
        ).fetchone()
        if found:
            expert = cast.the(cast.EXPERT)
            it = ticket(self._seed, found["inner_id"])
            seconds = self._judge.seconds(expert)
            self._write(db, Act(now, expert, it.n, it.label, seconds, gold=True), None)

    def _delete(self, db: sqlite3.Connection, now: datetime) -> None:
        """Delete one row of the history for good, as the tool does: no tombstone, no trace."""
        n = self._condemned[0]
        self._struck = 1  # off the list once it is committed
        row = db.execute(
            "SELECT id, unique_id, completed_by_id FROM task_completion "
            "WHERE task_id = ? AND was_cancelled = 0 ORDER BY id LIMIT 1",
            (n,),
        ).fetchone()
        user = row["completed_by_id"] if row else None
        if user is None or row["unique_id"] != rows.history_id_of(self._seed, n, user):
            return
        db.execute("DELETE FROM task_completion WHERE id = ?", (row["id"],))
        touch(db, n, cast.the(cast.OWNER).id, now)


def utc_now() -> datetime:
    """Return the present moment, the usual clock of `Live.run`."""
    return datetime.now(UTC)
