"""What readers of exports share: outlines, elements, learning of controls, tracks, authors."""

import json
from pathlib import Path
from typing import Any

import pytest

from labelpulse.core.errors import FileRefused, SkipRecord
from labelpulse.core.events import ControlRecord, Scale
from labelpulse.ingest.exports.answers import Answers, Controls
from labelpulse.ingest.exports.elements import elements
from labelpulse.ingest.exports.outline import Outline, outline
from labelpulse.ingest.exports.parts import main_author
from labelpulse.ingest.exports.tracks import frame, ranges, runs, tracked
from labelpulse.ingest.lines import Fault
from labelpulse.ingest.shapes import Picture

# --- outlines ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "keys"),
    [
        (b'{"a": {"b": [1], "c": "x: {\\"d\\": 1}"}}\n{"e": 1}', {"a", "a.b", "a.b[]", "a.c"}),
        (b'[{"a": [{"b": 1}, {"c": []}]}, {"d": 2}]', {"a", "a[]", "a.b", "a.c", "a.c[]"}),
        (b'\xef\xbb\xbf{"a": 1, "b": "cut of', {"a", "b"}),
        (b'{"a": {"b": {"c": {"d": {"e": 1}}}}}', {"a", "a.b", "a.b.c", "a.b.c.d"}),
        (b"[[1, 2], [3]]", set()),
    ],
)
def test_the_keys_of_the_first_object(head: bytes, keys: set[str]) -> None:
    assert outline(head).keys == keys


@pytest.mark.parametrize("head", [b"", b"a,b\n1,2", b"\xff\xfe{\x00"])
def test_what_is_no_json_has_no_outline(head: bytes) -> None:
    assert outline(head) == Outline()


# --- elements ----------------------------------------------------------------------------------


def found(path: Path, text: str) -> list[Any]:
    path.write_text(text)
    return list(elements(path))


def test_a_list_lines_or_one_object(tmp_path: Path) -> None:
    rows = [{"a": 1}, {"a": 2}]
    listed = found(tmp_path / "x.json", json.dumps(rows, indent=1))
    assert listed == [("record 1", {"a": 1}), ("record 2", {"a": 2})]
    lines = "\n\n".join(map(json.dumps, rows))
    for name in ("x.json", "x.jsonl", "x.ndjson"):
        assert found(tmp_path / name, lines) == [("line 1", {"a": 1}), ("line 3", {"a": 2})]
    assert found(tmp_path / "x.json", '{"a":\n 1}') == [("the file", {"a": 1})]


def test_a_broken_first_line_is_only_a_line_where_the_name_says_lines(tmp_path: Path) -> None:
    text = '{"a": 1\n{"a": 2}\n'
    (_, fault), second = found(tmp_path / "x.jsonl", text)
    assert (fault.reason, second) == ("bad_json", ("line 2", {"a": 2}))
    with pytest.raises(FileRefused, match="half written"):
        found(tmp_path / "x.json", text)


def test_an_element_that_breaks_a_rule_is_a_fault(tmp_path: Path) -> None:
    (_, fault), (_, good) = found(tmp_path / "x.json", '[{"a": NaN}, {"a": 1}]')
    assert isinstance(fault, Fault)
    assert (fault.reason, good) == ("not_a_number", {"a": 1})


def test_a_huge_object_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelpulse.ingest.exports.elements.MAX_ELEMENT", 20)
    with pytest.raises(FileRefused, match="one record of more than 20 characters"):
        found(tmp_path / "x.json", '{"a":\n "' + "x" * 40 + '"}')


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "", "7"])
def test_anything_else_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(FileRefused):
        found(tmp_path / "x.json", text)


