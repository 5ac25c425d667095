"""The living part: pages move, counters stay right, and a busy database is no accident."""

import shutil
import sqlite3
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from labelpulse.demo.dates import seed_of
from labelpulse.demo.live import Live
from tests.demo.conftest import NOW

SEED = seed_of(NOW.date())
RECOUNT = (
    "SELECT count(*) FROM (SELECT t.*, "
    "(SELECT count(*) FROM task_completion c WHERE c.task_id = t.id AND NOT was_cancelled) d, "
    "(SELECT count(*) FROM task_completion c WHERE c.task_id = t.id AND was_cancelled) s "
    "FROM task t) WHERE total_annotations != d OR cancelled_annotations != s "
    "OR is_labeled != (d >= overlap)"
)


@pytest.fixture
def path(made, tmp_path):
    return shutil.copy(made.path, tmp_path / "live.sqlite3")


def one(path, sql, *values):
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql, values).fetchone()[0]


def column(path, sql):
    with closing(sqlite3.connect(path)) as db:
        return [row[0] for row in db.execute(sql)]


def work(live, steps, now=NOW):
    written = []
    for _ in range(steps):
        now += timedelta(seconds=live.pace_s)
        written.append(live.step(now))
    return written, now


def test_a_page_moves_every_few_seconds(path):
    before = one(path, "SELECT count(*) FROM task_completion")
    _, end = work(Live(path, seed=SEED), 60)
    gained = one(path, "SELECT count(*) FROM task_completion") - before
    assert gained >= 15
    assert (end - NOW).total_seconds() / gained < 12


def test_everything_happens_and_the_counters_stay_right(path):
    written, end = work(Live(path, seed=SEED), 400)
    assert sum(written) > 500
    since = "SELECT count(*) FROM task_completion WHERE created_at > '2026-11-24 14:05' AND "
    assert one(path, since + "NOT was_cancelled") > 60
    assert one(path, since + "was_cancelled") > 0
    assert one(path, since + "ground_truth") > 0
    assert one(path, since + "parent_prediction_id IS NOT NULL") > 10
    edited = (
        "SELECT count(*) FROM task_completion WHERE updated_at > '2026-11-24 14:05' "
        "AND julianday(updated_at) - julianday(created_at) > 1.0 / 86400"
    )
    assert one(path, edited) > 3
    saved = (
        "SELECT count(*) FROM tasks_annotationdraft WHERE updated_at > created_at AND lead_time > 0"
    )
    assert one(path, saved) > 0
    assert one(path, "SELECT count(*) FROM tasks_tasklock") in range(1, 12)
    assert one(path, RECOUNT) == 0
    assert one(path, "SELECT max(updated_at) FROM task_completion") <= str(
        end + timedelta(milliseconds=1)
    )
    doubles = (
        "SELECT count(*) FROM (SELECT 1 FROM task_completion "
        "GROUP BY task_id, completed_by_id HAVING count(*) > 1)"
    )
    assert one(path, doubles) == 0


def ids(path):
    return set(column(path, "SELECT unique_id FROM task_completion"))


def planted_deletes(made):
    return {p.expected["unique_id"] for p in made.truth.planted if p.what == "silent delete"}


def test_just_the_six_condemned_vanish_also_over_a_restart(made, path):
    gone = set()
    for steps in (40, 90, 90):
        live, before = Live(path, seed=SEED), ids(path)
        work(live, steps)
        gone |= before - ids(path)
    assert gone == planted_deletes(made)
    assert len(gone) == 6
    assert one(path, RECOUNT) == 0


def test_those_who_left_stay_away_and_the_unlucky_one_gets_no_gold(made, path):
    work(Live(path, seed=SEED), 200)
    gone = [p["id"] for p in made.truth.people if p["role"] == "leaver"]
    late = set(
        column(
            path,
            "SELECT completed_by_id FROM task_completion WHERE created_at > '2026-11-24 14:05'",
        )
    )
    assert late
    assert not late & set(gone)
    gold = (
        "SELECT count(*) FROM task_completion c JOIN htx_user u ON u.id = c.completed_by_id "
        "JOIN task t ON t.id = c.task_id WHERE t.overlap > 2 AND u.email = ?"
    )
    (unlucky,) = made.truth.find("bad luck, too few to rank").who
    assert one(path, gold, unlucky) == 9


def test_work_goes_on_at_night_and_at_weekends(path):
    sunday = datetime(2026, 11, 29, 22, 0, tzinfo=UTC)
    written, _ = work(Live(path, seed=SEED), 30, sunday)
    assert sum(written) > 50


def test_a_locked_database_is_left_alone_and_tried_again(path):
    live = Live(path, seed=SEED)
    work(live, 9)  # the next step is a deletion, which must not get lost
    before = one(path, "SELECT count(*) FROM task_completion")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        assert live.step(NOW + timedelta(minutes=2)) == 0
        assert time.monotonic() - began < 5
        other.execute("ROLLBACK")
    assert one(path, "SELECT count(*) FROM task_completion") == before
    assert live.step(NOW + timedelta(minutes=2)) > 0
    assert one(path, "SELECT count(*) FROM task_completion") == before - 1


def test_an_open_reader_delays_a_deletion_but_does_not_lose_it(made, path):
    live = Live(path, seed=SEED)
    work(live, 9)
    before = ids(path)
    with closing(sqlite3.connect(path)) as reader:
        unfinished = reader.execute("SELECT id FROM task_completion")
        unfinished.fetchone()
        assert live.step(NOW + timedelta(minutes=2)) == 0
        unfinished.close()
    assert ids(path) == before
    work(live, 80)
    assert before - ids(path) == planted_deletes(made)


def test_another_seed_is_refused(path):
    with pytest.raises(ValueError, match=f"not written with seed {SEED + 1}"):
        Live(path, seed=SEED + 1).step(NOW)


def test_a_missing_file_is_not_made_anew(tmp_path):
    with pytest.raises(sqlite3.OperationalError):
        Live(tmp_path / "absent.sqlite3", seed=SEED).step(NOW)
    assert list(tmp_path.iterdir()) == []


class Impatient(threading.Event):
    """Waits no time at all."""

    def wait(self, timeout=None):
        return super().wait(0)


def test_run_steps_by_the_clock_until_it_is_stopped(path):
    stop = Impatient()
    asked: list[datetime] = []

    def clock():
        asked.append(NOW + timedelta(seconds=len(asked)))
        if len(asked) == 20:
            stop.set()
        return asked[-1]

    before = ids(path)
    thread = threading.Thread(target=Live(path, seed=SEED).run, args=(stop, clock))
    thread.start()
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert len(asked) == 20
    assert ids(path) > before or len(ids(path)) > len(before)
