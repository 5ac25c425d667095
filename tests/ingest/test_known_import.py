"""Gold sets for a project that is polled: CVAT's own test data, and COCO sets made from it.

Two people handed in a job each, of five pictures with a box each. What is known is made from what
they drew; numbers are counted here from the boxes in pixels.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from collectors.cvat import CvatDatabase
from labelpulse import schema
from labelpulse.config import Settings, load_settings
from labelpulse.core.errors import UsageError
from labelpulse.core.events import Batch
from labelpulse.ingest.importer import ImportResult
from labelpulse.ingest.runner import PollResult, Task, poll
from labelpulse.reader import MetricQuery, Scope, read
from labelpulse.reader.status import deleted
from labelpulse.source import ANNOTATIONS, ITEMS
from labelpulse.warehouse.store import Warehouse
from tests.ingest.importing import asides, load, make, table
from tests.support import cvat, postgres
from tests.support.cvat import Cvat

ANA, BOB = 6, 9
CAT, DOG = 73, 74
TITLE, NATIVE, DATA = "task with several jobs and ground truth job", "task-23", 22
LABELS = {CAT: "cat", DOG: "dog"}
Box = tuple[float, float, float, float]
MAP = {"boxes": "shapes"}


class World:
    """CVAT, the warehouse that polls it, and gold sets of what was drawn."""

    def __init__(self, tool: Cvat, warehouse: Warehouse, folder: Path) -> None:
        self.tool = tool
        self.warehouse = warehouse
        self.folder = folder
        self.said: dict[str, str] = {}

    def settings(self) -> Settings:
        """The configuration: the source, and what `said` says of its project."""
        lines = ["[[sources]]", 'name = "cvat"', 'type = "cvat-db"', f'url = "{self.tool.url}"']
        if self.said:
            lines += ["[[projects]]", 'source = "cvat"', f'title = "{TITLE}"']
            lines += [f"{key} = {value}" for key, value in self.said.items()]
        path = self.folder / "labelpulse.toml"
        path.write_text("\n".join(lines))
        return load_settings(path, environ={})

    def poll(self, *, sweep: bool | None = None) -> PollResult:
        said = self.settings()
        live = CvatDatabase(self.tool.url, name="cvat", projects=(NATIVE,))
        how = Task("cvat", "cvat-db", live, lambda t: said.project_data("cvat", t), sweep=sweep)
        result = poll(self.warehouse, how)
        assert result.gaps == {}
        return result

    def load(self, path: Path, **flags: Any) -> ImportResult:
        given = {"project": TITLE, "source": "cvat", "columns": MAP, **flags}
        return load(self.warehouse, path, settings=self.settings(), **given)

    def drawn(self) -> dict[int, tuple[str, Box]]:
        """Frame -> label and corners of the one box that is on it."""
        found = self.tool.all(
            "SELECT frame, label_id, points FROM engine_labeledshape WHERE job_id IN (29, 30)"
        )
        return {f: (LABELS[label], _box(points)) for f, label, points in found}

    def coco(self, known: dict[str, list[tuple[str, Box]]], name: str = "known.json") -> Path:
        """Write a set of pictures by file name."""
        sizes = self.tool.all("SELECT path, width, height FROM engine_image WHERE data_id = 22")
        size = {path: (width, height) for path, width, height in sizes}
        images: list[dict[str, Any]] = []
        things: list[dict[str, Any]] = []
        for at, (file, boxes) in enumerate(known.items(), 1):
            width, height = size.get(file.rpartition("/")[2], (100, 100))
            images.append({"id": at, "file_name": file, "width": width, "height": height})
            for label, (x1, y1, x2, y2) in boxes:
                kind = {"cat": 1, "dog": 2}[label]
                box = [x1, y1, x2 - x1, y2 - y1]
                things.append({"id": len(things), "image_id": at, "category_id": kind, "bbox": box})
        kinds = [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
        path = self.folder / name
        path.write_text(json.dumps({"images": images, "annotations": things, "categories": kinds}))
        return path

    def names(self) -> dict[int, str]:
        """Frame -> file name."""
        rows = self.tool.all(
            "SELECT frame, path FROM engine_image WHERE data_id = 22 AND NOT is_placeholder"
        )
        return {frame: path for frame, path in rows if frame < 11}

    def gold(self) -> dict[str, list[tuple[str, Box]]]:
        """A set in which ana is right on 3 of 5 and bob on 4 of 5, and a picture nobody has."""
        drawn, names = self.drawn(), self.names()
        known = {names[frame]: [drawn[frame]] for frame in range(10)}
        known[names[3]] = [(drawn[3][0], moved(drawn[3][1], 0.9))]
        known[names[4]] = []
        label, box = drawn[6]
        known[names[6]] = [("dog" if label == "cat" else "cat", box)]
        known[names[7]] = [(drawn[7][0], moved(drawn[7][1], 0.1))]
        return {**known, "nowhere.png": []}

    def rows(self, metric: str, title: str = TITLE, **how: Any) -> list[dict[str, Any]]:
        how = {"by": ("annotator",), "project": title, **how}
        return read(self.warehouse.engine, MetricQuery(metric, **how), Scope(names=True)).rows

    def by_person(self, metric: str, **how: Any) -> dict[str, tuple[float, int]]:
        found = {row["annotator"]: (row["value"], row["n"]) for row in self.rows(metric, **how)}
        return {who: said for who, said in found.items() if who in (str(ANA), str(BOB))}

    def whole(self, *, without: tuple[str, ...] = ()) -> dict[str, list[Any]]:
        """All that the warehouse holds, but for runs, leases and what is in `without`."""
        passing = ("run", "lease", "counter", "cursor", "quarantine", *without)
        with self.warehouse.engine.connect() as conn:
            found = {
                one.name: sorted(map(repr, conn.execute(select(one)).all()))
                for one in schema.metadata.sorted_tables
                if one.name not in passing
            }
            source = schema.source.c
            kept = [source.name, source.type, source.state, source.state_reason]
            return {**found, "source": list(conn.execute(select(*kept)))}

    def project_id(self) -> int:
        (source_id,) = [key for key, one in self.warehouse.sources().items() if one == "cvat"]
        return self.warehouse.projects(source_id)[NATIVE]

    def verify(self) -> None:
        assert self.warehouse.verify(self.project_id()) == []


def _box(points: str) -> Box:
    x1, y1, x2, y2 = map(float, points.split(","))
    return x1, y1, x2, y2


def moved(box: Box, share: float) -> Box:
    """A box moved to the right by a share of its width."""
    x1, y1, x2, y2 = box
    by = (x2 - x1) * share
    return x1 + by, y1, x2 + by, y2


@pytest.fixture
def tool(pg_database: str) -> Iterator[Cvat]:
    with cvat.filled(pg_database) as made:
        for job, who in ((29, ANA), (30, BOB)):
            made.set_job(job, stage="annotation", state="completed", assignee_id=who)
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def warehouse(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_url: str
) -> Iterator[Warehouse]:
    if request.param == "sqlite":
        made = make(f"sqlite:///{tmp_path / 'warehouse.db'}")
        yield made
        made.engine.dispose()
        return
    with postgres.fresh_database(postgres_url) as url:
        made = make(url)
        yield made
        made.engine.dispose()


ONCE = pytest.mark.parametrize("warehouse", ["sqlite"], indirect=True)
"""For what is decided before a warehouse is asked, or asked of it alike."""


@pytest.fixture
def world(tool: Cvat, warehouse: Warehouse, tmp_path: Path) -> World:
    made = World(tool, warehouse, tmp_path)
    made.poll()
    return made


def counted(result: ImportResult) -> tuple[int, int, int, int]:
    assert result.failed == []
    return result.read, result.loaded, result.unchanged, result.quarantined


# --- the numbers -----------------------------------------------------------------------------


def test_people_are_measured_by_a_gold_set(world: World) -> None:
    result = world.load(world.coco(world.gold()))
    assert counted(result) == (11, 10, 0, 1)
    assert world.by_person("gold_match_f1") == {str(ANA): (3 / 5, 5), str(BOB): (4 / 5, 5)}
    overlap = (1 - 0.1) / (1 + 0.1)
    found = world.by_person("gold_match_iou")
    assert found[str(ANA)][0] == 1
    assert found[str(BOB)][0] == pytest.approx((3 + overlap) / 4, abs=1e-5)
    assert [one[1:] for one in asides(world.warehouse)] == [("images 11", "unknown_item")]
    assert any("1 item of it cannot be found" in one for one in result.warnings)
    world.verify()


@ONCE
def test_labels_are_measured_too_and_stand_beside_shapes(world: World) -> None:
    """Ana tags two pictures as dogs of which one is; nobody says anything of the others."""
    for frame in (0, 1):
        world.tool.tag(29, frame, DOG)
    world.poll()
    names = world.names()
    world.load(world.coco(world.gold()))
    box = (0.0, 0.0, 5.0, 5.0)
    known = {names[0]: [("dog", box)], names[1]: [("cat", box)], names[2]: []}
    world.load(world.coco(known, "tags.json"), columns={"labels": "tags"})
    assert world.by_person("gold_accuracy", control="tags")[str(ANA)] == (2 / 3, 3)
    assert world.by_person("gold_match_f1", control="shapes")[str(ANA)] == (3 / 5, 5)
    world.verify()


def test_they_equal_the_same_work_and_the_same_set_imported(world: World) -> None:
    path = world.coco({name: boxes for name, boxes in world.gold().items() if boxes != []})
    same = as_import(world)
    world.load(path)
    load(world.warehouse, path, project=same, columns=MAP, settings=world.settings())
    for by in ((), ("annotator",), ("day",), ("annotator", "assisted"), ("week",)):
        for metric in ("gold_match_f1", "gold_match_iou"):
            polled, imported = (
                [{k: v for k, v in row.items() if k != "project"} for row in found]
                for found in (world.rows(metric, by=by), world.rows(metric, same, by=by))
            )
            assert polled == imported
            assert polled[0]["value"] is not None


def as_import(world: World) -> str:
    """Load what the collector reads as files would be, items by the names of their pictures."""
    live = CvatDatabase(world.tool.url, name="cvat", projects=(NATIVE,))
    opening = live.open()
    read_ = {
        stream: live.fetch(
            stream, [s.native_id for p in live.full(stream, None) for s in p.records]
        )
        for stream in (ITEMS, ANNOTATIONS)
    }
    live.close()
    names = {one.native_id: one.name for one in read_[ITEMS].items}
    (record,) = opening.projects
    warehouse, title = world.warehouse, "Same"
    source_id = warehouse.source(f"import:{title}", "import")
    with warehouse.lease(source_id) as held:
        warehouse.register(held, replace(record, native_id=title, title=title))
        run_id = warehouse.start_run(held, "import", file_name="work", file_hash="x")
        batch = Batch(
            people=opening.people,
            items=tuple(
                replace(one, project=title, native_id=one.name) for one in read_[ITEMS].items
            ),
            annotations=tuple(
                replace(one, project=title, item=names[one.item])
                for one in read_[ANNOTATIONS].annotations
            ),
        )
        warehouse.write(held, run_id, batch, live=False)
        warehouse.finish_run(held, run_id, "ok")
    return title


# --- nothing else changes --------------------------------------------------------------------

GOLD_SUMS = ("gold", "gold_geometry", "gold_confusion", "setting", "rules", "rollup_state")
KEYS = ("annotation", "annotation_key", "annotator", "annotator_identity", "project")


def test_it_is_nobodys_work(world: World) -> None:
    """Every rollup but those of gold is what it was, to the digit, and so is every item."""
    before = world.whole(without=(*GOLD_SUMS, *KEYS))
    world.load(world.coco(world.gold()))
    assert world.whole(without=(*GOLD_SUMS, *KEYS)) == before
    assert "live_rows" in before
    assert "item" in before


def test_polls_sweeps_and_rebuilds_leave_it(world: World) -> None:
    world.load(world.coco(world.gold()))
    before = world.whole(without=("project",))
    with world.warehouse.engine.connect() as conn:
        version = conn.scalar(select(func.sum(schema.project.c.data_version)))
    for sweep in (False, True):
        done = world.poll(sweep=sweep)
        assert (done.loaded, done.deleted, done.repaired, done.quarantined) == (0, 0, 0, 0)
    assert world.whole(without=("project",)) == before
    with world.warehouse.engine.connect() as conn:
        assert conn.scalar(select(func.sum(schema.project.c.data_version))) == version
    source_id = world.warehouse.source("cvat", "cvat-db")
    with world.warehouse.lease(source_id) as held:
        world.warehouse.rebuild(held, world.project_id())
    kept = ("project", "rollup_state")
    assert world.whole(without=kept) == {k: v for k, v in before.items() if k not in kept}
    world.verify()


def test_what_could_not_be_found_stays_told_until_the_file_comes_again(world: World) -> None:
    """A sweep reads all of CVAT, and nothing of the file."""
    world.load(world.coco(world.gold()))
    world.poll(sweep=True)
    aside = schema.quarantine.c
    with world.warehouse.engine.connect() as conn:
        open_ = select(aside.reason).where(aside.resolved_at.is_(None))
        assert conn.scalars(open_).all() == ["unknown_item"]


@ONCE
def test_the_source_stands_as_its_polls_left_it(world: World) -> None:
    source = schema.source
    with world.warehouse.engine.begin() as conn:
        conn.execute(source.update().values(state="broken", ok_at=5, tried_at=6))
    world.load(world.coco(world.gold()))
    with world.warehouse.engine.connect() as conn:
        row = conn.execute(select(source)).one()
    assert (row.type, row.state, row.ok_at, row.tried_at) == ("cvat-db", "broken", 5, 6)


def test_the_same_set_again_changes_nothing(world: World) -> None:
    path = world.coco(world.gold())
    world.load(path)
    before = world.whole()
    assert counted(world.load(path)) == (11, 0, 10, 1)
    assert world.whole() == before


@ONCE
def test_a_corrected_set_takes_the_place_of_the_last_one(world: World) -> None:
    world.load(world.coco(world.gold()))
    drawn, names = world.drawn(), world.names()
    right = {names[frame]: [drawn[frame]] for frame in range(10)}
    assert counted(world.load(world.coco(right, "right.json"))) == (10, 4, 6, 0)
    assert world.by_person("gold_match_f1") == {str(ANA): (1, 5), str(BOB): (1, 5)}
    world.verify()


@ONCE
def test_an_import_that_broke_off_is_mended_by_the_next_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.load(world.coco(world.gold()))
    corrected = world.coco({name: [] for name in world.names().values()}, "none.json")
    write, calls = Warehouse.write, list[int]()

    def failing(self: Warehouse, *words: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return write(self, *words, **more)

    monkeypatch.setattr("labelpulse.ingest.known_import.BATCH", 2)
    monkeypatch.setattr(Warehouse, "write", failing)
    with pytest.raises(KeyboardInterrupt):
        world.load(corrected)
    monkeypatch.undo()
    world.verify()
    world.poll(sweep=True)
    world.verify()
    assert world.by_person("gold_match_f1") != {str(ANA): (3 / 5, 5), str(BOB): (4 / 5, 5)}
    assert world.load(corrected).loaded > 0
    assert world.by_person("gold_match_f1") == {str(ANA): (0, 5), str(BOB): (0, 5)}
    world.verify()


# --- items -----------------------------------------------------------------------------------


def test_what_is_not_there_yet_is_found_when_it_is(world: World) -> None:
    world.tool.delete_job(31)
    world.poll(sweep=True)
    gold = {name: boxes for name, boxes in world.gold().items() if name != "nowhere.png"}
    path = world.coco({**gold, world.names()[10]: []})
    assert counted(world.load(path)) == (11, 10, 0, 1)
    world.tool.job(23, 10, 10, assignee_id=BOB, state="completed")
    assert counted(world.load(path)) == (11, 0, 10, 1), "before the next poll nothing is new"
    world.poll()
    assert counted(world.load(path)) == (11, 1, 10, 0)
    (row,) = [one for one in world.rows("gold_match_f1") if one["annotator"] == str(BOB)]
    assert (row["n"], row["value"], row["both_empty"]) == (6, 4 / 5, 1)
    aside = schema.quarantine.c
    with world.warehouse.engine.connect() as conn:
        assert conn.scalars(select(aside.reason).where(aside.resolved_at.is_(None))).all() == []


@ONCE
def test_items_are_found_by_their_ids_first(world: World, tmp_path: Path) -> None:
    drawn = world.drawn()
    known = {"22:0": [drawn[0]], world.names()[1]: [drawn[1]]}
    assert world.load(world.coco(known)).quarantined == 0
    with world.warehouse.engine.connect() as conn:
        gold, item = schema.gold.c, schema.item.c
        found = select(item.native_id).join(schema.gold, gold.item_id == item.id)
        assert set(conn.scalars(found)) == {"22:0", "22:1"}


@ONCE
def test_a_name_that_several_items_have_is_in_doubt(world: World) -> None:
    rename(world, {0: "a/x.png", 1: "b/x.png", 2: "b/y.png"})
    result = world.load(world.coco({"x.png": [], "pictures/a/x.png": [], "other/y.png": []}))
    assert counted(result) == (3, 2, 0, 1)
    doubt, folder = (one.partition("known.json: ")[2] for one in result.warnings[-2:])
    assert doubt.startswith("1 item of it may be several in project")
    assert folder.startswith("1 item of it found by file name alone")
    assert "('other/y.png' is 'b/y.png' there)" in folder
    assert not any("cannot be found" in one for one in result.warnings)
    assert [one[2] for one in asides(world.warehouse)] == ["ambiguous_item"]
    assert asserted_items(world) == {"22:0", "22:2"}


@ONCE
def test_a_name_that_the_file_has_twice_goes_by_its_folders(world: World) -> None:
    rename(world, {0: "a/x.png", 2: "y.png"})
    result = world.load(world.coco({"a/x.png": [], "c/x.png": [], "a/y.png": [], "b/y.png": []}))
    assert counted(result) == (4, 1, 0, 3)
    assert asserted_items(world) == {"22:0"}
    assert {one[2] for one in asides(world.warehouse)} == {"ambiguous_item"}


def rename(world: World, names: dict[int, str]) -> None:
    with world.warehouse.engine.begin() as conn:
        for frame, name in names.items():
            item = schema.item
            conn.execute(item.update().where(item.c.native_id == f"22:{frame}").values(name=name))


def asserted_items(world: World) -> set[str]:
    with world.warehouse.engine.connect() as conn:
        gold, item = schema.gold.c, schema.item.c
        found = select(item.native_id).join(schema.gold, gold.item_id == item.id)
        return set(conn.scalars(found))


def test_it_is_there_again_when_its_item_is(world: World) -> None:
    world.load(world.coco(world.gold()))
    before = world.by_person("gold_match_f1")
    source_id = world.warehouse.source("cvat", "cvat-db")
    item = schema.item.c
    with world.warehouse.engine.connect() as conn:
        ids = list(conn.scalars(select(item.id).where(item.native_id.in_(["22:0", "22:5"]))))
    with world.warehouse.lease(source_id) as held:
        run_id = world.warehouse.start_run(held, "poll")
        world.warehouse.forget_items(held, run_id, world.project_id(), ids, now=10**15)
    world.verify()
    world.poll(sweep=True)
    assert world.by_person("gold_match_f1") == before
    world.verify()


# --- what a file may be ----------------------------------------------------------------------


@ONCE
def test_work_is_refused(world: World, tmp_path: Path) -> None:
    before = world.whole()
    work = table(tmp_path / "w.csv", [{"item": "22:0", "annotator": "x", "label": "cat"}])
    with pytest.raises(
        UsageError, match=r"holds more than known answers, and project .* is polled"
    ):
        world.load(work, columns={})
    assert world.whole() == before


@ONCE
@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({}, r"the question 'boxes' is not asked in .* asks shapes \(geometry\).*--map boxes="),
        ({"boxes": "frames"}, "the question 'frames' is not asked in"),
        ({"labels": "shapes"}, "the question 'shapes' takes other answers than labels"),
        (
            {"boxes": "shapes", "labels": "shapes"},
            "'shapes' for labels and for shapes",
        ),
    ],
)
def test_a_question_that_is_not_asked_is_wrong_usage(
    world: World, columns: dict[str, str], told: str
) -> None:
    before = world.whole()
    with pytest.raises(UsageError, match=told):
        world.load(world.coco(world.gold()), columns=columns)
    assert world.whole() == before


@ONCE
def test_a_project_that_is_not_there_is_wrong_usage(world: World) -> None:
    with pytest.raises(UsageError, match="has no project 'Street'; it has 'task with"):
        world.load(world.coco(world.gold()), project="Street")
    assert world.load(world.coco(world.gold()), project=NATIVE).loaded == 10, "or its native id"


@ONCE
def test_a_table_of_known_answers_is_one_too(world: World, tmp_path: Path) -> None:
    for frame in (0, 1):
        world.tool.tag(29, frame, DOG)
    world.poll()
    rows = [{"item": "22:0", "gold": "dog", "question": "tags"}]
    rows.append({"item": world.names()[1], "gold": "cat", "question": "tags"})
    columns = {"item": "item", "gold": "gold", "control": "question"}
    assert counted(world.load(table(tmp_path / "g.csv", rows), columns=columns)) == (2, 2, 0, 0)
    assert world.by_person("gold_accuracy", control="tags")[str(ANA)] == (1 / 2, 2)
    rows[1]["gold"] = ""
    assert counted(world.load(table(tmp_path / "g.csv", rows), columns=columns)) == (2, 1, 1, 0)
    assert world.by_person("gold_accuracy", control="tags")[str(ANA)] == (1, 1)
    world.verify()


@ONCE
def test_cells_of_a_table_are_read_on_the_scale_of_their_question(
    world: World, tmp_path: Path
) -> None:
    for frame, label in ((0, DOG), (1, DOG), (1, CAT)):
        world.tool.tag(29, frame, label)
    world.poll()
    said = {"22:0": '["dog"]', "22:1": "dog|cat"}
    rows = [{"item": item, "gold": gold, "question": "tags"} for item, gold in said.items()]
    columns = {"item": "item", "gold": "gold", "control": "question"}
    assert counted(world.load(table(tmp_path / "g.csv", rows), columns=columns)) == (2, 2, 0, 0)
    assert world.by_person("gold_accuracy", control="tags")[str(ANA)] == (1, 2)
    world.verify()


@ONCE
def test_what_is_taken_back_is_no_row_that_the_source_lost(world: World, tmp_path: Path) -> None:
    world.tool.tag(29, 0, DOG)
    world.poll()
    columns = {"item": "item", "gold": "gold", "control": "question"}
    rows = [{"item": "22:0", "gold": one, "question": "tags"} for one in ("dog", "cat")]
    torn = world.load(table(tmp_path / "g.csv", rows), columns=columns)
    assert any("gold values conflict on '22:0'" in one for one in torn.warnings)
    assert world.by_person("gold_accuracy", control="tags") == {}
    world.load(table(tmp_path / "g.csv", rows[:1]), columns=columns)
    assert world.by_person("gold_accuracy", control="tags")[str(ANA)] == (1, 1)
    assert deleted(world.warehouse.engine) == {}
    world.verify()


# --- what counts as gold ---------------------------------------------------------------------


@ONCE
def test_a_configuration_that_chooses_other_gold_wins(world: World) -> None:
    world.said["gold"] = '"job"'
    world.poll()
    before = world.rows("gold_match_f1")
    result = world.load(world.coco(world.gold()))
    assert any(
        'kept but not used, since the configuration says gold = "job"' in one
        for one in result.warnings
    )
    assert world.rows("gold_match_f1") == before
    world.said["gold"] = '"column"'
    world.poll()
    assert world.by_person("gold_match_f1") == {str(ANA): (3 / 5, 5), str(BOB): (4 / 5, 5)}


@ONCE
def test_a_later_poll_does_not_turn_it_back(world: World) -> None:
    world.load(world.coco(world.gold()))
    world.said["deadline"] = "2030-01-01"
    world.poll(sweep=True)
    assert world.by_person("gold_match_f1") == {str(ANA): (3 / 5, 5), str(BOB): (4 / 5, 5)}
    world.verify()
