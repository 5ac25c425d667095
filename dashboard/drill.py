"""From a number to its items: links into the page of items, where it is in the menu."""

from pathlib import Path

import streamlit as st

_ITEMS = "views/items.py"


def to_items(label: str, **filters: str | None) -> None:
    """Draw a link to the items behind a number; nothing where there is no such page."""
    if not (Path(__file__).parent / _ITEMS).exists():
        return
    asked = {name: value for name, value in filters.items() if value}
    try:
        st.page_link(_ITEMS, label=label, icon=":material/list:", query_params=asked)
    except (st.errors.StreamlitAPIException, KeyError):  # not in the menu of this project
        return
