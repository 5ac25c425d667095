"""How far long work got, on a terminal."""

from io import StringIO
from types import SimpleNamespace

import pytest

from labelpulse.cli import output


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_of_many_files_the_one_under_way_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(output, "sys", SimpleNamespace(stderr=screen))
    monkeypatch.setattr("sys.stderr", screen)
    with output.scan_progress() as show:
        show("reading a.csv", 10, 0)
        show("reading b.csv", 0, 0)
        show("loading b.csv", 3, 9)
        screen.truncate(screen.seek(0))
    assert "loading b.csv" in screen.getvalue()
    assert "a.csv" not in screen.getvalue()


def test_elsewhere_lines_are_of_what_takes_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = 0.0
    monkeypatch.setattr(output, "time", SimpleNamespace(monotonic=lambda: seconds))
    with output.scan_progress() as show:
        seconds = 7.0  # waiting for files to settle
        show("loading a.csv", 9, 9)
        show("loading b.csv", 1000, 9000)
        seconds = 13.0
        show("loading b.csv", 2000, 9000)
    assert capsys.readouterr().err == "loading b.csv: 2,000 of 9,000\n"
