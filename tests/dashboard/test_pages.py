"""What single pages say: of the demo, of the first design case, of hostile and tiny data."""

import re
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block
from streamlit.util import calc_hash

from dashboard import context, heavy, kept, queue
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery, Result, Scope, read
from tests.dashboard.conftest import (
    CONFIG,
    HOSTILE,
    Open,
    finding_nothing,
    load_csv,
    load_file,
    new_warehouse,
    single_labels,
)

HOUR = 3_600_000_000


def go(app: AppTest, view: str) -> AppTest:
    """Open a page by its address, in the menu or not; an exception fails the test."""
    if view != "summary":
        app._page_hash = calc_hash(view.replace("_", "-"))
    app.run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    """Everything a reader reads, without the marks that keep data from being markup."""
    parts = [one.value for kind in (app.markdown, app.caption, app.code) for one in kind]
    parts += [f"{one.label} {one.value}" for one in app.metric]
    parts += [one.value for one in (*app.warning, *app.title)]
    text = re.sub(r"\\(.)", r"\1", "\n".join(str(part) for part in parts))
    return text.replace("\N{WORD JOINER}", "")


def tile(app: AppTest, label: str) -> str:
    """Value of the tile of that name."""
    return next(str(one.value) for one in app.metric if re.sub(r"\\", "", one.label) == label)


def badges(app: AppTest) -> list[str]:
    """Badges, as the Markdown that draws them."""
    return [one.value for one in app.markdown if "-badge[" in str(one.value)]


def assert_stale(app: AppTest) -> None:
    """The page says that its source stands still, by a banner and a badge."""
    assert "These numbers stand still." in words(app)
    assert any("Stale" in one for one in badges(app))


MENUS = {
    "summary": "tiles progress; portfolio",
    "progress": "tiles progress; tiles labels_remaining; what_if; reached; batches",
    "flow": "tiles stage_items; stages_table",
    "agreement": "tiles agreement_alpha; tiles agreement_percent; peers; without; by_batch",
    "drift": "tiles agreement_drift; rests_dots; changes; markers",
    "accuracy": "tiles gold_accuracy; shrunk; gold_labels; health; signed; plan",
}


@pytest.mark.parametrize("view", MENUS)
def test_every_card_and_row_of_tiles_defends_its_numbers(
    view: str, demo: Path, open_app: Open
) -> None:
    app = open_app(demo)
    app.query_params["people"] = "1"  # the what-if is open where something is supposed
    found = {key.removesuffix(" table") for key in menus(go(app, view).main)}
    wanted = MENUS[view].split("; ")
    assert [one for one in wanted if not any(key.startswith(one) for key in found)] == []


def menus(block: Block) -> list[str]:
    """Keys of the menus of cards in a block."""
    found = []
    for one in block.children.values():
        if isinstance(one, Block):
            own = str(getattr(one.proto, "id", ""))
            found += [own.rpartition("-menu ")[2]] if "-menu " in own else []
            found += menus(one)
    return found


def test_summary_says_late_and_why(demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "summary")
    text = words(app)
    assert re.search(r"\d\d\xa0% done and late for \d+ \w{3} 20\d\d: it needs \d+", text)
    assert "Agreement on intent has fallen" in text
    assert "Mutua Nzioka and Tymon Kalina have submitted nothing" in text
    assert tile(app, "Done").endswith("\xa0%")


def test_names_go_with_one_click(demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "summary")
    app.toggle(key="names").set_value(False).run()
    text = words(app)
    assert "Mutua" not in text
    assert re.search(r"[A-Z][a-z]+ \d+ and [A-Z][a-z]+ \d+ have submitted nothing", text)


def test_names_are_never_shown_to_other_machines(
    demo: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "_LOOPBACK", ())
    app = go(open_app(demo), "summary")
    assert "Mutua" not in words(app)
    assert "names" not in [one.key for one in app.toggle]


def timed(app: AppTest) -> int:
    """How many known answers the quality on Summary rests on."""
    found = re.search(r"% · n ([\d,]+)", words(app))
    assert found is not None
    return int(found[1].replace(",", ""))


def test_the_range_comes_from_the_address(demo: Path, open_app: Open) -> None:
    app = open_app(demo)
    app.query_params["range"] = "4 weeks"
    short = timed(go(app, "summary"))
    assert 0 < short < timed(go(open_app(demo), "summary"))


def test_the_headline_of_agreement_says_why(demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "agreement")
    first = [re.sub(r"\\", "", one.label) for one in app.metric][:5]
    assert first == ["Alpha", "Drift", "Double-labeled", "With gold", "Reviewed"]
    assert "Alpha leads because it takes off what chance would agree on." in words(app)


