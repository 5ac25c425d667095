"""Strict JSON, and arrays read element by element."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.core.errors import FileRefused, SkipRecord
from labelpulse.ingest import parse
from labelpulse.ingest.parse import Flawed, loads, stream_json_array, stream_json_object


def written(tmp_path: Path, content: bytes | str) -> Path:
    path = tmp_path / "export.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def elements(path: Path) -> list[Any]:
    found = list(stream_json_array(path))
    assert [index for index, _ in found] == list(range(len(found)))
    return [element for _, element in found]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=6), st.integers(1, 40), st.booleans(), st.sampled_from([None, 1]))
def test_any_array_is_read_whatever_the_blocks(
    tmp_path_factory: pytest.TempPathFactory,
    values: list[Any],
    block: int,
    ascii_only: bool,
    indent: int | None,
) -> None:
    folder = tmp_path_factory.mktemp("arrays", numbered=True)
    path = written(folder, f" {json.dumps(values, ensure_ascii=ascii_only, indent=indent)}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parse, "BLOCK", block)
        assert elements(path) == values


def test_a_file_cut_anywhere_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps([{"a": [1.5e3, "x\\\u00e9\U0001f600"]}, -12, True, None, []])
    for block in (3, parse.BLOCK):
        monkeypatch.setattr(parse, "BLOCK", block)
        for end in range(len(text)):
            with pytest.raises(FileRefused, match=r"export\.json"):
                elements(written(tmp_path, text[:end]))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ('{"a": 1}', "no list of records"),
        ("[1] x", "behind the end"),
        ("[1]]", "behind the end"),
        ("[1,]", "no JSON at character"),
        ("[1 2]", "no JSON at character"),
        ("[{'a': 1}]", "no JSON at character"),
        ("[" + "1, " * 50 + "oops, 2]" + " " * 100, "no JSON at character 15"),
        ("[1", "half written"),
        ('["abc', "half written"),
        ("[1]".encode("utf-16"), "UTF-16"),
        (b'["\xff"]', "not UTF-8"),
        ("[" * 100_000, "too deep"),
    ],
)
def test_what_is_no_array_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes | str, told: str
) -> None:
    with pytest.raises(FileRefused, match=told) as caught:
        elements(written(tmp_path, content))
    assert "export.json" in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"missing\.json cannot be read"):
        list(stream_json_array(tmp_path / "missing.json"))


@pytest.mark.parametrize(
    ("flawed", "reason"),
    [
        ('{"a": NaN}', "not_a_number"),
        ('{"a": -Infinity}', "not_a_number"),
        ('{"a": 1, "a": 2}', "duplicate_key"),
        ('{"b": [{"a": 1, "a": 2}]}', "duplicate_key"),
        ('{"a": %s}' % ("9" * 5000), "long_integer"),
        ("[" * 65 + "]" * 65, "too_deep"),
        ('{"a]": ' * 100_000 + '"}\\"}"' + "}" * 100_000, "too_deep"),
    ],
)
def test_a_flawed_element_costs_only_itself(tmp_path: Path, flawed: str, reason: str) -> None:
    first, middle, last = elements(written(tmp_path, f'[{{"a": 1}}, {flawed}, {{"a": 2}}]'))
    assert (first, last) == ({"a": 1}, {"a": 2})
    assert isinstance(middle, Flawed)
    assert middle.reason == reason
    assert flawed.startswith(middle.excerpt)
    with pytest.raises(SkipRecord) as caught:
        loads(flawed)
    assert caught.value.reason == reason


def test_what_is_strict_but_unusual_is_kept(tmp_path: Path) -> None:
    number = 2**64 + 1
    deep = json.loads("[" * 64 + "]" * 64)
    content = f"\ufeff[{number}, {json.dumps(deep)}, 1.0]"
    assert elements(written(tmp_path, content)) == [number, deep, 1.0]


def test_memory_stays_flat_and_one_huge_element_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "export.json"
    monkeypatch.setattr(parse, "BLOCK", 1 << 16)
    row = json.dumps({"id": 1, "text": "x" * 900})
    with path.open("w") as file:
        file.write("[" + row)
        for _ in range(20_000):
            file.write("," + row)
        file.write("]")
    tracemalloc.start()
    count = sum(1 for _ in stream_json_array(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_001
    assert peak < path.stat().st_size / 10
    monkeypatch.setattr(parse, "MAX_ELEMENT", 1 << 17)
    path.write_text('["' + "x" * (1 << 19) + '"]')
    with pytest.raises(FileRefused, match="more than 131,072 characters"):
        elements(path)


@pytest.mark.parametrize("text", ["", "{", "1 2", "nope", "[" * 900])
def test_text_that_is_no_json(text: str) -> None:
    with pytest.raises(SkipRecord) as caught:
        loads(text)
    assert caught.value.reason == "bad_json"


def test_text_with_spaces_around() -> None:
    assert loads(' {"a": [1]}\n') == {"a": [1]}


def members(path: Path, text: str) -> list[tuple[str, int, object]]:
    path.write_text(text)
    return list(stream_json_object(path))


def test_the_arrays_of_an_object_come_element_by_element(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    assert members(
        path, ' {"a": [1, {"b": []}], "info": {"x": [2]}, "none": [], "n": -1.5e3 }\n'
    ) == [
        ("a", 0, 1),
        ("a", 1, {"b": []}),
        ("info", -1, {"x": [2]}),
        ("n", -1, -1500.0),
    ]
    assert members(path, "{}") == []


def test_an_object_in_small_pieces_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = json.dumps({"images": [{"id": n, "name": "é" * n} for n in range(40)], "x": "y"})
    whole = members(tmp_path / "a.json", text)
    monkeypatch.setattr(parse, "BLOCK", 7)
    assert members(tmp_path / "a.json", text) == whole
    assert len(whole) == 41


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no JSON object"),
        ("[1]", "no JSON object"),
        ('{"a": [1, 2', "ends too early"),
        ('{"a": [1}', "no JSON"),
        ('{"a"', "ends too early"),
        ('{"a" 1}', "no JSON"),
        ("{1: 2}", "no JSON"),
        ('{"a": 1, "a": 2}', "twice"),
        ('{"a": 1} {}', "behind the end"),
    ],
)
def test_what_is_no_whole_object_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(FileRefused, match=says):
        members(tmp_path / "a.json", text)
