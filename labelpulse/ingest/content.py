"""What a file, or a folder that is one data set, holds: whether it changed, and its digest."""

import re
from hashlib import file_digest, sha256
from pathlib import Path

from labelpulse.core.errors import FileRefused
from labelpulse.ingest.lines import read_head

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

State = tuple[tuple[str, int, int], ...]
"""Name, size and time of change of every file."""


def one_line(name: str) -> str:
    """Return a name for a message: what would break the line, or is no sign, is a mark."""
    return _CONTROL.sub("?", name)


def state_of(path: Path) -> State:
    """Return the state of a file, which may be a link, or of all files of a folder.

    Raises:
        FileRefused: it is not there, no plain file or folder, cannot be read, or has a name that
            no message can hold.
    """
    if one_line(path.name) != path.name:
        raise FileRefused(
            f"{one_line(path.name)}: its name has a line break or a sign that is none: rename it"
        )
    if not path.is_dir():
        read_head(path)
    try:
        found = [(_below(path, one), one.stat()) for one in _parts(path)]
    except OSError as error:
        raise _unreadable(path, error) from None
    return tuple((name, state.st_size, state.st_mtime_ns) for name, state in found)


def content_hash(path: Path) -> str:
    """Return a digest of a file, or of all names and files of a folder.

    Raises:
        FileRefused: it cannot be read.
    """
    whole = sha256()
    try:
        for part in _parts(path):
            with part.open("rb") as file:
                found = file_digest(file, "sha256").hexdigest()
            if not path.is_dir():
                return found
            whole.update(f"{_below(path, part)}\0{found}\0".encode(errors="surrogateescape"))
    except OSError as error:
        raise _unreadable(path, error) from None
    return whole.hexdigest()


def _parts(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(one for one in path.rglob("*") if one.is_file() and not one.is_symlink())


def _below(path: Path, part: Path) -> str:
    return str(part.relative_to(path)) if part != path else path.name


def _unreadable(path: Path, error: OSError) -> FileRefused:
    return FileRefused(f"{path.name} cannot be read ({type(error).__name__})")
