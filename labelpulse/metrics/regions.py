"""From the canonical value of an answer to its objects: where each is, and what it is called.

The forms are those of `labelpulse.ingest.shapes`: a region with its label, or a pair
of a region and an answer that was asked for it. A form that we do not know is like its equal only.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelpulse.core.events import Scale
from labelpulse.stats import masks, shapes, spans
from labelpulse.stats.matching import Ints, millionths

Floats = NDArray[np.float64]
Family = tuple[Any, ...]
"""What kind of place it is, and what must be equal besides, e.g. the picture of a list."""

SAME: Family = ("same",)
"""Places of which we only know whether they are equal."""

UNREAD: Family = ("unread",)
"""Masks kept as a picture, or broken: nobody knows what they cover."""


class Region(NamedTuple):
    """One object of an answer.

    Attributes:
        family: places of different families are nowhere alike.
        label: its label, or the answer that was asked for it, as text.
        text: the whole as text; equal exactly when the regions are.
    """

    family: Family
    place: Any
    label: str
    text: str


def regions_of(value: str, scale: Scale, *, ellipses: bool) -> list[Region]:
    """Return the objects of an answer.

    Args:
        value: canonical JSON. ellipses: four numbers are a centre and two radii, no box.
    """
    found = json.loads(value)
    read = _stretch if scale == Scale.SPAN else _shape
    return [read(one, ellipses) for one in (found if isinstance(found, list) else [found])]


def similarity(a: Sequence[Region], b: Sequence[Region]) -> Ints:
    """Return how alike the places of regions are, in millionths: len(a) × len(b)."""
    mine, theirs = _families(a), _families(b)
    if len(mine) == 1 and mine.keys() == theirs.keys():
        (family,) = mine
        return _COMPARE[family[0]]([one.place for one in a], [one.place for one in b])
    found = np.zeros((len(a), len(b)), dtype=np.int64)
    for family in mine.keys() & theirs.keys():
        rows, columns = mine[family], theirs[family]
        places = [a[i].place for i in rows], [b[j].place for j in columns]
        found[np.ix_(rows, columns)] = _COMPARE[family[0]](*places)
    return found


def _families(regions: Sequence[Region]) -> dict[Family, list[int]]:
    found: dict[Family, list[int]] = {}
    for at, one in enumerate(regions):
        found.setdefault(one.family, []).append(at)
    return found


# --- shapes on pictures ---


class Box(NamedTuple):
    """An upright box."""

    x: float
    y: float
    width: float
    height: float


def _shape(value: Any, ellipses: bool) -> Region:
    if isinstance(value, list) and len(value) == 2 and _is_key(value[0]):
        family, place, _ = _placed(value[0], ellipses)
        return Region(family, place, repr(value[1]), repr(value))
    family, place, named = _placed(value, ellipses)
    return Region(family, place, repr(named), repr(value))


def _is_key(head: Any) -> bool:
    """True for a region on its own, as the first of a pair of region and answer."""
    if isinstance(head, dict):
        return "item" in head
    form = _form(head)
    return head is None or (isinstance(head, list) and form not in (POLYGON, TRACK))


POLYGON, TRACK = (3, 2), (2, 7)


def _form(value: Any) -> tuple[int, int]:
    """Return how deep lists are nested, and how long the innermost first one is."""
    depth, length = 0, 0
    while isinstance(value, list) and value:
        depth, length, value = depth + 1, len(value), value[0]
    return depth, length


def _placed(parts: Any, ellipses: bool) -> tuple[Family, Any, Any]:
    """Return the family and the place of a shape, and its label, None where it has none."""
    if not isinstance(parts, list) or not parts:
        return SAME, repr(parts), None
    size = 0
    while size < min(len(parts), 4) and type(parts[size]) in NUMBERS:
        size += 1
    size = 4 if size == 4 else 2 if size > 1 else 1
    degrees, aspect, page, named = 0.0, 1.0, "", None
    for one in parts[size:]:
        if type(one) in NUMBERS:
            degrees = one
        elif isinstance(one, dict) and "aspect" in one:
            aspect = one["aspect"]
        elif isinstance(one, dict):
            page = repr(one)
        else:
            named = one
    if size == 4:
        return ("area", page), _area_of(parts[:4], degrees, aspect, ellipses), named
    if size == 2:
        return ("point", page), (parts[0], parts[1]), named
    family, place = _drawn(parts[0])
    return family if family == UNREAD else (*family, page), place, named


BROKEN = (KeyError, TypeError, ValueError, OverflowError)
"""What a mask raises that is none, or rings that are no points."""

NUMBERS = (int, float)
"""The types of JSON's numbers; a bool is none."""


def _area_of(numbers: Sequence[float], degrees: float, aspect: Any, ellipses: bool) -> Any:
    """A box as four numbers; what is turned or round as a polygon, turned in true proportions."""
    x, y, width, height = numbers
    if not (ellipses or degrees or width < 0 or height < 0):
        return Box(x, y, width, height)
    wide = aspect if type(aspect) in NUMBERS and aspect > 0 else 1.0
    corners = shapes.ellipse_corners if ellipses else shapes.box_corners
    outline = corners(x * wide, y, width * wide, height, degrees)
    return shapes.area([outline / np.array([wide, 1.0])])


