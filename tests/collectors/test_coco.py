"""COCO's files as sets of known answers, against values worked out by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from collectors.coco import Coco
from collectors.coco.masks import by_rows, unpacked
from labelpulse.core.errors import FileRefused, SkipRecord
from labelpulse.core.events import AnnotationRecord, BadRecord, Origin, ProjectRecord, Scale
from labelpulse.ingest.formats import find_format
from labelpulse.source import FileFormat, FileRecord, ImportOptions
from labelpulse.testing import FileFormatContract

CATEGORIES = [
    {"id": 1, "name": "person", "keypoints": ["nose", "left_eye"]},
    {"id": 2, "name": "traffic light"},
]


SHORT = {"size": [2, 2], "counts": [3]}


def image(key: Any, name: str = "", size: tuple[Any, Any] = (100, 50)) -> dict[str, Any]:
    return {"id": key, "file_name": name or f"{key}.jpg", "width": size[0], "height": size[1]}


def thing(of: Any, category: Any = 2, **values: Any) -> dict[str, Any]:
    return {"id": 1, "image_id": of, "category_id": category, "iscrowd": 0, **values}


def coco(tmp_path: Path, images: list[Any], annotations: list[Any], **more: Any) -> Path:
    """Annotations stand before the pictures and categories that they name."""
    said = {"info": {"year": 2026}, "annotations": annotations, "images": images}
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(said | {"categories": CATEGORIES} | more))
    return path


def read(path: Path, **columns: str) -> list[FileRecord]:
    return list(Coco().read(path, ImportOptions("P", columns)))


def known(path: Path, **columns: str) -> dict[str, dict[str, Any]]:
    """Item -> question -> what is known."""
    notes = [one for one in read(path, **columns) if isinstance(one, AnnotationRecord)]
    return {one.item: dict(one.gold) for one in notes}


def asides(path: Path) -> list[tuple[str, str, str]]:
    bad = [one for one in read(path) if isinstance(one, BadRecord)]
    return [(one.location, one.record, one.reason) for one in bad]


class TestContract(FileFormatContract):
    @pytest.fixture
    def form(self) -> FileFormat:
        return Coco()

    @pytest.fixture
    def sample(self, tmp_path: Path) -> Path:
        boxes = [thing(1, bbox=[10, 5, 20, 25]), thing(1, 1, bbox=[0, 0, 100, 50])]
        return coco(tmp_path, [image(1), image(2)], boxes)


def test_a_box_in_pixels_is_one_in_shares(tmp_path: Path) -> None:
    path = coco(tmp_path, [image(7, "a/7.jpg", (200, 100))], [thing(7, bbox=[20, 10, 50, 25])])
    assert known(path) == {"7.jpg": {"boxes": [[0.1, 0.1, 0.25, 0.25, "traffic light"]]}}


def test_a_known_answer_is_nobodys_work(tmp_path: Path) -> None:
    path = coco(tmp_path, [image(1)], [thing(1, bbox=[0, 0, 10, 10])])
    project, record = read(path)
    assert isinstance(project, ProjectRecord)
    (control,) = project.controls
    assert (control.name, control.scale) == ("boxes", Scale.GEOMETRY)
    assert control.labels == ("person", "traffic light")
    assert isinstance(record, AnnotationRecord)
    assert (record.origin, record.annotator, record.answers) == (Origin.BULK, None, ())


def test_a_picture_without_objects_has_none(tmp_path: Path) -> None:
    path = coco(tmp_path, [image(1), image(2)], [thing(1, bbox=[0, 0, 100, 50])])
    assert known(path)["2.jpg"] == {"boxes": []}


def test_outlines_and_masks_are_shapes(tmp_path: Path) -> None:
    """Two parts are two polygons; a mask of 2 x 2 with its lower left pixel in."""
    parts = thing(1, segmentation=[[0, 0, 50, 0, 50, 25], [60, 30, 70, 30, 70, 40]])
    mask = thing(2, 1, segmentation={"size": [2, 2], "counts": [1, 1, 2]})
    found = known(coco(tmp_path, [image(1), image(2, size=(2, 2))], [parts, mask]))
    assert found["1.jpg"] == {
        "shapes": [
            [[[[0, 0], [0.5, 0], [0.5, 0.5]]], "traffic light"],
            [[[[0.6, 0.6], [0.7, 0.6], [0.7, 0.8]]], "traffic light"],
        ]
    }
    assert found["2.jpg"] == {"shapes": [[{"runs": [2, 1, 1], "size": [2, 2]}, "person"]]}


def test_keypoints_have_names_and_those_not_labeled_are_absent(tmp_path: Path) -> None:
    path = coco(tmp_path, [image(1)], [thing(1, 1, keypoints=[50, 25, 2, 0, 0, 0])])
    assert known(path) == {"1.jpg": {"keypoints": [[0.5, 0.5, "nose"]]}}


def test_questions_may_be_named_and_then_only_those_are_read(tmp_path: Path) -> None:
    both = thing(1, bbox=[0, 0, 100, 50], segmentation=[[0, 0, 50, 0, 50, 25]])
    path = coco(tmp_path, [image(1)], [both])
    assert set(known(path)["1.jpg"]) == {"boxes", "shapes"}
    assert known(path, boxes="box") == {"1.jpg": {"box": [[0, 0, 1, 1, "traffic light"]]}}
    assert known(path, labels="tags") == {"1.jpg": {"tags": ["traffic light"]}}


def test_of_pictures_with_a_crowd_no_places_are_known_and_it_is_said(tmp_path: Path) -> None:
    """Whoever draws somebody of the crowd, or nobody of it, is neither right nor wrong."""
    crowd = thing(1, 1, iscrowd=1, segmentation={"size": [50, 100], "counts": [5000]}, bbox=[1] * 4)
    alone = {**crowd, "image_id": 2}
    objects = [crowd, thing(1, bbox=[0, 0, 100, 50]), alone, thing(3, bbox=[0, 0, 100, 50])]
    path = coco(tmp_path, [image(1), image(2), image(3)], objects)
    assert known(path) == {
        "1.jpg": {},
        "2.jpg": {},
        "3.jpg": {"boxes": [[0, 0, 1, 1, "traffic light"]]},
    }
    assert known(path, labels="tags")["1.jpg"] == {"tags": ["person", "traffic light"]}
    (project, *_) = read(path)
    assert isinstance(project, ProjectRecord)
    assert any("iscrowd" in one for one in project.remarks)


def test_names_that_two_pictures_share_keep_their_folders(tmp_path: Path) -> None:
    images = [image(1, "a/x.jpg"), image(2, "b\\x.jpg"), image(3, "b/y.jpg")]
    found = known(coco(tmp_path, images, [thing(1, bbox=[0, 0, 1, 1])]))
    assert list(found) == ["a/x.jpg", "b/x.jpg", "y.jpg"]


def test_lvis_names_pictures_by_their_address(tmp_path: Path) -> None:
    picture = {"id": 4, "coco_url": "http://x.example/val/4.jpg", "width": 10, "height": 10}
    found = known(coco(tmp_path, [picture], [thing(4, bbox=[0, 0, 10, 10])]))
    assert list(found) == ["4.jpg"]


@pytest.mark.parametrize(
    ("images", "annotations", "bad"),
    [
        ([image(1, size=(0, 5))], [], ("images 1", "bad_size")),
        ([image(1, size=(None, 5))], [], ("images 1", "bad_value")),
        ([image(1)], [thing(1, bbox=[1, 2, 3])], ("images 1", "bad_value")),
        ([image(1)], [thing(1, bbox=["1", 2, 3, 4])], ("images 1", "bad_value")),
        ([image(1)], [thing(1, 99, bbox=[1, 2, 3, 4])], ("images 1", "unknown_category")),
        ([image(1)], [thing(1, segmentation=[[1, 2, 3]])], ("images 1", "bad_value")),
        (
            [image(1)],
            [thing(1, segmentation={"size": [2, 2], "counts": [3]})],
            ("images 1", "bad_value"),
        ),
        ([image(1)], [thing(1, keypoints=[1, 2])], ("images 1", "bad_value")),
        ([image(1)], [thing(2, bbox=[1, 2, 3, 4])], ("annotations 1", "unknown_image")),
        ([image(1), image(1)], [], ("images 2", "duplicate_id")),
        ([image("1"), {"file_name": "x"}], [], ("images 2", "bad_id")),
        ([image(1), 5], [], ("images 2", "no_object")),
        ([image(1, " / ")], [], ("images 1", "bad_name")),
    ],
)
def test_what_cannot_be_used_is_set_aside_with_its_place(
    tmp_path: Path, images: list[Any], annotations: list[Any], bad: tuple[str, str]
) -> None:
    """An object that cannot be used takes its picture with it: the rest would lack it."""
    images = [*images, image("good")]
    path = coco(tmp_path, images, [*annotations, thing("good", bbox=[0, 0, 100, 50])])
    assert asides(path) == [("instances.json", *bad)]
    assert "good.jpg" in known(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"annotations": [{"image_id": 1}]}', "lists no images"),
        ('{"images": [{"id": 1}], "annotations": [{"segments_info": []}]}', "panoptic"),
        ('{"images": [{"id": 1}', "ends too early"),
        ('[{"image_id": 1, "score": 0.5}]', "no JSON object"),
    ],
)
def test_what_is_no_such_set_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(FileRefused, match=says):
        read(path)


def test_a_file_that_lists_pictures_first_is_recognised(tmp_path: Path) -> None:
    """As the real ones do: 64 kB hold nothing but pictures."""
    path = tmp_path / "instances_val.json"
    pictures = [image(n) for n in range(2000)]
    path.write_text(json.dumps({"info": {}, "licenses": [], "images": pictures, "annotations": []}))
    assert find_format(path).name == "coco"


# --- run lengths ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("", []),
        ("5234", [5, 2, 3, 6]),  # the fourth is 4 more than the second
        ("X1", [40]),  # 40 = 8 + 1 x 32, and another piece follows: 8 + 32 + "0"
        ("53O2", [5, 3, -1, 5]),  # 31 in five bits is -1
        ("2552N", [2, 5, 5, 7, 3]),  # 5 - 2: 30 in five bits is -2
        ("PP1", [1 << 10]),
    ],
)
def test_a_text_of_runs_by_hand(text: str, runs: list[int]) -> None:
    assert unpacked(text) == runs


@pytest.mark.parametrize("text", ["5 2", "5\x7f", "X", "o" * 9])
def test_no_text_of_runs(text: str) -> None:
    with pytest.raises(SkipRecord):
        unpacked(text)


@pytest.mark.parametrize(
    ("width", "height", "inside"),
    [(3, 2, {(0, 0)}), (3, 2, {(2, 1)}), (4, 3, {(1, 0), (1, 1), (2, 1)}), (5, 4, set())],
)
def test_runs_by_columns_are_the_same_pixels_by_rows(
    width: int, height: int, inside: set[tuple[int, int]]
) -> None:
    """Pixels are counted one by one, down the columns and along the rows."""
    down = [(x, y) in inside for x in range(width) for y in range(height)]
    along = [(x, y) in inside for y in range(height) for x in range(width)]
    assert by_rows(lengths(down), width, height) == lengths(along)


def lengths(pixels: list[bool]) -> list[int]:
    """Runs, the first of them outside."""
    found, now = [0], False
    for one in pixels:
        if one != now:
            found.append(0)
            now = one
        found[-1] += 1
    return found


def test_outlines_and_boxes_may_answer_one_question(tmp_path: Path) -> None:
    """As people draw either: an object is known by its outline where there is one."""
    things = [
        thing(1, bbox=[10, 10, 20, 20], segmentation=[[10, 10, 30, 10, 30, 30]]),
        thing(1, bbox=[50, 0, 10, 10], segmentation=[]),
        thing(1, bbox=[0, 0, 50, 50]),
    ]
    path = coco(tmp_path, [image(1, size=(100, 100)), image(2)], things)
    found = known(path, boxes="drawn", shapes="drawn")
    apart = known(path, boxes="boxes", shapes="shapes")["1.jpg"]
    assert len(apart["boxes"]) == 3
    assert len(apart["shapes"]) == 1
    bare = [one for one in apart["boxes"] if one[:2] != [0.1, 0.1]]
    assert sorted(found["1.jpg"]["drawn"], key=repr) == sorted([*apart["shapes"], *bare], key=repr)
    assert found["2.jpg"] == {"drawn": []}
    project = read(path, boxes="drawn", shapes="drawn")[0]
    assert isinstance(project, ProjectRecord)
    assert [(one.name, one.scale) for one in project.controls] == [("drawn", Scale.GEOMETRY)]
