"""Pascal VOC's folders as sets of known answers, against values worked out by hand."""

from pathlib import Path

import pytest

from collectors.voc import PascalVoc
from labelpulse.core.errors import FileRefused
from labelpulse.core.events import AnnotationRecord, BadRecord, Origin, ProjectRecord
from labelpulse.ingest.plain_xml import DEEPEST
from labelpulse.source import FileFormat, FileRecord, ImportOptions
from labelpulse.testing import FileFormatContract

BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>'


def thing(*corners: object, label: str = "dog", more: str = "") -> str:
    names = ("xmin", "ymin", "xmax", "ymax")
    box = "".join(f"<{name}>{one}</{name}>" for name, one in zip(names, corners, strict=True))
    return f"<object><name>{label}</name>{more}<bndbox>{box}</bndbox></object>"


def picture(*objects: str, name: str = "1.jpg", size: tuple[object, object] = (100, 50)) -> str:
    return (
        f"<annotation><folder>VOC2007</folder><filename>{name}</filename><size><width>{size[0]}"
        f"</width><height>{size[1]}</height><depth>3</depth></size>{''.join(objects)}</annotation>"
    )


def folder(tmp_path: Path, **files: str) -> Path:
    """A folder; an underscore in a name is a folder in it."""
    made = tmp_path / "set"
    for name, text in files.items():
        path = made / f"{name.replace('_', '/')}.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return made


class TestContract(FileFormatContract):
    @pytest.fixture
    def form(self) -> FileFormat:
        return PascalVoc()

    @pytest.fixture
    def sample(self, tmp_path: Path) -> Path:
        return folder(tmp_path, a=picture(thing(1, 1, 100, 50)), b=picture(name="2.jpg"))


def read(path: Path, **columns: str) -> list[FileRecord]:
    return list(PascalVoc().read(path, ImportOptions("P", columns)))


def known(path: Path, **columns: str) -> dict[str, object]:
    notes = [one for one in read(path, **columns) if isinstance(one, AnnotationRecord)]
    return {one.item: dict(one.gold) for one in notes}


def test_pixels_count_from_one_and_both_corners_belong_to_a_box(tmp_path: Path) -> None:
    """The whole picture is 1 to its width; one pixel is n to n."""
    whole, pixel = thing(1, 1, 100, 50), thing(11, 6, 11, 6, label="cat")
    assert known(folder(tmp_path, a=picture(whole, pixel))) == {
        "1.jpg": {"boxes": [[0, 0, 1, 1, "dog"], [0.1, 0.1, 0.01, 0.02, "cat"]]}
    }


def test_where_some_box_begins_at_zero_all_do_and_it_is_said(tmp_path: Path) -> None:
    files = {"a": picture(thing(0, 0, 50, 25)), "b": picture(thing(10, 5, 20, 10), name="2.jpg")}
    path = folder(tmp_path, **files)
    assert known(path) == {
        "1.jpg": {"boxes": [[0, 0, 0.5, 0.5, "dog"]]},
        "2.jpg": {"boxes": [[0.1, 0.1, 0.1, 0.1, "dog"]]},
    }
    (project, *_) = read(path)
    assert isinstance(project, ProjectRecord)
    assert any("begins at 0" in one for one in project.remarks)


def test_a_known_answer_is_nobodys_work(tmp_path: Path) -> None:
    project, record = read(folder(tmp_path, a=picture()))
    assert isinstance(project, ProjectRecord)
    assert [(one.name, one.labels) for one in project.controls] == [("boxes", None)]
    assert isinstance(record, AnnotationRecord)
    assert (record.origin, record.answers, record.gold) == (Origin.BULK, (), (("boxes", []),))


def test_boxes_of_parts_and_marks_of_difficulty(tmp_path: Path) -> None:
    head = "<difficult>1</difficult><part><name>head</name><bndbox><xmin>9</xmin></bndbox></part>"
    path = folder(tmp_path, a=picture(thing(1, 1, 100, 50, more=head)))
    assert known(path) == {"1.jpg": {"boxes": [[0, 0, 1, 1, "dog"]]}}
    (project, *_) = read(path)
    assert isinstance(project, ProjectRecord)
    assert any("difficult" in one for one in project.remarks)


def test_questions_may_be_named(tmp_path: Path) -> None:
    path = folder(tmp_path, a=picture(thing(1, 1, 100, 50), thing(1, 1, 9, 9, label="cat")))
    assert known(path, labels="tags") == {"1.jpg": {"tags": ["cat", "dog"]}}
    assert list(known(path, boxes="box")["1.jpg"]) == ["box"]  # type: ignore[call-overload]


def test_names_that_two_pictures_share_keep_their_folders(tmp_path: Path) -> None:
    path = folder(tmp_path, a_x=picture(), b_x=picture(), b_y=picture(name="2.jpg"))
    assert list(known(path)) == ["a/1.jpg", "b/1.jpg", "2.jpg"]


def test_a_picture_without_a_name_is_called_as_its_file(tmp_path: Path) -> None:
    assert list(known(folder(tmp_path, a=picture(name="")))) == ["a"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BOMB + picture(thing(1, 1, 2, 2, label="&c;")), "bad_xml"),
        (OUTSIDE + picture(thing(1, 1, 2, 2, label="&b;")), "bad_xml"),
        (picture(thing(1, 1, 2, 2))[:-20], "bad_xml"),
        ("<a>" * (DEEPEST + 1) + "</a>" * (DEEPEST + 1), "bad_xml"),
        ('<?xml version="1.0" encoding="no-such"?>' + picture(), "bad_xml"),
        ("<other/>", "no_annotation"),
        (picture(size=("", 5)), "bad_value"),
        (picture(size=(0, 5)), "bad_size"),
        (picture(thing("a", 1, 2, 2)), "bad_value"),
        (picture(thing(9, 1, 2, 2)), "bad_value"),
        (picture(thing(1, 1, 2, 2, label=" ")), "missing_label"),
        (picture("<object><name>dog</name></object>"), "bad_value"),
    ],
)
def test_what_cannot_be_used_is_set_aside_with_its_place(
    tmp_path: Path, text: str, reason: str
) -> None:
    records = read(folder(tmp_path, a=text, b=picture(name="good.jpg")))
    (bad,) = [one for one in records if isinstance(one, BadRecord)]
    assert (bad.location, bad.record, bad.reason) == ("set", "a.xml", reason)
    assert sum(isinstance(one, AnnotationRecord) for one in records) == 1


def test_a_folder_is_recognised_by_its_files_and_a_file_by_its_head(tmp_path: Path) -> None:
    path = folder(tmp_path, a=picture())
    (tmp_path / "none").mkdir()
    form = PascalVoc()
    assert form.recognises(path, b"")
    assert not form.recognises(tmp_path / "none", b"")
    assert form.recognises(path / "a.xml", picture().encode())
    assert list(known(path / "a.xml")) == ["1.jpg"]
    with pytest.raises(FileRefused, match="no XML file"):
        read(tmp_path / "none")
