"""How good the alerts were: how many were true, and how fast people and numbers came back."""

from typing import Any

import streamlit as st

from dashboard import alerting, context, inbox
from dashboard.card_menu import card_head
from dashboard.widgets import PERCENT, empty, table, tiles
from labelpulse.alerts.quality import Quality, advice, together
from labelpulse.alerts.quality import quality as by_rule
from labelpulse.core import formats
from labelpulse.findings.selection import Selection
from labelpulse.findings.tiles import Tile

DAYS = {"30 days": 30, "90 days": 90}


def quality(selection: Selection) -> None:
    """Draw what became of the alerts of some days: of this project, or of all."""
    days, projects = _chosen(selection)
    found = alerting.since(days, projects)
    since = context.now() - days * alerting.DAY_US
    whole = together(found, since)
    if not whole.fired:
        empty(
            "No alert fired in these days",
            "Once some did, and people said which were true, their quality stands here.",
        )
        return
    tiles(_tiles(whole))
    with st.container(border=True, gap="xsmall"):
        rows = [_row(one) for one in by_rule(found, since)]
        title = "What became of the alerts of each rule"
        card_head(title, "quality", rows=rows)
        table(
            rows,
            key="quality",
            alt=title,
            config={"True of judged": PERCENT},
            sparse=("Advice", "True of judged"),
        )


def _chosen(selection: Selection) -> tuple[int, list[int] | None]:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        picked = st.segmented_control(
            "Days",
            list(DAYS),
            default="30 days",
            key="within",
            bind="query-params",
            required=True,
            label_visibility="collapsed",
        )
        return DAYS[picked or "30 days"], inbox.projects(selection)


def _tiles(whole: Quality) -> list[Tile]:
    judged = whole.true + whole.false
    share = formats.percent(whole.precision) if judged else formats.NONE
    return [
        Tile(
            "Fired",
            formats.count(whole.fired),
            f"{formats.count(whole.unjudged)} unjudged",
            "Alerts that began in these days.",
        ),
        Tile(
            "True",
            share,
            f"{formats.count(whole.true)} of {formats.count(judged)} judged",
            "The share of true alarms among those that somebody judged, not among all.",
        ),
        Tile(
            "Not confirmed",
            formats.count(whole.unconfirmed),
            "by the day's end",
            "Fired during a day by a clear number, which the whole day did not confirm.",
        ),
        Tile(
            "To acknowledge",
            formats.duration(whole.acknowledged_s),
            "median",
            "From when an alert fired to when somebody acknowledged it.",
        ),
        Tile(
            "To clear",
            formats.duration(whole.cleared_s),
            "median",
            "From when an alert fired to when its number was back within its line.",
        ),
    ]


def _row(one: Quality) -> dict[str, Any]:
    return {
        "Rule": one.rule,
        "Fired": one.fired,
        "True": one.true,
        "False": one.false,
        "Unjudged": one.unjudged,
        "Not confirmed": one.unconfirmed,
        "True of judged": None if one.precision is None else 100 * one.precision,
        "To acknowledge": formats.duration(one.acknowledged_s),
        "To clear": formats.duration(one.cleared_s),
        "Advice": advice(one),
    }
