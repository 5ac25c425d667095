"""Canonical shapes: pixels, per cent and shares give one shape, and it is read back as drawn.

The truth is worked out on a picture of 200 × 100 pixels, by counting pixels.
"""

import json
from typing import Any

import numpy as np
import pytest

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import Scale, canonical
from labelpulse.ingest.shapes import (
    Picture,
    in_order,
    mask,
    number,
    pairs,
    relation,
    stretch,
    track,
)
from labelpulse.metrics.regions import regions_of, similarity

WIDTH, HEIGHT = 200, 100
PIXELS, PERCENT, SHARES = Picture(WIDTH, HEIGHT), Picture(100, 100), Picture()


def alike(a: list[Any], b: list[Any], scale: Scale = Scale.GEOMETRY) -> float:
    """How alike two shapes are as match_f1 sees them, after a journey through JSON."""
    one, other = (regions_of(canonical([shape]), scale, ellipses=False) for shape in (a, b))
    return float(similarity(one, other)[0, 0]) / 1e6


def covered(shape: list[Any]) -> np.ndarray:
    """Which pixels of the picture a shape covers, by asking every pixel's centre."""
    import shapely

    from labelpulse.metrics.regions import _solid

    (region,) = regions_of(canonical([shape]), Scale.GEOMETRY, ellipses=False)
    x, y = np.meshgrid((np.arange(WIDTH) + 0.5) / WIDTH, (np.arange(HEIGHT) + 0.5) / HEIGHT)
    found: np.ndarray = shapely.contains_xy(_solid(region.place), x, y)
    return found


def test_units_make_no_difference():
    box = [0.1, 0.2, 0.25, 0.4, "cat"]
    assert PIXELS.box(20, 20, 50, 40, "cat") == box
    assert PERCENT.box(10, 20, 25, 40, "cat") == box
    assert SHARES.box(0.1, 0.2, 0.25, 0.4, "cat") == box
    assert PIXELS.corners(70, 60, 20, 20, "cat") == box
    assert PIXELS.point(20, 20, None) == [0.1, 0.2, None]
    ring = [[20, 20], [70, 20], [70, 60]]
    assert PIXELS.polygon([ring], "cat") == [[[[0.1, 0.2], [0.35, 0.2], [0.35, 0.6]]], "cat"]
    assert PIXELS.polygon([pairs([20, 20, 70, 20, 70, 60])], "cat") == PIXELS.polygon([ring], "cat")


@pytest.mark.parametrize(
    ("shape", "truth"),
    [
        (PIXELS.box(20, 20, 50, 40, "cat"), 50 * 40),
        (PIXELS.corners(20, 20, 70, 60, "cat", 90), 50 * 40),
        (PIXELS.polygon([[(20, 20), (70, 20), (70, 60), (20, 60)]], "cat"), 50 * 40),
        (PIXELS.ellipse(100, 50, 40, 20, "cat"), np.pi * 40 * 20),
        (PIXELS.ellipse(100, 50, 40, 20, "cat", 90), np.pi * 40 * 20),
    ],
)
def test_an_area_is_as_large_as_it_was_drawn(shape, truth):
    assert covered(shape).sum() == pytest.approx(truth, rel=0.01)


def test_a_hole_is_no_part_of_a_polygon():
    rings = [[(0, 0), (100, 0), (100, 100), (0, 100)], [(25, 25), (75, 25), (75, 75), (25, 75)]]
    shape = PIXELS.polygon(rings, "cat")
    assert covered(shape).sum() == 100 * 100 - 50 * 50


def test_what_is_turned_is_turned_about_its_own_centre():
    """A box of 60 × 20 pixels about (100, 50), turned by a right angle, covers 20 × 60 about it."""
    turned = covered(PIXELS.corners(70, 40, 130, 60, "cat", 90))
    upright = covered(PIXELS.box(90, 20, 20, 60, "cat"))
    assert (turned == upright).all()
    assert covered(PIXELS.corners(70, 40, 130, 60, "cat", 180)).sum() == 60 * 20
    ellipse = covered(PIXELS.ellipse(100, 50, 40, 20, "cat", 90))
    assert (ellipse == covered(PIXELS.ellipse(100, 50, 20, 40, "cat"))).mean() > 0.999


