"""Parts whose numbers are fitted to all answers: at once where these are few, else when opened."""

from collections.abc import Callable

import streamlit as st

from dashboard.escape import esc
from dashboard.widgets import later
from labelpulse.judgement.desk import Desk

FEW = 50_000
"""Answers up to which a fit takes no longer than a page."""


def at_once_or_later(
    desk: Desk, title: str, key: str, draw: Callable[[], None], *, carded: bool = False
) -> None:
    """Draw a part in a card where it is quick, else in one that waits until it is opened.

    Args:
        carded: it draws a card with a title of its own.
    """
    if desk.holding.answers > FEW:
        later(title, key, draw)
        return
    if carded:
        draw()
        return
    with st.container(border=True, gap="xsmall", key=key):
        st.markdown(f"**{esc(title)}**")
        draw()
