"""The demo as a user starts and stops it."""

import signal
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import Demo, free_port, start_demo, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_second_demo_is_told_about_the_first(demo: Demo) -> None:
    other = start_demo(demo.home, free_port())
    _, said = other.communicate(timeout=60)
    assert other.returncode == 1
    assert "a demo already runs in" in said


def test_a_port_in_use_is_said(demo: Demo, tmp_path: Path) -> None:
    port = urlsplit(demo.url).port
    assert port is not None
    other = start_demo(tmp_path / "home", port)
    _, said = other.communicate(timeout=60)
    assert other.returncode == 1
    assert f"port {port} is in use" in said


def test_ctrl_c_stops_everything(tmp_path: Path, chromium: str) -> None:
    process = start_demo(tmp_path / "home", free_port(), "--days", "21")
    one = Demo(process, "", tmp_path / "home")
    try:
        wait_for(process, "The dashboard is at")
        children = one.children()
        assert len(children) == 2
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        process.kill()
    assert [pid for pid in children if alive(pid)] == []


def alive(pid: int) -> bool:
    """True while a process of that id runs."""
    done = subprocess.run(["kill", "-0", str(pid)], capture_output=True, check=False)
    return done.returncode == 0
