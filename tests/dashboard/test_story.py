"""The demo tells its story: each planted thing is named on its page, and nobody else is accused."""

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.tour import STEPS
from labelpulse.charts import formats
from labelpulse.judgement import findings as judged
from labelpulse.judgement.attention import Finding
from labelpulse.judgement.desk import Choice, desk_of
from tests.dashboard.conftest import Open
from tests.dashboard.test_pages import go, words

OFF = 2
"""Working days that a page may be off: what begins on a Friday shows on Monday."""


@pytest.fixture(scope="module")
def truth(demo: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((demo.parent / "truth.json").read_text(encoding="utf-8"))
    return found


def planted(truth: dict[str, Any], what: str) -> dict[str, Any]:
    return next(one for one in truth["planted"] if one["what"] == what)


def names(truth: dict[str, Any], who: list[str]) -> list[str]:
    return [one["name"] for one in truth["people"] if one["email"] in who]


def days_near(day: str) -> list[str]:
    """The day as pages write it, and those up to two working days away."""
    middle = date.fromisoformat(day)
    near = [middle + timedelta(n) for n in range(-6, 7)]
    found = []
    for one in near:
        first, last = sorted((one, middle))
        between = [first + timedelta(n) for n in range(1, (last - first).days + 1)]
        if sum(each.isoweekday() < 6 for each in between) <= OFF:
            found.append(f"{one.day} {one:%b}")
    return found


def read(app: AppTest) -> str:
    """Everything on a page, its tables too."""
    tables = [one.value.to_string(index=False, max_colwidth=None) for one in app.dataframe]
    return "\n".join([words(app), *tables]).replace("\N{NO-BREAK SPACE}", " ")


def page(open_app: Open, demo: Path, view: str, **asked: str) -> str:
    app = open_app(demo)
    for key, value in asked.items():
        app.query_params[key] = value
    return read(go(app.run(), view))


@pytest.mark.parametrize("view", ["summary", "drift", "agreement", "alerts"])
def test_the_fall_has_its_day_pair_and_cause(
    view: str, demo: Path, truth: dict[str, Any], open_app: Open
) -> None:
    fell = planted(truth, "agreement fell")
    told = page(open_app, demo, view)
    lines = [line for line in told.splitlines() if "Billing / Refund" in line]
    assert lines
    text = "\n".join(lines)
    assert any(
        f"since {weekday} {day}" in text for day in days_near(fell["day"]) for weekday in WEEK
    )
    assert "quality" in text
    others = {"Nairobi", "Kraków", "Montevideo"}
    assert not [
        team for team in others if f"only with team {team}" in told or f"· team {team}" in told
    ]


WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def test_the_pair_leads_the_disagreement(demo: Path, open_app: Open) -> None:
    told = page(open_app, demo, "agreement")
    assert re.search(r"\d+ % of disagreement sits in one pair of 15: Billing / Refund", told)
    assert "Most often confused: Billing / Refund" in told


@pytest.mark.parametrize("view", ["summary", "progress", "alerts"])
def test_it_will_be_late_by_nine_days(view: str, demo: Path, open_app: Open) -> None:
    told = page(open_app, demo, view)
    late = re.search(r"(\d+) days (?:late|after the deadline)", told)
    assert late is not None
    assert abs(int(late[1]) - 9) <= OFF


def test_who_left_and_the_queue_that_grew_since(
    demo: Path, truth: dict[str, Any], open_app: Open
) -> None:
    left = planted(truth, "two people left")
    for view in ("progress", "alerts"):
        told = page(open_app, demo, view)
        for name in names(truth, left["who"]):
            assert name in told
    flow = page(open_app, demo, "flow")
    grown = re.search(r"Waiting for more labels has grown ×([\d.]+) since (\d+ \w{3})", flow)
    assert grown is not None
    assert 2.5 < float(grown[1]) < 6
    assert grown[2] in days_near(left["day"])


def test_the_fast_one_is_named_and_no_other(
    demo: Path, truth: dict[str, Any], open_app: Open
) -> None:
    (fast,) = names(truth, planted(truth, "fast and wrong")["who"])
    told = page(open_app, demo, "people")
    assert f"{fast} lies clearly below" in told or f"{fast} lies below most others" in told
    assert "clearly below the rest; " in told or "below most others" in told
    everybody = [str(one["name"]) for one in truth["people"]]
    accused = [name for name in everybody if f"{name} lies" in told or f"{name} and" in told]
    assert accused == [fast]


def test_the_newcomer_is_not_ranked(demo: Path, truth: dict[str, Any], open_app: Open) -> None:
    (new,) = names(truth, planted(truth, "bad luck, too few to rank")["who"])
    app = go(open_app(demo).run(), "people")
    table = next(one.value for one in app.dataframe if "Person" in one.value)
    row = table[table["Person"] == new].iloc[0]
    assert "too few" in [str(value) for value in row]


def test_the_night_is_a_mix_and_nobody_s_fault(
    demo: Path, truth: dict[str, Any], open_app: Open
) -> None:
    night = planted(truth, "harder night batch")
    told = page(open_app, demo, "drift", project="Street")
    line = next(line for line in told.splitlines() if re.match(r"\*\*Agreement −", line))
    assert any(day in line for day in days_near(night["day"]))
    assert "other work or other people, not quality" in line
    assert not [one["name"] for one in truth["people"] if str(one["name"]) in line]


def test_three_keys_are_suspect_on_accuracy(
    demo: Path, truth: dict[str, Any], open_app: Open
) -> None:
    keys = [one for one in truth["planted"] if one["what"] == "wrong gold key"]
    app = go(open_app(demo).run(), "accuracy")
    table = next(one.value for one in app.dataframe if "State" in one.value)
    assert sorted(map(int, table["Item"])) == sorted(one["expected"]["inner_id"] for one in keys)
    assert "3 known answers of intent look wrong" in page(open_app, demo, "alerts")


def test_the_model_is_believed_too_readily_on_one_label(
    demo: Path, truth: dict[str, Any], open_app: Open
) -> None:
    (label,) = planted(truth, "v2 accepted too readily")["labels"]
    for view in ("labels_and_model", "alerts"):
        told = page(open_app, demo, view)
        assert f"v2 is accepted too readily on {label}" in told
        assert told.count("accepted too readily on") <= 2, "once a page, and in its alt text"


def test_the_outage_and_the_holiday_are_on_data(
    demo: Path, truth: dict[str, Any], open_app: Open
) -> None:
    app = go(open_app(demo).run(), "data")
    table = next(one.value for one in app.dataframe if "What it was" in one.value)
    found = dict(zip(table["Day"], table["What it was"], strict=True))
    outage, holiday = (
        formats.day_year(date.fromisoformat(planted(truth, what)["day"]))
        for what in ("outage", "holiday")
    )
    assert found.get(outage, "").startswith("little work")
    assert found.get(holiday) == "a holiday, as configured"


def test_the_tour_leads_to_pages_that_are_there(
    demo: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABELPULSE_DEMO", "1")
    app = open_app(demo).run()
    assert not app.exception
    assert "a 60-second tour" in words(app)
    for _, view, _ in STEPS:
        go(app, view)
    app.button[-1].click().run()
    assert "a 60-second tour" not in words(app)
    monkeypatch.delenv("LABELPULSE_DEMO")
    assert "a 60-second tour" not in words(open_app(demo).run())


def of_project(demo: Path, title: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Finding]:
    from dashboard import context

    monkeypatch.setenv("LABELPULSE_CONFIG", str(demo))
    held = next(one for one in context.everything().projects if one.info.title == title)
    desk = desk_of(context, held, Choice(next(iter([*held.controls, *held.unlabeled]))), {})
    yield from judged.findings(desk)


def test_nothing_else_needs_attention(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABELPULSE_DATABASE_URL", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(demo.parent / "state"))
    tickets = [one.what for one in of_project(demo, "Tickets", monkeypatch)]
    known = (
        r"Agreement on intent (?:is|has fallen)",
        r"Likely done",
        r"3 known answers of intent look wrong",
        r"[A-Z][a-z]+ \d+ and [A-Z][a-z]+ \d+ have submitted nothing",
        r"Waiting for more labels has grown",
        r"[A-Z][a-z]+ \d+ is more than 10 points under all together",
        r"v2 is accepted too readily on Account",
    )
    assert not [what for what in tickets if not any(re.match(one, what) for one in known)]
    street = [(one.what, one.who) for one in of_project(demo, "Street", monkeypatch)]
    assert [what[:19] for what, _ in street] == ["Agreement on object"]
    assert street[0][1] == "", "a mix is nobody's doing"
