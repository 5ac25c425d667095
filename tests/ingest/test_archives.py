"""Archives of exports: unpacked with limits, and never where a member's name would lead."""

import gzip
import io
import os
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from labelpulse.core.errors import FileRefused
from labelpulse.ingest.archives import Unpacked, is_archive, unpack, unpacking
from labelpulse.ingest.child import FileReader, Opened
from labelpulse.warehouse.store import Warehouse
from tests.ingest.importing import asides, copy_of, load, make

MB = 2**20
HEAD = "item,annotator,label\n"
VOTES, MORE = f"{HEAD}i1,a,x\ni2,a,y\n", f"{HEAD}i3,a,x\n,a,x\n"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "empty.db"
    make(f"sqlite:///{path}").engine.dispose()
    return path


@pytest.fixture
def warehouse(template, tmp_path):
    made = copy_of(template, tmp_path / "w.db")
    yield made
    made.engine.dispose()


def zipped(path: Path, members: dict[str, str | bytes], mode: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def tarred(path: Path, members: dict[str, str], kind: bytes = tarfile.REGTYPE) -> Path:
    mode = "w:gz" if path.suffix in (".gz", ".tgz") else "w"
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.type, info.size = kind, len(content) if kind == tarfile.REGTYPE else 0
            info.linkname = "/etc/passwd"
            archive.addfile(info, io.BytesIO(content.encode()))
    return path


def gzipped(path: Path, content: str | bytes) -> Path:
    path.write_bytes(gzip.compress(content.encode() if isinstance(content, str) else content))
    return path


def test_members_become_one_project_and_each_bad_line_has_its_place(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    members: dict[str, str | bytes] = {
        "a/votes.csv": VOTES,
        "b/more.csv": MORE,
        "README.md": "# Votes, of March",
        "__MACOSX/._votes.csv": "junk",
        "images/1.jpg": b"\xff\xd8",
    }
    result = load(warehouse, zipped(tmp_path / "all.zip", members))
    assert (result.files, result.loaded, result.quarantined) == (2, 3, 1)
    assert asides(warehouse) == [("all.zip: b/more.csv", "line 3", "missing_item")]
    (bad,) = result.first_bad
    assert f"{bad.location} {bad.record}" == "all.zip: b/more.csv line 3"
    again = load(warehouse, zipped(tmp_path / "again.zip", members))
    assert (again.read, again.unchanged, again.loaded) == (4, 4, 0)


@pytest.mark.parametrize("name", ["t.csv.gz", "t.GZ", "t.tar", "t.tar.gz", "t.tgz", "t.zip"])
def test_every_kind_of_archive_is_read(warehouse: Warehouse, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("zip"):
        zipped(path, {"t.csv": VOTES})
    elif "tar" in name or name.endswith("tgz"):
        tarred(path, {"./t.csv": VOTES})
    else:
        gzipped(path, VOTES)
    assert load(warehouse, path).loaded == 2


def test_a_member_that_is_refused_keeps_no_other_out(warehouse: Warehouse, tmp_path: Path) -> None:
    path = zipped(tmp_path / "t.zip", {"votes.csv": VOTES, "empty.csv": "", "cut.json": "[{"})
    result = load(warehouse, path)
    assert (result.files, result.loaded) == (1, 2)
    assert [str(one).partition(" is ")[0] for one in result.failed] == [
        "t.zip: empty.csv",
        "t.zip: cut.json",
    ]


def test_one_member_alone_is_refused_as_a_file_is(warehouse: Warehouse, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"^t\.csv\.gz is empty: export it again"):
        load(warehouse, gzipped(tmp_path / "t.csv.gz", ""))
    assert warehouse.sources() == {}


# --- what is not to be trusted ---


def encrypted(path: Path) -> Path:
    """A ZIP archive whose entry says that it is encrypted."""
    content = bytearray(zipped(path, {"t.csv": VOTES}).read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    path.write_bytes(content)
    return path


def strange_method(path: Path) -> Path:
    content = bytearray(zipped(path, {"t.csv": VOTES}).read_bytes())
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(mark) + at] = 97
    path.write_bytes(content)
    return path


def cut(path: Path, share: float) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def flipped(path: Path) -> Path:
    """An archive in whose data a bit fell over."""
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    return path


NOISE = os.urandom(3_000).hex()
BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "slip.zip": (lambda p: zipped(p, {"../t.csv": VOTES}), "'../t.csv' has a name that leads out"),
    "inner slip.zip": (lambda p: zipped(p, {"a/../../t.csv": VOTES}), "leads out of the archive"),
    "absolute.zip": (lambda p: zipped(p, {"/etc/t.csv": VOTES}), "begins at the root of a disk"),
    "drive.zip": (lambda p: zipped(p, {"C:/t.csv": VOTES}), "begins at the root of a disk"),
    "backslash.zip": (lambda p: zipped(p, {"..\\t.csv": VOTES}), "begins at the root of a disk"),
    "newline.zip": (lambda p: zipped(p, {"a\nb.csv": VOTES}), "'a?b.csv' has a line break"),
    "nul.zip": (lambda p: zipped(p, {"t.csv\x01.jpg": VOTES}), "control sign in its name"),
    "wide.zip": (
        lambda p: zipped(p, {("x" * 99 + "/") * 12 + "t.csv": VOTES}),
        "has a name that is too long",
    ),
    "long.zip": (lambda p: zipped(p, {"x" * 300 + ".csv": VOTES}), "has a name that is too long"),
    "link.zip": (
        lambda p: zipped(p, {"t.csv": "/etc/passwd"}, stat.S_IFLNK | 0o777),
        "'t.csv' is a symbolic link",
    ),
    "pipe.zip": (lambda p: zipped(p, {"t.csv": ""}, stat.S_IFIFO), "'t.csv' is a pipe"),
    "locked.zip": (encrypted, "'t.csv' is encrypted: save the archive without a password"),
    "method.zip": (strange_method, "packed in a way that is not known here"),
    "nested.zip": (
        lambda p: zipped(
            p, {"in.zip": zipped(p.with_name("in.zip"), {"t.csv": VOTES}).read_bytes()}
        ),
        "'in.zip' is an archive itself: unpack the outer one",
    ),
    "sheet.xlsx": (
        lambda p: zipped(p, {"[Content_Types].xml": "<x/>", "xl/a.xml": "<x/>"}),
        "is a workbook or a document: save the table in it as CSV",
    ),
    "none.zip": (lambda p: zipped(p, {}), "holds no file that could be an export"),
    "pictures.zip": (lambda p: zipped(p, {"1.jpg": "x"}), "holds no file that could be an export"),
    "cut.zip": (lambda p: cut(zipped(p, {"t.csv": VOTES}), 0.6), "is damaged"),
    "flipped.zip": (lambda p: flipped(zipped(p, {"t.csv": HEAD + NOISE})), "is damaged"),
    "bomb.zip": (
        lambda p: zipped(p, {"t.csv": bytes(8 * MB)}),
        "unpacks to more than 100 times its size",
    ),
    "bomb.csv.gz": (lambda p: gzipped(p, bytes(8 * MB)), "unpacks to more than 100 times"),
    "bomb.tgz": (lambda p: tarred(p, {"t.csv": "\0" * 8 * MB}), "unpacks to more than 100 times"),
    "hidden bomb.tgz": (
        lambda p: tarred(p, {"t.csv": VOTES, "1.jpg": "\0" * 8 * MB}),
        "unpacks to more than 100 times",
    ),
    "cut.csv.gz": (lambda p: cut(gzipped(p, NOISE), 0.9), "ends too early"),
    "flipped.csv.gz": (lambda p: flipped(gzipped(p, NOISE)), "is damaged"),
    "link.tar": (lambda p: tarred(p, {"t.csv": ""}, tarfile.SYMTYPE), "'t.csv' is a link"),
    "hard link.tar": (lambda p: tarred(p, {"t.csv": ""}, tarfile.LNKTYPE), "'t.csv' is a link"),
    "device.tar": (lambda p: tarred(p, {"t.csv": ""}, tarfile.CHRTYPE), "'t.csv' is a device"),
    "fifo.tar": (lambda p: tarred(p, {"t.csv": ""}, tarfile.FIFOTYPE), "'t.csv' is a device"),
    "slip.tar": (lambda p: tarred(p, {"../t.csv": VOTES}), "leads out of the archive"),
    "absolute.tgz": (lambda p: tarred(p, {"/t.csv": VOTES}), "begins at the root of a disk"),
    "cut.tar": (lambda p: cut(tarred(p, {"t.csv": VOTES, "u.csv": VOTES}), 0.1), "ends too early"),
    "cut.tgz": (lambda p: cut(tarred(p, {"t.csv": NOISE}), 0.9), "ends too early"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_archive_is_refused_whole(warehouse: Warehouse, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    build, told = BAD[name]
    path = build(folder / name)
    there = sorted(tmp_path.rglob("*"))
    with pytest.raises(FileRefused) as caught:
        load(warehouse, path)
    said = str(caught.value)
    assert said.startswith(name)
    assert told in said
    assert "\n" not in said
    assert warehouse.sources() == {}
    assert [one for one in sorted(tmp_path.rglob("*")) if "w.db" not in one.name] == [
        one for one in there if "w.db" not in one.name
    ]


def test_a_tar_file_cut_between_two_members_is_seen(tmp_path: Path) -> None:
    path = tarred(tmp_path / "t.tar", {"t.csv": VOTES, "u.csv": VOTES})
    path.write_bytes(path.read_bytes()[:1024])
    with pytest.raises(FileRefused, match="ends too early"):
        unpack(path, tmp_path / "out", MB)


def test_members_stand_where_they_stood_to_each_other(tmp_path: Path) -> None:
    names = ["a b(1).csv", "x/b*c?.csv", "köln.csv", "CON.csv", "y/a b(1).csv"]
    found = unpack(zipped(tmp_path / "t.zip", dict.fromkeys(names, VOTES)), tmp_path / "out", MB)
    assert found == Unpacked(("t.zip", "tree"), tuple((one, f"tree/{one}") for one in names))
    assert all((tmp_path / "out" / place).read_text() == VOTES for _, place in found.files)


def test_an_archive_is_unpacked_once(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    unpacked = FileReader.unpacked

    def counted(self: FileReader, path: Path) -> AbstractContextManager[Opened]:
        made.append(path)
        return unpacked(self, path)

    monkeypatch.setattr(FileReader, "unpacked", counted)
    path = zipped(tmp_path / "t.zip", {"a.csv": VOTES, "b.csv": VOTES})
    assert load(warehouse, path).files == 2
    assert made == [path]


def test_a_data_set_may_hold_what_is_no_export(
    warehouse: Warehouse, boxes: Path, tmp_path: Path
) -> None:
    inner = zipped(tmp_path / "in.zip", {"t.csv": VOTES})
    shutil.copy(inner, boxes / "before.zip")
    shutil.make_archive(str(tmp_path / "zipped"), "zip", tmp_path, "set")
    assert load(warehouse, tmp_path / "zipped.zip").files == 1


# --- what lies beside exports ---

CONFIGS = (
    '{"choice": "<View><Choices/></View>", "image": {"names": ["a"], "categories": [{"id": 1}]}}'
)
TASK = '{"id": 1, "data": {"t": "x"}, "annotations": [{"id": 1, "result": []}]}'


def test_a_description_beside_exports_is_passed_over_in_one_line(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    path = zipped(tmp_path / "t.zip", {"votes.csv": VOTES, "label_configs.json": CONFIGS})
    result = load(warehouse, path)
    assert (result.files, result.loaded, result.failed) == (1, 2, [])
    assert result.warnings == [
        "t.zip: label_configs.json is no export but a description, and passed over"
    ]


@pytest.mark.parametrize(
    "content",
    [
        *(TASK, CONFIGS[:-1], f"[{CONFIGS}]", '{"item": "1", "label": "x"}'),
        *('{"a": {"rows": [[1]]}}', '{"id": 1, "tone": "good"}', '{"by": "ana", "tone": "good"}'),
    ],
)
def test_what_may_be_somebodys_work_is_not_passed_over(
    warehouse: Warehouse, tmp_path: Path, content: str
) -> None:
    result = load(warehouse, zipped(tmp_path / "t.zip", {"votes.csv": VOTES, "x.json": content}))
    assert (result.loaded, result.warnings) == (2, [])
    (refused,) = result.failed
    assert str(refused).startswith("t.zip: x.json is in no format that is known here")


def test_a_description_alone_is_refused(warehouse: Warehouse, tmp_path: Path) -> None:
    path = zipped(tmp_path / "t.zip", {"label_configs.json": CONFIGS})
    with pytest.raises(FileRefused, match="without anybody's work: take the export that lies"):
        load(warehouse, path)


def test_a_tree_keeps_its_folders_and_of_pictures_the_beginning(tmp_path: Path) -> None:
    picture = os.urandom(100_000)
    path = zipped(tmp_path / "t.zip", {"set/labels/1.txt": "0 1 1", "set/images/1.jpg": picture})
    assert unpack(path, tmp_path / "out", MB).root == ("set", "tree/set")
    root = tmp_path / "out" / "tree" / "set"
    assert (root / "labels" / "1.txt").read_text() == "0 1 1"
    assert (root / "images" / "1.jpg").read_bytes() == picture[:65_536]


def test_what_may_come_out_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "t.zip", {"a.csv": os.urandom(3 * MB), "b.csv": VOTES})
    with pytest.raises(FileRefused, match="more than 2 MB; LABELPULSE_PARSE_DISK_MB allows"):
        unpack(path, tmp_path / "out", 2 * MB)
    monkeypatch.setattr(unpacking, "MOST_MEMBERS", 1)
    with pytest.raises(FileRefused, match="has more than 1 members"):
        unpack(path, tmp_path / "more", 9 * MB)


def test_an_archive_is_told_by_its_first_bytes(tmp_path: Path) -> None:
    made = [
        zipped(tmp_path / "a", {"t": "x"}),
        zipped(tmp_path / "b", {}),
        gzipped(tmp_path / "c", "x"),
        tarred(tmp_path / "d", {"t": "x"}),
    ]
    assert [is_archive(path.read_bytes()) for path in made] == [True] * 4
    assert not is_archive(VOTES.encode() * 50)


# --- data sets that are whole folders ---


@pytest.fixture
def boxes(tmp_path: Path) -> Path:
    """A small data set of YOLO: two pictures, three boxes."""
    folder = tmp_path / "set"
    (folder / "labels").mkdir(parents=True)
    (folder / "classes.txt").write_text("car\nbike\n")
    (folder / "labels" / "1.txt").write_text("0 0.5 0.5 0.2 0.2\n1 0.1 0.1 0.1 0.1\n")
    (folder / "labels" / "2.txt").write_text("0 0.5 0.5 0.4 0.4\n")
    return folder


def test_a_folder_that_is_one_data_set_is_imported_whole(
    warehouse: Warehouse, boxes: Path, tmp_path: Path
) -> None:
    first = load(warehouse, boxes)
    assert (first.files, first.read, first.quarantined) == (1, first.loaded, 0)
    assert first.loaded >= 2
    assert load(warehouse, boxes).unchanged == first.loaded
    shutil.make_archive(str(tmp_path / "zipped"), "zip", tmp_path, "set")
    assert load(warehouse, tmp_path / "zipped.zip").unchanged == first.loaded
    (boxes / "labels" / "2.txt").write_text("1 0.5 0.5 0.4 0.4\nno box\n")
    with tarfile.open(tmp_path / "flat.tar.gz", "w:gz") as archive:
        for path in sorted(boxes.rglob("*.txt")):
            archive.add(path, str(path.relative_to(boxes)))
    changed = load(warehouse, tmp_path / "flat.tar.gz")
    assert changed.quarantined == 1
    (aside,) = asides(warehouse)
    assert aside[0] == "flat.tar.gz"
