"""The independent SQL of the lab gives numbers that were worked out by hand."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks.lab.comparison import (
    Control,
    Log,
    Numbers,
    differences,
    read_controls,
    read_rows,
    truth,
)
from benchmarks.lab.database import Database

ANN, BEN, COY, ROOT = 1, 2, 3, 9
NOW = datetime(2026, 3, 5, tzinfo=UTC)
TITLE = "Pets"
CONFIG = (
    '<View><Image name="i" value="$i"/>'
    '<Choices name="pet" toName="i"><Choice value="cat"/><Choice value="dog"/></Choices>'
    '<Choices name="tags" toName="i" choice="multiple"><Choice value="old"/></Choices>'
    '<Choices name="seen" toName="i" perRegion="true"><Choice value="yes"/></Choices></View>'
)
TABLES = """
create table project (id integer, title text, label_config text);
create table task (id integer, project_id integer, overlap integer);
create table task_completion (
    id integer, unique_id text, task_id integer, completed_by_id integer, result text,
    was_cancelled bool, ground_truth bool, created_at datetime, bulk_created bool);
"""


def result_of(*pets: str, tags: Iterable[str] = ()) -> str:
    """A result as the tool writes it."""
    chosen = {"pet": list(pets), "tags": list(tags)}
    regions = [
        {"from_name": name, "type": "choices", "value": {"choices": some}}
        for name, some in chosen.items()
        if some
    ]
    return json.dumps(regions)


class Tool:
    """A tiny database in the tool's tables."""

    def __init__(self, path: Path) -> None:
        self.database = Database(f"sqlite:///{path}")
        with sqlite3.connect(path) as connection:
            connection.executescript(TABLES)
        self.database.change("insert into project values (1, ?, ?)", [TITLE, CONFIG])
        for task in (10, 11, 12):
            self.database.change("insert into task values (?, 1, 2)", [task])
        self.log = Log()
        self._last = 0

    def add(self, task: int, who: int | None, result: str, day: int = 4, **more: Any) -> int:
        """Add an annotation made at noon (UTC) of a day in March 2026."""
        self._last += 1
        flags = [more.get(name, False) for name in ("skipped", "gold")]
        at = f"2026-03-{day:02d} {more.get('hour', 12):02d}:00:0{self._last % 10}"
        values = [self._last, f"u-{self._last}", task, who, result, *flags, at, 0]
        self.database.change("insert into task_completion values (?,?,?,?,?,?,?,?,?)", values)
        return self._last

    def numbers(self, zone: str = "UTC") -> Numbers:
        return truth(self.database, self.log, zone, NOW)

    def number(self, metric: str, *split: str | None) -> Any:
        return self.numbers().get((metric, TITLE, *split))

    def row(self, number: int) -> Any:
        return next(row for row in read_rows(self.database) if row.number == number)


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    return Tool(tmp_path / "tool.sqlite")


def test_only_questions_asked_once_for_an_item_are_compared(tool: Tool) -> None:
    assert read_controls(tool.database) == [Control(1, "pet", False), Control(1, "tags", True)]


def test_agreement_is_the_mean_over_items_of_agreeing_pairs(tool: Tool) -> None:
    for who, pet in ((ANN, "cat"), (BEN, "cat"), (COY, "dog")):
        tool.add(10, who, result_of(pet))
    for who in (ANN, BEN):
        tool.add(11, who, result_of("dog", tags=["old"] if who == ANN else ()))
    tool.add(12, ANN, result_of("dog"))
    assert tool.number("agreement_percent", "pet") == (pytest.approx((1 / 3 + 1) / 2), 2)
    assert tool.number("agreement_percent", "tags") == (pytest.approx(0.5), 2)
    assert tool.number("agreement_coverage", "pet") == (pytest.approx(2 / 3), 3)


def test_no_choice_is_an_answer_only_where_several_could_be_made(tool: Tool) -> None:
    tool.add(10, ANN, result_of())
    tool.add(10, BEN, result_of("cat"))
    assert tool.number("agreement_coverage", "pet") == (0.0, 1)
    assert tool.number("agreement_percent", "tags") == (1.0, 1)


