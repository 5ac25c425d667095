"""Hostile and broken files: the reason and the place are told, and all that is good loads."""

import json
from pathlib import Path
from typing import Any

import pytest

from labelpulse.cli.import_ import exit_code
from labelpulse.config import load_settings
from labelpulse.core.errors import FileRefused, LabelpulseError
from labelpulse.ingest.child import FileReader, Limits
from labelpulse.ingest.import_settings import ImportFlags
from labelpulse.ingest.importer import import_files
from labelpulse.source import ImportOptions
from labelpulse.warehouse.store import Warehouse
from tests.ingest.importing import asides, copy_of, held, load, make


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


# --- a good record, one that is told of, a good record ---


def task(n: int, mark: dict[str, Any] | None = None, **more: Any) -> str:
    """A task of Label Studio's export with one answer, as JSON."""
    stamp = f"2024-03-04T09:{n:02d}:00Z"
    annotation = {
        "id": n,
        "unique_id": f"u{n}",
        "completed_by": 1,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": stamp,
        "updated_at": stamp,
        "lead_time": 2.0,
        "result": chosen("x"),
        **(mark or {}),
    }
    return json.dumps({"id": n, "data": {"text": "t"}, "annotations": [annotation], **more})


def chosen(label: str) -> list[dict[str, Any]]:
    return [
        {"type": "choices", "from_name": "c", "to_name": "t", "value": {"choices": [label]}},
    ]


def row(n: int, **more: Any) -> dict[str, Any]:
    at = f"2024-03-04T09:{n:02d}:00Z"
    usual = {"item": f"i{n}", "annotator": "a", "label": "x", "submitted_at": at}
    return {**usual, "time_spent": "2", "annotation_id": str(n), **more}


def array(text: str) -> str:
    return f"[{task(1)},\n{text},\n{task(2)}]"


def lines(text: str) -> str:
    return f"{json.dumps(row(1))}\n{text}\n{json.dumps(row(2))}\n"


def cells(*texts: str, head: str = "", sign: str = ",") -> str:
    header = head or ",".join(row(0))
    whole = "\n".join([header, ",".join(row(1).values()), *texts, ",".join(row(2).values())])
    return whole.replace(",", sign) + "\n"


THIRD = task(3)
LINE = json.dumps(row(3))
CELLS = ",".join(row(3).values())
DEEP_65, DEEP_100K = ("[" * n + "]" * n for n in (65, 100_000))
DIGITS = "9" * 5_000
NOTE = "record 2, task 3, annotation 3"

# class -> (file, what it is refused for)
REFUSED: dict[str, tuple[bytes | str, str]] = {
    "empty.json": ("", "is empty"),
    "empty.jsonl": ("", "is empty"),
    "empty.csv": ("", "is empty"),
    "whitespace.json": (" \n ", "is empty"),
    "whitespace.jsonl": (" \n ", "is empty"),
    "whitespace.csv": (" \n ", "is empty"),
    "truncated.json": (array(THIRD)[:-40], "ends too early, as if it were half written"),
    "trailing garbage.json": (array(THIRD) + " x", "goes on behind the end of its list"),
    "utf16.json": (array(THIRD).encode("utf-16"), "is UTF-16 and no table: save it as UTF-8"),
    "invalid utf8.json": (
        array(THIRD.replace('"t"', '"\u00ff"')).encode("latin-1"),
        "is not UTF-8 text",
    ),
    "wrong top type.json": (task(1), "in no format that is known"),
    "numbers only.json": ("[" + "1," * 300 + "1]", "in no format that is known"),
    "duplicate header.csv": (
        cells(f"{CELLS},y", head=",".join(row(0)) + ",label"),
        "has 2 columns 'label'",
    ),
    "numbers alone.json": ("[" + "1," * 20_000 + "x", "in no format that is known"),
    "nothing good.csv": ("item,annotator,label\n,a,x\n", "nothing in its 1 record can be used"),
}

