"""From a number to the items behind it."""

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

_ITEMS = "views/items.py"


def to_items(label: str, **filters: str | None) -> None:
    """Draw a link to Items with filters in its address; nothing where that page is not shown.

    Args:
        filters: project, control, reason, pair (``A|B``), annotator (a pseudonym), batch.
    """
    kept = {name: value for name, value in filters.items() if value}
    try:
        st.page_link(_ITEMS, label=label, icon=":material/list_alt:", query_params=kept)
    except StreamlitPageNotFoundError:  # not in the menu of this project
        return
