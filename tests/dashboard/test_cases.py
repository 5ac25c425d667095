"""All pages in each case a reader meets: filled, one label an item, no answer, nothing, stale."""

import json
import re
from collections.abc import Sequence
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy.exc import OperationalError
from streamlit.testing.v1 import AppTest

from dashboard import alert_rules, card_menu, context, judged, selection
from dashboard import broken as fault
from labelpulse.config import load_settings
from labelpulse.core.errors import WarehouseError
from tests.dashboard.conftest import PAGES, Open, load_csv
from tests.dashboard.test_pages import assert_stale, badges, go, tile, words

every_page = pytest.mark.parametrize("view", PAGES)

CHARTS = {"data": 0, "items": 0, "alerts": 0, "flow": 1, "people": 1}
"""How many charts a filled page has at least; the others two."""

NOTES = ("Names in alphabetical order", "Shares of 0 answers", "Colour: labels")
OFTEN_NONE = {"Longest wait"}
"""Tiles that have no number where all is well."""

RULES = """
[[alerts]]
name = "agreement fell"
metric = "agreement_percent"
by = ["project", "control"]
below = 0.99
owner = "quality lead"
"""


def titles(app: AppTest) -> list[str]:
    return [one.value for one in app.title]


def title(view: str) -> str:
    return view.replace("_", " ").capitalize()


@pytest.fixture(scope="session")
def drafts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose items have no answer yet."""
    rows: list[dict[str, object]] = [
        {"item": f"i{n}", "annotator": "ann", "label": "x", "status": "draft"} for n in range(3)
    ]
    return load_csv(tmp_path_factory.mktemp("drafts"), rows, "Pilot")


@pytest.fixture(scope="session")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of twelve answers, all of one day."""
    rows: list[dict[str, object]] = [
        {"item": f"i{n}", "annotator": "ann", "label": "x", "submitted_at": "2026-11-24T10:00:00Z"}
        for n in range(12)
    ]
    return load_csv(tmp_path_factory.mktemp("twelve"), rows, "Pilot")


def test_of_twelve_answers_counts_are_told_and_no_percentage(twelve: Path, open_app: Open) -> None:
    app = go(open_app(twelve), "progress")
    assert tile(app, "Items with a label") == "12 of 12"
    assert "of the file's last working day" in words(app)
    assert "1 working day" not in words(app)
    assert "answers to 24 Nov 2026" in captions(app)


def test_of_drafts_no_day_of_answers_is_told(drafts: Path, open_app: Open) -> None:
    app = go(open_app(drafts), "summary")
    assert tile(app, "Items with a label") == "0 of 3"
    assert "answers to" not in captions(app)
    bars = json.loads(app.get("vega_lite_chart")[-1].proto.spec)
    assert '"domain": [0, 1]' in json.dumps(bars), "an axis of whole labels"


def captions(app: AppTest) -> str:
    return " ".join(one.value for one in app.caption)


def test_all_pages_are_tried() -> None:
    assert len(PAGES) == 12
    assert set(PAGES) == {one.stem for one in Path("dashboard/views").glob("[!_]*.py")} - {"start"}


@every_page
def test_filled(view: str, demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), view)
    assert titles(app) == [title(view)]
    assert "Days in UTC" in words(app)
    assert len(app.get("vega_lite_chart")) >= CHARTS.get(view, 2)
    assert app.metric or view == "data"
    assert not [one for one in app.metric if one.value == "–" and one.label not in OFTEN_NONE]
    assert [one.label for one in app.metric if not one.help] == [], "a tile says what it counts"


