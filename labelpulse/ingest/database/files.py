"""Whether anything was written to a SQLite database, told by its files without opening them."""

import os
import time
from pathlib import Path

QUIET_S = 3.0
"""Two writes within one tick of a file system's clock look like one; this is longer than any."""


def file_state(path: Path) -> str | None:
    """Return what changes with every write to a database: place, size and time of its files.

    None = nothing can be told: a file was written a moment ago, is missing, or is on Windows,
    where times follow later. No file is opened, since closing it would drop this process's locks.
    """
    if os.name == "nt":
        return None
    try:
        real = path.resolve()  # the journal stands beside the file that a link leads to
        found = [real.stat()]
    except OSError:
        return None
    try:
        found.append(Path(f"{real}-wal").stat())
    except FileNotFoundError:
        pass  # a rollback journal, or nobody has it open
    except OSError:
        return None
    if time.time() - max(one.st_mtime for one in found) < QUIET_S:
        return None
    return " ".join(f"{one.st_ino}.{one.st_size}.{one.st_mtime_ns}" for one in found)
