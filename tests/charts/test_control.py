"""Control charts and the fan: what they say, and that they say it only where it is so."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.charts import control, influence, parts
from labelpulse.charts.control import Watched
from labelpulse.charts.theme import Figure
from labelpulse.core.forecast import read_forecast
from labelpulse.judgement.attention import slowed
from labelpulse.judgement.watch import WATCHED as WATCHED_BY
from tests.charts.made_up import (
    DRIFT,
    FIGURES,
    FINISH,
    MIX,
    SPAN,
    TODAY,
    WATCHED,
    WITHOUT,
    drift,
    fallen,
)


def rows_with(figure: Figure, key: str) -> list[dict[str, Any]]:
    """The rows of the first data set that has a column."""
    sets = figure.chart.to_dict(validate=True)["datasets"].values()
    return next((one for one in sets if one and key in one[0]), [])


def texts(figure: Figure) -> set[str]:
    """What stands above the chart."""
    sets = figure.chart.to_dict(validate=True)["datasets"].values()
    return {one["text"] for rows in sets for one in rows if "what" in one}


def test_the_title_says_what_fell_since_when_and_why() -> None:
    figure = control.levels(DRIFT, SPAN, WATCHED)
    assert figure.title == "Agreement −8\xa0points since Thu 19 Nov: quality"
    assert figure.note.startswith("Smoothed, from 90\xa0% to 82\xa0%.")
    assert figure.described == f"Control chart by day. {figure.title}."
    assert texts(figure) == {"since Thu 19 Nov", "Guideline v2"}


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("mix", ": other work or other people, not quality"),
        ("unclear", ": cause unclear"),
        (None, ""),
    ],
)
def test_the_cause_is_that_of_the_metric(cause: str | None, words: str) -> None:
    figure = control.levels([*DRIFT[:-1], fallen(1, 0.82, cause=cause)], SPAN, WATCHED)
    assert figure.title == f"Agreement −8\xa0points since Thu 19 Nov{words}"


def test_a_rise_is_no_fall() -> None:
    figure = control.levels([*DRIFT[:7], fallen(4, 0.97)], SPAN, WATCHED)
    assert figure.title.startswith("Agreement +7\xa0points since")


def test_calm_is_said_as_such() -> None:
    calm = control.levels(DRIFT[:7], replace(SPAN, marks=()), WATCHED)
    assert calm.title == "Agreement is as usual"
    assert "Orange" not in calm.note
    assert texts(calm) == set()


def test_where_a_change_sits_mostly_is_said() -> None:
    watched = Watched(WATCHED.measure, mostly="mostly Billing / Refund")
    title = control.levels(DRIFT, SPAN, watched).title
    assert title.endswith("since Thu 19 Nov: quality, mostly Billing / Refund")


def test_a_change_that_is_known_with_an_interval_is_told_before_the_smoothed_one() -> None:
    figure = control.levels(DRIFT, SPAN, Watched(WATCHED.measure, change="−11\xa0points"))
    assert figure.title == "Agreement −11\xa0points since Thu 19 Nov: quality"
    assert figure.note.startswith("Title: the days since against four weeks before. Smoothed, from")


def test_a_fall_that_comes_from_odd_days_is_no_one_s() -> None:
    days = (TODAY - timedelta(days=1),)
    pace = WATCHED_BY["throughput_drift"]
    rows = [*DRIFT[:-1], fallen(1, 0.82, cause=control.ODD, odd_days=days)]
    day = f"{days[0].day} {days[0]:%b}"
    told = f"one day with far less work ({day}): was the tool down?"
    assert control.levels(rows, SPAN, pace).title.endswith(f": {told}")
    over = control.levels([*rows, {**DRIFT[0], "day": TODAY.isoformat()}], SPAN, pace)
    assert over.title == f"Pace is as usual again after {told}"
    (found,) = slowed(replace(control.alarms(rows)[0], usual=186.0, now=164.0))
    assert told in found.sure
    assert "who works less" not in found.do


def test_a_change_lies_between_its_day_and_that_of_the_alarm() -> None:
    bands = rows_with(control.levels(DRIFT[3:], SPAN, WATCHED), "end")
    assert (bands[0]["day"][:10], bands[0]["end"][:10]) == ("2026-11-19", "2026-11-21")


def test_a_change_is_split_into_its_parts() -> None:
    told = fallen(1, 0.82, quality_part=-0.02, mix_part=-0.06, strata="batch")
    figure = parts.split(control.standing([*DRIFT, told]), WATCHED)
    assert figure is not None
    assert figure.title == (
        "The days since against eight weeks before: −8\xa0points, "
        "of it quality −2\xa0points and mix −6\xa0points"
    )
    assert "because other batches came in" in figure.note
    assert parts.split(control.standing(DRIFT), WATCHED) is None
    assert parts.split(None, WATCHED) is None


def test_the_words_of_a_part_stand_beside_its_bar() -> None:
    told = fallen(1, 0.82, quality_part=-0.06, mix_part=0.01)
    figure = parts.split(control.standing([*DRIFT, told]), WATCHED)
    assert figure is not None
    svg = str(vl_convert.vegalite_to_svg({**figure.chart.to_dict(), "width": 400}))
    bars = re.findall(r'"bar" d="M([-\d.]+),0h([\d.]+)v', svg)
    words = re.findall(r'translate\(([-\d.]+),[-\d.]+\)"[^>]*>[−+]\d[^<]*point', svg)
    ends = [float(start) + float(length) for start, length in bars]
    assert len(ends) == 2
    assert all(float(at) > end for at, end in zip(words, ends, strict=True))


def test_the_parts_of_a_change_of_pace_are_told_by_their_own_names() -> None:
    told = fallen(1, 6.6, quality_part=-1.0, mix_part=-8.9)
    figure = parts.split(control.standing([*DRIFT, told]), WATCHED_BY["throughput_drift"])
    assert figure is not None
    assert "Each makes: because" in figure.note
    assert "at work: because" in figure.note
    assert "quality" not in figure.note


@pytest.mark.parametrize(
    ("unit", "quality", "mix", "words"),
    [
        ("share", 0.03, 0.01, "+4 points, +3 points, +1 point"),
        ("share", -0.0721, -0.0043, "−7.6 points, −7.2 points, −0.4 points"),
        ("share", 0.0022, -0.1574, "−15.5 points, +0.2 points, −15.7 points"),
        ("share", -0.0546, -0.0253, "−8 points, −5 points, −3 points"),
        ("share", -0.0546, -0.0244, "−7.9 points, −5.5 points, −2.4 points"),
        ("share", -0.08, 0.0004, "−8 points, −8 points, ±0 points"),
        ("s", -0.2231, 0.0953, "−12 %, −20 %, +10 %"),
        ("labels/day", 3, -0.04, "+3.0 labels a day, +3.0 labels a day, ±0.0 labels a day"),
        ("labels/day", 0.25, 0.25, "+0.5 labels a day, +0.3 labels a day, +0.2 labels a day"),
        ("labels/day", -120.5, 20.6, "−100 labels a day, −121 labels a day, +21 labels a day"),
    ],
)
def test_parts_are_told_in_their_unit_and_add_up(
    unit: str, quality: float, mix: float, words: str
) -> None:
    assert ", ".join(parts.moved([quality, mix], unit)).replace("\xa0", " ") == words


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=2))
def test_points_always_add_up(both: list[float]) -> None:
    found = [Decimal(one.split("\xa0")[0].translate(_PLAIN)) for one in parts.moved(both, "share")]
    assert found[0] == sum(found[1:])
    assert all(
        abs(one - Decimal(100 * part)) < 1 for one, part in zip(found[1:], both, strict=True)
    )


_PLAIN = str.maketrans({"−": "-", "±": "", "+": ""})


def test_the_headline_without_somebody_names_who_moves_it() -> None:
    assert FIGURES["without"]().title == "Without Wren 4, alpha would be 0.74 instead of 0.70"
    calm = [{**WITHOUT[1], "difference": 0.001}]
    assert influence.without(calm, "alpha", "coefficient").title.startswith("Alpha rests on nobody")
    assert influence.without([], "alpha", "coefficient").marks == 0


def test_an_alarm_that_is_over_is_no_alarm() -> None:
    over = [*DRIFT, drift(0, 0.9)]
    assert control.standing(over) is None
    figure = control.levels(over, SPAN, WATCHED)
    assert figure.title == "Agreement is as usual again; it was not from Thu 19 Nov to Mon 23 Nov"


def test_a_day_without_a_point_keeps_the_level_of_the_one_before() -> None:
    few = {**fallen(0, 0.82), "smooth": None, "baseline": None, "value": None}
    found = control.standing([*DRIFT, few])
    assert found is not None
    assert (found.usual, found.now, found.moved) == (0.9, 0.82, "fallen")
    assert (found.since, found.until) == (TODAY - timedelta(days=5), TODAY)


def test_what_is_over_is_told_at_its_worst() -> None:
    worst, better = fallen(2, 0.7, cause="mix"), fallen(1, 0.89, cause="unclear")
    (past,) = control.alarms([worst, better, drift(0, 0.9)])
    assert (past.usual, past.now, past.cause) == (0.9, 0.7, "mix")
    assert past.until == TODAY - timedelta(days=1)
    (stands,) = control.alarms([worst, better])
    assert (stands.now, stands.cause) == (0.89, "unclear")


def test_the_newest_of_several_alarms_stands() -> None:
    again = fallen(0, 0.8, episode=2, change_day=TODAY.isoformat())
    found = control.alarms([*DRIFT, again])
    assert [one.since for one in found] == [TODAY - timedelta(days=5), TODAY]
    assert control.standing([*DRIFT, again]) == found[1]


def test_before_there_is_a_baseline_nothing_is_said_of_it() -> None:
    young = [drift(back, note="3 of 28 points for a baseline") for back in (2, 1, 0)]
    figure = control.levels(young, SPAN, WATCHED)
    assert figure.title == ("Agreement: too early to tell a change (3 of 28 points for a baseline)")
    assert control.standing([]) is None
    assert control.levels([], SPAN, WATCHED).title.endswith("(no days with data)")


def test_a_day_off_is_no_dot() -> None:
    rows = [drift(1, 0.9), drift(0, rate=0.0)]
    drawn = [one["drawn"] for one in rows_with(control.levels(rows, SPAN, WATCHED), "drawn")]
    assert drawn == [True, False]


def test_only_what_the_baseline_is_from_is_grey() -> None:
    band = rows_with(control.levels(DRIFT, SPAN, WATCHED), "end")
    assert (band[0]["day"][:10], band[0]["end"][:10]) == ("2026-11-12", "2026-11-15")
    assert rows_with(control.levels(DRIFT[3:8], SPAN, WATCHED), "end") == []


def test_a_mix_changes_and_does_not_fall() -> None:
    rows = [*DRIFT[:7], {**fallen(1, 0.8, cause="mix"), "smooth": None, "baseline": None}]
    figure = control.distances(rows, SPAN, MIX)
    assert figure.title == (
        "Mix of labels has changed since Thu 19 Nov: other batches or other people"
    )


@pytest.mark.parametrize(
    ("deadline", "words", "late"),
    [
        ("2026-12-25", "4 days before the deadline", False),
        ("2026-12-21", "the day of the deadline", False),
        ("2026-12-20", "1 day after the deadline", False),
        ("2026-12-16", "5 days after the deadline", True),
        (None, "(17 Dec 2026 to 5 Jan 2027)", False),
    ],
)
def test_how_late_it_is(deadline: str | None, words: str, late: bool) -> None:
    found = read_forecast({**FINISH, "deadline": deadline})
    assert found is not None
    assert found.text.endswith(words)
    assert found.surely_late is late
