"""Marks of a drawing task, in pixels of the subject -> canonical shapes.

The older classifier gives a mark's corner or centre as ``x`` and ``y`` and turns ellipses
counter-clockwise; the newer one says ``x_center`` and turns everything clockwise.
"""

from collections.abc import Callable, Mapping
from typing import Any

from labelpulse.core.errors import SkipRecord
from labelpulse.ingest.shapes import Picture, Shape, number

Mark = Mapping[str, Any]
Sizes = Mapping[int, tuple[Any, Any]]
"""Frame of a subject -> width and height of its picture."""

_PLACES = ("x", "x1", "x_center", "points", "pathX")


def is_mark(one: Mapping[str, Any]) -> bool:
    """Return True for an object with a place on a picture."""
    return any(key in one for key in _PLACES)


def sizes_of(metadata: Mapping[str, Any]) -> Sizes:
    """Return the sizes of the subject's pictures, as the browser saw them."""
    told = metadata.get("subject_dimensions")
    return {
        frame: (one["naturalWidth"], one["naturalHeight"])
        for frame, one in enumerate(told if isinstance(told, list) else ())
        if isinstance(one, dict) and one.get("naturalWidth") and one.get("naturalHeight")
    }


def mark(one: Mark, sizes: Sizes | None) -> Shape | None:
    """Return a mark as a shape; None where its tool is not known.

    Args:
        sizes: None = leave it in pixels.

    Raises:
        SkipRecord: numbers are missing in it, or the size of its picture.
    """
    frame = one.get("frame") or 0
    if sizes is None:
        picture = Picture()
    elif frame in sizes:
        picture = Picture(*sizes[frame])
    else:
        raise SkipRecord("bad_size", "the size of its picture is not told, as it is of others")
    make = _TOOLS.get(str(one.get("toolType", "")), _by_parts(one))
    shape = None if make is None else make(picture, one, _label(one))
    if shape is not None and frame:
        shape = [*shape, {"item": frame}]
    return shape


def _label(one: Mark) -> Any:
    named = one.get("tool_label")
    tool = one.get("toolIndex", one.get("tool"))
    return named or (None if tool is None else f"tool {tool}")


def _box(picture: Picture, one: Mark, label: Any) -> Shape:
    width, height = number(one.get("width")), number(one.get("height"))
    if "x_center" in one:
        left = number(one["x_center"]) - width / 2
        top = number(one.get("y_center")) - height / 2
    else:
        left, top = number(one.get("x")), number(one.get("y"))
    return picture.corners(left, top, left + width, top + height, label, one.get("angle") or 0)


def _ellipse(picture: Picture, one: Mark, label: Any) -> Shape:
    new, turn = "x_center" in one, number(one.get("angle") or 0)
    x, y = (one.get(key) for key in (("x_center", "y_center") if new else ("x", "y")))
    rx, ry = (one.get(key, one.get("r")) for key in ("rx", "ry"))
    return picture.ellipse(x, y, rx, ry, label, turn if new else -turn)


def _point(picture: Picture, one: Mark, label: Any) -> Shape:
    return picture.point(one.get("x"), one.get("y"), label)


def _line(picture: Picture, one: Mark, label: Any) -> Shape:
    ends = [(one.get("x1"), one.get("y1")), (one.get("x2"), one.get("y2"))]
    return picture.line(ends, label)


def _path(one: Mark) -> list[tuple[Any, Any]]:
    if "pathX" in one:
        xs, ys = one.get("pathX"), one.get("pathY")
        if not isinstance(xs, list) or not isinstance(ys, list) or len(xs) != len(ys):
            raise SkipRecord("bad_value", "a path in it has not as many x as y")
        return list(zip(xs, ys, strict=True))
    points = one.get("points")
    if not isinstance(points, list) or not all(isinstance(point, dict) for point in points):
        raise SkipRecord("bad_value", "a mark in it has no points")
    return [(point.get("x"), point.get("y")) for point in points]


def _open(picture: Picture, one: Mark, label: Any) -> Shape:
    return picture.line(_path(one), label)


def _closed(picture: Picture, one: Mark, label: Any) -> Shape:
    return picture.polygon([_path(one)], label)


Make = Callable[[Picture, Mark, Any], Shape]

_TOOLS: Mapping[str, Make] = {
    "point": _point,
    "line": _line,
    "transcriptionLine": _line,
    "rectangle": _box,
    "rotateRectangle": _box,
    "circle": _ellipse,
    "ellipse": _ellipse,
    "polygon": _closed,
    "freehandShape": _closed,
    "freehandSegmentShape": _closed,
    "freehandLine": _open,
    "freehandSegmentLine": _open,
}


def _by_parts(one: Mark) -> Make | None:
    """Return how a mark is read whose tool is not named, as in older exports."""
    if "toolType" in one:
        return None
    if "points" in one:
        return _open if one.get("closed") is False else _closed
    parts: tuple[tuple[str, Make], ...] = (
        *(("pathX", _open), ("x2", _line), ("width", _box), ("rx", _ellipse), ("r", _ellipse)),
        ("y", _point),
    )
    return next((make for key, make in parts if key in one), None)
