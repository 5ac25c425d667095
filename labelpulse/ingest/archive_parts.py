"""What of an archive is read: the folder that it was made of as one data set, or its files."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from labelpulse.core.errors import FileRefused, UsageError
from labelpulse.ingest.archives import printable_name
from labelpulse.ingest.child import FileReader, Member
from labelpulse.ingest.remarks import first


@contextmanager
def parts(
    reader: FileReader,
    path: Path,
    name: str,
    form: str | None = None,
    columns: Collection[str] = (),
) -> Iterator[tuple[Member, ...]]:
    """Yield what of an archive is read, by the names for messages; gone after the ``with`` block.

    Args:
        name: of the archive. form, columns: as for `FileReader.find`.

    Raises:
        FileRefused: it is damaged, not to be trusted, or holds nothing to be read.
    """
    with reader.unpacked(path) as opened:
        try:
            reader.find(opened.root.path, form, columns)
        except (FileRefused, UsageError):
            if opened.odd:
                raise FileRefused(opened.odd) from None
            yield tuple(Member(_member_name(name, one), one.path) for one in opened.files)
        else:
            yield (Member(name, opened.root.path),)


def called(text: str, file: str, name: str) -> str:
    """Return what a format says of its file, which may stand in an archive, by another name.

    >>> called("a.csv is empty", "a.csv", "all.zip: a.csv")
    'all.zip: a.csv is empty'
    """
    rest = text.removeprefix(file)
    return name + rest if rest != text and rest[:1] in ("", " ", ":") else text


def _member_name(archive: str, one: Member) -> str:
    """Return how a member is called; the only one of a gzip file has its archive's name."""
    if archive.lower() == f"{one.name.lower()}.gz":
        return archive
    return f"{archive}: {printable_name(one.name)}"


def passed_over(names: Sequence[str]) -> str:
    """Return the sentence on what lay beside an archive's exports and is none."""
    are = "is no export" if len(names) == 1 else "are no exports"
    return f"{first(names)} {are} but a description, and passed over"