# class -> (file, (record, reason) of what is set aside)
ASIDE: dict[str, tuple[bytes | str, tuple[str, str]]] = {
    "lone surrogate.json": (array(task(3, {"result": chosen("\ud800")})), (NOTE, "bad_encoding")),
    "surrogate in id.json": (
        array(task(3, id="\ud800")),
        ("record 2, task \ufffd", "bad_encoding"),
    ),
    "nul in author.json": (array(task(3, {"completed_by": "a\0b"})), (NOTE, "nul")),
    "nul.json": (array(task(3, {"result": chosen("a\0b")})), (NOTE, "nul")),
    "depth 65.json": (array(THIRD.replace('{"text": "t"}', DEEP_65)), ("record 2", "too_deep")),
    "depth 100k.json": (array(THIRD.replace('{"text": "t"}', DEEP_100K)), ("record 2", "too_deep")),
    "5000 digits.json": (
        array(THIRD.replace('"id": 3, "data"', f'"id": {DIGITS}, "data"')),
        ("record 2", "long_integer"),
    ),
    "nan.json": (array(THIRD.replace("2.0", "NaN")), ("record 2", "not_a_number")),
    "infinity.json": (array(THIRD.replace("2.0", "-Infinity")), ("record 2", "not_a_number")),
    "duplicate keys.json": (
        array(THIRD.replace('"data"', '"id": 4, "data"')),
        ("record 2", "duplicate_key"),
    ),
    "missing id.json": (
        array(THIRD.replace('"id": 3, "data"', '"data"')),
        ("record 2", "missing_id"),
    ),
    "null id.json": (array(task(3, id=None)), ("record 2", "missing_id")),
    "no task.json": (array("3"), ("record 2", "bad_task")),
    "bad date.json": (array(task(3, {"created_at": "yesterday"})), (NOTE, "bad_time")),
    "future date.json": (
        array(task(3, {"created_at": "2999-01-01T00:00:00Z"})),
        (NOTE, "bad_time"),
    ),
    "year 0001.json": (array(task(3, {"created_at": "0001-01-01T00:00:00Z"})), (NOTE, "bad_time")),
    "truncated.jsonl": (lines(LINE)[:-20], ("line 3", "bad_json")),
    "trailing garbage.jsonl": (lines(f"{LINE} x"), ("line 2", "bad_json")),
    "invalid utf8.jsonl": (
        lines(LINE.replace('"x"', '"\u00ff"')).encode("latin-1"),
        ("line 2", "bad_encoding"),
    ),
    "lone surrogate.jsonl": (lines(json.dumps(row(3, label="\ud800"))), ("line 2", "bad_encoding")),
    "nul.jsonl": (lines(json.dumps(row(3, item="a\0b"))), ("line 2", "nul")),
    "depth 65.jsonl": (lines(LINE.replace('"x"', DEEP_65)), ("line 2", "too_deep")),
    "depth 100k.jsonl": (lines(LINE.replace('"x"', DEEP_100K)), ("line 2", "too_deep")),
    "5000 digits.jsonl": (lines(LINE.replace('"i3"', DIGITS)), ("line 2", "long_integer")),
    "nan.jsonl": (lines(LINE.replace('"2"', "NaN")), ("line 2", "not_a_number")),
    "infinity.jsonl": (lines(LINE.replace('"2"', "Infinity")), ("line 2", "not_a_number")),
    "1e400.jsonl": (lines(LINE.replace('"2"', "1e400")), ("line 2", "bad_json")),
    "duplicate keys.jsonl": (lines(LINE[:-1] + ',"item": "z"}'), ("line 2", "duplicate_key")),
    "wrong top type.jsonl": (lines("[1]"), ("line 2", "bad_json")),
    "missing id.jsonl": (lines(LINE.replace('"item": "i3", ', "")), ("line 2", "missing_item")),
    "null id.jsonl": (lines(json.dumps(row(3, item=None))), ("line 2", "missing_item")),
    "bad date.jsonl": (lines(json.dumps(row(3, submitted_at="soon"))), ("line 2", "bad_time")),
    "17 MB line.jsonl": (
        lines(json.dumps(row(3, label="x" * 17_000_000))),
        ("line 2", "huge_line"),
    ),
    "truncated.csv": (cells(CELLS)[:-20], ("line 4", "ragged_row")),
    "invalid utf8.csv": (
        cells(CELLS.replace(",x,", ",\u00ff,")).encode("latin-1"),
        ("line 3", "bad_encoding"),
    ),
    "nul.csv": (cells(CELLS.replace(",x,", ",a\0b,")), ("line 3", "nul")),
    "ragged short.csv": (cells("i3,a,x"), ("line 3", "ragged_row")),
    "ragged long.csv": (cells(f"{CELLS},9"), ("line 3", "ragged_row")),
    "2 MB field.csv": (
        cells(CELLS.replace(",x,", f",{'x' * 2_000_000},")),
        ("line 3", "huge_field"),
    ),
    "unclosed quote.csv": (cells(CELLS.replace(",x,", ',"x,')), ("line 3", "unclosed_quote")),
    "quote in cell.csv": (cells(CELLS.replace(",x,", ',"x"y,')), ("line 3", "bad_quotes")),
    "missing id.csv": (cells(CELLS.removeprefix("i3")), ("line 3", "missing_item")),
    "bad date.csv": (cells(CELLS.replace("2024-03-04T", "soon ")), ("line 3", "bad_time")),
    "future date.csv": (cells(CELLS.replace("2024", "2999")), ("line 3", "bad_time")),
    "year 0001.csv": (cells(CELLS.replace("2024", "0001")), ("line 3", "bad_time")),
    "nan.csv": (cells(CELLS.replace(",2,", ",NaN,")), ("line 3", "bad_time_spent")),
    "1e400.csv": (cells(CELLS.replace(",2,", ",1e400,")), ("line 3", "bad_time_spent")),
    "5000 digits.csv": (cells(CELLS.replace(",2,", f",{DIGITS},")), ("line 3", "bad_time_spent")),
}

