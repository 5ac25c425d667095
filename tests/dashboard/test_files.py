"""Pages of imports: a file has no now, no need, and often only shapes."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard.server import launch
from labelpulse.config import load_settings
from labelpulse.reader.overview import overview
from labelpulse.warehouse.engine import connect
from tests.dashboard.conftest import CONFIG, Open, load_csv, load_file, single_labels
from tests.dashboard.test_pages import go, tile, words

BACK = 40
"""Days since the last answer of the file."""


def box(n: int, who: int, *, gold: bool = False, skipped: bool = False) -> dict[str, Any]:
    """One annotation with a rectangle, as Label Studio exports it."""
    at = f"2026-10-{1 + n % 20:02d}T10:00:00.000000Z"
    region = {
        "id": f"r{n}{who}",
        "from_name": "box",
        "to_name": "image",
        "type": "rectanglelabels",
        "original_width": 100,
        "original_height": 100,
        "value": {"x": 1, "y": 1, "width": 9, "height": 9, "rectanglelabels": ["car"]},
    }
    return {
        "id": 2 * n + who,
        "completed_by": who + 1,
        "ground_truth": gold,
        "was_cancelled": skipped,
        "created_at": at,
        "updated_at": at,
        "result": [region],
    }


def boxes(folder: Path, *, gold: bool = False, nameless: int = 0, labeled: bool = False) -> Path:
    """Forty images with a box each; on thirty a second person drew another, on two a skip.

    Args:
        labeled: each annotation also tells the weather.
    """
    tasks: list[dict[str, Any]] = [
        {
            "id": n,
            "data": {"image": f"{n}.jpg"},
            "annotations": [
                box(n, who, gold=gold and who == 0, skipped=who == 1 and n >= 38)
                for who in range(1 + (n < 30 or n >= 38))
            ],
        }
        for n in range(40)
    ]
    weather = {"from_name": "weather", "to_name": "image", "type": "choices"}
    for one in (one for task in tasks for one in task["annotations"] if labeled):
        one["result"].append({**weather, "id": "w", "value": {"choices": ["dry"]}})
    for task in tasks[:nameless]:
        task["annotations"][0]["completed_by"] = None
    file = folder / "boxes.json"
    file.write_text(json.dumps(tasks))
    return load_file(folder, file, "Street", format="label-studio")


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An import whose only control draws rectangles, most of them twice."""
    return boxes(tmp_path_factory.mktemp("shapes"))


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table that ended weeks ago: one label an item, and one of the people stopped before."""
    rows = single_labels(40, 20)
    for n, row in enumerate(rows):
        at = datetime.fromisoformat(str(row["submitted_at"])) - timedelta(days=BACK)
        row["submitted_at"] = at.isoformat()
        if n < 200 and n % 2:
            row["annotator"] = "dora"
    return load_csv(tmp_path_factory.mktemp("ended"), rows, "Old")


def test_second_shapes_are_evidence_of_quality(shapes: Path, open_app: Open) -> None:
    app = go(open_app(shapes), "summary")
    assert tile(app, "Quality: matched F1").endswith("\xa0%")
    text = words(app)
    assert "Matched F1 is" in text
    assert "Quality unknown" not in text
    assert "no second answers" not in text


def test_shapes_are_compared_by_matching(shapes: Path, open_app: Open) -> None:
    app = go(open_app(shapes), "agreement")
    labels = [one.label.replace("\\", "") for one in app.metric]
    assert labels == [*("Matched F1", "Matched IoU", "Double-labeled", "With gold", "Reviewed")]
    assert tile(app, "Matched F1").endswith("\xa0%")
    text = words(app)
    assert "such answers are hardly ever exactly alike" in text
    assert f"Matched F1 is {tile(app, 'Matched F1')}" in text, "the chart says what the tile says"
    assert "Alpha" not in text
    assert len(app.dataframe) == 1, "the ten items, and nothing of labels"
    app.session_state["without"] = True
    app.run()
    assert not app.exception
    assert "Matched F1 of all is" in words(app) or "Fewer than two people" in words(app)


def test_labels_and_shapes_of_a_project_are_chosen_between(tmp_path: Path, open_app: Open) -> None:
    app = go(open_app(boxes(tmp_path, labeled=True)), "agreement")
    assert app.selectbox(key="control").options == ["weather", "box"]
    assert "Alpha" in [one.label for one in app.metric]
    app.selectbox(key="control").set_value("box").run()
    assert not app.exception
    assert "Matched F1" in [one.label for one in app.metric]
    app = go(app, "accuracy")
    kinds = [one.key for one in app.selectbox]
    assert "control" not in kinds, "only labels have an accuracy"
    assert "Accuracy by consensus of all answers" in words(app)


def test_accuracy_of_shapes_waits_for_a_choice_of_gold(tmp_path: Path, open_app: Open) -> None:
    app = go(open_app(boxes(tmp_path, gold=True)), "accuracy")
    assert "Choose what counts as gold" in words(app)
    assert "Accuracy by consensus of all answers" not in words(app)


def test_people_are_held_against_known_shapes(tmp_path: Path, open_app: Open) -> None:
    """On thirty images the second person drew the box that the first one, an expert, knows."""
    chosen = '[[projects]]\nsource = "import:Street"\ntitle = "Street"\ngold = "flag"\n'
    (tmp_path / "labelpulse.toml").write_text(f"{CONFIG}\n{chosen}")
    app = go(open_app(boxes(tmp_path, gold=True, labeled=True)), "accuracy")
    assert "Accuracy on gold" in [one.label for one in app.metric], "of the weather"
    app.selectbox(key="control").set_value("box").run()
    assert not app.exception
    assert tile(app, "Matched F1 on gold").startswith("100")
    assert tile(app, "Overlap with gold").startswith("100")
    assert tile(app, "Met gold").startswith("30")
    assert "Accuracy on gold" not in [one.label for one in app.metric]


def test_answers_of_two_people_are_counted_whatever_they_look_like(shapes: Path) -> None:
    engine = connect(load_settings(shapes).database.get_secret_value(), readonly=True)
    (held,) = overview(engine).projects
    assert (held.controls, held.double) == ((), 30), "a skip is no second answer"
    engine.dispose()


def test_a_file_is_not_finished_by_an_assumption(ended: Path, open_app: Open) -> None:
    need = "how many it needs is not known (1 assumed)"
    app = go(open_app(ended), "summary")
    text = words(app)
    assert f"Every item has a label; {need}." in text
    assert "All required labels are there" not in text
    assert "Finished" not in text
    assert tile(app, "Items with a label") == "100\xa0%"
    app = go(app, "progress")
    text = words(app)
    assert tile(app, "Labels left") == "–"
    assert "complete" not in text
    assert "required label" not in text
    assert f"Every item has a label; {need}" in words(go(app, "flow"))


def test_a_file_has_no_now(ended: Path, open_app: Open) -> None:
    app = go(open_app(ended), "summary")
    text = words(app)
    last = (datetime.now(UTC) - timedelta(days=BACK)).date()
    assert re.search(r"answers to \d+ \w{3} 20\d\d", text)
    assert float(tile(app, "Labels per workday")) > 15, f"as until {last}"
    assert "mean of the file's last 10 working days" in text
    assert "submitted nothing" not in text, "dora stopped, and so did everybody"
    assert "The pale bar" not in text


def test_nobody_known_is_no_person_on_any_page(tmp_path: Path, open_app: Open) -> None:
    text = words(go(open_app(boxes(tmp_path, nameless=5)), "progress"))
    assert "2 people made 65 labels (5 more: nobody knows by whom)" in text


def test_a_file_without_skips_does_not_claim_none(
    ended: Path, shapes: Path, open_app: Open
) -> None:
    app = go(open_app(ended), "progress")
    assert tile(app, "Skipped") == "–"
    assert "the file tells of none" in words(app)


def test_a_tool_without_skips_does_not_claim_none(demo: Path, open_app: Open) -> None:
    app = open_app(demo)
    app.query_params["project"] = "Reviews"
    assert tile(go(app, "progress"), "Skipped") == "–"
    assert "the tool tells of none" in words(app)


def test_a_file_that_tells_of_skips_is_believed(shapes: Path, open_app: Open) -> None:
    app = go(open_app(shapes), "progress")
    assert tile(app, "Skipped") == "3\xa0%"


def test_a_file_without_times_says_so(tmp_path: Path, open_app: Open) -> None:
    rows = [{k: v for k, v in one.items() if k != "submitted_at"} for one in single_labels(20, 10)]
    app = go(open_app(load_csv(tmp_path, rows, "Timeless")), "summary")
    assert tile(app, "Labels per workday") == "–"
    assert "the file tells no times" in words(app)


def test_one_time_for_all_rows_is_no_time(tmp_path: Path, open_app: Open) -> None:
    now = datetime.now(UTC).isoformat()
    rows = [{**one, "submitted_at": now} for one in single_labels(20, 10)]
    config = load_csv(tmp_path, rows, "Stamped")
    for page in ("summary", "progress", "flow", "agreement", "data"):
        app = go(open_app(config), page)
        assert not app.exception, page


def test_only_we_say_where_the_page_is(ended: Path) -> None:
    started = launch(load_settings(ended), environ={})
    assert "--logger.hideWelcomeMessage=true" in started.argv


def test_notes_begin_as_sentences(shapes: Path, open_app: Open) -> None:
    app = go(open_app(shapes), "items")
    assert "info: No consensus tells which answers of this kind are doubtful: drawn" in words(app)
