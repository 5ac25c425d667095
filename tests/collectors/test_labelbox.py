"""Labelbox's NDJSON: objects, classifications, reviews, benchmarks, projects."""

import json
from pathlib import Path
from typing import Any

import pytest

from labelpulse.core.errors import UsageError
from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    ItemRecord,
    PersonRecord,
    Status,
    Verdict,
)
from tests.collectors.exporting import CAT, DATA, answers, cut, of, read, scales

AT = 1_709_542_800_000_000  # 2024-03-04 09:00 UTC
MINUTE = 60_000_000


@pytest.fixture(scope="module")
def records() -> list[Any]:
    return read("labelbox", "labelbox.ndjson")


def by_id(records: list[Any]) -> dict[str, AnnotationRecord]:
    return {one.native_id: one for one in of(AnnotationRecord, records)}


def test_every_label_becomes_an_annotation(records: list[Any]) -> None:
    rows = [json.loads(line) for line in (DATA / "labelbox.ndjson").read_text().splitlines()]
    ids = [label["id"] for row in rows for label in row["projects"]["cpads"]["labels"]]
    assert list(by_id(records)) == ids
    assert [one.native_id for one in of(ItemRecord, records)] == [r["data_row"]["id"] for r in rows]
    assert of(BadRecord, records) == []


def test_objects_are_shares_of_their_picture(records: list[Any]) -> None:
    said, _ = answers(records, "img1")
    assert said["boxes"] == [[*CAT, "Cat"]]
    assert said["polygons"] == [[[[[0, 0], [1, 0], [1, 1]]], "Sofa"]]
    assert said["lines"] == [[{"line": [[0.1, 0.1], [0.2, 0.2]]}, "Tail"]]
    assert said["points"] == [[0.5, 0.5, "Nose"]]


def test_questions_open_others_and_are_asked_of_objects(records: list[Any]) -> None:
    said, other = answers(records, "img1")
    assert (said["quality"], said["quality / why"]) == ("Bad", "blurred")
    assert (said["tags"], said["note"]) == (["cat", "indoor"], "A cat asleep")
    assert said["Cat / asleep"] == [[[*CAT, "Cat"], "Yes"]]
    assert said["Cat / colour"] == [[[*CAT, "Cat"], ["black", "white"]]]
    assert "quality / why" not in other
    assert scales(records)["tags"] == "set"


def test_an_empty_checklist_is_an_answer_and_an_unasked_question_none(records: list[Any]) -> None:
    found = by_id(records)
    assert dict(found["lab2"].answers)["tags"] == []
    assert "tags" not in dict(found["lab3"].answers)
    assert dict(found["lab3"].answers)["boxes"] == []


def test_the_end_of_a_span_is_inclusive_there_and_exclusive_here(records: list[Any]) -> None:
    (said,) = answers(records, "txt1")
    text = "Ada Lovelace wrote to Charles Babbage in London."
    marked = [("Ada Lovelace", "PER"), ("Charles Babbage", "PER"), ("London", "LOC")]
    assert cut(said["spans"], text) == marked
    assert said["relations"] == [[[0, 12, "PER"], [22, 37, "PER"], "wrote to"]]
    (chat,) = answers(records, "chat1")
    assert chat["spans"] == [[["0", 0], ["0", 5], "GREETING"]]


def test_a_track_is_hidden_between_its_segments(records: list[Any]) -> None:
    (said,) = answers(records, "vid1")
    side = [0.1, 0.1, 0.1]
    frames = [[13, 0.1, *side, 0, 1], [14, 0.1, *side, 0, 0]]
    frames += [[18, 0.2, *side, 0, 1], [19, 0.225, *side, 0, 1]]
    assert said["tracks"] == [[frames, "Car"]]
    assert said["tags"] == ["road"]


def test_times_people_and_time_spent(records: list[Any]) -> None:
    one, two = by_id(records)["lab1"], by_id(records)["lab2"]
    assert (one.annotator, one.submitted_at, one.time_spent_ms) == ("ana@example.org", AT, 12_000)
    assert two.time_spent_ms == 7_500
    assert [one.native_id for one in of(PersonRecord, records)] == [
        "ana@example.org",
        "rev@example.org",
        "ben@example.org",
    ]


def test_a_skip_says_nothing(records: list[Any]) -> None:
    one = by_id(records)["lab6"]
    assert (one.status, one.answers) == (Status.SKIPPED, ())


def test_a_review_is_a_thumb_or_the_last_step_of_the_workflow(records: list[Any]) -> None:
    found = by_id(records)
    thumb = (Verdict.ACCEPTED, "rev@example.org", AT + 60 * MINUTE)
    step = (Verdict.ACCEPTED, "rev@example.org", AT + 120 * MINUTE)
    told = [(one.verdict, one.reviewer, one.reviewed_at) for one in found.values()]
    assert told == [thumb, (None, None, None), step, *[(None, None, None)] * 5]


def test_the_benchmark_is_marked_as_gold_and_nothing_else(records: list[Any]) -> None:
    assert [one.native_id for one in by_id(records).values() if one.gold_flag] == ["lab2"]


def test_what_cannot_be_shown_is_said(records: list[Any]) -> None:
    told = " ".join(records[0].remarks)
    assert "masks are behind addresses and stay unread (1 time)" in told
    assert "labels do not say who made them" in told
    assert by_id(records)["lab7"].annotator is None


def two_projects(folder: Path) -> Path:
    row = json.loads((DATA / "labelbox.ndjson").read_text().splitlines()[1])
    both = {"cpother": {**row["projects"]["cpads"], "name": "Other"}, **row["projects"]}
    label = row["projects"]["cpads"]["labels"][0]
    both["cpother"] = {**both["cpother"], "labels": [{**label, "id": "elsewhere"}]}
    alone = {**row, "data_row": {**row["data_row"], "id": "img9"}}
    alone["projects"] = {"cpother": both["cpother"]}
    path = folder / "catalog.ndjson"
    rows = [{**row, "projects": both}, alone]
    path.write_text("".join(f"{json.dumps(one)}\n" for one in rows))
    return path


def test_one_project_of_several_is_read(tmp_path: Path) -> None:
    records = read("labelbox", two_projects(tmp_path), "Ads")
    assert list(by_id(records)) == ["lab3"]
    assert [one.native_id for one in of(ItemRecord, records)] == ["img2"]
    assert "1 more of its projects are left out" in records[0].remarks[0]


def test_which_project_is_meant_has_to_be_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"2 projects.*'Other', 'Ads'"):
        read("labelbox", two_projects(tmp_path), "Cats")


def test_a_relation_to_nowhere_spoils_its_label_alone(tmp_path: Path) -> None:
    row = json.loads((DATA / "labelbox.ndjson").read_text().splitlines()[2])
    del row["projects"]["cpads"]["labels"][0]["annotations"]["objects"][0]
    path = tmp_path / "x.ndjson"
    path.write_text(json.dumps(row))
    (bad,) = of(BadRecord, read("labelbox", path))
    assert (bad.record, bad.reason) == ("line 1, label lab4", "bad_relation")
