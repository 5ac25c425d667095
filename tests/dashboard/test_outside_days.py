"""What lies outside of the chosen days, or before them, is said and not left out."""

from datetime import date, timedelta
from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.dashboard.conftest import Open, load_csv, single_labels
from tests.dashboard.test_choices import opened
from tests.dashboard.test_pages import words

OUTSIDE = "more outside of the chosen days."
TABLES = {"Began", "What is wrong", "What it was"}
"""Headings of runs, of records set aside, of odd days."""


def test_data_hides_nothing_outside_of_the_days_without_a_word(
    tmp_path: Path, open_app: Open
) -> None:
    rows = single_labels(60)
    by_day: dict[str, int] = {}
    for row in rows:
        day = str(row["submitted_at"])[:10]
        by_day[day] = by_day.get(day, 0) + 1
    odd = sorted(by_day)[15]
    kept = [row for row in rows if not str(row["submitted_at"]).startswith(odd)]
    bad = {**rows[0], "item": "broken", "submitted_at": "soon"}
    config = load_csv(tmp_path, [*kept, bad], "Reviews")
    app = opened(open_app, config, "data", range="All")
    assert tables(app) == TABLES
    assert OUTSIDE not in words(app)
    assert "**1 working day with far less work than usual**" in words(app)

    past = opened(open_app, config, "data", range="Between")
    first = date.fromisoformat(odd) + timedelta(days=3)
    past.date_input[0].set_value((first, first + timedelta(days=10))).run()
    assert not past.exception
    assert tables(past) == set()
    assert words(past).count(f"1 {OUTSIDE}") == 3, "a run, a record, a day"
    assert "Every record that was read could be loaded." not in words(past)
    shown = "Reviews, in the chosen days: "
    assert shown in words(past)
    assert words(past).split(shown)[1][:8] != words(app).split(shown)[1][:8]


def tables(app: AppTest) -> set[str]:
    """The tables that days are chosen for, each by a heading of its own."""
    headings = {str(name) for one in app.dataframe for name in one.value}
    return headings & TABLES


def test_with_all_days_nothing_lies_before_them(demo: Path, open_app: Open) -> None:
    app = opened(open_app, demo, "progress", range="All", compare="true")
    assert "nothing before these days to set them against" in captions(app)
    assert "tiles and bars that follow the chosen days" in str(app.toggle(key="compare").help)
    usual = opened(open_app, demo, "progress", range="All")
    assert "nothing before these days" not in captions(usual)


def captions(app: AppTest) -> str:
    return " ".join(one.value for one in app.caption)
