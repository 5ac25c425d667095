"""Writes the planned history into a new SQLite file, in bulk."""

import random
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from labelpulse.demo import cast, rows, setting, story, street_rows
from labelpulse.demo.acts import Act
from labelpulse.demo.chance import chance
from labelpulse.demo.dates import on_shift
from labelpulse.demo.drawing import Drawing
from labelpulse.demo.rows import Stored
from labelpulse.demo.story import Plan
from labelpulse.demo.street_story import StreetPlan, plan_street
from labelpulse.demo.tables import Row, create_indexes, create_tables, insert, stamp
from labelpulse.demo.tickets import import_of, ticket
from labelpulse.demo.truth import Truth, truth_of

Guesses = Mapping[tuple[int, str], Stored]


def create(path: Path, *, days: int = 90, seed: int | None = None, now: datetime) -> Truth:
    """Write `days` days of work that end at the aware time `now`, and return what was planted.

    Without a `seed` it is the one whose story is known to be told on that day of the week.

    The file appears whole or not at all.

    Raises:
        FileExistsError: something is at `path` already.
        ValueError: `days` is outside 21-730, or `now` has no zone.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists already; give the demo another place or remove it.")
    plan = story.plan(seed=seed, days=days, now=now)
    boxes = plan_street(plan.seed, plan.dates)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as db:
            _fill(db, plan, boxes, now)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return truth_of(plan, boxes, now)


def _fill(db: sqlite3.Connection, plan: Plan, boxes: StreetPlan, now: datetime) -> None:
    # A file that nobody sees yet needs no journal; afterwards the mode is `delete`, the tool's own.
    acts, drawings = plan.until(now), boxes.until(now)
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    db.execute("BEGIN")
    create_tables(db)
    guesses = _guesses(plan)
    insert(db, "organization", [setting.organization(_start(plan))])
    insert(db, "project", [_project(plan), setting.street_project(_start(plan))])
    insert(db, "htx_user", _users(plan, [*acts, *drawings]))
    insert(db, "organizations_organizationmember", _members(plan))
    insert(db, "task", _tasks(plan, acts, guesses))
    insert(db, "task", street_rows.tasks(boxes, drawings))
    insert(db, "prediction", [rows.prediction(stored) for stored in guesses.values()])
    insert(db, "task_completion", list(_annotations(plan, acts, guesses)))
    insert(db, "task_completion", list(street_rows.annotations(boxes, drawings)))
    _leave_open(db, plan, acts, now)
    create_indexes(db)
    db.execute("COMMIT")


def _start(plan: Plan) -> datetime:
    return plan.imported(0) - timedelta(hours=2)


def _project(plan: Plan) -> Row:
    day = plan.dates.guideline
    changed = datetime.combine(day, time(7), tzinfo=UTC)
    instruction = (
        "<p>Guideline v2: a charge that was taken twice is Billing; "
        "money that was promised back is Refund.</p>"
    )
    return setting.tickets_project(_start(plan), changed, instruction)


def _users(plan: Plan, acts: Sequence[Act | Drawing]) -> list[Row]:
    last: dict[int, datetime] = {}
    for act in acts:
        last[act.person.id] = max(act.at, last.get(act.person.id, act.at))
    return [
        setting.user(
            person,
            _joined(plan, person),
            last.get(person.id, _joined(plan, person)),
            works_here=person.role != cast.LEAVER,
        )
        for person in cast.EVERYONE
    ]


def _members(plan: Plan) -> list[Row]:
    left = datetime.combine(plan.dates.leave, time.min, tzinfo=UTC)
    return [
        setting.member(person, _joined(plan, person), left if person.role == cast.LEAVER else None)
        for person in cast.EVERYONE
    ]


def _joined(plan: Plan, person: cast.Person) -> datetime:
    if person.role == cast.NEWCOMER:
        return datetime.combine(plan.dates.joined, time.min, tzinfo=UTC)
    return _start(plan) + timedelta(minutes=person.id)


def _guesses(plan: Plan) -> dict[tuple[int, str], Stored]:
    """Return every stored guess in order of id: v1 at the first two imports, v2 at its release."""
    release = datetime.combine(plan.dates.model_v2, time.min, tzinfo=UTC) - timedelta(hours=2)
    early = (n for n in range(1, plan.size + 1) if import_of(n, plan.size) < 2)
    wanted = [(n, "v1", plan.imported(n) + timedelta(hours=1)) for n in early]
    wanted += [
        (n, "v2", max(release, plan.imported(n) + timedelta(hours=1)))
        for n in range(plan.v2_from, plan.size + 1)
    ]
    found: dict[tuple[int, str], Stored] = {}
    for n, version, at in wanted:
        stored = rows.stored_guess(plan.seed, n, version, len(found) + 1, at)
        if stored:
            found[n, version] = stored
    return found


def _tasks(plan: Plan, acts: Sequence[Act], guesses: Guesses) -> list[Row]:
    made = {
        n: rows.task(plan.seed, n, plan.size, plan.imported(n)) for n in range(1, plan.size + 1)
    }
    counts = {n: {"done": 0, "skipped": 0, "guesses": 0} for n in made}
    for n, _ in guesses:
        counts[n]["guesses"] += 1
    for act in acts:
        counts[act.n]["skipped" if act.label is None else "done"] += 1
        made[act.n]["updated_by_id"] = act.person.id
        made[act.n]["updated_at"] = stamp(act.edit.at if act.edit else act.at)
    for n, row in made.items():
        row["total_annotations"] = counts[n]["done"]
        row["cancelled_annotations"] = counts[n]["skipped"]
        row["total_predictions"] = counts[n]["guesses"]
        row["is_labeled"] = int(counts[n]["done"] >= ticket(plan.seed, n).overlap)
    return list(made.values())


def _annotations(plan: Plan, acts: Sequence[Act], guesses: Guesses) -> Iterator[Row]:
    for act in acts:
        stored = guesses[act.n, act.shown] if act.shown else None
        yield rows.annotation(act, rows.history_id(plan.seed, act), stored)


def _leave_open(db: sqlite3.Connection, plan: Plan, acts: Sequence[Act], now: datetime) -> None:
    """Leave tickets open on some desks, and drafts that the two who left never submitted."""
    rng = chance(plan.seed, "open", plan.dates.today)
    here = [p for p in cast.ANNOTATORS if plan.dates.works(p, plan.dates.today)]
    busy = [p for p in here if on_shift(p, now)]
    busy = busy or [p for p in cast.ANNOTATORS if p.role != cast.LEAVER]
    people = rng.sample(busy, min(8, len(busy)))
    locks, drafts = [], []
    for person, n in zip(people, _fresh(plan, acts), strict=False):
        at = now - timedelta(seconds=rng.uniform(20, 300))
        locks.append(rows.lock(n, person, at))
        drafts.append(_draft(rng, plan, person, n, at, now))
    evening = datetime.combine(plan.dates.leave, time.min, tzinfo=UTC) - timedelta(hours=9)
    for person, n in zip(2 * cast.playing(cast.LEAVER), _untouched(plan, acts), strict=False):
        saved = evening + timedelta(seconds=rng.uniform(30, 90))
        drafts.append(_draft(rng, plan, person, n, evening, saved))
    insert(db, "tasks_tasklock", locks)
    insert(db, "tasks_annotationdraft", drafts)


def _draft(
    rng: random.Random, plan: Plan, person: cast.Person, n: int, at: datetime, latest: datetime
) -> Row:
    label = ticket(plan.seed, n).label
    saved = at + (latest - at) * rng.uniform(0.2, 0.9)
    return rows.draft(n, person, label, at, saved)


def _fresh(plan: Plan, acts: Sequence[Act]) -> Iterator[int]:
    frontier = max(act.n for act in acts if not act.gold)
    return (n for n in range(frontier + 1, plan.size + 1) if not ticket(plan.seed, n).gold)


def _untouched(plan: Plan, acts: Sequence[Act]) -> list[int]:
    """Return waiting tickets on which neither of the two who left has worked."""
    gone = {person.id for person in cast.playing(cast.LEAVER)}
    theirs = {act.n for act in acts if act.person.id in gone}
    queue = story.waiting(plan.seed, acts)
    return [n for n in queue if n not in theirs and not ticket(plan.seed, n).gold]
