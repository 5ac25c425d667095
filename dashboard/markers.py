"""Markers: what happened on a day, what changed with it, and a form to note more."""

from datetime import date
from typing import get_args

import streamlit as st

from dashboard import context, judged
from dashboard.card_menu import card_head
from dashboard.escape import esc
from dashboard.widgets import day_of, note, table
from labelpulse.config.models import MarkerKind
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.findings import tiles
from labelpulse.findings.noted import compared
from labelpulse.findings.selection import Selection
from labelpulse.metrics.glossary import glossary
from labelpulse.metrics.registry import METRICS
from labelpulse.reader.markers import WINDOW

_ALL = "All projects"
_KINDS = ("guideline", "training", "release")
LONGEST = 200
"""Letters that a marker may have."""


def card(selection: Selection) -> None:
    """Draw what changed with each marker, and the form where names may be shown."""
    noted = selection.ask.noted(selection.holding.info.id)
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            asked = [selection.query(one) for one in compared(selection)]
            card_head("Before and after what was noted", "markers", asked if noted else ())
            if context.may_name():
                _form(selection)
        if not noted:
            st.caption(
                "Nothing is noted yet. Note the day of a new guideline, a training or a "
                "release: it stands on the time charts, and here is told what changed with it."
            )
            return
        st.caption(
            f"The {WINDOW} days before against the {WINDOW} days from the day on. Beyond "
            "chance: with all these comparisons taken together; “maybe by” names what was "
            "noted in the days after and moved the number the same way. Other things happen, "
            "too."
        )
        if rows := judged.moves(selection):
            shown = [_told(row) for row in rows]
            table(shown, key="moves", alt="Before and after what was noted")
        else:
            note("Neither side of any of them has enough to compare yet.")


_BEYOND = {True: "yes", False: "may be chance", None: "not known"}


def _told(row: Row) -> dict[str, object]:
    unit = METRICS[row["metric"]].unit
    return {
        "Day": day_of(row["day"]),
        "What happened": row["text"],
        "Number": glossary()[row["metric"]].title,
        "Before": formats.value(row["before"], unit),
        "After": formats.value(row["after"], unit),
        "Change": formats.change(row["before"], row["after"], unit),
        "95 % interval": tiles.between(row["low"], row["high"], unit),
        "Beyond chance": _beyond(row),
        "n before": row["n_before"],
        "n after": row["n_after"],
    }


def _beyond(row: Row) -> str:
    if row["others"]:
        return f"yes, maybe by {formats.listed(row['others'])}"
    return _BEYOND[row["beyond"]]


def _form(selection: Selection) -> None:
    """Draw the form behind a button; what it keeps is on the charts at once."""
    with st.popover("Add a marker", icon=":material/add_location:", type="tertiary"):
        with st.form("marker", clear_on_submit=True, border=False):
            text = st.text_input("What happened", max_chars=LONGEST, key="marker_text")
            day = st.date_input(
                "Day", value=selection.now_day, format="YYYY-MM-DD", key="marker_day"
            )
            kind = st.selectbox(
                "Kind",
                get_args(MarkerKind),
                key="marker_kind",
            )
            own = selection.holding.info.label
            about = st.selectbox(
                "About",
                [own, _ALL],
                key="marker_project",
            )
            done = st.form_submit_button("Add", type="primary")
        if done:
            _keep(selection, text.strip(), day, kind, everywhere=about == _ALL)


def _keep(selection: Selection, text: str, day: date, kind: str, *, everywhere: bool) -> None:
    if not text:
        st.warning("Say what happened, as charts shall say it.")
        return
    project = None if everywhere else selection.holding.info.id
    context.mark(project, day.toordinal(), kind, text)
    st.toast(f"Noted for {formats.day(day)}: {esc(text)}")
    st.rerun()
