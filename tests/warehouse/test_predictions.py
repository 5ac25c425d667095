"""What models predict, as facts: followed live, and loaded from files in any order."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from labelpulse.core.events import (
    AnnotationRecord,
    Batch,
    ControlRecord,
    PredictionRecord,
    ProjectRecord,
    prediction_digest,
)
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.warehouse.store import Warehouse
from tests.support.tool import Tool
from tests.warehouse import harness
from tests.warehouse.harness import Site
from tests.warehouse.oracle import Said

NOON = 1_772_366_400 * 1_000_000
HELD = text(
    "SELECT k.native_id AS name, i.native_id AS item, m.name AS model, p.score, c.name AS control, "
    "l.text AS label, p.value, p.deleted_at IS NOT NULL AS gone, k.live "
    "FROM prediction p JOIN annotation_key k ON k.stream = 'prediction' "
    "AND k.project_id = p.project_id AND k.annotation_id = p.id "
    "JOIN item i ON i.project_id = p.project_id AND i.id = p.item_id "
    "LEFT JOIN model_version m ON m.id = p.model_version_id "
    "LEFT JOIN control c ON c.id = p.control_id LEFT JOIN label l ON l.id = p.label_id"
)


def held(engine: Engine) -> dict[tuple[str, str | None], tuple[Any, ...]]:
    """Return (native id, control) -> what is kept of it."""
    with engine.connect() as conn:
        return {
            (row.name, row.control): (
                *(row.item, row.model, row.score, row.label or row.value),
                *(bool(row.gone), bool(row.live)),
            )
            for row in conn.execute(HELD)
        }


def parents(engine: Engine) -> list[tuple[Any, ...]]:
    """Return (parent prediction, assisted) of all annotations."""
    with engine.connect() as conn:
        query = text("SELECT parent_prediction, assisted FROM annotation ORDER BY id")
        return [(row[0], bool(row[1])) for row in conn.execute(query)]


# --- live ---


def test_predictions_follow_the_tool(site: Site, tool: Tool) -> None:
    first = tool.predict("i1", {"sentiment": "a"}, "v1", 900_000)
    second = tool.predict("i1", {"sentiment": "b", "topics": ["x", "y"]}, "", None)
    site.poll()
    assert held(site.engine) == {
        (first.id, "sentiment"): ("i1", "v1", 900_000, "a", False, True),
        (second.id, "sentiment"): ("i1", None, None, "b", False, True),
        (second.id, "topics"): ("i1", None, None, '["x","y"]', False, True),
    }
    tool.correct(first, model="v2", answers={"sentiment": "c"}, item="i2")
    tool.correct(second, answers={})
    site.poll()
    assert held(site.engine) == {
        (first.id, "sentiment"): ("i2", "v2", 900_000, "c", False, True),
        (second.id, None): ("i1", None, None, None, False, True),
    }
    harness.right(harness.unsound(site))


def test_a_poll_that_brings_nothing_new_writes_nothing(site: Site, tool: Tool) -> None:
    tool.predict("i1", {"sentiment": "a"})
    site.poll()
    with site.engine.connect() as conn:
        before = conn.execute(text("SELECT id, data_version FROM project ORDER BY id")).all()
    tool.tick()
    site.poll(sweep=True)
    with site.engine.connect() as conn:
        assert (
            conn.execute(text("SELECT id, data_version FROM project ORDER BY id")).all() == before
        )


def test_what_a_withdrawn_prediction_led_to_stays(site: Site, tool: Tool) -> None:
    guess = tool.predict("i1", {"sentiment": "a"})
    tool.submit("i1", "ana", {"sentiment": "a"}, parent=guess.id)
    site.poll()
    tool.withdraw(guess)
    site.poll(sweep=True)
    assert held(site.engine) == {(guess.id, "sentiment"): ("i1", "v1", 500_000, "a", True, False)}
    assert parents(site.engine) == [(guess.id, False)]
    harness.right(harness.unsound(site))


def test_a_prediction_that_moves_to_another_project_is_there_alone(site: Site, tool: Tool) -> None:
    guess = tool.predict("i1", {"sentiment": "a"})
    site.poll()
    tool.correct(guess, item="i4")
    site.poll()
    (kept,) = held(site.engine).values()
    assert kept[0] == "i4"
    harness.right(harness.unsound(site))


@pytest.mark.parametrize(
    ("control", "value"),
    [("sentiment", ["a", "b"]), ("sentiment", "x" * 65), ("topics", ["y" * 65]), ("other", "a")],
)
def test_a_model_cannot_change_how_people_are_counted(
    site: Site, tool: Tool, control: str, value: Any
) -> None:
    tool.predict("i1", {control: value})
    tool.submit("i1", "ana", {"sentiment": "a", "topics": ["x"]})
    site.poll()
    with site.engine.connect() as conn:
        rows = conn.execute(text("SELECT name, scale, refused FROM control ORDER BY id")).all()
    wanted = [("sentiment", "nominal", ""), ("topics", "set", "")]
    assert [tuple(row) for row in rows] == wanted * 2
    if control != "other":
        (kept,) = held(site.engine).values()
        assert json.loads(kept[3]) == value


# --- files ---

said = st.sampled_from([(), (("sentiment", "a"),), (("sentiment", "b"),)])
records = st.lists(
    st.builds(
        PredictionRecord,
        project=st.just("p1"),
        item=st.sampled_from(["i1", "i2"]),
        native_id=st.sampled_from(["prediction-1", "prediction-2"]),
        model_version=st.sampled_from(["", "v1", "v2"]),
        score=st.sampled_from([None, 5]),
        revision=st.sampled_from([None, 1, 2, 3]),
        answers=said,
    ),
    max_size=6,
)


def load(engine: Engine, files: Sequence[Sequence[PredictionRecord]]) -> Warehouse:
    """Load files of predictions, with an annotation that started from the first."""
    warehouse = Warehouse(engine, ROLLUPS)
    source_id = warehouse.source("import:p1", "import")
    project = ProjectRecord("p1", "p1", (ControlRecord("sentiment"),))
    work = AnnotationRecord(
        *("p1", "i1", "7"),
        annotator="ana",
        answers=(("sentiment", "a"),),
        submitted_at=NOON,
        assisted=True,
        parent_prediction="prediction-1",
        revision=1,
    )
    with warehouse.lease(source_id) as lease:
        run_id = warehouse.start_run(lease, "import")
        for at, one in enumerate([*files, ()]):
            batch = Batch(
                projects=(project,),
                annotations=(work,) * (at == len(files) // 2),
                predictions=tuple(one),
            )
            warehouse.write(lease, run_id, batch, live=False, observed_at=NOON)
        warehouse.finish_run(lease, run_id, "ok")
    return warehouse


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), given_=records)
def test_files_in_any_order_and_repetition_give_the_same(
    template: Any, tmp_path: Any, data: st.DataObject, given_: list[PredictionRecord]
) -> None:
    twice = data.draw(st.lists(st.sampled_from(given_), max_size=3)) if given_ else []
    order = data.draw(st.permutations([*given_, *twice]))
    cut = data.draw(st.integers(0, len(order)))
    engine = harness.fresh_sqlite(template, tmp_path / "w.db")
    warehouse = load(engine, [order[:cut], order[cut:]])
    wanted = {}
    for name in ("prediction-1", "prediction-2"):
        own = [one for one in given_ if one.native_id == name]
        if own:
            last = max(own, key=_order)
            wanted[name] = (last.model_version or None, last.score, last.answers)
    found = held(engine)
    assert {name for name, _ in found} == wanted.keys()
    for (name, control), (_, model, score, label, gone, live) in found.items():
        answers = ((control, label),) if control else ()
        assert (model, score, answers) == wanted[name]
        assert (gone, live) == (False, True)
    for project_id in warehouse.projects(warehouse.source("import:p1", "import")).values():
        assert warehouse.verify(project_id) == []
    engine.dispose()


def _order(record: PredictionRecord) -> tuple[bool, int, int]:
    return record.revision is not None, record.revision or 0, prediction_digest(record)


# --- the sums of both ---


def test_sums_of_predictions_are_what_the_oracle_counts(site: Site, tool: Tool) -> None:
    """Accepted, changed, wrong on gold, and answers given without a prediction."""
    site.said = {"p1": Said("UTC", "flag", {"sentiment": "nominal", "topics": "set"})}
    first = tool.predict("i1", {"sentiment": "b"}, "v1", 950_000)
    tool.submit("i1", "gold", {"sentiment": "a"}, gold=True)
    tool.submit("i1", "ana", {"sentiment": "b"}, parent=first.id, time_ms=900)
    tool.submit("i1", "bo", {"sentiment": "a"}, parent=first.id, time_ms=9_000_000)
    second = tool.predict("i2", {"sentiment": "a", "topics": ["x"]}, "v2", None)
    tool.predict("i2", {"sentiment": "c"}, "v2", 1)  # newer, of the same version
    tool.submit("i2", "ana", {"sentiment": "a", "topics": ["y", "x"]}, parent=second.id)
    for who, label in (("bo", "c"), ("cy", "c"), ("dee", "a")):
        tool.submit("i2", who, {"sentiment": label}, time_ms=1)
    site.poll(sweep=True)
    harness.right(harness.wrong_sums(site))
    sums: dict[str, int] = {}
    for values in harness.stored(site.engine, "p1")["assist_counts"].values():
        names = [
            "n",
            "shown",
            "accepted",
            "objects",
            "kept",
            "wrong",
            "bias",
            "blind",
            "alike",
            "pairs",
            "pairs_alike",
        ]
        for name, value in zip(names, values, strict=True):
            sums[name] = sums.get(name, 0) + value
    shown = {"shown": 4, "accepted": 2, "objects": 4, "kept": 2}
    assert sums == {"n": 9, "wrong": 2, "bias": 1, **shown} | {
        "blind": 3,
        "alike": 2,
        "pairs": 6,
        "pairs_alike": 2,
    }
    times = harness.stored(site.engine, "p1")["time_totals"]
    assert {key[-2]: values for key, values in times.items() if "bo" in key} == {
        "v1": [1, 9_000_000, 0, 0, 14_403_297_223, 207_454_970_890],
        "alone": [1, 1, 1, 1, 0, 0],
    }
