"""The parent's side: one child for many files, started when the first is read."""

import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from json import loads
from pathlib import Path
from stat import S_ISREG
from threading import Event
from typing import Any, Self

from labelpulse.core.errors import FileRefused, LabelpulseError, RetryLater
from labelpulse.ingest.child import wire
from labelpulse.ingest.child.limits import OUT_OF_MEMORY, WALL, Limits
from labelpulse.ingest.stage import Stage
from labelpulse.source import ImportOptions, InspectedProject

LONGEST_ANSWER = 64 * 2**20
BLOCK = 65_536
LISTEN_S = 0.5

_ODD_ANSWER = "answered with nonsense"
_NONSENSE = (AttributeError, KeyError, OSError, TypeError, ValueError)
_PASSED_ON = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "SYSTEMROOT")
# One thread, and memory that is counted as it is used rather than put by.
_CALM = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}

Said = dict[str, Any]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Form:
    """The format of a file.

    Attributes:
        folder: it is one of whole folders. why: by what the file was known; "" = it does not say.
        reads_name: the file's name says something, too.
    """

    name: str
    folder: bool = False
    why: str = ""
    reads_name: bool = False

    def __str__(self) -> str:
        return self.name + (f": {self.why}" if self.why else "")


@dataclass(frozen=True, slots=True)
class Glance:
    """What a first look at a file found: its project, bad records, and what its format remarks."""

    project: InspectedProject
    bad: int
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """What came out of an archive: its name there, and where it stands now."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Opened:
    """An unpacked archive; see `labelpulse.ingest.archives.Unpacked`."""

    root: Member
    files: tuple[Member, ...]
    odd: str


def _unheard(_done: int) -> None:
    """Show no progress."""


class FileReader:
    """Reads files in a child process; one that dies is replaced for the next file.

    Args:
        limits: None = as the environment says.
        stop: once it is set, reading ends with RetryLater.
    """

    def __init__(self, limits: Limits | None = None, stop: Event | None = None) -> None:
        self.limits = limits or Limits.of()
        self._stop = stop or Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._made = 0

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the child, whatever it is doing."""
        self.close()

    @property
    def pid(self) -> int | None:
        """The child's process id, while there is one."""
        return None if self._child is None else self._child.pid

    def find(self, path: Path, name: str | None = None, mapped: Collection[str] = ()) -> Form:
        """Return the format of a file; see `labelpulse.ingest.formats.find_format`."""
        job = {"do": "find", "path": str(path), "format": name, "mapped": list(mapped)}
        said = self._ask(path, job)
        how = bool(said["folder"]), str(said["why"]), bool(said["named"])
        return Form(str(said["name"]), *how)

    def read(
        self, path: Path, form: str, options: ImportOptions, progress: Progress = _unheard
    ) -> Stage:
        """Return everything that a file holds, on disk, to be closed after use.

        Raises:
            FileRefused: it is no such file, or its reader crashed or went beyond a limit.
            UsageError: the options do not fit the file.
            RetryLater: reading was to stop.
        """
        stage = self._place("stage")
        job = {"do": "read", "path": str(path), "format": form, "stage": str(stage)}
        try:
            said = self._ask(path, {**job, "options": asdict(options)}, progress)
            return self._staged(path, said, stage)
        finally:
            stage.unlink(missing_ok=True)

    def _staged(self, path: Path, said: Any, stage: Path) -> Stage:
        try:
            summary = wire.to_summary(said)
            return Stage(file=_opened(stage), summary=summary)
        except _NONSENSE:
            raise self._lost(path, _ODD_ANSWER) from None

    def look(self, path: Path, form: str, options: ImportOptions) -> "Glance":
        """Return what a file holds at a first look; as `read` otherwise."""
        job = {"do": "look", "path": str(path), "format": form, "options": asdict(options)}
        said = self._ask(path, job)
        try:
            remarks = tuple(map(str, said["remarks"]))
            return Glance(wire.to_found(said["found"]), int(said["bad"]), remarks)
        except _NONSENSE:
            raise self._lost(path, _ODD_ANSWER) from None

    @contextmanager
    def unpacked(self, path: Path) -> Iterator[Opened]:
        """Yield what came out of an archive, gone after the ``with`` block."""
        to = self._place("unpacked")
        try:
            said = self._ask(path, {"do": "unpack", "path": str(path), "to": str(to)})
            files = tuple(Member(str(name), to / str(place)) for name, place in said["files"])
            name, place = said["root"]
            yield Opened(Member(str(name), to / str(place)), files, str(said["odd"]))
        finally:
            shutil.rmtree(to, ignore_errors=True)

    def close(self) -> None:
        """End the child and remove what it wrote."""
        self._end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    # --- the child ---

    def _place(self, what: str) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="labelpulse-"))
        self._made += 1
        return self._folder / f"{self._made}.{what}"

    def _start(self) -> "subprocess.Popen[bytes]":
        if self._child is None:
            folder = self._place("child").parent
            limits = [str(self.limits.memory_mb), str(self.limits.disk_mb)]
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-m", "labelpulse.ingest.child.worker", folder, *limits],
                env=_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is ours, and we end it
            )
        return self._child

    def _end(self) -> int:
        """Kill the child, if there is one; return its exit code."""
        if self._child is None:
            return 0
        self._child.kill()
        code = self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._child = None
        return code

    def _ask(self, path: Path, job: Said, progress: Progress = _unheard) -> Any:
        """Return the child's answer to a job; whatever interrupts it ends the child."""
        seconds = self.limits.seconds_for(_size(path))
        child = self._start()
        try:
            with suppress(BrokenPipeError):  # it is dead, which is told below
                assert child.stdin is not None  # noqa: S101 - for the type checker
                child.stdin.write(wire.line({**job, "seconds": seconds}))
                child.stdin.flush()
            return self._listen(path, child, seconds, progress)
        except LabelpulseError:
            raise
        except BaseException:
            self._end()
            raise

    def _listen(
        self, path: Path, child: "subprocess.Popen[bytes]", seconds: int, progress: Progress
    ) -> Any:
        assert child.stdout is not None  # noqa: S101 - for the type checker
        out, text, end = child.stdout.fileno(), b"", time.monotonic() + WALL * seconds
        with selectors.DefaultSelector() as ready:
            ready.register(out, selectors.EVENT_READ)
            while True:
                self._check(path, end)
                if not ready.select(LISTEN_S):
                    continue
                block = os.read(out, BLOCK)
                if not block:
                    raise self._died(path, child, seconds)
                *whole, text = (text + block).split(b"\n")
                for one in whole:
                    said = self._said(path, one)
                    if "at" not in said:
                        return self._answer(path, said)
                    progress(said["at"])
                if len(text) > LONGEST_ANSWER:
                    raise self._lost(path, _ODD_ANSWER)

    def _said(self, path: Path, line: bytes) -> Said:
        try:
            said = loads(line)
        except ValueError:
            said = None
        if not isinstance(said, dict) or not isinstance(said.get("at", 0), int):
            raise self._lost(path, _ODD_ANSWER)
        return said

    def _check(self, path: Path, end: float) -> None:
        if self._stop.is_set():
            self._end()
            raise RetryLater(f"{path.name} was not read to its end, since collecting stops")
        if time.monotonic() > end:
            raise self._lost(path, "took too long; LABELPULSE_PARSE_SECONDS allows more")

    def _answer(self, path: Path, said: Said) -> Any:
        if "done" in said:
            return said["done"]
        if "error" in said:
            try:
                raise wire.to_error(said["error"])
            except _NONSENSE:
                raise self._lost(path, _ODD_ANSWER) from None
        if "out_of" in said:
            raise self._lost(path, self._scarce(str(said["out_of"])))
        raise self._lost(path, f"met a defect ({said.get('broken')}), please report it")

    def _scarce(self, what: str) -> str:
        if what == "memory":
            return (
                f"needed more than {self.limits.memory_mb} MB of memory; "
                "LABELPULSE_PARSE_MEMORY_MB allows more"
            )
        return (
            f"had no room to write: free space in {tempfile.gettempdir()}, name another folder by "
            f"TMPDIR, or allow more than {self.limits.disk_mb} MB by LABELPULSE_PARSE_DISK_MB"
        )

    def _died(self, path: Path, child: "subprocess.Popen[bytes]", seconds: int) -> LabelpulseError:
        code = child.wait()
        if code == OUT_OF_MEMORY:
            why = self._scarce("memory")
        elif code == -signal.SIGXCPU:
            why = (
                f"took more than {seconds} s of processor time; LABELPULSE_PARSE_SECONDS allows "
                "more"
            )
        elif code == -signal.SIGKILL:
            why = "was killed from outside, most likely since the machine ran out of memory"
        else:
            why = f"crashed ({_signal(code)})"
        return self._lost(path, why)

    def _lost(self, path: Path, why: str) -> LabelpulseError:
        """End the child, and return the error that tells why its file is refused."""
        self._end()
        return FileRefused(f"{path.name} was not loaded: the process that read it {why}")


def _signal(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"code {code}"


def _environment() -> dict[str, str]:
    """What a child may know: where its code is and how the machine is set up, but no secret."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED_ON or name.startswith("LC_")
    }
    path = os.pathsep.join(one or str(Path.cwd()) for one in sys.path)
    return {**kept, **_CALM, "PYTHONPATH": path}


def _opened(path: Path) -> Any:
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")
    if not S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise ValueError("no regular file")
    return file


def _size(path: Path) -> int:
    """Return the bytes of a file, or of all in a folder."""
    try:
        if not path.is_dir():
            return path.stat().st_size
        return sum(one.lstat().st_size for one in path.rglob("*"))
    except OSError:
        return 0
