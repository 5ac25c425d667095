"""The what-if of a project: three choices in the address, and what they come to."""

from functools import partial

import streamlit as st

from dashboard.broken import alone
from dashboard.card_menu import card_head
from dashboard.escape import esc
from dashboard.widgets import later, table
from labelpulse.findings import supposed
from labelpulse.findings.selection import Selection
from labelpulse.findings.supposed import FEWEST, MOST, OVERLAPS, Supposition

_AS_NOW = "As now"
_CHOICES = frozenset({"people", "overlap", "review"})


def what_if(selection: Selection) -> None:
    """Draw the part: people, overlap and review to suppose, before and after in a table.

    It is open where the address supposes something; else its sliders and its table would keep the
    browser from the numbers above it.
    """
    title = "What if there were other people, overlap or review?"
    supposes = not _CHOICES.isdisjoint(st.query_params)
    later(title, "what_if", partial(_told, selection), opened=supposes)


def _told(selection: Selection) -> None:
    if why := supposed.why_not(selection):
        st.caption(esc(why))
    else:
        _compared(selection)


@st.fragment
@alone("what_if")
def _compared(selection: Selection) -> None:
    """Draw the choices and what they come to; only this part is drawn anew with a choice."""
    chosen = _chosen()
    rows, told = supposed.compared(selection, chosen), "As now, and as supposed"
    card_head(told, "what_if", supposed.queries(selection), rows)
    table(rows, key="what_if_table", alt=told)
    st.caption(esc(supposed.assumptions(selection, chosen)))


def _chosen() -> Supposition:
    first, second, third = st.columns(3)
    with first:
        people = st.slider(
            "People more or fewer", FEWEST, MOST, 0, key="people", bind="query-params"
        )
    with second:
        overlap = st.segmented_control(
            "Labels an item",
            [_AS_NOW, *map(str, OVERLAPS)],
            default=_AS_NOW,
            key="overlap",
            bind="query-params",
        )
    with third:
        review = st.slider(
            "Further share reviewed, %", 0, 100, 0, 5, key="review", bind="query-params"
        )
    several = int(overlap) if overlap and overlap != _AS_NOW else None
    return Supposition(people, several, review / 100)
