"""The burn-up fan: what it says, where its lines lead, and what it leaves out."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from labelpulse.charts import burn_up
from labelpulse.charts.burn_up import Course
from labelpulse.charts.theme import Figure
from labelpulse.core.forecast import read_forecast
from labelpulse.core.periods import Mark, Span
from tests.charts.made_up import COURSE, FINISH, TODAY


def rows_with(figure: Figure, *columns: str) -> list[list[dict[str, Any]]]:
    """The data sets that have these columns."""
    sets = figure.chart.to_dict()["datasets"].values()
    return [one for one in sets if one and {*columns} <= set(one[0])]


def line(figure: Figure, what: str) -> list[tuple[str, float]]:
    """The points of one line: the day they stand for, and the labels."""
    found = (one for one in rows_with(figure, "what") if one[0]["what"] == what)
    return [(row["when"], row["value"]) for row in next(found)]


def texts(figure: Figure) -> set[str]:
    """The texts above the chart."""
    found = figure.chart.to_dict()
    told = [one["data"]["name"] for one in found["layer"] if one["mark"]["type"] == "text"]
    return {found["datasets"][name][0]["text"] for name in told}


def test_the_title_holds_the_day_against_the_deadline_and_the_need_against_the_pace() -> None:
    figure = burn_up.burn_up(COURSE)
    assert figure.title == (
        "Likely done 21 Dec 2026, 3 days late; needs 250 labels a day, makes 210"
    )
    assert texts(figure) == {"deadline 18 Dec", "p50 21 Dec, 3 days late", "Guideline v2"}
    assert "6 of 6 past forecasts held the day in their 80 % band" in figure.note
    assert "Grey dots: the forecast of 10 Nov, which ended on 14 Dec." in figure.note


@pytest.mark.parametrize("noted", [0, 1, 3, 5, 12])
def test_the_deadline_and_the_middle_day_are_told_before_what_was_noted(noted: int) -> None:
    near = tuple(Mark(TODAY - timedelta(days=6 * n), f"Guideline v{n}") for n in range(noted))
    span = replace(COURSE.span, since=TODAY - timedelta(days=90), marks=near)
    found = texts(burn_up.burn_up(replace(COURSE, span=span)))
    assert found >= {"deadline 18 Dec", "p50 21 Dec, 3 days late"}
    assert len(found) >= min(noted + 2, 4)


def test_what_is_made_adds_up_and_today_stands_apart() -> None:
    figure = burn_up.burn_up(COURSE)
    made = line(figure, "made")
    assert made[0] == ("8 Nov 2026", 30), "labels of unknown days count from the start"
    assert made[-1] == ("23 Nov 2026", 580), "the last day that is over"
    assert line(figure, "today, so far") == [("24 Nov 2026", 600)]


def test_the_fan_runs_from_what_is_made_to_what_is_needed() -> None:
    figure = burn_up.burn_up(COURSE)
    (band,) = rows_with(figure, "least")
    most, least = ([(row["when"], row[name]) for row in band] for name in ("value", "least"))
    assert most[0] == least[0] == ("23 Nov 2026", 580)
    assert dict(most)["17 Dec 2026"] == 4580, "the early day"
    assert dict(least)["17 Dec 2026"] < 4580
    assert dict(least)["5 Jan 2027"] == 4580, "the late day"
    assert line(figure, "middle forecast") == [("23 Nov 2026", 580), ("21 Dec 2026", 4580)]


def test_the_forecast_of_then_starts_from_what_was_made_then() -> None:
    found = line(burn_up.burn_up(COURSE), "as forecast on Tue 10 Nov")
    assert found == [("9 Nov 2026", 120), ("14 Dec 2026", 120 + 4400)]


def test_the_forecast_of_then_is_cut_where_the_axis_begins() -> None:
    week = Span(TODAY - timedelta(days=6), TODAY, TODAY)
    known = replace(COURSE, span=week)
    (start, made), end = line(burn_up.burn_up(known), "as forecast on Tue 10 Nov")
    assert start == "17 Nov 2026"
    assert made == 120 + 4400 * 8 / 35
    assert end == ("14 Dec 2026", 4520)
    assert known.now == 600, "what was made before the axis counts"


def test_what_is_needed_steps_where_items_came() -> None:
    needed = line(burn_up.burn_up(COURSE), "needed")
    assert [n for _, n in needed] == [4000, 4580, 4580]
    assert needed[1][0] == "14 Nov 2026", "from the end of the day before on"


def test_days_without_work_in_a_row_are_one_band() -> None:
    bands = rows_with(burn_up.burn_up(COURSE), "end")
    assert len(bands[0]) == 3, "two weekends, and one with the holiday after it"


def test_a_late_day_beyond_all_horizons_is_cut_off() -> None:
    none = {**FINISH, "p90": None}
    figure = burn_up.burn_up(replace(COURSE, finish=none))
    (band,) = rows_with(figure, "least")
    assert band[-1]["least"] < 1000, "where the axis ends, most may still be missing"
    assert read_forecast(none) is not None


def test_without_a_forecast_the_reason_is_said_and_no_fan_is_drawn() -> None:
    none = {**FINISH, "p10": None, "p50": None, "p90": None, "note": "stalled: no labels"}
    figure = burn_up.burn_up(replace(COURSE, finish=none))
    assert figure.title == "13\xa0% done: 600 of 4,580 labels"
    assert "No forecast: stalled: no labels." in figure.note
    assert not rows_with(figure, "least")
    assert "Grey dots" not in figure.note


def test_an_unknown_need_is_called_so() -> None:
    known = Course(
        made={TODAY: 60},
        before=0,
        scope=[(TODAY, 100)],
        span=Span(TODAY, TODAY, TODAY),
        unsure="how many it needs is not known (1 assumed)",
    )
    figure = burn_up.burn_up(known)
    assert figure.title == "60\xa0% have a label: 60 of 100 items"
    assert "In labels, one an item: how many it needs is not known" in figure.note
    assert "Likely" not in figure.title


def test_a_file_has_no_today_and_no_forecast() -> None:
    last = date(2026, 3, 4)
    span = Span(last - timedelta(days=3), last, last + timedelta(days=1))
    figure = burn_up.burn_up(
        Course(made={last: 5}, before=0, scope=[(last, 10)], span=span, why="a file has no now")
    )
    assert "No forecast: a file has no now." in figure.note
    assert "Ring" not in figure.note
    assert line(figure, "made")[-1] == ("4 Mar 2026", 5)


def test_the_fan_starts_from_all_labels_though_the_chosen_days_end_before_today() -> None:
    past = Span(TODAY - timedelta(days=14), TODAY - timedelta(days=7), TODAY)
    known = replace(COURSE, span=past)
    figure = burn_up.burn_up(known)
    assert line(figure, "middle forecast")[0] == ("23 Nov 2026", 580)
    (band,) = rows_with(figure, "least")
    assert (band[0]["when"], band[0]["value"], band[0]["least"]) == ("23 Nov 2026", 580, 580)
    assert line(figure, "made")[-1] == ("23 Nov 2026", 580), "the way to where the fan starts"
    assert line(figure, "today, so far") == [("24 Nov 2026", 600)]
    assert "The chosen days end before today" in figure.note
    assert "The chosen days end before today" not in burn_up.burn_up(COURSE).note


def test_without_a_forecast_the_line_ends_with_the_chosen_days() -> None:
    past = Span(TODAY - timedelta(days=14), TODAY - timedelta(days=7), TODAY)
    figure = burn_up.burn_up(replace(COURSE, span=past, finish=None, deadline=None))
    assert line(figure, "made")[-1][0] == "17 Nov 2026"
    assert figure.title == "13\xa0% done: 600 of 4,580 labels", "as of now"
    assert "Ring" not in figure.note


def test_nothing_at_all_is_still_a_figure() -> None:
    span = Span(TODAY, TODAY, TODAY)
    assert burn_up.burn_up(Course({}, 0, [], span)).title == "– done: 0 of 0 labels"
