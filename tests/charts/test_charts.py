"""Charts: their words, their cuts, and their specifications against the ones kept in golden/.

After a wanted change: UPDATE_GOLDEN=1 pytest tests/charts, then read the difference.
"""

import json
import os
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from labelpulse.charts import grid, heatmap, ranking, series, shares, triangle
from labelpulse.charts.theme import MAX_MARKS, Figure
from labelpulse.core.estimate import Measure, Row
from labelpulse.core.periods import Span
from labelpulse.core.stages import NO_AGE
from labelpulse.reports import figures
from tests.charts.made_up import (
    ACCURACY,
    AGES,
    AGREEMENT,
    DAILY,
    FIGURES,
    PEOPLE,
    SPAN,
    TODAY,
    row,
    vega,
)

LONG = Span(TODAY - timedelta(days=30), TODAY, TODAY)
GOLDEN = Path(__file__).parent / "golden"


def spec(figure: Figure) -> dict[str, Any]:
    """The chart as Vega-Lite, without what changes with every release of Altair."""
    return _lasting(figure.chart.to_dict(validate=True))


def made(name: str) -> dict[str, Any]:
    """The same of a figure of `FIGURES`."""
    return _lasting(vega(name))


def _lasting(found: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key not in ("$schema", "config")}


@pytest.mark.parametrize("name", FIGURES)
def test_a_chart_is_drawn_as_before(name: str) -> None:
    figure = FIGURES[name]()
    words = {"title": figure.title, "note": figure.note, "described": figure.described}
    text = json.dumps({**words, "spec": made(name)}, indent=1, sort_keys=True, ensure_ascii=False)
    file = GOLDEN / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text + "\n", encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text + "\n"


@pytest.mark.parametrize("name", FIGURES)
def test_a_chart_fills_its_card_and_has_a_height(name: str) -> None:
    found = made(name)
    assert found["width"] == "container"
    assert found["height"] > 50


@pytest.mark.parametrize("name", FIGURES)
def test_a_chart_fixes_no_colour_of_its_own(name: str) -> None:
    colours = [one for one in json.dumps(made(name)).split('"') if one.startswith("#")]
    assert set(colours) <= {"#111820", "#FFFFFF", grid.NEUTRAL}


@pytest.mark.parametrize("name", FIGURES)
def test_layers_that_share_a_legend_agree_whether_there_is_one(name: str) -> None:
    found = made(name)
    colours = [one.get("encoding", {}).get("color", {}) for one in found["layer"]]
    shown = {one["legend"] is not None for one in colours if "legend" in one}
    alone = found.get("resolve", {}).get("legend", {}).get("color") == "independent"
    assert alone or len(shown) < 2


def rows_of(figure: Figure) -> list[list[dict[str, Any]]]:
    """The rows of all data sets of a chart."""
    return list(spec(figure)["datasets"].values())


def test_a_day_without_data_is_zero_and_today_is_open() -> None:
    bars = next(one for one in rows_of(FIGURES["daily_counts"]()) if "open" in one[0])
    assert len(bars) == 16
    assert [bar["value"] for bar in bars[:4]] == [90, 180, 0, 100]
    assert [bar["open"] for bar in bars] == [False] * 15 + [True]


def test_the_last_seven_days_are_compared_without_today() -> None:
    title = FIGURES["daily_counts"]().title
    assert (
        title == "180 answers in the last seven whole days, 36\xa0% fewer than in the seven before"
    )


def test_a_short_span_is_summed_and_not_compared() -> None:
    short = Span(TODAY - timedelta(days=2), TODAY, TODAY)
    assert series.daily_counts(DAILY, short).title == "70 answers in 3 days"


def test_too_few_is_grey_and_gaps_stay_gaps() -> None:
    points = max(rows_of(FIGURES["shares"]()), key=len)
    assert [point["enough"] for point in points].count(False) == 1
    assert len(points) == 10
    assert "Grey: fewer than 20." in FIGURES["shares"]().note


def test_days_without_a_value_make_an_empty_chart() -> None:
    nothing = [row(day="2024-03-04", value=None, low=None, high=None, n=0)]
    for rows in ([], nothing):
        figure = shares.over_time(rows, LONG, key="day", measure=AGREEMENT)
        assert figure.marks == 0
        assert spec(figure)


def test_a_fall_is_said_with_its_day() -> None:
    days = [(TODAY - timedelta(days=back)).isoformat() for back in range(30, -1, -1)]
    fell = [row(0.9 if at < 17 else 0.7, 50, 0.05, day=day) for at, day in enumerate(days)]
    title = shares.over_time(fell, LONG, key="day", measure=AGREEMENT).title
    assert title == "Agreement is 70\xa0% in the last 14 days, 90\xa0% before"


