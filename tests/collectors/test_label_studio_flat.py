"""Label Studio's JSON_MIN and CSV exports, against the full export of the same projects."""

import csv
import io
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from collectors.label_studio_export import LabelStudioExport
from collectors.label_studio_export.cells import unflattened
from labelpulse.core.errors import FileRefused, UsageError
from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    ItemRecord,
    ProjectRecord,
    Scale,
    Status,
)
from labelpulse.ingest.label_studio_values import answers
from labelpulse.source import FileRecord, ImportOptions

DATA = Path(__file__).resolve().parents[1] / "data" / "label_studio"
FORMAT = LabelStudioExport()
SAMPLES = ("image_classification", "audio_classification", "bounding_boxes", "text_ner")
LOST = "occluded"
"""Asked for each box: a flat export does not say for which."""

Row = dict[str, Any]


def read(path: Path, **options: Any) -> list[FileRecord]:
    return list(FORMAT.read(path, ImportOptions("Trial", **options)))


def of(kind: type[Any], records: list[FileRecord]) -> list[Any]:
    return [one for one in records if type(one) is kind]


def project_of(records: list[FileRecord]) -> ProjectRecord:
    project = records[0]
    assert isinstance(project, ProjectRecord)
    assert of(ProjectRecord, records) == [project]
    return project


def written(path: Path, rows: list[Row]) -> Path:
    """Write rows as JSON_MIN, or as CSV in the way of the tool: sorted columns, quoted texts."""
    if path.suffix == ".json":
        path.write_text(json.dumps(rows))
        return path
    names = sorted({name for row in rows for name in row})
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in names])
    path.write_text(out.getvalue())
    return path


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else "" if value is None else value


def row(task: int, number: int | None, **cells: Any) -> Row:
    """A row in the order of the tool: `data_…` first, then the task, the answers, the rest."""
    data = {name.removeprefix("data_"): cells.pop(name) for name in list(cells) if "data_" in name}
    at = None if number is None else f"2026-03-04T09:00:{number % 60:02d}Z"
    person = None if number is None else number % 3 + 1
    seconds = None if number is None else 2.5
    own = {"annotator": person, "annotation_id": number}
    return {**data, "id": task, **cells, **own, "created_at": at, "updated_at": at} | {
        "lead_time": seconds
    }


def names(records: list[FileRecord]) -> list[str]:
    return [one.name for one in project_of(records).controls]


# --- the samples -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["min.json", "csv"])
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_flat_export_says_what_the_full_one_says(sample: str, kind: str) -> None:
    path = DATA / f"{sample}.{kind}"
    assert FORMAT.recognises(path, path.read_bytes()[:4096])
    records, whole = read(path), read(DATA / f"{sample}.json")
    assert of(BadRecord, records) == []
    flat = {one.native_id: one for one in of(AnnotationRecord, records)}
    full = {
        one.native_id: one for one in of(AnnotationRecord, whole) if one.status == Status.SUBMITTED
    }
    assert flat.keys() == full.keys()
    for key, one in flat.items():
        there = full[key]
        assert one.unique == str(one.submitted_at)
        assert one.answers == tuple(pair for pair in there.answers if pair[0] != LOST)
        same = ("item", "annotator", "status", "submitted_at", "updated_at", "time_spent_ms")
        assert [getattr(one, name) for name in same] == [getattr(there, name) for name in same]
    controls = [one for one in project_of(whole).controls if one.name != LOST]
    assert list(project_of(records).controls) == controls
    items = {one.native_id for one in of(ItemRecord, whole)}
    assert {one.native_id for one in of(ItemRecord, records)} == items


@pytest.mark.parametrize("sample", SAMPLES)
def test_both_flat_exports_identify_annotations_alike(sample: str) -> None:
    rows = [read(DATA / f"{sample}.{kind}") for kind in ("min.json", "csv")]
    one, other = ([replace(a, location="") for a in of(AnnotationRecord, each)] for each in rows)
    assert one == other
    assert project_of(rows[0]).identity == project_of(rows[1]).identity != ""


def test_the_data_of_a_task_tells_identical_ones_as_in_the_full_export() -> None:
    content = [
        {one.native_id: one.content for one in of(ItemRecord, read(DATA / f"text_ner.{kind}"))}
        for kind in ("min.json", "json", "csv")
    ]
    assert content[0] == content[1]
    assert set(content[2].values()) == {""}


