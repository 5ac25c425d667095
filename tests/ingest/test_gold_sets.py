"""Gold sets of pictures beside people's answers: the same items, the same question, a number."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from labelpulse import schema
from labelpulse.reader import MetricQuery, Scope, read
from labelpulse.warehouse.store import Warehouse
from tests.collectors.test_coco import coco, image, thing
from tests.collectors.test_voc import folder as voc
from tests.collectors.test_voc import picture
from tests.collectors.test_voc import thing as box
from tests.collectors.test_yolo import folder as yolo
from tests.ingest.importing import load, make, table

NAMES = Scope(names=True)
ROWS = [
    {"item": "1.jpg", "annotator": "ann", "tags": "traffic light"},
    {"item": "1.jpg", "annotator": "bob", "tags": "dog|traffic light"},
    {"item": "2.jpg", "annotator": "ann", "tags": ""},
    {"item": "2.jpg", "annotator": "bob", "tags": ""},
]


@pytest.fixture
def warehouse(tmp_path: Path) -> Any:
    made = make(f"sqlite:///{tmp_path / 'warehouse.db'}")
    answers = table(tmp_path / "answers.csv", ROWS)
    columns = {"item": "item", "annotator": "annotator", "label": "tags"}
    load(made, answers, columns=columns, scale="set")
    yield made
    made.engine.dispose()


def rows(warehouse: Warehouse, metric: str, **query: Any) -> list[dict[str, Any]]:
    return read(warehouse.engine, MetricQuery(metric, **query), NAMES).rows


def sets(tmp_path: Path, form: str) -> Path:
    """A traffic light on the first picture, nothing on the second."""
    if form == "coco":
        return coco(tmp_path, [image(1), image(2)], [thing(1, bbox=[0, 0, 9, 9])])
    if form == "voc":
        light = picture(box(1, 1, 9, 9, label="traffic light"))
        return voc(tmp_path, a=light, b=picture(name="2.jpg"))
    path = yolo(tmp_path, "images/train/1.jpg", "images/train/2.jpg")
    (path / "labels" / "train" / "1.txt").write_text("1 0.5 0.5 1 1")
    (path / "labels" / "train" / "2.txt").write_text("")
    return path


@pytest.mark.parametrize("form", ["coco", "voc", "yolo"])
def test_people_are_measured_by_what_a_gold_set_says_is_there(
    tmp_path: Path, warehouse: Warehouse, form: str
) -> None:
    """Ann is right twice; bob saw a dog that is not there, and nothing where nothing is."""
    result = load(warehouse, sets(tmp_path, form), columns={"labels": "tags"})
    assert (result.read, result.loaded, result.quarantined) == (2, 2, 0)
    found = {row["annotator"]: row for row in rows(warehouse, "gold_accuracy", by=("annotator",))}
    assert {who: (row["value"], row["n"]) for who, row in found.items()} == {
        "ann": (1.0, 2),
        "bob": (0.5, 2),
    }
    (submitted,) = rows(warehouse, "annotations_submitted")
    assert submitted["value"] == 4, "a known answer is nobody's work"


def test_a_gold_set_does_not_change_a_question_that_is_there(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    def questions() -> list[tuple[Any, ...]]:
        with warehouse.engine.connect() as conn:
            return [tuple(row) for row in conn.execute(select(schema.control))]

    before = questions()
    load(warehouse, sets(tmp_path, "coco"), columns={"labels": "tags"})
    assert questions() == before


def test_the_same_set_again_is_skipped_and_another_takes_back(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    path = sets(tmp_path, "coco")
    load(warehouse, path, columns={"labels": "tags"})
    again = load(warehouse, path, columns={"labels": "tags"})
    assert (again.loaded, again.unchanged) == (0, 2)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"annotations": []}))
    load(warehouse, path, columns={"labels": "tags"})
    (row,) = rows(warehouse, "gold_accuracy")
    assert (row["value"], row["n"]) == (0.5, 4)


def test_pictures_of_one_name_in_two_files_are_one_and_in_one_file_two(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    def items() -> set[str]:
        with warehouse.engine.connect() as conn:
            return {str(one) for one in conn.scalars(select(schema.item.c.native_id))}

    train, val = image(1, "train/9.jpg"), image(2, "val/9.jpg")
    for one in (train, val):
        load(warehouse, coco(tmp_path, [one], []), columns={"labels": "tags"})
    assert items() == {"1.jpg", "2.jpg", "9.jpg"}
    load(warehouse, coco(tmp_path, [train, val], []), columns={"labels": "tags"})
    assert items() == {"1.jpg", "2.jpg", "9.jpg", "train/9.jpg", "val/9.jpg"}
