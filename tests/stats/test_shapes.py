"""Likeness of shapes, against pixels counted one by one and values worked out by hand."""

from math import pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelpulse.stats import masks, shapes

sides = st.integers(0, 12)
box = st.tuples(sides, sides, sides, sides)
boxes = st.lists(box, min_size=1, max_size=4)


def cells(one: tuple[int, ...]) -> set[tuple[int, int]]:
    x, y, width, height = one
    return {(i, j) for i in range(x, x + width) for j in range(y, y + height)}


def by_cells(a: tuple[int, ...], b: tuple[int, ...]) -> float:
    one, other = cells(a), cells(b)
    if not one | other:
        return float(a == b)
    return len(one & other) / len(one | other)


def floats(rows: list[tuple[int, ...]]) -> np.ndarray:
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


@given(boxes, boxes)
def test_boxes_overlap_as_their_cells_do(a, b):
    expected = [[by_cells(one, other) for other in b] for one in a]
    np.testing.assert_allclose(shapes.box_iou(floats(a), floats(b)), expected, atol=1e-12)


@given(boxes, boxes)
@settings(max_examples=50)
def test_boxes_as_polygons_overlap_as_boxes(a, b):
    a, b = ([one for one in some if one[2] and one[3]] for some in (a, b))
    if a and b:
        areas = [[shapes.area([shapes.box_corners(*one)]) for one in some] for some in (a, b)]
        as_boxes = shapes.box_iou(floats(a), floats(b))
        np.testing.assert_allclose(shapes.area_iou(*areas), as_boxes, atol=1e-9)


def test_a_turned_box_hangs_from_its_top_left_corner():
    """A quarter clockwise lays a box of 2 × 1 to the left of its corner, below it."""
    turned = shapes.area([shapes.box_corners(3, 3, 2, 1, 90)])
    assert np.allclose(turned.bounds, (2, 3, 3, 5))
    upright = shapes.area([shapes.box_corners(2, 3, 1, 2)])
    assert shapes.area_iou([turned], [upright])[0, 0] == pytest.approx(1)


def test_a_square_on_its_corner():
    """Turned by 45° about the middle of its top left corner: the octagon is 2√2 - 2 of it."""
    square = shapes.box_corners(-0.5, -0.5, 1, 1)
    octagon = 2 * sqrt(2) - 2
    iou = octagon / (2 - octagon)
    both = [shapes.area([square]), shapes.area([shapes.turned(square, 45)])]
    assert shapes.area_iou(both[:1], both[1:])[0, 0] == pytest.approx(iou)
    assert both[1].area == pytest.approx(1)


def test_a_bow_tie_has_the_area_of_its_two_loops():
    tie = [(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)]
    assert shapes.area([tie]).area == pytest.approx(0.5)
    square = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    found = shapes.area_iou([shapes.area([tie])], [shapes.area([square]), shapes.area([tie])])
    np.testing.assert_allclose(found, [[0.5, 1.0]])


def test_a_hole_is_not_inside():
    outer = [(0, 0), (4, 0), (4, 4), (0, 4)]
    hole = [(1, 1), (3, 1), (3, 3), (1, 3)]
    assert shapes.area([outer, hole]).area == 12
    assert shapes.area_iou([shapes.area([outer, hole])], [shapes.area([hole])])[0, 0] == 0


@pytest.mark.parametrize("points", [[(0.5, 0.5)], [(0, 0), (1, 1)], [(0, 0), (0.5, 0.5), (1, 1)]])
def test_points_without_area_are_a_thick_line(points):
    line = shapes.area([points])
    assert line.area > 0
    far = shapes.area([[(x + 0.5, y - 0.5) for x, y in points]])
    found = shapes.area_iou([line], [shapes.area([points]), far])
    np.testing.assert_allclose(found, [[1, 0]])


def test_an_ellipse_has_its_area_and_turns_about_its_centre():
    ellipse = shapes.area([shapes.ellipse_corners(0.5, 0.5, 0.2, 0.1)])
    assert ellipse.area == pytest.approx(pi * 0.02)
    turned = shapes.area([shapes.ellipse_corners(0.5, 0.5, 0.1, 0.2, 90)])
    assert shapes.area_iou([ellipse], [turned])[0, 0] == pytest.approx(1)


def test_points_are_alike_by_distance():
    near = shapes.point_likeness(np.array([[0.5, 0.5]]), np.array([[0.53, 0.54], [0.52, 0.5]]))
    np.testing.assert_allclose(near, [[0.5, 0.8]])


# --- masks: packed here by a writer of our own ---


def packed(values: list[int], runs: list[tuple[bool, int]], word: int = 8) -> list[int]:
    """The code of values, as runs (alike, length) that a test chooses."""
    bits = f"{len(values):032b}{word - 1:05b}" + "".join(f"{one - 1:04b}" for one in (3, 4, 8, 16))
    at = 0
    for alike, length in runs:
        kind = next(k for k, size in enumerate((3, 4, 8, 16)) if length <= 2**size)
        size = (3, 4, 8, 16)[kind]
        bits += f"{int(alike)}{kind:02b}{length - 1:0{size}b}"
        for value in values[at : at + (1 if alike else length)]:
            bits += f"{value:0{word}b}"
        at += length
    assert at == len(values)
    bits += "0" * (-len(bits) % 8)
    return [int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)]


