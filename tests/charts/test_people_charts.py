"""Charts of people, labels and predictions: what they say, and what they leave unsaid."""

from datetime import timedelta
from typing import Any

import pytest

from labelpulse.charts import assist, caterpillar, labels, profile
from labelpulse.charts.theme import MAIN, MUTED, Figure
from labelpulse.core.estimate import Row
from tests.charts.made_up import (
    ACCEPTED,
    ACCURACY,
    AGREEMENT,
    BLIND,
    CROWD,
    EIGHT_WEEKS,
    MIXED,
    SPAN,
    TODAY,
    TWO_WEEKS,
    row,
    stands,
)
from tests.charts.test_charts import rows_of


def names(rows: list[Row], **more: Any) -> list[str]:
    """People from top to bottom."""
    figure = caterpillar.caterpillar(rows, ACCURACY, **more)
    frame = next(one for one in rows_of(figure) if "weight" in one[0])
    return [one["name"] for one in frame]


def test_rows_stand_by_name_or_by_group_and_value_and_the_few_last() -> None:
    assert names(CROWD) == ["Heron 7", "lynx 12", "Otter 3", "Wren 4", "Stoat 1"]
    assert names(CROWD, ranked=True) == ["Wren 4", "lynx 12", "Otter 3", "Heron 7", "Stoat 1"]


def test_in_alphabetical_order_a_group_has_a_column_of_brackets_to_itself() -> None:
    crowd = [*CROWD, stands(0.56, 70, 2, annotator="Newt 5"), stands(0.3, 70, 3, annotator="Zoe")]
    figure = caterpillar.caterpillar(crowd, ACCURACY)
    brackets = brackets_of(figure)
    told = [(one["who"], round(one["at"] + 0.35), round(one["end"] - 0.35)) for one in brackets]
    assert told == [
        ("group 2: 2", 0, 0),
        ("group 1: 3", 1, 1),
        ("group 2: 2", 2, 2),
        ("group 1: 3", 3, 4),
        ("group 3: 1", 5, 5),
    ]
    columns = {one["who"]: one["x"] for one in brackets}
    assert len({one["x"] for one in brackets}) == len(columns) == 3
    assert columns["group 1: 3"] < columns["group 2: 2"] < columns["group 3: 1"]
    assert "In alphabetical order. Brackets in one column hold people" in figure.note
    ranked = caterpillar.caterpillar(crowd, ACCURACY, ranked=True)
    assert len({one["x"] for one in brackets_of(ranked)}) == 1
    assert "By group and value. A bracket holds people" in ranked.note


def brackets_of(figure: Figure) -> list[dict[str, Any]]:
    """The brackets from top to bottom."""
    return next(one for one in rows_of(figure) if "who" in one[0])


def test_too_few_are_grey_and_in_no_bracket() -> None:
    figure = caterpillar.caterpillar(CROWD, ACCURACY, beside=EIGHT_WEEKS, ranked=True)
    frame = next(one for one in rows_of(figure) if "weight" in one[0])
    assert {one["name"]: one["role"] for one in frame}["Stoat 1"] == MUTED
    brackets = brackets_of(figure)
    assert [(one["at"], one["end"]) for one in brackets] == [(-0.35, 2.35), (2.65, 3.35)]


def test_what_lies_beyond_the_axis_is_an_arrow_and_told() -> None:
    unlucky = stands(0.62, 9, None, annotator="Zoe", raw=0.2)
    told = "An arrow at the left edge: lower than the axis reaches."
    inside, beyond = (
        caterpillar.caterpillar(rows, ACCURACY) for rows in (CROWD, [*CROWD, unlucky])
    )
    assert told in beyond.note
    assert told not in inside.note
    arrows = [
        layer["encoding"]["x"]["field"]
        for layer in layers_of(beyond.chart.to_dict())
        if "triangle-left" in str(layer["encoding"].get("shape"))
    ]
    assert arrows == ["raw"], "the estimate itself lies within"
    assert "triangle-left" not in str(inside.chart.to_dict())


def layers_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """All layers with marks, however deep."""
    parts = [part for key in ("layer", "hconcat", "vconcat") for part in spec.get(key, ())]
    return [spec] if "mark" in spec else [one for part in parts for one in layers_of(part)]


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        (CROWD, "Heron 7 lies clearly below the rest; 3 others cannot be told apart"),
        (CROWD[:3], "3 people cannot be told apart by accuracy"),
        (CROWD[:1], "Fewer than two people have 20 or more known answers: too few"),
        ([*CROWD, stands(0.75, 70, 2, annotator="x")], "Heron 7 lies clearly below most others; 3"),
        ([], "Fewer than two people have 20 or more known answers: too few"),
        (
            [*CROWD[:3], *(stands(0.5, 70, 2, annotator=one, below=True) for one in "abcd")],
            "4 people lie clearly below the rest; 3 others cannot be told apart",
        ),
        ([*CROWD[:3], stands(0.8, 70, 2, annotator="x")], "3 of 4 people cannot be told apart"),
    ],
)
def test_the_title_names_few_and_only_who_is_surely_below(rows: list[Row], title: str) -> None:
    assert caterpillar.finding(rows, ACCURACY).startswith(title)


def test_small_lines_keep_to_their_rows() -> None:
    figure = caterpillar.caterpillar(CROWD, ACCURACY, beside=EIGHT_WEEKS)
    lines = next(one for one in rows_of(figure) if set(one[0]) == {"name", "week", "at"})
    rows = {"lynx 12": 1, "Wren 4": 3, "Heron 7": 0}
    assert all(abs(one["at"] - rows[one["name"]]) <= 0.36 for one in lines)
    assert {one["week"] for one in lines} == set(range(8))
    assert "At the right: agreement with the others" in figure.note
    assert "At the right" not in caterpillar.caterpillar(CROWD, ACCURACY).note


