"""A watched folder: new and changed files are imported, bad ones are told, vanished ones kept."""

import json
import os
import shutil
import zipfile
from functools import partial
from io import BytesIO
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import func, select

from collectors.folder import WatchedFolder
from labelpulse import schema
from labelpulse.config import load_settings
from labelpulse.core.errors import ConfigError, StopSource
from labelpulse.ingest.collect import Collector
from labelpulse.ingest.runner import PollResult, Task
from labelpulse.ingest.watching import SETTLED_S, Following, follow
from labelpulse.source import Access, FileSource
from labelpulse.warehouse.settings import effective
from labelpulse.warehouse.store import Warehouse
from tests.ingest.importing import asides, copy_of, held, make

NOW = 1_700_000_000.0
HEAD = "item,annotator,label\n"


def votes(*items: str, who: str = "ann", label: str = "x") -> str:
    return HEAD + "".join(f"{item},{who},{label}\n" for item in items)


class Selection:
    """A folder, a warehouse, and turns at a time that is told."""

    def __init__(self, warehouse: Warehouse, path: Path) -> None:
        self.warehouse = warehouse
        self.path = path
        self.path.mkdir()
        self.now = NOW
        self.slept: list[float] = []
        self.during_sleep: Any = lambda: None
        self.said: list[str] = []
        self.environ: dict[str, str] = {}
        self.access: dict[str, Any] = {}
        self.stop = Event()

    def put(self, name: str, content: str | bytes, age: float = 60.0) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.utime(path, (self.now - age, self.now - age))
        return path

    def source(self) -> WatchedFolder:
        return WatchedFolder.from_access(Access("drop", path=self.path, **self.access))

    def turn(self, *, waits: bool = False) -> PollResult:
        settings = load_settings(environ=self.environ)
        live: Any = self.source()
        task = Task(
            "drop",
            "folder",
            live,
            settings=lambda title: settings.project_data("drop", title),
            stop=self.stop,
            tell=self.said.append,
        )
        how = Following(settings, task, waits, lambda: self.now, self._sleep)
        return follow(self.warehouse, live, how)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        self.during_sleep()

    def titles(self) -> set[str]:
        return set(self.warehouse.titles(self.warehouse.source("drop", "folder")).values())

    def state(self) -> tuple[str, str]:
        with self.warehouse.engine.connect() as conn:
            row = conn.execute(select(schema.source)).one()
            return row.state, row.state_reason

    def open_asides(self) -> list[tuple[str, str]]:
        with self.warehouse.engine.connect() as conn:
            aside = schema.quarantine.c
            query = select(aside.place, aside.reason).where(aside.resolved_at.is_(None))
            return [tuple(row) for row in conn.execute(query.order_by(aside.id))]


def done(result: PollResult) -> tuple[int, int, int]:
    return result.loaded, result.unchanged, result.quarantined


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "empty.db"
    make(f"sqlite:///{path}").engine.dispose()
    return path


@pytest.fixture
def selection(template, tmp_path):
    made = Selection(copy_of(template, tmp_path / "w.db"), tmp_path / "drop")
    yield made
    made.warehouse.engine.dispose()


# --- what is imported, and when ---


def test_new_and_changed_files_are_imported_and_the_rest_left_alone(selection: Selection) -> None:
    selection.put("a.csv", votes("1", "2"))
    assert done(selection.turn()) == (2, 0, 0)
    assert done(selection.turn()) == (0, 0, 0)
    selection.put("a.csv", votes("1", "2", "3"), age=30)
    selection.put("b.csv", votes("4"))
    assert done(selection.turn()) == (2, 2, 0)
    assert len(held(selection.warehouse)) == 4
    assert selection.titles() == {"drop"}
    assert selection.state() == ("ok", "")
    assert selection.warehouse.verify(1) == []


def test_the_same_content_under_another_name_or_time_changes_nothing(selection: Selection) -> None:
    selection.put("a.csv", votes("1", "2"))
    selection.turn()
    version = _version(selection)
    selection.put("copy.csv", votes("1", "2"))
    selection.put("a.csv", votes("1", "2"), age=10)
    assert done(selection.turn()) == (0, 4, 0)
    assert _version(selection) == version


def _version(selection: Selection) -> int | None:
    with selection.warehouse.engine.connect() as conn:
        return conn.scalar(select(schema.project.c.data_version))


def test_a_file_under_way_is_left_until_two_looks_are_alike(selection: Selection) -> None:
    selection.put("a.csv", votes("1"), age=1)
    assert done(selection.turn()) == (0, 0, 0)
    selection.put("a.csv", votes("1", "2"), age=0)
    assert done(selection.turn()) == (0, 0, 0), "it grew since"
    assert done(selection.turn()) == (2, 0, 0)


