"""YOLO's folders of text files as sets of known answers: one file a picture, one line an object."""

from collections.abc import Iterator
from pathlib import Path

from collectors.yolo.classes import Classes, classes_of
from collectors.yolo.files import is_object, label_files, place_of
from collectors.yolo.lines import read_lines
from labelpulse.core.errors import FileRefused, SkipRecord
from labelpulse.core.events import BadRecord, ProjectRecord
from labelpulse.ingest.known import Names, Questions, assertion
from labelpulse.source import FileRecord, ImportOptions

_PROBED = 50


class Yolo:
    """Reads boxes, outlines and poses of a folder."""

    name = "yolo"
    folder = True
    """Its files together are one data set."""

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - a folder has none
        """Return True for a folder with names of classes and lines of objects."""
        if not path.is_dir() or classes_of(path) is None:
            return False
        return any(is_object(one) for one in label_files(path)[:_PROBED])

    def read(self, path: Path, options: ImportOptions) -> Iterator[FileRecord]:
        """Yield the project, then for each picture what is known of it.

        Everything is read twice: which kinds of objects there are shows only in the whole.

        Raises:
            FileRefused: there is no such file in the folder.
        """
        if not path.is_dir():
            raise FileRefused(f"{path.name} is no folder: name the one with labels and classes")
        files, classes = label_files(path), classes_of(path) or Classes()
        if not files:
            raise FileRefused(f"{path.name} holds no text file of labels: nothing was loaded")
        there: set[str] = set()
        for one in files:
            there |= _kinds(one, classes)
        asked = Questions.asked(options.columns, there or {"boxes"})
        yield ProjectRecord(
            options.project,
            options.project,
            asked.records(classes.names.values(), options.controls),
            remarks=tuple(classes.remarks()),
        )
        places = {one: place_of(path, one) for one in files}
        names = Names(places.values(), whole=options.whole_names)
        for one, place in places.items():
            where = one.relative_to(path).as_posix()
            try:
                item = names.of(place)
                answers = asked.answers(read_lines(one, classes))
            except SkipRecord as error:
                yield BadRecord(path.name, where, error.reason, str(error))
            else:
                yield assertion((options.project, item), item, answers, place=where)


def _kinds(path: Path, classes: Classes) -> set[str]:
    try:
        return set(read_lines(path, classes).shapes)
    except SkipRecord:
        return set()  # it is told of later
