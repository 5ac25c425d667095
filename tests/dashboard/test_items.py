"""The page of items: what it suggests, what it says without evidence, and what it changes."""

import json
import re
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import context, queue
from dashboard.views import items as view
from labelpulse.core.queue import Reason, State
from labelpulse.findings.items import answers_words, queue_row, tally
from labelpulse.reader.queue import Entry, Place
from labelpulse.reader.readings import ItemSaid, Said
from tests.dashboard.conftest import HOSTILE, Open, finding_nothing, load_csv
from tests.dashboard.test_pages import go, words

PLACE = Place(1, "Tickets", "studio", "7", 3, "intent")
LINKS = {"studio": "https://tool.example.org/{project}/{item}"}


def opened(open_app: Open, config: Path, **choices: str) -> AppTest:
    app = open_app(config)
    for name, value in choices.items():
        app.query_params[name] = value
    return go(app, "items")


def shown(app: AppTest) -> pd.DataFrame:
    """The table of items."""
    (found,) = app.dataframe
    return found.value


@pytest.fixture(autouse=True)
def fresh() -> None:
    """What other tests read is asked anew."""
    for known in (queue._suggested, queue._suggested_seldom, queue._queued):
        known.clear()


def test_suggestions_lead_with_the_wrong_gold_keys(demo: Path, open_app: Open) -> None:
    app = opened(open_app, demo)
    rows = shown(app)
    planted = json.loads((demo.parent / "truth.json").read_text())["planted"]
    wrong = {str(one["expected"]["item"]) for one in planted if one["what"] == "wrong gold"}
    gold = rows[rows["Reason"] == "Gold key"]
    assert set(gold["Item"]) == wrong
    assert list(rows["Reason"])[: len(gold)] == ["Gold key"] * len(gold)
    assert gold["Answers"].str.contains("gold: ").all()
    assert gold["Evidence"].str.contains("able people say").all()
    assert {"Label error", "Label pair", "Ambiguous"} <= set(rows["Reason"])
    buttons = {one.label: one.disabled for one in app.button}
    assert buttons == {"Put in the queue": True}


