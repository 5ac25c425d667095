"""Items: what to look at next, what waits for whom, and what stands in a stage."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import queue, standing
from dashboard.card_menu import TABLES, as_file, offer
from dashboard.choice import as_day, choice
from dashboard.drill import TOOL
from dashboard.escape import esc
from dashboard.person import ANYBODY, pick
from dashboard.queue import Asked
from dashboard.selection import current, live
from dashboard.widgets import empty, note, tiles
from labelpulse.core import formats
from labelpulse.core.errors import LabelpulseError
from labelpulse.core.escapes import escape_formula
from labelpulse.core.queue import REASON_NAMES, Reason, State
from labelpulse.findings import items
from labelpulse.findings.selection import Selection
from labelpulse.reader.handover import handover
from labelpulse.reader.queue import Entry

SUGGESTED, QUEUE, STAGE = "Suggested", "Queue", "stage"
EVERY, ANY_BATCH, ANY_PAIR = "All reasons", "All batches", "All labels"
ANY_OWNER, NOBODY, WAITING = "All owners", "No owner", "Waiting"
STATES = {
    WAITING: (State.OPEN, State.SENT),
    "Open": (State.OPEN,),
    "Sent": (State.SENT,),
    "Decided": (State.DECIDED,),
    "All states": tuple(State),
}

LAST = {7: "Last 7 days", 28: "Last 4 weeks", 91: "Last 13 weeks"}

MOST_PAIRS = 15
HEIGHT = 424
"""Pixels of the table: its head and ten rows."""

_TURN, _SAID = "items_turn", "items_said"


def page() -> None:
    """Draw the page: how the queue stands, the choices, the table, and what can be done."""
    selection = current()
    stages = standing.stages(selection)
    stage = next((one for one in stages if one == st.query_params.get("stage")), None)
    live(selection, _tiles if stage is None else lambda _selection: None)
    if said := st.session_state.pop(_SAID, None):
        st.toast(esc(said))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if stages:
            wide = 105 if stage is None else 190
            pick({"": "Any stage", **stages}, wide, label="Stage", key="stage")
        view = _view() if stage is None else STAGE
        asked = _asked(selection, view)
        if stage is None:
            found = _queued(asked) if view == QUEUE else queue.suggested(asked, selection.version)
    if stage is not None:
        standing.draw(selection, asked, stage)
        return
    if not found:
        _nothing(selection, asked, view)
        return
    _note(selection, found)
    chosen = _table(selection, found, view)
    _actions(chosen, view)
    rows = chosen or found
    offer(len(rows), partial(_file, rows), {**TABLES, "JSON": "application/json"})


def _view() -> str | None:
    return st.segmented_control(
        "View",
        [SUGGESTED, QUEUE],
        default=SUGGESTED,
        key="view",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )


def _tiles(selection: Selection) -> None:
    tiles(items.tally(queue.queued(Asked(selection.holding.info.label, selection.control))))


def _asked(selection: Selection, view: str | None) -> Asked:
    """Draw the choices of which items to show; they live in the URL."""
    names = {REASON_NAMES[one]: one for one in Reason}
    reason = EVERY
    if view != STAGE:
        reason = choice("Reason", [EVERY, *names], "reason", width=120) or EVERY
    batches = [row["batch"] for row in selection.rows("progress", "batch") if row["batch"]]
    batch = None
    if batches:
        batch = choice("Batch", [ANY_BATCH, *batches], "batch", width=130)
    asked = Asked(
        project=selection.holding.info.label,
        control=selection.control,
        batch=None if batch == ANY_BATCH else batch,
        reason=names.get(reason),
        since=_since(selection.span.until if view == SUGGESTED else selection.now_day),
    )
    if view != SUGGESTED or not selection.holding.double:
        return asked
    pairs, people = _pairs(selection), _people(selection)
    pair = choice("Labels", [ANY_PAIR, *pairs], "pair")
    person = pick({ANYBODY: "Anybody", **people}, 150)
    return replace(asked, labels=pairs.get(pair or ""), person=person or None)


def _since(until: date) -> date | None:
    """Draw the choice of a first day: of the last so many, or the one that the address names."""
    days = {f"{n}d": until - timedelta(n - 1) for n in LAST}
    shown = {"": "Any day", **dict(zip(days, LAST.values(), strict=True))}
    asked = st.query_params.get("since", "")
    if asked not in shown and (day := as_day(asked)) is not None:
        days[asked], shown[asked] = day, f"Since {formats.day_year(day)}"
    return days.get(pick(shown, 145, label="Since", key="since"))


def _pairs(selection: Selection) -> dict[str, tuple[str, str]]:
    """Return pairs of labels by how the URL says them, those that disagree most first."""
    rows = selection.detail("label_pairs")
    found = {f"{row['label_a']}|{row['label_b']}": (row["label_a"], row["label_b"]) for row in rows}
    kept = dict(list(found.items())[:MOST_PAIRS])
    wanted = st.query_params.get("pair", "")
    one, mark, other = wanted.partition("|")
    return kept if not mark or wanted in kept else {**kept, wanted: (one, other)}


def _people(selection: Selection) -> dict[str, str]:
    """Return how people are shown by pseudonym, in alphabetical order."""
    query = selection.query("annotations_submitted", "annotator", days=(None, None))
    hidden = [row["annotator"] for row in selection.ask.answer(query, selection.version)]
    found = {one: selection.names.get(one, one) for one in hidden if one}
    return dict(sorted(found.items(), key=lambda one: one[1].casefold()))


def _queued(asked: Asked) -> list[Entry]:
    """Draw the choices that only the queue has, and return its entries."""
    every = queue.queued(asked)
    state = STATES[choice("State", list(STATES), "state") or WAITING]
    owners = sorted({one.owner for one in every if one.owner})
    owner = choice("Owner", [ANY_OWNER, NOBODY, *owners], "owner") or ANY_OWNER
    return [
        one for one in every if one.state in state and owner in (ANY_OWNER, one.owner or NOBODY)
    ][: queue.MOST]


def _note(selection: Selection, found: Sequence[Entry]) -> None:
    """Say what suggestions rest on where nothing tells doubtful items from others."""
    drawn = all(one.reason is Reason.REVIEW_PLAN and one.state is None for one in found)
    row = selection.one("review_gain") if drawn else None
    if row is not None and row["value"] is None:
        note(row["note"])


def _table(selection: Selection, found: Sequence[Entry], view: str | None) -> list[Entry]:
    """Draw the items and return those that are selected."""
    draw = items.queue_row if view == QUEUE else items.suggested_row
    templates = queue.links()
    rows = [draw(one, selection.names, templates) for one in found]
    empty_columns = {name for name in rows[0] if all(not row[name] for row in rows)}
    shown = [
        {name: escape_formula(value) for name, value in row.items() if name not in empty_columns}
        for row in rows
    ]
    state: Any = st.dataframe(
        pd.DataFrame(shown),
        hide_index=True,
        height=HEIGHT if len(shown) > 10 else "auto",
        key=f"items {view} {st.session_state.get(_TURN, 0)}",
        on_select="rerun",
        selection_mode="multi-row",
        column_config=_CONFIG,
        placeholder=formats.NONE,
        alt="Items with the reason, who answered what, and how far the queue got",
    )
    return [found[at] for at in state.selection.rows if at < len(found)]


_CONFIG = {
    "Reason": st.column_config.TextColumn(width=95),
    "Item": st.column_config.TextColumn(width=80),
    **TOOL,
    "Answers": st.column_config.TextColumn(width=330),
    "Evidence": st.column_config.TextColumn(width=250),
    "Age": st.column_config.TextColumn(width=70),
    "State": st.column_config.TextColumn(width=70),
}


def _actions(chosen: list[Entry], view: str | None) -> None:
    """Draw what can be done with the selected rows."""
    if not queue.may_write():
        note("The queue is changed where the dashboard runs, or by `labelpulse queue`.")
        return
    problem = st.empty()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"{formats.count(len(chosen))} selected", width=80)
        owner = st.text_input(
            "Owner",
            key="who",
            placeholder="Owner",
            label_visibility="collapsed",
            width=160,
        )
        do = partial(_button, problem, chosen)
        if view == SUGGESTED:
            do("put", "Put in the queue", partial(queue.put, owner=owner), primary=True)
            return
        do("assign", "Assign", partial(queue.assign, owner=owner))
        do("mark", "Mark as sent", queue.mark_sent)
        for name in queue.channels():
            do(
                f"send {name}",
                f"Send to {name}",
                partial(queue.post, channel=name),
            )
        outcome = st.text_input(
            "Decision",
            key="outcome",
            placeholder="What was decided",
            label_visibility="collapsed",
            width=220,
        )
        do("decide", "Decide", partial(queue.decide, outcome=outcome), primary=True)
        if any(one.state is State.DECIDED for one in chosen):
            do("reopen", "Open again", queue.reopen)


def _button(
    problem: Any,
    chosen: list[Entry],
    key: str,
    label: str,
    act: Callable[[list[Entry]], str],
    *,
    primary: bool = False,
) -> None:
    """Draw a button that acts on the selected rows; what goes wrong is told above it."""
    kind: Literal["primary", "secondary"] = "primary" if primary else "secondary"
    if st.button(esc(label), key=f"do {key}", disabled=not chosen, type=kind):
        try:
            st.session_state[_SAID] = act(chosen)
        except LabelpulseError as error:
            problem.error(esc(formats.begun(str(error))))
            return
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
        st.rerun()


def _file(rows: Sequence[Entry], kind: str) -> bytes:
    told = handover(rows, queue.links())
    if kind == "JSON":
        return json.dumps({"entries": told}, ensure_ascii=False, indent=1).encode()
    return as_file(told, kind)


def _nothing(selection: Selection, asked: Asked, view: str | None) -> None:
    """Say why there is nothing, and the cheapest way to something."""
    if view == QUEUE:
        empty(
            "Nothing here",
            (
                "No entry matches these choices. Items are put in the queue from the suggestions, "
                "or by the command line."
            ),
            [("Put what is suggested in the queue", "labelpulse queue add --owner NAME")],
        )
    elif asked != Asked(asked.project, asked.control):
        empty("Nothing suggested", "No item matches these choices: choose fewer of them.")
    elif not selection.holding.double and selection.holding.gold == "none":
        empty(
            "Nothing to suggest yet",
            (
                "Answers are needed first. A second person's answers to 100 items taken at random "
                "tell which are doubtful, and agreement to ±8 points at 80 %."
            ),
        )
    else:
        empty("Nothing to suggest", "Every doubtful item was reviewed or decided.")


if __name__ == "__main__":
    page()
