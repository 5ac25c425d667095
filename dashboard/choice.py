"""A choice that lives in the address."""

from collections.abc import Container, Sequence
from datetime import date

import streamlit as st

from labelpulse.core.catalogue import say


def choice(
    label: str, options: Sequence[str], key: str, *, ours: Container[str], width: int = 150
) -> str | None:
    """Draw a choice and return its option; one from a page that offered others is dropped.

    Args:
        ours: options that are words of ours, looked up where they are shown; others the data names.
    """
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)
    return st.selectbox(
        label,
        options,
        format_func=lambda one: say(one) if one in ours else one,
        key=key,
        bind="query-params",
        label_visibility="collapsed",
        width=width,
    )


def as_day(text: str | None) -> date | None:
    """Return the day that an address names as ISO date; None where it names none."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
