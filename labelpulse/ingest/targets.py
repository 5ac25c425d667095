"""What stands behind the target of `labelpulse init`: a tool's database, a file or a folder."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from labelpulse.core.errors import FileRefused, SourceError, UsageError
from labelpulse.ingest.database import is_postgresql
from labelpulse.ingest.folder_files import files_below, title_of
from labelpulse.ingest.found_files import look_at_files
from labelpulse.ingest.plugins import COLLECTORS, registered
from labelpulse.source import Access, Found, Tool

MAX_NAME = 60
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """A target and what a first look found there.

    Attributes:
        found: `found.type` is the type of live source, or "" for files, which are imported.
        url: the address of a live source, "" for files; it may hold a password.
        files: what to import. unread: files of a known format that cannot be, as they are.
        folder: the folder that was looked at, which can be watched; None = no folder.
    """

    found: Found
    url: str = ""
    files: tuple[Path, ...] = ()
    unread: tuple[Path, ...] = ()
    folder: Path | None = None

    @property
    def name(self) -> str:
        """A name for the source: ``label-studio`` of ``label-studio-db``, a folder's own."""
        if self.folder is not None:
            return self.folder.absolute().name[:MAX_NAME] or "files"
        return self.found.type.removesuffix("-db").removesuffix("-api")


def look_at(target: str) -> Target:
    """Return what a first look at a target finds.

    Raises:
        SourceError: it cannot be reached or read; the message says what to change.
        UsageError: it is no kind of target that is known here.
    """
    path = Path(target).expanduser()
    if not _URL.match(target) and path.is_dir():
        return _folder(path)
    url = target if _URL.match(target) else f"sqlite:///{path.absolute()}"
    for type_, load in registered(COLLECTORS).items():
        kind = load()
        if kind.detects(url):
            return Target(_database(kind, url, type_), absolute(url))
    if _URL.match(target):
        raise UsageError(_no_tool(target))
    looked = look_at_files([(path, title_of(path))])
    return Target(looked.found, files=looked.files, unread=looked.unread)


def _no_tool(target: str) -> str:
    scheme = target.split("://", 1)[0].lower()
    if scheme == "sqlite":
        return (
            "that SQLite file is not there or holds no tables of a labeling tool: check the path, "
            "or mount the folder that the file is in"
        )
    if is_postgresql(target):
        return (
            "that PostgreSQL database holds no tables of a labeling tool that is known here, or "
            "hides them from this user: point it at the tool's own database, grant USAGE on its "
            "schema, or name the tables yourself under a source of type sql"
        )
    return (
        f"{scheme}:// is no address of a labeling tool's database: give postgresql://…, "
        "sqlite:////path, or a file or folder of exports"
    )


def _database(kind: type[Tool], url: str, type_: str) -> Found:
    live = kind.from_access(Access(name=type_.removesuffix("-db"), url=url))
    try:
        found: Found = live.look()
    except SourceError as error:
        raise type(error)(
            f"{error}. The other way in: export the project as JSON there and load it with "
            "`labelpulse import FILE --project TITLE`"
        ) from None
    finally:
        live.close()
    return found


def absolute(url: str) -> str:
    """Return a URL whose SQLite path holds from any folder."""
    head, mark, path = url.partition("sqlite:///")
    return f"sqlite:///{Path(path).absolute()}" if mark and not head and path else url


def has_secret(url: str) -> bool:
    """True when an address holds a password, or cannot be told not to."""
    try:
        parts = urlsplit(url)
        return bool(parts.password) or "password" in parse_qs(parts.query)
    except ValueError:
        return True


# --- folders ---


def _folder(folder: Path) -> Target:
    """Look at what would be loaded of a folder: each file a project, or each folder in it."""
    there = [
        (one.path, one.group or title_of(one.path)) for one in files_below(folder) if not one.odd
    ]
    looked = look_at_files(there, among=True)
    if not (looked.files or looked.unread):
        raise FileRefused(f"no file in {folder} is in a format that is known here")
    return Target(looked.found, files=looked.files, unread=looked.unread, folder=folder)