def test_likeness_is_that_of_the_pixels():
    a, b = PIXELS.box(0, 0, 100, 100, "cat"), PIXELS.box(50, 0, 100, 100, "dog")
    assert alike(a, b) == pytest.approx(1 / 3, abs=1e-6)


def test_masks_meet_pixel_by_pixel():
    left = mask([0, *[100, 100] * HEIGHT], WIDTH, HEIGHT, "cat")
    half = mask([0, *[50, 150] * HEIGHT], WIDTH, HEIGHT, "cat")
    assert alike(left, half) == pytest.approx(0.5)
    assert alike(left, left) == 1


def test_a_line_is_near_its_like_only():
    line = PIXELS.line([(0, 50), (200, 50)], "lane")
    assert alike(line, line) == 1
    assert alike(line, PIXELS.line([(0, 90), (200, 90)], "lane")) == 0
    assert 0.3 < alike(line, PIXELS.line([(0, 50.5), (200, 50.5)], "lane")) < 1


def test_an_ellipse_among_boxes_stays_an_ellipse():
    ellipse, box = PIXELS.ellipse(100, 50, 50, 25, "cat"), PIXELS.box(50, 25, 100, 50, "cat")
    assert alike(ellipse, box) == pytest.approx(np.pi / 4, abs=0.01)


def test_a_track_is_compared_frame_by_frame():
    def film(x: int) -> list[Any]:
        return track([PIXELS.frame(at, x, 0, 100, 100) for at in (9, 0)], "car")

    assert film(0)[0][0][0] == 0, "in order of frames"
    assert alike(film(0), film(50)) == pytest.approx(1 / 3, abs=1e-6)
    gone = track([PIXELS.frame(0, 0, 0, 100, 100), PIXELS.frame(5, 0, 0, 100, 100, shown=False)], 1)
    assert 0 < alike(film(0), gone) < 1


def test_a_span_is_its_slice_of_the_text():
    text = "Zażółć 🌱 in Kraków"
    at = text.index("Kraków")
    span = stretch(at, at + len("Kraków"), "LOC")
    assert text[slice(*span[:2])] == "Kraków"
    assert alike(span, stretch(at, at + 3, "LOC"), Scale.SPAN) == pytest.approx(0.5)
    seconds = stretch(1.25, 3.5, "speech")
    assert alike(seconds, seconds, Scale.SPAN) == 1
    tie = relation(stretch(0, 6, "PER"), span, "lives in")
    assert alike(tie, tie, Scale.SPAN) == 1
    assert alike(tie, relation(stretch(0, 6, "PER"), stretch(90, 99, "LOC"), "is"), Scale.SPAN) == 0


def test_the_order_of_drawing_makes_no_difference():
    shapes = [PIXELS.box(20, 20, 50, 40, "cat"), PIXELS.point(5, 5, "eye"), [0, 4, "PER"]]
    assert in_order(shapes) == in_order(reversed(shapes))
    assert json.loads(canonical(in_order(shapes))) == in_order(shapes)
    assert in_order([]) == []


@pytest.mark.parametrize(
    "draw",
    [
        lambda: Picture(0, 100),
        lambda: Picture(100, float("nan")),
        lambda: PIXELS.box(1, 2, "3", 4, "cat"),
        lambda: PIXELS.box(1, 2, True, 4, "cat"),
        lambda: PIXELS.polygon([], "cat"),
        lambda: PIXELS.polygon([[]], "cat"),
        lambda: PIXELS.polygon([[(1,)]], "cat"),
        lambda: PIXELS.line([], "cat"),
        lambda: pairs([1, 2, 3]),
        lambda: mask([1, 2], WIDTH, HEIGHT, "cat"),
        lambda: mask([-1, WIDTH * HEIGHT + 1], WIDTH, HEIGHT, "cat"),
        lambda: track([], "cat"),
        lambda: stretch(5, 4, "LOC"),
        lambda: stretch(-1, 4, "LOC"),
        lambda: number(float("inf")),
        lambda: number(10**400),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw):
    with pytest.raises(SkipRecord):
        draw()
