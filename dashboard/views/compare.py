"""Compare: tools, teams and programs side by side, on one definition."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard import context
from dashboard.card_menu import card_head
from dashboard.choice import choice
from dashboard.escape import esc
from dashboard.selection import ALL_PROGRAMS, NO_PROGRAM, current, live
from dashboard.widgets import empty, note, table, tiles, two_a_row
from labelpulse.charts import ranking
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.findings import compare
from labelpulse.findings.compare import KEYS, Compared
from labelpulse.findings.selection import Selection
from labelpulse.findings.tiles import Tile, estimate_tile
from labelpulse.reader import MetricQuery, Row


def page() -> None:
    """Draw the chosen kind of groups: tiles, a table of all numbers, charts with intervals."""
    selection, there = current(), context.everything().comparable
    kinds = [name for name, key in KEYS.items() if key in there]
    chosen = choice("Compare", kinds, "groups", width=130, usual=0) or kinds[0]
    key = KEYS[chosen]
    program = None if key == "program" else _program()
    live(selection, partial(_live_part, key=key, program=program))
    found = compare.compared(selection, key, program, context.whole_version())
    names = compare.groups(found, key)
    if len(names) < 2:
        empty(
            "Nothing to compare in these days",
            "Fewer than two of them have work in the chosen days: choose more days.",
        )
        return
    _table(chosen, key, found, names)
    for why in compare.reasons(found, key):
        note(why)
    two_a_row(
        [
            (_figure(one), one.column.metric, [one.query])
            for one in found
            if one.column.drawn and one.told_apart
        ]
    )


def _program() -> str | None:
    """Return the program that the header of the page chose; None = all projects."""
    found = st.session_state.get("program")
    return None if found in (None, ALL_PROGRAMS, NO_PROGRAM) else str(found)


def _live_part(selection: Selection, key: str, program: str | None) -> None:
    st.caption(
        esc(
            "All projects, whatever project is chosen."
            if program is None
            else f"All projects of {program}, whatever project is chosen."
        )
    )
    version, shown = context.whole_version(), []
    for column in compare.COLUMNS[:2]:
        asked = compare.question(selection, column, key, program)
        whole = MetricQuery(asked.metric, since=asked.since, until=asked.until, where=asked.where)
        row: Row | None = next(iter(selection.ask.answer(whole, version)), None)
        shown.append(estimate_tile(column.name, row, "", "", whole))
    found = compare.compared(selection, key, program, version)
    n = len(compare.groups(found, key))
    kind = next(name for name, one in KEYS.items() if one == key)
    about = "How many have work in the chosen days."
    tiles([Tile(kind, formats.count(n), "with work in these days", about), *shown])


def _table(kind: str, key: str, found: Sequence[Compared], names: Sequence[str]) -> None:
    """Draw one row a group: every number with its interval and n."""
    rows = [
        {
            compare.ONE[key]: name,
            **{one.column.name: compare.cell(one, name, key) for one in found},
        }
        for name in names
    ]
    groups = f"1 of {kind.lower()}" if len(names) == 1 else f"{len(names)} {kind.lower()}"
    title = f"{groups}, by name"
    with st.container(border=True, gap="xsmall"):
        card_head(title, "compared", [one.query for one in found], rows)
        st.caption(
            esc(
                "In brackets the 95 % interval. Each number is that of one project that held "
                "all their items. Groups may get different items: look at each project before "
                "you judge a group."
            )
        )
        table(rows, key="compared", alt=title, whole=True)


def _figure(one: Compared) -> Figure:
    rows = [{**row, "name": one.name(row)} for row in one.rows]
    return ranking.dots(rows, key="name", measure=one.column.measure, title=compare.finding(one))


if __name__ == "__main__":
    page()