def test_a_mask_is_where_its_alpha_is():
    alpha = [0, 0, 255, 255, 0, 7]
    values = [part for one in alpha for part in (9, 9, 9, one)]
    code = packed(values, [(True, 3), (False, 5), (False, 16)])
    assert masks.unpack(code, 3, 2).tolist() == [one > 0 for one in alpha]


def test_a_large_mask_in_long_runs():
    values = [0] * 4_000 + [255] * 36_000
    found = masks.unpack(packed(values, [(True, 4_000), (True, 36_000)]), 100, 100)
    assert (found.sum(), len(found)) == (9_000, 10_000)


GREY = [0, 0, 0, 48, 57, 27, 254, 19, 0, 143, 254, 54, 8, 192, 45, 255, 198, 0]
"""@thi.ng/rle-pack 3.2.12 of 4 x 3 pixels whose four channels are the opacity."""

COLOURED = [
    *(0, 0, 0, 48, 57, 27, 254, 19, 0, 31, 253, 224, 30, 3, 253, 224, 30, 2, 48, 3, 127, 239),
    *(0, 240, 31, 239, 0, 240, 31, 239, 0, 240, 17, 128, 0),
]
"""The same encoder, of the same mask in the colour (255, 120, 7, 128), without a faint pixel."""

SQUARE = [
    *(0, 0, 6, 64, 57, 27, 254, 251, 0, 143, 255, 81, 128, 98, 127, 252, 78, 1, 137, 255, 241, 56),
    *(6, 39, 255, 196, 224, 24, 159, 255, 19, 128, 98, 127, 252, 78, 1, 137, 255, 241, 56, 6, 39),
    *(255, 196, 224, 24, 159, 255, 19, 128, 98, 127, 252, 78, 1, 137, 255, 248, 13, 24, 0),
]
"""mask2rle of label-studio-sdk 2.1.2: 20 x 20 pixels, 255 in (3, 3) and in a square of 10 x 10."""


def test_codes_that_the_original_encoders_wrote():
    opacity = [0, 0, 0, 0, 0, 255, 96, 0, 255, 255, 255, 0]
    for code in (GREY, COLOURED):
        assert masks.unpack(code, 4, 3).tolist() == [one > 0 for one in opacity]
    square = np.zeros((20, 20), dtype=bool)
    square[3, 3] = square[5:15, 5:15] = True
    assert (masks.unpack(SQUARE, 20, 20).reshape(20, 20) == square).all()


@pytest.mark.parametrize("code", [[], [0, 0, 0], packed([1] * 16, [(True, 16)])[:-3]])
def test_a_broken_mask_says_so(code):
    with pytest.raises(ValueError, match="mask"):
        masks.unpack(code, 2, 2)
    with pytest.raises(ValueError, match="another size"):
        masks.unpack(packed([1] * 16, [(True, 16)]), 3, 3)


def test_masks_overlap_by_their_pixels():
    a, b = np.zeros(10, dtype=bool), np.zeros(10, dtype=bool)
    a[:4], b[2:8] = True, True
    nothing = np.zeros(10, dtype=bool)
    assert shapes.mask_iou([a, nothing], [b, nothing]).tolist() == [[2 / 8, 0], [0, 1]]


# --- tracks ---


def track(*keyframes: tuple[float, ...]) -> np.ndarray:
    return np.array(keyframes, dtype=np.float64)


def test_a_track_moves_evenly_between_its_keyframes():
    """Frame by frame 0, .1, .2 against a box that stays: overlaps 1, .9, .8 of 1."""
    moving = track((1, 0.0, 0, 1, 1, 0, 1), (3, 0.2, 0, 1, 1, 0, 1))
    still = track((1, 0.0, 0, 1, 1, 0, 1), (3, 0.0, 0, 1, 1, 0, 1))
    assert shapes.track_iou([moving], [still])[0, 0] == pytest.approx(2.7 / 3.3)


def test_a_track_is_not_where_it_is_hidden():
    """Frames 1 to 4 and 1 to 2: shown from 1 until it is hidden at 3."""
    whole = track((1, 0, 0, 1, 1, 0, 1), (4, 0, 0, 1, 1, 0, 1))
    half = track((1, 0, 0, 1, 1, 0, 1), (3, 0, 0, 1, 1, 0, 0), (4, 0, 0, 1, 1, 0, 0))
    assert shapes.track_iou([whole], [half, whole]).tolist() == [[0.5, 1.0]]


def test_a_long_film_is_looked_at_in_steps():
    a = track((0, 0, 0, 1, 1, 0, 1), (1e6, 0, 0, 1, 1, 0, 1))
    b = track((0, 0, 0, 1, 1, 0, 1), (5e5, 0, 0, 1, 1, 0, 1))
    assert shapes.track_iou([a], [b])[0, 0] == pytest.approx(0.5, abs=1e-3)