def test_a_fall_is_seen_on_agreement_and_summary(demo: Path, open_app: Open) -> None:
    text = words(go(open_app(demo), "agreement"))
    since = re.search(r"Agreement −\d+\xa0points since (\w+ \d+ \w+): quality", text)
    assert since is not None
    assert f"since {since[1]} · team Manila · 95 % interval" in words(go(open_app(demo), "summary"))


def test_pairs_are_shown_beyond_chance_too(demo: Path, open_app: Open) -> None:
    app = open_app(demo)
    app.query_params["pairs_by"] = "Kappa"
    assert "less alike beyond what chance would give" in words(go(app, "agreement"))
    assert "less alike beyond" not in words(go(open_app(demo), "agreement"))


def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the metrics that pages read from now on."""
    asked: list[str] = []

    def counted(engine: Engine, query: MetricQuery, scope: Scope) -> Result:
        asked.append(query.metric)
        return read(engine, query, scope)

    monkeypatch.setattr(context, "read", counted)
    return asked


@pytest.mark.parametrize(
    ("view", "part", "metric"),
    [
        ("agreement", "without", "agreement_without"),
        ("drift", "rests", "agreement_without"),
        ("accuracy", "by_consensus", "consensus_accuracy"),
        ("accuracy", "health", "gold_item_health"),
        ("accuracy", "signed", "batch_sign_off"),
        ("accuracy", "plan", "review_gain"),
    ],
)
def test_what_is_fitted_waits_until_it_is_opened(
    view: str,
    part: str,
    metric: str,
    demo: Path,
    open_app: Open,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(heavy, "FEW", 0)
    app = open_app(demo).run()
    forget_everything()
    asked = asked_for(monkeypatch)
    go(app, view)
    assert METRICS[metric].kind == "fit"
    assert metric not in asked
    app.session_state[part] = True
    app.run()
    assert not app.exception
    assert metric in asked


def test_the_first_items_wait_too(
    demo: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(heavy, "FEW", 0)
    monkeypatch.setattr(queue, "suggestions", finding_nothing(asked))
    queue._suggested.clear()
    app = go(open_app(demo), "agreement")
    assert not asked
    app.session_state["queue"] = True
    assert "Nothing stands out" in words(app.run())
    assert len(asked) == 1
    queue._suggested.clear()


def test_the_headline_without_each_person_is_that_of_the_question(
    demo: Path, open_app: Open
) -> None:
    app = go(open_app(demo), "agreement")
    assert f"Krippendorff's alpha of all is {tile(app, 'Alpha')}; without" in words(app)
    (frame,) = [one.value for one in app.dataframe if "Coefficient" in one.value]
    assert list(frame) == ["Person", "Coefficient", "95 % interval", "Items", "Difference"]
    assert frame["Coefficient"].between(-1, 1).all()
    assert list(frame["Difference"].abs()) == sorted(frame["Difference"].abs(), reverse=True)


def test_each_label_has_its_accuracy(demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "accuracy")
    labels = next(one.value for one in app.dataframe if "Precision" in one.value.columns)
    assert {"Billing", "Refund"} <= set(labels["Label"])
    assert labels["F1"].between(1, 100).all()
    assert labels["F1"].is_monotonic_increasing


def test_what_was_noted_for_a_day_is_drawn(demo: Path, open_app: Open, tmp_path: Path) -> None:
    day = datetime.now(UTC).date() - timedelta(days=3)
    noted = (
        "INSERT INTO marker (day, kind, text) "
        f"VALUES ({day.toordinal()}, 'guideline', 'Guideline v2')"
    )
    app = go(open_app(changed(demo, tmp_path, noted)), "agreement")
    drawn = [str(one.proto) for one in app.get("vega_lite_chart")]
    assert any("Guideline v2" in one for one in drawn)


def test_second_answers_alone_give_accuracy_by_consensus(hostile: Path, open_app: Open) -> None:
    app = go(open_app(hostile), "accuracy")
    assert "Accuracy by consensus of all answers" in words(app)
    assert "Choose what counts as gold" not in words(app)
    assert not app.metric


def test_unknown_quality_is_called_so(single: Path, open_app: Open) -> None:
    app = go(open_app(single), "summary")
    text = words(app)
    assert tile(app, "Quality unknown") == "–"
    assert "Quality unknown: no known answers, no second answers, no reviews." in text
    assert "100 items" in text
    assert not any("green" in one for one in badges(app))


def test_without_second_answers_there_is_a_plan(single: Path, open_app: Open) -> None:
    app = go(open_app(single), "agreement")
    text = words(app)
    assert "0 with two answers: agreement cannot be measured" in text
    assert "100 double-labeled items give ±8 points at 80 %, 400 give ±4." in text
    mix = app.dataframe[0].value
    assert set(mix["Label"]) == {"good", "bad", "so-so"}
    assert "Mix of labels is as usual" in text
    assert len(app.get("vega_lite_chart")) == 1, "no empty chart of agreement"


def test_a_page_that_cannot_be_filled_is_absent(single: Path, open_app: Open) -> None:
    app = go(open_app(single), "data")
    assert "Accuracy: there are known answers" in words(app).replace("**", "")
    with pytest.raises(ValueError, match="accuracy"):
        app.switch_page("views/accuracy.py")


def test_tiny_data_is_too_early(tiny: Path, open_app: Open) -> None:
    app = go(open_app(tiny), "summary")
    assert "Too early: 12 answers, 1 day." in words(app)


def test_gold_is_chosen_and_never_assumed(flagged: Path, open_app: Open) -> None:
    app = go(open_app(flagged), "accuracy")
    text = words(app)
    assert "Choose what counts as gold" in text
    assert "40 annotations that the tool marks as ground truth" in text
    assert 'gold = "flag"' in text
    assert not app.metric


def test_gold_once_chosen_is_counted(flagged: Path, open_app: Open, tmp_path: Path) -> None:
    export = next(flagged.parent.glob("*.json"))
    (tmp_path / "labelpulse.toml").write_text(
        '[warehouse]\nurl = "sqlite:///labelpulse.db"\n'
        '[[projects]]\nsource = "import:Tickets"\ntitle = "Tickets"\ngold = "flag"\n'
    )
    config = load_file(tmp_path, export, "Tickets", format="label-studio")
    app = go(open_app(config), "accuracy")
    assert tile(app, "Accuracy on gold") == "100\xa0%"


@pytest.mark.parametrize("where", ["nothing", "missing_warehouse"])
def test_nothing_yet_says_what_to_do(
    where: str, open_app: Open, request: pytest.FixtureRequest
) -> None:
    app = open_app(request.getfixturevalue(where)).run()
    assert not app.exception
    text = words(app)
    assert "Nothing is loaded yet" in text
    for command in ("labelpulse demo", "labelpulse init", "labelpulse import"):
        assert command in text


def test_the_first_project_opens_summary(open_app: Open, tmp_path: Path) -> None:
    config = tmp_path / "labelpulse.toml"
    config.write_text(CONFIG)
    app = open_app(config).run()
    assert [one.value for one in app.title] == ["Start"]
    load_csv(tmp_path, single_labels(10, 5), "Reviews")
    forget()
    app.run()
    assert not app.exception
    assert [one.value for one in app.title] == ["Summary"]


def test_a_source_without_a_project_is_waited_for(open_app: Open, tmp_path: Path) -> None:
    warehouse = new_warehouse(tmp_path)
    warehouse.source("studio", "label-studio-db")
    warehouse.engine.dispose()
    app = open_app(tmp_path / "labelpulse.toml").run()
    assert not app.exception
    assert "Start labelpulse collect." in words(app)
    app.switch_page("views/data.py").run()
    assert not app.exception
    assert app.dataframe[0].value["Source"].tolist() == ["studio"]


def changed(demo: Path, folder: Path, statement: str) -> Path:
    """A copy of the demo's warehouse with one thing changed."""
    for file in demo.parent.glob("labelpulse.*"):
        shutil.copy(file, folder)
    with sqlite3.connect(folder / "labelpulse.db") as db:
        db.execute(statement)
    return folder / demo.name


