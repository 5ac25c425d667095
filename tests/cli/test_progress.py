"""How far long work got, on a terminal."""

from io import StringIO
from types import SimpleNamespace

import pytest

from labelpulse.cli import progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_of_many_files_the_one_under_way_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=screen))
    monkeypatch.setattr("sys.stderr", screen)
    with progress.scan_progress() as told:
        told("reading a.csv", 10, 0)
        told("reading b.csv", 0, 0)
        told("loading b.csv", 3, 9)
        screen.truncate(screen.seek(0))
    assert "loading b.csv" in screen.getvalue()
    assert "a.csv" not in screen.getvalue()