def test_no_change_is_said_as_such() -> None:
    days = [(TODAY - timedelta(days=back)).isoformat() for back in range(30, -1, -1)]
    same = [row(0.9, 50, 0.05, day=day) for day in days]
    title = shares.over_time(same, LONG, key="day", measure=AGREEMENT).title
    assert title == "Agreement is 90\xa0%, and about the same in the last 14 days"


def test_a_measure_that_is_no_mean_of_its_days_is_asked_for_the_stretch() -> None:
    days = [(TODAY - timedelta(days=back)).isoformat() for back in range(30, -1, -1)]
    rows = [row(0.9, 50, 0.05, day=day) for day in days]
    edge = TODAY - timedelta(days=13)
    known = {
        (LONG.since, TODAY): 0.7,
        (LONG.since, edge - timedelta(days=1)): 0.8,
        (edge, TODAY): 0.6,
    }
    matched = Measure("matched F1", "share", "pairs of answers", 20)
    title = shares.over_time(
        rows, LONG, key="day", measure=matched, level=lambda *days: known[days]
    ).title
    assert title == "Matched F1 is 60\xa0% in the last 14 days, 80\xa0% before"


def weekly(values: list[float]) -> list[Row]:
    """Rows of the last weeks, oldest first; the newest is that of TODAY, a Tuesday."""
    weeks = [TODAY - timedelta(weeks=back) for back in range(len(values))][::-1]
    return [row(v, 50, 0.05, week=f"{d:%G-W%V}") for v, d in zip(values, weeks, strict=True)]


def test_four_weeks_by_the_calendar_are_not_the_28_days_of_the_tile() -> None:
    days = Span(TODAY - timedelta(days=27), TODAY, TODAY)
    figure = shares.over_time(
        weekly([1.0, 0.85, 0.85, 0.85, 0.85]), days, key="week", measure=ACCURACY
    )
    assert figure.title == "Accuracy is 88\xa0% in 28 days"
    longer = Span(TODAY - timedelta(days=60), TODAY, TODAY)
    figure = shares.over_time(
        weekly([1.0, 1.0, 1.0, 1.0, 0.85, 0.85, 0.85, 0.85]), longer, key="week", measure=ACCURACY
    )
    assert figure.title == "Accuracy is 85\xa0% since Mon 2 Nov, 100\xa0% before"


def test_days_that_ended_long_ago_are_not_called_the_last() -> None:
    days = [TODAY - timedelta(days=back) for back in range(70, 40, -1)]
    fell = [row(0.9 if n < 17 else 0.7, 50, 0.05, day=d.isoformat()) for n, d in enumerate(days)]
    span = Span(days[0], TODAY, TODAY)
    title = shares.over_time(fell, span, key="day", measure=AGREEMENT).title
    assert "since Thu 1 Oct" in title
    assert "last" not in title


def test_one_answer_left_open_does_not_press_the_times_flat() -> None:
    medians = [row(30.0, 50, day="2026-11-20"), row(5000.0, 1, day="2026-11-23")]
    slow = [row(90.0, 50, day="2026-11-20"), row(10_000.0, 1, day="2026-11-23")]
    figure = shares.times(medians, slow, SPAN, key="day")
    assert '"domain": [0, 135.0]' in json.dumps(spec(figure))
    assert "Drawn at the upper edge: 1 day, up to 2\xa0h 46\xa0min." in figure.note
    assert "edge" not in FIGURES["times"]().note
    assert '"domain": [0' not in json.dumps(spec(FIGURES["times"]()))


def test_nothing_is_said_of_too_little() -> None:
    few = [row(0.9, 5, day="2026-11-20")]
    title = shares.over_time(few, SPAN, key="day", measure=AGREEMENT).title
    assert title == "Fewer than 20 items so far: too few to say"


def test_values_below_the_axis_still_lie_on_it() -> None:
    low = [row(0.12, 50, 0.10, day="2026-11-20")]
    assert '"domain": [0.0, 1.0]' in json.dumps(
        spec(shares.over_time(low, SPAN, key="day", measure=AGREEMENT))
    )


def test_people_stand_in_alphabetical_order_whatever_their_numbers() -> None:
    for figure in (FIGURES["people_dots"](), FIGURES["people_bars"]()):
        names = [one["name"] for one in max(rows_of(figure), key=len)]
        assert names == sorted(names, key=str.casefold)
    assert [one["name"] for one in max(rows_of(FIGURES["people_dots"]()), key=len)] == [
        "Heron 7, n 9",
        "lynx 12, n 80",
        "Stoat 1, n 0",
        "Wren 4, n 60",
    ]


def test_only_a_whole_interval_under_all_is_named() -> None:
    title = FIGURES["people_dots"]().title
    assert title == "lynx 12 lies clearly below the rest (all together: 88\xa0%)"
    assert "Heron 7" not in title, "too few to say anything"


