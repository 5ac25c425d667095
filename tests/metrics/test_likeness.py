"""Every form in which an annotation tool tells a region, compared from its raw result on."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from labelpulse.core.events import Scale, canonical
from labelpulse.ingest.label_studio_values import answers
from labelpulse.metrics.likeness import Comparer
from tests.stats.test_shapes import packed
from tests.warehouse.in_common import in_common

NAMES = ("pairs", "tp", "located", "n_a", "n_b", "iou", "alike", "empty", "score")


def facts(scale: Scale, a: Any, b: Any, *, ellipses: bool = False) -> dict[str, int]:
    """What two values have in common, by name; the same whichever comes first."""
    one, other = canonical(a), canonical(b)
    found = dict(zip(NAMES, Comparer(scale, ellipses=ellipses).facts(one, other), strict=True))
    back = dict(zip(NAMES, Comparer(scale, ellipses=ellipses).facts(other, one), strict=True))
    assert {**back, "n_a": back["n_b"], "n_b": back["n_a"]} == found
    return found


def told(kind: str, value: dict[str, Any], label: str | None = "x", **more: Any) -> dict[str, Any]:
    """A region as Label Studio writes it."""
    named = {} if label is None else {kind: [label]}
    base = {"id": "r", "type": kind, "from_name": "c", "to_name": "t"}
    return {**base, "value": {**value, **named}, **more}


def said(*results: dict[str, Any], control: str = "c") -> Any:
    """The canonical value of what is told."""
    return dict(answers(list(results), {}))[control]


def box(x: float, y: float, width: float, height: float, **more: Any) -> dict[str, Any]:
    return {"x": x, "y": y, "width": width, "height": height, **more}


def compared(kind: str, a: Any, b: Any, scale: Scale = Scale.GEOMETRY, **how: Any) -> float | None:
    """The overlap of two regions with one label; None where they do not match."""
    found = facts(scale, said(told(kind, a)), said(told(kind, b)), **how)
    assert found["pairs"] == found["n_a"] == found["n_b"] == 1
    return found["iou"] / 1e6 if found["tp"] else None


# --- shapes ---


def test_boxes():
    assert compared("rectanglelabels", box(0, 0, 10, 10), box(2, 0, 10, 10)) == 0.666667
    assert compared("rectanglelabels", box(0, 0, 10, 10), box(6, 0, 10, 10)) is None


def test_a_turned_box_covers_what_an_upright_one_does():
    turned = box(50, 50, 20, 10, rotation=90)
    assert compared("rectanglelabels", turned, box(40, 50, 10, 20)) == 1
    assert compared("rectanglelabels", turned, box(50, 50, 20, 10)) is None


def test_a_turned_box_on_a_wide_picture():
    """400 × 100 pixels: a box of 40 × 10 that stands upright is 10 × 40, 0.025 × 0.4 of it."""
    size = {"original_width": 400, "original_height": 100}
    turned = {**told("rectanglelabels", box(50, 50, 10, 10, rotation=90)), **size}
    upright = {**told("rectanglelabels", box(47.5, 50, 2.5, 40)), **size}
    found = facts(Scale.GEOMETRY, said(turned), said(upright))
    assert (found["tp"], found["iou"]) == (1, 1_000_000)
    assert said(turned)[0][-1] == {"aspect": 4}


def test_a_box_and_its_polygon():
    corners = {"points": [[10, 10], [30, 10], [30, 20], [10, 20]]}
    a = said(told("labels", box(10, 10, 20, 10)))
    b = said(told("labels", corners))
    assert facts(Scale.GEOMETRY, a, b)["iou"] == 1_000_000


def test_a_bow_tie():
    tie = {"points": [[0, 0], [50, 50], [50, 0], [0, 50]]}
    square = {"points": [[0, 0], [50, 0], [50, 50], [0, 50]]}
    assert compared("polygonlabels", tie, square) == 0.5


def test_ellipses_are_about_their_centre():
    """As boxes, these would share two thirds; as ellipses side by side they share 0.4."""
    a, b = ({"x": x, "y": 50, "radiusX": 10, "radiusY": 10} for x in (50, 52))
    found = compared("ellipselabels", a, b, ellipses=True)
    assert found is not None
    assert found != compared("ellipselabels", a, b)
    # Two circles, their centres a fifth of the radius apart: 2 acos(.1) - .1 √(4 - .04) of π.
    lens = (2 * 1.4706289056333368 - 0.1 * 3.96**0.5) / 3.141592653589793
    assert found == pytest.approx(lens / (2 - lens), abs=1e-3)


def test_points():
    assert compared("keypointlabels", {"x": 50, "y": 50, "width": 1}, {"x": 53, "y": 54}) == 0.5
    assert compared("keypointlabels", {"x": 50, "y": 50}, {"x": 56, "y": 50}) is None


def mask(pixels: list[int], width: int = 4) -> dict[str, Any]:
    values = [part for one in pixels for part in (0, 0, 0, one)]
    rle = packed(values, [(False, 16)] * (len(values) // 16))
    size = {"original_width": width, "original_height": len(pixels) // width}
    return {**told("brushlabels", {"format": "rle", "rle": rle}), **size}


def test_masks():
    a, b = mask([255] * 6 + [0] * 2), mask([0, 0] + [255] * 4 + [0] * 2)
    assert facts(Scale.GEOMETRY, said(a), said(b))["iou"] == 666_667
    other = mask([255] * 6 + [0] * 2, width=2)
    assert facts(Scale.GEOMETRY, said(a), said(other))["located"] == 0


def test_nothing_is_said_of_masks_that_nobody_can_read():
    broken, png = (
        mask([255] * 4),
        told("bitmasklabels", {"imageDataURL": "data:image/png;base64,A"}),
    )
    broken["value"]["rle"] = broken["value"]["rle"][:5]
    comparer = Comparer(Scale.GEOMETRY, ellipses=False)
    for one in (broken, png):
        value, other = canonical(said(one)), canonical(said(mask([255] * 4)))
        assert comparer.facts(value, value) == comparer.facts(value, other) == ()


def test_tracks():
    def film(end: int) -> dict[str, Any]:
        at = [{"frame": frame, "enabled": True, **box(0, 0, 10, 10)} for frame in (1, end)]
        return {"sequence": at}

    assert compared("videorectangle", film(10), film(8)) == 0.8


def test_regions_on_different_pictures_are_not_the_same():
    a, b = (said(told("rectanglelabels", box(0, 0, 9, 9), item_index=page)) for page in (1, 2))
    assert facts(Scale.GEOMETRY, a, a)["tp"] == 1
    assert facts(Scale.GEOMETRY, a, b)["located"] == 0


def test_labels():
    """Without a label, with another, with several: in place, and not the same."""
    plain = said(told("rectanglelabels", box(0, 0, 9, 9)))
    for other in ([], ["y"], ["x", "y"]):
        region = told("rectanglelabels", box(0, 0, 9, 9, rectanglelabels=other), None)
        found = facts(Scale.GEOMETRY, plain, said(region))
        assert (found["located"], found["tp"], found["alike"]) == (1, 0, 0)


# --- stretches ---


def test_spans_of_a_text():
    a, b = {"start": 0, "end": 10, "text": "…"}, {"start": 4, "end": 10, "text": "…"}
    assert compared("labels", a, b, Scale.SPAN) == 0.6
    assert compared("labels", a, {"start": 10, "end": 20}, Scale.SPAN) is None


def paragraph(start: str, end: str, first: int, last: int) -> dict[str, Any]:
    return {"start": start, "end": end, "startOffset": first, "endOffset": last}


def test_spans_of_paragraphs():
    one = paragraph("2", "2", 0, 10)
    assert compared("paragraphlabels", one, paragraph("2", "2", 0, 5), Scale.SPAN) == 0.5
    assert compared("paragraphlabels", one, paragraph("3", "3", 0, 10), Scale.SPAN) is None
    across = paragraph("2", "3", 5, 4)
    assert compared("paragraphlabels", across, across, Scale.SPAN) == 1
    assert compared("paragraphlabels", across, paragraph("2", "3", 5, 5), Scale.SPAN) is None


def test_seconds_dates_and_frames():
    assert (
        compared("labels", {"start": 1.5, "end": 3.5}, {"start": 2, "end": 3.5}, Scale.SPAN) == 0.75
    )
    a, b = ({"start": "2024-03-31 00:00:00", "end": f"2024-03-31 0{h}:00:00"} for h in (4, 5))
    assert compared("timeserieslabels", a, b, Scale.SPAN) == 0.8
    long, short = ({"ranges": [{"start": 10, "end": end}]} for end in (20, 18))
    assert compared("timelinelabels", long, short, Scale.SPAN) == 0.8


def relation(*places: tuple[int, int], kind: str = "born in") -> Any:
    spans = [
        {**told("labels", {"start": s, "end": e}), "id": str(n)} for n, (s, e) in enumerate(places)
    ]
    link = {
        "type": "relation",
        "from_id": "0",
        "to_id": "1",
        "direction": "right",
        "labels": [kind],
    }
    return said(*spans, link, control="relations")


def test_a_relation_is_as_alike_as_its_worse_end():
    a = relation((0, 10), (20, 30))
    assert facts(Scale.SPAN, a, relation((0, 8), (20, 26)))["iou"] == 600_000
    assert facts(Scale.SPAN, a, relation((0, 8), (20, 24)))["located"] == 0
    assert facts(Scale.SPAN, a, relation((20, 30), (0, 10)))["located"] == 0
    found = facts(Scale.SPAN, a, relation((0, 10), (20, 30), kind="lives in"))
    assert (found["located"], found["tp"]) == (1, 0)


def test_a_relation_of_boxes():
    def link(x: float) -> Any:
        boxes = [
            {**told("rectanglelabels", box(at, 0, 10, 10)), "id": str(n)}
            for n, at in enumerate((x, 50))
        ]
        end = {"type": "relation", "from_id": "0", "to_id": "1", "direction": "right"}
        return said(*boxes, end, control="relations")

    assert facts(Scale.SPAN, link(0), link(2))["iou"] == 666_667


# --- answers for each region ---


def asked(where: dict[str, Any], kind: str, answer: str) -> Any:
    """A choice that belongs to a region, which stands in the same result."""
    region = told(kind, where)
    choice = {
        **region,
        "type": "choices",
        "from_name": "c2",
        "value": {**where, "choices": [answer]},
    }
    return said(region, choice, control="c2")


@pytest.mark.parametrize(
    ("scale", "kind", "a", "b", "iou"),
    [
        (Scale.GEOMETRY, "rectanglelabels", box(0, 0, 10, 10), box(2, 0, 10, 10), 666_667),
        (
            Scale.GEOMETRY,
            "rectanglelabels",
            box(0, 0, 9, 9, rotation=5),
            box(0, 0, 9, 9, rotation=5),
            10**6,
        ),
        (Scale.GEOMETRY, "polygonlabels", *[{"points": [[0, 0], [9, 0], [9, 9]]}] * 2, 10**6),
        (Scale.GEOMETRY, "keypointlabels", {"x": 5, "y": 5}, {"x": 8, "y": 9}, 500_000),
        (Scale.SPAN, "labels", {"start": 0, "end": 10}, {"start": 4, "end": 10}, 600_000),
    ],
)
def test_an_answer_for_a_region_is_compared_where_the_regions_match(scale, kind, a, b, iou):
    found = facts(scale, asked(a, kind, "yes"), asked(b, kind, "yes"))
    assert (found["tp"], found["iou"]) == (1, iou)
    found = facts(scale, asked(a, kind, "yes"), asked(b, kind, "no"))
    assert (found["located"], found["tp"]) == (1, 0)


def test_an_answer_for_a_track_or_a_mask():
    sequence = [{"frame": frame, **box(0, 0, 10, 10)} for frame in (1, 9)]
    for region in (told("videorectangle", {"sequence": sequence}), mask([255] * 8)):
        choice = {**region, "type": "choices", "from_name": "c2"}
        choice["value"] = {**region["value"], "choices": ["yes"]}
        value = said(region, choice, control="c2")
        assert facts(Scale.GEOMETRY, value, value)["iou"] == 1_000_000


# --- anything else ---

labels = st.sampled_from(["a", "b", None])
grid = st.integers(0, 4)
boxes = st.lists(
    st.tuples(grid, grid, st.integers(0, 3), st.integers(0, 3), labels).map(list), max_size=4
)
stretches = st.lists(
    st.tuples(grid, grid, labels).map(lambda one: [one[0], one[0] + one[1], one[2]]), max_size=4
)


@given(boxes, boxes)
def test_boxes_as_the_oracle_says(a, b):
    assert tuple(facts(Scale.GEOMETRY, a, b).values()) == in_common("geometry", a, b)


@given(stretches, stretches)
def test_stretches_as_the_oracle_says(a, b):
    assert tuple(facts(Scale.SPAN, a, b).values()) == in_common("span", a, b)


leaves = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-1, 1) | st.text(max_size=3)
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["rle", "size", "item", "png", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(anything, anything, st.sampled_from([Scale.GEOMETRY, Scale.SPAN, Scale.TEXT]), st.booleans())
def test_whatever_a_tool_says_is_compared(a, b, scale, ellipses):
    """A value of an unknown form matches its equal; of an unread mask nothing is said."""
    both = [canonical(one) for one in (a, b)]
    assume(all(Comparer(scale, ellipses=ellipses).facts(x, y) for x in both for y in both))
    facts(scale, a, b, ellipses=ellipses)
    found = facts(scale, a, a, ellipses=ellipses)
    assert found["tp"] == found["located"] == found["n_a"] == found["n_b"]
    assert found["alike"] == (1 if scale == Scale.TEXT else found["n_a"])
