"""Label Studio's JSON export, from real samples and spoiled ones."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collectors.label_studio_export import LabelStudioExport
from labelpulse.core.errors import FileRefused
from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    ControlRecord,
    ItemRecord,
    PersonRecord,
    PredictionRecord,
    ProjectRecord,
    Scale,
    Status,
)
from labelpulse.source import FileRecord, ImportOptions

DATA = Path(__file__).resolve().parents[1] / "data" / "label_studio"
FORMAT = LabelStudioExport()
Spoil = Callable[[list[Any]], Any]


def read(path: Path) -> list[FileRecord]:
    return list(FORMAT.read(path, ImportOptions("Trial")))


def of(kind: type[Any], records: list[FileRecord]) -> list[Any]:
    return [one for one in records if type(one) is kind]


@pytest.mark.parametrize(
    ("name", "control"),
    [
        ("image_classification", ControlRecord("cls", Scale.NOMINAL, None, "choices")),
        ("image_classification.snapshot", ControlRecord("cls", Scale.NOMINAL, None, "choices")),
        ("audio_classification", ControlRecord("kind", Scale.SET, None, "choices")),
        ("bounding_boxes", ControlRecord("box", Scale.GEOMETRY, None, "rectanglelabels")),
        ("text_ner", ControlRecord("ner", Scale.SPAN, None, "labels")),
    ],
)
def test_a_sample_gives_every_row(name: str, control: ControlRecord) -> None:
    path = DATA / f"{name}.json"
    tasks = json.loads(path.read_text())
    records = read(path)
    project = records[0]
    assert isinstance(project, ProjectRecord)
    assert (project.title, project.required) == ("Trial", None)
    assert project.controls[0] == control
    assert of(ProjectRecord, records) == [project]
    assert of(BadRecord, records) == []
    assert [one.native_id for one in of(ItemRecord, records)] == [str(t["id"]) for t in tasks]
    rows = {str(a["id"]): a for t in tasks for a in t["annotations"]}
    made = {a.native_id: a for a in of(AnnotationRecord, records) if a.status != Status.DRAFT}
    assert made.keys() == rows.keys()
    for key, one in made.items():
        row = rows[key]
        assert one.unique == row["unique_id"].replace("-", "")
        assert one.status == (Status.SKIPPED if row["was_cancelled"] else Status.SUBMITTED)
        assert one.gold_flag == row["ground_truth"]
        assert one.assisted == (row["parent_prediction"] is not None)
        named = row["parent_prediction"]
        assert one.parent_prediction == (None if named is None else f"prediction-{named}")
        assert one.revision == one.updated_at
        author = row["completed_by"]
        expected = author["id"] if isinstance(author, dict) else author
        assert one.annotator == (None if expected is None else str(expected))


def test_predictions_are_told_once_whether_listed_or_beside_an_annotation() -> None:
    path = DATA / "image_classification.snapshot.json"
    listed = {
        f"prediction-{one['id']}": one
        for task in json.loads(path.read_text())
        for one in task["predictions"]
    }
    found = of(PredictionRecord, read(path))
    assert [one.native_id for one in found] == list(listed)
    for one in found:
        raw = listed[one.native_id]
        assert one.answers == (("cls", raw["result"][0]["value"]["choices"][0]),)
        assert (one.model_version, one.score) == (raw["model_version"], round(raw["score"] * 10**6))
        assert one.revision is not None
    used = {one.parent_prediction for one in of(AnnotationRecord, read(path))} - {None}
    plain = of(PredictionRecord, read(DATA / "image_classification.json"))
    beside = {one.native_id: one for one in plain}
    assert used
    assert used <= beside.keys()
    for one in found:
        if one.native_id in beside:
            assert (one.answers, one.unique) == (
                beside[one.native_id].answers,
                beside[one.native_id].unique,
            )


def test_the_odd_rows_of_the_sample() -> None:
    records = read(DATA / "image_classification.json")
    by_task: dict[str, list[AnnotationRecord]] = {}
    for one in of(AnnotationRecord, records):
        by_task.setdefault(one.item, []).append(one)

    edited = [one for one in by_task["2"] if one.edited]
    assert [(one.editor, one.answers) for one in edited] == [("1", (("cls", "Bird"),))]
    times = {one.time_spent_ms for key in ("4", "5", "6") for one in by_task[key]}
    assert {None, 0, 30_000_500} <= times
    assert [one.answers for one in by_task["7"]].count(()) == 1
    assert Status.SKIPPED in {one.status for one in by_task["8"]}
    assert None in {one.annotator for one in by_task["9"]}
    (draft,) = by_task["60"]
    assert (draft.native_id, draft.annotator, draft.status, draft.answers) == (
        "draft-1",
        "2",
        Status.DRAFT,
        (),
    )
    assert "60" in {one.native_id for one in of(ItemRecord, records)}


def test_sets_and_regions_are_canonical() -> None:
    kinds = of(AnnotationRecord, read(DATA / "audio_classification.json"))
    assert {type(value) for one in kinds for _, value in one.answers} == {list}
    assert {len(value) for one in kinds for _, value in one.answers} >= {1, 2}
    boxes = of(AnnotationRecord, read(DATA / "bounding_boxes.json"))
    empty = [one.answers for one in boxes if one.status == Status.SKIPPED]
    assert empty
    assert set(empty) == {()}
    shape = next(dict(one.answers)["box"][0] for one in boxes if one.answers)
    assert len(shape) == 5
    assert all(0 <= number <= 1 for number in shape[:4])


def test_tasks_with_the_same_data_are_identical(tmp_path: Path) -> None:
    shown: list[Any] = [{"text": "a cat", "n": [1, 2]}, {"n": [1, 2], "text": "a cat"}]
    shown += [{"text": "a cat", "n": [2, 1]}, {"text": "\ud800"}, {}, None, "missing"]
    tasks = [{"id": n, "data": one, "annotations": []} for n, one in enumerate(shown)]
    del tasks[-1]["data"]
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks))
    first, twin, other, odd, *unknown = (one.content for one in of(ItemRecord, read(path)))
    assert first == twin
    assert len({first, other, odd, ""}) == 4
    assert unknown == ["", "", ""]


def test_a_snapshot_names_its_people_once() -> None:
    people = of(PersonRecord, read(DATA / "image_classification.snapshot.json"))
    assert len({one.native_id for one in people}) == len(people) > 2
    assert "carol@lab.test" in {one.email for one in people}


def test_a_set_is_a_set_wherever_the_second_choice_stands(tmp_path: Path) -> None:
    tasks = json.loads((DATA / "audio_classification.json").read_text())
    answers = []
    for order in (tasks, tasks[::-1]):
        path = tmp_path / "order.json"
        path.write_text(json.dumps(order))
        rows = of(AnnotationRecord, read(path))
        answers.append({one.native_id: one.answers for one in rows})
    assert answers[0] == answers[1]


# --- what is no such export ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("README.md", "its header lacks columns of a CSV export"),
        ("label_configs.json", "no list of records"),
    ],
)
def test_another_file_is_refused_with_what_to_do(name: str, told: str) -> None:
    with pytest.raises(FileRefused, match=told) as caught:
        read(DATA / name)
    assert name in str(caught.value)


def test_a_list_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tasks.json"
    path.write_text('[{"data": {"text": "a"}}]')
    with pytest.raises(FileRefused, match="no task with annotations"):
        read(path)


def test_nothing_comes_out_of_a_file_that_breaks_off(tmp_path: Path) -> None:
    whole = (DATA / "image_classification.json").read_bytes()
    path = tmp_path / "half.json"
    for percent in range(1, 100, 7):
        path.write_bytes(whole[: len(whole) * percent // 100])
        records = FORMAT.read(path, ImportOptions("Trial"))
        with pytest.raises(FileRefused, match=r"half\.json"):
            next(records)


def test_an_empty_export_is_a_project_without_anything(tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    path.write_text("[]")
    assert read(path) == [ProjectRecord("Trial", "Trial")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("image_classification.json", True),
        ("image_classification.snapshot.json", True),
        ("image_classification.min.json", True),
        ("image_classification.csv", True),
        ("README.md", False),
        ("label_configs.json", False),
    ],
)
def test_the_first_bytes_tell(name: str, expected: bool) -> None:
    path = DATA / name
    assert FORMAT.recognises(path, path.read_bytes()[:4096]) is expected


# --- one bad record --------------------------------------------------------------------------


def first(tasks: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = tasks[0]["annotations"][0]
    return found


def put(key: str, value: Any) -> Spoil:
    return lambda tasks: first(tasks).update({key: value})


def drop(key: str) -> Spoil:
    return lambda tasks: first(tasks).pop(key)


SPOILED: list[tuple[Spoil, str]] = [
    (drop("id"), "missing_id"),
    (put("id", None), "missing_id"),
    (put("id", [1]), "bad_id"),
    (drop("result"), "missing_result"),
    (put("result", "x"), "bad_result"),
    (put("result", [1]), "bad_region"),
    (put("created_at", "yesterday"), "bad_time"),
    (put("created_at", "0001-01-01T00:00:00Z"), "bad_time"),
    (put("updated_at", 5), "bad_time"),
    (put("lead_time", "long"), "bad_time_spent"),
    (put("completed_by", {"email": "x"}), "missing_id"),
    (lambda tasks: tasks[0].update(annotations=["x"]), "bad_annotation"),
    (lambda tasks: tasks[0].update(annotations=None), "bad_task"),
    (lambda tasks: tasks[0].update(drafts=3), "bad_task"),
    (lambda tasks: tasks[0].pop("id"), "missing_id"),
    (lambda tasks: tasks[0].update(created_at="never"), "bad_time"),
    (lambda tasks: tasks.insert(0, "no task"), "bad_task"),
    (lambda tasks: tasks.insert(0, {"a": float("nan")}), "not_a_number"),
]


@pytest.mark.parametrize(("spoil", "reason"), SPOILED)
def test_a_bad_record_is_quarantined_and_the_rest_loads(
    tmp_path: Path, spoil: Spoil, reason: str
) -> None:
    tasks = json.loads((DATA / "image_classification.json").read_text())
    before = {str(one["id"]): task for task in tasks for one in task["annotations"]}
    of_first = {key for key, task in before.items() if task is tasks[0]}
    spoil(tasks)
    path = tmp_path / "spoiled.json"
    path.write_text(json.dumps(tasks))
    records = read(path)
    (bad,) = of(BadRecord, records)
    assert (bad.location, bad.reason, bad.project) == ("spoiled.json", reason, "Trial")
    assert bad.record.startswith("record 1")
    assert "@" not in bad.detail
    assert bad.excerpt
    assert before.keys() - {one.native_id for one in of(AnnotationRecord, records)} <= of_first


def test_a_record_says_where_it_stands(tmp_path: Path) -> None:
    tasks = json.loads((DATA / "image_classification.json").read_text())
    tasks[1]["annotations"][0]["result"] = 3
    path = tmp_path / "spoiled.json"
    path.write_text(json.dumps(tasks))
    (bad,) = of(BadRecord, read(path))
    task, annotation = tasks[1]["id"], tasks[1]["annotations"][0]["id"]
    assert bad.record == f"record 2, task {task}, annotation {annotation}"


def test_an_annotation_without_times_is_kept_with_unknown_times(tmp_path: Path) -> None:
    tasks = json.loads((DATA / "image_classification.json").read_text())
    for key in ("created_at", "updated_at", "unique_id", "lead_time", "ground_truth"):
        first(tasks).pop(key)
    path = tmp_path / "sparse.json"
    path.write_text(json.dumps(tasks))
    record = of(AnnotationRecord, read(path))[0]
    assert (record.submitted_at, record.revision, record.unique, record.gold_flag) == (
        None,
        None,
        "",
        False,
    )


def test_a_skip_keeps_no_answer(tmp_path: Path) -> None:
    tasks = json.loads((DATA / "image_classification.json").read_text())
    first(tasks)["was_cancelled"] = True
    path = tmp_path / "skipped.json"
    path.write_text(json.dumps(tasks))
    record = of(AnnotationRecord, read(path))[0]
    assert (record.status, record.answers) == (Status.SKIPPED, ())
