"""Assignments of Toloka, in the form that its documentation shows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collectors.toloka import Toloka
from labelpulse.core.days import iso
from labelpulse.core.errors import UsageError
from labelpulse.core.events import Status, Verdict
from labelpulse.testing import FileFormatContract
from tests.ingest.importing import load, make
from tests.support.crowd import Inspection, values, written

Read = Callable[..., Inspection]


def task(n: int, suite: str = "s1", worker: str = "w1", **more: Any) -> dict[str, Any]:
    return {
        "INPUT:image": f"i{n}.jpg",
        "OUTPUT:result": "cat",
        "GOLDEN:result": "",
        "HINT:text": "",
        "ASSIGNMENT:link": "https://example.org",
        "ASSIGNMENT:assignment_id": suite,
        "ASSIGNMENT:worker_id": worker,
        "ASSIGNMENT:status": "APPROVED",
        "ASSIGNMENT:started": "2024-03-04T09:00:00.500",
        **more,
    }


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(rows: list[dict[str, Any]], **options: Any) -> Inspection:
        return Inspection(Toloka(), written(tmp_path / "pool.tsv", rows, "\t"), **options)

    return read


def test_a_row_is_a_task_of_a_suite(read: Read) -> None:
    found = read([task(n) for n in range(2)])
    assert [one.item for one in found.notes] == ["i0.jpg", "i1.jpg"]
    assert len({one.native_id for one in found.notes}) == 2
    assert {one.annotator for one in found.notes} == {"w1"}
    assert found.notes[0].answers == (("result", "cat"),)
    assert iso(found.notes[0].started_at) == "2024-03-04T09:00:00.500000Z"
    assert found.notes[0].submitted_at is None
    assert "--map submitted_at=ASSIGNMENT:started" in found.remarks


def test_a_suites_time_is_shared_among_its_tasks(read: Read) -> None:
    done = {"ASSIGNMENT:submitted": "2024-03-04T09:01:00.500"}
    found = read([task(n, **done) for n in range(4)] + [task(9, "s2", **done)])
    assert [one.time_spent_ms for one in found.notes] == [15_000] * 4 + [60_000]
    assert "submitted_at" not in found.remarks


@pytest.mark.parametrize(
    ("word", "status", "verdict"),
    [
        ("SUBMITTED", Status.SUBMITTED, None),
        ("APPROVED", Status.SUBMITTED, Verdict.ACCEPTED),
        ("ACCEPTED", Status.SUBMITTED, Verdict.ACCEPTED),
        ("REJECTED", Status.SUBMITTED, Verdict.REJECTED),
        ("SKIPPED", Status.SKIPPED, None),
        ("EXPIRED", Status.DRAFT, None),
        ("ACTIVE", Status.DRAFT, None),
    ],
)
def test_status_words(read: Read, word: str, status: Status, verdict: Verdict | None) -> None:
    (note,) = read([task(0, **{"ASSIGNMENT:status": word})]).notes
    assert (note.status, note.verdict) == (status, verdict)


def test_items_are_inputs_or_ids(read: Read) -> None:
    two = read([task(n, **{"INPUT:text": "x"}) for n in range(2)])
    first, second = (one.item for one in two.notes)
    assert first != second
    again = read([task(0, "s9", "w9", **{"INPUT:text": "x"})])
    assert again.notes[0].item == first
    named = read([task(0, **{"ASSIGNMENT:task_id": "t7"})])
    assert named.notes[0].item == "t7"
    mapped = read([task(0, **{"INPUT:id": "d4"})], columns={"item": "INPUT:id"})
    assert mapped.notes[0].item == "d4"


def test_golden_answers_are_gold(read: Read, tmp_path: Path) -> None:
    rows = [
        task(n, f"s{worker}", f"w{worker}", **{"GOLDEN:result": "cat" if n else ""})
        for n in range(3)
        for worker in range(2)
    ]
    rows[-1]["OUTPUT:result"] = "dog"
    found = read(rows)
    assert [one.gold for one in found.notes[:3]] == [(), (), (("result", "cat"),)]
    warehouse = make(f"sqlite:///{tmp_path / 'w.db'}")
    load(warehouse, tmp_path / "pool.tsv")
    assert values(warehouse, "gold_accuracy") == {None: 0.75}
    assert values(warehouse, "review_acceptance") == {None: 1}


def test_outputs_may_be_lists_and_shapes_in_shares(read: Read) -> None:
    drawn = [
        {"type": "rectangle", "data": {"p1": {"x": 0.1, "y": 0.2}, "p2": {"x": 0.5, "y": 0.4}}},
        {"shape": "rectangle", "left": 0, "top": 0, "width": 0.5, "height": 1, "label": "cat"},
        {"type": "point", "data": {"p1": {"x": 0.5, "y": 0.5}}},
        {
            "shape": "polygon",
            "points": [{"left": 0, "top": 0}, {"left": 1, "top": 0}, {"left": 0, "top": 1}],
        },
    ]
    more = {"OUTPUT:shapes": json.dumps(drawn), "OUTPUT:tags": '["b", "a"]', "OUTPUT:ok": "true"}
    found = read([task(0, **more)])
    assert found.scales == {
        "result": "nominal",
        "shapes": "geometry",
        "tags": "set",
        "ok": "nominal",
    }
    said = dict(found.notes[0].answers)
    assert (said["tags"], said["ok"]) == (["a", "b"], "true")
    assert sorted(map(str, said["shapes"])) == sorted(
        map(
            str,
            [
                [0.1, 0.2, 0.4, 0.2, None],
                [0, 0, 0.5, 1, "cat"],
                [0.5, 0.5, None],
                [[[[0, 0], [1, 0], [0, 1]]], None],
            ],
        )
    )


def test_a_shape_without_points_costs_its_row(read: Read) -> None:
    rows = [task(n, **{"OUTPUT:s": '[{"type": "rectangle", "data": {}}]'}) for n in range(2)]
    rows[1]["OUTPUT:s"] = '[{"type": "point", "data": {"x": 0.5, "y": 0.5}}]'
    assert read(rows).bad == [("line 2", "bad_value")]


class TestContract(FileFormatContract):
    @pytest.fixture
    def form(self) -> Toloka:
        return Toloka()

    @pytest.fixture
    def sample(self, tmp_path: Path) -> Path:
        rows = [task(n, f"s{worker}", f"w{worker}") for n in range(3) for worker in range(2)]
        return written(tmp_path / "pool.tsv", rows, "\t")


def test_a_set_that_cannot_be_read_is_no_answer_of_nothing(read: Read) -> None:
    said = ('["a", "b"]', "", '[{"type": "odd"}]')
    found = read([task(n, f"s{n}", **{"OUTPUT:result": one}) for n, one in enumerate(said)])
    assert [one.answers for one in found.notes] == [
        (("result", ["a", "b"]),),
        (("result", []),),
        (),
    ]


def test_a_file_without_its_suites_is_told(read: Read) -> None:
    row = task(1)
    del row["ASSIGNMENT:assignment_id"]
    with pytest.raises(UsageError, match="no column 'ASSIGNMENT:assignment_id'"):
        read([row])
