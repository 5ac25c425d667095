"""The inbox of alerts: each a card with what was said of it, and what can be done about it."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import streamlit as st

from dashboard import alerting, context, posting
from dashboard.alert_acts import actions
from dashboard.broken import alone
from dashboard.card_menu import as_file, files
from dashboard.escape import esc
from dashboard.links import file_of, lead
from dashboard.selection import menu
from dashboard.widgets import drawn, note
from labelpulse.alerts.firing_texts import watched_text
from labelpulse.alerts.inbox import ENDS, LEVELS, Pending, Place, Told, silence_of, told_of
from labelpulse.alerts.plotted import interval_name, points, unit_of, valued
from labelpulse.alerts.recheck import in_doubt
from labelpulse.alerts.rules import condition, subject_of
from labelpulse.alerts.telling import channels_of
from labelpulse.charts.spells import watched
from labelpulse.core import formats
from labelpulse.core.days import SECOND, local_day_hour
from labelpulse.core.periods import Span, Spell
from labelpulse.findings.pages import slug
from labelpulse.findings.selection import Selection
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


def projects(selection: Selection) -> list[int] | None:
    """Draw the choice between this project and all, where there are several; None = all."""
    several = len(context.everything().projects) > 1
    every = several and st.toggle(
        "All projects",
        key="every",
        bind="query-params",
        help="Alerts of all projects, not of the chosen one alone.",
    )
    return None if every else [selection.holding.info.id]


def cards(
    those: Sequence[Incident], place: Place, names: Callable[[int | None], Mapping[str, str]]
) -> None:
    """Draw alerts as cards, the first of them open to the eye.

    Args:
        names: project -> shown pseudonym -> the person's name.
    """
    key = f"alerts_shown {place}"
    shown = those[: st.session_state.get(key, FIRST)]
    for one in shown:
        _card(one, place, names(one.project_id))
    if rest := len(those) - len(shown):
        more = min(rest, 2 * FIRST)
        label = f"Show {more} more of {formats.count(rest)}"
        if st.button(label, key=f"more_{key}", icon=":material/expand_more:"):
            st.session_state[key] = len(shown) + more
            st.rerun()


@st.fragment
def _card(one: Incident, place: Place, names: Mapping[str, str]) -> None:
    part = f"alert {one.id}"
    with alone(part), st.container(border=True, gap="xsmall", key=part):
        told, holding = told_of(one), _holding(one)
        with st.container(horizontal=True, vertical_alignment="top", gap="small"):
            tone, icon = TONES.get(one.level, "gray"), _ICONS.get(one.level, ":material/help:")
            st.badge(LEVELS.get(one.level, one.level), color=tone, icon=icon)  # type: ignore[arg-type]
            st.markdown(f"**{esc(_named(told.title, names))}**", width="stretch")
        st.caption(esc(" · ".join(_facts(one, told, holding))))
        lines = told.lines or tuple(filter(None, [_numbers(told)]))
        now = _now(one) if one.open else ""
        with st.container(gap=None):
            if lines and now:
                st.markdown("**When it fired**")
            for line in lines:
                st.markdown(esc(_named(line, names)))
            if now:
                st.markdown(f"**Now** {esc(now)}")
        _state(one, place, holding)
        _links(told, one, holding)
        if alerting.may_write():
            actions(one, place)
        _closer(one, holding, names)


def _holding(one: Incident) -> Holding | None:
    return None if one.project_id is None else context.holding(one.project_id)


def _zone(holding: Holding | None) -> str:
    return context.settings().default_zone() if holding is None else holding.info.counted.timezone


def _named(text: str, names: Mapping[str, str]) -> str:
    """Return a text with people under the names that they are shown by."""
    there = [re.escape(hidden) for hidden in names if hidden in text]
    if not there:
        return text
    whole = rf"\b(?:{'|'.join(there)})\b"  # no part of a longer pseudonym, nor of a name put in
    return re.sub(whole, lambda found: names[found[0]], text)


def _facts(one: Incident, told: Told, holding: Holding | None) -> list[str]:
    """Return since when, how long, of which rule, whose, and whether it was told."""
    seconds = ((one.ended_at or context.now()) - one.opened_at) / SECOND
    fired = formats.clock(one.opened_at, _zone(holding))
    facts = [f"fired {fired}"]
    if told.since and not told.lines:
        facts[:0] = [f"since {formats.day(date.fromisoformat(told.since))}"]
    lasted = formats.age(seconds)
    facts.append(f"open {lasted}" if one.open else f"lasted {lasted}")
    if one.state == "recovering":
        facts.append("recovering")
    if one.early:
        facts.append("by a day that is not over")
    if holding is not None:
        facts.append(holding.info.label)
    rule = _rule(one.rule)
    facts.append(f"rule “{one.rule}”")
    if rule is not None and rule.owner:
        facts.append(f"owner {rule.owner}")
    return [*facts, _delivered(one)]


def _rule(name: str) -> "Alert | None":
    return next((one for one in alerting.rules() if one.name == name), None)


def _delivered(one: Incident) -> str:
    rule = _rule(one.rule)
    channels = () if rule is None else channels_of(rule, context.settings())
    if not one.told:
        return "not told yet" if channels and one.open else "not told on any channel"
    where = formats.listed(list(channels)) if channels else "channels of then"
    told = f"told once on {where}" if one.told == 1 else f"told {one.told} times on {where}"
    missed = posting.undelivered().get(one.id, ())
    if not missed:
        return told
    return f"{told}; not taken by {formats.listed(list(missed))}"


def _now(one: Incident) -> str:
    """Return an alert's newest number and its day; empty when nothing was judged since."""
    judged, rule = alerting.opened().judged.get((one.rule, one.subject)), _rule(one.rule)
    if judged is None or judged.value is None or rule is None:
        return ""
    interval = formats.interval(judged.low, judged.high, unit_of(rule))
    value = valued(rule, judged.value, unit_of(rule))
    parts = (
        f"{value} from the usual level" if rule.drift else value,
        f"{interval_name(rule.metric)} {interval}" if interval else "",
        "" if judged.n is None else f"n = {formats.count(judged.n)}",
    )
    return f"{', '.join(filter(None, parts))} ({formats.day(date.fromordinal(judged.day))})"