def test_what_it_cannot_show_is_said_once() -> None:
    remarks = project_of(read(DATA / "bounding_boxes.csv")).remarks
    assert "no skips, drafts, ground truth" in remarks[0]
    assert "'box' was read as answers and 'image' as the tasks' own data" in remarks[1]
    assert f"'{LOST}' is answered several times" in remarks[2]
    assert len(remarks) == 3
    assert project_of(read(DATA / "bounding_boxes.json")).remarks == ()


# --- any answer ------------------------------------------------------------------------------

PLACE = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 15}
SIZE = {"original_width": 200, "original_height": 100}
RESULTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("choices", {"choices": ["a"]}, {}),
    ("choices", {"choices": ["a", "b"]}, {}),
    ("textarea", {"text": ["some words", "more"]}, {}),
    ("rating", {"rating": 4}, {}),
    ("number", {"number": 2.5}, {}),
    ("datetime", {"datetime": "2026-03-04"}, {}),
    ("taxonomy", {"taxonomy": [["Animals", "Cat"], ["Plants"]]}, {}),
    ("pairwise", {"selected": "left"}, {}),
    ("ranker", {"ranker": {"rank": ["b", "a"]}}, {}),
    ("rectanglelabels", {**PLACE, "rectanglelabels": ["Car"]}, SIZE),
    ("rectangle", PLACE, SIZE),
    ("labels", {**PLACE, "labels": ["Car"]}, SIZE),
    ("ellipselabels", {"x": 1, "y": 2, "radiusX": 3, "radiusY": 4, "ellipselabels": ["E"]}, SIZE),
    ("ellipse", {"x": 1, "y": 2, "radiusX": 3, "radiusY": 4, "rotation": 0}, SIZE),
    ("polygonlabels", {"points": [[1, 2], [3, 4], [5, 6]], "polygonlabels": ["P"]}, SIZE),
    ("polygon", {"points": [[1, 2], [3, 4], [5, 6]]}, SIZE),
    ("keypointlabels", {"x": 1, "y": 2, "width": 0.5, "keypointlabels": ["K"]}, SIZE),
    ("keypoint", {"x": 1, "y": 2, "width": 0.5}, SIZE),
    ("brushlabels", {"format": "rle", "rle": [1, 2, 3], "brushlabels": ["B"]}, SIZE),
    ("brush", {"format": "rle", "rle": [1, 2, 3]}, SIZE),
    ("labels", {"start": 1, "end": 4, "text": "abc", "labels": ["PER"]}, {}),
    ("paragraphlabels", {"start": "0", "end": "1", "text": "x", "paragraphlabels": ["P"]}, {}),
    ("timelinelabels", {"ranges": [{"start": 1, "end": 5}], "timelinelabels": ["T"]}, {}),
    (
        "videorectangle",
        {"sequence": [{"frame": 1, **PLACE}], "labels": ["V"], "framesCount": 9},
        {},
    ),
]


def flattened(kind: str, value: dict[str, Any], sizes: dict[str, Any]) -> Any:
    """As the tool flattens one result: bare where it is one choice or one text."""
    if kind == "choices" and len(value["choices"]) == 1:
        return value["choices"][0]
    one = {**value, **sizes}
    return one if kind in ("choices", "textarea") else [one]


@pytest.mark.parametrize(("kind", "value", "sizes"), RESULTS)
def test_every_kind_of_answer_is_valued_as_in_the_full_export(
    kind: str, value: dict[str, Any], sizes: dict[str, Any]
) -> None:
    result = [{"from_name": "q", "type": kind, "value": value, **sizes}]
    found = unflattened("q", flattened(kind, value, sizes))
    assert [one["type"] for one in found] == [kind]
    assert answers(found, {}) == answers(result, {})


@pytest.mark.parametrize("suffix", [".json", ".csv"])
def test_random_projects_give_their_labels_back(tmp_path: Path, suffix: str) -> None:
    for seed in range(30):
        random = Random(seed)
        labels = "abc"[: random.randint(1, 3)]
        rows, said, number = [], {}, 0
        for task in range(1, random.randint(2, 30)):
            data = {"data_link": f"https://example.com/{task}", "data_lang": random.choice("xy")}
            people = random.randint(0, 3)
            for _ in range(people):
                number += 1
                label = random.choice([*labels, None])  # None: submitted without an answer
                said[str(number)] = label
                rows.append(row(task, number, **data, **({"q": label} if label else {})))
            if not people:
                rows.append(row(task, None, **data))
        if not said:
            continue
        records = read(written(tmp_path / f"{seed}{suffix}", rows), columns={"label": "q"})
        found = {one.native_id: dict(one.answers).get("q") for one in of(AnnotationRecord, records)}
        assert found == said
        if suffix == ".json" or disagree(rows):
            records = read(tmp_path / f"{seed}{suffix}")
            by_itself = {one.native_id: dict(one.answers) for one in of(AnnotationRecord, records)}
            assert {key: one.get("q") for key, one in by_itself.items()} == said
            assert not any({"lang", "link"} & one.keys() for one in by_itself.values())


