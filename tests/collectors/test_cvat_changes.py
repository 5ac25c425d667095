"""What happens in CVAT, and what a warehouse that polls it holds afterwards."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from collectors.cvat import CvatDatabase
from labelpulse import schema
from labelpulse.core.events import Status, Verdict
from labelpulse.ingest.database.scan import Scanner
from labelpulse.ingest.runner import PollResult, Task, poll
from labelpulse.warehouse.store import Warehouse
from tests.ingest.importing import copy_of, held, make
from tests.support import cvat
from tests.support.cvat import Cvat

ANA, BOB, EVE = 6, 9, 2
CAT, DOG = 73, 74
JOB = 29
"""Five frames of task 23, each with one box, completed in acceptance, assigned to nobody."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "warehouse.db"
    make(f"sqlite:///{path}").engine.dispose()
    return path


@pytest.fixture
def tool(pg_database: str) -> Iterator[Cvat]:
    with cvat.filled(pg_database) as made:
        made.set_job(JOB, stage="annotation", state="completed", assignee_id=ANA)
        yield made


@pytest.fixture
def warehouse(template: Path, tmp_path: Path) -> Iterator[Warehouse]:
    made = copy_of(template, tmp_path / "warehouse.db")
    yield made
    made.engine.dispose()


Go = Callable[..., PollResult]


@pytest.fixture
def go(tool: Cvat, warehouse: Warehouse) -> Go:
    """One poll of the tool, as a process that has just begun makes it."""

    def run(**how: Any) -> PollResult:
        options = {name: how.pop(name) for name in ("assignee_stays",) if name in how}
        live = CvatDatabase(tool.url, name="cvat", projects=("task-23",), **options)
        result = poll(warehouse, Task("cvat", "cvat-db", live, **how))
        assert result.gaps == {}
        return result

    return run


def frame(warehouse: Warehouse, job: int, number: int) -> dict[str, Any]:
    return held(warehouse)[f"{job}:{number}", ""]


def author(warehouse: Warehouse, job: int, number: int) -> str | None:
    """Native id of an annotation's author; None = unknown."""
    key, row, who = schema.annotation_key.c, schema.annotation.c, schema.annotator_identity.c
    with warehouse.engine.connect() as conn:
        return conn.scalar(
            select(who.native_id)
            .join(schema.annotation, row.annotator_id == who.annotator_id)
            .join(schema.annotation_key, key.annotation_id == row.id)
            .where(key.native_id == f"{job}:{number}", who.native_id != "")
        )


def reviews(warehouse: Warehouse, job: int, number: int) -> list[tuple[Verdict, bool]]:
    """Verdicts on an annotation, and whether their time is known, in the order of times."""
    key, said = schema.annotation_key.c, schema.review.c
    with warehouse.engine.connect() as conn:
        rows = conn.execute(
            select(said.verdict, said.at)
            .join(schema.annotation_key, key.annotation_id == said.annotation_id)
            .where(key.native_id == f"{job}:{number}")
            .order_by(said.at)
        )
        return [(Verdict(row.verdict), row.at is not None) for row in rows]


def boxes(warehouse: Warehouse, job: int, number: int) -> Any:
    return frame(warehouse, job, number)["answers"][0, "shapes"]


def shape_on(tool: Cvat, job: int, number: int) -> int:
    return int(
        tool.one("SELECT id FROM engine_labeledshape WHERE job_id = %s AND frame = %s", job, number)
    )


def test_a_second_poll_changes_nothing(warehouse: Warehouse, go: Go) -> None:
    assert go().loaded == 14
    again = go(sweep=True)
    assert (again.loaded, again.deleted, again.repaired, again.quarantined) == (0, 0, 0, 0)
    assert sum(one["status"] == Status.SUBMITTED for one in held(warehouse).values()) == 14


def test_an_edit_makes_new_objects_and_changes_one_annotation(
    tool: Cvat, warehouse: Warehouse, go: Go
) -> None:
    go()
    before = held(warehouse)
    tool.edit(shape_on(tool, JOB, 2), [0, 0, 100, 100])
    assert go().loaded == 1
    after = held(warehouse)
    changed = {key[0] for key in after if after[key]["answers"] != before[key]["answers"]}
    assert changed == {f"{JOB}:2"}
    assert boxes(warehouse, JOB, 2).startswith("[[0,0,")
    assert after.keys() == before.keys()


def test_saving_everything_anew_changes_nothing(tool: Cvat, warehouse: Warehouse, go: Go) -> None:
    go()
    before = held(warehouse)
    for number in range(5):
        old = shape_on(tool, JOB, number)
        points = tool.one("SELECT points FROM engine_labeledshape WHERE id = %s", old)
        tool.edit(old, list(map(float, points.split(","))))
    assert go().loaded == 0
    assert held(warehouse) == before


def test_another_assignee_is_the_author_from_then_on(
    tool: Cvat, warehouse: Warehouse, go: Go
) -> None:
    go()
    assert author(warehouse, JOB, 0) == str(ANA)
    tool.set_job(JOB, assignee_id=BOB)
    go()
    assert author(warehouse, JOB, 0) == str(BOB)


