"""What in a folder is to be read: its files, those of the folders in it, and what is none."""

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from labelpulse.core.errors import StopSource
from labelpulse.ingest.archives.members import is_passed_over
from labelpulse.ingest.content import one_line, state_of
from labelpulse.ingest.formats import holds_folder
from labelpulse.ingest.plugins import file_format

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


def title_of(path: Path) -> str:
    """Return the title of a file's project, where it is named after it.

    >>> title_of(Path("ads/march.1.csv.gz"))
    'march.1'
    """
    name = path.name
    for ending in (".gz", ".tgz", ".tar"):
        if len(name) > len(ending) and name.lower().endswith(ending):
            name = name[: -len(ending)]
    return Path(name).stem


def folders_of(folder: Path, form: str | None) -> list[FolderFile]:
    """Return the folders that are data sets of a format of folders: this one, or those in it.

    [] where the format is one of files, or none is named.
    """
    known = file_format(form) if form is not None else None
    if known is None or not holds_folder(known) or not folder.is_dir():
        return []
    inner = [one for one in sorted(folder.iterdir()) if one.is_dir() and not one.is_symlink()]
    alone = known.recognises(folder, b"")
    return [_data_set(one) for one in ([folder] if alone else inner)]


def _data_set(folder: Path) -> FolderFile:
    parts = state_of(folder)
    newest = max((changed for _, _, changed in parts), default=0) / 1e9
    digest = sha256(repr(parts).encode(errors="surrogateescape")).hexdigest()
    name = one_line(folder.name)
    return FolderFile(folder, name, name, digest, newest)


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