# What is odd and good: three annotations load.
GOOD: dict[str, bytes | str] = {
    "bom.json": b"\xef\xbb\xbf" + array(THIRD).encode(),
    "int 2 to 63.json": array(task(3, {"id": 2**63, "unique_id": ""}, id=2**63)),
    "int 2 to 64 and 1.json": array(task(3, {"id": 2**64 + 1}, id=2**64 + 1)),
    "1e400.json": array(THIRD.replace("2.0", "1e400")),
    "id of another type.json": array(task(3, {"id": "3"}, id="3")),
    "naive date.json": array(task(3, {"created_at": "2024-03-04T09:00:00"})),
    "negative lead_time.json": array(THIRD.replace("2.0", "-5")),
    "array of 200 k.json": array(THIRD.replace('{"text": "t"}', f"[{'1,' * 200_000}1]")),
    "5 MB string.json": array(THIRD.replace('"t"', f'"{"x" * 5_000_000}"')),
    "5 MB label.json": array(task(3, {"result": chosen("x" * 5_000_000)})),
    "bom.jsonl": b"\xef\xbb\xbf" + lines(LINE).encode(),
    "utf16.jsonl": lines(LINE).encode("utf-16"),
    "int 2 to 64 and 1.jsonl": lines(json.dumps(row(3, item=2**64 + 1))),
    "id of another type.jsonl": lines(json.dumps(row(3, item=3))),
    "5 MB string.jsonl": lines(json.dumps(row(3, label="x" * 5_000_000))),
    "lone cr.jsonl": lines(LINE).replace("\n", "\r"),
    "bom.csv": b"\xef\xbb\xbf" + cells(CELLS).encode(),
    "utf16.csv": cells(CELLS).encode("utf-16"),
    "200 kB field.csv": cells(CELLS.replace(",x,", f",{'x' * 200_000},")),
    "semicolon and comma.csv": cells(CELLS.replace(",2,", ",2.5,"), sign=";").replace("2.5", "2,5"),
    "formula.csv": cells(CELLS.replace(",x,", ",=1+1,")),
    "negative time.csv": cells(CELLS.replace(",2,", ",-5,")),
    "naive date.csv": cells(CELLS.replace("00Z", "00")),
}


