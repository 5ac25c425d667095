"""Data health, explanations, keys of pseudonyms."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from labelpulse import schema
from labelpulse.core.days import iso
from labelpulse.core.errors import ConfigError
from labelpulse.core.events import AnnotationRecord, BadRecord, Batch, ControlRecord, Scale, Verdict
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import Condition, MetricQuery, pseudonym_key, read
from labelpulse.reader.explain import explain
from tests.reader.world import HIDDEN, NAMES, NOW, Guess, Judged, Say, World, at, engine_at, labeled

SECOND = 1_000_000


def test_lag_and_as_of_by_source(world: World):
    world.project(labeled({"i1": "xx"}))
    with world.engine.begin() as conn:
        conn.execute(update(schema.source).values(ok_at=NOW - 90 * SECOND))
        conn.execute(schema.source.insert().values(id=9, name="broken", type="x", created_at=NOW))
    rows = {row["source"]: row for row in world.ask("source_lag")}
    assert rows["studio"]["value"] == 90
    assert (rows["broken"]["value"], rows["broken"]["note"]) == (None, "not read successfully yet")
    assert world.one("source_lag", project="P")["value"] == 90
    result = read(world.engine, MetricQuery("agreement_alpha"), NAMES)
    assert result.as_of == {"studio": iso(NOW - 90 * SECOND)}
    assert set(read(world.engine, MetricQuery("source_lag"), NAMES).as_of) == {"studio", "broken"}


def test_the_gap_is_source_less_warehouse_by_project(world: World):
    for title, rows in (("P", 10), ("Q", 2)):
        project = world.project(labeled({"i1": "xx", "i2": "xy"}), title=title)
        with world.engine.begin() as conn:
            conn.execute(
                update(schema.project)
                .where(schema.project.c.id == project)
                .values(source_rows=rows, warehouse_rows=4, reconciled_at=NOW)
            )
    found = {row["project"]: (row["value"], row["n"]) for row in world.ask("reconciliation_gap")}
    assert found == {"P": (6, 10), "Q": (-2, 2)}
    world.project(labeled({"i1": "xx"}), title="F", source="file", kind="import")
    (row,) = [r for r in world.ask("reconciliation_gap") if r["project"] == "F"]
    assert (row["value"], row["n"]) == (None, 0)


def test_quarantine_counts_what_is_not_resolved(world: World):
    project = world.project(labeled({"i1": "xx"}))
    warehouse = world.warehouse
    bad = tuple(BadRecord("t.csv", f"line {n}", "bad_time", "no time", project="P") for n in (1, 2))
    source = warehouse.source("studio", "label-studio-db")
    with warehouse.lease(source) as lease:
        run = warehouse.start_run(lease, "test")
        warehouse.write(lease, run, Batch(bad=bad), live=True, observed_at=NOW)
    assert world.one("records_quarantined")["value"] == 2
    assert world.one("records_quarantined", project="P")["value"] == 2
    assert world.by("records_quarantined", "day") == {"2026-11-24": 2}
    assert world.one("records_quarantined", until="2026-11-23")["value"] == 0
    with world.engine.begin() as conn:
        one = schema.quarantine.c
        conn.execute(
            update(schema.quarantine).where(one.record == "line 1").values(resolved_at=NOW)
        )
    assert world.by("records_quarantined", "project") == {"P": 1}
    assert project == 1


def test_repairs_are_what_sweeps_loaded_by_day(world: World):
    world.project(labeled({"i1": "xx"}), timezone="Asia/Tokyo")
    world.project(labeled({"i1": "xx"}), title="Q", source="other")
    assert world.one("rows_repaired")["value"] == 0
    warehouse = world.warehouse

    def row(title: str, name: str) -> AnnotationRecord:
        return AnnotationRecord(title, "i1", native_id=name, annotator=name, submitted_at=at(0))

    for source, title, items in (("studio", "P", "abc"), ("studio", "P", "d"), ("other", "Q", "e")):
        with warehouse.lease(warehouse.source(source, "label-studio-db")) as lease:
            run = warehouse.start_run(lease, "poll")
            late = Batch(annotations=tuple(row(title, one) for one in items))
            polled = Batch(annotations=(row(title, f"{items} of a poll"),))
            warehouse.write(lease, run, late, live=True, repaired=True)
            warehouse.write(lease, run, polled, live=True)
    with world.engine.begin() as conn:  # three of them before midnight by UTC, after it in Tokyo
        night = NOW - 10 * 3600 * SECOND
        three = schema.run.c.repaired == 3
        conn.execute(update(schema.run).where(three).values(started_at=night))
    assert world.one("rows_repaired")["value"] == 5
    assert world.by("rows_repaired", "source") == {"other": 1, "studio": 4}
    assert world.by("rows_repaired", "day", where=["source=studio"]) == {"2026-11-24": 4}
    assert world.one("rows_repaired", until="2026-11-23", where=["source=studio"])["value"] == 0


def test_an_explanation_can_be_followed_by_hand(world: World):
    says = labeled({"i1": "xx", "i2": "xy", "i3": "x"})
    world.project(says, controls={"label": {"labels": ["x", "y"]}})
    told = explain(world.engine, MetricQuery("agreement_percent"), NAMES, clock=lambda: NOW)
    assert told.result.rows[0]["value"] == 1 / 2
    assert told.definition["formula"].startswith("mean over items")
    assert told.rules["P"]["controls"]["label"] == {
        "scale": "nominal",
        "labels": ("x", "y"),
        "refused": "",
    }
    (two,) = [row for row in told.sums["agree_items"] if row["m"] == 2]
    assert (two["day"], two["items"], two["agree"]) == ("2024-03-04", 2, 2)
    assert {one["item"]: one["adds"][0]["labels"] for one in told.items} == {
        "i1": ["x", "x"],
        "i2": ["x", "y"],
    }
    (statement,) = told.statements
    with world.engine.connect() as conn:
        assert conn.exec_driver_sql(statement).fetchall()
    assert told.recomputed == []
    assert told.sources["studio"]["ok_at"] == iso(NOW)


def test_an_item_with_two_like_annotations_is_told_once(world: World):
    says = labeled({"i1": "xx", "i2": "xy"})
    world.project(says, controls={"label": {"labels": ["x", "y"]}})
    told = explain(world.engine, MetricQuery("label_count"), NAMES, clock=lambda: NOW)
    rows = [(one["item"], add["label_id"], add["n"]) for one in told.items for add in one["adds"]]
    assert len({row[:2] for row in rows}) == len(rows)
    assert {row for row in rows if row[1] in ("x", "y")} == {
        ("i1", "x", 2),
        ("i2", "x", 1),
        ("i2", "y", 1),
    }
    by = MetricQuery("label_count", by=("annotator",))
    told = explain(world.engine, by, NAMES, clock=lambda: NOW)
    assert len(told.items[0]["adds"]) == 2


def test_an_explanation_names_what_was_counted_anew(world: World):
    world.project(labeled({"i1": "xx", "i2": "xy"}))
    terms = (Condition("annotator", "ann"), Condition("annotator", "bob"))
    query = MetricQuery("agreement_percent", where=terms)
    told = explain(world.engine, query, NAMES, clock=lambda: NOW)
    assert told.recomputed == ["agree_items of project 'P' from its answers"]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An item that three have answered: one was reviewed, one began with a prediction."""
    made = World(engine_at(tmp_path_factory.mktemp("explained")))
    accepted = (Judged(Verdict.ACCEPTED, "rex", at(1)),)
    says = [
        Say("i1", who, "x", at(0), time_ms=5000, gold={"label": "x"}, started=begun, reviews=judged)
        for who, begun, judged in (("ann", None, ()), ("bob", None, accepted), ("cid", "guess", ()))
    ]
    made.project(says, gold="column", guesses=[Guess("i1", "y", name="guess")])
    yield made
    made.engine.dispose()


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_can_be_explained(filled: World, metric: str):
    told = explain(filled.engine, MetricQuery(metric), NAMES, clock=lambda: NOW)
    assert told.document()["result"]["metric"] == metric
    care = {"source_lag", "records_quarantined", "reconciliation_gap", "rows_repaired"}
    idle = {"annotations_skipped", "annotations_edited", "self_consistency"}
    idle |= {"match_f1", "match_iou", "text_similarity"}  # of shapes, spans and texts
    idle |= {"gold_match_f1", "gold_match_iou"}
    assert bool(told.items) == (metric not in care | idle)
    assert told.statements or told.recomputed
    if METRICS[metric].kind == "fit" and METRICS[metric].on_control:
        (_,) = [one for one in told.statements if "FROM answer_matrix" in one]
        (item,) = told.items
        said = {(one["annotator_id"], one["label_id"], one["n"]) for one in item["adds"]}
        assert said == {("ann", "x", 1), ("bob", "x", 1), ("cid", "x", 1)}


