"""Starting a child of the fault tests, and talking to it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Child:
    """A running child and its lines."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.child", *words],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def hears(self) -> str:
        """Return the next line; fail with what the child complained of where there is none."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line, self.complaint()
        return line

    def complaint(self) -> str:
        """Return the end of what the child wrote to standard error; it is dead afterwards."""
        self.process.kill()
        return self.process.communicate()[1][-3000:]

    def say(self, word: str = "") -> None:
        """Write a line to the child."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def end(self) -> None:
        """Kill the child, stopped or not, and let go of its pipes."""
        self.complaint()


@contextmanager
def child(*words: str) -> Iterator[Child]:
    """Run a child; it is dead afterwards."""
    started = Child(*words)
    try:
        yield started
    finally:
        started.end()