def test_a_reviewer_is_no_author_and_what_they_change_is_fixed(
    tool: Cvat, warehouse: Warehouse, go: Go
) -> None:
    go()
    first = frame(warehouse, JOB, 0)["submitted_at"]
    tool.set_job(JOB, stage="validation", state="new", assignee_id=BOB)
    assert go().deleted == 0
    tool.edit(shape_on(tool, JOB, 0), [0, 0, 50, 50])
    go()
    tool.set_job(JOB, stage="acceptance", state="completed", assignee_id=EVE)
    go()
    assert [author(warehouse, JOB, number) for number in (0, 1)] == [str(ANA)] * 2
    assert reviews(warehouse, JOB, 0) == [(Verdict.ACCEPTED, False), (Verdict.FIXED, False)]
    assert reviews(warehouse, JOB, 1) == [(Verdict.ACCEPTED, False)]
    assert frame(warehouse, JOB, 0)["submitted_at"] == first
    versions = {version for version, _ in frame(warehouse, JOB, 0)["answers"]}
    assert len(versions) > 1, "the author's own version is kept beside the reviewer's"


def test_an_assignee_may_stay_the_author(tool: Cvat, warehouse: Warehouse, go: Go) -> None:
    tool.set_job(JOB, stage="acceptance", state="completed", assignee_id=ANA)
    go()
    assert author(warehouse, JOB, 0) is None
    go(assignee_stays=True, sweep=True)
    assert author(warehouse, JOB, 0) == str(ANA)


def test_a_job_that_is_opened_again_is_work_in_progress(
    tool: Cvat, warehouse: Warehouse, go: Go
) -> None:
    go()
    first = frame(warehouse, JOB, 0)
    tool.set_job(JOB, state="in progress")
    go()
    again = frame(warehouse, JOB, 0)
    assert (again["deleted"], again["answers"]) == (False, first["answers"])
    tool.edit(shape_on(tool, JOB, 0), [0, 0, 10, 10])
    go()
    assert frame(warehouse, JOB, 0)["answers"] == first["answers"], "a draft says nothing yet"
    tool.set_job(JOB, state="completed")
    go()
    assert boxes(warehouse, JOB, 0) != first["answers"][0, "shapes"]
    assert frame(warehouse, JOB, 0)["submitted_at"] == first["submitted_at"]


def test_frames_without_objects_are_answers_once_their_job_is_completed(
    tool: Cvat, warehouse: Warehouse, go: Go
) -> None:
    made = tool.job(23, 5, 9, assignee_id=BOB)
    tool.draw(made, 6, CAT, [1, 1, 9, 9])
    go()
    assert {key for key, _ in held(warehouse) if key.startswith(f"{made}:")} == {f"{made}:6"}
    assert frame(warehouse, made, 6)["status"] == Status.DRAFT
    tool.set_job(made, state="completed")
    go()
    found = [boxes(warehouse, made, number) for number in range(5, 10)]
    assert [one == "[]" for one in found] == [True, False, True, True, True]
    assert author(warehouse, made, 5) == str(BOB)


def test_a_deleted_job_leaves_nothing_behind_and_is_found_by_the_counts(
    tool: Cvat, warehouse: Warehouse, go: Go
) -> None:
    go()
    tool.delete_job(30)
    result = go()
    assert result.swept
    gone = {key for (key, _), one in held(warehouse).items() if one["deleted"]}
    assert gone == {f"30:{number}" for number in range(5, 10)}


def test_an_issue_rejects_a_frame_and_settling_it_says_fixed(
    tool: Cvat, warehouse: Warehouse, go: Go
) -> None:
    go()
    issue = tool.raise_issue(JOB, 3, EVE)
    go()
    assert reviews(warehouse, JOB, 3) == [(Verdict.REJECTED, True)]
    tool.resolve(issue)
    go()
    assert reviews(warehouse, JOB, 3) == [(Verdict.REJECTED, True), (Verdict.FIXED, True)]
    assert reviews(warehouse, JOB, 2) == []


def test_the_first_tag_makes_frames_without_one_say_so(
    tool: Cvat, warehouse: Warehouse, go: Go
) -> None:
    go()
    assert (0, "tags") not in frame(warehouse, JOB, 0)["answers"]
    tool.tag(JOB, 1, DOG)
    go()
    tags = [frame(warehouse, job, at)["answers"][0, "tags"] for job, at in ((JOB, 1), (31, 10))]
    assert tags == ["dog", "[]"]


def test_a_job_that_commits_late_is_met_by_the_next_poll(
    tool: Cvat, warehouse: Warehouse, go: Go
) -> None:
    go()
    with tool.held_open():
        made = tool.job(23, 0, 4, assignee_id=BOB, state="completed")
        tool.draw(made, 0, CAT, [1, 1, 9, 9])
        other = Cvat(tool.url)
        other.set_job(JOB, assignee_id=BOB)  # a later stamp that is seen first
        other.close()
        go()
    assert (f"{made}:0", "") not in held(warehouse)
    go(sweep=False)
    assert frame(warehouse, made, 0)["status"] == Status.SUBMITTED


def test_a_poll_looks_at_few_jobs(
    tool: Cvat, warehouse: Warehouse, go: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old jobs of the data are beyond the overlap, and only the newest ids are looked at again."""
    go()
    met: list[str] = []
    changes = Scanner.changes

    def noted(self: Scanner, *words: Any) -> Iterator[Any]:
        for page in changes(self, *words):
            met.extend(one.native_id for one in page.records)
            yield page

    monkeypatch.setattr(Scanner, "changes", noted)
    go(sweep=False)
    assert {one.split(":")[0] for one in met} == {str(JOB)}