def _numbers(told: Told) -> str:
    if told.value is None:
        return ""
    between = formats.interval(told.low, told.high, told.unit)
    parts = [formats.value(told.value, told.unit)]
    parts += [f"{interval_name(told.metric)} {between}"] if between else []
    parts += [f"n = {formats.count(told.n)}"] if told.n is not None else []
    return ", ".join(parts)


def _state(one: Incident, place: Place, holding: Holding | None) -> None:
    """Say who looks after it, what silences it, or how it ended."""
    zone = _zone(holding)
    if one.acked_at is not None and one.open:
        when = formats.clock(one.acked_at, zone)
        text = f"Acknowledged by {one.acked_by}, {when}"
        note(f"{text}: {one.ack_note}" if one.ack_note else text)
    silence = silence_of(one, alerting.opened().silences) if place == "silenced" else None
    if silence is not None:
        note(
            f"Silenced until {formats.clock(silence.until_at, zone)} by {silence.author}: "
            f"{silence.reason}"
        )
    if not one.open:
        how = ENDS.get(one.ended_by or "", one.ended_by or "")
        when = formats.clock(one.ended_at, zone)
        note(f"Over since {when}: {how}")
    if one.verdict is not None:
        judged = "a true alarm" if one.verdict == "true" else "a false alarm"
        note(f"{one.verdict_by} said: {judged}")


def _links(told: Told, one: Incident, holding: Holding | None) -> None:
    """Draw the way to the page that plots it, and to the items to check again."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        there = _in_app(told.link)
        if there is not None:
            page, asked = there
            if holding is not None and "project" in asked:  # it may have another label by now
                asked["project"] = [holding.info.label]
            label = f"Open {page}"
            lead(file_of(page), label, asked, icon=":material/arrow_forward:")
        if told.items and told.since and holding is not None and "Items" in menu():
            day = formats.day(date.fromisoformat(told.since))
            items = formats.count_of(told.items, "item", "items")
            label = f"Re-check: {items} since {day}"
            lead(file_of("Items"), label, _items(told, one, holding), icon=":material/list:")
            made = partial(_doubted, one.id)
            files(f"recheck-{one.id}", f"recheck {one.id}", made, quiet=True)


def _doubted(id_: int, kind: str) -> bytes:
    """Return the items that an alert puts in doubt as a file; the server calls it on a click."""
    return as_file(alerting.doubted(id_), kind)


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
    doubted = in_doubt(one)
    narrowed = {} if doubted is None else {each.key: each.value for each in doubted.where}
    asked = {
        "project": holding.info.label,
        "control": keys.get("control") or told.query.get("control"),
        "batch": narrowed.get("batch"),
        "person": narrowed.get("annotator"),
        "since": told.since,
    }
    return {name: value for name, value in asked.items() if value}


def _closer(one: Incident, holding: Holding | None, names: Mapping[str, str]) -> None:
    """Draw, when it is opened, the number over days with its line and the spell shaded."""
    rule = _rule(one.rule)
    if rule is None:
        return
    part = st.expander("The number over days", key=f"closer {one.id}", on_change="rerun")
    if not part.open:
        return
    with part:
        label = None if holding is None else holding.info.label
        periods = points(rule, alerting.seen(one, rule, label))
        if not periods:
            note("No numbers of this subject can be read now.")
            return
        today, _ = local_day_hour(context.now(), _zone(holding))
        until = max(periods[-1].day, date.fromordinal(today))
        span = Span(periods[0].day, until, date.fromordinal(today))
        spells = [_spell(one, until)]
        name = context.definition(rule.metric).title
        st.caption(esc(f"{_named(told_of(one).title, names)} · {condition(rule)}"))
        text, interval = watched_text(periods, spells, name), interval_name(rule.metric)
        shown = watched(
            periods, spells, span, text, unit=unit_of(rule), name=name, interval=interval
        )
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
        st.markdown("**Pending: these fire if it goes on**")
        for one in those[: 2 * FIRST]:
            subject = _named(one.subject.words, names(one.project_id))
            needed = formats.count_of(one.rule.periods, "day", "days")
            beyond = f"{one.beyond} of {needed} beyond its line"
            since = f"since {formats.day(date.fromordinal(one.since))}"
            parts = (one.rule.name, subject, condition(one.rule), beyond, since)
            st.caption(esc(" · ".join(part for part in parts if part)))
        if len(those) > 2 * FIRST:
            st.caption(f"{len(those) - 2 * FIRST} more")
