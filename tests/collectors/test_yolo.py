"""YOLO's folders as sets of known answers, against values worked out by hand."""

from pathlib import Path

import pytest

from collectors.yolo import Yolo
from collectors.yolo.classes import classes_of
from labelpulse.core.errors import FileRefused
from labelpulse.core.events import AnnotationRecord, BadRecord, Origin, ProjectRecord
from labelpulse.source import FileFormat, FileRecord, ImportOptions
from labelpulse.testing import FileFormatContract

DATA = "path: .\nnames:\n  0: dog  # a comment\n  1: 'traffic light'\nnc: 2\n"


def folder(tmp_path: Path, *pictures: str, data: str = DATA, **files: str) -> Path:
    """A folder with lines under labels/train, and pictures there."""
    made = tmp_path / "set"
    (made / "labels" / "train").mkdir(parents=True)
    (made / "data.yaml").write_text(data)
    for name, text in files.items():
        (made / "labels" / "train" / f"{name}.txt").write_text(text)
    for name in pictures:
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return made


class TestContract(FileFormatContract):
    @pytest.fixture
    def form(self) -> FileFormat:
        return Yolo()

    @pytest.fixture
    def sample(self, tmp_path: Path) -> Path:
        return folder(tmp_path, a="0 0.5 0.5 1 1", b="1 0 0 0.5 0 0.5 0.5")


def read(path: Path, **columns: str) -> list[FileRecord]:
    return list(Yolo().read(path, ImportOptions("P", columns)))


def known(path: Path, **columns: str) -> dict[str, dict[str, object]]:
    notes = [one for one in read(path, **columns) if isinstance(one, AnnotationRecord)]
    return {one.item: dict(one.gold) for one in notes}


def test_a_box_by_its_middle_is_one_by_its_corner(tmp_path: Path) -> None:
    path = folder(tmp_path, "images/train/a.JPG", a="1 0.5 0.5 0.2 0.4\n0 0.25 0.5 0.5 1\n\n")
    assert known(path) == {
        "a.JPG": {"boxes": [[0, 0, 0.5, 1, "dog"], [0.4, 0.3, 0.2, 0.4, "traffic light"]]}
    }


def test_a_known_answer_is_nobodys_work_and_an_empty_file_says_nothing_is_there(
    tmp_path: Path,
) -> None:
    project, record = read(folder(tmp_path, a=""))
    assert isinstance(project, ProjectRecord)
    assert project.controls[0].labels == ("dog", "traffic light")
    assert isinstance(record, AnnotationRecord)
    assert (record.origin, record.item, record.gold) == (Origin.BULK, "a", (("boxes", []),))


def test_outlines_are_polygons(tmp_path: Path) -> None:
    assert known(folder(tmp_path, a="0 0 0 0.5 0 0.5 0.5")) == {
        "a": {"shapes": [[[[[0, 0], [0.5, 0], [0.5, 0.5]]], "dog"]]}
    }


@pytest.mark.parametrize(
    ("shape", "line", "points"),
    [
        ("[2, 3]", "0 0.5 0.5 1 1 0.1 0.2 2 0 0 0", [[0.1, 0.2, "dog 1"]]),
        ("[2, 2]", "0 0.5 0.5 1 1 0 0 0.3 0.4", [[0.3, 0.4, "dog 2"]]),
    ],
)
def test_poses_are_a_box_and_the_points_that_are_labeled(
    tmp_path: Path, shape: str, line: str, points: object
) -> None:
    path = folder(tmp_path, data=f"{DATA}kpt_shape: {shape}\n", a=line)
    assert known(path) == {"a": {"boxes": [[0, 0, 1, 1, "dog"]], "keypoints": points}}


def test_questions_may_be_named(tmp_path: Path) -> None:
    path = folder(tmp_path, a="0 0.5 0.5 1 1\n1 0.5 0.5 1 1")
    assert known(path, labels="tags") == {"a": {"tags": ["dog", "traffic light"]}}
    assert list(known(path, boxes="box")["a"]) == ["box"]


def test_names_that_two_pictures_share_keep_their_folders(tmp_path: Path) -> None:
    path = folder(tmp_path, "images/train/a.png", "images/val/a.png", a="", b="")
    (path / "labels" / "val").mkdir()
    (path / "labels" / "val" / "a.txt").write_text("0 0.5 0.5 1 1")
    assert list(known(path)) == ["images/train/a.png", "b", "images/val/a.png"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0 0.5 0.5 1", "bad_line"),
        ("0 0.5 0.5 1 1 0.93", "has_score"),
        ("0 0.5 0.5 1 1 0.1 0.2 0.3", "bad_line"),
        ("0 320 240 64 48", "not_relative"),
        ("0 0.5 0.5 1 nan", "bad_value"),
        ("dog 0.5 0.5 1 1", "bad_value"),
        ("0.5 0.5 0.5 1 1", "bad_class"),
        ("7 0.5 0.5 1 1", "unknown_class"),
    ],
)
def test_a_line_that_cannot_be_used_takes_its_picture_with_it(
    tmp_path: Path, line: str, reason: str
) -> None:
    path = folder(tmp_path, bad=f"0 0.5 0.5 1 1\n{line}\n", good="0 0.5 0.5 1 1")
    (bad,) = [one for one in read(path) if isinstance(one, BadRecord)]
    assert (bad.location, bad.record, bad.reason) == ("set", "labels/train/bad.txt", reason)
    assert "line 2" in bad.detail
    assert list(known(path)) == ["good"]


@pytest.mark.parametrize(
    "data",
    [
        "names: ['dog', \"cat\"]\n",
        "names: [dog, cat]  # two\n",
        "names:\n- dog\n- cat\nnc: 2\n",
        "names:\n  - dog\n  # between\n  - cat\n",
        "names: {0: dog, 1: 'cat'}\n",
        "names: {\n  0: dog,\n  1: cat\n}\ntrain: x\n",
        "train: a\nnames:\n  0: dog\n  1: cat\n",
        "nc: 2\r\nnames:\r\n  0: dog\r\n  1: cat\r\n",
    ],
)
def test_the_names_of_classes_in_every_form(tmp_path: Path, data: str) -> None:
    (tmp_path / "data.yaml").write_text(data)
    found = classes_of(tmp_path)
    assert found is not None
    assert found.names == {0: "dog", 1: "cat"}


def test_classes_may_stand_in_a_list_beside_the_labels(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("dog\ncat\n")
    (tmp_path / "a.txt").write_text("1 0.5 0.5 1 1\n")
    (tmp_path / "notes.txt").write_text("these are my notes\n")
    assert known(tmp_path) == {"a": {"boxes": [[0, 0, 1, 1, "cat"]]}}
    assert Yolo().recognises(tmp_path, b"")


def test_without_names_labels_are_numbers_and_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1 0.5 0.5 1 1\n")
    assert known(tmp_path) == {"a": {"boxes": [[0, 0, 1, 1, "1"]]}}
    (project, *_) = read(tmp_path)
    assert isinstance(project, ProjectRecord)
    assert any("classes.txt" in one for one in project.remarks)
    assert not Yolo().recognises(tmp_path, b""), "text files with numbers may be anything"


def test_what_is_no_such_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="no text file"):
        read(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(FileRefused, match="no folder"):
        read(tmp_path / "a.txt")
