"""Zooniverse's classifications: two real exports, and what they do not have made up."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import combinations
from pathlib import Path
from statistics import fmean, median
from typing import Any

import pytest
from sqlalchemy import func, select

from collectors.zooniverse import Zooniverse
from labelpulse import schema
from labelpulse.core.days import iso
from labelpulse.core.errors import UsageError
from labelpulse.testing import FileFormatContract
from labelpulse.warehouse.store import Warehouse
from tests.ingest.importing import load, make
from tests.support.crowd import Inspection, rows_of, unpacked, values, written


def loaded(name: str, folder: Path) -> tuple[Path, Warehouse]:
    path = unpacked(f"zooniverse/{name}.csv.gz", folder)
    warehouse = make(f"sqlite:///{folder / 'w.db'}")
    result = load(warehouse, path, timezone="UTC")
    assert (result.read, result.quarantined) == (result.loaded, 0)
    return path, warehouse


def seconds(row: dict[str, str]) -> float:
    told = json.loads(row["metadata"])
    start, end = (datetime.fromisoformat(told[key]) for key in ("started_at", "finished_at"))
    return (end - start).total_seconds()


def spent(warehouse: Warehouse) -> list[float]:
    with warehouse.engine.connect() as conn:
        return [ms / 1000 for ms in conn.scalars(select(schema.annotation.c.time_spent_ms))]


# --- a survey of camera traps ---


@pytest.fixture(scope="module")
def michigan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Warehouse]]:
    path, warehouse = loaded("michigan-sample", tmp_path_factory.mktemp("michigan"))
    yield path, warehouse
    warehouse.engine.dispose()


def test_michigan_counts(michigan: tuple[Path, Warehouse]) -> None:
    path, warehouse = michigan
    found = Inspection(Zooniverse(), path)
    assert (len(found.notes), len({one.item for one in found.notes})) == (2000, 1536)
    assert values(warehouse, "annotations_submitted") == {None: 2000}
    visitors = {one.native_id for one in found.people if one.anonymous}
    assert len({one.annotator for one in found.notes}) == 31
    assert sum(one.annotator in visitors for one in found.notes) == 178
    assert sum(one.gold_flag for one in found.notes) == 37
    repeated = Counter((one.item, one.annotator) for one in found.notes)
    assert sum(n - 1 for n in repeated.values()) == 3
    days = sorted(iso(one.submitted_at) or "" for one in found.notes)
    assert (days[0][:10], days[-1][:10]) == ("2017-01-06", "2017-01-14")
    assert warehouse.verify(1) == []


def test_michigan_figures(michigan: tuple[Path, Warehouse]) -> None:
    _, warehouse = michigan
    assert values(warehouse, "agreement_percent")["T3"] == pytest.approx(0.942588, abs=5e-7)
    for distance in (None, "exact"):
        alpha = values(warehouse, "agreement_alpha", distance=distance)["T3"]
        assert alpha == pytest.approx(0.926347, abs=5e-7)
    covered = values(warehouse, "agreement_coverage")["T3"]
    assert covered == pytest.approx(389 / 1536)


def test_michigan_pooled_pairs_from_the_facts(michigan: tuple[Path, Warehouse]) -> None:
    """No metric pools pairs over items, so they are counted from the answers in the warehouse."""
    note, answer = schema.annotation.c, schema.answer.c
    control = select(schema.control.c.id).where(schema.control.c.name == "T3").scalar_subquery()
    last: dict[tuple[int, int], int] = {}
    with michigan[1].engine.connect() as conn:
        rows = conn.execute(
            select(note.item_id, note.annotator_id, answer.label_id)
            .join(schema.answer, answer.annotation_id == note.id)
            .where(answer.control_id == control, answer.version == 0)
            .order_by(note.submitted_at, note.id)
        )
        for item, person, label in rows:
            last[item, person] = label
    assert len(last) == 1997
    items: dict[int, list[int]] = defaultdict(list)
    for (item, _), label in last.items():
        items[item].append(label)
    pairs = [a == b for said in items.values() for a, b in combinations(said, 2)]
    assert fmean(pairs) == pytest.approx(0.946296, abs=5e-7)


def test_michigan_times(michigan: tuple[Path, Warehouse]) -> None:
    path, warehouse = michigan
    took = spent(warehouse)
    assert [median(took), max(took)] == pytest.approx([20.904, 45985.924])
    assert took == pytest.approx([seconds(row) for row in rows_of(path)])
    about = values(warehouse, "time_spent_median")[None]  # from buckets of a histogram
    assert about == pytest.approx(20.904, rel=0.02)


def test_michigan_questions_of_a_choice_are_questions(michigan: tuple[Path, Warehouse]) -> None:
    found = Inspection(Zooniverse(), michigan[0])
    assert found.scales["T2"] == "nominal"
    assert found.scales["T3"] == found.scales["T3.HOWMANYANIMALSDOYOUSEE"] == "set"
    assert dict(found.notes[0].answers) == {
        "T3": ["COTTONTAILRABBIT"],
        "T3.HOWMANYANIMALSDOYOUSEE": ["COTTONTAILRABBIT: 1"],
        "T2": "Snow or Snow-Covered",
    }
    assert "37 classifications are marked as gold standard" in found.remarks
    assert "178 classifications are by visitors" in found.remarks


# --- drawings ---


@pytest.fixture(scope="module")
def cats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Warehouse]]:
    path, warehouse = loaded("cat-project-classifications", tmp_path_factory.mktemp("cats"))
    yield path, warehouse
    warehouse.engine.dispose()


def test_cat_counts(cats: tuple[Path, Warehouse]) -> None:
    path, warehouse = cats
    found = Inspection(Zooniverse(), path)
    assert values(warehouse, "annotations_submitted") == {None: 153}
    with warehouse.engine.connect() as conn:
        assert conn.scalar(select(func.count()).select_from(schema.item)) == 30
    visitors = {one.native_id for one in found.people if one.anonymous}
    assert len({one.annotator for one in found.notes}) == 19
    assert sum(one.annotator in visitors for one in found.notes) == 114
    repeated = Counter((one.item, one.annotator) for one in found.notes)
    assert sum(n - 1 for n in repeated.values()) == 5
    assert warehouse.verify(1) == []


def test_cat_times(cats: tuple[Path, Warehouse]) -> None:
    took = spent(cats[1])
    assert [median(took), min(took), max(took)] == pytest.approx([17.096, 1.038, 139.764])


def test_cat_drawings_are_lines_and_polygons_in_shares(cats: tuple[Path, Warehouse]) -> None:
    path, _ = cats
    found = Inspection(Zooniverse(), path)
    assert found.scales == {"T0": "geometry"}
    drawings = [dict(one.answers)["T0"] for one in found.notes]
    assert sum(not one for one in drawings) == 10
    shapes = [shape for one in drawings for shape in one]
    lines = [shape for shape in shapes if isinstance(shape[0], dict)]
    assert (len(lines), len(shapes) - len(lines)) == (165, 19)
    first = json.loads(rows_of(path)[0]["annotations"])[0]["value"][0]
    size = json.loads(rows_of(path)[0]["metadata"])["subject_dimensions"][0]
    mine = [
        [round(x / size["naturalWidth"], 8), round(y / size["naturalHeight"], 8)]
        for x, y in zip(first["pathX"], first["pathY"], strict=True)
    ]
    assert [{"line": mine}, "tool 0"] in drawings[0]
    assert first["tool_label"] is None
    assert all(0 <= x <= 1 for line in lines for x, _ in line[0]["line"][:1])


# --- what these exports do not have ---

Read = Callable[..., Inspection]
SIZE = {"naturalWidth": 640, "naturalHeight": 480}


def classification(n: int, said: Any, **more: Any) -> dict[str, Any]:
    metadata = {
        "started_at": "2024-03-04T09:00:00.000Z",
        "finished_at": "2024-03-04T09:00:12.500Z",
        "subject_dimensions": [SIZE, None],
    }
    return {
        "classification_id": str(n),
        "user_name": f"volunteer{n}",
        "user_id": n,
        "workflow_id": "7",
        "workflow_name": "Count",
        "workflow_version": "1.1",
        "created_at": "2024-03-04 09:00:13 UTC",
        "gold_standard": "",
        "expert": "",
        "metadata": json.dumps({**metadata, **more.pop("metadata", {})}),
        "annotations": said if isinstance(said, str) else json.dumps(said),
        "subject_data": "{}",
        "subject_ids": "42",
        **more,
    }


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(rows: list[dict[str, Any]], **options: Any) -> Inspection:
        return Inspection(Zooniverse(), written(tmp_path / "c.csv", rows), **options)

    return read


def one_task(value: Any, **more: Any) -> list[dict[str, Any]]:
    return [{"task": "T0", "value": value, **more}]


@pytest.mark.parametrize(
    ("value", "scale", "answer"),
    [
        ("Clear", "nominal", "Clear"),
        (["b", "a"], "set", ["a", "b"]),
        ([], "set", []),
        (4, "number", 4),
        ({"selection": "red", "option": True}, "nominal", "red"),
        ({"text": "it said", "initialised": True}, "nominal", "it said"),
        ([{"value": "cafe", "option": True, "label": "red"}], "nominal", "red"),
        (
            [{"text": "Ada", "start": 0, "end": 3, "labelInformation": {"label": "PER"}}],
            "span",
            [[0, 3, "PER"]],
        ),
    ],
)
def test_tasks_of_each_kind(read: Read, value: Any, scale: str, answer: Any) -> None:
    found = read([classification(1, one_task(value))])
    assert (found.scales, found.notes[0].answers) == ({"T0": scale}, (("T0", answer),))


@pytest.mark.parametrize(
    ("mark", "shape"),
    [
        ({"x": 64, "y": 48, "width": 320, "height": 240}, [0.1, 0.1, 0.5, 0.5, "cat"]),
        (
            {
                "toolType": "rectangle",
                "x_center": 224,
                "y_center": 168,
                "width": 320,
                "height": 240,
            },
            [0.1, 0.1, 0.5, 0.5, "cat"],
        ),
        (
            {"toolType": "rotateRectangle", "x": 0, "y": 0, "width": 64, "height": 48, "angle": 90},
            [0.0875, -0.01666667, 0.1, 0.1, "cat", 90, {"aspect": 1.33333333}],
        ),
        ({"x": 320, "y": 120}, [0.5, 0.25, "cat"]),
        ({"toolType": "point", "x": 320, "y": 120}, [0.5, 0.25, "cat"]),
        ({"x": 320, "y": 120, "r": 48}, [{"ellipse": [0.5, 0.25, 0.075, 0.1]}, "cat"]),
        (
            {"x": 320, "y": 120, "rx": 64, "ry": 48, "angle": 30},
            [{"ellipse": [0.5, 0.25, 0.1, 0.1], "degrees": 330, "aspect": 1.33333333}, "cat"],
        ),
        (
            {
                "toolType": "ellipse",
                "x_center": 320,
                "y_center": 120,
                "rx": 64,
                "ry": 48,
                "angle": 30,
            },
            [{"ellipse": [0.5, 0.25, 0.1, 0.1], "degrees": 30, "aspect": 1.33333333}, "cat"],
        ),
        ({"x1": 0, "y1": 0, "x2": 640, "y2": 480}, [{"line": [[0, 0], [1, 1]]}, "cat"]),
        (
            {"points": [{"x": 0, "y": 0}, {"x": 640, "y": 0}, {"x": 0, "y": 480}], "closed": True},
            [[[[0, 0], [1, 0], [0, 1]]], "cat"],
        ),
        (
            {"toolType": "freehandLine", "pathX": [0, 640], "pathY": [0, 480]},
            [{"line": [[0, 0], [1, 1]]}, "cat"],
        ),
    ],
)
def test_marks_are_shapes_in_shares_of_the_picture(
    read: Read, mark: dict[str, Any], shape: Any
) -> None:
    found = read([classification(1, one_task([{"frame": 0, "tool_label": "cat", **mark}]))])
    assert found.notes[0].answers == (("T0", [shape]),)


def test_marks_on_a_later_frame_and_by_a_nameless_tool(read: Read) -> None:
    mark = {"frame": 1, "x": 320, "y": 120, "tool": 2}
    rows = [classification(1, one_task([mark]), metadata={"subject_dimensions": [SIZE, SIZE]})]
    assert read(rows).notes[0].answers == (("T0", [[0.5, 0.25, "tool 2", {"item": 1}]]),)


def test_a_size_that_one_browser_did_not_tell_is_taken_from_another(read: Read) -> None:
    untold: dict[str, Any] = {"metadata": {"subject_dimensions": []}}
    mark = one_task([{"x": 320, "y": 120}])
    rows = [
        classification(1, mark),
        classification(2, mark, **untold),
        classification(3, mark, subject_ids="43", metadata={"subject_dimensions": []}),
    ]
    found = read(rows)
    assert [one.answers[0][1] for one in found.notes] == [[[0.5, 0.25, None]]] * 2
    assert found.bad == [("line 4", "bad_size")]


def test_without_any_size_shapes_stay_in_pixels(read: Read) -> None:
    rows = [
        classification(1, one_task([{"x": 320, "y": 120}]), metadata={"subject_dimensions": []})
    ]
    found = read(rows)
    assert found.notes[0].answers == (("T0", [[320, 120, None]]),)
    assert "shapes are in pixels" in found.remarks


def test_a_drawing_task_with_nothing_drawn_was_answered(read: Read) -> None:
    rows = [classification(1, one_task([{"x": 320, "y": 120}])), classification(2, one_task([]))]
    assert [len(one.answers[0][1]) for one in read(rows).notes] == [1, 0]


def test_a_combo_holds_tasks(read: Read) -> None:
    inside = [{"task": "T1", "value": "yes"}, {"task": "T2", "value": ["a"]}]
    found = read([classification(1, one_task(inside))])
    assert found.notes[0].answers == (("T1", "yes"), ("T2", ["a"]))


def test_several_dropdowns_of_a_task_are_questions(read: Read) -> None:
    chosen = [{"value": "1", "label": "red"}, {"value": "2", "label": "big"}]
    assert read([classification(1, one_task(chosen))]).scales == {
        "T0.1": "nominal",
        "T0.2": "nominal",
    }


def test_what_is_not_read_yet_is_told(read: Read) -> None:
    odd = [{"toolType": "fan", "x": 1, "y": 2}, {"x": 320, "y": 120, "details": [{"value": 1}]}]
    said = [
        {"task": "T0", "value": odd},
        {"task": "T0.0.0", "markIndex": 1, "value": "big"},
        {"task": "T9", "value": {"strange": {}}},
    ]
    found = read([classification(1, said)])
    assert found.notes[0].answers == (("T0", [[0.5, 0.25, None]]),)
    for told in ("1 × marks by a tool", "2 × marks' own questions", "1 × answers of a task"):
        assert told in found.remarks


def test_tasks_of_several_workflows_are_told_apart(read: Read) -> None:
    rows = [
        classification(1, one_task("yes")),
        classification(2, one_task("red"), workflow_id="8", workflow_name="Color"),
    ]
    found = read(rows)
    assert found.scales == {"Count: T0": "nominal", "Color: T0": "nominal"}
    assert [one.answers for one in found.notes] == [
        (("Count: T0", "yes"),),
        (("Color: T0", "red"),),
    ]
    assert "it holds 2 workflows" in found.remarks


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("[", "bad_json"),
        ({"task": "T0"}, "bad_annotations"),
        (["T0"], "bad_annotations"),
        (one_task(["a", "b"]), "mixed_answers"),
        (one_task([{"x": "left", "y": 1}]), "bad_value"),
    ],
)
def test_a_broken_classification_costs_only_itself(read: Read, said: Any, reason: str) -> None:
    good = one_task([{"x": 320, "y": 120}])
    found = read([classification(1, good), classification(2, said)])
    assert (found.bad, len(found.notes)) == ([("line 3", reason)], 1)


def test_only_one_task_where_the_user_names_it(read: Read) -> None:
    said = [{"task": "T0", "value": "yes"}, {"task": "T1", "value": "red"}]
    assert read([classification(1, said)], columns={"label": "T1"}).scales == {"T1": "nominal"}


def test_a_clock_that_runs_ahead_tells_no_start(read: Read) -> None:
    late = {"started_at": "2024-03-05T09:00:00.000Z", "finished_at": "2024-03-05T08:59:00.000Z"}
    (note,) = read([classification(1, one_task("yes"), metadata=late)]).notes
    assert (note.started_at, note.time_spent_ms) == (None, None)


class TestContract(FileFormatContract):
    @pytest.fixture
    def form(self) -> Zooniverse:
        return Zooniverse()

    @pytest.fixture
    def sample(self, tmp_path: Path) -> Path:
        rows = [classification(n, one_task("yes" if n else "no")) for n in range(6)]
        return written(tmp_path / "c.csv", rows)


def test_a_set_that_was_not_asked_or_not_read_is_no_answer_of_nothing(read: Read) -> None:
    said: list[Any] = [one_task(["a", "b"]), one_task([]), [], one_task([["nested"]])]
    found = read([classification(n, one) for n, one in enumerate(said)])
    assert [one.answers for one in found.notes] == [(("T0", ["a", "b"]),), (("T0", []),), (), ()]


def test_workflows_of_one_name_are_not_mixed(read: Read) -> None:
    first = classification(1, one_task("x"), workflow_id="1", workflow_name="Same\nname")
    copy = classification(2, one_task(["u", "v"]), workflow_id="2", workflow_name="Same\nname")
    assert sorted(read([first, copy]).scales.values()) == ["nominal", "set"]


@pytest.mark.parametrize("column", ["workflow_id", "metadata"])
def test_a_column_that_was_taken_out_is_named(read: Read, column: str) -> None:
    row = classification(1, one_task("x"))
    del row[column]
    with pytest.raises(UsageError, match=f"no column '{column}'"):
        read([row])


def test_a_task_may_be_called_anything(read: Read) -> None:
    (one,) = read([classification(1, [{"task": "T0\nb", "value": "x"}])]).notes
    assert one.answers == (("T0\nb", "x"),)
