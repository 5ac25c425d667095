"""Reviews: a quiet third project in another tool, doccano, on which some of the team work too.

It shows that two tools meet on one definition, and nothing is planted in it: who reads the demo
for what is wrong must find nothing here. Only people's e-mail addresses tell who they are in the
other tool.
"""

import random
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from types import MappingProxyType

from labelpulse.demo import cast
from labelpulse.demo.cast import Person
from labelpulse.demo.chance import Dues, chance, spread
from labelpulse.demo.dates import Dates, on_shift
from labelpulse.demo.doccano_tables import Row, create, insert
from labelpulse.demo.rows import unique_id
from labelpulse.demo.shifts import Luck, shifts
from labelpulse.demo.tables import stamp

PROJECT_ID = 1
PROJECT_TITLE = "Reviews"
CONTROL = "label"
SHARES = MappingProxyType({"Positive": 0.46, "Negative": 0.34, "Neutral": 0.20})
LABELS = tuple(SHARES)
TEAM = MappingProxyType({cast.BY_ID[one]: 1.0 for one in (7, 9, 10, 18, 23, 24)})
"""Who works there, with their work; their accounts have numbers of their own."""

ROWS_A_DAY = 2_700 / 90
OVERLAP_SHARE, RIGHT, AGREED, PROGRESS = 0.5, 0.97, 0.92, 0.72
_WAITING, _BUSY_S = 3, 1.0
_USER_FROM, _UPLOADS = 100, 5
_GOLDEN, _ROOT3 = 0.6180339887, 0.7320508076
_LUCK = Luck("reviews", 0.06, 0.0)
_WORDS = ("soap", "lamp", "kettle", "jacket", "rucksack", "mouse", "blanket", "chair")
_SAID = {
    "Positive": "The {thing} does what it promises, I would buy it again.",
    "Negative": "The {thing} broke in the first week and nobody answers.",
    "Neutral": "The {thing} came on {day}; I have not used it much yet.",
}


@dataclass(frozen=True, slots=True)
class Act:
    """One review labeled and confirmed."""

    at: datetime
    person: Person
    n: int
    label: str


def truth(n: int) -> str:
    """Return the label of review `n` that everybody would give who reads with care."""
    at, total = spread(n, _ROOT3), 0.0
    for label, share in SHARES.items():
        total += share
        if at < total:
            return label
    return LABELS[-1]


def wants(n: int) -> int:
    """Return how many people are asked to label review `n`."""
    return 2 if spread(n, _GOLDEN, 0.2) < OVERLAP_SHARE else 1


def plan_reviews(seed: int, when: Dates) -> list[Act]:
    """Return the whole history, to the end of today, in order of time."""
    by = when.since_rehearsal
    then = when.moved(-by)
    always_up = replace(then, outage=then.first - timedelta(days=1))  # the other tool was down
    found: list[Act] = []
    waiting: list[Act] = []
    judge, new = _Judge(chance(seed, "reviews")), 0
    for moment in shifts(seed, always_up, TEAM, ROWS_A_DAY, _LUCK):
        first = next((one for one in waiting if one.person != moment.person), None)
        if first is not None and len(waiting) >= _WAITING:
            waiting.remove(first)
            label = judge.second(moment.person, first.n, first.person.id, first.label)
            found.append(Act(moment.at + by, moment.person, first.n, label))
        else:
            new += 1
            found.append(Act(moment.at + by, moment.person, new, judge.first(moment.person, new)))
            if wants(new) == 2:
                waiting.append(found[-1])
    return found


class _Judge:
    """Answers as people do: nearly always right, and any two agree as often as any others do."""

    def __init__(self, rng: random.Random) -> None:
        self._rng, self._dues = rng, Dues(rng)

    def first(self, person: Person, n: int) -> str:
        """Return what the first to read a review says."""
        return truth(n) if self._dues.due(person.id, RIGHT) else self._other(truth(n))

    def second(self, person: Person, n: int, before: int, given: str) -> str:
        """Return what the second reader says, after the person `before` said `given`."""
        if self._dues.due((*sorted((person.id, before)), "agree"), AGREED):
            return given
        return truth(n) if given != truth(n) else self._other(given)

    def _other(self, label: str) -> str:
        """Return a label in place of one, Neutral more often than not."""
        others = [one for one in LABELS if one != label]
        return "Neutral" if "Neutral" in others and self._rng.random() < 0.7 else others[0]


def create_reviews(path: Path, seed: int, when: Dates, now: datetime) -> tuple[Act, ...]:
    """Write doccano's database with the history up to `now`, and return what was done in it.

    The file appears whole or not at all; one that is there is replaced.
    """
    plan = plan_reviews(seed, when)
    acts = tuple(act for act in plan if act.at <= now)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = OFF")
            db.execute("BEGIN")
            create(db)
            _fill(db, seed, when, acts)
            db.execute("COMMIT")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return acts


def _fill(db: sqlite3.Connection, seed: int, when: Dates, acts: tuple[Act, ...]) -> None:
    begin = datetime.combine(when.first, time(), tzinfo=UTC) - timedelta(hours=3)
    size = round(max(act.n for act in acts) / PROGRESS)
    insert(db, "auth_user", [_user(person, begin) for person in TEAM])
    insert(db, "projects_project", [_project(begin)])
    insert(db, "projects_member", [_member(person, begin) for person in TEAM])
    kinds = [{"id": at, "text": text} for at, text in enumerate(LABELS, 1)]
    shared = {"created_at": stamp(begin), "updated_at": stamp(begin), "project_id": PROJECT_ID}
    insert(db, "label_types_categorytype", [{**kind, **shared} for kind in kinds])
    insert(db, "examples_example", [_example(seed, n, size, begin) for n in range(1, size + 1)])
    for act in acts:
        _write(db, seed, act)