def test_a_name_is_text_in_the_expression_of_names() -> None:
    hostile = [stands(0.9, 40, 1, annotator='"];alert(1);["'), *CROWD]
    spec = caterpillar.caterpillar(hostile, ACCURACY).chart.to_dict()
    assert '\\"];alert(1);[\\"' in str(spec).replace("\\\\", "\\")


def test_rare_labels_are_grey_and_named() -> None:
    figure = labels.mix(MIXED)
    bars = max(rows_of(figure), key=len)
    assert {one["label"]: one["role"] for one in bars}["Other"] == MUTED
    assert figure.title == "Other is rare: fewer than 20 answers"
    assert [one["label"] for one in bars] == ["Billing", "Refund", "Account", "Other"]


def test_imbalance_is_the_title_where_no_label_is_rare() -> None:
    told = {**row(5.6, 1000), "low": 4.5, "high": 6.9, "largest": "Billing", "smallest": "Account"}
    title = labels.mix(MIXED[:3], told).title
    assert title == "Billing comes 5.6 times as often as Account (95 % interval 4.5–6.9)"


def test_few_answers_have_counts_only() -> None:
    few = [row(0.75, 12, 0.2, label="a"), row(0.25, 12, 0.2, label="b")]
    figure = labels.mix(few)
    assert figure.title == "12 answers: too early for shares"
    assert [one["text"] for one in max(rows_of(figure), key=len)] == ["9", "3"]
    assert labels.mix([]).marks == 0


def weeks_of(counts: dict[str, tuple[int, int]]) -> list[Row]:
    """Counts of labels in a week long ago, and in the newest."""
    weeks = [(TODAY - timedelta(days=back)).strftime("%G-W%V") for back in (60, 0)]
    return [
        row(n, n, label=label, week=week)
        for label, both in counts.items()
        for week, n in zip(weeks, both, strict=True)
    ]


def test_the_label_that_moved_most_is_named_if_chance_does_not_explain_it() -> None:
    moved = labels.over_time(weeks_of({"a": (500, 300), "b": (500, 700)}), SPAN).title
    assert moved.startswith(("a moved most: 30", "b moved most: 70"))
    same = labels.over_time(weeks_of({"a": (500, 510), "b": (500, 490)}), SPAN).title
    assert same == "The mix of labels in the last four weeks is as before"
    assert "too early" in labels.over_time(weeks_of({"a": (5, 3)}), SPAN).title


def test_columns_add_up_and_the_rest_is_one() -> None:
    counts = {name: (100 - at, 100 + at) for at, name in enumerate("abcdefgh")}
    figure = labels.over_time(weeks_of(counts), SPAN)
    cells = max(rows_of(figure), key=len)
    assert {one["label"] for one in cells} >= {labels.REST}
    assert len({one["label"] for one in cells}) == 6
    tops = [
        max(one["high"] for one in cells if one["when"] == when)
        for when in {c["when"] for c in cells}
    ]
    assert tops == pytest.approx([1.0] * len(tops))


def test_a_sixth_label_is_no_rest() -> None:
    counts = {name: (100 - at, 100 + at) for at, name in enumerate("abcdef")}
    cells = max(rows_of(labels.over_time(weeks_of(counts), SPAN)), key=len)
    assert {one["label"] for one in cells} == set("abcdef")


def test_somebody_is_held_against_nine_in_ten() -> None:
    low = profile.among_peers(TWO_WEEKS, "a", SPAN, key="week", measure=AGREEMENT)
    assert low.title == "Agreement: below nine in ten others in 2 of 2 weeks"
    usual = profile.among_peers(TWO_WEEKS, "d", SPAN, key="week", measure=AGREEMENT)
    assert usual.title == "Agreement: among the others in most of 2 weeks"


def test_single_people_make_no_band() -> None:
    few = [one for one in TWO_WEEKS if one["annotator"] in "abcd"]
    figure = profile.among_peers(few, "a", SPAN, key="week", measure=AGREEMENT)
    assert figure.title == "Agreement: fewer than 5 others to hold a against"
    assert "Band" not in figure.note


def test_the_newest_predictions_are_compared_label_by_label() -> None:
    figure = assist.by_label(ACCEPTED, BLIND, version="v2")
    dots = max(rows_of(figure), key=len)
    assert [one["role"] for one in dots if one["kind"] == assist.ACCEPTED] == [MAIN] * 3
    assert figure.title == "No label of v2 is accepted more readily than the others"
    assert "Pale: fewer than 20 answers." in figure.note
    named = assist.by_label(ACCEPTED, BLIND, version="v2", finding="Account", sure="So sure.")
    assert (named.title, named.note[:8]) == ("Account", "So sure.")


def test_a_score_that_promises_too_much_is_named() -> None:
    blind = [row(0.80, 200, 0.04, score_band=9), row(0.66, 200, 0.05, score_band=6)]
    title = assist.by_score([], blind).title
    assert title.startswith("The model is too sure of itself: scored 90–100 %")
    even = [row(0.66, 200, 0.05, score_band=6), row(0.2, 5, 0.2, score_band=None)]
    assert assist.by_score([], even).title == "The model is about as often right as its score says"
    assert assist.by_score([], []).marks == 0
    drawn = assist.by_score([row(0.4, 50, 0.1, score_band=8), row(0.2, 30, 0.1, score_band=5)], [])
    assert drawn.title == "Of the predictions scored 80–90 %, 40\xa0% are accepted as they are"
    few = assist.by_score([], [row(0.66, 5, 0.3, score_band=6)]).title
    assert few == "Too few answers at any score to tell whether the model is too sure of itself"
