"""What is drawn on a frame -> canonical shapes: pure.

A skeleton is its visible elements, each labeled ``skeleton/element``; several points of one object
are points; a cuboid on a picture is its outline. A track is drawn on every frame from its first
keyframe to the end of its job, evenly between keyframes, and not where it is outside.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from labelpulse.core.errors import SkipRecord
from labelpulse.ingest import shapes
from labelpulse.ingest.shapes import Picture, Shape, pairs

Numbers = tuple[float, ...]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One object on one frame, in pixels. points: as CVAT writes them for its type."""

    type: str
    label: str
    points: Numbers
    rotation: float = 0.0
    outside: bool = False

    @classmethod
    def of(cls, row: Any, label: str) -> "Drawn":
        """Return the object of a row; SkipRecord where its points cannot be read."""
        return cls(row.type, label, _points(row.points), row.rotation or 0.0, bool(row.outside))


def _points(text: str | None) -> Numbers:
    plain = (text or "").strip().strip("[]")
    try:
        return tuple(float(one) for one in plain.split(",")) if plain else ()
    except ValueError:
        raise SkipRecord("bad_points", "the points of an object on it are no numbers") from None


def drawn(one: Drawn, picture: Picture | None) -> list[Shape]:
    """Return the canonical shapes of an object; none where it is hidden.

    Args:
        picture: its size in pixels; None = not known: shapes stay in pixels.

    Raises:
        SkipRecord: its points do not make such an object, or its kind is not known.
    """
    if one.outside:
        return []
    if one.type not in _DRAW:
        raise SkipRecord("unknown_shape", "an object on it is of a kind that is not known here")
    try:
        return _DRAW[one.type](one, picture)
    except (ValueError, TypeError, OverflowError):
        raise SkipRecord(
            "bad_points", "an object on it has more or fewer points than its kind"
        ) from None


def _rectangle(one: Drawn, picture: Picture | None) -> list[Shape]:
    x0, y0, x1, y1 = one.points
    return [(picture or Picture()).corners(x0, y0, x1, y1, one.label, one.rotation)]


def _ellipse(one: Drawn, picture: Picture | None) -> list[Shape]:
    """Its centre, and the places where it is furthest to the right and furthest up."""
    x, y, right, top = one.points
    radii = abs(right - x), abs(y - top)
    return [(picture or Picture()).ellipse(x, y, *radii, one.label, one.rotation)]


def _polygon(one: Drawn, picture: Picture | None) -> list[Shape]:
    return [(picture or Picture()).polygon([pairs(one.points)], one.label)]


def _polyline(one: Drawn, picture: Picture | None) -> list[Shape]:
    return [(picture or Picture()).line(pairs(one.points), one.label)]


def _dots(one: Drawn, picture: Picture | None) -> list[Shape]:
    return [(picture or Picture()).point(x, y, one.label) for x, y in pairs(one.points)]


def _cuboid(one: Drawn, picture: Picture | None) -> list[Shape]:
    corners = pairs(one.points)
    if len(corners) != 8:
        raise ValueError("no cuboid on a picture")
    return [(picture or Picture()).polygon([outline(corners)], one.label)]


def _skeleton(_one: Drawn, _picture: Picture | None) -> list[Shape]:
    return []  # its elements are drawn


def _mask(one: Drawn, picture: Picture | None) -> list[Shape]:
    """Its runs within a box, row by row, and that box: left, top, right, bottom, all inside."""
    if picture is None:
        raise SkipRecord("bad_size", "it holds a mask, and the size of its picture is not known")
    *runs, left, top, right, bottom = map(int, one.points)
    size = int(picture.width), int(picture.height)
    if not (0 <= left <= right < size[0] and 0 <= top <= bottom < size[1]):
        raise SkipRecord("bad_points", "a mask on it reaches beyond its picture")
    return [shapes.mask(over_all(runs, (left, top, right, bottom), size), *size, one.label)]


_DRAW = {
    "rectangle": _rectangle,
    "ellipse": _ellipse,
    "polygon": _polygon,
    "polyline": _polyline,
    "points": _dots,
    "cuboid": _cuboid,
    "skeleton": _skeleton,
    "mask": _mask,
}