@pytest.mark.parametrize("view", ["data", "alerts"])
def test_tables_without_a_metric_are_saved_too(
    view: str, demo: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    ruled = demo.with_name("saved.toml")
    ruled.write_text(demo.read_text() + RULES)
    heads: dict[str, Sequence[dict[str, object]]] = {}
    drawn = card_menu.card_head

    def noted(shown: str, key: str, *about: Any, rows: Sequence[dict[str, object]] = ()) -> None:
        heads[key] = rows
        drawn(shown, key, about[0] if about else (), rows)

    for module in (card_menu, alert_rules):
        monkeypatch.setattr(module, "card_head", noted)
    app = open_app(ruled)
    app.query_params["metric"], app.query_params["explain"] = "agreement_percent", "true"
    app.query_params["part"] = "Rules"  # of alerts
    app = go(app, view)
    shown = [len(one.value) for one in app.dataframe]
    assert shown
    assert [len(rows) for rows in heads.values() if rows] == shown, "each table has a menu"
    for rows in filter(None, heads.values()):
        saved = card_menu.as_file(rows, "Parquet"), card_menu.as_file(rows, "CSV")
        parquet, csv = pd.read_parquet(BytesIO(saved[0])), pd.read_csv(BytesIO(saved[1]))
        assert [*parquet.columns] == [*csv.columns] == [*rows[0]]
        assert len(parquet) == len(csv) == len(rows)


@every_page
def test_one_label_an_item(view: str, single: Path, open_app: Open) -> None:
    """The first design case: no page judges what nothing tells of."""
    app = go(open_app(single), view)
    text = words(app)
    assert titles(app) == [title(view)]
    assert ("Available when" in text) == (view in ("accuracy", "compare", "data"))
    assert ("Days in Europe/Berlin" in text) == (view not in ("accuracy", "compare"))
    assert not any("green" in one for one in badges(app))


@every_page
def test_without_answers(view: str, drafts: Path, open_app: Open) -> None:
    app = go(open_app(drafts), view)
    text = words(app)
    assert titles(app) == [title(view)]
    assert "Days in Europe/Berlin" in text or "Available when" in text
    assert not [one for one in NOTES if one in text], "a note on a chart that is not drawn"
    assert not any("green" in one for one in badges(app))


@every_page
def test_nothing_loaded(view: str, nothing: Path, open_app: Open) -> None:
    app = go(open_app(nothing), view)
    assert titles(app) == ["Data" if view == "data" else "Start"]


@every_page
@pytest.mark.usefixtures("hours_later")
def test_standing_still(view: str, demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), view)
    assert_stale(app)
    assert not any("green" in one for one in badges(app))
    if "**Needs attention**" in words(app):
        assert "Nothing new comes in from studio" in words(app)
        clock = r"since \d+ \w+ \d{4}, \d\d:\d\d · for operators"
        assert re.search(clock, words(app)), "an age would be another than in the header"
        assert "Agreement on intent has fallen" in words(app), "what was known is so still"
        for gone in ("have submitted nothing for", "Waiting for more labels has grown"):
            assert gone not in words(app), "days went by, and nothing could come in"


SECRET = "postgresql://reader:hunter2@db/labels refused Mutua Nzioka"


@pytest.fixture(autouse=True)
def nothing_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each fault is the first of its kind."""
    monkeypatch.setattr(fault, "_LOGGED", {})


def broken(*_args: object, **_more: object) -> None:
    raise RuntimeError(SECRET)


def assert_told(app: AppTest, view: str, log: str) -> None:
    """The header stands, what broke says so, and only the log says more."""
    assert titles(app) == [title(view)]
    assert app.selectbox
    (told,) = (str(one.value) for one in app.error)
    assert "could not be drawn" in told
    assert "labelpulse doctor" in told
    shown = told + words(app)
    assert not [one for one in ("hunter2", "Traceback", "RuntimeError") if one in shown]
    code = re.search(r"Code ([0-9a-f]{8})", told)
    assert SECRET in log
    assert code is not None
    assert code[1] in log


@every_page
def test_a_live_part_breaks_alone(
    view: str,
    demo: Path,
    open_app: Open,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    whole = go(open_app(demo), view)
    monkeypatch.setattr(selection, "source_bar", broken)
    app = go(open_app(demo), view)
    assert_told(app, view, caplog.text)
    for kind in ("vega_lite_chart", "dataframe"):
        assert len(app.get(kind)) >= len(whole.get(kind)) - (view == "data")


@every_page
def test_a_page_breaks_below_its_header(
    view: str,
    demo: Path,
    open_app: Open,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(context, "answer", broken)
    app = go(open_app(demo), view)
    assert_told(app, view, caplog.text)


def lost(*_args: object, **_more: object) -> None:
    raise OperationalError("SELECT 1", {}, Exception(SECRET))


def away(*_args: object, **_more: object) -> None:
    raise WarehouseError(SECRET)


def test_a_warehouse_that_goes_is_told_once(
    demo: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The live part loses its connection, what stands below finds none; the log has both."""
    monkeypatch.setattr(selection, "source_bar", lost)
    monkeypatch.setattr(judged, "burn_up", away)
    app = go(open_app(demo), "summary")
    assert_told(app, "summary", caplog.text)
    assert len([one for one in caplog.records if one.name == "labelpulse.dashboard"]) == 2


