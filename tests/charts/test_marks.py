"""What happened, and what is not over: marked on every chart over days in the same way."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import altair as alt
import pandas as pd
import pytest
import vl_convert

from labelpulse.charts.marks import LONGEST, over_days
from labelpulse.core.periods import Mark, Span
from tests.charts.made_up import FIGURES, NOTED, SPAN, TODAY, vega


def datasets(name: str) -> list[list[dict[str, Any]]]:
    """The rows of each data set of a chart."""
    return list(vega(name)["datasets"].values())


def over_time() -> Iterator[str]:
    """The names of the charts that have an axis of days."""
    for name in FIGURES:
        across = [one.get("encoding", {}).get("x", {}) for one in vega(name)["layer"]]
        if any(one.get("type") == "temporal" for one in across):
            yield name


OVER_TIME = sorted(over_time())
CUMULATED = {"burn_up_fan", "piled", "spells"}
"""Their last day is told in their own way: a ring, the end of the bands, a spell of many days."""


def test_there_are_charts_over_time() -> None:
    assert len(OVER_TIME) >= 11


@pytest.mark.parametrize("name", OVER_TIME)
def test_a_chart_over_time_marks_what_happened(name: str) -> None:
    found = [one for rows in datasets(name) for one in rows if "what" in one]
    assert NOTED.text in [one["what"] for one in found]


@pytest.mark.parametrize("name", sorted({*OVER_TIME} - CUMULATED))
def test_what_is_not_over_is_marked(name: str) -> None:
    sets = datasets(name)
    points = [one for rows in sets for one in rows if {"when", "value"} <= {*one} or "open" in one]
    assert points
    for one in points:
        week = name in ("weekly_counts", "labels_over_time", "among_peers", "cycle")
        start = date.fromisoformat(str(one["day"])[:10])
        start -= timedelta(days=start.weekday() if week else 0)
        over = start + timedelta(days=7 if week else 1) <= TODAY
        assert one.get("open", False) is not over


@pytest.mark.parametrize("name", ["control", "shares", "times", "labels_over_time", "among_peers"])
def test_the_note_says_what_is_not_over(name: str) -> None:
    assert ("Hollow: " in FIGURES[name]().note) or ("The pale column" in FIGURES[name]().note)


EMPTY = alt.Chart(pd.DataFrame({"value": []})).mark_point()


def drawn(marks: list[Mark], span: Span) -> tuple[set[str], int]:
    """The texts above a chart with marks, and the pixels that they take."""
    found = over_days([EMPTY], replace(span, marks=tuple(marks)), 100).to_dict(validate=True)
    words = [one["data"]["name"] for one in found["layer"] if one["mark"]["type"] == "text"]
    return {found["datasets"][name][0]["text"] for name in words}, found["height"] - 100


def test_marks_outside_the_days_are_not_drawn() -> None:
    beyond = [Mark(SPAN.since - timedelta(days=1), "before"), Mark(TODAY, "a" * 40)]
    assert drawn(beyond, SPAN) == ({"a" * (LONGEST - 1) + "…"}, 14)


def test_texts_of_neighbours_stand_on_lines_of_their_own() -> None:
    days = [TODAY - timedelta(days=n) for n in (0, 1, 2)]
    assert drawn([Mark(one, "Guideline v2") for one in days], SPAN)[1] == 3 * 14
    year = Span(TODAY - timedelta(days=365), TODAY, TODAY)
    apart = [Mark(year.since, "one"), Mark(TODAY - timedelta(days=150), "two")]
    assert drawn(apart, year)[1] == 14
    assert drawn([], SPAN)[1] == 0


@pytest.mark.parametrize("ground", ["#FFFFFF", "#12161C"])
def test_a_rule_stands_on_the_ground_of_its_theme(ground: str) -> None:
    """In front of dark columns a thin rule is lost; the ground lies over them, under the rule."""
    chart = over_days([EMPTY], replace(SPAN, marks=(Mark(TODAY, "Model v2"),)), 100)
    told = {**chart.to_dict(), "width": 250, "config": {"background": ground}}
    lines = re.findall(r"<line[^>]*>", str(vl_convert.vegalite_to_svg(told)))
    (at,) = (n for n, line in enumerate(lines) if f'stroke="{ground}"' in line)
    assert 'stroke-width="5"' in lines[at]
    assert "stroke-dasharray" in lines[at + 1]


def test_where_there_are_many_only_some_have_a_text_and_findings_are_among_them() -> None:
    many = [Mark(TODAY - timedelta(days=n), f"Release {n}") for n in range(12)]
    words, height = drawn([*many, Mark(TODAY, "since today", True)], SPAN)
    assert height == 4 * 14
    assert "since today" in words
    assert len(words) < len(many)


@pytest.mark.parametrize("name", ["labels_over_time", "piled"])
def test_a_legend_stands_above_the_texts(name: str) -> None:
    chart = FIGURES[name]().chart
    svg = str(vl_convert.vegalite_to_svg({**chart.to_dict(), "width": 250}))
    start = r'role-legend"[^>]*><g transform="translate\([-\d.]+,([-\d.]+)\)">'
    (legend,) = re.findall(start + r'<path[^>]* d="M0,0h\d+v(\d+)', svg)
    texts = [y for y, _, _ in boxes(svg) if y < 0]
    assert float(legend[0]) + float(legend[1]) <= min(texts) - 10


def boxes(svg: str) -> list[tuple[float, float, float]]:
    """Height, left and right of each text of a mark in a picture."""
    found = re.findall(
        r'text-anchor="(start|end)" transform="translate\(([-\d.]+),([-\d.]+)\)"'
        r'[^>]*font-size="12px"[^>]*>([^<]+)</text>',
        svg,
    )
    wide = [(float(y), float(x), 6 * len(text), side) for side, x, y, text in found]
    return [(y, x - w, x) if side == "end" else (y, x, x + w) for y, x, w, side in wide]


def test_texts_do_not_collide_on_a_phone() -> None:
    span = Span(date(2026, 9, 1), date(2027, 1, 20), date(2026, 11, 26))
    marks = [
        Mark(date(2026, 10, 27), "Model v2"),
        Mark(date(2026, 11, 8), "Guideline v2"),
        Mark(date(2027, 1, 17), "deadline 17 Jan", True),
        Mark(date(2027, 1, 12), "p50 12 Jan"),
    ]
    chart = over_days([EMPTY], replace(span, marks=tuple(marks)), 100)
    svg = vl_convert.vegalite_to_svg({**chart.to_dict(), "width": 250})
    found = sorted(boxes(str(svg)))
    assert len(found) == len(marks)
    for one, after in pairwise(found):
        assert one[0] != after[0] or one[2] <= after[1]


def rules(svg: str) -> list[tuple[float, float]]:
    """Where each rule stands, and how high it reaches."""
    found = re.findall(r'translate\(([-\d.]+),([-\d.]+)\)"[^>]*y2="[-\d.]+"[^>]*dasharray', svg)
    return [(float(x), float(y)) for x, y in found]


SEASON = Span(date(2026, 9, 1), date(2027, 2, 10), date(2026, 11, 26))
CLOSE = {
    "early": [date(2026, 9, 10 + n) for n in range(4)],
    "late": [date(2027, 1, 10 + n) for n in range(4)],
    "one day": [date(2026, 12, 24)] * 3,
    "all over": [date(2026, 9, 3), date(2026, 10, 27), date(2026, 11, 8), date(2027, 1, 18)],
}


@pytest.mark.parametrize("name", CLOSE)
@pytest.mark.parametrize("width", [250, 900])
def test_each_rule_goes_up_to_its_own_text_and_through_no_other(name: str, width: int) -> None:
    marks = [Mark(day, f"Guideline {n}", n == 2) for n, day in enumerate(CLOSE[name])]
    chart = over_days([EMPTY], replace(SEASON, marks=tuple(marks)), 100)
    svg = str(vl_convert.vegalite_to_svg({**chart.to_dict(), "width": width}))
    texts, ends = boxes(svg), rules(svg)
    assert len(texts) == len(marks) == len(ends)
    for y, left, right in texts:
        beside = [top for x, top in ends if min(abs(x - left), abs(x - right)) < 6]
        assert any(y - 14 < top < y for top in beside), "its rule ends beside it"
        assert not [x for x, top in ends if left < x < right and top < y - 14]


def test_a_rule_does_not_go_through_another_text_to_its_own() -> None:
    days = Span(TODAY - timedelta(days=2), TODAY, TODAY)
    marks = [Mark(TODAY, "Guideline v2"), Mark(TODAY - timedelta(days=1), "since Mon 23 Nov", True)]
    words, height = drawn(marks, days)
    assert (words, height) == ({"Guideline v2", "since Mon 23 Nov"}, 2 * 14)
    chart = over_days([EMPTY], replace(days, marks=tuple(marks)), 100)
    svg = str(vl_convert.vegalite_to_svg({**chart.to_dict(), "width": 250}))
    (_, left, right), ends = max(boxes(svg)), rules(svg)
    assert not [x for x, top in ends if left < x < right and top < 0]
