"""Flow: where items stand, for how long, and which stage waits longest."""

from collections.abc import Mapping

import streamlit as st

from dashboard.desk import current, live
from dashboard.escape import esc
from dashboard.widgets import COUNT, empty, figure, table, tiles
from labelpulse.charts import flow, formats
from labelpulse.charts.flow import STAGES
from labelpulse.judgement.assess import definition, need
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.tiles import Tile
from labelpulse.reader import Row
from labelpulse.reader.details import AGES


def page() -> None:
    """Draw the page."""
    desk = current()
    live(desk, _live_part)
    rows = desk.detail("stage_ages")
    if not any(row["stage"] in flow.OPEN for row in rows):
        known = need(desk)
        empty(
            f"Every item has a label; {known}" if known else "Nothing waits: every item is done", ""
        )
        return
    figure(flow.queues(rows, [name for _, name in AGES]), "queues")
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{esc(flow.longest(desk.rows('stage_age_p85', 'stage')))}**")
        st.caption(
            "Half of a stage's items are younger than the median; 15 % are older than the last."
        )
        table(_stage_rows(desk), key="stages", config={"Items": COUNT})


def _live_part(desk: Desk) -> None:
    ages = {row["stage"]: row["value"] for row in desk.rows("stage_age_p50", "stage")}
    shown = []
    for row in desk.rows("stage_items", "stage"):
        stage = row["stage"]
        age = ages.get(stage)
        below = "" if age is None else f"median age {formats.age(age)}"
        shown.append(
            Tile(_name(desk, stage), formats.count(row["value"]), below, definition("stage_items"))
        )
    tiles(shown)


def _stage_rows(desk: Desk) -> list[dict[str, object]]:
    middle = {row["stage"]: row for row in desk.rows("stage_age_p50", "stage")}
    late = {row["stage"]: row for row in desk.rows("stage_age_p85", "stage")}
    return [
        {
            "Stage": _name(desk, row["stage"]),
            "Items": row["value"],
            "Median age": formats.age(_value(middle, row["stage"])),
            "85 % are younger than": formats.age(_value(late, row["stage"])),
            "Note": flow.NO_AGE if row["stage"] == "blocked" else _text(late, row["stage"]),
        }
        for row in desk.rows("stage_items", "stage")
    ]


def _value(rows: Mapping[str, Row], stage: str) -> float | None:
    found = rows.get(stage, {}).get("value")
    return found if isinstance(found, int | float) else None


def _text(rows: Mapping[str, Row], stage: str) -> str:
    return str(rows.get(stage, {}).get("note") or "")


def _name(desk: Desk, stage: str) -> str:
    """Return a stage's name; nothing is called done by an assumption of what it needs."""
    return "Has a label" if stage == "done" and need(desk) else STAGES[stage]


if __name__ == "__main__":
    page()