def test_a_clock_that_is_ahead_takes_two_looks_too(selection: Selection) -> None:
    selection.put("a.csv", votes("1"), age=-3600)
    assert done(selection.turn()) == (0, 0, 0)
    assert done(selection.turn()) == (1, 0, 0)


def test_a_single_turn_waits_for_what_is_fresh(selection: Selection) -> None:
    selection.put("old.csv", votes("0"))
    assert done(selection.turn(waits=True)) == (1, 0, 0)
    assert selection.slept == []
    selection.put("a.csv", votes("1"), age=1)
    selection.put("ahead.csv", votes("2"), age=-3600)
    assert done(selection.turn(waits=True)) == (2, 0, 0)
    assert selection.slept == [SETTLED_S]
    selection.put("grows.csv", votes("3"), age=1)
    selection.during_sleep = partial(selection.put, "grows.csv", votes("3", "4"), age=0)
    assert done(selection.turn(waits=True)) == (0, 0, 0)


def test_what_vanishes_changes_nothing_that_was_loaded(selection: Selection) -> None:
    path = selection.put("a.csv", votes("1", "2"))
    selection.turn()
    path.unlink()
    assert done(selection.turn()) == (0, 0, 0)
    assert len(held(selection.warehouse)) == 2
    assert selection.state() == ("ok", "")
    selection.put("a.csv", votes("1", "2"))
    assert done(selection.turn()) == (0, 2, 0)


def test_newer_revisions_win_whatever_the_order_of_files(selection: Selection) -> None:
    head = "item,annotator,label,updated_at,annotation_id\n"
    selection.put("late.csv", f"{head}1,ann,new,2024-03-05T09:00Z,7\n", age=90)
    selection.put("early.csv", f"{head}1,ann,old,2024-03-04T09:00Z,7\n", age=60)
    selection.turn()
    (one,) = held(selection.warehouse).values()
    assert one["answers"][0, "label"] == "new"


# --- bad files ---


def test_bad_files_are_told_one_by_one_and_stop_no_other(selection: Selection) -> None:
    selection.put("a.csv", votes("1"))
    selection.put("cut.json", '[{"id": 1, "annotations": [')
    selection.put("columns.csv", "unit,who,what\n1,a,x\n")
    selection.put("odd.csv", f"{HEAD}2,ann,x\n,ann,x\n")
    result = selection.turn()
    assert (done(result), result.state) == ((2, 0, 3), "partial")
    assert selection.open_asides() == [
        ("odd.csv", "missing_item"),
        ("columns.csv", "refused_file"),
        ("cut.json", "refused_file"),
    ]
    state, reason = selection.state()
    assert state == "ok"
    assert reason.startswith("2 files refused: columns.csv has no column 'item'")
    assert "cut.json" in reason
    again = selection.turn()
    assert (done(again), again.state) == ((0, 0, 2), "partial"), "still refused, still told"
    told = [one for one in selection.said if one.startswith("source 'drop'")]
    assert len(told) == 2, "but only once in the log"
    assert "in [sources.options]" in told[0]


def test_a_mended_file_and_one_that_is_gone_are_no_longer_told_of(selection: Selection) -> None:
    selection.put("a.csv", "")
    gone = selection.put("b.csv", "")
    with pytest.raises(StopSource, match=r"2 files refused: a\.csv is empty"):
        selection.turn()
    assert [place for place, _ in selection.open_asides()] == ["a.csv", "b.csv"]
    selection.put("a.csv", votes("1"), age=30)
    gone.unlink()
    assert done(selection.turn()) == (1, 0, 0)
    assert selection.open_asides() == []
    assert len(asides(selection.warehouse)) == 2
    assert selection.state() == ("ok", "")


def test_a_folder_in_which_every_file_is_refused_is_broken_until_one_is_mended(
    selection: Selection,
) -> None:
    selection.put("a.csv", "unit,who,what\n1,a,x\n")
    selection.put("b.csv", "")
    for _ in range(2):
        with pytest.raises(StopSource, match="nothing in the folder can be loaded"):
            selection.turn()
        state, reason = selection.state()
        assert state == "broken"
        assert "2 files refused: a.csv has no column 'item'" in reason
        assert reason.endswith("mend or take them away; the next look goes on by itself")
    with selection.warehouse.engine.connect() as conn:
        source = conn.execute(select(schema.source)).one()
        assert (source.ok_at, source.tried_at is None) == (None, False)
        assert set(conn.scalars(select(schema.run.c.state))) == {"failed"}
    selection.put("b.csv", votes("1"), age=30)
    assert done(selection.turn()) == (1, 0, 1)
    state, reason = selection.state()
    assert (state, reason.partition(":")[0]) == ("ok", "1 file refused")


