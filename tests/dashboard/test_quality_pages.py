"""The quality lead's pages: what is confused, what left its band, what to act on."""

import random
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import acting, context, two_readings
from labelpulse.config import load_settings
from labelpulse.ingest.collect import Collector
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from tests.dashboard.conftest import CONFIG, Open, load_csv, single_labels
from tests.dashboard.test_pages import changed, forget, go, tile, words

PAIR = "Billing / Refund"


def buttons(app: AppTest) -> list[str]:
    """Labels of the buttons of a page."""
    return [one.label for one in app.button]


def drawn(app: AppTest) -> str:
    """The first chart of a page, as it is sent."""
    return str(app.get("vega_lite_chart")[0].proto)


def test_agreement_leads_with_number_state_and_evidence(demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "agreement")
    text = words(app)
    assert re.search(r"since \w+ \d+ \w+: quality, mostly Billing / Refund", text)
    assert tile(app, "Drift").startswith("−")
    assert tile(app, "Double-labeled").endswith("\xa0%")
    assert f"Most often confused: {PAIR}" in text
    assert "Ten items to look at first" in text
    assert "Needs attention" in text


def test_shapes_have_the_same_first_screen(demo: Path, open_app: Open) -> None:
    app = open_app(demo)
    app.query_params["project"] = "Street"
    app = go(app, "agreement")
    text = words(app)
    assert "Needs attention" in text
    assert "Matched F1 on object" in text
    assert tile(app, "With gold").startswith("\N{EN DASH}")
    assert tile(app, "Reviewed").endswith("\xa0%")
    first = ["Item", "Tool", "Why"]
    ten = next(one.value for one in app.dataframe if list(one.value.columns)[:3] == first)
    assert len(ten) == 10


def test_labels_without_second_answers_need_attention(single: Path, open_app: Open) -> None:
    text = words(go(open_app(single), "agreement"))
    assert "Needs attention" in text
    assert "and nothing tells how good they are" in text


def test_the_first_items_are_those_of_the_page_of_items(demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "agreement")
    first = ["Item", "Tool", "Why"]
    ten = next(one.value for one in app.dataframe if list(one.value.columns)[:3] == first)
    whole = go(app, "items").dataframe[0].value
    assert len(ten) == 10
    assert [*ten["Item"]] == [*whole["Item"]][:10]
    assert [*ten["Evidence"]] == [*whole["Evidence"]][:10]
    assert [*ten["Tool"]] == [*whole["Tool"]][:10]


def test_the_triangle_names_the_pair_of_all(demo: Path, open_app: Open) -> None:
    text = words(go(open_app(demo), "agreement"))
    assert re.search(r"\d+\xa0% of disagreement sits in one pair of 15: Billing / Refund", text)
    assert "Click on a cell of the triangle, or choose a pair of labels here." in text
    assert "Guideline question" not in text


def test_a_pair_shows_both_readings_and_its_guideline_card(demo: Path, open_app: Open) -> None:
    app = open_app(demo)
    app.query_params["labels"] = PAIR
    app = go(app, "agreement")
    text = words(app)
    examples = next(one.value for one in app.dataframe if "Billing" in one.value.columns)
    assert list(examples.columns) == ["Item", "Tool", "Billing", "Refund", "Day"]
    assert len(examples) == two_readings.EXAMPLES
    assert (examples["Billing"] != examples["Refund"]).all()
    card = next(one.value for one in app.code if "Guideline question" in one.value)
    assert card.startswith("Guideline question: Billing or Refund?")
    assert "of all disagreement" in card
    assert "It has risen since" in card
    team = "only with team Manila"
    assert (team in card) == (team in text.replace(card, "")), "the card says what the page says"
    address = re.escape(examples["Tool"].iloc[0].split("task=")[0])
    assert len(re.findall(rf"- item (\d+): {address}task=\1\n", card)) == two_readings.EXAMPLES
    people = {*examples["Billing"], *examples["Refund"]}
    assert [name for name in people if name in card] == []
    assert "says what people read, not who is right" in text


def test_the_button_opens_the_pair_that_is_confused_most(demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "agreement")
    next(one for one in app.button if one.label == "Guideline card").click().run()
    assert not app.exception
    assert app.selectbox(key=two_readings.CHOSEN).value == PAIR
    card, below = (one.value for one in app.code if "Guideline question" in one.value)
    assert card == below, "over the page, and on it"
    tables = [one.value for one in app.dataframe if "Billing" in one.value.columns]
    over = next(
        one for one in tables if list(one["Item"]) == re.findall(r"- item (\d+): http", card)
    )
    assert list(over.columns) == ["Item", "Tool", "Billing", "Refund", "Day"]
    assert sum("Day" in one.columns for one in tables) == 2, "examples over the page and on it"


