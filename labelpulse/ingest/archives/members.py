"""What an archive says of its members, and which of it is believed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Protocol

from labelpulse.core.errors import FileRefused

LONGEST_NAME, DEEPEST, LONGEST_PATH = 255, 32, 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DRIVE = re.compile(r"[A-Za-z]:")
_NO_EXPORT = re.compile(r"(readme|licen[cs]e|changelog|notes?)\b", re.IGNORECASE)
_MEDIA = re.compile(
    r"\.(jpe?g|png|gif|webp|bmp|tiff?|heic|dcm|mp4|mov|avi|mkv|webm|mp3|wav|flac|ogg|m4a|pdf)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A member as its archive lists it.

    Attributes:
        odd: what it is, where that is no file: a link, a device, …; "" = a file.
        locked: it is encrypted.
    """

    name: str
    odd: str = ""
    locked: bool = False


class Archive(Protocol):
    """An open archive."""

    def entries(self) -> Iterator[tuple[Entry, IO[bytes] | None]]:
        """Yield every member that is no folder, and where to read it; None = it cannot be."""


def printable_name(name: str) -> str:
    r"""Return a member's name for a message: one line, cut, without signs that act.

    >>> printable_name("a\nb.csv")
    'a?b.csv'
    """
    shown = _CONTROL.sub("?", name)
    return shown if len(shown) <= 120 else f"{shown[:60]}…{shown[-50:]}"


def checked(archive: str, entry: Entry) -> PurePosixPath:
    """Return a member's name as a path that leads nowhere but below where it is unpacked.

    Raises:
        FileRefused: the name leads elsewhere or is none, or the member is no plain file.
    """
    name, why = entry.name.removeprefix("./"), ""
    parts = name.split("/")
    if entry.odd:
        why = f"is {entry.odd}"
    elif entry.locked:
        why = "is encrypted: save the archive without a password"
    elif _CONTROL.search(name):
        why = "has a line break or another control sign in its name"
    elif name.startswith("/") or _DRIVE.match(name) or "\\" in name:
        why = "has a name that begins at the root of a disk"
    elif any(part in ("", ".", "..") for part in parts):
        why = "has a name that leads out of the archive"
    elif (
        len(parts) > DEEPEST
        or len(name.encode()) > LONGEST_PATH
        or any(len(part.encode()) > LONGEST_NAME for part in parts)
    ):
        why = "has a name that is too long"
    if why:
        raise FileRefused(
            f"{archive}: its member {printable_name(name)!r} {why}: nothing of it was loaded"
        )
    return PurePosixPath(name)


def is_passed_over(path: PurePosixPath) -> bool:
    """True for what lies in archives and is no export: pictures, sounds, notes, hidden files."""
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return hidden or is_media(path) or _NO_EXPORT.match(path.name) is not None


def is_media(path: PurePosixPath) -> bool:
    """True for pictures, sounds and films, by their ending."""
    return _MEDIA.search(path.name) is not None
