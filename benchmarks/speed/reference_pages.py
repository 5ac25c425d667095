"""Plain Streamlit pages that ours are compared with: one number, and as many elements as ours.

The first shows the minimum that Streamlit needs. The second shows what it needs for the same
number of elements without our data: tiles, cards with a title and a menu, bar charts, tables,
lines of text and expanders.
"""

from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from playwright.sync_api import Page

ONE_NUMBER = """\
import streamlit as st
n = st.selectbox("Days", ["7 days", "4 weeks"], key="range")
st.metric("One", len(n))
"""

PARTS = """\
import pandas as pd
import streamlit as st

asked = {name: int(n) for name, n in st.query_params.items() if name != "range"}
with st.container(horizontal=True):
    days = st.selectbox("Days", ["7 days", "4 weeks"], key="range", width=110)
    for at in range(1, asked["choices"]):
        st.selectbox(f"Choice {at}", ["a", "b"], key=f"choice {at}", width=110)
n = {"7 days": 7, "4 weeks": 28}[days]
grid = st.grid(max(asked["tiles"], 4), min_column_width=160, border=True)
for at in range(asked["tiles"]):
    with grid.cell():
        st.metric(f"Number {at}", at * n, help="What it means.")
frame = pd.DataFrame({"day": range(n), "count": [day * 7 % 11 for day in range(n)]})
bars = {"mark": "bar", "encoding": {
    "x": {"field": "day", "type": "ordinal"}, "y": {"field": "count", "type": "quantitative"}}}
for at in range(asked["charts"]):
    with st.container(border=True):
        with st.container(horizontal=True):
            st.markdown(f"**Chart {at} of {days}**", width="stretch")
            if at < asked["menus"]:
                st.popover("", icon=":material/more_horiz:", key=f"menu {at}", on_change="rerun")
        st.vega_lite_chart(frame, {**bars, "height": 220}, key=f"chart {at}")
for at in range(asked["texts"] - asked["charts"]):
    st.caption(f"Line {at} of {days}")
for at in range(asked["tables"]):
    st.dataframe(frame, key=f"table {at}")
for at in range(asked["folds"]):
    st.expander(f"Part {at}", key=f"part {at}", on_change="rerun")
"""

_KINDS = {
    "choices": "stSelectbox",
    "tiles": "stMetric",
    "charts": "stVegaLiteChart",
    "menus": "stPopover",
    "texts": "stMarkdown",
    "tables": "stDataFrame",
    "folds": "stExpander",
}


def parts(page: "Page") -> dict[str, int]:
    """Count the elements of a page by kind."""
    counts = {name: page.locator(f"[data-testid={kind}]").count() for name, kind in _KINDS.items()}
    return counts | {
        "choices": max(counts["choices"], 1),  # the page always has the date range
        "texts": max(counts["texts"], counts["charts"]),  # each chart has a title
        "menus": min(counts["menus"], counts["charts"]),
    }


def address(shown: dict[str, int]) -> str:
    """Return the query string of a page with these elements."""
    return f"?{urlencode(shown)}"
