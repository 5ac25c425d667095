"""Labels and model: the mix, and what people do with predictions."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.conftest import Open, load_csv, single_labels
from tests.dashboard.test_files import boxes
from tests.dashboard.test_pages import go, tile, words
from tests.dashboard.test_people import frame


def opened(app: AppTest) -> AppTest:
    """The page."""
    return go(app, "labels_and_model")


def test_the_label_that_is_accepted_too_readily_is_named(demo: Path, open_app: Open) -> None:
    app = opened(open_app(demo))
    text = words(app)
    assert re.search(
        r"v2 is accepted too readily on Account: \d+\s% stand, \d+\s% agree unseen", text
    )
    assert re.search(r"People change \d+\s% \(\d+–\d+\s%\) of what they would say otherwise", text)
    assert text.count("accepted too readily on") == 1
    assert all(one.value != "–" for one in app.metric)
    assert len(app.get("vega_lite_chart")) == 5


def test_versions_are_held_against_people(demo: Path, open_app: Open) -> None:
    app = opened(open_app(demo))
    versions = frame(app, "Accepted").set_index("Version")
    assert list(versions.index) == ["v1", "v2"]
    assert versions.loc["v2", "Accepted"] > versions.loc["v1", "Accepted"]
    assert versions["Saved"].gt(0).all()
    assert "Edited" not in versions.columns, "of labels it is what acceptance leaves"
    assert versions["Since"].ne("").all()
    held = frame(app, "People").set_index("Version")
    assert [one.strip() for one in held.columns[-5:]] == [
        "People", "95 % interval", "n", "Model : people", "95 % interval",
    ]  # fmt: skip
    title = r"v2 agrees with people .*\d+\s%.* each other .*\d+\s%.* \(?\d+ pairs\)"
    assert re.search(title, words(app))


def test_each_label_has_its_count_agreement_and_recall(demo: Path, open_app: Open) -> None:
    labels = frame(opened(open_app(demo)), "Given")
    assert set(labels["Label"]) >= {"Billing", "Refund", "Account"}
    assert labels["Given"].is_monotonic_increasing
    assert labels["Agree on it"].between(1, 100).all()
    assert labels["Found on gold"].between(1, 100).all()


def test_the_first_design_case_has_labels_only(single: Path, open_app: Open) -> None:
    app = opened(open_app(single))
    text = words(app)
    assert "good comes" in text
    assert "No model yet" in text
    assert [one.label for one in app.metric] == ["Labels given", "Imbalance"]
    labels = frame(app, "Given")
    assert list(labels.columns) == ["Label", "Given"]
    assert len(app.get("vega_lite_chart")) == 3


def test_tiny_data_has_counts_and_no_shares(tiny: Path, open_app: Open) -> None:
    app = opened(open_app(tiny))
    text = words(app)
    assert "12 answers: too early for shares" in text
    assert tile(app, "Imbalance") == "–"
    drawn = "".join(str(one.proto) for one in app.get("vega_lite_chart"))
    assert "\\302\\240% \\302\\267" not in drawn, "no percentage beside a count"


def test_rare_labels_are_named(open_app: Open, tmp_path: Path) -> None:
    rows = single_labels(30, 20)
    rows[0]["label"] = rows[7]["label"] = "odd"
    app = opened(open_app(load_csv(tmp_path, rows, "Reviews")))
    assert "odd is rare: fewer than 20 answers" in words(app)
    assert "Rare: odd" in words(app)


def test_shapes_without_predictions_have_no_such_page(open_app: Open, tmp_path: Path) -> None:
    app = go(open_app(boxes(tmp_path)), "data")
    assert "shapes, spans and texts have no mix of labels yet" in words(app)
    with pytest.raises(ValueError, match="labels_and_model"):
        app.switch_page("views/labels_and_model.py")


def test_versions_of_shapes_have_no_columns_of_labels() -> None:
    """Drawn answers are hardly ever just the same: nothing could stand in those columns."""
    from dashboard.views.labels_and_model import _used

    shapes, labels = (_used("m1", {}, None, one) for one in (False, True))
    assert [one for one in ("Wrong ones accepted", "Edited") if one in shapes] == ["Edited"]
    assert [one for one in ("Wrong ones accepted", "Edited") if one in labels] == [
        "Wrong ones accepted"
    ]


def test_what_people_typed_stays_text(hostile: Path, open_app: Open) -> None:
    app = opened(open_app(hostile))
    for one in (*app.markdown, *app.caption):
        plain = re.sub(r"\\.", "", str(one.value))
        for part in ("<script", ":red[shout", "](http", "](javascript", "$x", ":material/delete"):
            assert part not in plain, one.value
