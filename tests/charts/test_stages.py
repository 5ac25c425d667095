"""Stages over time: piles, the outlined band, cycle times, and the middle person."""

from datetime import date, timedelta
from typing import Any

import pytest

from labelpulse.charts import team
from labelpulse.charts.stages import Outlined
from labelpulse.charts.theme import Figure
from labelpulse.core.periods import Span
from labelpulse.reports import figures
from tests.charts.made_up import AGES, TODAY, row

WEEK = Span(TODAY - timedelta(days=6), TODAY, TODAY)
STANDING = {
    "waiting": [90, 80, 70, 60, 50, 40, 30],
    "waiting_for_labels": [5, 5, 6, 9, 14, 20, 26],
    "started": [1, 0, 0, 2, 0, 0, 1],
    "done": [0, 10, 20, 25, 32, 36, 39],
}


def rows_with(figure: Figure, column: str) -> list[list[dict[str, Any]]]:
    """The data sets that have a column."""
    sets = figure.chart.to_dict()["datasets"].values()
    return [one for one in sets if one and column in one[0]]


def test_bands_stand_upon_each_other_in_the_order_of_work() -> None:
    (pile,) = rows_with(figures.draw_stages(STANDING, WEEK), "low")
    last = {one["stage"]: one for one in pile if one["when"].endswith("so far")}
    assert [*last] == ["done", "waiting_for_labels", "started", "waiting"]
    assert [(one["low"], one["high"]) for one in last.values()] == [
        (0, 39), (39, 65), (65, 66), (66, 96),
    ]  # fmt: skip


def test_the_widening_band_is_outlined_from_its_day() -> None:
    since = TODAY - timedelta(days=3)
    outlined = Outlined("waiting_for_labels", since)
    figure = figures.draw_stages(STANDING, WEEK, title="It has grown", outlined=outlined)
    _, band = rows_with(figure, "low")
    assert len(band) == 4
    assert {one["stage"] for one in band} == {"waiting_for_labels"}
    assert figure.title == "It has grown"
    assert "nobody has begun" not in figure.note


def test_observed_since_is_drawn_only_where_work_is_older() -> None:
    watched = TODAY - timedelta(days=2)
    older = figures.draw_stages(STANDING, WEEK, observed=watched)
    assert "Watched since 22 Nov 2026" in older.note
    assert any(one[0]["text"] == "observed since" for one in rows_with(older, "text"))
    same = figures.draw_stages(STANDING, WEEK, observed=WEEK.since)
    assert "Watched" not in same.note
    assert not rows_with(same, "text")


@pytest.mark.parametrize(
    ("half", "late", "unit", "highest"),
    [
        (1097.0, 2400.0, "minutes", 40.0),
        (1097.0, 5400.0, "hours", 1.5),
        (90_000.0, 172_800.0, "days", 2.0),
        (0.5, 0.5, "seconds", 0.5),
    ],
)
def test_cycle_times_stand_on_an_axis_in_their_unit(
    half: float, late: float, unit: str, highest: float
) -> None:
    one = "2026-W43"
    figure = figures.draw_cycle_times([row(half, 50, week=one)], [row(late, 50, week=one)], WEEK)
    assert figure is not None
    assert {two["title"] for two in axes(figure)} == {unit}
    (points,) = {id(rows): rows for rows in rows_with(figure, "line")}.values()
    assert max(point["value"] for point in points) == highest


def axes(figure: Figure) -> list[dict[str, Any]]:
    """The upright axes of a chart."""
    across = (one.get("encoding", {}).get("y", {}) for one in figure.chart.to_dict()["layer"])
    return [one for one in across if one.get("field") == "value"]


def test_a_week_that_is_not_over_tells_no_cycle_time() -> None:
    this_week = f"2026-W{TODAY.isocalendar().week}"
    assert figures.draw_cycle_times([row(9.0, 50, week=this_week)], [], WEEK) is None
    assert figures.draw_cycle_times([row(None, 0, week="2026-W43")], [], WEEK) is None


def test_what_comes_and_leaves_stands_beside_its_queue() -> None:
    rows = [row(9, stage="review", age=AGES[0]), row(4, stage="review", age=AGES[3])]
    figure = figures.draw_queues(rows, AGES, {"review": (9.6, 6.1), "done": (1.0, 0.0)}, 8)
    (told,) = rows_with(figure, "text")
    assert [(one["text"], one["value"]) for one in told] == [("in 9.6 : out 6.1", 13)]
    assert "Beside: items in and out a day, over the last 8 working days." in figure.note


def made(day: date, *values: float) -> list[Any]:
    """Rows of so many people on a day."""
    return [row(n, annotator=f"p{at}", day=day.isoformat()) for at, n in enumerate(values)]


def test_the_middle_person_stands_for_the_team() -> None:
    day = TODAY - timedelta(days=1)
    rows = [*made(day, 4, 8, 20), *made(TODAY, 1, 1, 1), row(3, annotator="p0", day=None)]
    figure = team.middle_person(rows, WEEK, key="day", noun="labels")
    assert figure is not None
    assert figure.title == "The middle person makes 8.0 labels a day, one in ten more than 20.0"
    (found,) = rows_with(figure, "high")
    assert [(one["low"], one["value"], one["high"]) for one in found] == [(4, 8, 20)]


def test_two_people_are_no_band() -> None:
    rows = made(TODAY - timedelta(days=1), 4, 8)
    assert team.middle_person(rows, WEEK, key="day", noun="labels") is None