def test_a_folder_is_not_broken_where_a_part_of_a_file_was_loaded(selection: Selection) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", votes("1"))
        archive.writestr("b.csv", "")
    selection.put("all.zip", packed.getvalue())
    for expected in ((1, 0, 1), (0, 0, 1)):
        assert done(selection.turn()) == expected
        assert selection.state()[0] == "ok"


def test_what_an_import_warns_of_is_told_in_the_log(selection: Selection) -> None:
    selection.put("a.csv", "item,annotator,label,gold\n1,ann,x,x\n1,bob,x,y\n")
    selection.turn()
    assert [
        one for one in selection.said if "source 'drop': a.csv: gold values conflict on '1'" in one
    ]


def test_a_description_beside_exports_is_passed_over(selection: Selection) -> None:
    selection.put("configs.json", '{"cls": "<View/>"}')
    path = selection.put("a.csv", votes("1"))
    for expected in ((1, 0, 0), (0, 0, 0)):
        assert done(selection.turn()) == expected
        assert (selection.state(), selection.open_asides()) == (("ok", ""), [])
    path.unlink()
    selection.turn()
    assert selection.state() == ("ok", ""), "what was loaded may be moved away"
    assert selection.said.count("source 'drop': configs.json is no export, passed over") == 1
    selection.put("b.csv", "")
    with pytest.raises(StopSource):
        selection.turn()


def test_a_turn_that_is_stopped_breaks_nothing(selection: Selection) -> None:
    selection.put("a.csv", "")
    with pytest.raises(StopSource):
        selection.turn()
    selection.put("b.csv", votes("1"))
    selection.stop.set()
    selection.turn()
    assert selection.state()[0] == "ok"


def test_links_pipes_and_odd_names_are_not_read(selection: Selection, tmp_path: Path) -> None:
    outside = tmp_path / "secret.csv"
    outside.write_text(votes("1"))
    (selection.path / "link.csv").symlink_to(outside)
    (selection.path / "inner").symlink_to(tmp_path)
    os.mkfifo(selection.path / "pipe.csv")
    selection.put("a\nb.csv", votes("1"))
    with pytest.raises(StopSource, match="4 files refused"):
        selection.turn()
    assert held(selection.warehouse) == {}
    told = {one["name"]: one["odd"] for one in map(_named, selection.source().files())}
    assert {name: odd.partition(":")[0] for name, odd in told.items()} == {
        "a?b.csv": "has a line break or a sign that is none in its name",
        "inner": "is a symbolic link",
        "link.csv": "is a symbolic link",
        "pipe.csv": "is a pipe and no file",
    }
    assert {reason for _, reason in selection.open_asides()} == {"refused_file"}


def _named(one: Any) -> dict[str, str]:
    return {"name": one.name, "odd": one.problem}


def test_hidden_unfinished_and_media_files_are_passed_over(selection: Selection) -> None:
    for name in (".a.csv", "a.csv.part", "a.csv.tmp", "b.csv~", "1.jpg", "README.md"):
        selection.put(name, votes("1"))
    selection.put(".hidden/a.csv", votes("1"))
    assert list(selection.source().files()) == []


def test_a_folder_that_is_not_there_breaks_the_source_and_loses_nothing(
    selection: Selection,
) -> None:
    selection.put("a.csv", votes("1"))
    selection.turn()
    away = selection.path.rename(selection.path.with_name("away"))
    with pytest.raises(StopSource, match="there is no folder"):
        selection.turn()
    assert selection.state()[0] == "broken"
    away.rename(selection.path)
    assert done(selection.turn()) == (0, 0, 0)
    assert selection.state() == ("ok", "")
    assert len(held(selection.warehouse)) == 1


def test_a_stop_ends_the_turn_between_files(selection: Selection) -> None:
    selection.put("a.csv", votes("1"))
    selection.stop.set()
    assert done(selection.turn()) == (0, 0, 0)
    selection.stop.clear()
    assert done(selection.turn()) == (1, 0, 0)


# --- projects and options ---


@pytest.mark.parametrize(
    ("options", "titles"),
    [
        ({}, {"drop", "ads", "maps"}),
        ({"project": "All of it"}, {"All of it"}),
        ({"project": "{file}"}, {"top", "monday", "tuesday", "all"}),
    ],
)
def test_which_project_a_file_belongs_to(
    selection: Selection, options: dict[str, str], titles: set[str]
) -> None:
    for name in ("top.csv", "ads/monday.csv", "ads/deep/tuesday.csv", "maps/all.csv"):
        selection.put(name, votes("1", who=name))
    selection.access["options"] = options
    selection.turn()
    assert selection.titles() == titles