def written(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal(warehouse: Warehouse, path: Path, **flags: Any) -> str:
    """Import a file that must be refused: one line, a name, and nothing left behind."""
    with pytest.raises(LabelpulseError) as caught:
        load(warehouse, path, **flags)
    assert warehouse.sources() == {}
    told = str(caught.value)
    assert "\n" not in told
    return told


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_words(warehouse: Warehouse, tmp_path: Path, name: str) -> None:
    content, told = REFUSED[name]
    said = refusal(warehouse, written(tmp_path, name, content))
    assert said.startswith(name)
    assert told in said


@pytest.mark.parametrize("name", ASIDE)
def test_it_is_set_aside_and_the_good_ones_load(
    warehouse: Warehouse, tmp_path: Path, name: str
) -> None:
    content, aside = ASIDE[name]
    result = load(warehouse, written(tmp_path, name, content))
    assert (name, *aside) in asides(warehouse)
    assert (result.loaded, result.unchanged) == (2, 0)
    assert result.read == result.loaded + result.quarantined
    assert exit_code(result) == 3
    assert len(held(warehouse)) == result.loaded
    assert warehouse.verify(1) == []


@pytest.mark.parametrize("name", GOOD)
def test_it_is_odd_and_loads(warehouse: Warehouse, tmp_path: Path, name: str) -> None:
    result = load(warehouse, written(tmp_path, name, GOOD[name]))
    assert (result.loaded, result.quarantined, exit_code(result)) == (3, 0, 0)
    assert len(held(warehouse)) == 3
    assert warehouse.verify(1) == []


@pytest.mark.parametrize("name", ["twice.json", "twice.jsonl", "twice.csv"])
def test_a_record_that_is_there_twice_is_one(
    warehouse: Warehouse, tmp_path: Path, name: str
) -> None:
    content = {
        "twice.json": array(f"{THIRD},{THIRD}"),
        "twice.jsonl": lines(f"{LINE}\n{LINE}"),
        "twice.csv": cells(CELLS, CELLS),
    }
    result = load(warehouse, written(tmp_path, name, content[name]))
    assert (result.read, result.loaded, result.unchanged) == (4, 3, 1)


def test_ids_beyond_64_bits_stay_apart(warehouse: Warehouse, tmp_path: Path) -> None:
    content = array(f"{task(3, id=2**64 + 1)},{task(4, id=2**64 + 2)}")
    load(warehouse, written(tmp_path, "ids.json", content))
    items = {one["item"] for one in held(warehouse).values()}
    assert items == {"1", "2", str(2**64 + 1), str(2**64 + 2)}


def test_a_bad_record_tells_no_value(warehouse: Warehouse, tmp_path: Path) -> None:
    content = cells(CELLS.replace("2024-03-04T", "maria "))
    result = load(warehouse, written(tmp_path, "t.csv", content))
    (bad,) = result.first_bad
    assert (bad.location, bad.record) == ("t.csv", "line 3")
    assert "maria" not in bad.detail


# --- what is no file ---


def test_a_device_and_a_file_that_cannot_be_read(warehouse: Warehouse) -> None:
    assert "no regular file" in refusal(warehouse, Path("/dev/zero"), format="csv")
    memory = Path("/proc/self/mem")
    if memory.exists():
        assert "mem cannot be read (OSError)" in refusal(warehouse, memory, format="csv")


def test_a_name_that_breaks_a_line_is_refused_on_one(warehouse: Warehouse, tmp_path: Path) -> None:
    path = written(tmp_path, "a\nb\x1b[31m.csv", cells(CELLS))
    said = refusal(warehouse, path)
    assert said.startswith("a?b?[31m.csv: its name has a line break")


def test_a_link_and_a_path_from_above_are_followed_on_request(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    """Who imports names the file; a watched folder follows no link."""
    there = written(tmp_path, "t.csv", cells(CELLS))
    link = tmp_path / "link.csv"
    link.symlink_to(there)
    assert load(warehouse, link).loaded == 3
    inner = tmp_path / "inner"
    inner.mkdir()
    assert load(warehouse, inner / ".." / "t.csv").unchanged == 3


def test_a_list_of_something_else_is_not_read_to_its_end(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    content = "[" + "1," * 20_000 + "this is no JSON"
    said = refusal(warehouse, written(tmp_path, "n.json", content), format="label-studio")
    assert "holds no task with annotations" in said


def test_a_folder_is_no_file(warehouse: Warehouse, tmp_path: Path) -> None:
    written(tmp_path, "t.csv", cells(CELLS))
    assert "is a folder and no data set that is known" in refusal(warehouse, tmp_path)


def test_a_parquet_file_that_breaks_off_is_refused(warehouse: Warehouse, tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table({key: [value] * 9 for key, value in row(1).items()}), path)
    whole = path.read_bytes()
    for end in (4, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:end])
        assert "no whole Parquet file" in refusal(warehouse, path)
    path.write_bytes(whole[:40] + bytes(40) + whole[80:])
    with pytest.raises(FileRefused):
        load(warehouse, path)


def test_xml_that_grows_as_it_is_read_is_refused(warehouse: Warehouse, tmp_path: Path) -> None:
    many = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    content = (
        f'<?xml version="1.0"?><!DOCTYPE annotation [<!ENTITY e0 "x">{many}]>'
        "<annotation><filename>&e8;</filename><object><name>car</name></object></annotation>"
    )
    path = written(tmp_path, "bomb.xml", content)
    assert refusal(warehouse, path, format="voc").startswith("bomb.xml")


def test_an_export_cut_at_any_place_loads_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    whole = array(THIRD).encode()
    for percent in range(2, 100, 7):
        path = written(tmp_path, "cut.json", whole[: len(whole) * percent // 100])
        with pytest.raises(FileRefused):
            load(warehouse, path, format="label-studio")
    assert warehouse.sources() == {}
    path.write_bytes(whole)
    assert load(warehouse, path, format="label-studio").loaded == 3


# --- what could explode ---


def test_an_element_that_would_need_too_much_memory_costs_its_file_alone(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    """Small on disk, large in memory: 24 MB of empty objects are above 500 MB as objects."""
    many = "[" + "{}," * 8_000_000 + "{}]"
    paths = [
        written(tmp_path, "objects.json", array(THIRD.replace('{"text": "t"}', many))),
        written(
            tmp_path, "numbers.json", array(THIRD.replace('{"text": "t"}', f"[{'1,' * 10**6}1]"))
        ),
    ]
    with FileReader(Limits(memory_mb=256)) as reader:
        given = ImportFlags("P")
        result = import_files(warehouse, load_settings(environ={}), paths, given, reader=reader)
    (error,) = result.failed
    assert str(error).startswith("objects.json was not loaded: the process that read it needed mo")
    assert (result.files, result.loaded, exit_code(result)) == (1, 3, 3)


def test_reading_takes_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.json"
    with path.open("w") as file:
        file.write("[" + THIRD)
        for n in range(8_000):
            file.write("," + task(n % 50, data={"text": "x" * 4_000}))
        file.write("]")
    with FileReader() as reader, reader.read(path, "label-studio", ImportOptions("P")) as stage:
        assert stage.summary.good == 8_001
        status = Path(f"/proc/{reader.pid}/status")
        if status.exists():
            (peak,) = [one for one in status.read_text().splitlines() if one.startswith("VmHWM")]
            assert int(peak.split()[1]) < 100 * 1024
