"""Running verbs as the console script does, in a folder of their own."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labelpulse.cli.main import main
from tests.support.label_studio import LabelStudio


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Verb = Callable[..., Done]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, in a zone that is nobody's default."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    return tmp_path


@pytest.fixture
def verb(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verb:
    """Run one command; errors end in sentences and exit codes, as they do outside."""

    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["labelpulse", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def studio(folder: Path) -> LabelStudio:
    """A small Label Studio: two people, ten tasks of which four have two answers."""
    tool = LabelStudio(f"sqlite:///{folder / 'studio.sqlite3'}")
    people = [tool.user("ana"), tool.user("bob")]
    project = tool.project("Ads")
    for n in range(10):
        task = tool.task(project)
        for who in people[: 2 if n < 4 else 1]:
            tool.annotate(task, who, at=tool.start + n * 1_000_000, ground_truth=n == 0)
    tool.close()
    return tool
