"""From a number to its items, on the page of items and in the tool they come from."""

from pathlib import Path

import streamlit as st

from dashboard import context
from labelpulse.config.links import link
from labelpulse.core.catalogue import in_sense, say
from labelpulse.judgement.desk import Desk

_ITEMS = "views/items.py"
TOOL = {say("Tool"): st.column_config.LinkColumn(display_text=in_sense("a link", "Open"), width=55)}
"""The column of `in_tool`."""


def in_tool(desk: Desk, item: str) -> dict[str, object]:
    """Return a cell that opens an item in its tool; none where the source has no template."""
    info = desk.holding.info
    address = link(context.settings().links, info.source.name, info.native_id, item)
    return {say("Tool"): address} if address else {}


def to_items(label: str, **filters: str | None) -> None:
    """Draw a link to the items behind a number; nothing where there is no such page."""
    if not (Path(__file__).parent / _ITEMS).exists():
        return
    asked = {name: value for name, value in filters.items() if value}
    try:
        st.page_link(_ITEMS, label=label, icon=":material/list:", query_params=asked)
    except (st.errors.StreamlitAPIException, KeyError):  # not in the menu of this project
        return