def test_parquet_gives_rows_and_a_broken_one_is_refused(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "x.parquet"
    parquet.write_table(pyarrow.table({"a": [1, 2]}), path)
    assert list(elements(path)) == [("row 1", {"a": 1}), ("row 2", {"a": 2})]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(FileRefused, match="no Parquet file"):
        list(elements(path))


# --- controls ----------------------------------------------------------------------------------


def learnt(*said: Any) -> tuple[Controls, list[dict[str, Any]]]:
    """Give every function a sheet twice, as a reader does; return what it told the second time."""
    controls = Controls()
    told: list[dict[str, Any]] = []
    for _ in range(2):
        told = []
        for say in said:
            sheet = Answers(controls)
            say(sheet)
            told.append(dict(sheet.told(looked=True)))
        controls.settle()
    return controls, told


@pytest.mark.parametrize("backwards", [False, True])
def test_one_item_with_several_options_makes_a_set_of_all(backwards: bool) -> None:
    said = [lambda s: s.several("c", ["x"]), lambda s: s.several("c", ["y", "x"])]
    controls, told = learnt(*(said[::-1] if backwards else said))
    assert controls.records() == (ControlRecord("c", Scale.SET),)
    assert sorted(one["c"] for one in told) == [["x"], ["x", "y"]]


def test_nothing_chosen_is_an_answer_of_a_set_and_none_of_a_label() -> None:
    _, (one, none) = learnt(lambda s: s.several("c", ["x"]), lambda s: s.several("c", []))
    assert (one, none) == ({"c": "x"}, {})
    _, (two, none) = learnt(lambda s: s.several("c", ["x", "y"]), lambda s: s.several("c", []))
    assert (two, none) == ({"c": ["x", "y"]}, {"c": []})


def test_a_long_answer_makes_texts_of_all() -> None:
    controls, told = learnt(lambda s: s.words("c", "a  b"), lambda s: s.words("c", "x" * 65))
    assert controls.records() == (ControlRecord("c", Scale.TEXT),)
    assert told[0] == {"c": "a b"}
    controls, told = learnt(lambda s: s.words("c", "a  b"))
    assert (controls.records()[0].scale, told) == (Scale.NOMINAL, [{"c": "a  b"}])


def test_answers_on_another_scale_are_to_a_question_apart() -> None:
    controls, told = learnt(
        lambda s: s.options("c", ["x"], "checklist"), lambda s: s.label("c", "y", "radio")
    )
    assert [(one.name, one.kind) for one in controls.records()] == [
        ("c", "checklist"),
        ("c (nominal)", "radio"),
    ]
    assert told == [{"c": ["x"]}, {"c (nominal)": "y"}]


def test_what_is_looked_for_and_not_found_is_said() -> None:
    picture = Picture(10, 10)
    _, (first, second) = learnt(
        lambda s: s.place("boxes", Scale.GEOMETRY, picture.box(1, 1, 2, 2, "x")),
        lambda s: s.place("n / a", Scale.GEOMETRY, [[1, 1, "x"], "yes"], always=False),
    )
    assert first == {"boxes": [[0.1, 0.1, 0.2, 0.2, "x"]]}
    assert second == {"boxes": [], "n / a": [[[1, 1, "x"], "yes"]]}


def test_steps_are_labels_in_the_order_of_their_numbers() -> None:
    controls, told = learnt(lambda s: s.step("c", 10), lambda s: s.step("c", 2.5))
    assert controls.records() == (ControlRecord("c", Scale.ORDINAL, ("2.5", "10")),)
    assert told == [{"c": "10"}, {"c": "2.5"}]


def test_blank_texts_and_empty_rankings_are_no_answers() -> None:
    _, told = learnt(
        lambda s: s.text("c", " "),
        lambda s: s.ranking("r", []),
        lambda s: s.ranking("r", ["a", ["c", "b"]]),
    )
    assert told == [{}, {}, {"r": ["a", ["b", "c"]]}]


@pytest.mark.parametrize("value", [None, [], {}, "", " "])
def test_what_is_no_label_is_refused(value: Any) -> None:
    with pytest.raises(SkipRecord, match="its answer is missing or no text"):
        Answers(Controls()).label("c", value)


# --- tracks, authors ---------------------------------------------------------------------------


def shown(boxes: dict[int, Any], stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    frames, _ = tracked(Picture(), boxes, stretches, "x")
    return [(one[0], one[-1]) for one in frames]


def test_a_track_ends_and_begins_again() -> None:
    box = (0, 0, 1, 1)
    assert shown({2: box, 9: box}, []) == [(2, 1), (9, 1)]
    assert shown({2: box, 9: box}, [(2, 4), (9, 11)]) == [(2, 1), (4, 1), (5, 0), (9, 1), (11, 1)]
    assert shown({2: box, 4: box}, [(2, 3), (4, 4)]) == [(2, 1), (3, 1), (4, 1)]
    assert shown({5: box}, [(1, 3), (5, 5)]) == [(5, 1)]


def test_frames_and_ranges_are_whole_numbers() -> None:
    assert (frame("7"), frame(7)) == (7, 7)
    assert ranges([[5, 6], ["1", 2]]) == [(1, 2), (5, 6)]
    assert runs([9, 3, 4]) == [(3, 4), (9, 9)]
    for bad in ("-1", "x", None, True, 1.5, "٣"):
        with pytest.raises(SkipRecord):
            frame(bad)
    with pytest.raises(SkipRecord):
        ranges([[1]])


def test_whoever_made_most_is_the_author() -> None:
    assert main_author([]) == main_author([None]) == (None, [])
    assert main_author(["a", "b"]) == ("a", ["b"])
    assert main_author(["a", "b", None, "b"]) == ("b", ["a"])