def test_drift_says_what_left_its_band_and_where_it_sits(demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "drift")
    text = words(app)
    assert [one.label for one in app.metric] == [
        "Agreement",
        "Mix of labels",
        "Pace",
        "Time per answer",
    ]
    assert re.search(r"Agreement −\d+\xa0points since \w+ \d+ \w+: quality, mostly Billing", text)
    parts = r"The days since against eight weeks before: −[\d.]+\xa0points, of it quality −\d"
    assert re.search(parts, text)
    table = next(one.value for one in app.dataframe if "Likely cause" in one.value.columns)
    row = table[table["What"] == "Agreement"].iloc[0]
    assert (row["Now"], row["Likely cause"]) == ("stands", "quality")
    assert "Billing / Refund" in row["Where"]
    assert re.search(r"Without .+ would be .+ instead of |rests on nobody", text)
    ends = r"−\d+\xa0points to −\d+\xa0points? · since \w+ \d+ \w+: quality, mostly Billing"
    assert re.search(ends, text), "how sure the tile of the change is"
    assert "the days since against the 28 days before" in app.metric[0].help
    assert re.search(r"Smoothed, from \d+\xa0% to \d+\xa0%", text)


def test_a_part_of_the_work_has_its_own_chart(demo: Path, open_app: Open) -> None:
    app = open_app(demo)
    app.query_params["of"] = "Time per answer"
    app.query_params["part"] = "team=Nairobi"
    app = go(app, "drift")
    assert app.selectbox(key="part_picked").value == "team=Nairobi"
    assert "Time per answer" in words(app)
    part = drawn(app)
    app.selectbox(key="part_picked").set_value("").run()
    assert not app.exception
    assert drawn(app) != part


def test_a_part_that_is_a_person_has_a_name_on_the_page_alone(demo: Path, open_app: Open) -> None:
    app = open_app(demo)
    app.query_params["of"] = "Time per answer"
    app = go(app, "drift")
    box = app.selectbox(key="part_picked")
    at = box.options.index("Person: Otieno Barasa")
    box.select_index(at).run()
    assert not app.exception
    part = "".join(app.query_params["part"])
    assert part.startswith("annotator=")
    assert "Otieno" not in part


def test_drift_is_useful_without_second_answers_and_gold(single: Path, open_app: Open) -> None:
    app = go(open_app(single), "drift")
    labels = [one.label for one in app.metric]
    assert labels == ["Mix of labels", "Pace", "Time per answer"]
    assert "Nothing is noted yet." in words(app)
    assert len(app.get("vega_lite_chart")) == 1
    app.session_state["others"] = True
    app.run()
    assert not app.exception
    assert len(app.get("vega_lite_chart")) == 3


def test_drift_says_when_it_will_be_able_to_tell(tiny: Path, open_app: Open) -> None:
    app = go(open_app(tiny), "drift")
    text = words(app)
    assert "Too early to tell a change" in text
    assert "A baseline takes 28 days with work; the chosen time has 1." in text
    assert not app.metric


def test_a_marker_from_the_page_is_on_the_charts(
    demo: Path, open_app: Open, tmp_path: Path
) -> None:
    config = changed(demo, tmp_path, "DELETE FROM marker")
    app = go(open_app(config), "drift")
    assert "Nothing is noted yet." in words(app)
    day = datetime.now(UTC).date() - timedelta(days=20)
    app.text_input(key="marker_text").set_value("New *guideline*")
    app.date_input(key="marker_day").set_value(day)
    next(one for one in app.button if one.label == "Add").click().run()
    assert not app.exception
    forget()
    app.run()
    moves = next(one.value for one in app.dataframe if "What happened" in one.value.columns)
    assert set(moves["What happened"]) == {"New *guideline*"}
    assert set(moves["Day"]) == {day}
    assert "Percent agreement" in set(moves["Number"])
    with sqlite3.connect(tmp_path / "labelpulse.db") as db:
        assert db.execute("SELECT kind, text FROM marker").fetchall() == [
            ("guideline", "New *guideline*")
        ]


def test_an_empty_marker_is_not_kept(demo: Path, open_app: Open, tmp_path: Path) -> None:
    app = go(open_app(changed(demo, tmp_path, "DELETE FROM marker")), "drift")
    next(one for one in app.button if one.label == "Add").click().run()
    assert "Say what happened, as charts shall say it." in words(app)
    assert context.noted(1) == []


