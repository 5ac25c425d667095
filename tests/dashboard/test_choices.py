"""A page offers the choices that its numbers follow, and says so where they do not."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from dashboard import asgi, queue
from dashboard.app import _PAGES, TITLES
from dashboard.links import file_of
from labelpulse.core import formats
from tests.dashboard.conftest import CONFIG, Open, load_csv, single_labels
from tests.dashboard.test_pages import go, tile, words
from tests.dashboard.test_quality_pages import links

TOGETHER = "numbers are of the 2 questions together"
ERRORS = {"topic": 0.05, "mood": 0.4}
TARGET = """
[[projects]]
source = "import:Chats"
title = "Chats"
headline = "topic"

[projects.controls.mood]
target = 0.8
"""


@pytest.fixture(scope="module")
def chats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of two questions, one of which has a target that it misses; and another project."""
    folder = tmp_path_factory.mktemp("chats")
    (folder / "labelpulse.toml").write_text(CONFIG + TARGET)
    rng, now = random.Random(1), datetime.now(UTC)
    rows: list[dict[str, object]] = [
        {
            "item": f"t{n}",
            "annotator": who,
            "control": control,
            "label": "ab"[(n + (rng.random() < error)) % 2],
            "submitted_at": (now - timedelta(days=40 - n // 8)).isoformat(),
        }
        for n in range(300)
        for who in ("ann", "bob")
        for control, error in ERRORS.items()
    ]
    load_csv(folder, single_labels(10, 20), "Ads")
    return load_csv(folder, rows, "Chats")


@pytest.fixture(autouse=True)
def fresh() -> None:
    """What other tests read is asked anew."""
    for known in (queue._suggested, queue._suggested_seldom, queue._queued):
        known.clear()


def opened(open_app: Open, config: Path, page: str, /, **asked: str) -> AppTest:
    app = open_app(config)
    app.query_params |= asked
    return go(app.run(), page)


def chosen(app: AppTest) -> dict[str, Any]:
    return {str(one.key): one.value for one in (*app.selectbox, *app.toggle)}


def portfolio(app: AppTest) -> list[list[object]]:
    (table,) = (one.value for one in app.dataframe if "Verdict" in one.value)
    return table[["Project", "Verdict", "Quality", "Risks"]].astype(str).to_numpy().tolist()


def test_the_summary_judges_the_chosen_question(chats: Path, open_app: Open) -> None:
    told = {}
    for control in ERRORS:
        app = opened(open_app, chats, "summary", project="Chats", control=control)
        told[control] = {
            "quality": tile(app, "Quality: agreement"),
            "risks": tile(app, "Risks"),
            "done": tile(app, "Items with a label"),
            "low": "Quality low" in words(app),
            "why": "Agreement on mood is" in words(app),
            "portfolio": portfolio(app),
        }
        assert f"quality is of {control}, other {TOGETHER}" in words(app)
    topic, mood = told["topic"], told["mood"]
    assert int(str(topic["quality"])[:2]) > 80 > int(str(mood["quality"])[:2])
    assert (topic["risks"], mood["risks"]) == ("0", "1")
    assert (topic["low"], mood["low"], topic["why"], mood["why"]) == (False, True, False, True)
    assert topic["done"] == mood["done"]
    assert topic["portfolio"] == mood["portfolio"], "each project on its headline question"


def test_alerts_are_of_the_chosen_question(chats: Path, open_app: Open) -> None:
    asked = {"project": "Chats", "control": "mood"}
    app = opened(open_app, chats, "alerts", **asked)
    assert "Agreement on mood" in words(app)
    (label,) = (one for one in links(app) if one.startswith("Items since "))
    since = date.fromisoformat(links(app)[label].pop("since"))
    assert links(app)[label] | asked == links(app)[label] | {"since": since.isoformat()}
    usual = opened(open_app, chats, "alerts", project="Chats")
    assert "Agreement on mood" not in words(usual)
    elsewhere = opened(open_app, chats, "alerts", project="Ads", control="mood")
    assert "Agreement on mood" not in words(elsewhere), "other projects on their headline"


def test_where_no_question_is_chosen_the_page_says_so(chats: Path, open_app: Open) -> None:
    said = {}
    for view in ("progress", "flow", "agreement", "items"):
        app = opened(open_app, chats, view, project="Chats", control="mood")
        said[view] = TOGETHER in words(app)
    assert said == {"progress": True, "flow": True, "agreement": False, "items": False}
    one = opened(open_app, chats, "progress", project="Ads")
    assert "questions together" not in words(one)


CHOSEN = {"team": "Manila", "range": "4 weeks", "compare": "true", "project": "Tickets"}


@pytest.mark.parametrize("over", ["alerts", "flow", "items", "data", "drift"])
def test_a_choice_survives_the_way_over_a_page_without_it(
    over: str, demo: Path, open_app: Open
) -> None:
    """Whether it was made on a page that offers it, or stands in the address of this one."""
    app = open_app(demo)
    app.query_params |= CHOSEN
    app.run()
    for view in ("agreement", over):
        assert go(app, view).query_params == CHOSEN, view
    direct = opened(open_app, demo, over, **CHOSEN)
    assert direct.query_params == CHOSEN, "a reload finds it"
    wanted = {"team": "Manila", "range": "4 weeks", "compare": True}
    for one in (app, direct):
        assert chosen(go(one, "agreement")).items() >= wanted.items()
        assert "team Manila" in words(one)


TEAM_ASIDE, DAYS_ASIDE = "of all teams, not Manila alone", "not of the chosen days"


@pytest.mark.parametrize("view", TITLES.values())
def test_a_page_says_which_choices_it_does_not_follow(
    view: str, demo: Path, open_app: Open
) -> None:
    page = Path(file_of(view)).stem
    (spec,) = (pages[view].offers for pages in _PAGES.values() if view in pages)
    told = words(opened(open_app, demo, page, **CHOSEN))
    assert (TEAM_ASIDE in told, DAYS_ASIDE in told) == (not spec.team, not spec.days)
    usual = words(opened(open_app, demo, page))
    assert TEAM_ASIDE not in usual
    assert DAYS_ASIDE not in usual


def test_a_question_survives_the_way_over_pages_without_it(chats: Path, open_app: Open) -> None:
    asked = {"project": "Chats", "control": "mood"}
    app = opened(open_app, chats, "flow", **asked)
    for view in ("progress", "summary", "flow", "agreement"):
        assert go(app, view).query_params == asked, view
    assert chosen(app)["control"] == "mood"
    app.selectbox(key="control").set_value("topic").run()
    assert go(app, "flow").query_params == {"project": "Chats"}
    assert "control" not in chosen(app), "only what was chosen is kept out of sight"


def follow(app: AppTest, page: str, **asked: str) -> AppTest:
    """Follow a link to a page, as a browser does."""
    app.query_params.clear()
    app.query_params |= {**asked, "via": "link"}
    return go(app, page)


def test_a_link_wins_over_what_was_chosen_before(chats: Path, open_app: Open) -> None:
    app = opened(open_app, chats, "items", project="Chats", control="mood", view="Queue")
    assert chosen(go(app, "flow"))["project"] == "Chats"
    follow(app, "items", project="Ads")
    assert chosen(app)["project"] == "Ads"
    assert app.query_params == {"project": "Ads"}, "the link is followed"
    (view,) = app.segmented_control
    assert view.value == "Suggested", "the queue was chosen before the link"
    follow(app, "summary", project="Chats", control="mood")
    assert chosen(app).items() >= {"project": "Chats", "control": "mood"}.items()
    app.selectbox(key="project").set_value("Ads").run()
    assert chosen(app)["project"] == "Ads", "and it binds only once"


def test_the_first_project_is_named_too(chats: Path, open_app: Open) -> None:
    """So the address means the same once another project comes that sorts before it."""
    for view in ("summary", "flow"):
        assert opened(open_app, chats, view).query_params == {"project": "Ads"}


def test_what_is_not_here_is_said_and_not_dropped_in_silence(chats: Path, open_app: Open) -> None:
    asked = {"project": "Nope", "team": "Nix", "range": "5 years"}
    app = open_app(chats)
    app.query_params |= asked
    app.run()
    told = {"Project": "Nope", "Team": "Nix", "Days": "5 years"}
    for label, one in told.items():
        assert f"{label}: there is no {one} here. Shown: " in words(app)
    assert app.query_params["project"] == "Ads"
    app = opened(open_app, chats, "items", project="Chats", person="nobody", reason="Mood")
    assert "Person: there is no nobody here. Shown: Anybody." in words(app)
    assert "Reason: there is no Mood here. Shown: All reasons." in words(app)
    assert "there is no" not in words(opened(open_app, chats, "items", project="Chats"))
    app = opened(open_app, chats, "agreement", project="Ads", control="mood")
    assert "Control: there is no mood here. Shown: label." in words(app), "it has but one question"


PROGRAM = """
[[projects]]
source = "import:Ads"
title = "Ads"
program = "Shop"
"""


def test_a_link_leads_to_a_project_of_another_program(open_app: Open, tmp_path: Path) -> None:
    (tmp_path / "labelpulse.toml").write_text(CONFIG + PROGRAM)
    load_csv(tmp_path, single_labels(10, 20), "Ads")
    config = load_csv(tmp_path, single_labels(10, 20), "Chats")
    app = opened(open_app, config, "summary", program="Shop")
    assert chosen(app)["program"] == "Shop"
    follow(app, "flow", project="Chats")
    assert app.title[0].value == "Flow"
    assert chosen(app).items() >= {"program": "All programs", "project": "Chats"}.items()
    assert app.query_params == {"project": "Chats"}


def test_what_a_page_does_not_offer_is_out_of_sight(demo: Path, open_app: Open) -> None:
    """By the key of the header, which the style sheet hides by."""
    app = opened(open_app, demo, "flow", **CHOSEN)
    keys = {str(getattr(one.proto, "id", "")) for one in blocks(app.main)}
    (lacks,) = (one.partition("choices ")[2] for one in keys if "choices " in one)
    style = (Path(asgi.__file__).parent / "assets" / "page.css").read_text()
    assert lacks == "no control no team no compare"
    for one in lacks.removeprefix("no ").split(" no "):
        assert f'[class*="-no-{one}"]' in style
    assert {"team", "compare"} <= chosen(app).keys()


def blocks(block: Block) -> Iterator[Block]:
    for one in block.children.values():
        if isinstance(one, Block):
            yield one
            yield from blocks(one)


# --- days of items ---


def rows_of(app: AppTest) -> pd.DataFrame:
    (found,) = app.dataframe
    return found.value


def test_items_of_the_last_days_are_those_answered_in_them(chats: Path, open_app: Open) -> None:
    """Item n was answered 40 - n // 8 days ago; the last of them three days ago."""
    asked = {"project": "Chats", "control": "mood"}
    every = rows_of(opened(open_app, chats, "items", **asked))
    last = datetime.now(UTC).date() - timedelta(days=3)  # of the file's answers
    for since, days in (("7d", 7), ("28d", 28), ((last - timedelta(days=9)).isoformat(), 10)):
        for pair in ("", "a|b"):
            rows = rows_of(opened(open_app, chats, "items", **asked, since=since, pair=pair))
            ages = {40 - int(item[1:]) // 8 - 3 for item in rows["Item"]}
            assert ages
            assert max(ages) in (days - 1, days), "to the day, of the zone"
            assert len(rows) < len(every) or pair
    (box,) = (one for one in opened(open_app, chats, "items").selectbox if one.label == "Since")
    assert box.options == ["Any day", "Last 7 days", "Last 4 weeks", "Last 13 weeks"]


def test_a_day_that_is_none_hides_no_items(chats: Path, open_app: Open) -> None:
    asked = {"project": "Chats", "control": "mood"}
    every = rows_of(opened(open_app, chats, "items", **asked))
    for since in ("yesterday", "2026-13-01", "9d", ""):
        assert len(rows_of(opened(open_app, chats, "items", **asked, since=since))) == len(every)


def test_the_choice_of_days_stands_in_the_address(chats: Path, open_app: Open) -> None:
    app = opened(open_app, chats, "items", project="Chats", since="2026-01-05")
    (box,) = (one for one in app.selectbox if one.label == "Since")
    assert box.options[-1] == "Since 5 Jan 2026"
    box.select_index(1).run()
    assert app.query_params["since"] == "7d"
    (box,) = (one for one in app.selectbox if one.label == "Since")
    box.select_index(0).run()
    assert "since" not in app.query_params


def test_entries_are_of_the_days_they_were_opened_in(tmp_path: Path, open_app: Open) -> None:
    config = load_csv(tmp_path, single_labels(10), "Reviews")
    opened(open_app, config, "items")
    queue.put(queue.suggested(queue.Asked("Reviews", "label"), 1)[:2], "Mia")
    assert len(rows_of(opened(open_app, config, "items", view="Queue", since="7d"))) == 2
    later = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()
    app = opened(open_app, config, "items", view="Queue", since=later)
    assert not app.dataframe
    assert "No entry matches these choices." in words(app)


def test_days_without_any_data_are_not_told_of_others(chats: Path, open_app: Open) -> None:
    app = opened(open_app, chats, "agreement", project="Chats", range="Between")
    last = datetime.now(UTC).date() - timedelta(days=3)
    shown = formats.day_year(last)
    app.date_input(key="days").set_value((date(2031, 5, 1), date(2031, 5, 31))).run()
    told = f"there is no day between 1 May 2031 and 31 May 2031 here. Shown: {shown}."
    assert told in words(app)
    app.date_input(key="days").set_value((date(2031, 5, 1),)).run()
    assert f"there is no day from 1 May 2031 on here. Shown: {shown}." in words(app)
    app.date_input(key="days").set_value((last - timedelta(days=9), date(2031, 5, 31))).run()
    assert "there is no day" not in words(app)
