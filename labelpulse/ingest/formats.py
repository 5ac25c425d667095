"""Which format a file has: as the user says, else by its name and its first bytes."""

from collections.abc import Collection
from pathlib import Path

from labelpulse.core.errors import FileRefused, LabelpulseError, NoExport, UnknownFormat
from labelpulse.ingest.descriptions import is_description
from labelpulse.ingest.known import KINDS
from labelpulse.ingest.lines import PARQUET, check_text, encoding, read_head
from labelpulse.ingest.plugins import file_format, formats
from labelpulse.source import FileFormat

TABLES = ("parquet", "jsonl", "tsv", "csv")


def find_format(path: Path, name: str | None = None, mapped: Collection[str] = ()) -> FileFormat:
    """Return the format to read a file with.

    Args:
        name: what the user says it is; None = find out.
        mapped: fields that the user maps to columns. More than the label, or the kinds of a gold
            set of pictures, only makes sense on a table, so formats that take a map
            (`takes_map`), then plain tables are asked first.

    Raises:
        UsageError: there is no format of that name.
        FileRefused: no format knows such a file.
    """
    if name is not None:
        return _fitting(path, file_format(name))
    if path.is_dir():
        return _of_folder(path)
    head = read_head(path)
    if not head.startswith(PARQUET):
        check_text(path, head)
    known = formats()
    ordered = [one for one in known.values() if not holds_folder(one)]
    if set(mapped) - {"label", *KINDS}:
        mapping = (one for one in ordered if getattr(one, "takes_map", False))
        ordered = [*mapping, *(known[one] for one in TABLES), *ordered]
    found = next((one for one in ordered if _knows(one, path, head)), None)
    if found is None and is_description(path, head):
        raise NoExport(
            f"{path.name} is in no format that is known here, a JSON object without anybody's "
            "work: take the export that lies beside it"
        )
    if found is None and encoding(head) == "utf-16":
        raise FileRefused(f"{path.name} is UTF-16 and no table: save it as UTF-8")
    if found is None:
        raise UnknownFormat(
            f"{path.name} is in no format that is known here: name it by --format, one of "
            f"{', '.join(known)}"
        )
    return found


def holds_folder(form: FileFormat) -> bool:
    """Return True for a format whose files only together are a data set: it reads the folder."""
    return bool(getattr(form, "folder", False))


def _knows(form: FileFormat, path: Path, head: bytes) -> bool:
    """True when a format knows a file; one that fails at looking is somebody's, and does not."""
    try:
        return form.recognises(path, head)
    except LabelpulseError:
        raise
    except Exception:  # noqa: BLE001 - a defective plug-in must not hide the formats behind it
        return False


def _fitting(path: Path, form: FileFormat) -> FileFormat:
    """Return the format that was named; FileRefused for a folder where it reads files."""
    if path.is_dir() and not holds_folder(form):
        raise FileRefused(f"{path} is a folder, and {form.name} is a format of files: name a file")
    return form


def _of_folder(path: Path) -> FileFormat:
    known = {name: one for name, one in formats().items() if holds_folder(one)}
    found = next((one for one in known.values() if _knows(one, path, b"")), None)
    if found is None:
        sets = f" ({', '.join(known)})" if known else ""
        raise FileRefused(
            f"{path} is a folder and no data set that is known here{sets}: name its files, or let "
            "`labelpulse init` write it down as a folder to watch"
        )
    return found