def breaks(other: bool = False) -> None:
    """Draw two parts of which the first is well again once the session says so."""
    import streamlit as st

    from dashboard.broken import afresh, alone

    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    if not st.session_state.get("ticks"):
        afresh()
    for at, part in enumerate(("live", "page")):
        with alone(part):
            if not (st.session_state.get("well") and part == "live"):
                raise KeyError(at if other else "alike")


def test_the_same_fault_is_told_once_and_others_each() -> None:
    assert len(AppTest.from_function(breaks).run().error) == 1
    assert len(AppTest.from_function(breaks, args=(True,)).run().error) == 2


def test_who_held_their_tongue_is_drawn_anew_once_the_first_is_well() -> None:
    app = AppTest.from_function(breaks).run()
    app.session_state["ticks"] = True
    assert len(app.run().error) == 1, "the first tells at each tick"
    app.session_state["well"] = True
    app.run()
    assert app.session_state["runs"] == 4, "this run, and the page anew"
    assert len(app.error) == 1, "what is still broken tells itself"


@pytest.mark.parametrize(
    ("where", "state"), [("demo", "Firing"), ("single", "No data"), ("drafts", "No data")]
)
def test_a_rule_stands_by_what_there_is(
    where: str, state: str, open_app: Open, request: pytest.FixtureRequest
) -> None:
    config: Path = request.getfixturevalue(where)
    ruled = config.with_name("ruled.toml")
    ruled.write_text(config.read_text() + RULES)
    app = standing(open_app, ruled)
    (table,) = (one.value for one in app.dataframe)
    assert state in set(table["State"])
    assert "quality lead" in set(table["Owner"])
    assert "As the data stand now" in words(app)
    assert {one.name for one in load_settings(ruled).alerts} <= set(table["Rule"])


def standing(open_app: Open, config: Path) -> AppTest:
    """How the rules of all projects stand."""
    app = open_app(config)
    app.query_params |= {"part": "Rules", "every": "true"}
    return go(app, "alerts")


def test_while_nothing_comes_in_rules_stand_as_last_read(
    demo: Path, open_app: Open, hours_later: None
) -> None:
    ruled = demo.with_name("ruled.toml")
    ruled.write_text(demo.read_text() + RULES)
    app = standing(open_app, ruled)
    assert "This is how rules stood as last read" in words(app)
    assert "As the data stand now" not in words(app)
    (table,) = (one.value for one in app.dataframe)
    assert set(table["Note"].dropna()) == {"waits: nothing comes in from its source"}


@every_page
def test_tables_have_names_and_one_form_of_numbers(view: str, demo: Path, open_app: Open) -> None:
    """Whoever hears a page is told what a table is; counts have thousands, days no ISO form."""
    app = go(open_app(demo), view)
    for table in app.dataframe:
        assert len(table.proto.alt) > 3
        looks = json.loads(table.proto.columns)
        for name, cells in table.value.items():
            told = [cell for cell in cells if cell is not None]
            if told and all(type(cell) is int for cell in told):
                signed = min(told) < 0  # those read by a form of ours, with a true minus
                assert signed or looks[name]["type_config"]["format"] == "localized", name
            assert not [
                cell
                for cell in told
                if re.fullmatch(r"\d{4}-\d\d-\d\d", str(cell)) and not isinstance(cell, date)
            ], name
