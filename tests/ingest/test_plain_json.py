"""Elements decoded at a stroke are what the patient reader makes of them, odd ones included."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelpulse.core.errors import FileRefused, SkipRecord
from labelpulse.ingest import parse, plain_json
from labelpulse.ingest.parse import Flawed, loads, stream_json_array
from labelpulse.ingest.plain_json import ODD, plain, plain_run

WORDS = ["id", "a", 'he said "yes": twice', "\\", "é", '":', "} , {", "", "x" * 40, "\U0001f600"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(width=64) | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3)
    ),
    max_leaves=6,
)
TASKS = st.lists(
    st.fixed_dictionaries({"id": st.integers(0, 99), "result": VALUES, "a": VALUES}),
    min_size=1,
    max_size=12,
)
FLAWS = ['{"a": 1, "a": 2}', '{"a" :1, "b": NaN}', '"\\ud800"', "[" * 66 + "]" * 66, "1e400", "01"]


def outcome(path: Path) -> list[Any]:
    """What is yielded, in the end the error; NaN and its like are spelled."""
    found: list[Any] = []
    try:
        for index, one in stream_json_array(path):
            found.append((index, one if isinstance(one, Flawed) else json.dumps(one)))
    except FileRefused as error:
        found.append(str(error))
    return found


@settings(max_examples=300)
@given(
    TASKS,
    st.sampled_from([None, 0, 1, "\t"]),
    st.sampled_from([(",", ":"), (", ", ": "), (" ,", " :"), (",\n", ":\t")]),
    st.booleans(),
    st.data(),
)
def test_a_list_is_read_as_the_patient_reader_reads_it(
    tmp_path_factory: pytest.TempPathFactory,
    tasks: list[Any],
    indent: int | str | None,
    signs: tuple[str, str],
    ascii_only: bool,
    data: st.DataObject,
) -> None:
    text = json.dumps(tasks, indent=indent, separators=signs, ensure_ascii=ascii_only)
    if data.draw(st.booleans()):
        at = data.draw(st.integers(1, len(text)))
        inserted = data.draw(st.sampled_from([*FLAWS, *',:"{}[]x \\']))
        text = text[:at] + inserted + text[at + data.draw(st.integers(0, 2)) :]
    path = tmp_path_factory.mktemp("lists", numbered=True) / "list.json"
    path.write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_json, "RUNS", (data.draw(st.integers(20, 200)), 400))
        patch.setattr(plain_json, "TAIL", data.draw(st.integers(10, 100)))
        patch.setattr(parse, "FEW", 0)
        patch.setattr(parse, "BLOCK", data.draw(st.integers(1, 300)))
        quick = outcome(path)
        patch.setattr(parse, "plain_run", lambda text, at: None)
        assert quick == outcome(path)


@given(VALUES, st.sampled_from([*FLAWS, ""]), st.integers(0, 60))
def test_a_text_is_read_as_the_patient_reader_reads_it(value: Any, flaw: str, at: int) -> None:
    text = json.dumps(value)
    text = text[:at] + flaw + text[at:]

    def told() -> Any:
        try:
            return json.dumps(loads(text))
        except SkipRecord as error:
            return error.reason, str(error)

    with pytest.MonkeyPatch.context() as patch:
        quick = told()
        patch.setattr(parse, "plain", lambda text: ODD)
        assert quick == told()


def test_most_elements_come_in_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = [{"id": n, "annotations": [{"id": n, "by": 1}, {"id": -n, "by": 2}]} for n in range(99)]
    path = tmp_path / "export.json"
    runs = []

    def counted(text: str, at: int) -> Any:
        runs.append(plain_run(text, at))
        return runs[-1]

    monkeypatch.setattr(parse, "plain_run", counted)
    for form in (None, 2):
        path.write_text(json.dumps(tasks, indent=form))
        runs.clear()
        assert [one for _, one in stream_json_array(path)] == tasks
        assert sum(len(run[0]) for run in runs if run) >= 97  # the first, and at most the last


def test_where_no_run_is_found_it_is_looked_for_less_and_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    monkeypatch.setattr(parse, "plain_run", lambda text, at: looks.append(at))
    path = tmp_path / "export.json"
    path.write_text(json.dumps([{"id": n} for n in range(10_000)]))
    assert len(list(stream_json_array(path))) == 10_000
    assert 5 < len(looks) < 20


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a" :2}', '[{"a":1,"a":1}, {"b" :1}]', '{"a": {"b": 1, "b": "x"}}']
)
def test_a_key_that_stands_twice_is_odd_however_it_is_written(text: str) -> None:
    assert plain(text) is ODD


def test_what_is_deep_is_odd() -> None:
    assert plain("[" * 64 + "]" * 64) is not ODD
    assert plain("[" * 65 + "]" * 65) is ODD


def test_a_space_that_is_none_in_json_is_told_at_its_place(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text(",\u00a0".join(f'{{"id": {n}}}' for n in range(9)).join("[]"), encoding="utf-8")
    assert outcome(path)[-1].startswith("export.json is no JSON at character 11:")
