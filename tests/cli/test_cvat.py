"""CVAT's own test data from the command line: first look, one poll, numbers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


def test_shapes_are_held_against_the_ground_truth_job(verb: Verb, folder: Path, tool: Cvat) -> None:
    """Job 32 knows a box on each of three frames; its own people drew one each, too."""
    tool.set_job(29, stage="annotation", assignee_id=6)
    tool.set_job(30, stage="annotation", assignee_id=9)
    drawn: dict[int, dict[int, Any]] = {29: {}, 30: {}, 32: {}}
    ((told,),) = tool.all("SELECT frames FROM engine_segment WHERE id = 32")
    known = set(map(int, told.split(",")))
    for job, frame, points in tool.all(
        "SELECT job_id, frame, points FROM engine_labeledshape WHERE job_id IN (29, 30, 32)"
    ):
        drawn[job][frame] = tuple(map(float, points.split(",")))
    shares = {
        (job, frame): overlap(box, drawn[32][frame])
        for job in (29, 30)
        for frame, box in drawn[job].items()
        if frame in known
    }
    assert verb("init", tool.url).code == 0
    task = "task with several jobs and ground truth job"
    with (folder / "labelpulse.toml").open("a") as file:
        file.write(f'\n[[projects]]\nsource = "cvat"\ntitle = "{task}"\ngold = "job"\n')
    assert verb("collect", "--once").code == 0
    asked = ("--project", task, "--min-n", "1", "--json")
    rows = verb("query", "gold_match_f1", "--by", "batch", *asked).json["rows"]
    for row in rows:
        own = [share >= 0.5 for (job, _), share in shares.items() if f"job {job}" == row["batch"]]
        assert (row["n"], row["value"]) == (len(own), sum(own) / len(own))
    assert sum(row["n"] for row in rows) == len(shares) == 3
    (row,) = verb("query", "gold_match_iou", *asked).json["rows"]
    near = [share for share in shares.values() if share >= 0.5]
    assert (row["value"], row["matches"]) == (pytest.approx(sum(near) / len(near), abs=1e-5), 2)


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """The IoU of two boxes, given as corners."""
    wide = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    high = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = ((x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in (a, b))
    return wide * high / (sum(areas) - wide * high)
