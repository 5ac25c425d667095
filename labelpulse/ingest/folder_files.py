"""What in a folder is to be read: its files, those of the folders in it, and what is none."""

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from labelpulse.core.errors import StopSource
from labelpulse.ingest.archives.members import is_passed_over
from labelpulse.ingest.content import one_line

DEEPEST = 8
_UNFINISHED = re.compile(r"(\.(part|partial|tmp|temp|crdownload|download|filepart|swp|done)|~)$")
_ODD = {
    stat.S_IFLNK: "is a symbolic link: put the file itself there",
    stat.S_IFIFO: "is a pipe and no file",
    stat.S_IFSOCK: "is a socket and no file",
    stat.S_IFCHR: "is a device and no file",
    stat.S_IFBLK: "is a device and no file",
}


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file of a folder.

    Attributes:
        name: below the folder, such as ``ads/monday.json``, fit for a message.
        group: the folder within the folder that it stands in; "" = directly in it.
        state: changes whenever the file does; changed_at: its time of change, seconds since 1970.
        odd: why it is not read; "" = it is.
    """

    path: Path
    name: str
    group: str
    state: str
    changed_at: float
    odd: str = ""


def files_below(folder: Path) -> list[FolderFile]:
    """Return what a folder holds, by name; hidden, unfinished and media files are left out.

    Links are never followed, so that nothing outside of the folder is read.

    Raises:
        StopSource: the folder is not there or cannot be listed.
    """
    try:
        if not folder.is_dir():
            raise StopSource(f"there is no folder {folder}: make it, mount it, or correct the path")
        return [_file(folder, one) for one in _walk(folder, 0)]
    except OSError as error:
        raise StopSource(
            f"the folder {folder} cannot be listed ({type(error).__name__}): allow this user to "
            "read it"
        ) from None


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or _UNFINISHED.search(path.name.lower()):
            continue
        if path.is_dir() and not path.is_symlink():
            if depth < DEEPEST:
                yield from _walk(path, depth + 1)
        elif not is_passed_over(PurePosixPath(path.name)):
            yield path


def _file(folder: Path, path: Path) -> FolderFile:
    below, found = path.relative_to(folder), path.lstat()
    name, odd = one_line(str(below)), _ODD.get(stat.S_IFMT(found.st_mode), "")
    if name != str(below):
        odd = "has a line break or a sign that is none in its name: rename it"
    return FolderFile(
        path=path,
        name=name,
        group=one_line(below.parts[0]) if len(below.parts) > 1 else "",
        state=f"{found.st_size} {found.st_mtime_ns} {found.st_ino}",
        changed_at=found.st_mtime,
        odd=odd,
    )
