"""Compare: two tools of one program, teams that are dated, and a warehouse with one tool."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard import context
from labelpulse.reader import MetricQuery, Scope, read
from labelpulse.warehouse.engine import connect
from tests.dashboard.conftest import CONFIG, Open, load_csv, single_labels
from tests.dashboard.test_pages import go, tile, words

TEAMS = """
[[projects]]
source = "crowd"
title = "Tone"
program = "Search"
[[projects]]
source = "office"
title = "Mood"
program = "Search"
[[teams]]
name = "North"
members = ["crowd/ann", "office/ann"]
[[teams]]
name = "South"
members = ["bob"]
"""


def twice(days: int, shift: int) -> list[dict[str, object]]:
    """Every item of single labels is answered by two people, one of whom errs now and then."""
    rows = []
    for n, row in enumerate(single_labels(days, 6)):
        other = "bad" if n % 5 < shift else row["label"]
        gold = row["label"] if n % 2 else ""
        rows.append({**row, "annotator": "ann", "gold": gold})
        rows.append({**row, "annotator": "bob", "label": other, "gold": gold})
    return rows


@pytest.fixture(scope="module")
def two_tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sources of one program, and two teams."""
    folder = tmp_path_factory.mktemp("tools")
    (folder / "labelpulse.toml").write_text(CONFIG + TEAMS)
    labels = ("good", "bad", "so-so")
    load_csv(folder, twice(40, 1), "Tone", source="crowd", labels=labels)
    return load_csv(folder, twice(25, 3), "Mood", source="office", labels=labels)


def test_tools_stand_side_by_side_with_interval_and_n(two_tools: Path, open_app: Open) -> None:
    app = go(open_app(two_tools), "compare")
    assert app.selectbox(key="groups").options == ["Tools", "Teams"]
    assert tile(app, "Tools") == "2"
    (shown,) = app.dataframe
    frame = shown.value
    assert [*frame["Tool"]] == ["crowd", "office"]
    engine = connect(context.address(), readonly=True)
    asked = MetricQuery("gold_accuracy", by=("source",), control="label")
    rows = read(engine, asked, Scope()).rows
    engine.dispose()
    for row, cell in zip(rows, frame["Accuracy"], strict=True):
        assert cell.startswith(f"{100 * row['value']:.0f}\N{NO-BREAK SPACE}% (")
        assert cell.endswith(f"n {row['n']}")
    titles = " ".join(str(one.value) for one in app.markdown)
    assert "office lies clearly below crowd" in titles
    assert len(app.get("vega_lite_chart")) >= 4


def test_tools_with_other_questions_are_each_told_on_their_own(demo: Path, open_app: Open) -> None:
    """The demo: intent in Label Studio, label in doccano, which keeps no times."""
    app = go(open_app(demo), "compare")
    (shown,) = app.dataframe
    cells = shown.value.set_index("Tool")
    assert [*cells.index] == ["doccano", "studio"]
    engine = connect(context.address(), readonly=True)
    for column, metric in (("Alpha", "agreement_alpha"), ("Agreement", "agreement_percent")):
        for tool, control in (("doccano", "label"), ("studio", "intent")):
            asked = MetricQuery(metric, by=("source",), control=control)
            (row,) = read(engine, asked, Scope()).rows
            assert cells[column][tool].startswith(f"{control}: ")
            assert cells[column][tool].endswith(f"n {row['n']:,}")
    engine.dispose()
    assert cells["Median time"].isna().to_dict() == {"doccano": True, "studio": False}
    told = words(app)
    assert "Their questions differ (intent, label): each is told on its own" in told
    assert "Agreement, each on its own question" in told
    assert "lies clearly below" not in told, "different questions are not compared"
    assert "Median time: " not in told, "one is no comparison"


def test_teams_have_what_can_be_told_by_team(two_tools: Path, open_app: Open) -> None:
    app = open_app(two_tools)
    app.query_params["groups"] = "Teams"
    app = go(app, "compare")
    (shown,) = app.dataframe
    assert [*shown.value["Team"]] == ["North", "South"]
    assert "Agrees with most others" in shown.value
    assert "Alpha" not in shown.value, "agreement is not split by team"


def test_other_labels_are_told_instead_of_a_number(two_tools: Path, open_app: Open) -> None:
    folder = two_tools.parent.with_name("other-labels")
    shutil.copytree(two_tools.parent, folder)
    rows = [{**row, "label": "fine"} for row in twice(40, 1)]
    load_csv(folder, rows, "Third", source="office", labels=("fine", "poor"))
    app = go(open_app(folder / "labelpulse.toml"), "compare")
    told = "No number of office: 'label' has other labels in Mood than in Third: split by project"
    assert told in words(app)
    (shown,) = app.dataframe
    assert [*shown.value["Alpha"].isna()] == [False, True]


def test_one_tool_waits_for_a_second(single: Path, open_app: Open) -> None:
    app = go(open_app(single), "compare")
    assert "Available when there are two tools, two teams or two programs" in words(app)


def test_days_of_one_tool_leave_nothing_to_compare(two_tools: Path, open_app: Open) -> None:
    app, today = open_app(two_tools), datetime.now(UTC).date()
    days = [(today - timedelta(days=back)).isoformat() for back in (39, 30)]
    app.query_params |= {"project": "Tone", "range": "Between", "days": days}
    app = go(app, "compare")
    assert "Nothing to compare in these days" in words(app)
