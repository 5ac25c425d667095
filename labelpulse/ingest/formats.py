"""Which format a file has: as the user says, else by its name and its first bytes."""

from collections.abc import Collection, Iterator
from pathlib import Path

from labelpulse.core.errors import FileRefused
from labelpulse.ingest.lines import PARQUET, check_text, read_head
from labelpulse.ingest.plugins import file_format, formats
from labelpulse.source import FileFormat

TABLES = ("parquet", "jsonl", "tsv", "csv")


def find_format(path: Path, name: str | None = None, mapped: Collection[str] = ()) -> FileFormat:
    """Return the format to read a file with.

    Args:
        name: what the user says it is; None = find out.
        mapped: fields that the user maps to columns. More than the label only makes sense on a
            table, so formats that take a map (`takes_map`), then plain tables are asked first.

    Raises:
        UsageError: there is no format of that name.
        FileRefused: no format knows such a file.
    """
    if name is not None:
        return file_format(name)
    head = read_head(path)
    if not head.startswith(PARQUET):
        check_text(path, head)
    known = formats()
    ordered = [*known.values()]
    if set(mapped) - {"label"}:
        mapping = (one for one in ordered if getattr(one, "takes_map", False))
        ordered = [*mapping, *(known[one] for one in TABLES), *ordered]
    found = next((one for one in ordered if one.recognises(path, head)), None)
    if found is None:
        raise FileRefused(
            f"{path.name} is in no format that is known here: name it by --format, one of "
            f"{', '.join(known)}"
        )
    return found


def reason(form: FileFormat) -> str:
    """Return a format's name, and by what a file was known to be one, where the format says it."""
    why = getattr(form, "why", "")
    return form.name + (f": {why}" if why else "")


def recognised(folder: Path) -> Iterator[tuple[Path, FileFormat]]:
    """Yield the files of a folder that can be imported, in the order of their names."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            try:
                yield path, find_format(path)
            except FileRefused:
                continue
