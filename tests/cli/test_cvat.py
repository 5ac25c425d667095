"""CVAT's own test data from the command line: first look, one poll, numbers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Verb
from tests.support import cvat
from tests.support.cvat import Cvat


@pytest.fixture
def tool(pg_database: str) -> Iterator[Cvat]:
    cvat.fill(pg_database)
    made = Cvat(pg_database)
    yield made
    made.close()


def test_the_sample_is_found_polled_and_counted(verb: Verb, folder: Path, tool: Cvat) -> None:
    tool.set_job(29, stage="annotation", assignee_id=6)
    tool.set_job(30, stage="annotation", assignee_id=9)
    found = verb("init", tool.url, "--json").json
    assert found["tool"] == "CVAT"
    task = "task with several jobs and ground truth job"
    assert {one["title"]: one["gold_candidates"] for one in found["projects"]}[task] == {"job": 3}
    settings = folder / "labelpulse.toml"
    assert 'type = "cvat-db"' in settings.read_text()
    with settings.open("a") as file:
        file.write(f'\n[[projects]]\nsource = "cvat"\ntitle = "{task}"\ngold = "job"\n')
    done = verb("collect", "--once")
    assert done.code == 0, done.err
    rows = verb("query", "annotations_submitted", "--by", "project", "--json").json["rows"]
    assert {row["project"]: row["value"] for row in rows if row["value"]} == {
        "project1": 10,
        "task3_with_gt_job": 3,
        task: 14,
    }
    (row,) = verb("query", "reconciliation_gap", "--json", "--project", task).json["rows"]
    assert row["value"] == 0
    reviewed = verb("query", "review_acceptance", "--project", task, "--json").json["rows"]
    assert [(one["value"], one["n"]) for one in reviewed] == [(1, 1)]
    assert verb("verify").code == 0
    tested = verb("sources", "test", "cvat")
    assert tested.code == 0, tested.err


def test_two_who_drew_the_same_agree(verb: Verb, folder: Path, tool: Cvat) -> None:
    """A second job on the frames of job 29: the same boxes but for one that is elsewhere."""
    tool.set_job(29, stage="annotation", assignee_id=6)
    second = tool.job(23, 0, 4, assignee_id=9, state="completed")
    for frame, points in tool.all(
        "SELECT frame, points FROM engine_labeledshape WHERE job_id = 29 ORDER BY frame"
    ):
        away = [0, 0, 5, 5] if frame == 4 else map(float, points.split(","))
        tool.draw(second, frame, 73, list(away))
    assert verb("init", tool.url).code == 0
    assert verb("collect", "--once").code == 0
    task = "task with several jobs and ground truth job"
    (row,) = verb("query", "match_f1", "--project", task, "--json").json["rows"]
    assert (row["value"], row["n"]) == (pytest.approx(4 / 5), 5)
