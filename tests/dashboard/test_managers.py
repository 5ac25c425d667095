"""The project manager's pages, Progress and Flow: filled, by team, first design case, stale."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.conftest import Open, load_csv
from tests.dashboard.test_pages import changed, go, tile, words

CHANGE = timedelta(days=12)
"""So long ago, two people leave the simulated team."""


def opened(app: AppTest, view: str, asked: Mapping[str, str]) -> AppTest:
    """Open a page at an address with choices in it."""
    for name, value in asked.items():
        app.query_params[name] = value
    return go(app, view)


def day(text: str) -> date:
    """The day that a page writes like 24 Nov 2026."""
    return datetime.strptime(text, "%d %b %Y").replace(tzinfo=UTC).date()


def column(app: AppTest, name: str) -> list[Any]:
    """A column of the first table that has it."""
    return list(next(one.value for one in app.dataframe if name in one.value.columns)[name])


def test_the_first_screen_answers_the_manager(demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "progress")
    text = words(app)
    needed = re.search(
        r"Likely done \d+ \w{3} 20\d\d(?:, .*?)?; needs ([\d.]+) labels a day, makes [\d.]+", text
    )
    assert needed is not None
    assert f"needs {needed[1]} to" in text, "the tile and the forecast need the same"
    assert re.fullmatch(r"\d+ \w{3}", tile(app, "Likely finish"))
    assert "Grey dots: the forecast of" in text
    assert "Needs attention" in text


def test_who_is_silent_is_named(demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "progress")
    assert tile(app, "Silent people") == "2"
    assert re.search(r"^\w+ \w+ and \w+ \w+$", words(app), re.MULTILINE)


def test_the_widening_queue_is_found_on_its_day(demo: Path, open_app: Open) -> None:
    text = words(go(open_app(demo), "flow"))
    found = re.search(
        r"Waiting for more labels has grown (\S+) since (\d+ \w{3}): in .*, out", text
    )
    assert found is not None
    left = (datetime.now(UTC) - CHANGE).date()
    since = day(f"{found[2]} {left.year}")
    assert abs((since - left).days) <= 2
    assert float(found[1].removeprefix("×")) >= 3
    assert "more a day stop the growth, about" in text
    assert "since" in words(go(open_app(demo), "progress"))


def test_flow_shows_what_comes_and_leaves(demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "flow")
    stages = column(app, "Stage")
    came = dict(zip(stages, column(app, "In a day"), strict=True))
    left = dict(zip(stages, column(app, "Out a day"), strict=True))
    stage = "Waiting for more labels"
    assert came[stage] > left[stage]
    assert f"in {came[stage]:.1f}, out {left[stage]:.1f} a day" in words(app), "one rate a page"
    assert came["Done"] > 0
    assert all(len(weeks) == 28 for weeks in column(app, "Four weeks"))
    assert "took" in words(app) or "In a typical week half of the items" in words(app)


def test_all_items_are_one_click_away(demo: Path, open_app: Open) -> None:
    charts = []
    for view in ("Begun and not done", "All items"):
        app = opened(open_app(demo), "flow", {"stages": view})
        charts.append(str(app.get("vega_lite_chart")[0].proto))
    begun, whole = (one.count("Waiting for a first label") for one in charts)
    assert begun == 0
    assert whole > 0


def test_a_supposed_plan_stands_beside_the_present_one(demo: Path, open_app: Open) -> None:
    app = opened(open_app(demo), "progress", {"people": "5", "overlap": "1", "review": "20"})
    assert column(app, "Plan") == ["As now", "Supposed"]
    now, supposed = column(app, "Left this morning")[:2]
    assert supposed < now
    days = [day(one) for one in column(app, "Likely done (p50)")]
    assert days[1] < days[0]
    wrong = [float(one.split("\xa0")[0]) for one in column(app, "Expected wrong")]
    assert wrong[1] == pytest.approx(0.8 * wrong[0], abs=0.2)
    text = words(app)
    assert "+5 people at " in text
    assert "the median of 22 people in the last 28 days" in text
    assert "20 people at work now" in text, "as what needs attention says, without who left"
    cost = [float(one.split()[0].replace(",", "")) for one in column(app, "Cost from now")]
    assert 0 < cost[1] < cost[0], "fewer labels an item cost less"
    assert "No cost" not in text
    assert re.search(r"Cost: 100 labels for .*, the mean so far \(without .* over 30 min, ", text)


def test_without_a_choice_the_present_plan_stands_alone(demo: Path, open_app: Open) -> None:
    app = opened(open_app(demo), "progress", {"people": "999999999999"})
    assert column(app, "Plan") == ["As now"], "an absurd number in the address is not taken"


def test_the_what_if_waits_until_it_is_opened(demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "progress")
    assert "What if there were other people, overlap or review?" in {
        one.label for one in app.expander
    }
    assert not app.slider
    app.session_state["what_if"] = True
    app.run()
    assert column(app, "Plan") == ["As now"]
    assert [one.label for one in app.slider] == [
        "People more or fewer",
        "Further share reviewed, %",
    ]


def test_milestones_are_reached_or_likely(demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "progress")
    assert column(app, "Reached")[0]
    assert column(app, "Likely (p50)")[-1].startswith(tile(app, "Likely finish"))


def test_a_team_says_what_is_its_own(demo: Path, open_app: Open) -> None:
    everybody = go(open_app(demo), "progress")
    app = opened(open_app(demo), "progress", {"team": "Manila"})
    made = [int(tile(one, "Labels submitted").replace(",", "")) for one in (everybody, app)]
    assert 0 < made[1] < made[0]
    assert tile(app, "Likely finish") == tile(everybody, "Likely finish")
    text = words(app)
    assert "Of this team: pace, silent people" in text
    assert "the whole project needs" in text


def test_a_file_has_no_now(single: Path, open_app: Open) -> None:
    app = go(open_app(single), "progress")
    text = words(app)
    assert "Likely" not in text
    assert "Silent people" not in text
    assert "% have a label: " in text.replace("\xa0", " ")
    assert "What if" not in text
    assert "Labels submitted" in text


def test_the_first_design_case_fills_flow_or_says_why(single: Path, open_app: Open) -> None:
    text = words(go(open_app(single), "flow"))
    assert "Every item has a label; how many it needs is not known" in text
    assert "Stages and queues appear when" in text


def test_batches_stand_side_by_side(open_app: Open, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    rows: list[dict[str, object]] = [
        {
            "item": f"t{n}",
            "annotator": "ann",
            "label": "good",
            "batch": "night" if n % 3 else "=day",
            "submitted_at": (now - timedelta(days=n % 20)).isoformat(),
        }
        for n in range(60)
    ]
    app = go(open_app(load_csv(tmp_path, rows, "Reviews")), "progress")
    assert column(app, "Batch") == ["'=day", "night"], "no cell is a formula"
    assert column(app, "Done") == [100, 100]


def test_before_enough_history_the_chart_says_so(
    demo: Path, open_app: Open, tmp_path: Path
) -> None:
    old = "DELETE FROM labels_done WHERE day < (SELECT max(day) FROM labels_done) - 5"
    config = changed(demo, tmp_path, old)
    app = opened(open_app(config), "progress", {"people": "1"})
    text = words(app)
    assert "No forecast: under 14 days with labels: not enough history." in text
    assert tile(app, "Likely finish") == "–"
    assert "No forecast to change" in text


def test_nothing_left_is_said(open_app: Open, demo: Path, tmp_path: Path) -> None:
    config = changed(demo, tmp_path, "DELETE FROM stage_now WHERE stage != 4")
    assert "Nothing waits: every item is done" in words(go(open_app(config), "flow"))


def test_what_is_left_divides_to_the_pace_that_is_needed(demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "progress")
    told = re.search(r"([\d,]+) this morning, for (\d+) working days to ", words(app))
    needs = re.search(r"needs ([\d,]+) to ", words(app))
    assert told
    assert needs
    left, days, rate = (int(n.replace(",", "")) for n in (*told.groups(), needs[1]))
    assert rate == round(left / days)
