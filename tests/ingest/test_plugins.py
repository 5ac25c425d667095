"""Plug-ins: a broken one is named and takes nothing else down."""

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from labelpulse.config import load_settings
from labelpulse.core.errors import ConfigError, LabelpulseError, RetryLater
from labelpulse.ingest import plugins
from labelpulse.ingest.collect import Collector
from labelpulse.ingest.formats import find_format
from labelpulse.ingest.targets import look_at
from labelpulse.source import LiveSource
from tests.ingest.importing import make
from tests.support.label_studio import LabelStudio

BROKEN = [
    EntryPoint("gone-db", "no_such_package:Tool", plugins.COLLECTORS),
    EntryPoint("wrong-db", "labelpulse.core.days:NoSuchName", plugins.COLLECTORS),
    EntryPoint("gone", "no_such_package:File", plugins.FORMATS),
    EntryPoint("csv", "no_such_package:File", plugins.FORMATS),
    EntryPoint("unmade", f"{__name__}:Unmade", plugins.FORMATS),
]


class Falls:
    """A source whose making or reading is defective."""

    @classmethod
    def from_access(cls, access: object) -> "Falls":
        return cls()

    def open(self) -> None:
        raise ZeroDivisionError

    def close(self) -> None:
        pass


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def points(group: str) -> list[EntryPoint]:
        return [point for point in BROKEN if point.group == group]

    monkeypatch.setattr(plugins, "entry_points", points)


def test_every_broken_plugin_is_named_with_what_to_do(broken: None) -> None:
    found = {one.name: one.why for one in plugins.broken_plugins()}
    assert set(found) == {"gone-db", "wrong-db", "gone", "csv", "unmade"}
    assert "ModuleNotFoundError" in found["gone-db"]
    assert "AttributeError" in found["wrong-db"]
    assert "rename" in found["csv"]
    assert all("install" in found[name] for name in ("gone-db", "wrong-db", "gone", "unmade"))
    assert "'unmade' of tests cannot be made (ZeroDivisionError)" in found["unmade"]
    with pytest.raises(ConfigError, match="'unmade' of tests cannot be made"):
        plugins.file_format("unmade")