def test_what_is_no_persons_live_answer_stays_out_of_agreement(tool: Tool) -> None:
    tool.add(10, ANN, result_of("cat"))
    tool.add(10, BEN, result_of("dog"), skipped=True)
    tool.add(10, ROOT, result_of("dog"), gold=True)
    tool.add(10, None, result_of("dog"))
    assert tool.number("agreement_percent", "pet") is None
    assert tool.number("annotations_submitted") == (3, 3)
    assert tool.number("annotations_skipped") == (1, 1)


def test_gold_takes_the_first_answer_and_agreement_the_last(tool: Tool) -> None:
    tool.add(10, ROOT, result_of("cat"), gold=True)
    tool.add(10, ANN, result_of("cat"))
    tool.add(10, ANN, result_of("dog"))
    tool.add(10, BEN, result_of("dog"))
    assert tool.number("gold_accuracy", "pet") == (0.5, 2)
    assert tool.number("gold_accuracy by annotator", "pet", "1") == (1.0, 1)
    assert tool.number("agreement_percent", "pet") == (1.0, 1)


def test_contradicting_gold_is_no_gold(tool: Tool) -> None:
    tool.add(10, ROOT, result_of("cat"), gold=True)
    tool.add(10, ROOT, result_of("dog"), gold=True)
    tool.add(10, ANN, result_of("cat"))
    assert tool.number("gold_accuracy", "pet") is None


def test_progress_counts_people_and_gold_up_to_the_need(tool: Tool) -> None:
    for who in (ANN, ANN, BEN, COY):
        tool.add(10, who, result_of("cat"))
    tool.add(11, ROOT, result_of("cat"), gold=True)
    assert tool.number("progress") == (0.5, 6)
    assert tool.number("items_completed") == (1, 1)


def test_days_are_local_and_a_stamp_ahead_has_none(tool: Tool) -> None:
    tool.add(10, ANN, result_of("cat"), day=3, hour=20)
    tool.add(10, BEN, result_of("cat"), day=9)
    days = {
        key[2]: value
        for key, value in tool.numbers("Asia/Kolkata").items()
        if key[0] == "annotations_submitted by day"
    }
    assert days == {"2026-03-04": (1, 1), None: (1, 1)}


def test_deleted_work_still_counts_as_submitted_and_nothing_else(tool: Tool) -> None:
    tool.add(10, ANN, result_of("cat"))
    gone = tool.add(10, BEN, result_of("cat"))
    tool.log.deletes([tool.row(gone)])
    tool.database.change("delete from task_completion where id = ?", [gone])
    assert tool.number("annotations_submitted") == (2, 2)
    assert tool.number("agreement_percent", "pet") is None
    assert tool.number("progress") == (pytest.approx(1 / 6), 6)


def test_a_removed_author_is_remembered(tool: Tool) -> None:
    tool.add(10, ANN, result_of("cat"))
    orphan = tool.add(10, BEN, result_of("cat"))
    tool.log.removes([tool.row(orphan)])
    tool.database.change("update task_completion set completed_by_id = null where id = ?", [orphan])
    assert tool.number("agreement_percent", "pet") == (1.0, 1)
    tool.log.authors.clear()
    assert tool.number("agreement_percent", "pet") is None


def test_an_overwrite_leaves_the_authors_version_until_they_answer_again(tool: Tool) -> None:
    tool.add(10, ROOT, result_of("cat"), gold=True)
    tool.add(10, ANN, result_of("cat"))
    row = tool.row(tool.add(10, BEN, result_of("cat")))
    change = "update task_completion set result = ? where id = ?"
    tool.log.edits(row, by_author=False)
    tool.database.change(change, [result_of("dog"), row.number])
    assert tool.number("agreement_percent", "pet") == (1.0, 1)
    tool.log.edits(tool.row(row.number), by_author=True)
    assert tool.number("agreement_percent", "pet") == (0.0, 1)
    assert tool.number("gold_accuracy by annotator", "pet", "2") == (1.0, 1)


def test_differences_are_listed() -> None:
    ours: Numbers = {("progress", "a"): (0.5, 4), ("x", "a"): (1.0, 1), ("y", "a"): (None, 0)}
    assert differences(ours, dict(ours)) == []
    theirs: Numbers = {("progress", "a"): (0.5, 5), ("y", "a"): (0.0, 0), ("z", "a"): (1.0, 1)}
    assert [line.split(":")[0] for line in differences(ours, theirs)] == [
        "progress / a",
        "x / a",
        "y / a",
        "z / a",
    ]
