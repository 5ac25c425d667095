"""Canonical shapes and stretches, as every collector hands them over, in relative units.

=============  ===================================================================================
box            ``[x, y, width, height, label]``, each a share 0-1 of the picture, from its top left
ellipse        ``[{"ellipse": [x, y, radius x, radius y]}, label]``
point          ``[x, y, label]``
polygon        ``[[[[x, y], …], …], label]``: rings of points, holes after the outer one
line           ``[{"line": [[x, y], …]}, label]``
mask           ``[{"runs": [out, in, out, …], "size": [width, height]}, label]``: pixels row by row
video track    ``[[[frame, x, y, width, height, rotation, shown], …], label]``
text span      ``[start, end, label]``: code points, end exclusive
audio, video   ``[start, end, label]``: seconds
relation       ``[from, to, type]``: each end a span or shape with its label
=============  ===================================================================================

A turned box ends in its degrees clockwise about its top left corner and, where the picture's size
is known, in ``{"aspect": width / height}``, without which nobody could turn it. The label is None
where there is none, and a sorted list where there are several. What else must be equal for two
shapes to be compared at all (which picture of several) is a last ``{"item": n}``.
Numbers are rounded to 8 places and whole ones are integers, so that equal shapes are equal JSON.
Label Studio's own forms (`label_studio_regions`) are older and beside these: an ellipse as four
numbers under a control of that kind, a brush as ``{"rle": …}``, a place in a document as a pair.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import canonical

Shape = list[Any]
Point = tuple[float, float]
PLACES = 8


def number(value: Any) -> int | float:
    """Return a finite number, rounded to 8 places and an integer where it is whole.

    Raises:
        SkipRecord: it is none.
    """
    if type(value) is float and math.isfinite(value):  # most by far: shapes have thousands
        rounded = round(value, PLACES)
        return int(rounded) if rounded.is_integer() else rounded
    if type(value) is int and abs(value) < 2**53:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not _fits(value):
        raise SkipRecord("bad_value", "a number is missing in it, or is none")
    return number(float(value))


def _fits(value: int | float) -> bool:
    return math.isfinite(value) if isinstance(value, float) else abs(value) < 2**53


@dataclass(frozen=True, slots=True)
class Picture:
    """How large a picture is in the units its shapes come in, so that they can become shares.

    Pixels of a picture of 640 × 480 are ``Picture(640, 480)``, percent ``Picture(100, 100)`` and
    shares themselves ``Picture()``.

    >>> Picture(640, 480).box(64, 48, 320, 240, "cat")
    [0.1, 0.1, 0.5, 0.5, 'cat']
    """

    width: float = 1.0
    height: float = 1.0

    def __post_init__(self) -> None:
        if not (number(self.width) > 0 and number(self.height) > 0):
            raise SkipRecord("bad_size", "the size of its picture is missing or not above zero")

    @property
    def _aspect(self) -> dict[str, Any]:
        """Width over height; nothing where they are equal, or shares, so that nobody knows."""
        same = self.width == self.height
        return {} if same else {"aspect": number(self.width / self.height)}

    def at(self, x: Any, y: Any) -> list[int | float]:
        """Return a place as shares."""
        return [number(number(x) / self.width), number(number(y) / self.height)]

    def box(
        self, left: Any, top: Any, width: Any, height: Any, label: Any, degrees: Any = 0
    ) -> Shape:
        """Return a box; `degrees` turn it clockwise about its top left corner."""
        turn = number(number(degrees) % 360)
        rest = [turn, self._aspect] if turn else []
        return [*self.at(left, top), *self.at(width, height), label, *filter(None, rest)]

    def corners(self, x0: Any, y0: Any, x1: Any, y1: Any, label: Any, degrees: Any = 0) -> Shape:
        """Return a box by two opposite corners, turned clockwise about its centre.

        >>> Picture(100, 100).corners(10, 20, 30, 60, "cat")
        [0.1, 0.2, 0.2, 0.4, 'cat']
        >>> Picture(100, 100).corners(0, 0, 20, 10, "cat", 90)[:2]
        [0.15, -0.05]
        """
        left, right = sorted((number(x0), number(x1)))
        top, bottom = sorted((number(y0), number(y1)))
        width, height = right - left, bottom - top
        turn = math.radians(number(degrees) % 360)
        if turn:  # the top left corner, turned about the centre
            middle = (left + width / 2, top + height / 2)
            left = middle[0] - width / 2 * math.cos(turn) + height / 2 * math.sin(turn)
            top = middle[1] - width / 2 * math.sin(turn) - height / 2 * math.cos(turn)
        return self.box(left, top, width, height, label, degrees)

    def ellipse(
        self, x: Any, y: Any, radius_x: Any, radius_y: Any, label: Any, degrees: Any = 0
    ) -> Shape:
        """Return an ellipse; `degrees` turn it clockwise about its centre."""
        turn = number(number(degrees) % 360)
        where: dict[str, Any] = {"ellipse": [*self.at(x, y), *self.at(radius_x, radius_y)]}
        return [where | ({"degrees": turn, **self._aspect} if turn else {}), label]

    def point(self, x: Any, y: Any, label: Any) -> Shape:
        """Return a point."""
        return [*self.at(x, y), label]

    def polygon(self, rings: Iterable[Iterable[Sequence[Any]]], label: Any) -> Shape:
        """Return a polygon: its outer ring, then its holes."""
        found = [self._along(ring) for ring in rings]
        if not found or not all(found):
            raise SkipRecord("bad_value", "a polygon in it has no points")
        return [found, label]

    def line(self, points: Iterable[Sequence[Any]], label: Any) -> Shape:
        """Return an open line."""
        found = self._along(points)
        if not found:
            raise SkipRecord("bad_value", "a line in it has no points")
        return [{"line": found}, label]

    def _along(self, points: Iterable[Sequence[Any]]) -> list[list[int | float]]:
        return [self.at(*_pair(one)) for one in points]

    def frame(
        self, at: Any, left: Any, top: Any, width: Any, height: Any, *, shown: bool = True
    ) -> list[int | float]:
        """Return one keyframe of a track."""
        return [number(at), *self.at(left, top), *self.at(width, height), 0, int(shown)]


def _pair(point: Sequence[Any]) -> tuple[Any, Any]:
    if not isinstance(point, list | tuple) or len(point) < 2:
        raise SkipRecord("bad_value", "a point in it is no pair of numbers")
    return point[0], point[1]


def pairs(flat: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Return the points of a flat list of numbers (x, y, x, y …).

    >>> pairs([1, 2, 3, 4])
    [(1, 2), (3, 4)]
    """
    if len(flat) % 2:
        raise SkipRecord("bad_value", "a list of points in it has an odd number of numbers")
    return list(zip(flat[::2], flat[1::2], strict=True))