def test_files_are_read_beside_a_broken_plugin(broken: None, tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("item,annotator,label\n1,ana,cat\n")
    assert find_format(path).name == "csv"
    with pytest.raises(ConfigError, match="'gone' of"):
        plugins.file_format("gone")


class Unmade:
    """A format that cannot be made."""

    def __init__(self) -> None:
        raise ZeroDivisionError

    recognises = read = staticmethod(lambda *_: None)


class Unmakeable:
    """A collector that cannot be made."""

    @classmethod
    def from_access(cls, access: object) -> None:
        raise ZeroDivisionError


class Hollow:
    """A class that offers nothing of what a plug-in must."""


def only(monkeypatch: pytest.MonkeyPatch, *points: EntryPoint) -> None:
    monkeypatch.setattr(
        plugins, "entry_points", lambda group: [one for one in points if one.group == group]
    )


def test_a_plugin_that_ends_the_process_or_lacks_its_methods_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_script.py").write_text("raise SystemExit('bye')\n")
    monkeypatch.syspath_prepend(tmp_path)
    only(
        monkeypatch,
        EntryPoint("script", "a_script:File", plugins.FORMATS),
        EntryPoint("hollow", f"{__name__}:Hollow", plugins.FORMATS),
        EntryPoint("hollow-db", f"{__name__}:Hollow", plugins.COLLECTORS),
    )
    found = {one.name: one.why for one in plugins.broken_plugins()}
    assert "cannot be loaded (SystemExit)" in found["script"]
    assert "has no recognises and no read" in found["hollow"]
    assert "has no from_access" in found["hollow-db"]
    assert "csv" in plugins.formats()


def test_what_cannot_be_made_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(
        monkeypatch,
        EntryPoint("odd", f"{__name__}:Unmade", plugins.FORMATS),
        EntryPoint("odd-db", f"{__name__}:Unmakeable", plugins.COLLECTORS),
    )
    with pytest.raises(ConfigError, match=r"'odd' of tests cannot be made \(ZeroDivisionError"):
        plugins.file_format("odd")
    file = tmp_path / "labelpulse.toml"
    file.write_text('[[sources]]\nname = "a"\ntype = "odd-db"\n')
    settings = load_settings(file, environ={})
    with pytest.raises(ConfigError, match=r"source 'a' cannot be made \(ZeroDivisionError"):
        plugins.live_source(settings, settings.sources[0])


class Stumbles:
    """A collector and a format that fall over whatever they are shown."""

    name = "stumbles"

    @staticmethod
    def detects(target: str) -> bool:
        raise ZeroDivisionError

    def recognises(self, path: Path, head: bytes) -> bool:
        raise ZeroDivisionError


@pytest.mark.parametrize("kind", ["no_such_package:Gone", f"{__name__}:Unmade", "Stumbles"])
def test_init_finds_what_it_knows_beside_a_defective_plugin(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = kind if ":" in kind else f"{__name__}:{kind}"
    points = [EntryPoint("odd", target, group) for group in (plugins.COLLECTORS, plugins.FORMATS)]
    monkeypatch.setattr(
        plugins, "entry_points", lambda group: [one for one in points if one.group == group]
    )
    path = tmp_path / "votes.csv"
    path.write_text("item,annotator,label\n1,ana,cat\n")
    found = look_at(str(path))
    assert found.files == (path,)
    assert found.found.projects[0].annotations == 1
    assert find_format(path).name == "csv"


def test_a_defective_collector_does_not_end_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Falls, "__module__", __name__)
    point = EntryPoint("falls-db", f"{__name__}:Falls", plugins.COLLECTORS)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [point] * (group == point.group))
    tool = LabelStudio(f"sqlite:///{tmp_path / 'studio.sqlite3'}")
    tool.annotate(tool.task(tool.project("Ads")), tool.user("ana"))
    tool.close()
    file = tmp_path / "labelpulse.toml"
    file.write_text(
        '[[sources]]\nname = "a"\ntype = "falls-db"\n'
        '[[sources]]\nname = "b"\ntype = "gone-db"\n'
        f'[[sources]]\nname = "c"\ntype = "label-studio-db"\nurl = "{tool.url}"\n'
    )
    warehouse = make(f"sqlite:///{tmp_path / 'w.db'}")
    turns = Collector(warehouse, load_settings(file, environ={})).once()
    errors: list[LabelpulseError | None] = [turn.error for turn in turns]
    assert isinstance(errors[0], RetryLater)
    assert "ZeroDivisionError" in str(errors[0])
    assert isinstance(errors[1], ConfigError)
    assert errors[2] is None
    assert turns[2].result is not None
    assert turns[2].result.loaded == 1


def test_a_collector_keeps_what_it_learnt_between_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a source reads once a process is not read each turn; a secret that changed is used."""
    tool = LabelStudio(f"sqlite:///{tmp_path / 'studio.sqlite3'}")
    tool.annotate(tool.task(tool.project("Ads")), tool.user("ana"))
    tool.close()
    (tmp_path / "url").write_text(tool.url)
    file = tmp_path / "labelpulse.toml"
    file.write_text('[[sources]]\nname = "a"\ntype = "label-studio-db"\nurl_file = "url"\n')
    made: list[LiveSource] = []

    def live_source(*configured: Any) -> LiveSource:
        made.append(plugins.live_source(*configured))
        return made[-1]

    monkeypatch.setattr("labelpulse.ingest.collect.live_source", live_source)
    collector = Collector(make(f"sqlite:///{tmp_path / 'w.db'}"), load_settings(file, environ={}))
    for n in (1, 1):
        (turn,) = collector.once()
        assert turn.error is None
        assert len(made) == n
    (tmp_path / "url").write_text(f"{tool.url}?")
    assert collector.once()[0].error is None
    assert len(made) == 2
    monkeypatch.setattr(made[-1], "open", lambda: 1 / 0)
    assert "ZeroDivisionError" in str(collector.once()[0].error)
    assert collector.once()[0].error is None
    assert len(made) == 3
