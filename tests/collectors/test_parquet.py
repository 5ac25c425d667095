"""Parquet files as Arrow writes them, against what Python's own types say."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.tabular import Csv, Parquet
from labelpulse.core.errors import FileRefused, UsageError
from labelpulse.core.events import AnnotationRecord, BadRecord, ProjectRecord
from labelpulse.ingest.formats import find_format
from labelpulse.source import ImportOptions

AT = datetime(2024, 3, 4, 9, 0, 0, 250_000, tzinfo=UTC)
US = 1_709_542_800_250_000
Read = Callable[..., list[Any]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(table: dict[str, Any], **options: Any) -> list[Any]:
        path = tmp_path / "t.parquet"
        pq.write_table(pa.table(table), path)
        first, *rest = Parquet().read(path, ImportOptions("P", **options))
        assert isinstance(first, ProjectRecord)
        return rest

    return read


def one(**more: Any) -> dict[str, Any]:
    return {"item": ["i1"], "annotator": ["ann"], "label": ["x"], **more}


def test_rows_come_out_in_order_with_their_place(read: Read) -> None:
    n = 10_000  # several batches
    columns = {"item": [f"i{at}" for at in range(n)], "annotator": ["ann"] * n, "label": [1] * n}
    records = read(columns)
    assert [record.item for record in records] == columns["item"]
    assert (records[-1].location, records[-1].answers) == ("t.parquet row 10000", (("label", "1"),))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York", "+05:30"])
def test_times_of_any_unit_with_and_without_a_zone(read: Read, unit: str, zone: str | None) -> None:
    moment = AT if zone else AT.replace(tzinfo=None)
    column = pa.array([moment.replace(microsecond=0)], pa.timestamp(unit, zone))
    (record,) = read(one(submitted_at=column), naive_zone="Europe/Berlin")
    wall = 0 if zone else 3600 * 1_000_000  # nine in Berlin is eight in UTC
    assert record.submitted_at == US - 250_000 - wall


def test_microseconds_are_kept(read: Read) -> None:
    (record,) = read(one(submitted_at=[AT], started_at=[AT - timedelta(seconds=12)]))
    assert (record.submitted_at, record.started_at) == (US, US - 12_000_000)


def test_a_time_may_be_a_day_a_text_or_a_number(read: Read) -> None:
    for value in (date(2024, 3, 4), "2024-03-04", 1_709_510_400, 1_709_510_400_000):
        (record,) = read(one(submitted_at=[value]))
        assert record.submitted_at == 1_709_510_400_000_000


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (pa.array([7], pa.int8()), "7"),
        (pa.array([2.0]), "2"),
        (pa.array([2.5]), "2.5"),
        (pa.array([True]), "true"),
        (pa.array([Decimal("2.50")]), "2.50"),
        (pa.array([Decimal("2.00")]), "2"),
        (pa.array([b"yes"]), "yes"),
        (pa.array(["yes"], pa.large_string()), "yes"),
        (pa.array(["yes"]).dictionary_encode(), "yes"),
        (pa.array([7]).dictionary_encode(), "7"),
    ],
)
def test_a_typed_cell_is_a_label(read: Read, column: pa.Array, value: str) -> None:
    (record,) = read(one(label=column))
    assert record.answers == (("label", value),)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (pa.array([["b", "a", None, "b"]]), ["a", "b"]),
        (pa.array([[2, 1]]), ["1", "2"]),
        (pa.array([["b", "a"]], pa.large_list(pa.string())), ["a", "b"]),
        (pa.array([[]], pa.list_(pa.string())), []),
        (pa.array([None], pa.list_(pa.string())), []),
    ],
)
def test_lists_are_sets(read: Read, column: pa.Array, value: list[str]) -> None:
    (record,) = read(one(label=column), scale="set")
    assert record.answers == (("label", value),)


def test_numbers_and_durations(read: Read) -> None:
    spent = pa.array([timedelta(seconds=12, milliseconds=500)])
    (record,) = read(one(label=[Decimal("2.50")], time_spent=spent), scale="ratio")
    assert (record.answers, record.time_spent_ms) == ((("label", 2.5),), 12_500)
    (record,) = read(one(time_spent=[float("nan")], gold=pa.nulls(1)))
    assert (record.time_spent_ms, record.gold) == (None, ())


def test_parts_of_structs_are_columns_with_dots(read: Read) -> None:
    out = [{"value": "y", "more": {"who": "bob"}}]
    columns = {"label": "out.value", "annotator": "out.more.who", "item": "item"}
    (record,) = read(one(out=out), columns=columns)
    assert (record.annotator, record.answers) == ("bob", (("out.value", "y"),))


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (pa.array([None, "x"]), "missing_label"),
        (pa.array([["a"], ["x"]]), "unexpected_list"),
        (pa.array([{"a": 1}, {"a": 2}]), "unexpected_object"),
        (pa.array([b"\xff\xfe", b"x"]), "bad_encoding"),
        (pa.array([float("inf"), 1.0]), "bad_json"),
    ],
)
def test_a_cell_that_is_no_label_costs_only_its_row(
    read: Read, column: pa.Array, reason: str
) -> None:
    bad, _ = read({"item": ["i1", "i2"], "annotator": ["ann", "bob"], "label": column})
    assert isinstance(bad, BadRecord)
    assert (bad.location, bad.record, bad.reason) == ("t.parquet", "row 1", reason)


def test_a_time_beyond_all_calendars_costs_only_its_row(read: Read) -> None:
    far = pa.array([2**60, 0], pa.int64()).cast(pa.timestamp("us"))
    columns = {"item": ["a", "b"], "annotator": ["x", "y"], "label": ["x", "x"]}
    bad, good = read({**columns, "submitted_at": far})
    assert isinstance(bad, BadRecord)
    assert isinstance(good, AnnotationRecord)


def test_a_map_that_does_not_fit_names_the_columns(read: Read) -> None:
    with pytest.raises(UsageError, match="no column 'key' for gold; its columns are 'item'"):
        read(one(), columns={"gold": "key"})
    with pytest.raises(UsageError, match="no column 'label'"):
        read({"item": ["i1"], "annotator": ["ann"]})


def test_it_is_known_by_its_first_bytes_alone(tmp_path: Path) -> None:
    path = tmp_path / "no-suffix"
    pq.write_table(pa.table(one()), path)
    assert find_format(path).name == "parquet"
    with pytest.raises(FileRefused, match="is a Parquet file: leave --format out"):
        list(Csv().read(path, ImportOptions("P")))
    other = tmp_path / "t.parquet"
    other.write_text("item,annotator,label\n")
    with pytest.raises(FileRefused, match="is no Parquet file"):
        list(Parquet().read(other, ImportOptions("P")))


def _file(path: Path) -> bytes:
    n = 20_000
    columns = {
        "item": [f"item {at}" for at in range(n)],
        "annotator": ["ann"] * n,
        "label": ["x"] * n,
    }
    pq.write_table(pa.table(columns), path, row_group_size=5_000, write_page_checksum=True)
    return path.read_bytes()


@pytest.mark.parametrize("share", [0.001, 0.5, 0.99])
def test_a_file_that_breaks_off_is_refused_whole(tmp_path: Path, share: float) -> None:
    path = tmp_path / "t.parquet"
    whole = _file(path)
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(FileRefused, match=r"no whole Parquet file.*half written"):
        list(Parquet().read(path, ImportOptions("P")))


def test_a_broken_page_in_the_middle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    whole = bytearray(_file(path))
    middle = len(whole) // 2
    whole[middle : middle + 64] = bytes(64)
    path.write_bytes(whole)
    with pytest.raises(FileRefused, match="no whole Parquet file"):
        list(Parquet().read(path, ImportOptions("P")))


def test_a_zone_of_the_file_is_not_the_zone_of_the_number(read: Read) -> None:
    tokyo = AT.astimezone(timezone(timedelta(hours=9)))
    (record,) = read(one(submitted_at=pa.array([tokyo], pa.timestamp("us", "Asia/Tokyo"))))
    assert record.submitted_at == US


@given(st.lists(st.tuples(st.integers(4, 10**6), st.integers(0, 255)), min_size=1, max_size=8))
def test_any_damage_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "t.parquet"
    pq.write_table(pa.table(one(submitted_at=[AT])), path)
    content = bytearray(path.read_bytes())
    for at, byte in damage:
        content[at % (len(content) - 4) + 4] = byte
    path.write_bytes(content)
    try:
        records = list(Parquet().read(path, ImportOptions("P")))
    except (FileRefused, UsageError):
        return
    assert isinstance(records[0], ProjectRecord)


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table(one()), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"annotator", b"annotat\xff\xfe"))
    with pytest.raises(FileRefused, match="no whole Parquet file"):
        list(Parquet().read(path, ImportOptions("P")))
