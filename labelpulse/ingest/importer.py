"""`labelpulse import`: files, archives and folders into the warehouse, on the path of a poll."""

from contextlib import nullcontext
from pathlib import Path

from labelpulse.config import Settings
from labelpulse.core.errors import FileRefused, LabelpulseError, NoExport, UsageError
from labelpulse.ingest.archive_parts import parts, passed_over
from labelpulse.ingest.archives import is_archive
from labelpulse.ingest.child import FileReader
from labelpulse.ingest.collect import follow_people
from labelpulse.ingest.content import state_of
from labelpulse.ingest.import_file import FileImport, Into
from labelpulse.ingest.import_result import ImportResult, Watch
from labelpulse.ingest.import_settings import ImportFlags
from labelpulse.ingest.known_import import KnownImport
from labelpulse.ingest.lines import read_head
from labelpulse.ingest.polled import polled_project
from labelpulse.warehouse.engine import checkpoint
from labelpulse.warehouse.store import Warehouse

__all__ = ["ImportResult", "Watch", "import_files", "load_path"]


def import_files(
    warehouse: Warehouse,
    settings: Settings,
    paths: list[Path],
    flags: ImportFlags,
    watch: Watch | None = None,
    *,
    reader: FileReader | None = None,
) -> ImportResult:
    """Load files one after the other; one that is refused does not keep the others out.

    Args:
        paths: files, archives of files, and folders that are one data set.
        reader: reads them; None = one is started for these files.

    Raises:
        UsageError: the flags cannot hold.
        LabelpulseError: there is only one file, and it was refused.
    """
    flags.check(settings)
    polled = polled_project(warehouse, settings, flags)
    with nullcontext(reader) if reader is not None else FileReader() as reading:
        into = Into(warehouse, settings, flags, reading, watch or Watch(), polled=polled)
        for path in paths:
            try:
                load_path(into, path)
            except LabelpulseError as error:
                if len(paths) == 1:
                    raise
                into.result.failed.append(error)
    if settings.people or settings.teams or settings.rates:  # without any, none is taken away
        follow_people(warehouse, settings)
    checkpoint(warehouse.engine)
    return into.result


def load_path(into: Into, path: Path, name: str | None = None) -> None:
    """Load one file, all files of an archive, or a folder that is one data set.

    What is refused of an archive of several files is noted in the result.

    Raises:
        LabelpulseError: it was refused whole.
    """
    state_of(path)
    if path.is_dir() or not is_archive(read_head(path)):
        _file(into, path, name).load()
        return
    known = into.result.failed[:]
    _load_archive(into, path, name or path.name)
    fresh = into.result.failed[len(known) :]
    if len(fresh) == 1 and not into.result.files:
        into.result.failed = known
        raise fresh[0]


def _load_archive(into: Into, path: Path, name: str) -> None:
    """Load what is in an archive; a description beside exports is passed over in one line."""
    beside: list[tuple[str, NoExport]] = []
    before, asked = into.result.files, into.flags
    with parts(into.reader, path, name, asked.format, asked.columns) as found:
        for one in found:
            try:
                _file(into, one.path, one.name).load()
            except NoExport as error:
                beside.append((one.name, error))
            except (FileRefused, UsageError) as error:
                into.result.failed.append(error)
    if into.result.files == before:
        into.result.failed += [error for _, error in beside]
    elif beside:
        into.result.remarks.add(passed_over([name for name, _ in beside]))


def _file(into: Into, path: Path, name: str | None) -> FileImport:
    """Return what loads a file: into a project that is polled go known answers alone."""
    if into.polled is not None:
        return KnownImport(into, path, name, into.polled)
    return FileImport(into, path, name)
