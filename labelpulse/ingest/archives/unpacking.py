"""Unpacking gzip, ZIP and tar: what comes out is counted as it comes, and bounded.

Once is enough: members keep their folders, by names that were checked, so that an archive can be
read as the one data set that it is, or else file by file.
"""

import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from labelpulse.core.errors import FileRefused
from labelpulse.ingest.archives.members import (
    Archive,
    Entry,
    checked,
    is_media,
    is_passed_over,
    printable_name,
)

RATIO = 100
FREE = 2**20
"""Bytes that may come out of however few: small files are packed as tightly as they repeat."""
MOST_MEMBERS = 100_000
BLOCK = 256 * 1024
MEDIA_HEAD = 64 * 1024
"""Of a picture in a tree its size is wanted at most, which stands in its first bytes."""
TREE = "tree"

_GZIP, _ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")
_TAR_AT, _TAR, _TAR_END = 257, b"ustar", 1024
_HEAD = 512
_OFFICE = "[Content_Types].xml"
_DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, lzma.LZMAError),
    *(NotImplementedError, RuntimeError, UnicodeDecodeError),
)


def is_archive(head: bytes) -> bool:
    """Return True when the first bytes are those of a gzip, ZIP or tar file."""
    return head.startswith((_GZIP, *_ZIP)) or head[_TAR_AT:].startswith(_TAR)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came out of an archive, as (name in the archive, place below the folder).

    Attributes:
        root: the folder that the archive was made of.
        files: what of it may be an export.
        odd: why its files are not to be read one by one; "" = they are.
    """

    root: tuple[str, str]
    files: tuple[tuple[str, str], ...]
    odd: str = ""


def unpack(path: Path, to: Path, most: int) -> Unpacked:
    """Unpack an archive into a folder.

    Args:
        most: bytes that may come out.

    Raises:
        FileRefused: it is damaged, a bomb, empty, or has a member that is not to be trusted.
    """
    budget = _Budget(path.name, max(path.stat().st_size, 1), most)
    write = _Tree(to, budget)
    try:
        with _opened(path, budget) as archive:
            for entry, file in archive.entries():
                name = checked(path.name, entry)
                budget.member()
                if file is not None:
                    with file:
                        write.member(name, file)
    except EOFError:
        raise FileRefused(
            f"{path.name} ends too early, as if it were half written: nothing of it was loaded"
        ) from None
    except _DAMAGED as error:
        raise FileRefused(
            f"{path.name} is damaged or packed in a way that is not known here "
            f"({type(error).__name__}): nothing of it was loaded"
        ) from None
    return write.unpacked()


@dataclass(slots=True)
class _Budget:
    """What may still come out of an archive: its packed size, and bytes in all, bound it."""

    name: str
    packed: int
    most: int
    bytes: int = 0
    members: int = 0

    def member(self) -> None:
        self.members += 1
        if self.members > MOST_MEMBERS:
            raise self._refused(f"has more than {MOST_MEMBERS:,} members")

    def spend(self, size: int) -> None:
        self.bytes += size
        if self.bytes > max(FREE, RATIO * self.packed):
            raise self._refused(
                f"unpacks to more than {RATIO} times its size, as if it were made to fill a disk"
            )
        if self.bytes > self.most:
            raise self._refused(
                f"unpacks to more than {self.most // 2**20:,} MB; LABELPULSE_PARSE_DISK_MB allows "
                "more"
            )

    def _refused(self, why: str) -> FileRefused:
        return FileRefused(f"{self.name} {why}: nothing of it was loaded")


class _Tree:
    """Writes members where they stood to each other."""

    def __init__(self, to: Path, budget: _Budget) -> None:
        self._to, self._budget = to, budget
        self._files: list[tuple[str, str]] = []
        self._tops: set[str] = set()
        self._odd = ""

    def member(self, name: PurePosixPath, file: IO[bytes]) -> None:
        if any(part.startswith((".", "__MACOSX")) for part in name.parts):
            return
        place = self._to / TREE / name
        head = file.read(MEDIA_HEAD if is_media(name) else _HEAD)
        try:
            if is_media(name):
                place.parent.mkdir(parents=True, exist_ok=True)
                self._budget.spend(len(head))
                with place.open("xb") as out:
                    out.write(head)
            else:
                _write(place, head, file, self._budget.spend)
        except (FileExistsError, NotADirectoryError):
            raise FileRefused(
                f"{self._budget.name}: its member {printable_name(str(name))!r} is there twice"
            ) from None
        self._tops.add(name.parts[0] if len(name.parts) > 1 else "")
        if not is_passed_over(name):
            self._files.append((str(name), f"{TREE}/{name}"))
            self._odd = self._odd or self._oddity(name, head)

    def _oddity(self, name: PurePosixPath, head: bytes) -> str:
        """Return why an archive is none of exports; a data set may have such a member."""
        archive = self._budget.name
        if name.name == _OFFICE:
            return f"{archive} is a workbook or a document: save the table in it as CSV"
        if is_archive(head):
            shown = printable_name(str(name))
            return f"{archive}: its member {shown!r} is an archive itself: unpack the outer one"
        return ""

    def unpacked(self) -> Unpacked:
        none = f"{self._budget.name} holds no file that could be an export"
        if not self._tops:
            raise FileRefused(none)
        lone = next(iter(self._tops)) if len(self._tops) == 1 else ""
        root = (lone or self._budget.name, f"{TREE}/{lone}".rstrip("/"))
        return Unpacked(root, tuple(self._files), self._odd if self._files else none)


def _write(place: Path, head: bytes, file: IO[bytes], spend: Callable[[int], None]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("xb") as out:
        block = head
        while block:
            spend(len(block))
            out.write(block)
            block = file.read(BLOCK)


# --- kinds of archives ---


@contextmanager
def _opened(path: Path, budget: _Budget) -> Iterator[Archive]:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(_ZIP):
        with zipfile.ZipFile(path) as archive:
            yield _Zip(archive)
    elif head.startswith(_GZIP):
        with gzip.open(path) as opened:
            stream = cast("IO[bytes]", opened)
            inner = stream.read(_HEAD)
            stream.seek(0)
            if inner[_TAR_AT:].startswith(_TAR):
                yield _Tar(_Counted(stream, replace(budget)))
            else:
                yield _Gzip(path, stream)
    else:
        with path.open("rb") as file:
            yield _Tar(_Counted(file, replace(budget)))


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def entries(self) -> Iterator[tuple[Entry, IO[bytes] | None]]:
        for one in self._archive.infolist():
            if one.is_dir():
                continue
            kind = stat.S_IFMT(one.external_attr >> 16)
            odd = "" if kind in (0, stat.S_IFREG) else _ODD.get(kind, "no plain file")
            # The name as it is written: ZipFile cuts it at a NUL and turns other separators.
            entry = Entry(one.orig_filename, odd, locked=bool(one.flag_bits & 0x1))
            usable = not (odd or entry.locked)
            yield entry, self._archive.open(one) if usable else None


_ODD = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


class _Tar:
    def __init__(self, stream: "_Counted") -> None:
        self._stream = stream

    def entries(self) -> Iterator[tuple[Entry, IO[bytes] | None]]:
        stream: Any = self._stream
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for one in archive:
                if not one.isdir():
                    odd = "" if one.isfile() else _odd(one)
                    yield Entry(one.name, odd), None if odd else archive.extractfile(one)
        self._stream.end()


def _odd(member: tarfile.TarInfo) -> str:
    if member.issym() or member.islnk():
        return "a link"
    return "a device" if member.isdev() else "no plain file"


class _Gzip:
    """One file; the name within is not looked at, that of the archive says what it is."""

    def __init__(self, path: Path, stream: IO[bytes]) -> None:
        self._name, self._stream = path.name, stream

    def entries(self) -> Iterator[tuple[Entry, IO[bytes] | None]]:
        stem = self._name[:-3] if self._name.lower().endswith(".gz") else self._name
        yield Entry(stem.lstrip(".") or "export"), self._stream


class _Counted:
    """The bytes of a tar file, counted even where no member is made of them."""

    def __init__(self, stream: IO[bytes], budget: _Budget) -> None:
        self._stream, self._budget, self._tail = stream, budget, b""

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        self._budget.spend(len(block))
        self._tail = (self._tail + block[-_TAR_END:])[-_TAR_END:]
        return block

    def end(self) -> None:
        """Read what is left; EOFError where it does not end as a whole tar file does."""
        while self.read(BLOCK):
            pass
        if self._tail.strip(b"\0") or len(self._tail) < _TAR_END:
            raise EOFError