def _drawn(head: Any) -> tuple[Family, Any]:
    """A polygon, a track or a mask."""
    form = _form(head)
    try:
        if form == POLYGON:
            return ("area",), shapes.area(head)
        if form == TRACK:
            return ("track",), np.array(head, dtype=np.float64).reshape(-1, 7)
        if isinstance(head, dict):
            return _described(head)
    except BROKEN:
        return (UNREAD if isinstance(head, dict) else SAME), repr(head)
    return SAME, repr(head)


def _described(head: Mapping[str, Any]) -> tuple[Family, Any]:
    """A mask, a line or an ellipse; KeyError and the like where it is none that can be read."""
    if "line" in head:
        return ("area",), shapes.line(head["line"])
    if "ellipse" in head:
        degrees, aspect = head.get("degrees", 0.0), head.get("aspect", 1.0)
        return ("area",), _area_of(head["ellipse"], degrees, aspect, ellipses=True)
    if "png" in head:
        return UNREAD, repr(head)
    if "rle" not in head and "runs" not in head:
        return SAME, repr(head)
    width, height = head["size"]
    family = ("mask", width, height)
    if "runs" in head:
        return family, masks.from_runs(head["runs"], width, height)
    return family, masks.unpack(head["rle"], width, height)


# --- stretches of texts and recordings ---


def _stretch(value: Any, ellipses: bool) -> Region:
    text = repr(value)
    if not isinstance(value, list):
        return Region(SAME, text, "", text)
    if len(value) == 2:
        family, place = _ends(value[0]) if isinstance(value[0], list) else (SAME, text)
        return Region(family, place, repr(value[1]), text)
    if len(value) == 3 and (_is_region(value[0]) or _is_region(value[1])):
        ends = (_end(value[0], ellipses), _end(value[1], ellipses))
        return Region(("relation",), ends, repr(value[2]), text)
    family, place = _ends(value)
    return Region(family, place, repr(value[2] if len(value) > 2 else None), text)


def _is_region(value: Any) -> bool:
    """True for a region as the end of a relation; a place in a document is a pair, too."""
    if not isinstance(value, list):
        return value is None
    return len(value) > 2 or bool(value and isinstance(value[0], list | dict))


def _end(value: Any, ellipses: bool) -> Region:
    """A region in whatever medium; of three parts it is a stretch."""
    three = isinstance(value, list) and len(value) == 3
    return _stretch(value, ellipses) if three else _shape(value, ellipses)


def _ends(parts: list[Any]) -> tuple[Family, Any]:
    if len(parts) < 2:
        return SAME, repr(parts)
    (path, start), (other, end) = _position(parts[0]), _position(parts[1])
    if start is None or end is None or path != other:
        return SAME, repr(parts[:2])
    return ("span", path), (start, end)


def _position(value: Any) -> tuple[Any, float | None]:
    """Return a place in its paragraph (None = there is one only): an offset or a time."""
    if type(value) in NUMBERS:
        return None, float(value)
    if isinstance(value, list) and len(value) == 2 and type(value[1]) in NUMBERS:
        return repr(value[0]), float(value[1])
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None, None
    return None, (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


# --- comparing ---


def _areas(a: Sequence[Any], b: Sequence[Any]) -> Ints:
    if all(isinstance(one, Box) for one in (*a, *b)):
        return millionths(shapes.box_iou(np.array(a), np.array(b)))
    return millionths(shapes.area_iou([_solid(one) for one in a], [_solid(one) for one in b]))


def _solid(place: Any) -> Any:
    return shapes.area([shapes.box_corners(*place)]) if isinstance(place, Box) else place


def _numeric(likeness: Callable[[Floats, Floats], Floats]) -> Callable[..., Ints]:
    return lambda a, b: millionths(likeness(np.array(a), np.array(b)))


def _relations(a: Sequence[Any], b: Sequence[Any]) -> Ints:
    """A relation is as alike as the less alike of its ends."""
    one, other = (similarity([ends[at] for ends in a], [ends[at] for ends in b]) for at in (0, 1))
    return np.minimum(one, other)


def _equal(a: Sequence[Any], b: Sequence[Any]) -> Ints:
    return millionths(np.array([[float(one == other) for other in b] for one in a]))


_COMPARE: Mapping[str, Callable[[Sequence[Any], Sequence[Any]], Ints]] = {
    "area": _areas,
    "point": _numeric(shapes.point_likeness),
    "track": lambda a, b: millionths(shapes.track_iou(a, b)),
    "mask": lambda a, b: millionths(shapes.mask_iou(a, b)),
    "span": _numeric(spans.interval_iou),
    "relation": _relations,
    "same": _equal,
    "unread": _equal,
}