@pytest.mark.parametrize(("large", "times"), [(10**9, 2), (0, 1)], ids=["few", "many"])
def test_of_many_answers_suggestions_wait_for_minutes_not_for_the_data(
    large: int, times: int, demo: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(open_app, demo)
    asked: list[object] = []
    monkeypatch.setattr(context, "LARGE", large)
    monkeypatch.setattr(queue, "suggestions", finding_nothing(asked))
    for known in (queue._suggested, queue._suggested_seldom):
        known.clear()
    for version in (7, 8):
        queue.suggested(queue.Asked("Tickets", "intent"), version)
    assert len(asked) == times


def test_a_pair_and_a_reason_come_from_the_address(demo: Path, open_app: Open) -> None:
    pair = opened(open_app, demo, pair="Refund|Billing")
    rows = shown(pair)
    assert (rows["Reason"] == "Label pair").all()
    assert rows["Answers"].str.contains("Billing: ").all()
    assert rows["Answers"].str.contains("Refund: ").all()
    reason = shown(opened(open_app, demo, reason="Ambiguous"))
    assert set(reason["Reason"]) == {"Ambiguous"}


def test_a_person_stands_in_the_address_by_pseudonym(demo: Path, open_app: Open) -> None:
    app = opened(open_app, demo)
    box = next(one for one in app.selectbox if one.key == "person_picked")
    assert len(box.options) > 10
    assert box.options[1:] == sorted(box.options[1:], key=str.casefold)
    box.select_index(1).run()
    who = "".join(app.query_params["person"])
    assert re.fullmatch(r"[A-Z][a-z]+ \d+", who), "no name stands in an address"
    first = shown(app)
    assert len(first)
    again = shown(opened(open_app, demo, person=who))
    assert list(again["Answers"]) == list(first["Answers"]), "a colleague sees the same"


def test_without_overlap_and_gold_a_sample_is_drawn(single: Path, open_app: Open) -> None:
    app = opened(open_app, single)
    rows = shown(app)
    assert set(rows["Reason"]) == {"Review plan"}
    assert rows["Evidence"].str.endswith("drawn at random").all()
    assert "reviews tell the error to ±" in words(app)
    assert {one.key for one in app.selectbox} & {"pair", "person_picked"} == set()


def test_an_empty_queue_says_how_to_fill_it(single: Path, open_app: Open) -> None:
    app = opened(open_app, single, view="Queue")
    assert "labelpulse queue add" in words(app)
    assert not app.dataframe


def test_a_project_without_answers_says_what_is_needed(tmp_path: Path, open_app: Open) -> None:
    rows: list[dict[str, object]] = [
        {"item": f"i{n}", "annotator": "ann", "label": "x", "status": "draft"} for n in range(3)
    ]
    config = load_csv(tmp_path, rows, "Pilot")
    app = opened(open_app, config)
    assert "Nothing to suggest yet" in words(app)


def test_names_and_labels_have_no_power_over_the_page(hostile: Path, open_app: Open) -> None:
    app = opened(open_app, hostile)
    told = " ".join(shown(app).astype(str).to_numpy().ravel())
    assert HOSTILE[0] in told
    assert not shown(app).map(lambda one: str(one).startswith(("=", "+", "-", "@"))).any(axis=None)


def test_elsewhere_the_queue_is_only_looked_at(
    single: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "_LOOPBACK", ())
    app = opened(open_app, single)
    assert not app.button
    assert "The queue is changed where the dashboard runs" in words(app)
    monkeypatch.setenv("LABELPULSE_CONFIG", str(single))
    with pytest.raises(PermissionError):
        queue.put([], "Mia")


def test_hands_on_the_page_move_entries(
    tmp_path: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.dashboard.conftest import single_labels

    config = load_csv(tmp_path, single_labels(10), "Reviews")
    opened(open_app, config)
    asked = queue.Asked("Reviews", "label")
    found = queue.suggested(asked, 1)
    assert queue.put(found[:3], "Mia") == "3 put in the queue"
    assert queue.put(found[:4], "Bo") == "1 put in the queue, 3 waited already"
    waiting = queue.queued(asked)
    assert sorted(one.owner for one in waiting) == ["Bo", "Mia", "Mia", "Mia"]
    assert queue.assign(waiting[:1], "Cy") == "1 assigned"
    assert queue.mark_sent(waiting) == "4 marked as sent"
    assert queue.decide(waiting[:2], "keep it") == "2 decided"
    rows = shown(opened(open_app, config, view="Queue", state="Decided"))
    assert list(rows["Outcome"]) == ["keep it", "keep it"]
    rows = shown(opened(open_app, config, view="Queue", owner="Bo"))
    assert list(rows["State"]) == ["Sent"]
    assert queue.reopen(waiting[:2]) == "2 opened again"


# --- the words ---


def entry(**more: object) -> Entry:
    said = ItemSaid(
        *(5, "n5", "one"),
        (Said("Heron 12", "a", None), Said("Owl 3", "b", None), Said("Elk 1", "a", None)),
        "b",
    )
    given = {"said": said, "id": 1, "state": State.OPEN, "age_s": 7200.0} | more
    return Entry(PLACE, 5, "n5", "one", Reason.BY_HAND, {}, **given)  # type: ignore[arg-type]


def test_answers_stand_label_by_label() -> None:
    names = {"Heron 12": "Ana"}
    assert answers_words(entry(), names) == "a: Ana, Elk 1 · b: Owl 3 · gold: b"
    crowd = ItemSaid(5, "n5", None, tuple(Said(f"p{n}", "a", None) for n in range(5)), None)
    assert answers_words(entry(said=crowd), {}) == "a: 5 people"
    drawn = ItemSaid(5, "n5", None, (Said("Elk 1", "", None), Said("Owl 3", "", None)), None)
    assert answers_words(entry(said=drawn), {}) == "Elk 1, Owl 3", "shapes have no label"
    assert answers_words(entry(said=None), {}) == ""


def test_a_row_links_into_the_tool() -> None:
    row = queue_row(entry(), {}, LINKS)
    assert row["Tool"] == "https://tool.example.org/7/n5"
    assert queue_row(entry(), {}, {})["Tool"] is None
    assert (row["Age"], row["State"]) == ("2\xa0h", "Open")


def test_the_tally_counts_who_decided() -> None:
    found = [
        *(entry(), entry(state=State.SENT, owner="Mia", age_s=86_400.0 * 3)),
        entry(state=State.DECIDED, decided_at=9, age_s=86_400.0 * 90),
        entry(state=State.DECIDED, decided_at=9, author="Mia"),
    ]
    waiting, longest, decided = tally(found)
    assert (waiting.value, waiting.below) == ("2", "1 open, 1 sent")
    assert (longest.value, longest.below) == ("3.0\xa0days", "1 of 2 have an owner")
    assert (decided.value, decided.below) == ("2", "1 read from the source, 1 by hand")
    assert [(one.value, one.below) for one in tally([])] == [
        ("0", ""),
        ("–", "nothing waits"),
        ("0", ""),
    ]


def test_files_for_experts_hold_no_formula() -> None:
    risky = entry(outcome="=1+1")
    told = view._file([risky], "CSV")
    assert b"'=1+1" in told
    plain = pd.read_parquet(BytesIO(view._file([risky], "Parquet")))
    assert plain["outcome"].tolist() == ["=1+1"]
    assert json.loads(view._file([risky], "JSON"))["entries"][0]["outcome"] == "=1+1"


def _undecided() -> None:
    """A button of the queue whose decision has no words."""
    import streamlit as st

    from dashboard.views.items import _button
    from labelpulse.core.errors import UsageError

    def refuse(_chosen: object) -> str:
        raise UsageError("a decision needs words: say what was decided")

    _button(st.empty(), ["entry"], "decide", "Decide", refuse)  # type: ignore[list-item]


def test_what_goes_wrong_begins_as_a_sentence() -> None:
    app = AppTest.from_function(_undecided).run()
    app.button(key="do decide").click().run()
    assert [one.value for one in app.error] == ["A decision needs words\\: say what was decided"]
