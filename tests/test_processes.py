"""Signals and children."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labelpulse.processes import stop_signals

PARENT = """
import sys, time
from labelpulse.processes import Children
with Children() as children:
    children.start("child", [sys.executable, "-c", sys.argv[1]])
    time.sleep(60)
"""

CHILD = """
import os, sys, time
from labelpulse.processes import end_with_parent
end_with_parent()
os.write(1, b"%d" % os.getpid())
time.sleep(60)
"""


@pytest.mark.timeout(30)
def test_a_signal_that_comes_while_the_event_is_locked_does_not_wait_for_itself() -> None:
    """As it is, for a moment, each time that somebody begins to wait for it."""
    with stop_signals() as stop:
        with stop._cond:  # type: ignore[attr-defined]
            os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(10)


@pytest.mark.timeout(60)
def test_children_end_when_their_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(os.read(parent.stdout.fileno(), 20))
    parent.kill()
    parent.wait()
    assert ends(child, 20)


def ends(pid: int, seconds: float) -> bool:
    """Whether a process is gone, or a zombie, in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            status = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        if status == "Z":
            return True
        time.sleep(0.1)
    return False
