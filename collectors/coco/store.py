"""Pictures and their objects, which stand apart in a file, put together with flat memory.

They are kept in a temporary SQLite database without a name, which spills to disk and is gone when
it is closed.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any, Self

from collectors.coco.objects import Category, add, category
from labelpulse.core.errors import FileRefused, SkipRecord
from labelpulse.core.events import BadRecord, ProjectRecord, canonical
from labelpulse.ingest.known import Names, Questions, assertion
from labelpulse.ingest.known import Picture as Known
from labelpulse.ingest.parse import Flawed, stream_json_object
from labelpulse.ingest.shapes import Picture
from labelpulse.source import FileRecord, ImportOptions

_TABLES = """
CREATE TABLE picture (key TEXT PRIMARY KEY, at INTEGER, raw TEXT) WITHOUT ROWID;
CREATE TABLE object (picture TEXT, at INTEGER, raw TEXT);
"""
_PICTURE = ("file_name", "coco_url", "width", "height")
_OBJECT = ("category_id", "bbox", "segmentation", "keypoints", "iscrowd")
_HAS = {"boxes": "bbox", "shapes": "segmentation", "keypoints": "keypoints"}


class Store:
    """What a file holds; a context manager."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
        self._categories: dict[str, Category] = {}
        self._there: set[str] = set()
        self._bad: list[BadRecord] = []
        self._crowds = 0
        self._lists: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    # --- reading ---

    def fill(self, path: Path) -> None:
        """Read a file to its end.

        Raises:
            FileRefused: it is no such file.
        """
        take = {"images": self._picture, "annotations": self._object, "categories": self._category}
        self._db.execute("BEGIN")
        for key, index, raw in stream_json_object(path):
            if key in take and index >= 0:
                self._lists.add(key)
                try:
                    take[key](index, _row(raw))
                except SkipRecord as error:
                    self._refuse(error, f"{key} {index + 1}", raw)
        self._db.execute("COMMIT")
        self._db.execute("CREATE INDEX object_of ON object (picture, at)")
        if "images" not in self._lists:
            raise FileRefused(
                f"{path.name} lists no images, so it is no set in COCO's form: nothing of it was "
                "loaded"
            )

    def _picture(self, index: int, raw: dict[str, Any]) -> None:
        kept = json.dumps({key: raw.get(key) for key in _PICTURE})
        try:
            row = _key(raw.get("id")), index, kept
            self._db.execute("INSERT INTO picture VALUES (?, ?, ?)", row)
        except sqlite3.IntegrityError:
            raise SkipRecord("duplicate_id", "its id is that of an earlier image") from None

    def _object(self, index: int, raw: dict[str, Any]) -> None:
        if "segments_info" in raw:
            raise FileRefused(
                f"{self._file} is panoptic: its shapes are in pictures beside it, which are not "
                "read. Nothing of it was loaded"
            )
        image = _key(raw.get("image_id"))
        if raw.get("iscrowd"):
            self._crowds += 1
            raw = {"category_id": raw.get("category_id"), "iscrowd": 1}
        self._there |= {kind for kind, key in _HAS.items() if raw.get(key)}
        kept = json.dumps({key: raw[key] for key in _OBJECT if key in raw})
        row = image, index, kept
        self._db.execute("INSERT INTO object VALUES (?, ?, ?)", row)

    def _category(self, _index: int, raw: dict[str, Any]) -> None:
        self._categories[_key(raw.get("id"))] = category(raw)

    def _refuse(self, error: SkipRecord, where: str, raw: Any) -> None:
        said = raw.excerpt if isinstance(raw, Flawed) else ""
        self._bad.append(BadRecord(self._file, where, error.reason, str(error), said))

    # --- telling ---

    def records(self, options: ImportOptions) -> Iterator[FileRecord]:
        """Yield the project, then a record for each picture, then what cannot be used."""
        asked = Questions.asked(options.columns, self._there or {"boxes"})
        labels = [one.label for one in self._categories.values()]
        yield ProjectRecord(
            options.project,
            options.project,
            asked.records(labels, options.controls),
            remarks=tuple(self._remarks()),
        )
        paths = (_path(json.loads(raw), key) for key, raw in self._rows("key, raw"))
        names = Names(paths, whole=options.whole_names)
        for key, at, raw in self._rows("key, at, raw"):
            where = f"images {at + 1}"
            try:
                row = json.loads(raw)
                item = names.of(_path(row, key))
                known = self._known(key, row)
            except SkipRecord as error:
                yield BadRecord(self._file, where, error.reason, str(error))
            else:
                answers = asked.answers(known)
                yield assertion((options.project, item), item, answers, place=where)
        yield from self._bad
        yield from self._lost()

    def _rows(self, columns: str) -> Iterator[tuple[Any, ...]]:
        with closing(self._db.execute(f"SELECT {columns} FROM picture ORDER BY at")) as rows:  # noqa: S608 - ours
            yield from rows

    def _known(self, key: str, row: dict[str, Any]) -> Known:
        """All objects of a picture: one that cannot be used spoils it, since the rest lacks it."""
        picture, known = Picture(row["width"], row["height"]), Known()
        query = "SELECT at, raw FROM object WHERE picture = ? ORDER BY at"
        for at, raw in self._db.execute(query, (key,)).fetchall():
            found = json.loads(raw)
            try:
                add(found, self._category_of(found), picture, known)
            except SkipRecord as error:
                where = f"annotations {at + 1} of it cannot be used: {error}"
                raise SkipRecord(error.reason, where) from None
        return known

    def _category_of(self, raw: dict[str, Any]) -> Category:
        found = self._categories.get(_key(raw.get("category_id")))
        if found is None:
            raise SkipRecord("unknown_category", "its category is not listed")
        return found

    def _lost(self) -> Iterator[BadRecord]:
        query = "SELECT at FROM object WHERE picture NOT IN (SELECT key FROM picture) ORDER BY at"
        for (at,) in self._db.execute(query).fetchall():
            yield BadRecord(
                *(self._file, f"annotations {at + 1}"),
                *("unknown_image", "the image that it is of is not listed"),
            )

    def _remarks(self) -> Iterator[str]:
        if self._crowds:
            yield (
                f"Crowds (iscrowd): {self._crowds:,}. They tell no objects apart, so that of their "
                "pictures no places are known, only which labels there are."
            )
        if not self._there:
            yield "No annotation has a box, an outline or keypoints: pictures count as empty."


def _row(raw: Any) -> dict[str, Any]:
    if isinstance(raw, Flawed):
        raise SkipRecord(raw.reason, raw.detail)
    if not isinstance(raw, dict):
        raise SkipRecord("no_object", "it is no object")
    return raw


def _key(value: Any) -> str:
    """An id as text, so that 1 and "1" are two."""
    if type(value) not in (int, str):
        raise SkipRecord("bad_id", "an id in it is missing or none")
    return canonical(value)


def _path(row: dict[str, Any], key: str) -> str:
    """The name of a picture; LVIS knows only where it is on the web, and others only its id."""
    for name in ("file_name", "coco_url"):
        if isinstance(row.get(name), str) and row[name].strip():
            return str(row[name]).strip() if name == "file_name" else PurePosixPath(row[name]).name
    return str(json.loads(key))
