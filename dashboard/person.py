"""The choice of a person: shown by name, while the address holds the pseudonym, never a name."""

from collections.abc import Mapping

import streamlit as st

ANYBODY = ""
_ADDRESS, _PICKED = "person", "person_picked"


def pick(people: Mapping[str, str], width: int) -> str:
    """Draw the choice of a person, and return the pseudonym.

    Args:
        people: pseudonym -> how they are shown; the first is chosen where the address names nobody.
    """
    asked = st.query_params.get(_ADDRESS, "")
    st.session_state[_PICKED] = asked if asked in people else next(iter(people))
    return st.selectbox(
        "Person",
        list(people),
        format_func=lambda person: people[person],
        key=_PICKED,
        on_change=_remember,
        label_visibility="collapsed",
        width=width,
    )


def choose(person: str) -> None:
    """Put somebody into the address, by pseudonym; ANYBODY takes them out."""
    if person == ANYBODY:
        st.query_params.pop(_ADDRESS, None)
        return
    st.query_params[_ADDRESS] = person


def _remember() -> None:
    choose(st.session_state[_PICKED])
