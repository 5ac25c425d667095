"""A cell of a flattened export -> the regions that Label Studio made it of.

JSON_MIN and CSV drop the type of a result and unpack what seems simple: one choice and one text are
bare strings; everything else is a list of values, or a single value of choices or text. What the
type was follows from the parts of the value, so that the same code values both kinds of export.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from labelpulse.core.answers import number
from labelpulse.core.errors import SkipRecord
from labelpulse.ingest import label_studio_regions as regions
from labelpulse.ingest.label_studio_config import REGIONS, SCALES
from labelpulse.ingest.label_studio_regions import Region

CHOICES, TEXT, NUMBER = "choices", "textarea", "number"
_SIZES = ("original_width", "original_height", "image_rotation", "item_index")
_FIRST = {"sequence": "videorectangle"}  # its labels stand under "labels"
_BY_PART = {
    "selected": "pairwise",
    "radiusX": "ellipse",
    "vertices": "vector",
    "points": "polygon",
    "rle": "brush",
    "height": "rectangle",
    "x": "keypoint",
    "start": "labels",
}
UNKNOWN = "answer"


def unflattened(name: str, cell: Any, strings: str = CHOICES) -> list[Region]:
    """Return the regions of one control in one row; none for an empty cell.

    Args:
        strings: the type of bare strings, which nothing in a cell tells: `CHOICES`, `TEXT`, or
            `NUMBER` where the user says that they are numbers.

    Raises:
        SkipRecord: no answer of Label Studio looks like this.
    """
    values = cell if isinstance(cell, list) else [] if cell is None else [cell]
    return [_region(name, one, strings) for one in values]


def _region(name: str, value: Any, strings: str) -> Region:
    if isinstance(value, str):
        return {"from_name": name, "type": strings, "value": _said(value, strings)}
    if not isinstance(value, dict):
        raise SkipRecord("bad_value", "an answer in it is neither text nor an object")
    sizes = {key: value[key] for key in _SIZES if key in value}
    inside = {key: one for key, one in value.items() if key not in sizes}
    return {"from_name": name, "type": kind_of(inside), "value": inside, **sizes}


def _said(text: str, strings: str) -> dict[str, Any]:
    if strings != NUMBER:
        return {"text" if strings == TEXT else strings: [text]}
    try:
        return {NUMBER: number(text.strip())}
    except ValueError:
        raise SkipRecord("bad_number", "an answer in it is no plain decimal number") from None


def kind_of(value: Mapping[str, Any]) -> str:
    """Return the type of a result by its value; `UNKNOWN` where nothing tells.

    >>> kind_of({"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]}), kind_of({"rating": 4})
    ('labels', 'rating')
    >>> kind_of({"text": ["a", "b"]}), kind_of({"author": "Ada", "text": "Hello"})
    ('textarea', 'answer')
    """
    if isinstance(value.get("text"), list):
        return TEXT
    ways = (_FIRST, {kind: kind for kind in SCALES}, _BY_PART)
    return next((way[key] for way in ways for key in way if key in value), UNKNOWN)


def is_result(cell: Any) -> bool:
    """Return True for what only an answer looks like: objects with the parts of a result."""
    values = cell if isinstance(cell, list) else [cell]
    objects = [one for one in values if isinstance(one, dict)]
    return bool(objects) and all(kind_of(one) != UNKNOWN for one in objects)


def is_per_region(group: list[Region]) -> bool:
    """Return True when answers other than regions stand on a region, or are several.

    A control that is asked once gives one result; the regions' ids, and so where each of several
    answers belongs, are lost in these exports.
    """
    plain = [one for one in group if one["type"] not in REGIONS]
    return len(plain) > 1 or any(_has_place(one) for one in plain)


def _has_place(region: Region) -> bool:
    with suppress(SkipRecord):
        return regions.key(region) is not None
    return True
