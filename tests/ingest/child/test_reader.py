"""Reading in a child: whatever a file does to it, the parent says so and goes on."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest

from labelpulse.core.errors import ConfigError, FileRefused, RetryLater, UsageError
from labelpulse.ingest.child import FileReader, Limits, reader, wire, worker
from labelpulse.ingest.child.limits import MB
from labelpulse.ingest.stage import Stage
from labelpulse.source import ImportOptions
from tests.ingest.child.hostile import install

OPTIONS = ImportOptions("P")
TABLE = "item,annotator,label\n1,a,x\n2,a,y\n"


@pytest.fixture(scope="module")
def plug_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The hostile formats, registered by an entry point."""
    folder = tmp_path_factory.mktemp("plug-in")
    install(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield


@pytest.fixture(scope="module")
def own(plug_in: None) -> Iterator[FileReader]:
    """One reader for all tests; its child is often replaced."""
    with FileReader(Limits(memory_mb=192, disk_mb=8)) as made:
        yield made


def deed(folder: Path, name: str) -> Path:
    path = folder / f"{name}.hostile"
    path.write_text(name)
    return path


def refusal(own: FileReader, path: Path) -> str:
    with pytest.raises(FileRefused) as caught:
        own.read(path, own.find(path).name, OPTIONS)
    told = str(caught.value)
    assert told.startswith(path.name)
    return told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("eat", "needed more than 192 MB of memory; LABELPULSE_PARSE_MEMORY_MB allows more"),
        ("crash", "crashed (SIGSEGV)"),
        ("be-killed", "was killed from outside, most likely since the machine ran out of memory"),
        ("be-slow", "took more than 600 s of processor time; LABELPULSE_PARSE_SECONDS allows"),
        ("fail", "met a defect (KeyError in hostile.py line "),
        ("write", "had no room to write: free space in"),
    ],
)
def test_what_happens_in_the_child_is_one_sentence(
    own: FileReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, told: str
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    own.close()  # the next child has this variable
    said = refusal(own, deed(tmp_path, name))
    assert told in said
    assert "Maria" not in said
    with own.read(deed(tmp_path, "nothing"), "hostile", OPTIONS) as stage:
        assert stage.summary.good == 2


def test_a_child_that_hangs_is_ended(
    own: FileReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = deed(tmp_path, "wait")
    own.find(path)
    monkeypatch.setattr(reader, "WALL", 0.001)
    monkeypatch.setattr(reader, "LISTEN_S", 0.01)
    with pytest.raises(FileRefused, match="took too long; LABELPULSE_PARSE_SECONDS"):
        own.read(path, "hostile", OPTIONS)
    assert own.pid is None


def test_a_stop_ends_reading(plug_in: None, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(reader, "LISTEN_S", 0.01)
    stop = Event()
    with FileReader(stop=stop) as mine:
        path = deed(tmp_path, "wait")
        mine.find(path)
        Timer(0.05, stop.set).start()
        with pytest.raises(RetryLater, match="collecting stops"):
            mine.read(path, "hostile", OPTIONS)
        assert mine.pid is None


def test_an_interrupt_ends_the_child_and_takes_its_files(plug_in: None, tmp_path: Path) -> None:
    def interrupted(_done: int) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "t.csv"
    path.write_text("item,annotator,label\n" + "1,a,x\n" * 3_000)
    with FileReader() as mine:
        pid = _pid(mine, path)
        with pytest.raises(KeyboardInterrupt):
            mine.read(path, "csv", OPTIONS, interrupted)
        assert mine.pid is None
        folder = mine._folder
        assert folder is not None
        assert [one.name for one in folder.iterdir()] == []
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def _pid(mine: FileReader, path: Path) -> int:
    mine.find(path)
    assert mine.pid is not None
    return mine.pid


def test_one_child_reads_many_files_and_is_replaced_when_it_died(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE)
    with FileReader() as mine:
        first = _pid(mine, path)
        for _ in range(3):
            with mine.read(path, "csv", OPTIONS) as stage:
                assert [one.item for one in _annotations(stage)] == ["1", "2"]
        assert mine.pid == first
        os.kill(first, signal.SIGKILL)
        with pytest.raises(FileRefused, match="was killed from outside"):
            mine.find(path)
        assert _pid(mine, path) != first


def _annotations(stage: Stage) -> list[Any]:
    return [one for batch in stage.batches(10) for one in batch.annotations]


def test_a_plug_in_may_print_and_knows_no_secret(
    own: FileReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIO_DB_URL", "postgresql://u:geheim@h/d")
    own.close()
    path = deed(tmp_path, "chatter")
    assert own.find(path).name == "hostile"
    with own.read(path, "hostile", OPTIONS) as stage:
        first, second = _annotations(stage)
    assert (first.native_id, second.native_id) == ("1", "2")
    cpu, _, known = first.answers[0][1].partition(" ")
    assert 600 <= int(cpu) < 700
    assert "STUDIO_DB_URL" not in known
    assert "PATH" in known


def test_errors_of_a_format_keep_their_kind(own: FileReader, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("unit,who,what\n1,a,x\n")
    with pytest.raises(UsageError, match=r"t\.csv has no column 'item'"):
        own.read(path, "csv", OPTIONS)
    path.write_text("")
    with pytest.raises(FileRefused, match="is empty"):
        own.find(path)
    with pytest.raises(UsageError, match="--format 'word' is not known"):
        own.find(path, "word")


@pytest.mark.parametrize(
    "answer",
    [
        {"done": {"good": 1}},
        {"done": {"good": [1], "controls": 3}},
        {"done": 7},
        {"error": ["SystemExit", "no"]},
        {"error": 7},
        {"at": "far"},
        ["done"],
        "nonsense",
    ],
    ids=str,
)
def test_an_answer_that_is_none_refuses_the_file(
    own: FileReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE)
    monkeypatch.setattr(reader, "loads", lambda _: answer)
    with pytest.raises(FileRefused, match=r"t\.csv was not loaded: .* answered with nonsense"):
        own.read(path, "csv", OPTIONS)


def test_a_stage_that_is_a_link_is_not_followed(own: FileReader, tmp_path: Path) -> None:
    there = tmp_path / "secret"
    there.write_text("[]")
    link = tmp_path / "stage"
    link.symlink_to(there)
    with pytest.raises(OSError, match="symbolic"):
        reader._opened(link)


def test_a_first_look_is_taken_in_the_child(own: FileReader, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE + ",a,x\n")
    seen = own.look(path, "csv", ImportOptions("Votes"))
    found = seen.project
    assert (found.title, found.items, found.annotations, seen.bad) == ("Votes", 2, 2, 1)
    assert found.controls == ("label",)


def test_what_a_file_holds_comes_over_whole(own: FileReader, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "item,annotator,label,submitted_at\n" + "1,a,x,2024-03-04T09:00Z\n" * 20 + ",,,\n,b,,\n"
    )
    options = ImportOptions("P", labels=("y",), scale="ordinal")
    with own.read(path, "csv", options) as stage:
        there = stage.summary
    with Stage(options.labels) as mine:
        from collectors.tabular import Csv

        here = mine.fill(Csv().read(path, options))
    assert there == here
    assert wire.to_summary(wire.from_summary(here)) == here
    assert (list(here.strange), here.constant, here.bad) == (["x"], ("submitted_at",), 1)


def test_limits_come_from_the_environment() -> None:
    assert Limits.of({}) == Limits()
    given = {"LABELPULSE_PARSE_MEMORY_MB": "1024", "LABELPULSE_PARSE_SECONDS": "9"}
    assert Limits.of(given) == Limits(memory_mb=1024, seconds=9)
    assert Limits.of(given).seconds_for(100 * MB) == 209
    for text in ("much", "-1", "5", "1.5"):
        with pytest.raises(ConfigError, match="LABELPULSE_PARSE_MEMORY_MB must be a whole"):
            Limits.of({"LABELPULSE_PARSE_MEMORY_MB": text})


def test_memory_that_a_system_does_not_limit_is_watched(
    plug_in: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on macOS, where RLIMIT_DATA bounds nothing: an own process is started without it."""
    (tmp_path / "sitecustomize.py").write_text(
        "import resource\n"
        "real = resource.setrlimit\n"
        "data = resource.RLIMIT_DATA\n"
        "resource.setrlimit = lambda what, n: None if what == data else real(what, n)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with FileReader(Limits(memory_mb=192)) as mine:
        assert "needed more than 192 MB" in refusal(mine, deed(tmp_path, "eat"))


def test_a_worker_tells_of_places_without_values() -> None:
    with pytest.raises(ValueError, match="geheim") as caught:
        int("geheim")
    told = worker._where(caught.value)
    assert told.startswith("ValueError in test_reader.py line ")
    assert "geheim" not in told