def test_only_the_projects_that_are_named_are_read(selection: Selection) -> None:
    selection.put("ads/a.csv", votes("1"))
    selection.put("maps/a.csv", votes("2"))
    selection.access["projects"] = ("ads",)
    selection.turn()
    assert selection.titles() == {"ads"}


def test_options_hold_for_every_file_and_a_change_reads_them_again(selection: Selection) -> None:
    selection.put("a.csv", "unit,who,vote,at\n1,ann,a|b,2024-03-04 09:00\n")
    columns = {"item": "unit", "annotator": "who", "label": "vote", "submitted_at": "at"}
    selection.access |= {"options": {"map": columns}, "zone": "UTC", "format": "csv"}
    selection.turn()
    (one,) = held(selection.warehouse).values()
    assert one["answers"][0, "vote"] == "a|b"
    selection.access["options"] = {"map": columns, "scale": "set", "separator": "|"}
    selection.access["zone"] = "Europe/Berlin"
    selection.turn()
    (two,) = held(selection.warehouse).values()
    assert json.loads(two["answers"][0, "vote"]) == ["a", "b"]
    assert done(selection.turn()) == (0, 0, 0)


def test_what_the_configuration_says_of_a_project_holds(selection: Selection) -> None:
    selection.put("ads/a.csv", votes("1"))
    selection.turn()
    selection.environ = {
        "LABELPULSE_PROJECTS__ADS__SOURCE": "drop",
        "LABELPULSE_PROJECTS__ADS__TITLE": "ads",
        "LABELPULSE_PROJECTS__ADS__TIMEZONE": "Asia/Tokyo",
    }
    selection.turn()
    with selection.warehouse.engine.connect() as conn:
        assert effective(conn, 1)["timezone"] == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"colour": "red"}, "options.colour is not known"),
        ({"map": "item"}, "options.map must be a table"),
        ({"map": {"unit": "x"}}, "options.map.unit: a field is one of item"),
        ({"scale": "big"}, "options.scale must be one of nominal"),
        ({"labels": "a,b"}, "options.labels must be a list"),
        ({"project": ""}, "options.project must be a text"),
    ],
)
def test_options_that_are_none_are_named(
    selection: Selection, options: dict[str, Any], told: str
) -> None:
    selection.access["options"] = options
    with pytest.raises(ConfigError, match=told):
        selection.source()
    with pytest.raises(ConfigError, match="path is missing"):
        WatchedFolder.from_access(Access("drop"))


def test_an_archive_in_the_folder_is_a_file_like_any_other(
    selection: Selection, tmp_path: Path
) -> None:
    inner = tmp_path / "in"
    inner.mkdir()
    (inner / "a.csv").write_text(votes("1"))
    (inner / "b.csv").write_text(f"{HEAD}2,ann,x\n,ann,x\n")
    archive = shutil.make_archive(str(tmp_path / "all"), "zip", inner)
    selection.put("ads/all.zip", Path(archive).read_bytes())
    assert done(selection.turn()) == (2, 0, 1)
    assert selection.open_asides() == [("ads/all.zip: b.csv", "missing_item")]


def test_data_sets_that_are_folders_are_read_whole(selection: Selection) -> None:
    for name in ("ads", "maps"):
        selection.put(f"{name}/classes.txt", "car\nbike\n")
        selection.put(f"{name}/labels/1.txt", f"0 0.5 0.5 0.2 0.{len(name)}\n")
    selection.access["format"] = "yolo"
    first = selection.turn()
    assert (selection.titles(), first.quarantined) == ({"ads", "maps"}, 0)
    assert first.loaded >= 2
    selection.put("ads/labels/2.txt", "1 0.5 0.5 0.2 0.2\n")
    again = selection.turn()
    assert (again.loaded, again.unchanged) == (1, 1)


# --- through the collector and the command line ---


def test_the_collector_takes_its_turn(selection: Selection) -> None:
    selection.put("a.csv", votes("1", "2"))
    said = load_settings(
        environ={
            "LABELPULSE_SOURCES__DROP__TYPE": "folder",
            "LABELPULSE_SOURCES__DROP__PATH": str(selection.path),
        }
    )
    assert isinstance(selection.source(), FileSource)
    (turn,) = Collector(selection.warehouse, said, sweep=True).once()
    assert turn.error is None
    assert turn.result is not None
    assert done(turn.result) == (2, 0, 0)
    with selection.warehouse.engine.connect() as conn:
        kinds = conn.execute(select(schema.run.c.kind, func.count()).group_by(schema.run.c.kind))
        assert dict(tuple(row) for row in kinds.all()) == {"poll": 1, "import": 1}