def _user(person: Person, at: datetime) -> Row:
    return {
        "id": person.id + _USER_FROM,
        "password": "!",
        "is_superuser": 0,
        "username": person.handle.replace(".", "_"),
        "first_name": person.first,
        "last_name": person.last,
        "email": person.email,
        "is_staff": 0,
        "is_active": 1,
        "date_joined": stamp(at),
    }


def _project(at: datetime) -> Row:
    return {
        "id": PROJECT_ID,
        "name": PROJECT_TITLE,
        "description": "How a review sounds",
        "guideline": "",
        "created_at": stamp(at),
        "updated_at": stamp(at),
        "project_type": "DocumentClassification",
        "random_order": 0,
        "collaborative_annotation": 0,
        "single_class_classification": 1,
        "created_by_id": None,
    }


def _member(person: Person, at: datetime) -> Row:
    times = {"created_at": stamp(at), "updated_at": stamp(at)}
    return {**times, "project_id": PROJECT_ID, "role_id": 2, "user_id": person.id + _USER_FROM}


def _example(seed: int, n: int, size: int, begin: datetime) -> Row:
    at = stamp(begin + timedelta(microseconds=37 * n))
    day = ("Monday", "Tuesday", "Thursday", "Friday")[n % 4]
    upload = f"reviews-{1 + (n - 1) * _UPLOADS // size}.jsonl"
    text = _SAID[truth(n)].format(thing=_WORDS[n % len(_WORDS)], day=day)
    return {
        "id": n,
        "uuid": unique_id("review", seed, n),
        "meta": "{}",
        "filename": upload,
        "upload_name": upload,
        "text": f"{text} ({n})",
        "score": 100.0,
        "created_at": at,
        "updated_at": at,
        "annotations_approved_by_id": None,
        "project_id": PROJECT_ID,
    }


def _write(db: sqlite3.Connection, seed: int, act: Act) -> None:
    """Label a review and confirm it, as two clicks do; the work is done at the second."""
    at, user = stamp(act.at - _between_clicks(act.n)), act.person.id + _USER_FROM
    insert(
        db,
        "labels_category",
        [
            {
                "uuid": unique_id("label", seed, act.n, user, at),
                "prob": 0.0,
                "manual": 1,
                "created_at": at,
                "updated_at": at,
                "example_id": act.n,
                "user_id": user,
                "label_id": LABELS.index(act.label) + 1,
            }
        ],
    )
    state = {"confirmed_at": stamp(act.at), "confirmed_by_id": user, "example_id": act.n}
    insert(db, "examples_examplestate", [state])


def _between_clicks(n: int) -> timedelta:
    return timedelta(seconds=4 + 26 * spread(n, _GOLDEN, 0.7) ** 2)


_NEXT = """
    SELECT e.id FROM examples_example e WHERE NOT EXISTS (
        SELECT 1 FROM examples_examplestate s WHERE s.example_id = e.id
    ) ORDER BY e.id LIMIT 1
"""
_HALF = """
    SELECT c.example_id, c.user_id, t.text FROM labels_category c
    JOIN label_types_categorytype t ON t.id = c.label_id
    GROUP BY c.example_id HAVING count(*) = 1 ORDER BY c.example_id DESC LIMIT 50
"""


class ReviewTeam:
    """The people of Reviews at work in the database that `create_reviews` wrote."""

    pace_s = 9.0

    def __init__(self, path: Path, seed: int) -> None:
        self._path, self._seed = path, seed
        self._rng = chance(seed, "live reviews")
        self._judge = _Judge(self._rng)

    def step(self, now: datetime) -> int:
        """Let one review be labeled at `now`; 0 where somebody else holds the database.

        Raises:
            sqlite3.Error: the file is no such database, or is gone.
        """
        address = f"{self._path.resolve().as_uri()}?mode=rw"
        try:
            with closing(
                sqlite3.connect(address, uri=True, timeout=_BUSY_S, isolation_level=None)
            ) as db:
                db.execute("BEGIN IMMEDIATE")
                done = self._one(db, now)
                db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            return 0
        return done

    def _one(self, db: sqlite3.Connection, now: datetime) -> int:
        here = [person for person in TEAM if on_shift(person, now)] or list(TEAM)
        person = self._rng.choice(here)
        act = self._second(db, person, now) or self._first(db, person, now)
        if act is None:
            return 0
        _write(db, self._seed, act)
        return 1

    def _second(self, db: sqlite3.Connection, person: Person, now: datetime) -> Act | None:
        for n, user, given in db.execute(_HALF):
            before = user - _USER_FROM
            if wants(n) == 2 and before != person.id:
                return Act(now, person, n, self._judge.second(person, n, before, given))
        return None

    def _first(self, db: sqlite3.Connection, person: Person, now: datetime) -> Act | None:
        for (n,) in db.execute(_NEXT):
            return Act(now, person, n, self._judge.first(person, n))
        return None
