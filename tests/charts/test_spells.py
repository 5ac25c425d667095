"""Charts of what a rule saw: what they say of spells, and of subjects that find no room."""

from datetime import date, timedelta
from typing import Any

import pytest

from labelpulse.alerts.firing_texts import (
    MOST_SUBJECTS,
    fired_text,
    longest_firing,
    span_days,
    timeline_text,
    watched_text,
)
from labelpulse.charts.spells import timeline, watched
from labelpulse.charts.theme import Figure
from labelpulse.core.periods import Point, Span, Spell

DAY = date(2026, 11, 2)
SPAN = Span(DAY, DAY + timedelta(days=29), DAY + timedelta(days=29))


def spell(first: int, last: int, *, open_: bool = False) -> Spell:
    return Spell(DAY + timedelta(days=first), DAY + timedelta(days=last), open_)


@pytest.mark.parametrize(
    ("spells", "told"),
    [
        ([], "It did not fire on these days"),
        ([spell(1, 1)], "Fired 1 time, 1 day in all"),
        ([spell(1, 3), spell(6, 7)], "Fired 2 times, 5 days in all"),
        (
            [spell(1, 3), spell(6, 7, open_=True)],
            "Fired 2 times, 5 days in all, and fires since Sun 8 Nov",
        ),
    ],
)
def test_the_title_says_how_often_and_for_how_long(spells: list[Spell], told: str) -> None:
    assert fired_text(spells) == told


def test_days_on_which_two_subjects_fire_count_once() -> None:
    assert len(span_days([spell(1, 3), spell(2, 4)])) == 4
    told = timeline_text({"a": [spell(1, 3)], "b": [spell(2, 4)], "c": []}).title
    assert told == "Would have fired 2 times on 4 days, for 2 of 3 subjects"
    never = timeline({"a": []}, SPAN, timeline_text({"a": []}))
    assert never.title == "Would not have fired for any of 1 subject"
    assert never.chart.to_dict(validate=True)


def test_of_many_subjects_those_that_fired_for_longest_are_drawn_and_it_says_so() -> None:
    many = {f"s{n}": [spell(0, n)] if n < 25 else [] for n in range(28)}
    found = timeline(longest_firing(many), SPAN, timeline_text(many))
    assert f"The {MOST_SUBJECTS} of 28" in found.note
    assert found.marks == MOST_SUBJECTS


def rows(figure: Any) -> list[dict[str, Any]]:
    return [row for those in figure.chart.to_dict()["datasets"].values() for row in those]


def draw(points: list[Point], spells: list[Spell], unit: str) -> Figure:
    text = watched_text(points, spells, "z")
    return watched(points, spells, SPAN, text, unit=unit, name="z")


def test_a_number_without_line_or_interval_is_drawn_alone() -> None:
    found = draw([Point(DAY, 3.0)], [], unit="items")
    assert found.note == ""
    assert found.chart.to_dict(validate=True)
    both = draw([Point(DAY, 0.5, floor=-3.0, ceiling=3.0)], [spell(0, 1)], unit="sd")
    assert "Dashed: the line." in both.note
    assert "Shaded orange" in both.note
    (line,) = {row["line"] for row in rows(both) if "line" in row}
    assert line == "−3.0\N{NO-BREAK SPACE}SD · 3.0\N{NO-BREAK SPACE}SD"
