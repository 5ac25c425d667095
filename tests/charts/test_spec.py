"""The specification that pages send draws the same picture as the chart, each row once."""

import re
from copy import deepcopy
from typing import Any

import pytest
import vl_convert

from tests.charts.made_up import FIGURES


def picture(spec: dict[str, Any]) -> str:
    """A specification as SVG, without the names of layers and the numbers of clips."""
    drawn = {**spec, "width": 600, "config": {}}
    svg = str(vl_convert.vegalite_to_svg(drawn))
    return re.sub(r' class="[^"]*"|clip\d+', "", svg)


@pytest.mark.parametrize("name", FIGURES)
def test_a_page_shows_the_chart(name: str) -> None:
    figure = FIGURES[name]()
    assert picture(figure.spec) == picture(figure.chart.to_dict())


def data_of(part: dict[str, Any]) -> list[dict[str, Any]]:
    """What a part of a specification and the layers in it hold."""
    own = [part["data"]] if "data" in part else []
    return [*own, *(one for layer in part.get("layer", []) for one in data_of(layer))]


@pytest.mark.parametrize("name", FIGURES)
def test_rows_stand_where_they_are_drawn(name: str) -> None:
    found = FIGURES[name]().spec
    assert "datasets" not in found
    assert {key for one in data_of(found) for key in one} == {"values"}


def test_rows_that_layers_share_are_sent_once() -> None:
    found = FIGURES["pairs"]()
    largest = max(map(len, found.chart.to_dict()["datasets"].values()))
    assert [len(one["values"]) for one in data_of(found.spec)].count(largest) == 1


def test_a_specification_is_made_once_and_drawing_leaves_it() -> None:
    import streamlit as st

    figure = FIGURES["daily_counts"]()
    before = deepcopy(figure.spec)
    st.vega_lite_chart(dict(figure.spec), key="spec")
    assert figure.spec == before
    assert figure.spec is figure.spec
