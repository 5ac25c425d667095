"""Alerts: what needs attention in every project now, and how the configured rules stand."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import context, judged
from dashboard.card_menu import card_head
from dashboard.desk import current, live, menu, of_project
from dashboard.widgets import attention_card, empty, table, tiles
from labelpulse.alerts.standing import WORDS, Standing, standings
from labelpulse.charts import formats
from labelpulse.core.catalogue import form_of, marked, say
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.tiles import Tile
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery, Row

_EXAMPLE = """\
[[alerts]]
name = "agreement fell"
metric = "agreement_percent"
by = ["project", "control"]
window = "7d"
below = 0.80"""


def page() -> None:
    """Draw the page."""
    desk = current()
    live(desk, _live_part)
    _attention(desk)
    _rules(desk)


def _live_part(desk: Desk) -> None:
    found = judged.attention(desk)
    urgent = sum(one.weight == "red" for one in found)
    rules = context.settings().alerts
    shown = [
        Tile(say("Urgent"), formats.count(urgent), say("in this project"), _URGENT),
        Tile(
            say("To look at"),
            formats.count(len(found) - urgent),
            say("less urgent"),
            say("The other findings below, of this project alone."),
        ),
        Tile(
            say("Rules"),
            formats.count(len(rules)),
            say("in labelpulse.toml"),
            say("Rules of your own under [[alerts]], of all projects, whether they hold or not."),
        ),
    ]
    tiles(shown)


_URGENT = say("Findings below that are marked red, of this project alone.")


def _attention(desk: Desk) -> None:
    """Draw the findings of the chosen project, and beside them of each other that has any."""
    every = context.everything().projects
    others = [of_project(one) for one in every if one.info.id != desk.holding.info.id]
    found = [(other, judged.attention(other)) for other in others]
    here, elsewhere = st.columns(2) if any(one for _, one in found) else (st.container(), None)
    with here:
        attention_card(desk, judged.attention(desk), pages=menu())
    for other, those in found:
        if elsewhere is not None and those:
            with elsewhere:
                attention_card(other, those, first=3, pages=menu(), elsewhere=True)


def _rules(desk: Desk) -> None:
    rules = context.settings().alerts
    if not rules:
        empty(
            say("No rules are configured"),
            say(
                "What needs attention is found without any. A rule of your own watches any metric "
                "by any grouping against your line."
            ),
            [(say("Add one to labelpulse.toml"), _EXAMPLE)],
        )
        return
    found = standings(rules, lambda query: _read(desk, query))
    with st.container(border=True, gap="xsmall"):
        rows = [_row(one) for one in found]
        card_head(_title(found), "rules", rows=rows)
        st.caption(_AS_LAST_READ if desk.fresh.stale else _AS_NOW)
        table(rows, key="rules", alt=_title(found), sparse=(say("Owner"), say("Note")))


_AS_NOW = say(
    "Clearly beyond: with the whole 95 % interval. This is how rules stand now; nothing has been "
    "sent."
)
_AS_LAST_READ = say(
    "Clearly beyond: with the whole 95 % interval. This is how rules stood as last read, for "
    "nothing new comes in; nothing has been sent."
)


def _title(found: Sequence[Standing]) -> str:
    """Return how many are beyond their lines; those that were not judged are not called kept."""
    beyond = sum(one.state in _BEYOND for one in found)
    within = sum(one.state == "within" for one in found)
    subjects = formats.plural(len(found), "subject", "subjects")
    if beyond:
        told = form_of(
            beyond, "{n} of {subjects} is beyond the line", "{n} of {subjects} are beyond the line"
        )
        return told.format(n=formats.count(beyond), subjects=subjects)
    if within == len(found):
        return say("All {subjects} of your rules are within their lines", subjects=subjects)
    return say(
        "{n} of {subjects} are within their lines; the others are not judged",
        n=formats.count(within),
        subjects=subjects,
    )


_BEYOND = (marked("clearly beyond"), marked("beyond"))
_SEVERITIES = (marked("info"), marked("warning"), marked("critical"))
"""Words of the configuration; they are said where they are shown."""


def _read(desk: Desk, query: MetricQuery) -> list[Row]:
    return [desk.named(row) for row in context.answer(query, context.whole_version())]


def _row(one: Standing) -> dict[str, Any]:
    row, unit = one.row, METRICS[one.rule.metric].unit if one.rule.metric in METRICS else ""
    between = "" if row is None else formats.interval(row["low"], row["high"], unit)
    return {
        say("Rule"): one.rule.name,
        say("State"): WORDS[one.state],
        say("Subject"): one.subject,
        say("Condition"): one.line,
        say("Now"): formats.NONE if row is None else formats.value(row["value"], unit),
        say("95 % interval"): between,
        "n": None if row is None else row["n"],
        say("Severity"): say(one.rule.severity),
        say("Owner"): one.rule.owner or "",
        say("Note"): one.why or ("" if row is None else row["note"] or ""),
    }


if __name__ == "__main__":
    page()
