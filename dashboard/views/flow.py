"""Flow: where items stand, for how long, and which stage waits longest."""

from collections.abc import Mapping

import streamlit as st

from dashboard.assess import definition
from dashboard.desk import Desk, current, live
from dashboard.escape import esc
from dashboard.widgets import COUNT, Tile, empty, figure, table, tiles
from labelpulse.charts import flow, formats
from labelpulse.charts.flow import STAGES
from labelpulse.reader import Row
from labelpulse.reader.details import AGES


def page() -> None:
    """Draw the page."""
    desk = current()
    live(desk, _live_part)
    rows = desk.detail("stage_ages")
    if not any(row["stage"] in flow.OPEN for row in rows):
        empty("Nothing waits: every item is done", "")
        return
    figure(flow.queues(rows, [name for _, name in AGES]), "queues")
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{esc(_longest(desk))}**")
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
            Tile(STAGES[stage], formats.count(row["value"]), below, definition("stage_items"))
        )
    tiles(shown)


def _stage_rows(desk: Desk) -> list[dict[str, object]]:
    middle = {row["stage"]: row for row in desk.rows("stage_age_p50", "stage")}
    late = {row["stage"]: row for row in desk.rows("stage_age_p85", "stage")}
    return [
        {
            "Stage": STAGES[row["stage"]],
            "Items": row["value"],
            "Median age": formats.age(_value(middle, row["stage"])),
            "85 % are younger than": formats.age(_value(late, row["stage"])),
            "Note": _text(late, row["stage"]),
        }
        for row in desk.rows("stage_items", "stage")
    ]


def _value(rows: Mapping[str, Row], stage: str) -> float | None:
    found = rows.get(stage, {}).get("value")
    return found if isinstance(found, int | float) else None


def _text(rows: Mapping[str, Row], stage: str) -> str:
    return str(rows.get(stage, {}).get("note") or "")


def _longest(desk: Desk) -> str:
    """Say which stage waits longest: of the begun ones, where something was begun."""
    late = [row for row in desk.rows("stage_age_p85", "stage") if row["value"] is not None]
    begun = [row for row in late if row["stage"] != flow.OPEN[0]]
    if not late:
        return "Nothing waits with a known age"
    top = max(begun or late, key=lambda row: row["value"])
    return (
        f"Longest: {STAGES[top['stage']].lower()}, 15 % for more than {formats.age(top['value'])}"
    )


if __name__ == "__main__":
    page()
