"""The inbox of alerts: each a card with what was said of it, and what can be done about it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import streamlit as st

from dashboard import alerting, context
from dashboard.broken import alone
from dashboard.desk import menu
from dashboard.escape import esc
from dashboard.kiosk import slug
from dashboard.links import file_of, lead
from dashboard.widgets import drawn, note
from labelpulse.alerts.inbox import ENDS, LEVELS, Pending, Place, Told, silence_of, told_of
from labelpulse.alerts.plotted import points, unit_of
from labelpulse.alerts.rules import condition, subject_of
from labelpulse.alerts.telling import channels_of
from labelpulse.charts import formats
from labelpulse.charts.spells import Spell, watched
from labelpulse.charts.theme import Span
from labelpulse.core.catalogue import form_of, say
from labelpulse.core.days import SECOND, local_day_hour
from labelpulse.core.errors import LabelpulseError
from labelpulse.judgement.desk import Desk
from labelpulse.reader.alerts import Incident
from labelpulse.reader.overview import Holding

if TYPE_CHECKING:
    from labelpulse.config import Alert

FIRST = 10
"""Cards that are open to the eye at once; more come on a click."""

TONES: Mapping[str, str] = {"critical": "red", "warning": "orange", "info": "blue"}
_ICONS = {
    "critical": ":material/error:",
    "warning": ":material/warning:",
    "info": ":material/info:",
}
_PEOPLE = ("annotator", "annotator_a", "annotator_b", "reviewer")
WHO, _SAID = "who_alerts", "alerts_said"
"""Where a session keeps who acts, and what was done by the last click."""


def tell_done() -> None:
    """Say what the last click did."""
    if said := st.session_state.pop(_SAID, None):
        st.toast(esc(said))


def who() -> None:
    """Draw who acts: kept beside what they do."""
    st.text_input(
        say("You"),
        value=alerting.myself(),
        key=WHO,
        placeholder=say("Your name"),
        help=say("Who acknowledges, silences and judges: it is kept beside the alert."),
        label_visibility="collapsed",
        icon=":material/person:",
        width=170,
    )


def projects(desk: Desk) -> list[int] | None:
    """Draw the choice between this project and all, where there are several; None = all."""
    several = len(context.everything().projects) > 1
    every = several and st.toggle(
        say("All projects"),
        key="every",
        bind="query-params",
        help=say("Alerts of all projects, not of the chosen one alone."),
    )
    return None if every else [desk.holding.info.id]


def all_at_once(those: Sequence[Incident], place: Place) -> None:
    """Draw what can be done with all alerts of a place together, where there are several."""
    if place != "firing" or len(those) < 2 or not alerting.may_write():
        return
    label = say("Acknowledge all {n}", n=formats.count(len(those)))
    shown = st.popover(label, icon=":material/done_all:", key="all at once", on_change="rerun")
    if not shown.open:
        return
    with shown, st.form("ack all", border=False):
        text = st.text_input(say("What is done about them"), key="ack all note")
        if st.form_submit_button(say("Acknowledge all"), type="primary"):
            ids = [one.id for one in those]
            done(partial(alerting.acknowledge, ids, _me(), text), say("Acknowledged"))


def cards(
    those: Sequence[Incident], place: Place, names: Callable[[int | None], Mapping[str, str]]
) -> None:
    """Draw alerts as cards, the first of them open to the eye.

    Args:
        names: project -> shown pseudonym -> the person's name.
    """
    key = f"alerts shown {place}"
    shown = those[: st.session_state.get(key, FIRST)]
    for one in shown:
        _card(one, place, names(one.project_id))
    if rest := len(those) - len(shown):
        more = min(rest, 2 * FIRST)
        label = say("Show {n} more of {all}", n=more, all=formats.count(rest))
        if st.button(label, key=f"more {key}", icon=":material/expand_more:"):
            st.session_state[key] = len(shown) + more
            st.rerun()


@st.fragment
def _card(one: Incident, place: Place, names: Mapping[str, str]) -> None:
    part = f"alert {one.id}"
    with alone(part), st.container(border=True, gap="xsmall", key=part):
        told, holding = told_of(one), _holding(one)
        with st.container(horizontal=True, vertical_alignment="top", gap="small"):
            tone, icon = TONES.get(one.level, "gray"), _ICONS.get(one.level, ":material/help:")
            st.badge(say(LEVELS.get(one.level, one.level)), color=tone, icon=icon)  # type: ignore[arg-type]
            st.markdown(f"**{esc(_named(told.title, names))}**", width="stretch")
        st.caption(esc(" · ".join(_facts(one, told, holding))))
        lines = told.lines or tuple(filter(None, [_numbers(told)]))
        with st.container(gap=None):
            for line in lines:
                st.markdown(esc(_named(line, names)))
        _state(one, place, holding)
        _links(told, one, holding)
        if alerting.may_write():
            _actions(one, place)
        _closer(one, holding, names)


def _holding(one: Incident) -> Holding | None:
    return None if one.project_id is None else context.holding(one.project_id)


def _zone(holding: Holding | None) -> str:
    return context.settings().default_zone() if holding is None else holding.info.counted.timezone


def _named(text: str, names: Mapping[str, str]) -> str:
    """Return a text with people under the names that they are shown by."""
    for hidden, name in names.items():
        if hidden in text:
            text = text.replace(hidden, name)
    return text


def _facts(one: Incident, told: Told, holding: Holding | None) -> list[str]:
    """Return since when, how long, of which rule, whose, and whether it was told."""
    seconds = ((one.ended_at or context.now()) - one.opened_at) / SECOND
    fired = formats.clock(one.opened_at, _zone(holding))
    facts = [say("fired {when}", when=fired)]
    if told.since and not told.lines:
        facts[:0] = [say("since {day}", day=formats.day(date.fromisoformat(told.since)))]
    lasted = formats.age(seconds)
    facts.append(say("open {time}", time=lasted) if one.open else say("lasted {time}", time=lasted))
    if one.state == "recovering":
        facts.append(say("recovering"))
    if one.early:
        facts.append(say("by a day that is not over"))
    if holding is not None:
        facts.append(holding.info.label)
    rule = _rule(one.rule)
    facts.append(say("rule “{name}”", name=one.rule))
    if rule is not None and rule.owner:
        facts.append(say("owner {who}", who=rule.owner))
    return [*facts, _delivered(one)]


def _rule(name: str) -> "Alert | None":
    return next((one for one in alerting.rules() if one.name == name), None)


def _delivered(one: Incident) -> str:
    rule = _rule(one.rule)
    channels = () if rule is None else channels_of(rule, context.settings())
    if not one.told:
        return say("not told yet") if channels and one.open else say("not told on any channel")
    where = formats.listed(list(channels)) if channels else say("channels of then")
    times = form_of(one.told, "told once on {where}", "told {n} times on {where}")
    return times.format(n=one.told, where=where)


def _numbers(told: Told) -> str:
    if told.value is None:
        return ""
    between = formats.interval(told.low, told.high, told.unit)
    parts = [formats.value(told.value, told.unit)]
    parts += [say("95 % interval {ends}", ends=between)] if between else []
    parts += [f"n = {formats.count(told.n)}"] if told.n is not None else []
    return ", ".join(parts)


def _state(one: Incident, place: Place, holding: Holding | None) -> None:
    """Say who looks after it, what silences it, or how it ended."""
    zone = _zone(holding)
    if one.acked_at is not None and one.open:
        when = formats.clock(one.acked_at, zone)
        text = say("Acknowledged by {who}, {when}", who=one.acked_by, when=when)
        note(f"{text}: {one.ack_note}" if one.ack_note else text)
    silence = silence_of(one, alerting.opened().silences) if place == "silenced" else None
    if silence is not None:
        note(
            say(
                "Silenced until {when} by {who}: {reason}",
                when=formats.clock(silence.until_at, zone),
                who=silence.author,
                reason=silence.reason,
            )
        )
    if not one.open:
        how = say(ENDS.get(one.ended_by or "", one.ended_by or ""))
        when = formats.clock(one.ended_at, zone)
        note(say("Over since {when}: {how}", when=when, how=how))
    if one.verdict is not None:
        judged = say("a true alarm") if one.verdict == "true" else say("a false alarm")
        note(say("{who} said: {verdict}", who=one.verdict_by, verdict=judged))


def _links(told: Told, one: Incident, holding: Holding | None) -> None:
    """Draw the way to the page that plots it, and to the items to check again."""
    with st.container(horizontal=True, gap="small"):
        there = _in_app(told.link)
        if there is not None:
            page, asked = there
            label = say("Open {page}", page=say(page))
            lead(file_of(page), label, asked, icon=":material/arrow_forward:")
        if told.items and told.since and holding is not None and "Items" in menu():
            day = formats.day(date.fromisoformat(told.since))
            items = formats.plural(told.items, "item", "items")
            label = say("Re-check: {items} since {day}", items=items, day=day)
            lead(file_of("Items"), label, _items(told, one, holding), icon=":material/list:")


def _in_app(link: str) -> tuple[str, dict[str, list[str]]] | None:
    """Return the page that a link leads to, and what it chooses; None where the menu lacks it."""
    if not link:
        return None
    parts = urlsplit(link)
    wanted = parts.path.rstrip("/").rpartition("/")[2] or "summary"
    page = next((one for one in menu() if slug(one) == wanted), None)
    return None if page is None else (page, parse_qs(parts.query))


def _items(told: Told, one: Incident, holding: Holding) -> dict[str, str]:
    """Return what chooses the items behind an alert on their page."""
    keys = dict(subject_of(one.keys).keys)
    asked = {
        "project": holding.info.label,
        "control": keys.get("control") or told.query.get("control"),
        "batch": keys.get("batch"),
        "person": keys.get("annotator"),
        "since": told.since,
    }
    return {name: value for name, value in asked.items() if value}


# --- what can be done ---


def done(act: Callable[[], object], said: str) -> None:
    """Do something and draw the page anew; what goes wrong is told where it was asked for."""
    try:
        act()
    except LabelpulseError as error:
        st.error(esc(formats.begun(str(error))))
        return
    st.session_state[_SAID] = said
    st.rerun()


def _me() -> str:
    return str(st.session_state.get(WHO, ""))


def _actions(one: Incident, place: Place) -> None:
    with st.container(horizontal=True, gap="small", key=f"do {one.id}"):
        if one.open and one.acked_at is None:
            _popover(say("Acknowledge"), ":material/check:", one, _acknowledge)
        if place == "silenced":
            _unsilence(one)
        elif one.open:
            _popover(say("Silence"), ":material/notifications_paused:", one, _silence)
        if one.open:
            _click(
                (say("Close"), "close", ":material/close:"),
                say("Ends the alert by hand; it fires anew once it was within its line."),
                one,
                partial(alerting.close, [one.id], _me()),
            )
        for verdict, label in (("true", say("True alarm")), ("false", say("False alarm"))):
            icon = ":material/thumb_up:" if verdict == "true" else ":material/thumb_down:"
            again = None if one.verdict == verdict else verdict
            _click(
                (label, verdict, icon),
                say("Was it right? Rules are judged by it; a second click takes it back."),
                one,
                partial(alerting.judge, [one.id], again, _me()),
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
    st.caption(say("It is not told again until it is over or becomes more urgent."))
    with st.form(f"ack {one.id}", border=False):
        text = st.text_input(say("What is done about it"), key=f"ack note {one.id}")
        if st.form_submit_button(say("Acknowledge"), type="primary"):
            done(partial(alerting.acknowledge, [one.id], _me(), text), say("Acknowledged"))


def _silence(one: Incident) -> None:
    st.caption(say("It is judged all the same, and told again where it still fires afterwards."))
    with st.form(f"silence {one.id}", border=False):
        hours = st.number_input(say("Hours"), 0.5, 24.0 * 90, 24.0, 1.0, key=f"hours {one.id}")
        reason = st.text_input(say("Reason"), key=f"reason {one.id}")
        whole = st.checkbox(say("All subjects of this rule"), key=f"whole {one.id}")
        if st.form_submit_button(say("Silence"), type="primary"):
            act = partial(alerting.silence, one, hours, reason, _me(), whole_rule=whole)
            done(act, say("Silenced"))


def _unsilence(one: Incident) -> None:
    silence = silence_of(one, alerting.opened().silences)
    if silence is not None and st.button(
        say("End the silence"), key=f"unsilence {one.id}", icon=":material/notifications_active:"
    ):
        done(partial(alerting.unsilence, silence.id), say("The silence is over"))


# --- looking closer ---


def _closer(one: Incident, holding: Holding | None, names: Mapping[str, str]) -> None:
    """Draw, when it is opened, the number over days with its line and the spell shaded."""
    rule = _rule(one.rule)
    if rule is None:
        return
    part = st.expander(say("The number over days"), key=f"closer {one.id}", on_change="rerun")
    if not part.open:
        return
    with part:
        periods = points(rule, alerting.seen(one, rule))
        if not periods:
            note(say("No numbers of this subject can be read now."))
            return
        today, _ = local_day_hour(context.now(), _zone(holding))
        until = max(periods[-1].day, date.fromordinal(today))
        span = Span(periods[0].day, until, date.fromordinal(today))
        spells = [_spell(one, until)]
        name = context.definition(rule.metric).title
        st.caption(esc(f"{_named(told_of(one).title, names)} · {condition(rule)}"))
        shown = watched(periods, spells, span, unit_of(rule), name=name)
        drawn(shown, f"picture {one.id}")


def _spell(one: Incident, until: date) -> Spell:
    first = one.fired_day or one.since_day
    began = date.fromordinal(first) if first else until
    if one.open:
        return Spell(began, max(until, began), open=True)
    return Spell(began, max(date.fromordinal(one.ended_day) if one.ended_day else began, began))


def waiting(those: Sequence[Pending], names: Callable[[int | None], Mapping[str, str]]) -> None:
    """Draw what will fire if it goes on."""
    if not those:
        return
    with st.container(border=True, gap="xsmall", key="pending"):
        st.markdown(say("**Pending: these fire if it goes on**"))
        for one in those[: 2 * FIRST]:
            subject = _named(one.subject.words, names(one.project_id))
            needed = formats.plural(one.rule.periods, "day", "days")
            beyond = say("{n} of {days} beyond its line", n=one.beyond, days=needed)
            since = say("since {day}", day=formats.day(date.fromordinal(one.since)))
            parts = (one.rule.name, subject, condition(one.rule), beyond, since)
            st.caption(esc(" · ".join(part for part in parts if part)))
        if len(those) > 2 * FIRST:
            st.caption(say("{n} more", n=len(those) - 2 * FIRST))
