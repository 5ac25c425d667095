"""Every chart over days, on every page: it marks what happened, and what is not over."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.conftest import Open
from tests.dashboard.test_pages import changed, go

NOTED = "Guideline v2"
LEAST = {
    "summary": 2,
    "progress": 6,
    "flow": 2,
    "agreement": 3,
    "drift": 1,
    "accuracy": 1,
    "labels_and_model": 1,
    "people Profile": 2,
    "people Teams": 3,
}
"""The pages that have charts over days, and how many at least."""


@pytest.fixture(scope="module")
def noted(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, with something noted for a day that all its charts show."""
    day = datetime.now(UTC).date() - timedelta(days=9)
    sql = f"INSERT INTO marker (day, kind, text) VALUES ({day.toordinal()}, 'guideline', '{NOTED}')"
    return changed(demo, tmp_path_factory.mktemp("noted"), sql)


def over_time(app: AppTest) -> list[Any]:
    """The charts of a page that have an axis of days, as they go to the browser."""
    found = [one.proto for one in app.get("vega_lite_chart")]
    return [one for one in found if any(map(_by_day, json.loads(one.spec)["layer"]))]


def _by_day(layer: dict[str, Any]) -> bool:
    return bool(layer.get("encoding", {}).get("x", {}).get("type") == "temporal")


def rows(chart: Any) -> list[dict[str, Any]]:
    """All rows of a chart."""
    tables = (pa.ipc.open_stream(one.data.data).read_all() for one in chart.datasets)
    return [row for table in tables for row in table.to_pylist()]


def is_over(row: dict[str, Any], key: str) -> bool:
    """Whether the day or week that a row stands for is over."""
    start: date = row["day"].date()
    if key == "week":
        start -= timedelta(days=start.weekday())
    return start + timedelta(days=7 if key == "week" else 1) <= datetime.now(UTC).date()


@pytest.mark.parametrize("page", LEAST)
def test_all_charts_over_days_are_marked_alike(page: str, noted: Path, open_app: Open) -> None:
    view, _, part = page.partition(" ")
    app = open_app(noted)
    if part:
        app.query_params["view"] = part
    app = go(app, view)
    if part == "Profile":  # of somebody with enough known answers, on any day
        box = app.selectbox(key="person_picked")
        app = box.set_value(next(one for one in box.options if "Otieno" in one)).run()
    charts = over_time(app)
    assert len(charts) >= LEAST[page]
    for chart in charts:
        there = rows(chart)
        assert NOTED in {row.get("what") for row in there}, chart.alt
        by = re.search(r"by (day|week)\b", chart.alt)
        if by is not None:  # the others pile up: their last point says in words that it is today's
            points = [row for row in there if "when" in row]
            assert points, chart.alt
            unmarked = [row for row in points if row.get("open", False) is is_over(row, by[1])]
            assert not unmarked, chart.alt
