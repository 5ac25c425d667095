"""The plan and its truth: complete, repeatable, and refused where it cannot be told."""

import json
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest

from labelpulse.demo.agreement import agreement, shared_items
from labelpulse.demo.dates import dates
from labelpulse.demo.simulate import create
from labelpulse.demo.story import plan
from labelpulse.demo.street_story import plan_street
from labelpulse.demo.truth import write_truth
from tests.demo.conftest import NOW


def test_truth_names_what_was_planted(made, tmp_path):
    write_truth(made.truth, tmp_path / "truth.json")
    told = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    names = Counter(planted["what"] for planted in told["planted"])
    assert names == {
        "guideline v2": 1,
        "agreement fell": 1,
        "fast and wrong": 1,
        "slow and right": 1,
        "bad luck, too few to rank": 1,
        "two people left": 1,
        "holiday": 1,
        "outage": 1,
        "wrong gold key": 3,
        "v2 accepted too readily": 1,
        "silent delete": 6,
        "harder night batch": 1,
        "garbled import": 1,
    }
    days = {one["what"]: date.fromisoformat(one["day"]) for one in told["planted"] if one["day"]}
    ago = {what: (NOW.date() - day).days for what, day in days.items()}
    assert (ago["guideline v2"], ago["two people left"]) == (18, 12)
    assert (ago["agreement fell"], ago["harder night batch"]) == (15, 8), "16, 10: days off"
    submitted = made.one("SELECT count(*) FROM task_completion WHERE NOT was_cancelled")
    assert told["numbers"]["submitted"] == submitted
    assert told["numbers"]["skipped"] == made.one("SELECT sum(was_cancelled) FROM task_completion")


@pytest.mark.parametrize("today", [NOW + timedelta(days=one) for one in range(7)])
def test_what_changes_is_seen_on_its_day_or_the_one_after(today):
    """From a Monday to a Thursday on, within two days of what the story wants."""
    when = dates(today, 90)
    for day, wanted in ((when.drift, 16), (when.night, 10)):
        assert day.weekday() < 4
        assert abs((when.today - day).days - wanted) <= 2
    assert when.guideline < when.drift


def test_the_story_is_the_same_in_every_week():
    by = timedelta(weeks=26)
    one, other = (plan(seed=4, days=21, now=now) for now in (NOW, NOW + by))
    assert [act.moved(by) for act in one.acts] == list(other.acts)
    assert one.dates.moved(by) == other.dates
    assert (one.size, one.v2_from) == (other.size, other.v2_from)
    boxes, later = (plan_street(4, each.dates).acts for each in (one, other))
    assert [(act.at + by, act.boxes) for act in boxes] == [(act.at, act.boxes) for act in later]


def dump(path):
    with closing(sqlite3.connect(path)) as db:
        return list(db.iterdump())


def test_the_same_seed_writes_the_same_rows_and_another_does_not(tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        create(tmp_path / name, days=21, seed=seed, now=NOW)
    assert dump(tmp_path / "a") == dump(tmp_path / "b")
    assert dump(tmp_path / "a") != dump(tmp_path / "c")


def test_the_plan_depends_on_the_day_and_a_later_start_only_adds():
    morning = plan(seed=4, days=30, now=NOW.replace(hour=3))
    evening = plan(seed=4, days=30, now=NOW.replace(hour=20))
    assert morning == evening
    early, late = morning.until(NOW.replace(hour=3)), evening.until(NOW.replace(hour=20))
    assert 0 < len(early) < len(late)
    unedited = [(act.at, act.person.id, act.n, act.label) for act in early]
    assert unedited == [(a.at, a.person.id, a.n, a.label) for a in late[: len(early)]]


@pytest.mark.parametrize(
    ("now", "days"),
    [
        (datetime(2026, 11, 29, 0, 10, tzinfo=UTC), 90),
        (datetime(2027, 1, 1, 23, 59, tzinfo=UTC), 45),
        (datetime(2026, 3, 30, 1, 0, tzinfo=UTC), 21),
    ],
)
def test_the_fall_shows_whatever_the_day_and_length(now, days):
    made = plan(days=days, now=now)
    found = shared_items(made.until(now))
    before, _ = agreement(item for item in found if item.day < made.dates.drift)
    after, n = agreement(item for item in found if item.day >= made.dates.drift)
    assert before - after == pytest.approx(0.08, abs=0.03)
    assert n > 150
    assert len(made.acts) == pytest.approx(12_000 * days / 90, rel=0.1)


def test_refusals_leave_no_file_behind(tmp_path):
    target = tmp_path / "tickets.sqlite3"
    with pytest.raises(ValueError, match="21 to 730 days"):
        create(target, days=5, now=NOW)
    with pytest.raises(ValueError, match="aware"):
        create(target, now=NOW.replace(tzinfo=None))
    assert list(tmp_path.iterdir()) == []
    target.write_text("somebody's work")
    with pytest.raises(FileExistsError, match="exists already"):
        create(target, days=21, now=NOW)
    assert target.read_text() == "somebody's work"