FITS = [name for name, one in METRICS.items() if one.kind == "fit" and one.on_control]


@pytest.mark.parametrize("metric", FITS)
def test_an_explained_fit_names_nobody_to_those_who_see_pseudonyms(world: World, metric: str):
    world.project([Say("i1", who, "x", at(0)) for who in ("ann", "bob", "cid")])
    told = explain(world.engine, MetricQuery(metric), HIDDEN, clock=lambda: NOW)
    people = {one["annotator_id"] for one in told.items[0]["adds"]}
    assert len(people) == 3
    assert not people & {"ann", "bob", "cid"}
    assert all(isinstance(one, str) for one in people)
    assert "'ann'" not in str([told.items, told.sums, told.result.rows])


def test_the_answers_that_a_fit_reads_can_be_read_by_hand(world: World):
    """Once a question, however often its finish asks for them."""
    says = [
        Say(f"i{n}", who, {"a": "x", "b": "y"}, at(n)) for n in (1, 2) for who in ("ann", "bob")
    ]
    world.project(says)
    told = explain(world.engine, MetricQuery("consensus_share"), NAMES, clock=lambda: NOW)
    read_by = [one for one in told.statements if "FROM answer_matrix" in one]
    assert len(read_by) == len(set(read_by)) == 2
    with world.engine.connect() as conn:
        assert [len(conn.exec_driver_sql(one).fetchall()) for one in read_by] == [4, 4]


