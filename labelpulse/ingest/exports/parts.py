"""The parts of an item, which may be of any type: each as what it should be, or a SkipRecord."""

from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from labelpulse.core.answers import clean
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import canonical
from labelpulse.ingest.fields import content_of, milliseconds, native_id
from labelpulse.ingest.shapes import Picture

Object = dict[str, Any]

# What controls are called where a tool has shapes and spans, but no questions.
BOXES, POLYGONS, LINES, POINTS, ELLIPSES = "boxes", "polygons", "lines", "points", "ellipses"
MASKS, TRACKS, SPANS, RELATIONS, TAGS = "masks", "tracks", "spans", "relations", "tags"
SEGMENTS = "segments"


def an_object(value: Any, what: str) -> dict[str, Any]:
    """Return an object; None is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise SkipRecord("bad_value", f"its {what} is no object")
    return value


def a_list(value: Any, what: str) -> list[Any]:
    """Return a list; None is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise SkipRecord("bad_value", f"its {what} is no list")
    return value


def objects(value: Any, what: str) -> list[dict[str, Any]]:
    """Return a list of objects; None is an empty one."""
    found = a_list(value, what)
    if not all(isinstance(one, dict) for one in found):
        raise SkipRecord("bad_value", f"its {what} is no list of objects")
    return found


def word(value: Any, what: str) -> str:
    """Return a label or a name as clean text, numbers and yes or no written out."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and clean(value):
        return clean(value)
    if isinstance(value, int | float):
        return str(value)
    raise SkipRecord("bad_value", f"its {what} is missing or no text")


def name(value: Any) -> str | None:
    """Return who somebody is, or None where that is not told."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return clean(value) or None if isinstance(value, str) else None


def identity(value: Any, what: str) -> str:
    """Return an id as text."""
    try:
        return native_id(value)
    except SkipRecord as error:
        raise SkipRecord(error.reason, f"the id of its {what} is missing or no id") from None


def spent(seconds: Any) -> int | None:
    """Return seconds as milliseconds; None where there are none."""
    try:
        return milliseconds(seconds)
    except SkipRecord:
        raise SkipRecord("bad_time_spent", "its time spent is no number of seconds") from None


def size(width: Any, height: Any) -> Picture | None:
    """Return the picture of a size in pixels; None where the size is not told."""
    sides = (width, height)
    told = all(isinstance(one, int | float) and not isinstance(one, bool) for one in sides)
    return Picture(width, height) if told and width > 0 and height > 0 else None


def points(value: Any, what: str = "points") -> list[tuple[Any, Any]]:
    """Return points given as objects with x and y, in a list or numbered."""
    if isinstance(value, dict) and value and all(key.isdecimal() for key in value):
        value = [value[key] for key in sorted(value, key=int)]
    return [(one.get("x"), one.get("y")) for one in objects(value, what)]


def hashed(*said: Any) -> str:
    """Return an id made of what tells a submission from others, where a tool gives it none."""
    return blake2b(canonical(said).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def shown(address: Any) -> str:
    """Return a digest of what an address shows; what changes from export to export is left out."""
    text = address.partition("?")[0] if isinstance(address, str) else ""
    return content_of(text)


def main_author(makers: Iterable[str | None]) -> tuple[str | None, list[str]]:
    """Return who made most of something, the first among equals, and the others that took part.

    Where a tool has one answer an item, several people in it divided the work: nobody repeated it.

    >>> main_author(["ana", "ben", None, "ben"])
    ('ben', ['ana'])
    """
    counts = Counter(one for one in makers if one is not None)
    if not counts:
        return None, []
    author = max(counts, key=lambda one: counts[one])
    return author, [one for one in counts if one != author]


def in_groups(found: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    """Return values by key, in the order of the first of each."""
    groups: dict[Any, list[Any]] = {}
    for key, value in found:
        groups.setdefault(key, []).append(value)
    return groups
