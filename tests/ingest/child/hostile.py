"""File formats that do what a broken or hostile file may make a reader do; a plug-in of tests."""

import ctypes
import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from labelpulse.core.events import AnnotationRecord, ProjectRecord
from labelpulse.source import FileRecord, ImportOptions


def wait() -> None:
    threading.Event().wait()


def burn() -> None:
    while True:
        pass


def eat() -> None:
    kept = []
    while True:
        kept.append(bytearray(2**22))


def crash() -> None:
    ctypes.string_at(0)


def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def be_slow() -> None:
    os.kill(os.getpid(), signal.SIGXCPU)


def fail() -> None:
    raise KeyError("Maria Musterfrau")


def write() -> None:
    with Path(os.environ["TMPDIR"], "big").open("wb") as file:
        file.writelines(bytes(2**20) for _ in range(64))


def chatter() -> None:
    print('{"done": {"good": 1}}', flush=True)  # noqa: T201 - that it prints is the point
    os.write(1, b"nonsense\n")


def nothing() -> None:
    """Be a format like any other."""


DEEDS = {
    "wait": wait,
    "burn": burn,
    "eat": eat,
    "crash": crash,
    "be-killed": be_killed,
    "be-slow": be_slow,
    "fail": fail,
    "write": write,
    "chatter": chatter,
    "nothing": nothing,
}


class Hostile:
    """Yields a record, does its deed, and yields another."""

    name = "hostile"

    def recognises(self, path: Path, head: bytes) -> bool:
        return path.suffix == ".hostile"

    def read(self, path: Path, options: ImportOptions) -> Iterator[FileRecord]:
        deed = path.read_text().strip()
        told = f"{resource.getrlimit(resource.RLIMIT_CPU)[0]} {sorted(os.environ)}"
        yield ProjectRecord(options.project, options.project)
        yield _one("1", told)
        DEEDS[deed]()
        yield _one("2", str(time.time()))


def _one(native_id: str, label: str) -> AnnotationRecord:
    return AnnotationRecord("P", "i", native_id, annotator="a", answers=(("c", label),))


ENTRY_POINT = "[labelpulse.formats]\nhostile = tests.ingest.child.hostile:Hostile\n"


def install(folder: Path) -> None:
    """Make a distribution that registers the format, in a folder of the path."""
    info = folder / "hostile-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hostile\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINT)
