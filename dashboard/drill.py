"""From a number to its items, on the page of items and in the tool they come from."""

from pathlib import Path

import streamlit as st

from dashboard import context
from dashboard.escape import esc
from dashboard.links import lead
from labelpulse.config.links import item_link
from labelpulse.core import formats
from labelpulse.findings.attention import Items
from labelpulse.findings.pages import ITEMS, of_items
from labelpulse.findings.selection import Selection

_ITEMS = "views/items.py"
TOOL = {"Tool": st.column_config.LinkColumn(display_text="Open", width=48)}
"""The column of `in_tool`."""


def address(selection: Selection, item: str) -> str | None:
    """Return where an item stands in its tool; None where the source has no template."""
    info = selection.holding.info
    return item_link(context.settings().links, info.source.name, info.native_id, item)


def in_tool(selection: Selection, item: str) -> dict[str, object]:
    """Return a cell that opens an item in its tool; none where the source has no template."""
    found = address(selection, item)
    return {"Tool": found} if found else {}


def to_items(label: str, **filters: str | None) -> None:
    """Draw a link to the items behind a number; nothing where there is no such page."""
    if not (Path(__file__).parent / _ITEMS).exists():
        return
    asked = {name: value for name, value in filters.items() if value}
    try:
        lead(_ITEMS, label, asked, icon=":material/list:")
    except (st.errors.StreamlitAPIException, KeyError):  # not in the menu of this project
        return


def to_those(selection: Selection, items: Items) -> None:
    """Draw a link to the items that a finding is about, on the question that it was found on."""
    asked = of_items(selection.holding.info.label, selection.control, items)
    to_items(_called(items), **{name: str(one) for name, one in asked.items()})


def _called(items: Items) -> str:
    """Return what a link to some items is called."""
    called = ITEMS
    if items.pair is not None:
        called = "Items with both labels"
    elif items.batch is not None:
        called = f"Items of batch {esc(items.batch)}"
    elif items.person is not None:
        called = "Items they answered differently"
    elif items.reason is not None:
        called = "Check these items"
    elif items.stage is not None:
        called = "Items in this stage"
    if items.since is None:
        return called
    return f"{called} since {formats.day(items.since)}"
