"""Parts whose numbers are fitted to all answers: at once where these are few, else when opened."""

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard.card_menu import card_head
from dashboard.widgets import later
from labelpulse.findings.selection import Selection
from labelpulse.reader import MetricQuery

FEW = 50_000
"""Answers up to which a fit takes no longer than a page."""


def at_once_or_later(
    selection: Selection,
    title: str,
    key: str,
    draw: Callable[[], None],
    *,
    about: Sequence[MetricQuery] = (),
    carded: bool = False,
) -> None:
    """Draw a part in a card where it is quick, else in one that waits until it is opened.

    Args:
        about: the queries that it draws; the card's menu defines, explains and saves them.
        carded: it draws a card with a title and a menu of its own.
    """
    if selection.holding.answers > FEW:
        later(title, key, draw, about)
    elif carded:
        draw()
    else:
        with st.container(border=True, gap="xsmall", key=key):
            card_head(title, key, about)
            draw()
