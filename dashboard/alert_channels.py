"""Where alerts are told: each channel, what waits for it, and what nobody took."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from dashboard import alert_acts, alerting, context
from dashboard.card_menu import card_head
from dashboard.escape import esc
from dashboard.inbox import FIRST
from dashboard.widgets import empty, note, table
from labelpulse.charts import formats
from labelpulse.config.alerting import Channel
from labelpulse.core.catalogue import marked, say
from labelpulse.core.days import SECOND
from labelpulse.warehouse.posted import State, Stored

_EXAMPLE = """\
[channels.quality-team]
url_env = "QUALITY_WEBHOOK"

[alerting]
channels = ["quality-team"]"""

_DAYS = (*("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),)
STATES: Mapping[str, str] = {
    State.WAITING: marked("waiting"),
    State.SENT: marked("sent"),
    State.DEAD: marked("given up"),
}


def channels() -> None:
    """Draw each channel of the configuration, then what was not taken."""
    known = context.settings().channels
    if not known:
        empty(
            say("Nobody is told: there is no channel"),
            say(
                "Alerts are kept and shown here all the same. A channel tells them in chat, by "
                "mail, or to another program; its address is a secret and never shown."
            ),
            [(say("Add one to labelpulse.toml"), _EXAMPLE)],
        )
    posted, behind = alerting.outgoing()
    columns = st.columns(2)
    for at, (name, one) in enumerate(known.items()):
        with columns[at % 2]:
            _channel(name, one, [each for each in posted if each.channel == name])
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
                st.badge(say("Failing"), color="red", icon=":material/error:")
            elif posted:
                st.badge(say("Works"), color="green", icon=":material/check_circle:")
            else:
                st.badge(say("Nothing sent yet"), color="gray", icon=":material/schedule:")
        st.caption(esc(" · ".join(_facts(one))))
        st.caption(esc(" · ".join(_posts(posted))))
        if failing:
            _failing(failing)
        if alerting.may_write() and st.button(
            say("Send a test"),
            key=f"test {name}",
            icon=":material/send:",
            help=say("Sends one message through {channel} now, past what waits.", channel=name),
        ):
            alert_acts.done(partial(alerting.try_channel, name), say("The test message was taken"))


def _facts(one: Channel) -> list[str]:
    kind = say("type by its address") if one.type is None else one.type
    return [kind, say("from {severity} on", severity=say(one.least)), *_quiet(one)]


def _quiet(one: Channel) -> list[str]:
    """Return in words when only what is critical is told."""
    told = []
    if one.quiet is not None:
        first, _, end = one.quiet.partition("-")
        told.append(say("quiet from {first} to {end}", first=first, end=end))
    if one.quiet_days:
        days = [formats.WEEKDAYS[_DAYS.index(day)] for day in one.quiet_days]
        told.append(say("quiet on {days}", days=formats.listed(days, 7)))
    if told:
        told.append(one.timezone or context.settings().default_zone())
    return told


def _posts(posted: Sequence[Stored]) -> list[str]:
    sent = [one.sent_at for one in posted if one.sent_at is not None]
    waits = sum(one.state == State.WAITING for one in posted)
    last = formats.ago((context.now() - max(sent)) / SECOND) if sent else say("never")
    return [
        say("last sent {when}", when=last),
        say("{n} waiting", n=formats.count(waits)) if waits else say("nothing waits"),
    ]


def _failing(failing: Sequence[Stored]) -> None:
    first = min(failing, key=lambda one: one.id)
    since = formats.ago((context.now() - first.created_at) / SECOND)
    tries = formats.plural(first.attempts, "try", "tries")
    note(
        say(
            "Failing, its first message was made {when}: {why}, after {tries}",
            when=since,
            why=first.failure,
            tries=tries,
        )
    )


def _dead(dead: Sequence[Stored]) -> None:
    """Draw messages that were given up, each with a way to try it again."""
    with st.container(border=True, gap="xsmall", key="dead_letters"):
        st.markdown(say("**Given up after a day**"))
        for one in dead[:FIRST]:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(esc(f"{one.channel}: {_said(one)}"), width="stretch")
                st.caption(esc(one.failure), width=170)
                if alerting.may_write() and st.button(
                    say("Try again"), key=f"revive {one.id}", icon=":material/refresh:"
                ):
                    again = partial(alerting.try_again, one.id)
                    alert_acts.done(again, say("It is tried with the next cycle"))
        if len(dead) > FIRST:
            st.caption(say("{n} more", n=len(dead) - FIRST))


def _said(one: Stored) -> str:
    """Return what a message tells, in a line."""
    titles = [str(each.get("title", "")) for each in one.body.get("notices", ())]
    return formats.listed([title for title in titles if title], 2) or one.kind


def _latest(posted: Sequence[Stored]) -> None:
    zone = context.settings().default_zone()
    rows: list[dict[str, Any]] = [
        {
            say("Channel"): one.channel,
            say("Message"): _said(one),
            say("State"): say(STATES.get(one.state, one.state)),
            say("Made"): formats.clock(one.created_at, zone),
            say("Sent"): "" if one.sent_at is None else formats.clock(one.sent_at, zone),
            say("Tries"): one.attempts,
            say("Why not"): one.failure,
        }
        for one in posted
    ]
    title = say("The newest messages")
    with st.container(border=True, gap="xsmall"):
        card_head(title, "messages", rows=rows)
        table(rows, key="messages", alt=title, sparse=(say("Why not"), say("Sent")))
