"""Pascal VOC's folders of XML files as sets of known answers: one file a picture."""

from collections.abc import Iterator
from pathlib import Path

from collectors.voc.pictures import LARGEST, VocPicture, read_picture
from labelpulse.core.errors import FileRefused, SkipRecord
from labelpulse.core.events import BadRecord, ProjectRecord
from labelpulse.ingest.known import Names, Questions, assertion
from labelpulse.source import FileRecord, ImportOptions

_PROBED = 20
_ITS_OWN = (b"<annotation", b"<filename", b"<size")


class PascalVoc:
    """Reads the boxes of a folder, or of one file."""

    name = "voc"
    folder = True
    """Its files together are one data set."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return True when a folder's first XML files, or a file's first bytes, look like it."""
        if not path.is_dir():
            return _looks_like(head)
        return any(_looks_like(_head(one)) for one in _files(path)[:_PROBED])

    def read(self, path: Path, options: ImportOptions) -> Iterator[FileRecord]:
        """Yield the project, then for each picture what is known of it.

        Everything is read twice: whether corners begin at 0 or at 1, and which names two pictures
        share, shows only in the whole.

        Raises:
            FileRefused: there is no such file in the folder.
        """
        files = _files(path)
        survey = _Survey()
        for one in files:
            survey.see(_called(path, one), one)
        if not survey.paths:
            raise FileRefused(
                f"{path.name} holds no XML file of a picture in Pascal VOC's form: nothing of it "
                "was loaded"
            )
        asked = Questions.asked(options.columns, {"boxes"})
        controls = asked.records(sorted(survey.labels), options.controls)
        yield ProjectRecord(
            options.project, options.project, controls, remarks=tuple(survey.remarks())
        )
        names = Names(survey.paths, whole=options.whole_names)
        for one in files:
            place = _called(path, one)
            try:
                found = read_picture(one)
                item = names.of(_path(place, found))
                answers = asked.answers(found.known(from_zero=survey.from_zero))
            except SkipRecord as error:
                yield BadRecord(path.name, place, error.reason, str(error))
            else:
                yield assertion((options.project, item), item, answers, place=place)


class _Survey:
    """What only all files together show."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.labels: set[str] = set()
        self.from_zero = False
        self.difficult = 0

    def see(self, place: str, path: Path) -> None:
        """Look at a file; one that cannot be used is told of later."""
        try:
            found = read_picture(path)
        except SkipRecord:
            return
        self.paths.append(_path(place, found))
        self.labels |= {one.label for one in found.objects}
        self.difficult += sum(one.difficult for one in found.objects)
        self.from_zero |= any(0 in one.corners[:2] for one in found.objects)

    def remarks(self) -> Iterator[str]:
        if self.from_zero:
            yield (
                "Some box begins at 0, where Pascal VOC counts pixels from 1: all corners are read "
                "as places from 0 on, the right and lower ones not belonging to the box."
            )
        if self.difficult:
            yield (
                f"Objects marked as difficult count as known, too: {self.difficult:,}. Whoever "
                "leaves them out is told wrong."
            )


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(one for one in path.rglob("*.[xX][mM][lL]") if one.is_file())


def _called(path: Path, one: Path) -> str:
    return one.name if one == path else one.relative_to(path).as_posix()


def _path(place: str, found: VocPicture) -> str:
    """A picture's name with the folder that its file is in, for names that two share."""
    folder, _, file = place.rpartition("/")
    name = found.name or file.rpartition(".")[0]
    return f"{folder}/{name}" if folder else name


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(min(LARGEST, 4096))
    except OSError:
        return b""


def _looks_like(head: bytes) -> bool:
    return all(one in head for one in _ITS_OWN)
