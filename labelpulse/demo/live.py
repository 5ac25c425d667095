"""The teams at work while the demo runs: they go on where the history ends.

Every step is one short transaction, as an annotator's click is in the tool.
"""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

from labelpulse.demo import doccano, label_studio, street, tickets
from labelpulse.demo.chance import chance
from labelpulse.demo.reviews import ReviewsWork
from labelpulse.demo.story import PEOPLE, REVIEWS_STAFF, STREET_STAFF, TICKETS_STAFF, Person, Staff
from labelpulse.demo.street import StreetWork
from labelpulse.demo.tables import Row, insert, is_busy, stamp, transaction
from labelpulse.demo.tickets import TicketsWork
from labelpulse.demo.work import Submission

AFTER = timedelta(seconds=30)
"""From the team's first step to the upload of tickets that nobody can read."""
UPLOAD, UPLOADED, UNREADABLE, SKIPPED = 7, 100, 40, 16
"""That upload: its number, its tickets, how many cannot be read, how many of these are skipped."""
_UPLOAD_FROM = 2_000_000
"""The numbers of its tickets are above all others."""


class LiveTeam(ABC):
    """People at work in a database; call `step` every `pace_s` seconds, or let `run` do it."""

    pace_s: float = 1.0

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_loaded = False
        self._rng = chance("live")

    def run(self, stop: Event, clock: Callable[[], datetime]) -> None:
        """Step until `stop` is set; `clock` gives the aware time."""
        while not stop.wait(self.pace_s):
            self.step(clock())

    def step(self, now: datetime) -> bool:
        """Let one thing happen; return False when somebody else held the database.

        Raises:
            sqlite3.Error: the file is no database of the demo, or is gone.
        """
        try:
            with transaction(self._path) as db:
                if not self._is_loaded:
                    self._load(db)
                    self._is_loaded = True
                self._act(db, now)
        except sqlite3.OperationalError as error:
            self._is_loaded = False  # what was not written did not happen
            if not is_busy(error):
                raise
            return False
        return True

    @abstractmethod
    def _load(self, db: sqlite3.Connection) -> None: ...

    @abstractmethod
    def _act(self, db: sqlite3.Connection, now: datetime) -> None: ...

    def _someone(self, staff: Staff, now: datetime) -> Person:
        """Return somebody on shift, or anybody at a time when nobody is."""
        people = [person for person in staff if person.role != "leaver"]
        people = [person for person in people if person.is_on_shift(now)] or people
        return self._rng.choices(people, [staff[person] for person in people])[0]


