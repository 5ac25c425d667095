"""Flow: where items stand, since when a queue grows, and what would help."""

from datetime import UTC, date, datetime

import streamlit as st

from dashboard import judged
from dashboard.card_menu import card_head
from dashboard.drill import to_those
from dashboard.escape import esc
from dashboard.kept import kept
from dashboard.selection import current, live
from dashboard.widgets import drawn, empty, figure, table, tiles, two_a_row
from labelpulse.charts.stages import Outlined
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.core.days import SECOND, zone
from labelpulse.core.stages import BEGUN_STAGES, STAGE_TITLES, UNFINISHED_STAGES
from labelpulse.findings.assess import need
from labelpulse.findings.attention import Items
from labelpulse.findings.queues import Flowing, stage_rows
from labelpulse.findings.selection import Selection
from labelpulse.findings.stage_texts import longest_text
from labelpulse.findings.tiles import Tile
from labelpulse.reader import MetricQuery
from labelpulse.reader.details import AGES
from labelpulse.reports import figures

_BEGUN, _WHOLE = "Begun and not done", "All items"
_MANY = 5
"""With fewer items begun at any time, as with one label an item, all items tell more."""


def page() -> None:
    """Draw the page."""
    selection = current()
    live(selection, _live_part)
    rows = selection.detail("stage_ages")
    if not any(row["stage"] in UNFINISHED_STAGES for row in rows):
        known = need(selection)
        title = f"Every item has a label; {known}" if known else "Nothing waits: every item is done"
        empty(title, _APPEAR if known else "")
        two_a_row([_cycle_card(selection)])
        return
    flowing = judged.flowing(selection)
    left, right = st.columns([3, 2])
    with left:
        _over_time(selection, flowing)
    with right:
        asked = [selection.query("stage_age_p85", "stage"), selection.query("stage_items", "stage")]
        figure(_queues(selection), "queues", asked)
        _help(selection, flowing)
    _stages(selection, flowing)
    two_a_row([_cycle_card(selection)])


_APPEAR = (
    "Stages and queues appear when items without a label are there, as in a live source, or when "
    "the source says how many labels each item needs."
)


@kept
def _queues(selection: Selection) -> Figure:
    names = [name for _, name in AGES]
    flowing = judged.flowing(selection)
    return figures.draw_queues(
        selection.detail("stage_ages"), names, flowing.moves, len(flowing.days)
    )


def _over_time(selection: Selection, flowing: Flowing) -> None:
    """Draw the stages over time: what is begun, or all items, as the address chooses."""
    with st.container(border=True, gap="xsmall"):
        view = st.segmented_control(
            "Items",
            [_BEGUN, _WHOLE],
            default=_BEGUN if flowing.begun(selection.span) >= _MANY else _WHOLE,
            key="stages",
            bind="query-params",
            label_visibility="collapsed",
        )
        asked = [selection.query(name, "stage", "day") for name in _FLOWS]
        asked.append(selection.query("bottleneck"))
        drawn(_piled(selection, view == _WHOLE), "over_time", asked)


_STANDING = ("stage_items", "stage_age_p50", "stage_age_p85")
_FLOWS = ("stage_arrivals", "stage_departures")


@kept
def _piled(selection: Selection, whole: bool) -> Figure:
    flowing = judged.flowing(selection)
    grown = flowing.grown
    wanted = (
        {*STAGE_TITLES} if whole else {*BEGUN_STAGES, *([] if grown is None else [grown.stage])}
    )
    known = flowing.queues
    standing = {one: known[one].standing(selection.span) for one in wanted & known.keys()}
    return figures.draw_stages(
        standing,
        selection.span,
        title="" if grown is None else grown.text,
        outlined=None if grown is None else Outlined(grown.stage, grown.since),
        observed=_observed(selection),
    )


def _observed(selection: Selection) -> date | None:
    """Return the day since when the source is watched; a file tells all it knows at once."""
    if selection.file:
        return None
    since = datetime.fromtimestamp(selection.holding.info.observed_since / SECOND, UTC)
    return since.astimezone(zone(selection.timezone)).date()


def _help(selection: Selection, flowing: Flowing) -> None:
    """Draw what to do about the queue that grows, and the way to items."""
    grown = flowing.grown
    if grown is None:
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown("**What would help**")
        st.markdown(esc(flowing.advice))
        means = "Means of working days since then."
        st.caption(esc(f"{STAGE_TITLES[grown.stage]}: {grown.why}. {means}"))
        to_those(selection, Items(stage=grown.stage))


def _live_part(selection: Selection) -> None:
    ages = {row["stage"]: row["value"] for row in selection.rows("stage_age_p50", "stage")}
    shown, about = [], selection.query("stage_items", "stage")
    for row in selection.rows("stage_items", "stage"):
        stage = row["stage"]
        age = ages.get(stage)
        below = "" if age is None else f"median age {formats.age(age)}"
        shown.append(Tile(_name(selection, stage), formats.count(row["value"]), below, about))
    tiles(shown)


def _stages(selection: Selection, flowing: Flowing) -> None:
    with st.container(border=True, gap="xsmall"):
        title = longest_text(selection.rows("stage_age_p85", "stage"))
        asked = [selection.query(one, "stage") for one in (*_STANDING, *_FLOWS)]
        found = stage_rows(selection, flowing, lambda stage: _name(selection, stage))
        card_head(title, "stages_table", asked, found)
        days = formats.count_of(len(flowing.days), "working day", "working days")
        st.caption(
            "Half of a stage's items are younger than the median; 15 % are older than the "
            f"last. In and out: a day, over the last {days} that are over. The line: items "
            "there, the last four weeks."
        )
        config = {
            "In a day": _RATE,
            "Out a day": _RATE,
            "Four weeks": st.column_config.AreaChartColumn(y_min=0),
        }
        table(found, key="stages_table", alt=title, config=config, sparse=("Note",))


_RATE = st.column_config.NumberColumn(format="%.1f")


@kept
def _cycle_card(selection: Selection) -> tuple[Figure | None, str, list[MetricQuery]]:
    queries = [selection.query(f"cycle_time_{part}", "week") for part in ("p50", "p85")]
    middle, late = (selection.rows(one.metric, "week") for one in queries)
    return figures.draw_cycle_times(middle, late, selection.span), "cycle", queries


def _name(selection: Selection, stage: str) -> str:
    """Return a stage's name; nothing is called done by an assumption of what it needs."""
    return "Has a label" if stage == "done" and need(selection) else STAGE_TITLES[stage]


if __name__ == "__main__":
    page()
