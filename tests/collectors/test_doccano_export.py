"""doccano's exports: every kind of project, and whose work a file is."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from labelpulse import schema
from labelpulse.core.errors import FileRefused
from labelpulse.core.events import AnnotationRecord, ItemRecord
from tests.collectors.exporting import DATA, answers, cut, of, read, scales
from tests.ingest.importing import copy_of, load, make

TEXT = "😀 Ada Lovelace wrote to Charles Babbage in Köln."
ADA, BABBAGE, KOELN = ("Ada Lovelace", "PER"), ("Charles Babbage", "PER"), ("Köln", "LOC")


def test_spans_are_in_code_points() -> None:
    (said,) = answers(read("doccano", "doccano_spans.jsonl"), "4")
    assert cut(said["spans"], TEXT) == [ADA, BABBAGE, KOELN]


def test_relations_join_entities() -> None:
    records = read("doccano", "doccano_relations.jsonl")
    (said,) = answers(records, "5")
    assert cut(said["spans"], TEXT) == [ADA, BABBAGE]
    assert said["relations"] == [[[2, 14, "PER"], [24, 39, "PER"], "wrote to"]]
    assert answers(records, "6") == []


def test_categories_beside_entities() -> None:
    records = read("doccano", "doccano_intent.jsonl")
    (first,), (second,) = answers(records, "8"), answers(records, "9")
    assert (first["label"], cut(first["spans"], TEXT)) == (["letter", "place"], [KOELN])
    assert second == {"label": ["greeting"]}
    assert dict(of(AnnotationRecord, records)[1].answers)["spans"] == []


def test_shapes_stay_in_pixels_and_that_is_said() -> None:
    boxes = read("doccano", "doccano_boxes.jsonl")
    assert answers(boxes, "10") == [{"boxes": [[100, 50, 200, 100, "cat"]]}]
    assert any("in pixels" in one for one in boxes[0].remarks)
    segments = answers(read("doccano", "doccano_polygons.jsonl"), "11")
    assert segments == [{"segments": [[[[[0, 0], [40, 0], [40, 20]]], "sofa"]]}]


def test_an_answer_longer_than_a_label_makes_all_of_them_texts() -> None:
    records = read("doccano", "doccano_texts.jsonl")
    assert scales(records) == {"text": "text"}
    assert answers(records, "13") == [{"text": "Hallo.\nGuten Tag."}]


def test_categories_are_a_set_once_an_item_has_several() -> None:
    single = read("doccano", "doccano_members/ann1.jsonl")
    assert (scales(single), answers(single, "1")) == ({"label": "nominal"}, [{"label": "negative"}])
    several = read("doccano", "doccano_all.json")
    assert scales(several) == {"label": "set"}
    assert answers(several, "1") == [{"label": ["negative"]}]


def test_the_user_may_say_that_it_is_a_set_or_a_text() -> None:
    several = read("doccano", "doccano_members/ann1.jsonl", scale="set")
    assert scales(several) == {"label": "set"}
    assert answers(several, "1") == [{"label": ["negative"]}]


def test_a_csv_is_the_same() -> None:
    records = read("doccano", "doccano.csv")
    assert answers(records, "2") == [{"label": ["cheap", "positive"]}]
    assert [one.native_id for one in of(ItemRecord, records)] == ["1", "2", "3"]


def test_an_item_without_labels_is_no_answer() -> None:
    records = read("doccano", "doccano_members/ann1.jsonl")
    assert answers(records, "3") == []
    assert "3" in [one.native_id for one in of(ItemRecord, records)]


# --- whose work --------------------------------------------------------------------------------


def annotators(records: list[Any]) -> set[str | None]:
    return {one.annotator for one in of(AnnotationRecord, records)}


def test_files_of_members_are_named_after_them() -> None:
    assert annotators(read("doccano", "doccano_members/ann1.jsonl")) == {"ann1"}
    assert annotators(read("doccano", "doccano_members/ann2.jsonl")) == {"ann2"}


@pytest.mark.parametrize("beside", [(), ("doccano_spans.jsonl",)])
def test_a_file_without_those_of_other_members_names_nobody(
    beside: tuple[str, ...], tmp_path: Path
) -> None:
    for name in ("doccano_members/ann1.jsonl", *beside):
        shutil.copy(DATA / name, tmp_path)
    records = read("doccano", tmp_path / "ann1.jsonl")
    assert annotators(records) == {None}
    assert any("whose work it is is not told" in one for one in records[0].remarks)


def test_one_export_at_two_times_is_told(tmp_path: Path) -> None:
    for name in ("march", "april"):
        shutil.copy(DATA / "doccano_members" / "ann1.jsonl", tmp_path / f"{name}.jsonl")
    twice = read("doccano", tmp_path / "april.jsonl")[0].remarks
    members = read("doccano", "doccano_members/ann1.jsonl")[0].remarks
    assert [sum("counts twice" in one for one in found) for found in (twice, members)] == [1, 0]


def test_the_file_of_all_together_names_nobody(tmp_path: Path) -> None:
    shutil.copy(DATA / "doccano_members" / "ann1.jsonl", tmp_path / "all.jsonl")
    shutil.copy(DATA / "doccano_members" / "ann2.jsonl", tmp_path)
    assert annotators(read("doccano", tmp_path / "all.jsonl")) == {None}


def test_the_annotator_may_stand_in_a_column() -> None:
    records = read("doccano", "doccano_all.json", columns={"annotator": "text"})
    assert annotators(records) == {"Terrible customer service.", "Great price."}
    records = read("doccano", "doccano_members/ann1.jsonl", columns={"annotator": "source"})
    assert annotators(records) == {"web"}


def test_named_and_nameless_work_are_not_loaded_on_top_of_each_other(tmp_path: Path) -> None:
    warehouse = make(f"sqlite:///{tmp_path / 'warehouse.db'}")
    members = sorted((DATA / "doccano_members").iterdir())
    assert load(warehouse, *members).loaded == 5
    (tmp_path / "again.jsonl").write_text(members[0].read_text().replace("positive", "neutral"))
    with pytest.raises(FileRefused, match="their items alone, since no annotator is told"):
        load(warehouse, tmp_path / "again.jsonl")
    other = copy_of(tmp_path / "warehouse.db", tmp_path / "other.db")
    assert load(other, tmp_path / "again.jsonl", project="Q").loaded == 2
    warehouse.engine.dispose()
    other.engine.dispose()


def test_two_members_may_have_said_just_the_same(tmp_path: Path) -> None:
    first = DATA / "doccano_members" / "ann1.jsonl"
    files = [Path(shutil.copy(first, tmp_path / f"{name}.jsonl")) for name in ("ann1", "ann3")]
    warehouse = make(f"sqlite:///{tmp_path / 'warehouse.db'}")
    assert load(warehouse, *files).loaded == 4
    assert load(warehouse, *files).loaded == 0
    warehouse.engine.dispose()


def test_an_archive_of_members_is_known_by_their_names(tmp_path: Path) -> None:
    path = Path(shutil.make_archive(str(tmp_path / "export"), "zip", DATA / "doccano_members"))
    warehouse = make(f"sqlite:///{tmp_path / 'warehouse.db'}")
    assert load(warehouse, path).loaded == 5
    with warehouse.engine.connect() as conn:
        names = set(conn.scalars(select(schema.annotator_identity.c.native_id)))
    assert {"ann1", "ann2"} <= names
    warehouse.engine.dispose()


def test_a_set_that_was_known_before_stays_one() -> None:
    records = read("doccano", "doccano_members/ann1.jsonl", controls={"label": "set"})
    assert answers(records, "1") == [{"label": ["negative"]}]
