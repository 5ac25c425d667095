"""Frames, drawings, labels and reviews of CVAT, without a database."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.cvat.drawing import Drawn, Track, drawn, outline, over_all, whole
from collectors.cvat.frames import Frames, JobOf, jobs_of, numbers, two_parts
from collectors.cvat.projects import projects
from collectors.cvat.reviews import Hands, Judged
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import Scale, Verdict
from labelpulse.ingest.shapes import Picture

PICTURE = Picture(200, 100)


def one(kind: str, *points: float, **more: Any) -> list[Any]:
    return drawn(Drawn(kind, "cat", points, **more), PICTURE)


# --- frames ----------------------------------------------------------------------------------


def segment(kind: str = "range", start: int = 0, stop: int = 4, chosen: str = "") -> Any:
    return SimpleNamespace(kind=kind, start=start, stop=stop, chosen=chosen)


def test_a_job_shows_its_range_without_what_was_taken_out() -> None:
    assert Frames(7).shown(segment(start=5, stop=7)) == (5, 6, 7)
    assert Frames(7, deleted=frozenset({6, 99})).shown(segment(start=5, stop=7)) == (5, 7)
    assert Frames(7).shown(segment(start=5, stop=4)) == ()
    assert Frames(7).shown(segment(stop=10**12)) == ()


def test_chosen_frames_go_by_the_numbers_of_the_data() -> None:
    """Every fifth frame from 100 on: the task calls 100, 105, 110 its frames 0, 1, 2."""
    frames = Frames(7, first=100, step=5)
    assert frames.shown(segment("specific_frames", chosen="110,100,500")) == (0, 2)
    assert [frames.in_data(frame) for frame in (0, 2)] == [100, 110]


def test_the_numbering_comes_with_the_row() -> None:
    row = SimpleNamespace(
        data=7,
        first=10,
        filter="step = 2",
        deleted="[1]",
        shown_again="12|10;16|10",
        disabled="0",
    )
    frames = Frames.of(row)
    assert (frames.first, frames.step, frames.deleted) == (10, 2, frozenset({1}))
    assert frames.again == {1: 0, 3: 0}
    assert [frames.item(at) for at in (0, 3, 4)] == ["7:0", "7:0", "7:4"]
    assert frames.disabled == {0}


def test_an_item_is_shown_first_by_an_annotation_job_and_counts_its_replicas() -> None:
    jobs = jobs_of(
        "9|ground_truth|specific_frames|0|3|0,1;4|annotation|range|2|3|;3|annotation|range|0|2|"
        ";5|consensus_replica|range|0|2|;6|consensus_replica|range|0|2|"
    )
    assert jobs[0] == JobOf(3, "annotation", "range", 0, 2, "")
    found = Frames(7, again={3: 1}).items(jobs)
    assert {frame: (str(job), replicas) for frame, (job, replicas) in found.items()} == {
        0: ("job 3", 2),
        1: ("job 3", 2),
        2: ("job 3", 2),  # job 4 shows it too, and frame 3 is frame 1 once more
    }


def test_ids_are_pairs_and_lists_are_lists() -> None:
    assert two_parts("7:12") == (7, 12)
    with pytest.raises(SkipRecord):
        two_parts("7")
    assert numbers(None) == ()


# --- shapes ----------------------------------------------------------------------------------


def test_every_kind_of_shape_is_a_share_of_its_picture() -> None:
    assert one("rectangle", 20, 10, 60, 30) == [[0.1, 0.1, 0.2, 0.2, "cat"]]
    assert one("rectangle", 60, 30, 20, 10) == [[0.1, 0.1, 0.2, 0.2, "cat"]]
    (turned,) = one("rectangle", 90, 45, 110, 55, rotation=90)
    assert turned == [0.525, 0.4, 0.1, 0.1, "cat", 90, {"aspect": 2}]
    assert one("ellipse", 100, 50, 120, 40) == [[{"ellipse": [0.5, 0.5, 0.1, 0.1]}, "cat"]]
    assert one("polygon", 0, 0, 200, 0, 200, 100) == [[[[[0, 0], [1, 0], [1, 1]]], "cat"]]
    assert one("polyline", 0, 0, 200, 100) == [[{"line": [[0, 0], [1, 1]]}, "cat"]]
    assert one("points", 0, 0, 200, 100) == [[0, 0, "cat"], [1, 1, "cat"]]
    assert one("skeleton") == []
    assert one("points", 1, 1, outside=True) == []


def test_a_cuboid_is_its_outline() -> None:
    corners = (20, 20, 20, 60, 100, 20, 100, 60, 120, 10, 120, 50, 40, 10, 40, 50)
    (shape,) = one("cuboid", *corners)
    ring = {tuple(point) for point in shape[0][0]}
    assert ring == {(0.1, 0.2), (0.1, 0.6), (0.2, 0.1), (0.5, 0.6), (0.6, 0.1), (0.6, 0.5)}
    assert outline([(0, 0), (1, 0), (0, 1)]) == [(0, 0), (1, 0), (0, 1)]


@pytest.mark.parametrize(
    ("kind", "points", "reason"),
    [
        ("rectangle", (1, 2, 3), "bad_points"),
        ("ellipse", (1,), "bad_points"),
        ("cuboid", (1, 2), "bad_points"),
        ("polygon", (1, 2, 3), "bad_value"),
        ("polygon", (), "bad_value"),
        ("mask", (1, 1, 0, 0, 300, 0), "bad_points"),
        ("mask", (5, 5, 0, 0, 1, 1), "bad_points"),
        ("mask", (), "bad_points"),
        ("mask", (float("inf"), 0, 0, 1, 1), "bad_points"),
        ("hologram", (), "unknown_shape"),
        ("points", (float("nan"), 1), "bad_value"),
    ],
)
def test_what_is_no_shape_is_said(kind: str, points: tuple[float, ...], reason: str) -> None:
    with pytest.raises(SkipRecord) as caught:
        one(kind, *points)
    assert caught.value.reason == reason


def test_points_that_are_no_numbers_are_said() -> None:
    row = SimpleNamespace(type="points", points="1,x", rotation=0, outside=False)
    with pytest.raises(SkipRecord, match="no numbers"):
        Drawn.of(row, "cat")
    row.points = "[1.5, 2.5]"
    assert Drawn.of(row, "cat").points == (1.5, 2.5)


def test_a_mask_needs_the_size_of_its_picture_and_a_box_does_not() -> None:
    with pytest.raises(SkipRecord, match="size"):
        drawn(Drawn("mask", "cat", (0, 4, 0, 0, 1, 1)), None)
    assert drawn(Drawn("rectangle", "cat", (1, 2, 3, 5)), None) == [[1, 2, 2, 3, "cat"]]


@st.composite
def masks(draw: st.DrawFn) -> tuple[np.ndarray[Any, Any], tuple[int, int, int, int]]:
    """A picture with a mask in it, and a box around the mask."""
    wide, high = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    left, top = draw(st.integers(0, wide - 1)), draw(st.integers(0, high - 1))
    right, bottom = draw(st.integers(left, wide - 1)), draw(st.integers(top, high - 1))
    picture = np.zeros((high, wide), dtype=int)
    size = (bottom - top + 1) * (right - left + 1)
    pixels = draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    picture[top : bottom + 1, left : right + 1] = np.reshape(pixels, (bottom - top + 1, -1))
    return picture, (left, top, right, bottom)


def runs(pixels: Any) -> list[int]:
    """Lengths of runs, out first, as CVAT counts them."""
    found = [0]
    inside = 0
    for pixel in pixels:
        if pixel != inside:
            found.append(0)
            inside = pixel
        found[-1] += 1
    return found


@given(masks())
def test_a_mask_is_the_same_pixels_of_the_whole_picture(made: Any) -> None:
    picture, (left, top, right, bottom) = made
    inside = picture[top : bottom + 1, left : right + 1].ravel()
    found = over_all(runs(inside), (left, top, right, bottom), picture.shape[::-1])
    assert found == runs(picture.ravel())


# --- tracks ----------------------------------------------------------------------------------


def key(*points: float, outside: bool = False, rotation: float = 0, kind: str = "rectangle") -> Any:
    return Drawn(kind, "cat", points, rotation, outside)


def test_a_track_moves_evenly_between_keyframes_and_lasts() -> None:
    track = Track("cat", {2: key(0, 0, 10, 10), 4: key(20, 0, 30, 10, rotation=350)})
    assert [len(track.at(frame)) for frame in (1, 2, 9)] == [0, 1, 1]
    (middle,) = track.at(3)
    assert (middle.points, middle.rotation) == ((10, 0, 20, 10), -5)
    assert track.at(9)[0].points == (20, 0, 30, 10)


def test_a_track_is_not_there_where_it_is_outside() -> None:
    track = Track("cat", {0: key(0, 0, 1, 1), 2: key(0, 0, 1, 1, outside=True), 4: key(2, 2, 3, 3)})
    assert [len(track.at(frame)) for frame in range(6)] == [1, 1, 0, 0, 1, 1]


def test_a_shape_with_other_points_stays_until_it_is_drawn_anew() -> None:
    points = {0: key(0, 0, 1, 1, kind="polyline"), 2: key(0, 0, 1, 1, 2, 2, kind="polyline")}
    assert Track("cat", points).at(1)[0].points == (0, 0, 1, 1)


def test_a_whole_track_is_the_box_of_its_keyframes_to_the_end_of_its_job() -> None:
    track = Track("cat", {0: key(20, 10, 60, 30), 2: key(40, 10, 80, 30, outside=True)})
    sizes = dict.fromkeys(range(10), PICTURE)
    assert whole(track, sizes, 5) == [
        [
            [0, 0.1, 0.1, 0.2, 0.2, 0, 1],
            [2, 0.2, 0.1, 0.2, 0.2, 0, 0],
            [5, 0.2, 0.1, 0.2, 0.2, 0, 0],
        ],
        "cat",
    ]
    assert whole(Track("cat", {}), sizes, 5) is None


def test_a_skeleton_is_boxed_by_its_visible_elements() -> None:
    parts = (
        Track("cat/1", {0: key(20, 10, kind="points")}),
        Track(
            "cat/2", {0: key(60, 30, kind="points"), 1: key(60, 30, outside=True, kind="points")}
        ),
    )
    track = Track("cat", {}, parts)
    assert [len(track.at(frame)) for frame in (0, 1)] == [2, 1]
    found = whole(track, dict.fromkeys(range(2), PICTURE), 1)
    assert found == [[[0, 0.1, 0.1, 0.2, 0.2, 0, 1], [1, 0.1, 0.1, 0, 0, 0, 1]], "cat"]


@pytest.mark.parametrize(
    ("drawing", "box"),
    [
        (key(5, 5, 7, 4, kind="ellipse"), [0, 0.015, 0.04, 0.02, 0.02, 0, 1]),
        (key(0, 4, 2, 3, 3, 4, kind="mask"), [0, 0.01, 0.03, 0.01, 0.02, 0, 1]),
    ],
)
def test_ellipses_and_masks_have_boxes(drawing: Drawn, box: list[float]) -> None:
    found = whole(Track("cat", {0: drawing}), {0: PICTURE}, 0)
    assert found == [[box], "cat"]


# --- labels ----------------------------------------------------------------------------------


def label(id_: int, name: str, kind: str | None = "any", **more: Any) -> Any:
    row = {"task_id": None, "project_id": 1, "parent_id": None}
    used = {"shapes": False, "tags": False, "tracks": False}
    return SimpleNamespace(**{"id": id_, "name": name, "type": kind, **row, **used, **more})


def asked(*labels: Any, attributes: Any = ()) -> dict[str, Any]:
    rows = [SimpleNamespace(key="1", title="P")]
    record = projects(rows, list(labels), list(attributes), ())["1"].record
    return {one.name: (one.scale, one.labels) for one in record.controls}


def test_a_project_asks_what_its_labels_can_be_or_were() -> None:
    shapes = (Scale.GEOMETRY, ("car",))
    assert asked() == {"shapes": (Scale.GEOMETRY, None)}
    assert asked(label(1, "car")) == {"shapes": shapes}
    assert asked(label(1, "car", shapes=True)) == {"shapes": shapes}
    assert asked(label(1, "car", tags=True)) == {"tags": (Scale.SET, ("car",))}
    assert asked(label(1, "car", "tag")) == {"tags": (Scale.SET, ("car",))}
    both = asked(label(1, "car", tags=True, tracks=True))
    assert set(both) == {"shapes", "tags", "tracks"}


def test_elements_of_a_skeleton_are_labeled_by_both() -> None:
    found = asked(label(1, "hand", "skeleton"), label(2, "thumb", "points", parent_id=1))
    assert found == {"shapes": (Scale.GEOMETRY, ("hand/thumb",))}


def test_attributes_of_tags_are_questions_of_their_own() -> None:
    specs = [
        SimpleNamespace(id=1, label_id=1, name="sky", input_type="select"),
        SimpleNamespace(id=2, label_id=1, name="cars", input_type="number"),
        SimpleNamespace(id=3, label_id=1, name="note", input_type="text"),
        SimpleNamespace(id=4, label_id=2, name="model", input_type="select"),
    ]
    found = asked(label(1, "street", "tag"), label(2, "car", "rectangle"), attributes=specs)
    assert {name: scale for name, (scale, _) in found.items()} == {
        "shapes": Scale.GEOMETRY,
        "tags": Scale.SET,
        "street.sky": Scale.NOMINAL,
        "street.cars": Scale.NUMBER,
        "street.note": Scale.TEXT,
    }


def test_the_form_changes_when_a_project_begins_to_ask_more() -> None:
    rows = [SimpleNamespace(key="1", title="P")]
    before, after = (
        projects(rows, [label(1, "car", tags=tags)], [], ())["1"].form for tags in (False, True)
    )
    assert before != after


def test_titles_that_several_have_say_what_they_are() -> None:
    rows = [
        SimpleNamespace(key=key, title=title)
        for key, title in (("1", "A"), ("2", "B"), ("task-3", "A"), ("task-4", " "))
    ]
    titles = {key: one.record.title for key, one in projects(rows, [], [], ()).items()}
    assert titles == {
        "1": "A (project 1)",
        "2": "B",
        "task-3": "A (task 3)",
        "task-4": "task 4",
    }
    for wanted, keys in (("A", {"1", "task-3"}), ("A (task 3)", {"task-3"}), ("2", {"2"})):
        assert set(projects(rows, [], [], (wanted,))) == keys


# --- reviews ---------------------------------------------------------------------------------


def hands(stage: str, state: str, issues: str = "", *, stays: bool = False, **more: Any) -> Hands:
    row = {"stage": stage, "state": state, "assignee": 5, "type": "annotation", "issues": issues}
    return Hands.of(SimpleNamespace(**{**row, **more}), assignee_stays=stays)


@pytest.mark.parametrize(
    ("stage", "state", "answered"),
    [
        ("annotation", "new", False),
        ("annotation", "in progress", False),
        ("annotation", "completed", True),
        ("annotation", "rejected", True),
        ("validation", "new", True),
        ("acceptance", "in progress", True),
    ],
)
def test_a_job_is_answered_once_it_is_handed_in(stage: str, state: str, answered: bool) -> None:
    assert hands(stage, state).answered is answered


def test_the_assignee_annotates_first_and_reviews_later() -> None:
    def who(*words: str, **more: Any) -> tuple[str | None, str | None]:
        found = hands(*words, **more)
        return found.annotator, found.editor

    assert who("annotation", "completed") == ("5", None)
    assert who("validation", "new") == (None, "5")
    assert who("validation", "new", stays=True) == ("5", None)
    assert who("validation", "new", assignee=None) == (None, None)
    assert who("acceptance", "completed", type="ground_truth") == ("5", None)


OPEN, DONE = "2022-03-16 11:04:39.444+00", "2022-03-17 11:04:39+00"


def test_an_open_issue_outweighs_a_resolved_one_and_both_a_job() -> None:
    rejected = Judged(Verdict.REJECTED, "7", 1_647_428_679_444_000)
    fixed = Judged(Verdict.FIXED, "8", 1_647_515_079_000_000)
    issues = f"1|0|false|7|{OPEN}|{OPEN};2|0|true|8|{OPEN}|{DONE};3|1|true|8|{OPEN}|{DONE}"
    job = hands("acceptance", "completed", issues)
    assert [job.verdict(frame) for frame in (0, 1)] == [rejected, fixed]
    assert job.verdict(2) == Judged(Verdict.ACCEPTED, "5")
    assert hands("annotation", "rejected").verdict(0) == Judged(Verdict.REJECTED)
    assert hands("validation", "rejected").verdict(0) == Judged(Verdict.REJECTED, "5")
    for words in (("validation", "completed"), ("acceptance", "new"), ("annotation", "completed")):
        assert hands(*words).verdict(0) == Judged()


def test_ground_truth_is_not_judged_and_an_issue_may_be_nobodys() -> None:
    issue = f"1|0|false||{OPEN}|{OPEN}"
    assert hands("acceptance", "completed", issue, type="ground_truth").verdict(0) == Judged()
    assert hands("annotation", "completed", issue).verdict(0).reviewer is None
