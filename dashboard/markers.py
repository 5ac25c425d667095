"""Markers: what happened on a day, what changed with it, and a form to note more."""

from datetime import date
from typing import get_args

import streamlit as st

from dashboard import context, judged
from dashboard.card_menu import card_head
from dashboard.escape import esc
from dashboard.widgets import day_of, note, table
from labelpulse.charts import formats
from labelpulse.charts.theme import Row
from labelpulse.config.models import MarkerKind
from labelpulse.core.catalogue import marked, say
from labelpulse.judgement import tiles
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.noted import compared
from labelpulse.metrics.glossary import glossary
from labelpulse.metrics.registry import METRICS
from labelpulse.reader.markers import WINDOW

_ALL = marked("All projects")
_KINDS = {"guideline": say("guideline"), "training": say("training"), "release": say("release")}
LONGEST = 200
"""Letters that a marker may have."""


def card(desk: Desk) -> None:
    """Draw what changed with each marker, and the form where names may be shown."""
    noted = desk.ask.noted(desk.holding.info.id)
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            asked = [desk.query(one) for one in compared(desk)]
            card_head(say("Before and after what was noted"), "markers", asked if noted else ())
            if context.may_name():
                _form(desk)
        if not noted:
            st.caption(
                say(
                    "Nothing is noted yet. Note the day of a new guideline, a training or a "
                    "release: it stands on the time charts, and here is told what changed with it."
                )
            )
            return
        st.caption(
            say(
                "The {n} days before against the {n} days from the day on. Beyond chance: with all "
                "these comparisons taken together; “maybe by” names what was noted in the days "
                "after and moved the number the same way. Other things happen, too.",
                n=WINDOW,
            )
        )
        if rows := judged.moves(desk):
            shown = [_told(row) for row in rows]
            table(shown, key="moves", alt=say("Before and after what was noted"))
        else:
            note(say("Neither side of any of them has enough to compare yet."))


_BEYOND = {True: say("yes"), False: say("may be chance"), None: say("not known")}


def _told(row: Row) -> dict[str, object]:
    unit = METRICS[row["metric"]].unit
    return {
        say("Day"): day_of(row["day"]),
        say("What happened"): row["text"],
        say("Number"): glossary()[row["metric"]].title,
        say("Before"): formats.value(row["before"], unit),
        say("After"): formats.value(row["after"], unit),
        say("Change"): formats.change(row["before"], row["after"], unit),
        say("95 % interval"): tiles.between(row["low"], row["high"], unit),
        say("Beyond chance"): _beyond(row),
        say("n before"): row["n_before"],
        say("n after"): row["n_after"],
    }


def _beyond(row: Row) -> str:
    if row["others"]:
        return say("yes, maybe by {others}", others=formats.listed(row["others"]))
    return _BEYOND[row["beyond"]]


def _form(desk: Desk) -> None:
    """Draw the form behind a button; what it keeps is on the charts at once."""
    with st.popover(say("Add a marker"), icon=":material/add_location:", type="tertiary"):
        with st.form("marker", clear_on_submit=True, border=False):
            text = st.text_input(say("What happened"), max_chars=LONGEST, key="marker_text")
            day = st.date_input(
                say("Day"), value=desk.now_day, format="YYYY-MM-DD", key="marker_day"
            )
            kind = st.selectbox(
                say("Kind"),
                get_args(MarkerKind),
                format_func=lambda one: _KINDS.get(one, one),
                key="marker_kind",
            )
            own = desk.holding.info.label
            about = st.selectbox(
                say("About"),
                [own, _ALL],
                format_func=lambda one: say(one) if one == _ALL else one,
                key="marker_project",
            )
            done = st.form_submit_button(say("Add"), type="primary")
        if done:
            _keep(desk, text.strip(), day, kind, everywhere=about == _ALL)


def _keep(desk: Desk, text: str, day: date, kind: str, *, everywhere: bool) -> None:
    if not text:
        st.warning(say("Say what happened, as charts shall say it."))
        return
    project = None if everywhere else desk.holding.info.id
    context.mark(project, day.toordinal(), kind, text)
    st.toast(say("Noted for {day}: {text}", day=formats.day(day), text=esc(text)))
    st.rerun()
