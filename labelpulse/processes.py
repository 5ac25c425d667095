"""Start child processes and stop them together, by their process ids."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from types import FrameType, TracebackType
from typing import Self

from labelpulse.core.errors import LabelpulseError

PARENT = "LABELPULSE_PARENT"
"""The environment variable with the process id of the parent."""

CHECK_S = 0.5
"""Seconds between two checks of a child whether its parent still runs."""

STOP_S = 28.0
"""Seconds before a child that does not end is killed; a poll may finish its page."""


@contextmanager
def stop_signals() -> Iterator[Event]:
    """Yield an event that Ctrl-C, SIGTERM and SIGHUP set; restore the old handlers afterwards."""
    stop = Event()

    def set_stop(_number: int, _frame: FrameType | None) -> None:
        # In a thread, because the interrupted code may hold the event's lock: a deadlock otherwise.
        Thread(target=stop.set, daemon=True).start()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, set_stop) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_with_parent() -> None:
    """Send this process SIGTERM as soon as its parent has ended.

    A parent that is killed cannot stop its children itself. Does nothing in a process that
    `Children` did not start.
    """
    parent = os.environ.get(PARENT)
    if parent is None:
        return

    def watch() -> None:
        while str(os.getppid()) == parent:
            time.sleep(CHECK_S)
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=watch, daemon=True, name="end-with-parent").start()


class Children:
    """Named child processes; leaving the ``with`` block stops all of them."""

    def __init__(self) -> None:
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._logs: dict[str, Path | None] = {}

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop all children."""
        self.stop()

    def start(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        log: Path | None = None,
    ) -> None:
        """Start a child in its own session, so that Ctrl-C reaches only the parent.

        Args:
            env: its environment; None = the environment of this process.
            log: the file for its output; None = the output of this process.
        """
        out = None if log is None else log.open("wb")
        try:
            self._children[name] = subprocess.Popen(
                list(argv),
                env={**(os.environ if env is None else env), PARENT: str(os.getpid())},
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT if out else None,
                start_new_session=True,
            )
        finally:
            if out is not None:
                out.close()
        self._logs[name] = log

    def check_running(self) -> None:
        """Check that no child has ended by itself.

        Raises:
            LabelpulseError: names the child, its exit code, its log and the log's last line.
        """
        for name, child in self._children.items():
            if child.poll() is not None:
                raise LabelpulseError(
                    f"the {name} ended (code {child.returncode}){self._last_output(name)}"
                )

    def _last_output(self, name: str) -> str:
        log = self._logs[name]
        if log is None:
            return "; the reason is printed above"
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f"; see {log}: {lines[-1] if lines else 'it printed nothing'}"

    def watch(self, stop: Event) -> None:
        """Wait until `stop` is set; raise LabelpulseError when a child ends before."""
        while not stop.wait(CHECK_S):
            self.check_running()

    def stop(self) -> None:
        """Terminate all children; kill those that do not end within `STOP_S` seconds."""
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + STOP_S
        for child in self._children.values():
            try:
                child.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._children.clear()