def test_other_machines_cannot_note_anything(
    demo: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "_LOOPBACK", ())
    app = go(open_app(demo), "drift")
    assert "Add" not in buttons(app)
    assert not app.text_input


def test_accuracy_has_tables_to_act_on(demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "accuracy")
    tables = [one.value for one in app.dataframe]
    signed = next(one for one in tables if "Decision" in one.columns)
    decisions = {"Ship", "Ship what is done", "Recheck", "Not enough evidence"}
    assert set(signed["Decision"]) <= decisions
    assert signed["What is missing"].str.len().min() > 0
    unfinished = signed[signed["Done"].str.contains("labels done")]
    assert len(unfinished)
    assert not set(unfinished["Decision"]) & {"Ship"}
    for done, missing in zip(unfinished["Done"], unfinished["What is missing"], strict=True):
        there, needed = (int(n.replace(",", "")) for n in re.findall(r"[\d,]+", done)[:2])
        assert f"{needed - there:,} labels" in missing
    assert signed["What is missing"].str.contains("ook at its items since").any()
    assert signed["What is missing"].str.contains("agreement fell, mostly Billing / Refund").any()
    plan = next(one for one in tables if "Rank" in one.columns)
    assert list(plan["Rank"]) == sorted(plan["Rank"])
    assert set(plan["Why"]) == {"Likely wrong", "Random"}
    keys = next(one for one in tables if "Evidence" in one.columns and "State" in one.columns)
    assert set(keys["State"]) == {"Suspect key"}
    assert "should mend about" in words(app)


def double_labels() -> Iterator[dict[str, object]]:
    """Two answers an item of two people who often differ."""
    rng, now = random.Random(5), datetime.now(UTC)
    for n in range(120):
        at = (now - timedelta(days=n % 30)).isoformat()
        for who in ("ann", "bob"):
            label = rng.choice(["kind", "rude"])
            yield {"item": f"t{n}", "annotator": who, "label": label, "submitted_at": at}


def test_perspectives_are_not_called_errors(open_app: Open, tmp_path: Path) -> None:
    (tmp_path / "labelpulse.toml").write_text(
        '[warehouse]\nurl = "sqlite:///labelpulse.db"\n'
        '[[projects]]\nsource = "import:Tone"\ntitle = "Tone"\n'
        "[projects.controls.label]\nsubjective = true\n"
    )
    config = load_csv(tmp_path, list(double_labels()), "Tone")
    text = words(go(open_app(config), "agreement"))
    assert "different answers are perspectives, not errors" in text
    assert "Most often seen two ways: kind / rude" in text
    assert "confused" not in text


def test_markers_of_the_configuration_come_and_go_with_it(tmp_path: Path) -> None:
    config = load_csv(tmp_path, single_labels(20, 8), "Reviews")
    plain = config.read_text()
    day = datetime.now(UTC).date() - timedelta(days=9)
    config.write_text(
        f'{plain}[[markers]]\ntext = "Tool 2.0"\nday = {day}\nkind = "release"\n'
        f'[[markers]]\ntext = "Lost"\nday = {day}\nproject = "Not here"\n'
    )
    engine = connect(load_settings(config).database.get_secret_value())
    warehouse = Warehouse(engine, ROLLUPS)

    def noted() -> list[tuple[object, ...]]:
        with engine.connect() as conn:
            rows = conn.exec_driver_sql("SELECT project_id, day, kind, text FROM marker")
            return [tuple(row) for row in rows]

    Collector(warehouse, load_settings(config), sweep=False).prepare()
    assert noted() == [(None, day.toordinal(), "release", "Tool 2.0")]
    Collector(warehouse, load_settings(config), sweep=False).prepare()
    assert len(noted()) == 1, "the same file again changes nothing"
    warehouse.mark(None, day.toordinal(), "guideline", "By hand")
    config.write_text(plain)
    Collector(warehouse, load_settings(config), sweep=False).prepare()
    assert [row[3] for row in noted()] == ["By hand"]
    engine.dispose()


def test_a_marker_by_hand_outlives_its_twin_in_the_configuration(tmp_path: Path) -> None:
    config = load_csv(tmp_path, single_labels(20, 8), "Reviews")
    plain = config.read_text()
    engine = connect(load_settings(config).database.get_secret_value())
    warehouse = Warehouse(engine, ROLLUPS)
    warehouse.mark(1, 739000, "training", "Same")
    said = '[[markers]]\ntext = "Same"\nday = 2024-04-24\nkind = "training"\nproject = "Reviews"\n'
    config.write_text(plain + said)
    Collector(warehouse, load_settings(config), sweep=False).prepare()
    config.write_text(plain)
    Collector(warehouse, load_settings(config), sweep=False).prepare()
    with engine.connect() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM marker").scalar() == 1
    engine.dispose()