def test_nobody_is_named_without_reason() -> None:
    two = [PEOPLE[0], row(0.93, 60, 0.05, annotator="Otter 3")]
    figure = ranking.dots(two, key="annotator", measure=ACCURACY, overall=0.9)
    assert figure.title == "Nobody is clearly below the rest (all together: 90\xa0%)"


def test_one_person_has_no_rest_to_be_compared_with() -> None:
    others = [row(0.9, 9, 0.1, annotator="Heron 7"), row(0.9, 400, 0.1, annotator="unknown")]
    figure = ranking.dots([PEOPLE[0], *others], key="annotator", measure=ACCURACY, overall=0.9)
    assert figure.title == "Only 1 person has 20 or more known answers yet: too few to compare"
    nobody = ranking.dots(others, key="annotator", measure=ACCURACY, overall=0.9)
    assert nobody.title == "Nobody has 20 or more known answers yet: too few to compare"


def test_an_axis_of_times_has_its_unit() -> None:
    times = Measure("Median time", "s", "times", 20)
    rows = [row(29.0, 60, 1.0, tool="a"), row(40.0, 60, 2.0, tool="b")]
    drawn = json.dumps(ranking.dots(rows, key="tool", measure=times, title="t").chart.to_dict())
    assert "datum.label + '\\u00a0s'" in drawn
    shares = ranking.dots(PEOPLE, key="annotator", measure=ACCURACY).chart.to_dict()
    assert "datum.label" not in json.dumps(shares)


def test_the_unknown_is_no_person() -> None:
    rows = [row(n, n, annotator=who) for who, n in (("Wren 4", 60), ("unknown", 90), ("Lynx", 40))]
    title = ranking.bars(rows, key="annotator", noun="labels").title
    assert title == (
        "2 people made 100 labels (90 more: nobody knows by whom); the most active made 60\xa0%"
    )
    alone = ranking.bars([rows[1]], key="annotator", noun="labels").title
    assert alone == "Nobody knows who made 90 labels"


def test_a_crowd_is_cut_to_those_with_the_most() -> None:
    crowd = [row(0.9, n, 0.05, annotator=f"Wren {n}") for n in range(1, 101)]
    figure = ranking.dots(crowd, key="annotator", measure=ACCURACY)
    assert figure.marks == ranking.PEOPLE
    assert "The 60 with the most of 100 are shown." in figure.note
    assert {one["n"] for one in max(rows_of(figure), key=len)} == set(range(41, 101))


def test_every_name_has_room() -> None:
    crowd = [row(0.9, 30, 0.05, annotator=f"Wren {n}") for n in range(40)]
    figure = ranking.dots(crowd, key="annotator", measure=ACCURACY)
    assert spec(figure)["height"] / 40 >= 14


def test_one_pair_holds_most_disagreement() -> None:
    title = FIGURES["disagreement"]().title
    assert title == "84\xa0% of disagreement sits in one pair of 3: Billing / Refund"
    assert triangle.disagreement([]).title == "No two answers differ"
    cells = next(one for one in rows_of(FIGURES["disagreement"]()) if "lift" in one[0])
    assert [one["text"] for one in cells] == ["8", "", "42 · 4.2×"]


def test_many_labels_and_people_stay_few_marks() -> None:
    labels = [f"label {n}" for n in range(60)]
    rows = [row(1, label_a=a, label_b=b) for a in labels for b in labels if a < b]
    people = [
        row(0.5, 30, annotator_a=f"p{a}", annotator_b=f"p{b}") for a in range(120) for b in range(a)
    ]
    for figure in (triangle.disagreement(rows), heatmap.pairs(people, min_n=20)):
        assert 100 < figure.marks < MAX_MARKS


def test_a_pair_with_too_little_in_common_stays_empty() -> None:
    figure = FIGURES["pairs"]()
    cells = next(one for one in rows_of(figure) if "shade" in one[0])
    assert len(cells) == 2
    assert "Pale: fewer than 20 items in common (1 pair)." in figure.note


def test_pairs_are_named_only_when_their_whole_interval_lies_below() -> None:
    title = FIGURES["pairs"]().title
    assert title == (
        "1 of 2 pairs agrees clearly less than the rest: Wren 4 / Lynx 12 (all together: 88\xa0%)"
    )
    unsure = [row(0.7, 20, 0.3, annotator_a="a", annotator_b="b")]
    found = heatmap.pairs(unsure, min_n=20, overall=0.9)
    assert found.title == "a / b agree on 70\xa0%, all together on 90\xa0%"
    two = heatmap.pairs([*unsure, {**unsure[0], "annotator_b": "c"}], min_n=20, overall=0.9)
    assert two.title == "No pair of 2 agrees clearly less than the rest (all together: 90\xa0%)"


