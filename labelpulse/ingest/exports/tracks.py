"""Boxes in the frames of a video -> one track, hidden where the tool says it is not there."""

from collections.abc import Iterable, Mapping
from typing import Any

from labelpulse.core.errors import SkipRecord
from labelpulse.ingest.exports.parts import a_list
from labelpulse.ingest.shapes import Picture, Shape, track

Sides = tuple[Any, Any, Any, Any]
"""Left, top, width, height."""


def frame(key: Any) -> int:
    """Return the number of a frame, which JSON has as text where it is a key."""
    if isinstance(key, int) and not isinstance(key, bool):
        return key
    if isinstance(key, str) and key.isascii() and key.isdecimal() and len(key) < 10:
        return int(key)
    raise SkipRecord("bad_value", "a frame in it has no number")


def ranges(value: Any) -> list[tuple[int, int]]:
    """Return stretches of frames, first and last, in order."""
    found = []
    for one in a_list(value, "ranges"):
        if not isinstance(one, list) or len(one) != 2:
            raise SkipRecord("bad_value", "a range of frames in it is no pair")
        found.append((frame(one[0]), frame(one[1])))
    return sorted(found)


def runs(frames: Iterable[int]) -> list[tuple[int, int]]:
    """Return the stretches of frames that follow each other.

    >>> runs([3, 4, 5, 9])
    [(3, 5), (9, 9)]
    """
    found: list[tuple[int, int]] = []
    for one in sorted(frames):
        if found and one == found[-1][1] + 1:
            found[-1] = (found[-1][0], one)
        else:
            found.append((one, one))
    return found


def tracked(
    picture: Picture, boxes: Mapping[int, Sides], shown: Iterable[tuple[int, int]], label: Any
) -> Shape:
    """Return the track of an object.

    Args:
        boxes: by frame; between two of them it moves evenly.
        shown: the stretches in which it is there, in order; none = from first to last box.
    """
    found = {at: picture.frame(at, *sides) for at, sides in boxes.items()}
    stretches = list(shown)
    for at, (_, end) in enumerate(stretches):
        held = max((one for one in boxes if one <= end), default=None)
        if held is None:
            continue
        later = stretches[at + 1][0] if at + 1 < len(stretches) else None
        found.setdefault(end, picture.frame(end, *boxes[held]))
        if later is not None and later > end + 1:
            found[end + 1] = picture.frame(end + 1, *boxes[held], shown=False)
    return track(found.values(), label)
