"""The simulation: the same on any day and machine, and stored as the tools store it."""

import gzip
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from labelpulse.demo.chance import Quota
from labelpulse.demo.home import Home, prepare
from labelpulse.demo.simulate import History, simulate
from labelpulse.demo.story import calendar_for
from labelpulse.demo.tables import DOCCANO, LABEL_STUDIO
from tests.demo.conftest import NOON
from tests.support.doccano import SAMPLE

# Columns of Label Studio 1.23 on SQLite.
REAL = {
    "htx_user": "id:integer username:varchar(256) email:varchar(254) first_name:varchar(256) "
    "last_name:varchar(256)",
    "project": "id:integer title:varchar(50) description:text label_config:text "
    "expert_instruction:text maximum_annotations:integer created_at:datetime "
    "updated_at:datetime deleted_at:datetime",
    "task": "id:integer data:text created_at:datetime updated_at:datetime project_id:integer "
    "overlap:integer file_upload_id:integer allow_skip:bool",
    "task_completion": "id:integer unique_id:char(32) task_id:integer project_id:integer "
    "completed_by_id:integer updated_by_id:integer result:text was_cancelled:bool "
    "ground_truth:bool created_at:datetime updated_at:datetime draft_created_at:datetime "
    "lead_time:real parent_prediction_id:integer import_id:bigint bulk_created:bool",
    "prediction": "id:integer task_id:integer project_id:integer result:text score:real "
    "model_version:text created_at:datetime updated_at:datetime",
    "tasks_annotationdraft": "id:integer task_id:integer annotation_id:integer user_id:integer "
    "result:text created_at:datetime updated_at:datetime",
}


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        return db.execute(sql).fetchall()


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return list(db.iterdump())


def test_two_simulations_of_one_moment_are_the_same(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path)
    prepare(other, 21, NOON)
    for path, again in ((home.database, other.database), (home.reviews, other.reviews)):
        assert dump(path) == dump(again)
    assert home.truth.read_text() == other.truth.read_text()
    assert home.config.read_text() == other.config.read_text()


def story(history: History) -> list[tuple[Any, ...]]:
    """Who answered what and how, in order, without the days."""
    projects = (history.tickets, history.street, history.reviews)
    return [
        (one.person.id, one.n, one.answer, one.seconds, one.at.time())
        for project in projects
        for one in project.submissions
        if one.at.date() < history.calendar.today
    ]


@pytest.mark.parametrize("later", [1, 2, 4, 181])
def test_the_story_is_the_same_on_any_day_of_the_week(later: int) -> None:
    other = NOON + timedelta(days=later)
    assert story(simulate(calendar_for(NOON, 45), NOON)) == story(
        simulate(calendar_for(other, 45), other)
    )


def test_a_later_start_on_one_day_only_adds_to_the_history() -> None:
    early, late = (
        simulate(calendar_for(now, 30), now)
        for now in (NOON.replace(hour=3), NOON.replace(hour=20))
    )
    began, went_on = early.tickets.submissions, late.tickets.submissions
    assert 0 < len(began) < len(went_on)
    assert [(one.at, one.n, one.answer) for one in began] == [
        (one.at, one.n, one.answer) for one in went_on[: len(began)]
    ]
    assert early.tickets.numbers == late.tickets.numbers
    for submissions in (began, late.street.submissions, late.reviews.submissions):
        assert len({(one.n, one.person.id) for one in submissions}) == len(submissions)


def test_the_longest_history_has_its_days() -> None:
    calendar = calendar_for(datetime(2026, 3, 1, 0, 10, tzinfo=UTC), 730)
    assert 725 <= (calendar.today - calendar.first).days <= 732
    assert calendar.ago("agreement fell") == 11
    assert all(day.weekday() < 5 for day in calendar.dates[1:])


def test_a_quota_is_met_by_everybody_together_and_by_each() -> None:
    quota = Quota()
    hits = [(at % 7, quota.due(0.1, "all", at % 7)) for at in range(2_100)]
    assert sum(hit for _, hit in hits[:700]) == pytest.approx(70, abs=2)
    for person in range(7):
        assert sum(hit for who, hit in hits if who == person) == pytest.approx(30, abs=2)


def test_tables_have_columns_of_the_tools_own_types(home: Home, tmp_path: Path) -> None:
    real = tmp_path / "real.sqlite3"
    real.write_bytes(gzip.decompress(SAMPLE.read_bytes()))
    for table, columns in DOCCANO.items():
        own = {
            row[1]: (row[2].casefold(), row[3]) for row in rows(real, f"PRAGMA table_info({table})")
        }
        for name, kind in columns.items():
            assert own[name] == (kind.split()[0], int("NOT NULL" in kind)), f"{table}.{name}"
    assert LABEL_STUDIO.keys() == REAL.keys()
    for table, own_columns in REAL.items():
        made = rows(home.database, f"PRAGMA table_info({table})")
        assert {f"{row[1]}:{row[2].casefold()}" for row in made} == set(own_columns.split())


def test_rows_refer_to_rows_and_hold_json_in_the_form_of_the_tool(home: Home) -> None:
    (broken,) = rows(
        home.database,
        "SELECT count(*) FROM task_completion c LEFT JOIN task t ON t.id = c.task_id "
        "LEFT JOIN htx_user u ON u.id = c.completed_by_id LEFT JOIN prediction p "
        "ON p.id = c.parent_prediction_id AND p.task_id = c.task_id WHERE t.id IS NULL "
        "OR u.id IS NULL OR c.created_at < t.created_at "
        "OR (c.parent_prediction_id IS NOT NULL AND (p.id IS NULL OR c.created_at < p.created_at))",
    )
    assert broken == (0,)
    for table, column in (
        ("task", "data"),
        ("task_completion", "result"),
        ("prediction", "result"),
    ):
        values = [
            json.loads(value) for (value,) in rows(home.database, f"SELECT {column} FROM {table}")
        ]
        assert values
    ((latest,),) = rows(home.database, "SELECT max(updated_at) FROM task_completion")
    assert latest <= f"{NOON:%F %T.%f}1"
    emails = [email for (email,) in rows(home.database, "SELECT email FROM htx_user")]
    assert len(set(emails)) == len(emails) == 26
    assert all(email.endswith("@example.org") and email.isascii() for email in emails)