class LabelStudioTeam(LiveTeam):
    """The people of Tickets and Street.

    Args:
        first_v2: the first ticket with a prediction of model v2.
        deletes: unique ids of answers that somebody deletes without a trace.
    """

    def __init__(self, path: Path, *, first_v2: int, deletes: list[str]) -> None:
        super().__init__(path)
        self._first_v2 = first_v2
        self._deletes = deletes
        self._steps = 0
        self._upload_at: datetime | None = None

    @classmethod
    def of(cls, path: Path, truth: Mapping[str, Any]) -> "LabelStudioTeam":
        """Return the team of a simulation with this truth."""
        deletes = [
            planted["expected"]["unique_id"]
            for planted in truth["planted"]
            if planted["what"] == "silent delete"
        ]
        return cls(path, first_v2=truth["first_v2"], deletes=deletes)

    def _load(self, db: sqlite3.Connection) -> None:
        """Read who answered what, so that the work goes on from there."""
        (newest,) = db.execute("SELECT max(id) FROM task_completion").fetchone()
        self._rng = chance("live", newest)
        self._tickets, self._street = TicketsWork(f"live {newest}"), StreetWork(f"live {newest}")
        self._tickets.first_v2, self._tickets.is_misread = self._first_v2, True
        self._street.has_night = True
        for project, task, person, label in db.execute(_ANSWERS, (_UPLOAD_FROM,)):
            if project == tickets.PROJECT_ID:
                self._tickets.queue.add(task, person, label)
            else:
                boxes = None if label is None else ()
                self._street.queue.add(task - label_studio.STREET_TASKS_FROM, person, boxes)
        self._tickets.target = len(self._tickets.queue.waiting)
        drafts = db.execute("SELECT task_id FROM tasks_annotationdraft").fetchall()
        self._tickets.queue.reserved.update(task for (task,) in drafts)

    def _act(self, db: sqlite3.Connection, now: datetime) -> None:
        self._steps += 1
        self._upload_at = self._upload_at or now + AFTER
        self.pace_s = self._rng.uniform(1.0, 3.6) * min(10.0, 1.0 + self._steps / 600)
        if self._steps % 12 == 10 and self._delete(db):
            return
        if self._work_on_upload(db, now):
            return
        if self._steps % 6 == 3:
            self._draw(db, now)
            return
        (drafts,) = db.execute("SELECT count(*) FROM tasks_annotationdraft").fetchone()
        choice = self._rng.random()
        if drafts < 5 or (choice < 0.34 and drafts < 11):
            self._start(db, now)
        elif choice < 0.90:
            self._submit(db, now)
        elif choice < 0.96:
            self._edit(db, now)
        else:
            for submission in self._tickets.key_gold(now, limit=1):
                if _exists(db, submission.n):
                    self._write(db, tickets.PROJECT_ID, submission)

    def _start(self, db: sqlite3.Connection, now: datetime) -> None:
        """Let somebody open a ticket; the tool saves a draft of the answer."""
        person = self._someone(TICKETS_STAFF, now)
        n = self._tickets.pick(person)
        if _exists(db, n):
            draft = label_studio.draft(n, person, tickets.label_of(n), now)
            insert(db, "tasks_annotationdraft", [draft])
            self._tickets.queue.reserved.add(n)

    def _submit(self, db: sqlite3.Connection, now: datetime) -> None:
        """Let whoever has had a ticket open longest submit or skip it."""
        id_, n, person = db.execute(
            "SELECT id, task_id, user_id FROM tasks_annotationdraft ORDER BY id LIMIT 1"
        ).fetchone()
        db.execute("DELETE FROM tasks_annotationdraft WHERE id = ?", (id_,))
        submission = self._tickets.submit(now, PEOPLE[person], n)
        self._tickets.queue.reserved.discard(n)
        self._write(db, tickets.PROJECT_ID, submission)

    def _draw(self, db: sqlite3.Connection, now: datetime) -> None:
        person = self._someone(STREET_STAFF, now)
        n = self._street.pick(person)
        if _exists(db, label_studio.task_id(street.PROJECT_ID, n)):
            self._write(db, street.PROJECT_ID, self._street.submit(now, person, n))

    def _write(self, db: sqlite3.Connection, project: int, submission: Submission) -> None:
        prediction = db.execute(
            "SELECT id FROM prediction WHERE task_id = ? AND model_version = ?",
            (submission.n, submission.model),
        ).fetchone()
        id_ = prediction[0] if prediction else None
        insert(db, "task_completion", [label_studio.annotation(project, submission, id_)])

    def _edit(self, db: sqlite3.Connection, now: datetime) -> None:
        """Let an author open and save one of the latest answers again."""
        db.execute(
            "UPDATE task_completion SET updated_at = ?, lead_time = lead_time + 12 WHERE id = ("
            "SELECT id FROM task_completion WHERE was_cancelled = 0 AND ground_truth = 0 "
            "ORDER BY id DESC LIMIT 1 OFFSET ?)",
            (stamp(now), self._rng.randrange(12)),
        )

    def _delete(self, db: sqlite3.Connection) -> bool:
        """Delete one answer for good, as the tool does: nothing says that it was there."""
        for unique in self._deletes:
            if db.execute("DELETE FROM task_completion WHERE unique_id = ?", (unique,)).rowcount:
                return True
        return False

    def _work_on_upload(self, db: sqlite3.Connection, now: datetime) -> bool:
        """Work on the upload of unreadable tickets; return False when this step is for others.

        People hurry through the unreadable tickets and skip two of five. The others, which they
        can read, wait for the next day. All state is in the tool, so that a restart goes on.
        """
        count, touched, uploaded_at = db.execute(_UPLOAD, (_UPLOAD_FROM,)).fetchone()
        if not count:
            if self._upload_at and now >= self._upload_at:
                insert(db, "task", [_unreadable(at, now) for at in range(UPLOADED)])
            return False
        is_same_day = uploaded_at[:10] == stamp(now)[:10]
        if touched < UNREADABLE:
            self.pace_s = self._rng.uniform(0.9, 1.5)
        elif is_same_day or touched == UPLOADED or self._steps % 5:
            return False
        if touched < UNREADABLE and self._steps % 4 == 0:
            return False
        n, person = _UPLOAD_FROM + touched, self._someone(TICKETS_STAFF, now)
        is_skipped = touched < UNREADABLE and touched % 5 in (2, 4)
        answer, seconds = (None, 0.4) if is_skipped else (tickets.label_of(n), 1.0)
        submission = Submission(now, person, n, answer, seconds * person.pace_s)
        insert(db, "task_completion", [label_studio.annotation(tickets.PROJECT_ID, submission)])
        return True


_ANSWERS = """
    SELECT project_id, task_id, completed_by_id,
           CASE WHEN was_cancelled THEN NULL
                ELSE coalesce(json_extract(result, '$[0].value.choices[0]'), '') END
    FROM task_completion WHERE task_id < ? ORDER BY id
"""
_UPLOAD = """
    SELECT count(DISTINCT t.id), count(DISTINCT c.task_id), min(t.created_at)
    FROM task t LEFT JOIN task_completion c ON c.task_id = t.id WHERE t.id >= ?
"""


def _exists(db: sqlite3.Connection, task: int) -> bool:
    return db.execute("SELECT 1 FROM task WHERE id = ?", (task,)).fetchone() is not None


def _unreadable(at: int, now: datetime) -> Row:
    """Return the row of a ticket of the upload: the first ones arrived garbled."""
    n = _UPLOAD_FROM + at
    text = tickets.text_of(n)
    if at < UNREADABLE:
        broken = "\N{REPLACEMENT CHARACTER}"
        text = "".join(letter if place % 3 == 0 else broken for place, letter in enumerate(text))
    data = {"text": text, "ticket": f"T-{n}"}
    return label_studio.task(tickets.PROJECT_ID, n, data, at=now, overlap=1, upload=UPLOAD)


class DoccanoTeam(LiveTeam):
    """The people of Reviews."""

    pace_s = 9.0

    def _load(self, db: sqlite3.Connection) -> None:
        (newest,) = db.execute("SELECT max(id) FROM labels_category").fetchone()
        self._rng = chance("live", newest)
        self._work = ReviewsWork(f"live {newest}")
        for n, user, label in db.execute(
            "SELECT example_id, user_id, text FROM labels_category c "
            "JOIN label_types_categorytype t ON t.id = c.label_id"
        ):
            self._work.queue.add(n, user - doccano.USERS_FROM, label)

    def _act(self, db: sqlite3.Connection, now: datetime) -> None:
        person = self._someone(REVIEWS_STAFF, now)
        n = self._work.pick(person)
        if db.execute("SELECT 1 FROM examples_example WHERE id = ?", (n,)).fetchone():
            doccano.write_review(db, self._work.submit(now, person, n))


def utc_now() -> datetime:
    """Return the present time."""
    return datetime.now(UTC)