def disagree(rows: list[Row]) -> bool:
    """Whether some neighbours on one task say different things, so that a table tells enough."""
    pairs = [(one, other) for one, other in pairwise(rows) if one["id"] == other["id"]]
    return any(one.get("q") != other.get("q") for one, other in pairs)


# --- which columns are answers ---------------------------------------------------------------


def rated(suffix: str, tmp_path: Path, tasks: int = 12, people: int = 2, **more: Any) -> Path:
    """Tasks with a short text each; the second person differs on every third."""
    rows = [
        row(
            task, 10 * task + who, q="yn"[(task + (who and task % 3 == 0)) % 2], **_made(more, task)
        )
        for task in range(1, tasks + 1)
        for who in range(people)
    ]
    return written(tmp_path / f"rated{suffix}", rows)


def _made(cells: Row, task: int) -> Row:
    return {name: one(task) if callable(one) else one for name, one in cells.items()}


def lang(task: int) -> str:
    return ("en", "de")[task % 2]


def test_disagreement_tells_answers_from_data(tmp_path: Path) -> None:
    records = read(rated(".csv", tmp_path, data_lang=lang))
    assert names(records) == ["q"]
    assert "'lang' may be answers or the tasks' own data" in " ".join(project_of(records).remarks)


def test_a_task_without_annotation_tells_data(tmp_path: Path) -> None:
    rows = [row(task, task, data_lang=lang(task), q="yes") for task in range(1, 9)]
    path = written(tmp_path / "lone.csv", [*rows, row(9, None, data_lang="en")])
    assert names(read(path)) == ["q"]


def test_the_only_candidate_is_taken_and_that_is_said(tmp_path: Path) -> None:
    path = rated(".csv", tmp_path, people=1, data_image=lambda task: f"https://x.org/{task}")
    records = read(path)
    assert names(records) == ["q"]
    assert "only that nothing else" in " ".join(project_of(records).remarks)


def test_where_nothing_tells_the_user_has_to(tmp_path: Path) -> None:
    path = rated(".csv", tmp_path, people=1, data_lang=lang)
    with pytest.raises(FileRefused, match="which of 'lang', 'q' holds the answers"):
        read(path)
    records = read(path, columns={"label": "q"})
    assert names(records) == ["q"]
    assert {dict(one.answers)["q"] for one in of(AnnotationRecord, records)} == {"y", "n"}
    assert len(project_of(records).remarks) == 1


def test_the_order_of_keys_tells_in_json(tmp_path: Path) -> None:
    assert names(read(rated(".json", tmp_path, people=1, data_lang=lang))) == ["q"]


def test_answers_for_each_region_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    rows = [
        row(task, task, data_n=task, q="a", each=["yes", "no"], custom={"odd": 1})
        for task in (1, 2)
    ]
    records = read(written(tmp_path / "each.json", rows))
    assert names(records) == ["custom", "q"]
    remarks = " ".join(project_of(records).remarks)
    assert "'each' is answered several times" in remarks
    assert "'n' as the tasks' own data" in remarks


def test_an_order_that_was_lost_tells_nothing(tmp_path: Path) -> None:
    rows = [row(task, task, data_lang=lang(task), q="yes") for task in range(1, 9)]
    path = tmp_path / "sorted.json"
    path.write_text(json.dumps(rows, sort_keys=True))
    with pytest.raises(FileRefused, match="--map label=COLUMN"):
        read(path)


def test_data_with_an_id_of_its_own_in_front_is_no_answer(tmp_path: Path) -> None:
    rows = [
        {"id": task, "text": f"https://x.org/{task}", **row(task, 2 * task + who, q="yn"[who])}
        for task in range(1, 9)
        for who in (0, 1)
    ]
    assert list(rows[0])[:2] == ["id", "text"]
    assert names(read(written(tmp_path / "own.json", rows))) == ["q"]


