"""Child processes that start together and end together, stopped by their own process ids."""

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
"""The variable that holds the process id of the process that started this one."""

CHECK_S = 0.5
"""How often a child checks that its parent lives."""

STOP_S = 28.0
"""How long a child may take to end before it is killed: a poll may finish its page."""


@contextmanager
def stop_signals() -> Iterator[Event]:
    """Yield an event that Ctrl-C, SIGTERM and SIGHUP set; the old handlers come back after."""
    stop = Event()

    def heard(_number: int, _frame: FrameType | None) -> None:
        # By a thread: whoever is interrupted here may hold the event's lock, and would wait for it
        # for ever.
        Thread(target=stop.set, daemon=True).start()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, heard) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_with_parent() -> None:
    """Ask this process to end, by SIGTERM, as soon as the process that started it is gone.

    A parent that is killed cannot stop its children itself. Nothing happens in a process that
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
    """Children by name; leaving the ``with`` block stops them all and leaves none behind."""

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
        """Start a child in a session of its own: Ctrl-C reaches only us, and we stop it in order.

        Args:
            env: its environment; None = ours.
            log: where its output goes; None = our standard error.
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

    def must_live(self) -> None:
        """Raise when a child has ended by itself.

        Raises:
            LabelpulseError: names it, its exit code, its log and the last line there.
        """
        for name, child in self._children.items():
            if child.poll() is not None:
                raise LabelpulseError(
                    f"the {name} ended (code {child.returncode}){self._last_words(name)}"
                )

    def _last_words(self, name: str) -> str:
        log = self._logs[name]
        if log is None:
            return "; its reason stands above"
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f"; see {log}: {lines[-1] if lines else 'it said nothing'}"

    def watch(self, stop: Event) -> None:
        """Wait until `stop` is set; LabelpulseError when a child ends before."""
        while not stop.wait(0.5):
            self.must_live()

    def stop(self) -> None:
        """Ask every child to end, and kill what does not within the time allowed."""
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        end = time.monotonic() + STOP_S
        for child in self._children.values():
            try:
                child.wait(max(end - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._children.clear()
