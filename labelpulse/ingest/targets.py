"""What stands behind the target of `labelpulse init`: a tool's database, a file or a folder."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from labelpulse.core.errors import FileRefused, SourceError, UsageError
from labelpulse.ingest.child import FileReader
from labelpulse.ingest.database import is_postgresql, reach
from labelpulse.ingest.folder_files import files_below, title_of
from labelpulse.ingest.found_files import look_at_files
from labelpulse.ingest.plugins import COLLECTORS, loaded
from labelpulse.source import Access, Inspection, Tool

ANY_API = "LABELPULSE_TOKEN"
"""The variable with a token, where the tool's own is not set."""

_API = "-api"
_OTHER_WAY = (
    "The other way in: export the project in the tool and load it with `labelpulse import FILE "
    "--project TITLE`"
)
MAX_NAME = 60
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """A target and what a first look found there.

    Attributes:
        found: `found.type` is the type of live source, or "" for files, which are imported.
        url: the address of a live source, "" for files; it may hold a password.
        files: what to import. unread: files of a known format that cannot be, as they are.
        token_env: the variable with an API's token, "" where none is needed.
        folder: the folder that was looked at, which can be watched; None = no folder.
    """

    found: Inspection
    url: str = ""
    files: tuple[Path, ...] = ()
    unread: tuple[Path, ...] = ()
    token_env: str = ""
    folder: Path | None = None

    @property
    def name(self) -> str:
        """A name for the source: ``label-studio`` of ``label-studio-db``, a folder's own."""
        if self.folder is not None:
            return standing(self.folder).name[:MAX_NAME] or "files"
        return self.found.type.removesuffix("-db").removesuffix("-api")


def look_at(target: str, token_env: str | None = None) -> Target:
    """Return what a first look at a target finds.

    Args:
        token_env: the variable that holds the token of an API; None = the usual one.

    Raises:
        SourceError: it cannot be reached or read; the message says what to change.
        UsageError: it is no kind of target that is known here.
    """
    path = Path(target).expanduser()
    path = standing(path) if ".." in path.parts else path
    if not _URL.match(target) and path.is_dir():
        return _folder(path)
    url = target if _URL.match(target) else f"sqlite:///{path.absolute()}"
    _reach(url)
    for type_, kind in loaded(COLLECTORS)[0].items():
        if _detects(kind, url):
            variable = _token_variable(type_, token_env)
            found = _live(kind, url, type_, os.environ.get(variable, ""))
            return Target(found, absolute(url), token_env=variable)
    if _URL.match(target):
        raise UsageError(_no_tool(target))
    looked = look_at_files([(path, title_of(path))])
    return Target(looked.found, files=looked.files, unread=looked.unread)


def _reach(url: str) -> None:
    try:
        reach(url)
    except SourceError as error:
        raise type(error)(f"{error}. {_OTHER_WAY}") from None


def _detects(kind: type[Tool], url: str) -> bool:
    """True when a target is a tool's; what fails at looking is somebody's plug-in, and no tool."""
    try:
        return kind.detects(url)
    except Exception:  # noqa: BLE001 - a defective plug-in must not hide the tools behind it
        return False


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
        f"{scheme}:// is no address of a labeling tool: give its database (postgresql://…, "
        "sqlite:////path), the address of its API (https://…), or a file or folder of exports"
    )


def _token_variable(type_: str, named: str | None) -> str:
    """The variable with the token for an API; "" for databases, which have none."""
    if not type_.endswith(_API):
        return ""
    usual = f"{type_.removesuffix(_API).upper().replace('-', '_')}_API_TOKEN"
    candidates = (named,) if named else (usual, ANY_API)
    for name in candidates:
        if os.environ.get(name, "").strip():
            return name
    raise UsageError(
        f"an API is read with a token, and the variable {candidates[0]} is not set: make a token "
        f"in the tool and `export {candidates[0]}=…`, or name another variable by --token-env"
    )


def _live(kind: type[Tool], url: str, type_: str, token: str) -> Inspection:
    name = type_.removesuffix("-db").removesuffix(_API)
    live = kind.from_access(Access(name=name, url=url, token=token))
    try:
        found: Inspection = live.inspect()
    except SourceError as error:
        raise type(error)(f"{error}. {_OTHER_WAY}") from None
    finally:
        live.close()
    return found


def absolute(url: str) -> str:
    """Return a URL whose SQLite path holds from any folder."""
    head, mark, path = url.partition("sqlite:///")
    return f"sqlite:///{standing(Path(path))}" if mark and not head and path else url


def standing(path: Path) -> Path:
    """Return a path that holds from any folder, without steps up; links in it stay, else."""
    return path.resolve() if ".." in path.parts else path.absolute()


def has_secret(url: str) -> bool:
    """True when an address holds a password, or cannot be told not to."""
    try:
        parts = urlsplit(url)
        return bool(parts.password) or "password" in parse_qs(parts.query)
    except ValueError:
        return True


# --- folders ---


def _folder(folder: Path) -> Target:
    """Look at what would be loaded of a folder: all as one data set, or file by file."""
    with FileReader() as reader:
        try:
            whole = look_at_files([(folder, standing(folder).name)], reader=reader)
            return Target(whole.found, files=whole.files, unread=whole.unread)
        except FileRefused:
            return _folder_of_files(folder, reader)


def _folder_of_files(folder: Path, reader: FileReader) -> Target:
    """Look at each file as a project, or at each folder in the folder."""
    files = [one for one in files_below(folder) if not one.odd]
    own = standing(folder).name if any(one.group for one in files) else ""
    there = [(one.path, one.group or own or title_of(one.path)) for one in files]
    looked = look_at_files(there, among=True, reader=reader)
    if not (looked.files or looked.unread):
        raise FileRefused(f"no file in {folder} is in a format that is known here")
    return Target(looked.found, files=looked.files, unread=looked.unread, folder=folder)