def test_numbers_of_a_first_load_are_not_judged(demo: Path, open_app: Open, tmp_path: Path) -> None:
    config = changed(
        demo, tmp_path, "UPDATE source SET loading = 1, complete_from = 1790000000000000"
    )
    app = go(open_app(config), "summary")
    text = words(app)
    assert "The history is still loading: numbers are not final." in text
    assert "is loading its history, complete from 21 Sep 2026" in text
    assert "have submitted nothing" not in text


def test_a_broken_source_says_why_and_what_to_do(
    demo: Path, open_app: Open, tmp_path: Path
) -> None:
    broken = "UPDATE source SET state = 'broken', state_reason = 'column task.overlap is missing'"
    app = go(open_app(changed(demo, tmp_path, broken)), "summary")
    text = words(app)
    assert "column task.overlap is missing" in text
    assert "labelpulse sources test" in text
    assert any("red" in one and "Broken" in one for one in badges(app))


def test_what_was_set_aside_is_listed_with_its_place(open_app: Open, tmp_path: Path) -> None:
    rows = single_labels(20, 10)
    rows[3]["submitted_at"] = "yesterday"
    app = go(open_app(load_csv(tmp_path, rows, "Reviews")), "data")
    listed = next(one.value for one in app.dataframe if "What is wrong" in one.value.columns)
    assert len(listed) == 1
    assert "line" in str(listed.iloc[0]["Record"])