def test_items_behind_a_number_open_in_their_tool(demo: Path, open_app: Open) -> None:
    app = open_app(demo)
    app.query_params["labels"] = PAIR
    app = go(app, "agreement")
    readings = next(one.value for one in app.dataframe if "Day" in one.value.columns)
    row = readings.iloc[0]
    assert re.fullmatch(
        rf"http://localhost:8080/projects/\d+/data\?task={row['Item']}", row["Tool"]
    )


@pytest.mark.parametrize("column", ["Missed", "Chance wrong"])
def test_items_to_act_on_open_in_their_tool(column: str, demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "accuracy")
    table = next(one.value for one in app.dataframe if column in one.value.columns)
    for item, address in zip(table["Item"], table["Tool"], strict=True):
        assert re.fullmatch(rf"http://localhost:8080/projects/\d+/data\?task={item}", address)


def test_what_changed_with_a_marker_is_told_of_shapes_too(demo: Path, open_app: Open) -> None:
    app = open_app(demo)
    app.query_params["project"] = "Street"
    app = go(app, "drift")
    moves = next(one.value for one in app.dataframe if "What happened" in one.value.columns)
    assert "Matched F1" in {*moves["Number"]}
    assert not moves["Change"].str.startswith("'").any()


def test_a_batch_to_sign_off_names_its_target_and_leads_to_its_items(
    demo: Path, open_app: Open
) -> None:
    app = go(open_app(demo), "accuracy")
    signed = next(one.value for one in app.dataframe if "Decision" in one.value.columns)
    found = links(app)
    assert all(found[f"Items of batch {name}"]["batch"] == name for name in signed["Batch"])
    assert (
        "Up to 12\xa0% may be wrong: the accuracy target of intent in the configuration is 88\xa0%."
    ) in words(app)
    assert "Agreement is held to the same number" not in words(app)
    assert "target\xa088\xa0%" in words(app), "beside accuracy on gold"
    assert "Dashed: the target, 88\xa0%." in words(app)


def test_people_and_summary_are_held_to_the_accuracy_target(demo: Path, open_app: Open) -> None:
    app = open_app(demo).run()
    assert "its target of 88\xa0%" in words(app)
    text = words(go(app, "people"))
    assert "Dashed: the target, 88\xa0%." in text
    assert "Dashed: the target, 85\xa0%." in words(go(app, "agreement"))


def test_one_target_serves_both_and_says_so(open_app: Open, tmp_path: Path) -> None:
    (tmp_path / "labelpulse.toml").write_text(
        '[warehouse]\nurl = "sqlite:///labelpulse.db"\n'
        '[[projects]]\nsource = "import:Tone"\ntitle = "Tone"\n'
        "[projects.controls.label]\ntarget = 0.85\n"
    )
    rows = [{**row, "gold": "kind"} for row in double_labels()]
    text = words(go(open_app(load_csv(tmp_path, rows, "Tone")).run(), "accuracy"))
    assert "Up to 15\xa0% may be wrong: the target of label in the configuration is 85" in text
    assert "Agreement is held to the same number: accuracy_target sets another one" in text
    assert "Dashed: the target" not in text
    assert "target\xa0" not in text


def test_pages_lead_to_the_items_behind_them(demo: Path, open_app: Open) -> None:
    app = open_app(demo).run()
    sits = those(links(go(app, "drift")), "Items with both labels since ")
    assert sits["pair"] in ("Billing|Refund", "Refund|Billing")
    assert date.fromisoformat(sits["since"]) < datetime.now(UTC).date()
    assert (
        links(go(app, "labels_and_model"))["Items whose label may be wrong"]["reason"]
        == "Label error"
    )
    stage = links(go(app, "flow"))["Items in this stage"]["stage"]
    app.query_params |= {"metric": "stage_items", "where": f"stage={stage}", "explain": "true"}
    table = go(app, "data").dataframe
    items = next(one.value for one in table if [*one.value.columns][:2] == ["project", "item"])
    assert items["Tool"].str.startswith("http://localhost:8080/projects/").all()


def those(found: dict[str, dict[str, str]], begin: str) -> dict[str, str]:
    """What the one link asks for whose label begins so."""
    (asked,) = (asked for label, asked in found.items() if label.startswith(begin))
    return asked


