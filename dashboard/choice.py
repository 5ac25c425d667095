"""A choice that lives in the address, and what is said where it names none that is here."""

from collections.abc import Container, Sequence
from datetime import date

import streamlit as st

from dashboard.escape import esc
from labelpulse.core import formats
from labelpulse.core.periods import Span
from labelpulse.findings.selection import Days

_SPOT, _DROPPED = "spot_of_dropped", "dropped_choices"
"""Where it is said on this page, and what: by key what was asked for and what is shown instead."""


def choice(
    label: str,
    options: Sequence[str],
    key: str,
    *,
    width: int = 150,
    usual: int | None = 0,
) -> str | None:
    """Draw a choice and return its option; one from a page that offered others is dropped.

    Args:
        usual: which option is chosen where nobody chose, and needs no word in the address; None =
            the address always names what is chosen.
    """
    asked = st.query_params.get(key) if key not in st.session_state else None
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)
    found = st.selectbox(
        label,
        options,
        index=usual,
        required=usual is None,
        key=key,
        bind="query-params",
        label_visibility="collapsed",
        width=width,
    )
    tell_dropped(label, key, asked, options, found or options[usual or 0])
    return found


def spot() -> None:
    """Keep the place, below the header, where it is said which choices are dropped."""
    st.session_state[_SPOT] = st.empty()


def tell_dropped(
    label: str, key: str, asked: str | None, options: Container[str], shown: str
) -> None:
    """Say on this page what `drop` notes."""
    drop(label, key, asked, options, shown)
    told = " ".join(told for _, told in st.session_state[_DROPPED].values())
    place = st.session_state[_SPOT]
    if told:
        place.warning(esc(told))
    else:
        place.empty()


def drop(label: str, key: str, asked: str | None, options: Container[str], shown: str) -> None:
    """Note where the address asked for what is not here, until something else is chosen.

    Args:
        asked: what the address names, None = nothing, or what is chosen does not come from there.
    """
    dropped = st.session_state.setdefault(_DROPPED, {})
    if asked and asked not in options:
        dropped[key] = (
            shown,
            f"{label}: there is no {asked} here. Shown: {shown}.",
        )
    elif dropped.get(key, (shown,))[0] != shown:
        del dropped[key]


def forget_dropped() -> None:
    """Say no more what was dropped: another page is open."""
    st.session_state.pop(_DROPPED, None)


def tell_outside(wanted: Days | None, span: Span) -> None:
    """Say which days are shown where none of the wanted ones has any data."""
    first, last = wanted or (None, None)
    after, before = first is not None and first > span.until, last is not None and last < span.since
    days = tuple(formats.day_year(day) for day in (first, last) if day is not None)
    asked = None
    if after or before:
        asked = (
            f"day between {days[0]} and {days[1]}" if len(days) > 1 else f"day from {days[0]} on"
        )
    shown = formats.day_year(span.since)
    if span.until > span.since:
        shown = f"{shown} to {formats.day_year(span.until)}"
    tell_dropped("Days", "days", asked, (), shown)


def as_day(text: str | None) -> date | None:
    """Return the day that an address names as ISO date; None where it names none."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