@pytest.mark.parametrize("suffix", [".json", ".csv"])
def test_written_texts_are_no_labels(tmp_path: Path, suffix: str) -> None:
    rows = [
        row(task, 2 * task + who, data_n=str(task), said=f"words {task} {who}" * 9)
        for task in range(1, 9)
        for who in (0, 1)
    ]
    (control,) = project_of(read(written(tmp_path / f"texts{suffix}", rows))).controls
    assert (control.name, control.scale, control.kind) == ("said", Scale.TEXT, "textarea")


@pytest.mark.parametrize(
    ("scale", "cell", "value"),
    [("interval", "3", 3), ("set", "a", ["a"]), ("text", "a  b", "a b"), ("ordinal", "3", "3")],
)
def test_the_user_says_the_scale(tmp_path: Path, scale: str, cell: str, value: Any) -> None:
    path = written(tmp_path / "scale.csv", [row(1, 1, q=cell), row(2, 2, q=cell)])
    records = read(path, columns={"label": "q"}, scale=scale)
    assert [one.scale for one in project_of(records).controls] == [scale]
    assert {json.dumps(one.answers) for one in of(AnnotationRecord, records)} == {
        json.dumps([["q", value]])
    }


@pytest.mark.parametrize(
    ("columns", "told"),
    [({"label": "nope"}, "no column 'nope'"), ({"label": "q", "batch": "q"}, "--map batch=")],
)
def test_a_map_that_cannot_hold_is_refused(
    tmp_path: Path, columns: dict[str, str], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        read(rated(".csv", tmp_path), columns=columns)


# --- odd files -------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".json", ".csv"])
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ({"created_at": "yesterday"}, "bad_time"),
        ({"lead_time": "long"}, "bad_time_spent"),
        ({"annotation_id": None}, "missing_id"),
        ({"id": None}, "missing_id"),
        ({"q": [{"x": 1, "y": "left", "rectanglelabels": ["a"]}]}, "bad_value"),
    ],
)
def test_a_bad_row_is_quarantined_and_the_rest_loads(
    tmp_path: Path, suffix: str, spoil: Row, reason: str
) -> None:
    rows = [
        row(n // 2, n, data_link=f"https://x.org/{n // 2}", q="ab"[n % 2]) for n in range(2, 40)
    ]
    rows[5] |= spoil
    records = read(written(tmp_path / f"spoiled{suffix}", rows))
    (bad,) = of(BadRecord, records)
    where = "record 6" if suffix == ".json" else "line 7"
    assert (bad.location, bad.record, bad.reason) == (f"spoiled{suffix}", where, reason)
    assert len(of(AnnotationRecord, records)) == 37


def test_an_element_that_is_no_row_is_quarantined(tmp_path: Path) -> None:
    rows: list[Any] = [row(n, n, data_t="x", q="a") for n in range(1, 5)]
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(["no row", *rows, {"a": float("nan")}, {"annotations": []}]))
    reasons = [one.reason for one in of(BadRecord, read(path))]
    assert reasons == ["bad_row", "not_a_number", "bad_row"]


def test_nothing_comes_out_of_json_that_breaks_off(tmp_path: Path) -> None:
    whole = (DATA / "audio_classification.min.json").read_bytes()
    path = tmp_path / "half.json"
    for percent in range(1, 100, 7):
        path.write_bytes(whole[: len(whole) * percent // 100])
        with pytest.raises(FileRefused, match=r"half\.json"):
            next(FORMAT.read(path, ImportOptions("Trial")))


def test_ids_that_a_spreadsheet_made_decimal_are_whole(tmp_path: Path) -> None:
    text = (DATA / "image_classification.csv").read_text()
    path = tmp_path / "decimal.csv"
    lines = text.splitlines()
    decimal = [line.replace(",", ".0,", 1) if line[0] != '"' else line for line in lines]
    path.write_text("\n".join(decimal))
    assert decimal != lines
    one, other = (
        [each.native_id for each in of(AnnotationRecord, read(file))]
        for file in (path, DATA / "image_classification.csv")
    )
    assert one == other


def test_a_table_with_tabs_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "export.tsv"
    with (DATA / "image_classification.csv").open(newline="") as file, path.open("w") as out:
        csv.writer(out, delimiter="\t").writerows(csv.reader(file))
    assert FORMAT.recognises(path, path.read_bytes()[:4096])
    count = len(of(AnnotationRecord, read(DATA / "image_classification.csv")))
    assert len(of(AnnotationRecord, read(path))) == count


def test_a_header_alone_is_a_project_without_anything(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text(",".join(sorted(row(1, 1))) + "\n")
    (project,) = read(path)
    assert isinstance(project, ProjectRecord)
    assert project.controls == ()
