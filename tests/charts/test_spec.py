"""The specification that pages send draws the same picture as the chart, each row once."""

import re
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
import streamlit as st
import vl_convert
from streamlit.testing.v1 import AppTest

from labelpulse.charts import ranking, series
from labelpulse.core.periods import Span
from tests.charts.made_up import FIGURES, TODAY, row, vega


def picture(spec: dict[str, Any]) -> str:
    """A specification as SVG, without the names of layers and the numbers of clips."""
    svg = str(vl_convert.vegalite_to_svg({**spec, "width": 600, "config": {}}))
    return re.sub(r' class="[^"]*"|clip\d+', "", svg)


def with_rows(spec: dict[str, Any]) -> dict[str, Any]:
    """A specification with its tables read, as the browser does."""
    tables = {
        name: pa.ipc.open_stream(data).read_all().to_pandas()
        for name, data in spec["datasets"].items()
    }
    texts = {
        name: [
            {key: one.isoformat() if hasattr(one, "isoformat") else one for key, one in row.items()}
            for row in table.astype(object).where(table.notna(), None).to_dict("records")
        ]
        for name, table in tables.items()
    }
    return {**spec, "datasets": texts}


@pytest.mark.parametrize("name", FIGURES)
def test_a_page_shows_the_chart(name: str) -> None:
    figure = FIGURES[name]()
    assert picture(with_rows(figure.spec)) == picture(vega(name))


@pytest.mark.parametrize("name", FIGURES)
def test_a_table_is_sent_once(name: str) -> None:
    figure = FIGURES[name]()
    wanted, sent = vega(name)["datasets"], with_rows(figure.spec)["datasets"]
    assert len(sent) >= len(wanted)
    assert len({str(one) for one in sent.values()}) == len(sent)


def test_a_specification_is_made_once_and_drawing_leaves_it() -> None:
    figure = FIGURES["daily_counts"]()
    before = deepcopy(figure.spec)
    st.vega_lite_chart(dict(figure.spec), key="spec")
    assert figure.spec == before
    assert figure.spec is figure.spec


def test_years_of_days_are_drawn() -> None:
    span = Span(TODAY - timedelta(days=9_000), TODAY, TODAY)
    made = [row(day=(TODAY - timedelta(days=n)).isoformat(), value=5, n=5) for n in range(9_000)]
    assert series.daily_counts(made, span, noun="labels").spec["datasets"]


def page() -> None:
    from dashboard.widgets import drawn
    from tests.charts.test_spec import people

    drawn(people(), "people")


def people() -> Any:
    rows = [row(annotator=name, value=9, n=9) for name in ("view_12", "view_7", "view_ada")]
    return ranking.bars(rows, key="annotator", noun="labels")


def test_a_person_called_like_a_view_keeps_the_name() -> None:
    app = AppTest.from_function(page).run()
    assert not app.exception
    (chart,) = app.get("vega_lite_chart")
    names = {
        name
        for one in chart.proto.datasets
        for name in pa.ipc.open_stream(one.data.data).read_all().to_pydict().get("name", [])
    }
    assert {"view_12", "view_7", "view_ada"} <= names
