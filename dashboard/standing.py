"""The items that stand in a stage, as the page of items shows them."""

from functools import partial

import streamlit as st

from dashboard import queue
from dashboard.card_menu import as_file, card_head, offer
from dashboard.drill import TOOL
from dashboard.queue import Asked
from dashboard.widgets import empty, note, table
from labelpulse.core import formats
from labelpulse.core.stages import STAGE_TITLES, UNFINISHED_STAGES
from labelpulse.findings import items
from labelpulse.findings.selection import Selection
from labelpulse.reader.handover import standing
from labelpulse.reader.query import Condition
from labelpulse.reader.stuck import Stuck


def stages(selection: Selection) -> dict[str, str]:
    """Return the stages in which items stand, and that of the address, by how it says them."""
    there = {row["stage"] for row in selection.rows("stage_items", "stage") if row["value"]}
    there.add(st.query_params.get("stage"))
    return {one: STAGE_TITLES[one] for one in UNFINISHED_STAGES if one in there}


def draw(selection: Selection, asked: Asked, stage: str) -> None:
    """Draw the items of a stage, the oldest first."""
    found, links = queue.standing(asked, stage, selection.version), queue.links()
    if not found.items:
        _nothing(asked, stage, found)
        return
    title = items.standing_title(stage, found)
    about = [Condition("stage", stage), *asked.query.where]
    with st.container(border=True, gap="xsmall"):
        asks = selection.query("stage_items", where=[one.text() for one in about])
        card_head(title, "standing", [asks])
        if found.total > len(found.items):
            st.caption(f"The oldest {formats.count(len(found.items))} of them.")
        table(
            [items.standing_row(one, selection.names, links) for one in found.items],
            key="standing",
            alt=title,
            config=TOOL,
            sparse=(*TOOL, "Batch", "Answered by"),
        )
    note(found.note)
    told = standing(found.items, stage, links)
    offer(len(told), partial(as_file, told))


def _nothing(asked: Asked, stage: str, found: Stuck) -> None:
    """Say that nothing stands there, or why that is not known and what to do."""
    if not found.counted:
        empty(
            "Not counted yet since an upgrade",
            "",
            [("Count what stands in a stage", "labelpulse rebuild")],
        )
        return
    narrowed = asked != Asked(asked.project, asked.control)
    why = "No item matches these choices: choose fewer of them." if narrowed else ""
    empty(f"Nothing here: {STAGE_TITLES[stage]}", why)
