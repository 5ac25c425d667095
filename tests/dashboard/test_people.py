"""People: everybody by name, nobody accused on few answers, no name in an address."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import context
from labelpulse.findings import groups
from labelpulse.findings.groups import Group
from tests.dashboard.conftest import Open, load_csv, single_labels
from tests.dashboard.test_files import boxes
from tests.dashboard.test_pages import assert_stale, changed, go, tile, words

FAST, UNLUCKY, SLOW = "Otieno Barasa", "Zawadi Chebet", "Wiesława Jeleń"


def opened(app: AppTest, view: str = "Table", **chosen: str) -> AppTest:
    """The page with a part of it and a person chosen in the address."""
    for key, value in {"view": view, **chosen}.items():
        app.query_params[key] = value
    return go(app, "people")


def frame(app: AppTest, column: str) -> Any:
    """The table that has a column."""
    return next(one.value for one in app.dataframe if column in one.value.columns)


def drawn(app: AppTest) -> str:
    """All charts, as they go to the browser."""
    return "".join(str(one.proto) for one in app.get("vega_lite_chart"))


def test_the_one_who_stands_apart_is_named(demo: Path, open_app: Open) -> None:
    app = opened(open_app(demo))
    text = words(app)
    assert re.search(rf"{FAST} lies clearly below (the rest|most others); \d\d others cannot", text)
    assert "Grey, at the end: fewer than 20 first answers to gold, not ranked." in text
    assert all(one.value != "–" for one in app.metric)
    assert "At the right: agreement with the others, the last eight weeks." in text


def test_everybody_stands_in_alphabetical_order(demo: Path, open_app: Open) -> None:
    people = frame(opened(open_app(demo)), "Against peers")
    names = list(people["Person"])
    assert names == sorted(names, key=str.casefold)
    assert len(names) == 22
    by_name = people.set_index("Person")
    assert by_name.loc[FAST, "Against peers"] < 1 / 3
    assert by_name.loc[SLOW, "Against peers"] > 2
    assert by_name.loc[FAST, "Agrees with most others"] < 70


def test_few_answers_get_no_share(demo: Path, open_app: Open) -> None:
    app = opened(open_app(demo))
    unlucky = frame(app, "Against peers").set_index("Person").loc[UNLUCKY]
    assert unlucky["95 % interval"] == "too few"
    assert unlucky["n"] < 20
    assert unlucky["Accuracy"] != unlucky["Accuracy"], "no share at all"
    assert UNLUCKY not in words(app), "named by no sentence"


def test_what_nobody_has_is_no_column(demo: Path, open_app: Open) -> None:
    columns = set(frame(opened(open_app(demo)), "Against peers").columns)
    assert "Accepted at first review" not in columns
    assert "Same answer again" not in columns


def test_ranking_is_off_until_it_is_chosen(demo: Path, open_app: Open) -> None:
    usual = words(opened(open_app(demo), by="The others"))
    assert "In alphabetical order." in usual
    chosen = words(opened(open_app(demo), by="The others", order="By value"))
    assert "By group and value." in chosen


def test_signals_wait_and_are_no_proof(demo: Path, open_app: Open) -> None:
    app = opened(open_app(demo))
    assert "no proof of anything" not in words(app)
    app.session_state["signals"] = True
    app.run()
    assert not app.exception
    assert "Each is a reason to talk, no proof of anything." in words(app)
    found = frame(app, "Signal")
    assert list(found["Who"]) == [FAST]
    assert list(found["Signal"]) == ["Answers faster than care"]
    assert "of all" in found["What it rests on"][0]
    assert {"active", "proving", "idle"} <= set(frame(app, "State")["State"])


def profile_of(app: AppTest, name: str) -> AppTest:
    """The profile, with somebody chosen by name."""
    app = opened(app, "Profile")
    box = app.selectbox(key="person_picked")
    return box.select(name).run()


def test_a_profile_says_how_somebody_stands(demo: Path, open_app: Open) -> None:
    app = profile_of(open_app(demo), FAST)
    assert [one.label for one in app.metric if not one.help] == []
    assert not app.exception
    text = words(app)
    assert re.search(r"Agreement with the others: below nine in ten others in", text)
    assert re.search(r"Time per answer: shorter than nine in ten others", text)
    assert "Most often wrong" not in text, "what is to train is named"
    lifts = frame(app, "Beyond chance")
    assert set(lifts["Beyond chance"]) <= {"yes", "may be chance"}
    assert lifts["95 % interval"].str.fullmatch(r"(\d\.\d|\d\d+)–(\d\.\d|\d\d+)\xa0×").all()
    assert list(frame(app, "Signal")["Who"]) == [FAST]
    assert re.search(r"\d+\xa0% as counted · \d+–\d+\xa0% · n \d+ answers", text)


def test_a_training_card_is_ready_to_copy(demo: Path, open_app: Open) -> None:
    app = profile_of(open_app(demo), FAST)
    (card,) = [one.value for one in app.code]
    assert card.startswith(f"Talk with {FAST}: five examples, no verdict.")
    assert re.search(r"1\. \w+ taken for \w+: \d+ of \d+ answers; of the others, \d+ %", card)
    assert FAST not in card.split("labelpulse mark")[1], "notes on charts name nobody"
    first = re.search(r"1\. (.*)\.\n", card)
    assert first
    assert f"**{first[1]}**" in words(app).replace("\xa0", " "), "the matrix is titled so, too"
    beyond = frame(app, "Beyond chance").set_index("Label")["Beyond chance"]
    may_be = beyond[first[1].split(" taken for ")[0]] == "may be chance"
    assert first[1].endswith(" (may be chance)") == may_be, "the table of labels says the same"


def test_somebody_new_has_no_training_card(demo: Path, open_app: Open) -> None:
    app = profile_of(open_app(demo), UNLUCKY)
    assert not app.exception
    assert not app.code
    told = re.findall(r"\d+ mistakes in (\d+) answers: to name one takes (\d+) more", words(app))
    assert told, "the title of the matrix, and in place of the card"
    assert {int(n) + int(more) for n, more in told} == {20}


def test_no_name_is_in_an_address(demo: Path, open_app: Open) -> None:
    app = profile_of(open_app(demo), FAST)
    who = "".join(app.query_params["person"])
    assert re.fullmatch(r"[A-Z][a-z]+ \d+", who)
    assert not any("Otieno" in str(value) for value in dict(app.query_params).values())
    again = opened(open_app(demo), "Profile", person=who)
    assert f"Talk with {FAST}" in words(again), "the address shows a colleague the same person"


def test_an_address_with_a_stranger_opens_the_first_by_name(demo: Path, open_app: Open) -> None:
    app = opened(open_app(demo), "Profile", person="Nobody 1")
    assert "Achieng Odera" in words(app)


def test_a_tile_says_since_when_changes_are_seen(demo: Path, open_app: Open) -> None:
    text = words(profile_of(open_app(demo), FAST))
    assert re.search(r"n \d+ answers · edits observed since \d+ \w{3} 20\d\d", text)


def test_names_are_hidden_from_other_machines(
    demo: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "_LOOPBACK", ())
    for view in ("Table", "Profile"):
        app = opened(open_app(demo), view)
        shown = words(app) + drawn(app) + str(app.selectbox)
        assert "Otieno" not in shown
        assert "Achieng" not in shown


def test_a_training_is_compared_before_and_after(
    demo: Path, open_app: Open, tmp_path: Path
) -> None:
    day = datetime.now(UTC).date() - timedelta(days=20)
    noted = (
        "INSERT INTO marker (day, kind, text) "
        f"VALUES ({day.toordinal()}, 'training', 'Training on Billing')"
    )
    app = profile_of(open_app(changed(demo, tmp_path, noted)), FAST)
    assert not app.exception
    trained = frame(app, "Training")
    assert list(trained["Training"]) == ["Training on Billing"]
    assert trained["Before"].between(1, 99).all()


def test_without_reviews_a_sentence_says_what_brings_them(demo: Path, open_app: Open) -> None:
    text = words(opened(open_app(demo), "Reviewers"))
    assert "No reviews in these days" in text
    assert "a status of accepted or rejected" in text


def judged(folder: Path) -> Path:
    """Answers that somebody accepted or rejected, nobody knows who."""
    rows = single_labels(30, 20)
    for n, one in enumerate(rows):
        one["status"] = "rejected" if n % 5 == 0 else "accepted"
    return load_csv(folder, rows, "Judged")


def test_reviews_are_counted_where_nobody_is_named(open_app: Open, tmp_path: Path) -> None:
    app = opened(open_app(judged(tmp_path)), "Reviewers")
    assert tile(app, "Reviewed") == "100\xa0%"
    assert tile(app, "Accepted at first review") == "80\xa0%"
    assert "does not name who gave them" in words(app)
    people = frame(opened(open_app(judged(tmp_path))), "Against peers")
    assert people["Accepted at first review"].between(60, 95).all()


def test_reviewers_stand_by_name_with_intervals(
    open_app: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"value": 0.8, "low": 0.7, "high": 0.9, "n": 60}
    rows = {"review_acceptance": known, "reviewer_leniency": {**known, "value": 0.1, "n": 12}}
    monkeypatch.setattr(groups, "reviewers", lambda _: [Group("Rhea", rows)])
    app = opened(open_app(judged(tmp_path)), "Reviewers")
    (rhea,) = frame(app, "Lenient").to_dict("records")
    assert (rhea["Reviewer"], rhea["Reviewed"], rhea["Accepted"]) == ("Rhea", 60, 80)
    assert rhea["Lenient"] is None, "too few reviews to say"
    assert rhea["95 % interval "] == "too few"


def test_teams_stand_side_by_side(demo: Path, open_app: Open) -> None:
    app = opened(open_app(demo), "Teams")
    teams = frame(app, "Team")
    assert list(teams["Team"]) == ["Kraków", "Manila", "Nairobi"]
    assert list(teams["People"]) == [6, 8, 7]
    assert "Per hour" not in teams, "the demo's tabs left open would make it a tenth of the pace"
    assert teams["Inside"].between(60, 99).all()
    assert "Manila: agreement inside is" in words(app)


def test_without_teams_the_lines_to_add_are_shown(single: Path, open_app: Open) -> None:
    text = words(opened(open_app(single), "Teams"))
    assert "[[teams]]" in text


def test_the_first_design_case_shows_volume_and_speed_alone(single: Path, open_app: Open) -> None:
    app = opened(open_app(single))
    text = words(app)
    assert "Nobody can be compared yet: nothing tells right answers from wrong ones" in text
    assert not app.get("vega_lite_chart"), "no empty chart"
    people = frame(app, "Against peers")
    assert list(people["Person"]) == ["ann", "bob", "cleo"]
    assert list(people.columns) == ["Person", "Answers", "Median time", "Against peers"]
    profile = opened(open_app(single), "Profile")
    assert "nothing to train" in words(profile)
    assert not profile.code


def test_tiny_data_counts_and_says_nothing(tiny: Path, open_app: Open) -> None:
    app = opened(open_app(tiny))
    people = frame(app, "Answers")
    assert people["Answers"].sum() == 12
    assert "Against peers" not in people.columns, "no time is known that could be compared"
    assert not app.get("vega_lite_chart")
    assert not opened(open_app(tiny), "Profile").exception


def test_peers_stand_in_for_known_answers(hostile: Path, open_app: Open) -> None:
    app = opened(open_app(hostile))
    assert "gold" not in words(app).casefold().replace("chosen as gold", "")
    assert app.get("vega_lite_chart")


def test_shapes_compare_people_by_matching(open_app: Open, tmp_path: Path) -> None:
    app = opened(open_app(boxes(tmp_path)))
    assert "Matched F1" in frame(app, "Answers").columns
    for view in ("Profile", "Reviewers", "Teams"):
        assert not opened(open_app(boxes(tmp_path)), view).exception


@pytest.mark.parametrize("view", ["Profile", "Reviewers", "Teams"])
@pytest.mark.usefixtures("hours_later")
def test_standing_still_is_seen(view: str, demo: Path, open_app: Open) -> None:
    assert_stale(opened(open_app(demo), view))


@pytest.mark.parametrize("view", ["Table", "Profile", "Teams"])
def test_what_people_typed_stays_text(view: str, hostile: Path, open_app: Open) -> None:
    app = opened(open_app(hostile), view)
    for one in (*app.markdown, *app.caption):
        plain = re.sub(r"\\.", "", str(one.value))
        for part in ("<script", ":red[shout", "](http", "](javascript", "$x", ":material/delete"):
            assert part not in plain, one.value


def test_without_people_the_page_is_absent(open_app: Open, tmp_path: Path) -> None:
    rows = [
        {**row, "annotator": "", "annotation_id": n} for n, row in enumerate(single_labels(3, 20))
    ]
    app = go(open_app(load_csv(tmp_path, rows, "Nameless")), "data")
    assert "People: the source names who answered" in words(app).replace("**", "")
    with pytest.raises(ValueError, match="people"):
        app.switch_page("views/people.py")


def test_accounts_of_one_address_are_counted_on_data_without_a_name(
    tmp_path: Path, open_app: Open
) -> None:
    def votes(who: str) -> list[dict[str, object]]:
        return [{"item": f"i{n}", "annotator": who, "label": "x"} for n in range(3)]

    load_csv(tmp_path, votes("ana@example.org"), "One")
    config = load_csv(tmp_path, votes("Ana@Example.org"), "Two")
    said = words(go(open_app(config), "data"))
    assert "2 accounts of one e-mail address: labelpulse doctor proposes" in said
    assert "example" not in said.lower()
    accounts = '["import:One/ana@example.org", "import:Two/Ana@Example.org"]'
    config.write_text(f'{config.read_text()}\n[[people]]\nname = "Ana"\naccounts = {accounts}\n')
    load_csv(tmp_path, votes("ana@example.org"), "One")
    context._alike.clear()
    assert "e-mail address" not in words(go(open_app(config), "data"))
