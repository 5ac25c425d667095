"""Argilla's exports: the same answers in every form that its SDKs write."""

import json
from pathlib import Path
from typing import Any

import pytest

from labelpulse.core.events import AnnotationRecord, PredictionRecord, ProjectRecord, Status
from labelpulse.ingest.plugins import file_format
from tests.collectors.exporting import DATA, answers, cut, of, read, scales

FORMS = [
    *("argilla_records.json", "argilla_datasets.jsonl", "argilla_1x.json"),
    "argilla_1x_datasets.jsonl",
]
ANN = "59f7bf7b-b818-4b6f-8f80-e7cce9c25ee6"


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_answers(name: str) -> None:
    records = read("argilla", name)
    assert scales(records) == {
        "entities": "span",
        "mood": "nominal",
        "order": "ranking",
        "stars": "ordinal",
        "topics": "set",
        "why": "text",
    }
    whole = [one for one in of(AnnotationRecord, records) if one.status == Status.SUBMITTED]
    first, second, third = (dict(one.answers) for one in whole)
    assert cut(first.pop("entities")) == [("Ada Lovelace", "PER"), ("Charles Babbage", "PER")]
    assert first.pop("why").startswith("It names two people")
    assert first == {"mood": "good", "order": ["x", "y", "z"], "stars": "4", "topics": ["people"]}
    assert second == {
        "entities": [],
        "mood": "bad",
        "order": ["z", "x", "y"],
        "stars": "2",
        "topics": ["letters", "people"],
        "why": "short",
    }
    assert (third["topics"], third["why"]) == ([], "why not")


def test_an_answer_has_one_identity_in_every_form() -> None:
    read_all = [of(AnnotationRecord, read("argilla", name)) for name in FORMS]
    ids = [{(one.item, one.annotator): one.native_id for one in each} for each in read_all]
    assert all(one.items() <= ids[1].items() for one in ids)
    assert len(ids[1]) == 5


@pytest.mark.parametrize("name", FORMS[1:])
def test_discarded_is_a_skip_and_a_draft_no_work(name: str) -> None:
    records = of(AnnotationRecord, read("argilla", name))
    found = {(one.item, one.annotator[:4]): one for one in records}
    assert found["r2", "59f7"].status == Status.SKIPPED
    assert found["r1", "7c1f"].status == Status.DRAFT
    assert found["r2", "59f7"].answers == found["r1", "7c1f"].answers == ()


def test_what_a_form_does_not_tell_is_said() -> None:
    nested, old = (read("argilla", name)[0].remarks for name in (FORMS[0], FORMS[2]))
    assert any("whether they were submitted" in one for one in nested)
    assert any("when they were given" in one for one in nested)
    assert not any("when they were given" in one for one in old)


def test_only_the_old_api_tells_times() -> None:
    one = of(AnnotationRecord, read("argilla", FORMS[2]))[0]
    assert one.submitted_at is not None
    assert one.revision == one.updated_at == 1_695_389_115_400_000
    assert of(AnnotationRecord, read("argilla", FORMS[1]))[0].submitted_at is None


@pytest.mark.parametrize("name", FORMS)
def test_a_suggestion_is_a_prediction(name: str) -> None:
    (one,) = of(PredictionRecord, read("argilla", name))
    assert (one.model_version, one.score, one.answers) == (
        "small-model",
        875_000,
        (("mood", "good"),),
    )


def test_lists_are_rankings_only_where_they_order_the_same_options(tmp_path: Path) -> None:
    rows = json.loads((DATA / FORMS[0]).read_text())
    rows[1]["responses"]["order"][0]["value"] = ["y", "x"]
    path = tmp_path / "records.json"
    path.write_text(json.dumps(rows))
    records = read("argilla", path)
    assert scales(records)["order"] == "set"
    assert answers(records, "r2")[0]["order"] == ["x", "y"]


def test_ties_share_a_rank(tmp_path: Path) -> None:
    rows = json.loads((DATA / FORMS[2]).read_text())
    ranks = [("z", 1), ("y", 2), ("x", 2)]
    tied = {"value": [{"value": value, "rank": rank} for value, rank in ranks]}
    rows[0]["responses"][0]["values"] = {"order": tied}
    path = tmp_path / "records.json"
    path.write_text(json.dumps(rows))
    assert answers(read("argilla", path), "r1")[0]["order"] == ["z", ["x", "y"]]


def columns() -> dict[str, list[Any]]:
    rows = json.loads((DATA / FORMS[0]).read_text())
    return {key: [row[key] for row in rows] for key in rows[0]}


def by_id() -> dict[str, Any]:
    return {row["id"]: row for row in json.loads((DATA / FORMS[0]).read_text())}


@pytest.mark.parametrize("whole", [columns, by_id])
@pytest.mark.parametrize("indent", [None, 1])
def test_records_by_column_or_by_id(whole: Any, indent: int | None, tmp_path: Path) -> None:
    path = tmp_path / "records.json"
    path.write_text(json.dumps(whole(), indent=indent))
    said = [one.answers for one in of(AnnotationRecord, read("argilla", path))]
    assert said == [one.answers for one in of(AnnotationRecord, read("argilla", FORMS[0]))]


def test_a_dataset_in_parquet_is_the_same(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = [json.loads(line) for line in (DATA / FORMS[1]).read_text().splitlines()]
    path = tmp_path / "train.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    assert file_format("argilla").recognises(path, path.read_bytes()[:64])
    records = read("argilla", path)
    said = [one.answers for one in of(AnnotationRecord, records)]
    assert said == [one.answers for one in of(AnnotationRecord, read("argilla", FORMS[1]))]
    assert of(AnnotationRecord, records)[0].location == "row 1, a response"


def test_any_other_parquet_file_is_not_argillas(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "other.parquet"
    parquet.write_table(pyarrow.table({"item": ["a"], "label": ["x"]}), path)
    assert not file_format("argilla").recognises(path, path.read_bytes()[:64])


def test_a_user_without_a_name_is_an_id() -> None:
    records = read("argilla", FORMS[1])
    assert of(AnnotationRecord, records)[0].annotator == ANN
    (project,) = of(ProjectRecord, records)
    assert any("does not name its users" in one for one in project.remarks)
