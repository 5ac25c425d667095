"""Alarms of control charts: what they say, and that they say it only where it is so."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.findings.alarms import (
    ODD,
    Watched,
    change_marks,
    current_alarm,
    distances_text,
    find_alarms,
    levels_text,
)
from labelpulse.findings.attention import slowed
from labelpulse.findings.change_parts import change_parts, part_texts
from labelpulse.findings.watch import WATCHED as WATCHED_BY
from tests.charts.made_up import DRIFT, MIX, SPAN, TODAY, WATCHED, drift, fallen


def test_the_title_says_what_fell_since_when_and_why() -> None:
    figure = levels_text(DRIFT, SPAN, WATCHED)
    assert figure.title == "Agreement −8\xa0points since Thu 19 Nov: quality"
    assert figure.note.startswith("Smoothed, from 90\xa0% to 82\xa0%.")
    assert figure.described == f"Control chart by day. {figure.title}."
    assert {mark.text for mark in change_marks(DRIFT)} == {"since Thu 19 Nov"}


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("mix", ": other work or other people, not quality"),
        ("unclear", ": cause unclear"),
        (None, ""),
    ],
)
def test_the_cause_is_that_of_the_metric(cause: str | None, words: str) -> None:
    figure = levels_text([*DRIFT[:-1], fallen(1, 0.82, cause=cause)], SPAN, WATCHED)
    assert figure.title == f"Agreement −8\xa0points since Thu 19 Nov{words}"


def test_a_rise_is_no_fall() -> None:
    figure = levels_text([*DRIFT[:7], fallen(4, 0.97)], SPAN, WATCHED)
    assert figure.title.startswith("Agreement +7\xa0points since")


def test_calm_is_said_as_such() -> None:
    calm = levels_text(DRIFT[:7], replace(SPAN, marks=()), WATCHED)
    assert calm.title == "Agreement is as usual"
    assert "Orange" not in calm.note
    assert change_marks(DRIFT[:7]) == []


def test_where_a_change_sits_mostly_is_said() -> None:
    watched = Watched(WATCHED.measure, mostly="mostly Billing / Refund")
    title = levels_text(DRIFT, SPAN, watched).title
    assert title.endswith("since Thu 19 Nov: quality, mostly Billing / Refund")


def test_a_change_that_is_known_with_an_interval_is_told_before_the_smoothed_one() -> None:
    figure = levels_text(DRIFT, SPAN, Watched(WATCHED.measure, change="−11\xa0points"))
    assert figure.title == "Agreement −11\xa0points since Thu 19 Nov: quality"
    assert figure.note.startswith("Title: the days since against four weeks before. Smoothed, from")


def test_a_fall_that_comes_from_odd_days_is_no_one_s() -> None:
    days = (TODAY - timedelta(days=1),)
    pace = WATCHED_BY["throughput_drift"]
    rows = [*DRIFT[:-1], fallen(1, 0.82, cause=ODD, odd_days=days)]
    day = f"{days[0].day} {days[0]:%b}"
    told = f"one day with far less work ({day}): was the tool down?"
    assert levels_text(rows, SPAN, pace).title.endswith(f": {told}")
    over = levels_text([*rows, {**DRIFT[0], "day": TODAY.isoformat()}], SPAN, pace)
    assert over.title == f"Pace is as usual again after {told}"
    (found,) = slowed(replace(find_alarms(rows)[0], usual=186.0, now=164.0))
    assert told in found.sure
    assert "who works less" not in found.do


def test_a_change_is_split_into_its_parts() -> None:
    told = fallen(1, 0.82, quality_part=-0.02, mix_part=-0.06, strata="batch")
    split = change_parts(current_alarm([*DRIFT, told]), WATCHED)
    assert split is not None
    figure = split[1]
    assert figure.title == (
        "The days since against eight weeks before: −8\xa0points, "
        "of it quality −2\xa0points and mix −6\xa0points"
    )
    assert "because other batches came in" in figure.note
    assert change_parts(current_alarm(DRIFT), WATCHED) is None
    assert change_parts(None, WATCHED) is None


def test_the_parts_of_a_change_of_pace_are_told_by_their_own_names() -> None:
    told = fallen(1, 6.6, quality_part=-1.0, mix_part=-8.9)
    split = change_parts(current_alarm([*DRIFT, told]), WATCHED_BY["throughput_drift"])
    assert split is not None
    figure = split[1]
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
    assert ", ".join(part_texts([quality, mix], unit)).replace("\xa0", " ") == words


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=2))
def test_points_always_add_up(both: list[float]) -> None:
    found = [Decimal(one.split("\xa0")[0].translate(_PLAIN)) for one in part_texts(both, "share")]
    assert found[0] == sum(found[1:])
    assert all(
        abs(one - Decimal(100 * part)) < 1 for one, part in zip(found[1:], both, strict=True)
    )


_PLAIN = str.maketrans({"−": "-", "±": "", "+": ""})


def test_an_alarm_that_is_over_is_no_alarm() -> None:
    over = [*DRIFT, drift(0, 0.9)]
    assert current_alarm(over) is None
    figure = levels_text(over, SPAN, WATCHED)
    assert figure.title == "Agreement is as usual again; it was not from Thu 19 Nov to Mon 23 Nov"


def test_a_day_without_a_point_keeps_the_level_of_the_one_before() -> None:
    few = {**fallen(0, 0.82), "smooth": None, "baseline": None, "value": None}
    found = current_alarm([*DRIFT, few])
    assert found is not None
    assert (found.usual, found.now, found.moved) == (0.9, 0.82, "fallen")
    assert (found.since, found.until) == (TODAY - timedelta(days=5), TODAY)


def test_what_is_over_is_told_at_its_worst() -> None:
    worst, better = fallen(2, 0.7, cause="mix"), fallen(1, 0.89, cause="unclear")
    (past,) = find_alarms([worst, better, drift(0, 0.9)])
    assert (past.usual, past.now, past.cause) == (0.9, 0.7, "mix")
    assert past.until == TODAY - timedelta(days=1)
    (stands,) = find_alarms([worst, better])
    assert (stands.now, stands.cause) == (0.89, "unclear")


def test_the_newest_of_several_alarms_stands() -> None:
    again = fallen(0, 0.8, episode=2, change_day=TODAY.isoformat())
    found = find_alarms([*DRIFT, again])
    assert [one.since for one in found] == [TODAY - timedelta(days=5), TODAY]
    assert current_alarm([*DRIFT, again]) == found[1]


def test_before_there_is_a_baseline_nothing_is_said_of_it() -> None:
    young = [drift(back, note="3 of 28 points for a baseline") for back in (2, 1, 0)]
    figure = levels_text(young, SPAN, WATCHED)
    assert figure.title == ("Agreement: too early to tell a change (3 of 28 points for a baseline)")
    assert current_alarm([]) is None
    assert levels_text([], SPAN, WATCHED).title.endswith("(no days with data)")


def test_a_mix_changes_and_does_not_fall() -> None:
    rows = [*DRIFT[:7], {**fallen(1, 0.8, cause="mix"), "smooth": None, "baseline": None}]
    figure = distances_text(rows, SPAN, MIX)
    assert figure.title == (
        "Mix of labels has changed since Thu 19 Nov: other batches or other people"
    )