def mask(runs: Sequence[Any], width: Any, height: Any, label: Any) -> Shape:
    """Return a mask by its runs, row by row: how many pixels are out, then in, then out again."""
    size = [number(width), number(height)]
    lengths = [number(one) for one in runs]
    if any(one < 0 or one != int(one) for one in lengths) or sum(lengths) != size[0] * size[1]:
        raise SkipRecord("bad_value", "the runs of a mask in it do not fill its picture")
    return [{"runs": lengths, "size": size}, label]


def track(frames: Iterable[list[int | float]], label: Any) -> Shape:
    """Return a track of keyframes, which `Picture.frame` makes."""
    found = sorted(frames, key=lambda one: one[0])
    if not found:
        raise SkipRecord("bad_value", "a track in it has no frames")
    return [found, label]


def stretch(start: Any, end: Any, label: Any) -> Shape:
    """Return a span of text (code points, end exclusive) or of a recording (seconds)."""
    first, last = number(start), number(end)
    if last < first or first < 0:
        raise SkipRecord("bad_value", "a span in it ends before it begins")
    return [first, last, label]


def in_order(shapes: Iterable[Shape]) -> list[Shape]:
    """Return the shapes of one answer in their canonical order; [] = nothing is there.

    >>> in_order([[5, 9, "LOC"], [0, 4, "PER"]])
    [[0, 4, 'PER'], [5, 9, 'LOC']]
    """
    return sorted(shapes, key=canonical)


def relation(start: Shape, end: Shape, kind: Any) -> Shape:
    """Return a relation between two spans or shapes."""
    return [start, end, kind]
