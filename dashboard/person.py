"""The choice of a person: shown by name, while the address holds the pseudonym, never a name."""

from collections.abc import Mapping

import streamlit as st

from dashboard.choice import tell_dropped

ANYBODY = ""
_PERSON = "person"
_LABEL = "Person"


def pick(known: Mapping[str, str], width: int, *, label: str = _LABEL, key: str = _PERSON) -> str:
    """Draw the choice of a person, or of anything that addresses and pages call by other words.

    Args:
        known: pseudonym -> how they are shown; the first is chosen where the address names nobody.
        key: under which the pseudonym stands in the address.

    Returns:
        The pseudonym.
    """
    asked, picked = st.query_params.get(key, ""), f"{key}_picked"
    st.session_state[picked] = one = asked if asked in known else next(iter(known))
    tell_dropped(label, key, asked, known, known[one])
    return st.selectbox(
        label,
        list(known),
        format_func=lambda one: known[one],
        key=picked,
        on_change=lambda: choose(st.session_state[picked], key),
        label_visibility="collapsed",
        width=width,
    )


def choose(one: str, key: str = _PERSON) -> None:
    """Put somebody into the address, by pseudonym; ANYBODY takes them out."""
    if one == ANYBODY:
        st.query_params.pop(key, None)
        return
    st.query_params[key] = one
