"""Where alerts are told: each channel, what waits for it, and what nobody took."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from dashboard import alert_acts, alerting, context, posting
from dashboard.card_menu import card_head
from dashboard.escape import esc
from dashboard.inbox import FIRST
from dashboard.rule_fields import SEVERITIES
from dashboard.widgets import empty, note, table
from labelpulse.alerts.channels.entered import EnteredChannel
from labelpulse.config.alerting import Channel
from labelpulse.core import formats
from labelpulse.core.days import SECOND
from labelpulse.warehouse.posted import State, Stored

_EXAMPLE = """\
[channels.quality-team]
url_env = "QUALITY_WEBHOOK"

[alerting]
channels = ["quality-team"]"""

_DAYS = (*("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),)
STATES: Mapping[str, str] = {
    State.WAITING: "waiting",
    State.SENT: "sent",
    State.DEAD: "given up",
}


def channels() -> None:
    """Draw each channel of the configuration, then what was not taken."""
    known = posting.channels()
    if not known:
        empty(
            "Nobody is told: there is no channel",
            (
                "Alerts are kept and shown here all the same. A channel tells them in chat, by "
                "mail, or to another program; its address is a secret and never shown."
            ),
            [("Add one to labelpulse.toml", _EXAMPLE)],
        )
    _tell_secret()
    posted, behind = posting.outgoing()
    columns = st.columns(2)
    for at, (name, one) in enumerate(known.items()):
        with columns[at % 2]:
            _channel(name, one, [each for each in posted if each.channel == name])
    if alerting.may_write():
        _enter()
    if behind.dead:
        _dead([one for one in posted if one.state == State.DEAD])
    if posted:
        _latest(posted)


def _channel(name: str, one: Channel, posted: Sequence[Stored]) -> None:
    failing = [each for each in posted if each.state == State.WAITING and each.failure]
    with st.container(border=True, gap="xsmall", key=f"channel {name}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{esc(name)}**", width="stretch")
            if failing:
                st.badge("Failing", color="red", icon=":material/error:")
            elif posted:
                st.badge("Works", color="green", icon=":material/check_circle:")
            else:
                st.badge("Nothing sent yet", color="gray", icon=":material/schedule:")
        st.caption(esc(" · ".join(_facts(one))))
        st.caption(esc(" · ".join(_posts(posted))))
        if failing:
            _failing(failing)
        if alerting.may_write():
            _actions(name, one)


def _actions(name: str, one: Channel) -> None:
    with st.container(horizontal=True, gap="small"):
        if st.button(
            "Send a test",
            key=f"test {name}",
            icon=":material/send:",
            help=f"Sends one message through {name} now, past what waits.",
        ):
            act = partial(posting.try_channel, name)
            alert_acts.done(act, "The test message was taken")
        entered = isinstance(one, EnteredChannel)
        if entered and st.button("Remove", key=f"forget {name}", icon=":material/delete:"):
            alert_acts.done(partial(posting.remove_channel, name), "Removed")


def _enter() -> None:
    """Draw the entry of a webhook, when it is opened; its address is never shown again."""
    part = st.expander("Add a webhook", key="enter_channel", on_change="rerun")
    if not part.open:
        return
    with part, st.form("entered_channel", clear_on_submit=True, border=False):
        name = st.text_input("Name", key="entered_name")
        address = st.text_input(
            "Address",
            type="password",
            key="entered_address",
            help="https:// on the public internet; others belong in labelpulse.toml.",
        )
        least = st.segmented_control(
            "From which severity on",
            list(SEVERITIES),
            default=SEVERITIES[0],
            key="entered_least",
            required=True,
        )
        if st.form_submit_button("Add", type="primary"):
            act = partial(_entered, name, address, least or SEVERITIES[0])
            alert_acts.done(act, "Added")


_ONCE = "shown_once"
"""Where a session keeps a new channel's secret until it is shown, once."""


def _entered(name: str, address: str, least: str) -> None:
    secret = posting.put_channel(name, address, least, alert_acts.me())
    st.session_state[_ONCE] = secret


def _tell_secret() -> None:
    if secret := st.session_state.pop(_ONCE, None):
        with st.container(border=True, gap="xsmall"):
            st.markdown("**Messages are signed by this secret. It is shown this once.**")
            st.code(secret, language=None)


def _facts(one: Channel) -> list[str]:
    kind: str = "type by its address" if one.type is None else one.type
    if isinstance(one, EnteredChannel):
        kind = "webhook, entered here"
    return [kind, f"from {one.least} on", *_quiet(one)]


def _quiet(one: Channel) -> list[str]:
    """Return in words when only what is critical is told."""
    told = []
    if one.quiet is not None:
        first, _, end = one.quiet.partition("-")
        told.append(f"quiet from {first} to {end}")
    if one.quiet_days:
        days = [formats.WEEKDAYS[_DAYS.index(day)] for day in one.quiet_days]
        told.append(f"quiet on {formats.listed(days, 7)}")
    if told:
        told.append(one.timezone or context.settings().default_zone())
    return told


def _posts(posted: Sequence[Stored]) -> list[str]:
    sent = [one.sent_at for one in posted if one.sent_at is not None]
    waits = sum(one.state == State.WAITING for one in posted)
    last = formats.ago((context.now() - max(sent)) / SECOND) if sent else "never"
    return [
        f"last sent {last}",
        f"{formats.count(waits)} waiting" if waits else "nothing waits",
    ]


def _failing(failing: Sequence[Stored]) -> None:
    first = min(failing, key=lambda one: one.id)
    since = formats.ago((context.now() - first.created_at) / SECOND)
    tries = formats.count_of(first.attempts, "try", "tries")
    note(f"Failing, its first message was made {since}: {first.failure}, after {tries}")


def _dead(dead: Sequence[Stored]) -> None:
    """Draw messages that were given up, each with a way to try it again."""
    with st.container(border=True, gap="xsmall", key="dead_letters"):
        st.markdown("**Given up after a day**")
        for one in dead[:FIRST]:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(esc(f"{one.channel}: {_said(one)}"), width="stretch")
                st.caption(esc(one.failure), width=170)
                if alerting.may_write() and st.button(
                    "Try again", key=f"revive {one.id}", icon=":material/refresh:"
                ):
                    again = partial(posting.try_again, one.id)
                    alert_acts.done(again, "It is tried with the next cycle")
        if len(dead) > FIRST:
            st.caption(f"{len(dead) - FIRST} more")


def _said(one: Stored) -> str:
    """Return what a message tells, in a line."""
    titles = [str(each.get("title", "")) for each in one.body.get("notices", ())]
    return formats.listed([title for title in titles if title], 2) or one.kind


def _latest(posted: Sequence[Stored]) -> None:
    zone = context.settings().default_zone()
    rows: list[dict[str, Any]] = [
        {
            "Channel": one.channel,
            "Message": _said(one),
            "State": STATES.get(one.state, one.state),
            "Made": formats.clock(one.created_at, zone),
            "Sent": "" if one.sent_at is None else formats.clock(one.sent_at, zone),
            "Tries": one.attempts,
            "Why not": one.failure,
        }
        for one in posted
    ]
    title = "The newest messages"
    with st.container(border=True, gap="xsmall"):
        card_head(title, "messages", rows=rows)
        table(rows, key="messages", alt=title, sparse=("Why not", "Sent"))