def test_what_needs_attention_leads_to_its_items(demo: Path, open_app: Open) -> None:
    """A pair, wrong keys, and a batch of another project; and the page shows them."""
    app = open_app(demo).run()
    for view in ("summary", "alerts", "progress"):
        found = links(go(app, view))
        pair = those(found, "Items with both labels since ")
        assert pair["pair"] in ("Billing|Refund", "Refund|Billing")
        assert date.fromisoformat(pair["since"]) < datetime.now(UTC).date()
        assert those(found, "Check these items")["reason"] == "Gold key"
        assert (pair["project"], pair["control"]) == ("Tickets", "intent")
    batch = those(links(go(app, "alerts")), "Items of batch ")
    assert (batch["project"], batch["control"], batch["batch"]) == ("Street", "object", "upload 6")
    items = open_app(demo)
    items.query_params |= pair
    assert set(go(items.run(), "items").dataframe[0].value["Reason"]) == {"Label pair"}


def test_who_is_low_stands_in_the_address_by_pseudonym(tmp_path: Path, open_app: Open) -> None:
    rows: list[dict[str, object]] = [
        {
            "item": f"t{n}",
            "annotator": who,
            "label": "ba"[n % 2] if who == "dan" and n % 3 else "ab"[n % 2],
            "gold": "ab"[n % 2],
            "submitted_at": (datetime.now(UTC) - timedelta(days=60 - n // 3)).isoformat(),
        }
        for n in range(150)
        for who in ("ann", "bob", "cid", "dan")
    ]
    (tmp_path / "labelpulse.toml").write_text(CONFIG + GOLD)
    config = load_csv(tmp_path, rows, "Chats")
    app = go(open_app(config).run(), "alerts")
    assert "dan is more than 10 points under all together" in words(app)
    asked = links(app)["Items they answered differently"]
    assert re.fullmatch(r"[A-Z][a-z]+ \d+", asked["person"]), "no name stands in an address"
    items = open_app(config)
    items.query_params |= asked
    shown = go(items.run(), "items").dataframe[0].value
    assert len(shown) == 100
    assert shown["Answers"].str.contains("dan").all()


GOLD = """
[[projects]]
source = "import:Chats"
title = "Chats"
gold = "column"
"""


def links(app: AppTest) -> dict[str, dict[str, str]]:
    """What links of a page ask for, by their label."""
    found = [one.proto for one in app.get("page_link")]
    asked = {one.label: dict(parse_qsl(one.query_string)) for one in found}
    return {label: {k: v for k, v in told.items() if k != "via"} for label, told in asked.items()}


def test_what_is_known_of_a_number_begins_as_a_sentence() -> None:
    def page() -> None:
        from dashboard.widgets import note

        note("days differ more than chance")
        note("")

    (told,) = AppTest.from_function(page).run().caption
    assert told.value == ":material/info: Days differ more than chance"


def test_cells_of_the_sign_off_begin_as_sentences() -> None:
    known = {"batch": "upload 4", "value": "not enough evidence", "target": 0.12, "n": 200}
    row = {**dict.fromkeys(("error", "error_low", "error_high", "evidence", "recheck")), **known}
    row |= {"more": None, "evidence_n": 0, "note": "no gold, no review, and too few answers"}
    told = acting._signed(row, 348, "")
    assert told["Done"] == "No gold, no review, and too few answers"
    assert told["What is missing"] == "More evidence; 348 labels"
    finished = acting._signed({**row, "value": "ship", "note": None}, 0, "")
    assert (finished["Decision"], finished["What is missing"]) == ("Ship", "Nothing")
    begun = acting._signed({**row, "value": "ship"}, 1, "a look at its items since 11 Nov")
    assert begun["Decision"] == "Ship what is done"
    assert begun["What is missing"] == "1 label; a look at its items since 11 Nov"


def test_accuracy_waits_for_the_first_answer_to_a_gold_item(tmp_path: Path, open_app: Open) -> None:
    """An expert labeled items as gold, and nobody has answered one of them yet."""
    expert = [
        {**row, "item": f"gold-{row['item']}", "annotator": "expert"}
        for row in single_labels(3, 10)
    ]
    (tmp_path / "labelpulse.toml").write_text(
        f'{CONFIG}[[projects]]\nsource = "import:Reviews"\ntitle = "Reviews"\ngold = ["expert"]\n'
    )
    config = load_csv(tmp_path, [*single_labels(), *expert], "Reviews")
    app = go(open_app(config), "accuracy")
    assert not app.exception
    assert tile(app, "Accuracy on gold").startswith("\N{EN DASH}")
    assert "Nobody has answered a gold item yet" in words(app)
