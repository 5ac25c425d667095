"""People's boxes and a COCO gold set of the same pictures in one project, as two imports."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Verb
from tests.collectors.test_coco import coco, image, thing


def picture(name: str, who: str, *boxes: tuple[int, int, int, int, str]) -> dict[str, Any]:
    """One of SuperAnnotate's pictures, of 200 by 100 pixels: corners and labels."""
    author = {"createdBy": {"email": who, "role": "Annotator"}, "creationType": "Manual"}
    return {
        "metadata": {
            "name": name,
            "width": 200,
            "height": 100,
            "status": "Completed",
            "annotatorEmail": who,
        },
        "instances": [
            {
                "type": "bbox",
                "className": label,
                **author,
                "points": dict(zip(("x1", "y1", "x2", "y2"), corners, strict=True)),
            }
            for *corners, label in boxes
        ],
    }


@pytest.fixture
def street(verb: Verb, folder: Path) -> Verb:
    """Ann is right twice, once of nothing; bob sees a light, half of one and one that is none."""
    light = (0, 0, 20, 40, "traffic light")
    half = (0, 0, 20, 20, "traffic light")
    answers = [
        picture("1.jpg", "ann", light),
        picture("2.jpg", "ann"),
        picture("3.jpg", "bob", half),
        picture("4.jpg", "bob", light, (100, 50, 120, 90, "traffic light")),
        picture("5.jpg", "bob", light),
    ]
    (folder / "answers.json").write_text(json.dumps(answers))
    box = {"bbox": [0, 0, 20, 40]}
    gold = coco(
        folder,
        [image(n, size=(200, 100)) for n in range(1, 6)],
        [thing(n, **box) for n in (1, 3, 4)],
    )
    for words in (["answers.json"], [gold, "--map", "boxes=boxes"]):
        done = verb("import", *words, "--project", "Street", "--json")
        assert (done.code, done.json["loaded"]) == (0, 5), done.err
    return verb


def test_people_are_measured_by_where_a_gold_set_says_that_things_are(street: Verb) -> None:
    asked = ("--project", "Street", "--names", "--min-n", "1", "--json")
    rows = street("query", "gold_match_f1", "--by", "annotator", *asked).json["rows"]
    found = {row["annotator"]: (row["value"], row["n"], row["both_empty"]) for row in rows}
    bob = pytest.approx((1 + 2 / 3 + 0) / 3, abs=1e-9)
    assert found == {"ann": (1, 2, 1), "bob": (bob, 3, 0)}
    (row,) = street("query", "gold_match_f1", *asked).json["rows"]
    assert (row["precision"], row["recall"]) == (3 / 5, 3 / 3)
    (row,) = street("query", "gold_match_iou", *asked).json["rows"]
    assert (row["value"], row["n"], row["matches"]) == (pytest.approx(2.5 / 3), 5, 3)
    assert street("verify").code == 0


def test_exact_accuracy_says_where_to_look(street: Verb) -> None:
    (row,) = street("query", "gold_accuracy", "--project", "Street", "--json").json["rows"]
    assert (row["value"], row["n"]) == (None, 0)
    assert row["note"].endswith("use match_f1")
    done = street("query", "gold_match_f1", "--project", "Street", "--by", "label")
    assert done.code == 2
    assert "cannot be split by 'label'" in done.err
