"""Markers: what happened on a day, what changed with it, and a form to note more."""

from datetime import date
from typing import get_args

import streamlit as st

from dashboard import context
from dashboard.escape import esc
from dashboard.widgets import note, table
from labelpulse.charts import formats
from labelpulse.config.models import MarkerKind
from labelpulse.judgement import tiles
from labelpulse.judgement.desk import Desk
from labelpulse.metrics.glossary import glossary
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import Row
from labelpulse.reader.markers import COMPARED, WINDOW

_ALL = "All projects"
LONGEST = 200
"""Letters that a marker may have."""


def card(desk: Desk) -> None:
    """Draw what changed with each marker, and the form where names may be shown."""
    noted = desk.ask.noted(desk.holding.info.id)
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("**Before and after what was noted**", width="stretch")
            if context.may_name():
                _form(desk)
        if not noted:
            st.caption(
                "Nothing is noted yet. Note the day of a new guideline, a training or a release: "
                "it stands on the time charts, and here is told what changed with it."
            )
            return
        st.caption(
            f"The {WINDOW} days before against the {WINDOW} days from the day on. "
            "An interval that holds 0 may be chance; other things happen, too."
        )
        rows = [row for metric in _compared(desk) for row in _moves(desk, metric)]
        rows.sort(key=lambda row: str(row["Day"]), reverse=True)
        if rows:
            table(rows, key="moves")
        else:
            note("Neither side of any of them has enough to compare yet.")


def _compared(desk: Desk) -> list[str]:
    """Return the numbers that are compared here."""
    asked = [one for one in COMPARED if desk.control or not METRICS[one].on_control]
    return [one for one in asked if one != "gold_accuracy" or desk.holding.gold != "none"]


def _moves(desk: Desk, metric: str) -> list[dict[str, object]]:
    query = desk.query(metric, days=(None, None))
    found = desk.ask.detail("moves", query, desk.version)
    return [_told(row, metric) for row in found if row["value"] is not None]


def _told(row: Row, metric: str) -> dict[str, object]:
    unit = METRICS[metric].unit
    return {
        "Day": row["day"],
        "What happened": row["text"],
        "Number": glossary()[metric].title,
        "Before": formats.value(row["before"], unit),
        "After": formats.value(row["after"], unit),
        "Change": formats.change(row["before"], row["after"], unit),
        "95 % interval": tiles.between(row["low"], row["high"], unit),
        "n before": row["n_before"],
        "n after": row["n_after"],
    }


def _form(desk: Desk) -> None:
    """Draw the form behind a button; what it keeps is on the charts at once."""
    with st.popover("Add a marker", icon=":material/add_location:", type="tertiary"):
        with st.form("marker", clear_on_submit=True, border=False):
            text = st.text_input("What happened", max_chars=LONGEST, key="marker_text")
            day = st.date_input("Day", value=desk.now_day, format="YYYY-MM-DD", key="marker_day")
            kind = st.selectbox("Kind", get_args(MarkerKind), key="marker_kind")
            own = desk.holding.info.label
            about = st.selectbox("About", [own, _ALL], key="marker_project")
            done = st.form_submit_button("Add", type="primary")
        if done:
            _keep(desk, text.strip(), day, kind, everywhere=about == _ALL)


def _keep(desk: Desk, text: str, day: date, kind: str, *, everywhere: bool) -> None:
    if not text:
        st.warning("Say what happened, as charts shall say it.")
        return
    project = None if everywhere else desk.holding.info.id
    context.mark(project, day.toordinal(), kind, text)
    st.toast(f"Noted for {formats.day(day)}: {esc(text)}")
    st.rerun()