def test_a_few_short_names_lie_level_and_many_do_not() -> None:
    few = heatmap.pairs([row(0.9, 30, annotator_a="a", annotator_b="b")], min_n=20)
    long = heatmap.pairs([row(0.9, 30, annotator_a="a" * 40, annotator_b="b" * 40)], min_n=20)
    angles = [one.chart.to_dict()["layer"][0]["encoding"]["x"]["axis"] for one in (few, long)]
    assert [one["labelAngle"] for one in angles] == [0, -40]


def test_of_many_people_a_triangle_says_whom_it_shows() -> None:
    names = [f"{at:02}" for at in range(heatmap.PEOPLE + 1)]
    pairs = [
        row(0.9, 20 if "00" in (one, other) else 30, annotator_a=one, annotator_b=other)
        for one, other in combinations(names, 2)
    ]
    figure = heatmap.pairs(pairs, min_n=20)
    assert figure.marks == len(pairs) - heatmap.PEOPLE
    assert figure.note.endswith("Those 30 who have most items in common with others.")
    assert "Those" not in heatmap.pairs(pairs[heatmap.PEOPLE :], min_n=20).note
    assert figure.spec["usermeta"] == {"embedOptions": {"renderer": "canvas"}}
    assert "usermeta" not in heatmap.pairs(pairs[-10:], min_n=20).spec


def test_a_chart_without_pairs_has_no_caption_of_one() -> None:
    few = [row(0.9, n, 0.1, annotator_a="a", annotator_b=who) for n, who in ((7, "b"), (12, "c"))]
    figure = heatmap.pairs(few, min_n=20, overall=0.9)
    assert figure.marks == 0
    assert figure.note == "The most that a pair has in common: 12 items."
    assert heatmap.pairs([], min_n=20).note == ""


def test_who_is_in_most_of_the_low_pairs_is_named() -> None:
    rows = [row(0.5, 50, 0.1, annotator_a="a", annotator_b=other) for other in "bcd"]
    rows.append(row(0.95, 50, 0.04, annotator_a="b", annotator_b="c"))
    title = heatmap.pairs(rows, min_n=20, overall=0.9).title
    assert title == (
        "3 of 4 pairs agree clearly less than the rest (all together: 90\xa0%); a is in 3"
    )


def test_confusion_is_a_share_of_the_known_answer() -> None:
    figure = FIGURES["confusion"]()
    assert figure.title == "Most often wrong: Billing taken for Refund, 20\xa0% of its 50 answers"


def test_a_mistake_on_few_answers_is_not_called_frequent() -> None:
    few = [row(12, gold="Tents", label="Tents"), row(2, gold="Tents", label="Bags")]
    many = [row(97, gold="Bags", label="Bags"), row(3, gold="Bags", label="Tents")]
    assert heatmap.confusion(few).title == (
        "2 mistakes in 14 answers, each on a label with fewer than 20 of them: too few to name one"
    )
    assert heatmap.confusion([*few, *many]).title == (
        "Most often wrong of labels with 20 answers or more: Bags taken for Tents, "
        "3\xa0% of its 100 answers"
    )
    assert heatmap.confusion(many).title.startswith("Most often wrong: Bags taken for Tents, ")
    assert heatmap.confusion(many, "As judged").title == "As judged"
    assert heatmap.confusion(few[:1], "As judged").title == "12 answers, all equal to the known one"
    assert heatmap.confusion([]).title == "Nobody has met a known answer yet"


def test_blocked_items_have_no_age_in_the_chart_as_in_the_table() -> None:
    rows = [row(5, stage="blocked", age=AGES[3]), row(4, stage="started", age=AGES[3])]
    figure = figures.draw_queues(rows, AGES)
    shown = {one["stage"]: one for one in max(rows_of(figure), key=len)}
    assert shown["Blocked (all skipped)"]["age"] == NO_AGE
    assert shown["Blocked (all skipped)"]["order"] == 0, "palest, not oldest"
    assert shown["Started"]["order"] == 4
    assert figure.title == "Blocked (all skipped): 5 items"


def test_days_do_not_move_with_the_browser() -> None:
    """Midnight UTC on a UTC scale: in no zone does a day slip to its neighbour."""
    for name in ("daily_counts", "shares", "burn_up_fan"):
        text = json.dumps(made(name))
        assert '"type": "utc"' in text
        assert f"{SPAN.until.isoformat()}T" in text
    assert date(2026, 11, 24) == SPAN.until


def test_one_label_in_one_day_is_a_label() -> None:
    rows = [{"day": TODAY.isoformat(), "value": 1}]
    assert (
        series.daily_counts(rows, Span(TODAY, TODAY, TODAY), noun="labels").title
        == "1 label in 1 day"
    )
