"""How alike shapes on a picture are: boxes, polygons, points, masks and tracks; all 0-1.

Places are shares 0-1 of the picture's width and height, y downwards. The intersection over union
of areas does not depend on a picture's proportions.
"""

from collections.abc import Sequence
from math import cos, pi, radians, sin
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from labelpulse.stats.spans import shared

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NEAR = 0.05
"""Points this far apart are half alike; twice as far, not at all."""
LINE = 0.01
"""A shape without area counts as a line of this width to each side."""
ROUND = 64
"""Corners of the polygon in place of an ellipse."""
MAX_FRAMES = 10_000
"""A longer film is looked at in steps."""


# --- boxes ---


def box_iou(a: Floats, b: Floats) -> Floats:
    """Return the IoU of upright boxes, one a row as (x, y, width, height): len(a) × len(b).

    >>> two = np.array([[0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 2.0, 2.0]])
    >>> box_iou(two[:1], two[1:]).round(4).tolist()
    [[0.3333]]
    """
    a, b = a[:, None, :], b[None, :, :]
    low = np.maximum(a[..., :2], b[..., :2])
    sides = np.maximum(np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:]) - low, 0.0)
    inside = sides[..., 0] * sides[..., 1]
    whole = a[..., 2] * a[..., 3] + b[..., 2] * b[..., 3] - inside
    return shared(inside, whole, (a == b).all(axis=-1))


def box_corners(x: float, y: float, width: float, height: float, degrees: float = 0) -> Floats:
    """Return the corners of a box turned clockwise about its top left corner, as tools store it.

    >>> box_corners(0.5, 0.5, 0.2, 0.1, 90).round(6).tolist()
    [[0.5, 0.5], [0.5, 0.7], [0.4, 0.7], [0.4, 0.5]]
    """
    sides = np.array([[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]])
    found: Floats = turned(sides, degrees) + np.array([x, y])
    return found


def ellipse_corners(
    x: float, y: float, radius_x: float, radius_y: float, degrees: float = 0
) -> Floats:
    """Return a polygon of the area of an ellipse, which is turned clockwise about its centre."""
    angles = np.arange(ROUND) * (2 * pi / ROUND)
    wider = (2 * pi / ROUND / sin(2 * pi / ROUND)) ** 0.5
    rim = np.column_stack([np.cos(angles) * radius_x, np.sin(angles) * radius_y])
    found: Floats = turned(rim * wider, degrees) + np.array([x, y])
    return found


def turned(points: Floats, degrees: float) -> Floats:
    """Return points turned clockwise about the origin, as one sees it with y downwards."""
    if not degrees:
        return points
    c, s = cos(radians(degrees)), sin(radians(degrees))
    found: Floats = points @ np.array([[c, s], [-s, c]])
    return found


# --- areas ---


def area(rings: Sequence[ArrayLike]) -> Any:
    """Return the area that rings of points enclose, as shapely's; the first is the outer one.

    A ring that crosses itself encloses what lies inside its loops (a bow tie has two), and points
    without area between them are a thick line.

    >>> area([[(0, 0), (1, 1), (1, 0), (0, 1)]]).area
    0.5
    """
    points = [np.asarray(ring, dtype=np.float64).reshape(-1, 2) for ring in rings]
    outer = points[0]
    if len(outer) > 2:
        found = _solid(shapely.Polygon(outer, [hole for hole in points[1:] if len(hole) > 2]))
        if found.area > 0:
            return found
    return line(outer)


def line(points: ArrayLike) -> Any:
    """Return the area of an open line through points, `LINE` to each side, as shapely's."""
    along = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    shape = shapely.Point(along[0]) if len(along) == 1 else shapely.LineString(along)
    return shape.buffer(LINE)


def _solid(shape: Any) -> Any:
    if shape.is_valid:
        return shape
    parts = shapely.get_parts(shapely.make_valid(shape), return_index=False)
    return shapely.union_all(parts[shapely.area(parts) > 0])


def area_iou(a: Sequence[Any], b: Sequence[Any]) -> Floats:
    """Return the IoU of areas, made by `area`: len(a) × len(b)."""
    one, other = np.array(a, dtype=object), np.array(b, dtype=object)
    found = np.zeros((len(one), len(other)))
    rows, columns = shapely.STRtree(other).query(one)
    inside = shapely.area(shapely.intersection(one[rows], other[columns]))
    whole = shapely.area(one)[rows] + shapely.area(other)[columns] - inside
    found[rows, columns] = inside / whole
    return found


# --- points ---


def point_likeness(a: Floats, b: Floats) -> Floats:
    """Return 1 - distance / (2 NEAR), at least 0, of points (x, y): len(a) × len(b).

    >>> point_likeness(np.array([[0.5, 0.5]]), np.array([[0.5, 0.55]])).round(6).tolist()
    [[0.5]]
    """
    apart = np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=-1))
    found: Floats = np.maximum(1.0 - apart / (2 * NEAR), 0.0)
    return found


# --- masks ---


def mask_iou(a: Sequence[Flags], b: Sequence[Flags]) -> Floats:
    """Return the IoU of masks of one size, from sums of their pixels: len(a) × len(b)."""
    found = np.zeros((len(a), len(b)))
    for i, one in enumerate(a):
        for j, other in enumerate(b):
            inside = np.count_nonzero(one & other)
            whole = np.count_nonzero(one) + np.count_nonzero(other) - inside
            found[i, j] = inside / whole if whole else 1.0
    return found


# --- tracks ---


def track_iou(a: Sequence[Floats], b: Sequence[Floats]) -> Floats:
    """Return the IoU of tracks, in pixels × frames: len(a) × len(b).

    Args:
        a, b: keyframes, one a row as (frame, x, y, width, height, rotation, is it shown), in
            order. Between two of them a box moves evenly; rotation is not looked at.
    """
    found = np.zeros((len(a), len(b)))
    for i, one in enumerate(a):
        for j, other in enumerate(b):
            found[i, j] = _together(one, other)
    return found


def _together(a: Floats, b: Floats) -> float:
    first, last = min(a[0, 0], b[0, 0]), max(a[-1, 0], b[-1, 0])
    step = max(1.0, (last - first + 1) // MAX_FRAMES)
    frames = np.arange(first, last + 1, step)
    one, other = _boxes_at(a, frames), _boxes_at(b, frames)
    low = np.maximum(one[:, :2], other[:, :2])
    high = np.minimum(one[:, :2] + one[:, 2:], other[:, :2] + other[:, 2:])
    inside = np.maximum(high - low, 0.0).prod(axis=1).sum()
    whole = one[:, 2:].prod(axis=1).sum() + other[:, 2:].prod(axis=1).sum() - inside
    return float(inside / whole) if whole > 0 else float(np.array_equal(a, b))


def _boxes_at(track: Floats, frames: Floats) -> Floats:
    """Return the box of each frame; one of no size where the track is not shown."""
    at = np.searchsorted(track[:, 0], frames, side="right") - 1
    shown = (at >= 0) & (frames <= track[-1, 0]) & (track[at, 6] > 0)
    boxes = [np.interp(frames, track[:, 0], track[:, column]) for column in range(1, 5)]
    found: Floats = np.column_stack(boxes) * shown[:, None]
    return found