def outline(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the convex outline of points (Andrew's monotone chain).

    >>> outline([(0, 0), (2, 0), (1, 1), (2, 2), (0, 2)])
    [(0, 0), (2, 0), (2, 2), (0, 2)]
    """
    ordered = sorted(set(points))
    return [*_chain(ordered), *_chain(ordered[::-1])]


def _chain(ordered: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for one in ordered:
        while len(found) > 1 and _turn(found[-2], found[-1], one) <= 0:
            found.pop()
        found.append(one)
    return found[:-1]


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def over_all(
    runs: Sequence[int], box: tuple[int, int, int, int], size: tuple[int, int]
) -> list[int]:
    """Return runs within a box as runs over the whole picture, row by row.

    >>> over_all([1, 2, 1], (1, 0, 2, 1), (4, 3))
    [2, 1, 2, 1, 6]

    Raises:
        SkipRecord: the runs do not fill the box.
    """
    left, top, right, bottom = box
    wide = right - left + 1
    if any(one < 0 for one in runs) or sum(runs) != wide * (bottom - top + 1):
        raise SkipRecord("bad_points", "the runs of a mask on it do not fill its box")
    ends = list(accumulate(runs))
    found = [0]
    at = 0  # pixels told so far
    for start, end in zip(ends[::2], ends[1::2], strict=False):
        for row in range(start // wide, -(-end // wide)):  # a run may go over several rows
            first, last = max(start, row * wide), min(end, (row + 1) * wide)
            where = (top + row) * size[0] + left + first - row * wide
            if last > first:
                _add(found, where - at, last - first)
                at = where + last - first
    rest = size[0] * size[1] - at
    return [rest] if len(found) == 1 else [*found, *filter(None, [rest])]


def _add(found: list[int], out: int, inside: int) -> None:
    """Add a run that follows so many pixels that are out; one that touches the last prolongs it."""
    if len(found) == 1:
        found[:] = [out, inside]
    elif out == 0:
        found[-1] += inside
    else:
        found += [out, inside]


# --- tracks ---


@dataclass(frozen=True, slots=True)
class Track:
    """An object followed over frames.

    Attributes:
        keys: frame -> how it is drawn there.
        elements: the tracks of a skeleton's elements.
    """

    label: str
    keys: Mapping[int, Drawn]
    elements: tuple["Track", ...] = ()

    def at(self, frame: int) -> list[Drawn]:
        """Return what is drawn on a frame."""
        found = [] if self.elements else [_between(self.keys, frame)]
        found += [one for element in self.elements for one in element.at(frame)]
        return [one for one in found if one is not None and not one.outside]

    def frames(self) -> list[int]:
        """Return the frames at which somebody placed it."""
        return sorted({*self.keys, *(one for part in self.elements for one in part.keys)})


def _between(keys: Mapping[int, Drawn], frame: int) -> Drawn | None:
    """Return how a track is drawn on a frame; None before its first keyframe."""
    frames = sorted(keys)
    place = bisect_right(frames, frame)
    if not place:
        return None
    before = keys[frames[place - 1]]
    if place == len(frames) or before.outside or frames[place - 1] == frame:
        return before
    after = keys[frames[place]]
    if len(before.points) != len(after.points) or before.type == "mask":
        return before  # which point becomes which is not known
    share = (frame - frames[place - 1]) / (frames[place] - frames[place - 1])
    turn = (after.rotation - before.rotation + 180) % 360 - 180  # the shorter way
    return replace(
        before,
        points=tuple(a + (b - a) * share for a, b in zip(before.points, after.points, strict=True)),
        rotation=before.rotation + turn * share,
    )


def whole(track: Track, pictures: Mapping[int, Picture], last: int) -> Shape | None:
    """Return a track as keyframes of its box, in the order of frames; None where it has none.

    Args:
        pictures: frame -> its size; one that is missing stays in pixels.
        last: the last frame of its job, to which it lasts.
    """
    found = []
    frames = track.frames()
    for frame in [*frames, last] if frames and frames[-1] < last else frames:
        shown = track.at(frame)
        box = _around(shown or _hidden(track, frame))
        if box is not None:
            x0, y0, x1, y1 = box
            picture = pictures.get(frame, Picture())
            found.append(picture.frame(frame, x0, y0, x1 - x0, y1 - y0, shown=bool(shown)))
    return shapes.track(found, track.label) if found else None


def _hidden(track: Track, frame: int) -> list[Drawn]:
    parts = track.elements or (track,)
    return [one for part in parts if (one := _between(part.keys, frame)) is not None]


def _around(objects: Iterable[Drawn]) -> Box | None:
    """Return the box around objects: left, top, right, bottom."""
    try:
        boxes = [_box(one) for one in objects if one.points]
    except ValueError:
        raise SkipRecord("bad_points", "an object of a track has too few points") from None
    if not boxes:
        return None
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def _box(one: Drawn) -> Box:
    if one.type == "mask":
        left, top, right, bottom = one.points[-4:]
        return left, top, right + 1, bottom + 1
    if one.type == "ellipse":
        x, y, right, top = one.points
        return 2 * x - right, top, right, 2 * y - top
    xs, ys = one.points[::2], one.points[1::2]
    return min(xs), min(ys), max(xs), max(ys)
