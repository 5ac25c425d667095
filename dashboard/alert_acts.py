"""What can be done about alerts: acknowledge, silence, close, judge."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from dashboard import alerting
from dashboard.escape import esc
from labelpulse.alerts.inbox import Place, silence_of
from labelpulse.core import formats
from labelpulse.core.errors import LabelpulseError
from labelpulse.reader.alerts import Incident

WHO, _SAID = "who_alerts", "alerts_said"
"""Where a session keeps who acts, and what was done by the last click."""


def tell_done() -> None:
    """Say what the last click did."""
    if said := st.session_state.pop(_SAID, None):
        st.toast(esc(said))


def who() -> None:
    """Draw who acts: kept beside what they do."""
    st.text_input(
        "You",
        value=alerting.myself(),
        key=WHO,
        placeholder="Your name",
        help="Who acknowledges, silences and judges: it is kept beside the alert.",
        label_visibility="collapsed",
        icon=":material/person:",
        width=170,
    )


def all_at_once(those: Sequence[Incident], place: Place) -> None:
    """Draw what can be done with all alerts of a place together, where there are several."""
    if place != "firing" or len(those) < 2 or not alerting.may_write():
        return
    label = f"Acknowledge all {formats.count(len(those))}"
    shown = st.popover(label, icon=":material/done_all:", key="all_at_once", on_change="rerun")
    if not shown.open:
        return
    with shown, st.form("ack_all", border=False):
        text = st.text_input("What is done about them", key="ack_all_note")
        if st.form_submit_button("Acknowledge all", type="primary"):
            ids = [one.id for one in those]
            done(partial(alerting.acknowledge, ids, me(), text), "Acknowledged")


def done(act: Callable[[], object], said: str) -> None:
    """Do something and draw the page anew; what goes wrong is told where it was asked for."""
    try:
        act()
    except LabelpulseError as error:
        st.error(esc(formats.begun(str(error))))
        return
    st.session_state[_SAID] = said
    st.rerun()


def me() -> str:
    """Return who acts: who is named in the inbox, else who is at this machine."""
    return str(st.session_state.get(WHO, alerting.myself()))


def actions(one: Incident, place: Place) -> None:
    """Draw what can be done about an alert."""
    with st.container(horizontal=True, gap="small", key=f"do {one.id}"):
        if one.open and one.acked_at is None:
            _popover("Acknowledge", ":material/check:", one, _acknowledge)
        if place == "silenced":
            _unsilence(one)
        elif one.open:
            _popover("Silence", ":material/notifications_paused:", one, _silence)
        if one.open:
            _click(
                ("Close", "close", ":material/close:"),
                "Ends the alert by hand; it fires anew once it was within its line.",
                one,
                partial(alerting.close, [one.id], me()),
            )
        for verdict, label in (("true", "True alarm"), ("false", "False alarm")):
            icon = ":material/thumb_up:" if verdict == "true" else ":material/thumb_down:"
            again = None if one.verdict == verdict else verdict
            _click(
                (label, verdict, icon),
                "Was it right? Rules are judged by it; a second click takes it back.",
                one,
                partial(alerting.judge, [one.id], again, me()),
                chosen=one.verdict == verdict,
            )


def _click(
    shown: tuple[str, str, str],
    help_: str,
    one: Incident,
    act: Callable[[], object],
    *,
    chosen: bool = False,
) -> None:
    """Draw a button of an alert: (label, what it does, icon)."""
    label, does, icon = shown
    kind = "primary" if chosen else "secondary"
    if st.button(label, key=f"{does} {one.id}", icon=icon, help=help_, type=kind):  # type: ignore[arg-type]
        done(act, label)


def _popover(label: str, icon: str, one: Incident, draw: Callable[[Incident], None]) -> None:
    shown = st.popover(label, icon=icon, key=f"{draw.__name__} {one.id}", on_change="rerun")
    if shown.open:
        with shown:
            draw(one)


def _acknowledge(one: Incident) -> None:
    st.caption("It is not told again until it is over or becomes more urgent.")
    with st.form(f"ack {one.id}", border=False):
        text = st.text_input("What is done about it", key=f"ack_note {one.id}")
        if st.form_submit_button("Acknowledge", type="primary"):
            done(partial(alerting.acknowledge, [one.id], me(), text), "Acknowledged")


def _silence(one: Incident) -> None:
    st.caption("It is judged all the same, and told again where it still fires afterwards.")
    with st.form(f"silence {one.id}", border=False):
        hours = st.number_input("Hours", 0.5, 24.0 * 90, 24.0, 1.0, key=f"hours {one.id}")
        reason = st.text_input("Reason", key=f"reason {one.id}")
        whole = st.checkbox("All subjects of this rule", key=f"whole {one.id}")
        if st.form_submit_button("Silence", type="primary"):
            act = partial(alerting.silence, one, hours, reason, me(), whole_rule=whole)
            done(act, "Silenced")


def _unsilence(one: Incident) -> None:
    silence = silence_of(one, alerting.opened().silences)
    if silence is not None and st.button(
        "End the silence", key=f"unsilence {one.id}", icon=":material/notifications_active:"
    ):
        done(partial(alerting.unsilence, silence.id), "The silence is over")
