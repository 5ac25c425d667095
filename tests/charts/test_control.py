"""Control charts, the parts of a change and the influence of people: what their marks encode."""

import re
from typing import Any

import vl_convert

from labelpulse.charts import influence
from labelpulse.charts.theme import Figure
from labelpulse.findings.alarms import current_alarm
from labelpulse.reports import figures
from tests.charts.made_up import DRIFT, FIGURES, SPAN, WATCHED, WITHOUT, drift, fallen


def rows_with(figure: Figure, key: str) -> list[dict[str, Any]]:
    """The rows of the first data set that has a column."""
    sets = figure.chart.to_dict(validate=True)["datasets"].values()
    return next((one for one in sets if one and key in one[0]), [])


def texts(figure: Figure) -> set[str]:
    """What stands above the chart."""
    sets = figure.chart.to_dict(validate=True)["datasets"].values()
    return {one["text"] for rows in sets for one in rows if "what" in one}


def test_changes_and_notes_stand_above_the_chart() -> None:
    assert texts(figures.draw_levels(DRIFT, SPAN, WATCHED)) == {"since Thu 19 Nov", "Guideline v2"}


def test_a_change_lies_between_its_day_and_that_of_the_alarm() -> None:
    bands = rows_with(figures.draw_levels(DRIFT[3:], SPAN, WATCHED), "end")
    assert (bands[0]["day"][:10], bands[0]["end"][:10]) == ("2026-11-19", "2026-11-21")


def test_the_words_of_a_part_stand_beside_its_bar() -> None:
    told = fallen(1, 0.82, quality_part=-0.06, mix_part=0.01)
    figure = figures.draw_split(current_alarm([*DRIFT, told]), WATCHED)
    assert figure is not None
    svg = str(vl_convert.vegalite_to_svg({**figure.chart.to_dict(), "width": 400}))
    bars = re.findall(r'"bar" d="M([-\d.]+),0h([\d.]+)v', svg)
    words = re.findall(r'translate\(([-\d.]+),[-\d.]+\)"[^>]*>[−+]\d[^<]*point', svg)
    ends = [float(start) + float(length) for start, length in bars]
    assert len(ends) == 2
    assert all(float(at) > end for at, end in zip(words, ends, strict=True))


def test_the_headline_without_somebody_names_who_moves_it() -> None:
    assert FIGURES["without"]().title == "Without Wren 4, alpha would be 0.74 instead of 0.70"
    calm = [{**WITHOUT[1], "difference": 0.001}]
    assert influence.without(calm, "alpha", "coefficient").title.startswith("Alpha rests on nobody")
    assert influence.without([], "alpha", "coefficient").marks == 0


def test_a_day_off_is_no_dot() -> None:
    rows = [drift(1, 0.9), drift(0, rate=0.0)]
    drawn = [one["drawn"] for one in rows_with(figures.draw_levels(rows, SPAN, WATCHED), "drawn")]
    assert drawn == [True, False]


def test_only_what_the_baseline_is_from_is_grey() -> None:
    band = rows_with(figures.draw_levels(DRIFT, SPAN, WATCHED), "end")
    assert (band[0]["day"][:10], band[0]["end"][:10]) == ("2026-11-12", "2026-11-15")
    assert rows_with(figures.draw_levels(DRIFT[3:8], SPAN, WATCHED), "end") == []
