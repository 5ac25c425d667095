"""Batch results of Mechanical Turk, in the form that its documentation and public files show."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collectors.mturk import MTurk
from labelpulse.core.days import iso
from labelpulse.core.errors import UsageError
from labelpulse.core.events import Verdict
from labelpulse.ingest.formats import find_format
from labelpulse.testing import FileFormatContract
from tests.ingest.importing import load, make
from tests.support.crowd import Inspection, values, written

Read = Callable[..., Inspection]


def assignment(n: int, hit: str = "H1", worker: str = "", **more: Any) -> dict[str, Any]:
    return {
        "HITId": hit,
        "HITTypeId": "T1",
        "RequesterAnnotation": "BatchId:2932283;OriginalHitTemplateId:920937342;",
        "MaxAssignments": "3",
        "AssignmentId": f"A{n}",
        "WorkerId": worker or f"W{n}",
        "AssignmentStatus": "Submitted",
        "AcceptTime": "Mon Oct 02 09:38:48 PDT 2017",
        "SubmitTime": f"Mon Oct 02 09:{39 + n}:18 PDT 2017",
        "AutoApprovalTime": "2017-10-05 16:39:18 UTC",
        "ApprovalTime": "",
        "RejectionTime": "",
        "WorkTimeInSeconds": "30",
        "Input.url": "a.png",
        **more,
    }


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(rows: list[dict[str, Any]], **options: Any) -> Inspection:
        return Inspection(MTurk(), written(tmp_path / "batch.csv", rows), **options)

    return read


def test_a_row_is_an_assignment_of_a_hit(read: Read) -> None:
    found = read([assignment(0, **{"Answer.tone": "good"})])
    (note,) = found.notes
    assert (note.native_id, note.item, note.annotator, note.batch) == ("A0", "H1", "W0", "2932283")
    assert iso(note.started_at) == "2017-10-02T16:38:48Z"
    assert iso(note.submitted_at) == "2017-10-02T16:39:18Z"
    assert (note.time_spent_ms, note.answers) == (30_000, (("tone", "good"),))
    (item,) = found.items
    assert (item.required, bool(item.content)) == (3, True)


def test_hits_of_the_same_input_show_the_same(read: Read) -> None:
    rows = [assignment(n, f"H{n}", **{"Answer.x": "y", "Input.url": "ab"[n > 1]}) for n in range(3)]
    first, second, third = (one.content for one in read(rows).items)
    assert first == second != third


@pytest.mark.parametrize(
    ("status", "times", "verdict", "reviewed"),
    [
        ("Submitted", {}, None, None),
        (
            "Approved",
            {"ApprovalTime": "2017-10-02 18:00:00 UTC"},
            Verdict.ACCEPTED,
            "2017-10-02T18:00:00Z",
        ),
        (
            "Rejected",
            {"RejectionTime": "Mon Oct 02 11:00:00 PDT 2017"},
            Verdict.REJECTED,
            "2017-10-02T18:00:00Z",
        ),
        ("Approved", {"ApprovalTime": "2017-10-05 16:39:19 UTC"}, None, None),
    ],
)
def test_a_status_is_a_verdict_but_an_automatic_one(
    read: Read, status: str, times: dict[str, str], verdict: Verdict | None, reviewed: str | None
) -> None:
    rows = [assignment(0, AssignmentStatus=status, **times, **{"Answer.x": "y"})]
    found = read(rows)
    (note,) = found.notes
    assert (note.verdict, iso(note.reviewed_at)) == (verdict, reviewed)
    automatic = status == "Approved" and verdict is None
    assert ("1 assignment was approved automatically" in found.remarks) == automatic


def test_a_status_that_nobody_knows_costs_its_row(read: Read) -> None:
    rows = [assignment(n, **{"Answer.x": "y"}) for n in range(2)]
    rows[0]["AssignmentStatus"] = "Lost"
    assert read(rows).bad == [("line 2", "unknown_status")]


def test_columns_of_options_are_one_question(read: Read) -> None:
    rows = [
        {"Answer.tone.good": "true", "Answer.tone.bad": "false", "Answer.sure.on": "TRUE"},
        {"Answer.tone.good": "false", "Answer.tone.bad": "true", "Answer.sure.on": "false"},
    ]
    found = read([assignment(n, **row) for n, row in enumerate(rows)])
    assert found.scales == {"tone": "nominal", "sure": "nominal"}
    assert [dict(one.answers) for one in found.notes] == [
        {"tone": "good", "sure": "true"},
        {"tone": "bad", "sure": "false"},
    ]


def test_several_options_at_once_are_a_set(read: Read) -> None:
    rows = [
        {"Answer.tags.a": "true", "Answer.tags.b": "true"},
        {"Answer.tags.a": "false", "Answer.tags.b": "false"},
    ]
    found = read([assignment(n, **row) for n, row in enumerate(rows)])
    assert found.scales == {"tags": "set"}
    assert [one.answers for one in found.notes] == [(("tags", ["a", "b"]),), (("tags", []),)]


def test_columns_with_dots_that_hold_texts_are_questions(read: Read) -> None:
    rows = [
        {"Answer.tone.label": "good", "Answer.more.note": "first", "Answer.tags": "a|b"},
        {"Answer.tone.label": "bad", "Answer.more.note": "second", "Answer.tags": "a"},
    ]
    found = read([assignment(n, **row) for n, row in enumerate(rows)])
    assert found.scales == {"tags": "set", "tone": "nominal", "more.note": "nominal"}
    assert dict(found.notes[0].answers) == {
        "tags": ["a", "b"],
        "tone": "good",
        "more.note": "first",
    }


def test_task_answers_hold_every_question_as_json(read: Read) -> None:
    said: list[dict[str, Any]] = [
        {
            "tone": {"label": "good"},
            "tags": {"labels": ["b", "a"]},
            "sure": {"on": True},
            "pick": {"x": False, "y": True},
            "stars": 4,
            "note": "fine",
            "boxes": {
                "annotatedResult": {
                    "boundingBoxes": [
                        {"left": 64, "top": 48, "width": 320, "height": 240, "label": "cat"}
                    ],
                    "inputImageProperties": {"width": 640, "height": 480},
                }
            },
            "points": {
                "annotatedResult": {
                    "keypoints": [{"x": 320, "y": 120, "label": "eye"}],
                    "inputImageProperties": {"width": 640, "height": 480},
                }
            },
            "names": {"entities": [{"startOffset": 0, "endOffset": 3, "label": "PER"}]},
            "mask": {"labeledImage": {"pngImageData": "…"}},
        }
    ]
    found = read([assignment(0, **{"Answer.taskAnswers": json.dumps(said)})])
    assert dict(found.notes[0].answers) == {
        "tone": "good",
        "tags": ["a", "b"],
        "sure": "true",
        "pick": "y",
        "stars": 4,
        "note": "fine",
        "boxes": [[0.1, 0.1, 0.5, 0.5, "cat"]],
        "points": [[0.5, 0.25, "eye"]],
        "names": [[0, 3, "PER"]],
    }
    assert "mask: answers of a kind that is not read yet" in found.remarks


def test_answers_that_are_no_json_cost_their_row(read: Read) -> None:
    rows = [assignment(n, **{"Answer.taskAnswers": '[{"x": "y"}]'}) for n in range(3)]
    rows[0]["Answer.taskAnswers"] = '[{"x": '
    rows[1]["Answer.taskAnswers"] = '["x"]'
    assert read(rows).bad == [("line 2", "bad_json"), ("line 3", "bad_answers")]


def test_known_answers_come_by_a_map(read: Read, tmp_path: Path) -> None:
    rows = [
        assignment(n, **{"Answer.x": "good" if n else "bad", "Input.truth": "good"})
        for n in range(3)
    ]
    found = read(rows, columns={"gold": "Input.truth"})
    assert {one.gold for one in found.notes} == {(("x", "good"),)}
    path = tmp_path / "batch.csv"
    columns = {"gold": "Input.truth", "item": "Input.url"}
    assert find_format(path, mapped=columns).name == "mturk"
    warehouse = make(f"sqlite:///{tmp_path / 'w.db'}")
    load(warehouse, path, columns=columns)
    assert values(warehouse, "gold_accuracy") == {None: pytest.approx(2 / 3)}


def test_known_answers_of_one_of_several_questions_need_a_label(read: Read) -> None:
    rows = [assignment(0, **{"Answer.x": "y", "Answer.z": "n", "Input.truth": "y"})]
    with pytest.raises(UsageError, match="asks 2 questions"):
        read(rows, columns={"gold": "Input.truth"})
    found = read(rows, columns={"gold": "Input.truth", "label": "Answer.x"})
    assert (found.scales, found.notes[0].gold) == ({"Answer.x": "nominal"}, (("Answer.x", "y"),))
    assert read(rows, columns={"label": "z"}).scales == {"z": "nominal"}


def test_a_column_that_is_there_twice_is_two_columns(tmp_path: Path) -> None:
    path = written(tmp_path / "batch.csv", [assignment(0, **{"Answer.x": "y", "Answer.z": "n"})])
    path.write_text(path.read_text().replace("Answer.z", "Answer.x", 1))
    assert Inspection(MTurk(), path).notes[0].answers == (("x", "y"), ("x (2)", "n"))


def test_a_file_without_workers_is_wrong_usage(read: Read) -> None:
    row = assignment(0, **{"Answer.x": "y"})
    del row["WorkerId"]
    with pytest.raises(UsageError, match="no column 'WorkerId' for annotator"):
        read([row])


class TestContract(FileFormatContract):
    @pytest.fixture
    def form(self) -> MTurk:
        return MTurk()

    @pytest.fixture
    def sample(self, tmp_path: Path) -> Path:
        rows = [assignment(n, **{"Answer.x": "yn"[n % 2]}) for n in range(6)]
        return written(tmp_path / "batch.csv", rows)
