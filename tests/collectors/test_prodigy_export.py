"""What Prodigy's db-out writes, through the mapping that its database shares."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from labelpulse.core.days import SECOND
from labelpulse.core.events import AnnotationRecord, BadRecord, ItemRecord, PersonRecord, Status
from tests.collectors.exporting import CAT, DATA, answers, cut, of, read, scales


def test_every_task_is_an_answer_of_its_session() -> None:
    records = read("prodigy", "prodigy.jsonl")
    notes = of(AnnotationRecord, records)
    assert [one.annotator for one in notes] == ["abe", "bea", "abe", "abe", "bea", "abe", "abe"]
    assert [one.native_id for one in of(PersonRecord, records)] == ["abe", "bea"]
    assert notes[0].submitted_at == 1_700_000_011 * SECOND
    assert notes[2].status == Status.SKIPPED
    assert scales(records) == {
        "label": "nominal",
        "spans": "span",
        "shapes": "geometry",
        "segments": "span",
    }


def test_what_was_answered() -> None:
    records = read("prodigy", "prodigy.jsonl")
    assert answers(records, "11") == [{"label": "POS"}, {"label": "NEG"}]
    marked, nothing = answers(records, "13")
    assert cut(marked["spans"], "😀 Ada met IBM in Köln") == [("Ada", "PER"), ("IBM", "ORG")]
    assert nothing == {}
    assert answers(records, "14") == [{"shapes": [[*CAT, "CAT"]]}]
    assert answers(records, "15") == [{"segments": [[1.5, 3.25, "SPEECH"]]}]


def test_sessions_begin_with_the_name_of_the_dataset_which_is_the_files(tmp_path: Path) -> None:
    shutil.copy(DATA / "prodigy.jsonl", tmp_path / "other.jsonl")
    records = read("prodigy", tmp_path / "other.jsonl")
    assert {one.annotator for one in of(AnnotationRecord, records)} == {
        "prodigy-abe",
        "prodigy-bea",
    }


def test_a_task_that_says_nothing_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "prodigy.jsonl"
    first = (DATA / "prodigy.jsonl").read_text().splitlines()[0]
    path.write_text(f"{first}\n{first.replace('accept', 'maybe', 3)}\n")
    records = read("prodigy", path)
    assert [(one.record, one.reason) for one in of(BadRecord, records)] == [
        ("line 2", "unknown_answer")
    ]
    assert len(of(AnnotationRecord, records)) == 1


def test_a_question_about_a_task_is_no_repeat_of_another_with_its_text(tmp_path: Path) -> None:
    asked = '{"text": "a", "_input_hash": 1, "_task_hash": %d, "answer": "accept"%s}'
    lines = [asked % (1, ""), asked % (2, ""), asked % (3, ', "label": "NEWS"')]
    path = tmp_path / "news.jsonl"
    path.write_text("\n".join(lines))
    items = of(ItemRecord, read("prodigy", path))
    assert [bool(one.content) for one in items] == [False, False, True]


# --- forms of public data sets (explosion/prodigy-recipes and others), with invented values ---

RECT = [[10, 20], [10, 60], [110, 60], [110, 20]]
TASKS: dict[str, tuple[dict[str, Any], dict[str, Any], str | None]] = {
    "old, no interface, no session": (
        {"text": "nope", "label": "RUDE", "score": 0.2, "spans": [], "answer": "reject"},
        {"RUDE": "reject"},
        None,
    ),
    "session without a name": (
        {
            "text": "Some refs here",
            "_view_id": "spans_manual",
            "spans": [{"start": 5, "end": 9, "token_start": 1, "token_end": 1, "label": "REF"}],
            "answer": "accept",
            "_annotator_id": "2023-07-25_14-50-21",
            "_session_id": None,
        },
        {"spans": [[5, 9, "REF"]]},
        None,
    ),
    "box with its points beside its sides": (
        {
            "image": "a.jpg",
            "_view_id": "image_manual",
            "width": 200,
            "height": 100,
            "spans": [
                {
                    "x": 10,
                    "y": 20,
                    "width": 100,
                    "height": 40,
                    "label": "Line",
                    "center": [60, 40],
                    "type": "rect",
                    "points": RECT,
                }
            ],
            "answer": "accept",
            "_annotator_id": "lines-abe",
        },
        {"shapes": [[0.05, 0.2, 0.5, 0.4, "Line"]]},
        "abe",
    ),
}


@pytest.mark.parametrize("form", TASKS)
def test_prodigy_tasks_of_public_data_sets(tmp_path: Path, form: str) -> None:
    task, said, who = TASKS[form]
    task = {**task, "_input_hash": -1577368976, "_task_hash": -126749202}
    path = tmp_path / "lines.jsonl"
    path.write_text(json.dumps(task))
    records = read("prodigy", path)
    assert answers(records, "-1577368976") == [said]
    (one,) = of(AnnotationRecord, records)
    assert (one.annotator, one.submitted_at) == (who, None)
