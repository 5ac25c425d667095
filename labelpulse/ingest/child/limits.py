"""How much memory, time and disk a file may take to be read; each has its variable."""

import os
import resource
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from labelpulse.core.errors import ConfigError

MB = 2**20
PROGRAM_MB = 64
"""What Python and its libraries take besides what is read; it is part of the memory allowed."""
SECONDS_PER_MB = 2
WALL = 4
"""A slow disk or a busy machine may take so many times the processor time allowed."""
OPEN_FILES = 256
OUT_OF_MEMORY = 70
"""Exit code of a child that was above its memory."""

_OF_RESIDENT = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may take.

    Attributes:
        memory_mb: of the reading process, all told.
        seconds: of processor time, with two more for every MB of the file.
        disk_mb: of one file that it writes, and of all that it unpacks.
    """

    memory_mb: int = 512
    seconds: int = 600
    disk_mb: int = 20_480

    @classmethod
    def of(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Return the limits that the environment sets, by LABELPULSE_PARSE_MEMORY_MB and so on."""
        usual = cls()
        return cls(
            memory_mb=_whole(environ, "MEMORY_MB", usual.memory_mb, least=2 * PROGRAM_MB),
            seconds=_whole(environ, "SECONDS", usual.seconds),
            disk_mb=_whole(environ, "DISK_MB", usual.disk_mb),
        )

    def seconds_for(self, size: int) -> int:
        """Return the processor time that a file of `size` bytes may take."""
        return self.seconds + SECONDS_PER_MB * size // MB


def _whole(environ: Mapping[str, str], name: str, usual: int, *, least: int = 1) -> int:
    variable = f"LABELPULSE_PARSE_{name}"
    text = environ.get(variable) or str(usual)
    if not text.isdecimal() or int(text) < least:
        raise ConfigError(f"environment variable {variable} must be a whole number from {least} on")
    return int(text)


# --- in the child ---


def confine(limits: Limits) -> None:
    """Hold this process to its limits; none of these can be raised again."""
    lower = {
        resource.RLIMIT_DATA: (limits.memory_mb - PROGRAM_MB) * MB,
        resource.RLIMIT_FSIZE: limits.disk_mb * MB,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in lower.items():
        hard = resource.getrlimit(what)[1]
        held = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(OSError, ValueError):  # a system that does not know one has the others
            resource.setrlimit(what, (held, held))
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def allow_seconds(seconds: int) -> None:
    """Let this process use so much more processor time before it is ended."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + 1 + seconds
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (most, hard))


def resident_mb() -> float:
    """Return the memory that this process holds now (at its highest, where only that is told)."""
    if _OF_RESIDENT.exists():
        pages = int(_OF_RESIDENT.read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize() / MB
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (MB if sys.platform == "darwin" else 1024)
