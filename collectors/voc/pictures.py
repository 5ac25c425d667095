"""One XML file of Pascal VOC -> its picture and the boxes on it."""

from dataclasses import dataclass, field
from pathlib import Path

from labelpulse.core.answers import clean, number
from labelpulse.core.errors import SkipRecord
from labelpulse.ingest.known import Picture as Known
from labelpulse.ingest.plain_xml import NotPlainXmlError, read_xml
from labelpulse.ingest.shapes import Picture

LARGEST = 16 * 1024 * 1024
CORNERS = ("xmin", "ymin", "xmax", "ymax")

Values = dict[str, str]
"""Path of a tag below its parent -> its text."""


@dataclass(frozen=True, slots=True)
class VocObject:
    """A box: its corners in pixels as the file has them."""

    label: str
    corners: tuple[float, ...]
    difficult: bool


@dataclass(frozen=True, slots=True)
class VocPicture:
    """A picture: its name in the file ("" = none), width and height in pixels."""

    name: str
    size: tuple[float, float]
    objects: tuple[VocObject, ...]

    def known(self, *, from_zero: bool) -> Known:
        """Return the boxes in shares of the picture.

        Args:
            from_zero: corners are places from 0 on; else pixels from 1 on, both belonging to the
                box, so that 1 to 10 are ten pixels from the very edge.
        """
        picture, known = Picture(*self.size), Known()
        first = 0 if from_zero else 1
        for one in self.objects:
            left, top, right, bottom = one.corners
            if right < left or bottom < top:
                raise SkipRecord("bad_value", "a box in it ends before it begins")
            width, height = right - left + first, bottom - top + first
            box = picture.box(left - first, top - first, width, height, one.label)
            known.add("boxes", box, one.label)
        return known


@dataclass(slots=True)
class _Tags:
    """What is open while a file is read, and what was gathered."""

    path: list[str] = field(default_factory=list)
    picture: Values = field(default_factory=dict)
    objects: list[Values] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self.path.append(name)
        self.text.clear()
        if self.path == ["annotation", "object"]:
            self.objects.append({})

    def end(self, _name: str) -> None:
        root, *below = self.path
        inside = below[:1] == ["object"]
        into = self.objects[-1] if inside else self.picture
        if root == "annotation" and below:
            into.setdefault("/".join(below[1:] if inside else below), "".join(self.text).strip())
        self.path.pop()
        self.text.clear()


def read_picture(path: Path) -> VocPicture:
    """Return what a file says.

    Raises:
        SkipRecord: it is no such file, or an object in it is none.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise SkipRecord("too_large", "it is larger than 16 MiB")
        raw = path.read_bytes()
    except OSError as error:
        raise SkipRecord("unreadable", f"it cannot be read ({type(error).__name__})") from None
    tags = _Tags()
    try:
        read_xml(raw, tags.start, tags.end, tags.text.append)
    except NotPlainXmlError:
        raise SkipRecord(
            "bad_xml", "it is no plain XML: entities and document types are refused"
        ) from None
    if not tags.picture and not tags.objects:
        raise SkipRecord("no_annotation", "it is no annotation in Pascal VOC's form")
    size = _number(tags.picture, "size/width"), _number(tags.picture, "size/height")
    name = clean(tags.picture.get("filename", ""))
    return VocPicture(name, size, tuple(map(_object, tags.objects)))


def _object(values: Values) -> VocObject:
    label = clean(values.get("name", ""))
    if not label:
        raise SkipRecord("missing_label", "an object in it has no name")
    corners = tuple(_number(values, f"bndbox/{one}") for one in CORNERS)
    return VocObject(label, corners, values.get("difficult") == "1")


def _number(values: Values, name: str) -> float:
    try:
        return number(values.get(name, ""))
    except ValueError:
        raise SkipRecord("bad_value", f"{name} is missing in it, or no number") from None