@pytest.mark.parametrize(
    ("version", "remedy"),
    [("0000", "load the sources and files again"), ("9999", "upgrade labelpulse")],
)
def test_a_warehouse_of_another_version_is_called_so(
    version: str, remedy: str, open_app: Open, tmp_path: Path
) -> None:
    config = load_csv(tmp_path, single_labels(5, 3), "Old")
    with sqlite3.connect(tmp_path / "labelpulse.db") as db:
        db.execute("UPDATE alembic_version SET version_num = ?", (version,))
    app = open_app(config).run()
    assert not app.exception
    assert "The warehouse cannot be read" in words(app)
    assert remedy in words(app)


def test_a_broken_configuration_is_a_sentence(open_app: Open, tmp_path: Path) -> None:
    config = tmp_path / "labelpulse.toml"
    config.write_text('[warehouse]\nurll = "sqlite:///x.db"\n')
    app = open_app(config).run()
    assert not app.exception
    assert "urll" in words(app)


def test_a_file_is_never_stale(
    single: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = context.now()
    monkeypatch.setattr(context, "now", lambda: now + 48 * HOUR)
    app = go(open_app(single), "progress")
    assert not app.warning


def forget() -> None:
    """Let the seconds pass for which answers about the present are kept."""
    for known in (context._versions, context._overview, context._states):
        known.clear()


def forget_everything() -> None:
    """Let no answer be kept any longer."""
    context._answer.cache_clear()
    kept.forget()


def test_new_work_shows_without_a_new_page(open_app: Open, tmp_path: Path) -> None:
    rows = single_labels(20, 10)
    config = load_csv(tmp_path, rows, "Reviews")
    app = go(open_app(config), "progress")
    before = int(tile(app, "Labels submitted").replace(",", ""))
    more = [{**row, "item": f"new-{row['item']}"} for row in rows[-7:]]
    load_csv(tmp_path, more, "Reviews")
    forget()
    app.run()
    assert not app.exception
    assert int(tile(app, "Labels submitted").replace(",", "")) == before + 7


def test_unchanged_data_is_not_read_again(
    demo: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = go(open_app(demo), "agreement")
    asked = asked_for(monkeypatch)
    app.run()
    assert [one for one in asked if not METRICS[one].state] == []
    forget_everything()
    app.run()
    assert "agreement_percent" in asked, "the counter counts"


@pytest.mark.parametrize("view", ["summary", "progress", "agreement", "data"])
def test_what_people_typed_stays_text(view: str, hostile: Path, open_app: Open) -> None:
    app = go(open_app(hostile), view)
    for one in (*app.markdown, *app.caption):
        plain = re.sub(r"\\.", "", str(one.value))
        for part in ("<script", ":red[shout", "](http", "](javascript", "$x", ":material/delete"):
            assert part not in plain, one.value


def test_no_cell_is_a_formula(hostile: Path, open_app: Open) -> None:
    app = go(open_app(hostile), "agreement")
    next(one for one in app.button if one.label == "Guideline card").click().run()
    assert not app.exception
    cells = [
        cell
        for table in app.dataframe
        for column in table.value.columns
        for cell in (column, *table.value[column])
        if isinstance(cell, str)
    ]
    assert any("HYPERLINK" in cell for cell in cells), HOSTILE[0]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


@pytest.mark.parametrize("metric", ["agreement_alpha", "progress", "gold_accuracy"])
def test_a_number_is_explained(metric: str, demo: Path, open_app: Open) -> None:
    app = open_app(demo)
    app.query_params["metric"] = metric
    app.query_params["explain"] = "true"
    app = go(app, "data")
    text = words(app)
    assert "SELECT" in text
    assert f"labelpulse explain {metric} --project Tickets" in text
    assert ("--since" in text) == (not METRICS[metric].state), "the command asks for the same days"
    assert ("--control intent" in text) == METRICS[metric].on_control
    assert "Formula" in text


def test_every_metric_has_its_card(demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "data")
    names = app.selectbox(key="metric").options
    assert len(names) == len(METRICS)
    for name in METRICS:
        app.selectbox(key="metric").set_value(name).run()
        assert not app.exception, (name, app.exception)
