"""The rules of alerts: how each of their subjects stands, and where a rule is made or tried."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from dashboard import alerting, context, inbox
from dashboard.card_menu import card_head
from dashboard.rule_builder import builder
from dashboard.widgets import empty, later, table
from labelpulse.alerts.machine import Judged
from labelpulse.alerts.parts import words
from labelpulse.alerts.plotted import interval_name, unit_of, valued
from labelpulse.alerts.present import WORDS, Present, Standing
from labelpulse.alerts.rules import Subject, condition
from labelpulse.alerts.telling import channels_of
from labelpulse.core import formats
from labelpulse.findings.selection import Selection

HELD: Mapping[str, str] = {
    "loading": "waits for the end of the first load",
    "stale": "waits: nothing comes in from its source",
}
"""Why a subject is not judged now, in words."""

_STARTER = """\
[alerting]
starter = true"""


def rules(selection: Selection) -> None:
    """Draw how every subject of every rule stands, and the builder when it is opened."""
    every = alerting.standings()
    if every:
        only = inbox.projects(selection)
        own = None if only is None else selection.holding.info.label
        _table(
            selection, [one for one in every if one.subject.project in (None, own) or not own], own
        )
    else:
        empty(
            "No rules yet",
            (
                "The starter rules need no tuning: they hold each project against its own past, "
                "its deadline and its target. Or make one of your own below."
            ),
            [("Turn the starter rules on in labelpulse.toml", _STARTER)],
        )
    later(
        "Make a rule, or try one on the last 90 days",
        "builder",
        builder,
        opened=st.query_params.get("rule") is not None or not every,
    )


def _table(selection: Selection, found: Sequence[Standing], own: str | None) -> None:
    authors, names = alerting.authors(), _names(selection)
    with st.container(border=True, gap="xsmall"):
        rows = [_row(one, authors, names, own) for one in found]
        card_head(_title(found), "rules", rows=rows)
        st.caption(_AS_LAST_READ if selection.fresh.stale else _AS_NOW)
        sparse = ("Note", "Since", "Interval")
        aside = ("Severity", "Channels", "Judged")  # in the files of the card's menu
        shown = [{name: row[name] for name in row if name not in aside} for row in rows]
        table(shown, key="rules", alt=_title(found), sparse=sparse)


_AS_NOW = "As the data stand now. Messages go out with each cycle of the collector."
_AS_LAST_READ = "This is how rules stood as last read, for nothing new comes in."


def _names(selection: Selection) -> dict[str, str]:
    """Return pseudonym -> name over all projects, where names are shown."""
    if not selection.names:
        return {}
    found: dict[str, str] = {}
    for one in context.everything().projects:
        found |= context.names(one.info.id)
    return found


def _title(found: Sequence[Standing]) -> str:
    """Return how many subjects fire, will, or cannot be judged."""
    counts = Counter(_state(one) for one in found)
    subjects = formats.count_of(len(found), "subject", "subjects")
    fires = counts["firing"] + counts["recovering"] + counts["silenced"]
    if not found:
        return "No rule watches this project"
    if fires:
        told = f"{formats.count(fires)} of {subjects} {'fires' if fires == 1 else 'fire'}"
    elif counts["normal"] == len(found):
        within = "is within its line" if len(found) == 1 else "are within their lines"
        told = f"{subjects} {within}"
    else:
        told = f"None of {subjects} fires"
    more = [
        f"{formats.count(counts['pending'])} pending" if counts["pending"] else "",
        f"{formats.count(counts['nodata'])} without data" if counts["nodata"] else "",
        f"{formats.count(counts['error'])} cannot be asked" if counts["error"] else "",
    ]
    return " · ".join([told, *filter(None, more)])


def _state(one: Standing) -> Present:
    """Return how a subject stands; what fired stays while nothing comes in."""
    held = one.state == "nodata" and one.incident is not None
    return "firing" if held else one.state


def _row(
    one: Standing, authors: Mapping[str, str], names: Mapping[str, str], own: str | None
) -> dict[str, Any]:
    rule, judged, unit = one.rule, one.judged, unit_of(one.rule)
    value = formats.NONE if judged is None else valued(rule, judged.value, unit)
    return {
        "Rule": rule.name,
        "State": WORDS[_state(one)],
        "Subject": _subject(one.subject, names, own),
        "Condition": condition(rule),
        "Now": value,
        "Interval": "" if judged is None else _interval(rule.metric, judged, unit),
        "n": None if judged is None else judged.n,
        "Since": _day(one.since),
        "Note": HELD.get(one.why, one.why),
        "Severity": rule.severity,
        "Owner": rule.owner or "",
        "Channels": ", ".join(channels_of(rule, context.settings())),
        "Origin": _origin(rule.name, authors),
        "Judged": _day(one.machine.day),
    }


def _interval(metric: str, judged: Judged, unit: str) -> str:
    """Return an interval with its name: rules on forecasts have another one than the rest."""
    interval = formats.interval(judged.low, judged.high, unit)
    return f"{interval} ({interval_name(metric)})" if interval else ""


def _subject(subject: Subject, names: Mapping[str, str], own: str | None) -> str:
    """Return a subject in words; it does not repeat the one project that is shown."""
    named = [(key, names.get(value or "", value)) for key, value in subject.keys]
    told = dict.fromkeys(words(named))
    return " · ".join(value for value in told if value != own) or " · ".join(told)


def _day(ordinal: int) -> date | None:
    return date.fromordinal(ordinal) if ordinal else None


def _origin(name: str, authors: Mapping[str, str]) -> str:
    if name in alerting.configured():
        return "labelpulse.toml"
    if name in authors:
        return f"made here by {authors[name]}" if authors[name] else "made here"
    return "starter"