def test_a_headline_of_shapes_without_a_person_names_the_pairs_it_comes_from(world: World):
    box = [[0.1, 0.1, 0.2, 0.2, "car"]]
    boxes = (ControlRecord("box", Scale.GEOMETRY),)
    says = [Say("i1", who, {"box": box}, at(0)) for who in ("ann", "bob", "cid")]
    world.project(says, known=boxes)
    told = explain(world.engine, MetricQuery("agreement_without"), NAMES, clock=lambda: NOW)
    assert [row["value"] for row in told.result.rows] == [1, 1, 1]
    assert any("FROM pair_geometry" in one for one in told.statements)
    assert [one["item"] for one in told.items] == ["i1"]


# --- the key of pseudonyms ---


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path):
    environ = {"XDG_STATE_HOME": str(tmp_path / "state")}
    key = pseudonym_key(None, environ)
    path = tmp_path / "state" / "labelpulse" / "pseudonym.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(key) == 64
    assert pseudonym_key(tmp_path / "labelpulse.toml", environ) == key
    assert list(path.parent.iterdir()) == [path]
    home = pseudonym_key(None, {"HOME": str(tmp_path)})
    assert home != key
    assert (tmp_path / ".local/state/labelpulse/pseudonym.key").read_bytes().strip() == home


def test_a_key_beside_the_configuration_comes_first_and_the_variable_before_it(tmp_path: Path):
    (tmp_path / "pseudonym.key").write_text("beside\n")
    environ = {"XDG_STATE_HOME": str(tmp_path / "state")}
    assert pseudonym_key(tmp_path / "labelpulse.toml", environ) == b"beside"
    assert not (tmp_path / "state").exists()
    environ["LABELPULSE_PSEUDONYM_KEY"] = "set"
    assert pseudonym_key(tmp_path / "labelpulse.toml", environ) == b"set"


def test_an_empty_key_is_refused(tmp_path: Path):
    (tmp_path / "pseudonym.key").write_text("\n")
    with pytest.raises(ConfigError, match="is empty"):
        pseudonym_key(tmp_path / "labelpulse.toml", {})
