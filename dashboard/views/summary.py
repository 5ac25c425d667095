"""Summary: the verdict, six numbers, three risks, progress; and all projects side by side."""

from dataclasses import replace
from functools import partial

import streamlit as st

from dashboard import context, judged
from dashboard.card_menu import card_head
from dashboard.escape import esc
from dashboard.kept import kept
from dashboard.selection import current, live, menu, of_project
from dashboard.widgets import (
    PERCENT,
    attention_card,
    figure,
    later,
    table,
    tiles,
    verdict_card,
)
from labelpulse.charts import series
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.findings import outlook
from labelpulse.findings.assess import project_pace
from labelpulse.findings.portfolio import PERCENTS, cells, worst_first
from labelpulse.findings.selection import Selection

RISKS = 3
AT_ONCE = 8
"""More projects than this are judged only when the portfolio is opened."""


def page() -> None:
    """Draw the page."""
    selection = current()
    live(selection, _live_part)
    charts, attention = st.columns([8, 5])
    with charts:
        _burn_up(selection)
    with attention:
        attention_card(selection, judged.attention(selection), first=RISKS, pages=menu())
    _portfolio(selection)
    _made(selection)


def _live_part(selection: Selection) -> None:
    rests = "The verdict and what needs attention rest on the last 13 weeks, whatever is chosen."
    verdict_card(
        judged.verdict(selection), "" if selection.span == selection.as_now().span else rests
    )
    tiles(judged.summary_tiles(selection, tuple(judged.attention(selection))))


def _burn_up(selection: Selection) -> None:
    asked = outlook.burn_up_queries(selection)
    figure(judged.burn_up(selection), "burn_up", asked, rows=judged.burn_up_rows(selection))


@kept
def _daily(selection: Selection) -> Figure:
    made = selection.rows("annotations_submitted", "day")
    need = project_pace(selection).needed
    return series.daily_counts(made, selection.span, noun="labels", need=need)


def _made(selection: Selection) -> None:
    figure(_daily(selection), "daily", [selection.query("annotations_submitted", "day")])


def _portfolio(selection: Selection) -> None:
    """Draw all projects side by side, where there are two or more."""
    held = context.everything().projects
    if len(held) < 2:
        return
    if len(held) > AT_ONCE:
        projects = formats.count_of(len(held), "project", "projects")
        told = f"Portfolio: {projects}"
        later(told, "portfolio", partial(_projects, selection, ""))
        return
    with st.container(border=True, gap="xsmall"):
        _projects(selection, "Portfolio")


def _projects(selection: Selection, title: str) -> None:
    selections = [of_project(one) for one in context.everything().projects]
    found = worst_first([judged.standing(one, tuple(judged.attention(one))) for one in selections])
    rows = [cells(one) for one in found]
    names = ("progress", "finish_date")
    about = [replace(selection.query(one), project=None, by=("project",)) for one in names]
    card_head(title, "portfolio", about, rows)
    late = sum(one.late for one in found)
    tools = sorted({one.holding.info.source.name for one in selections}, key=str.casefold)
    projects = formats.count_of(len(found), "project", "projects")
    st.caption(
        f"{_of_tools(projects, tools)}, the worst first; {formats.count(late)} late. Each is "
        "judged on its own headline question."
    )
    table(
        rows,
        key="projects",
        alt="Projects side by side",
        config=dict.fromkeys(PERCENTS, PERCENT) | _WIDTHS,
        row_height=_FOUR_LINES,
        sparse=("Likely finish", "p10 to p90", "Deadline", "Days late"),
    )


def _of_tools(projects: str, tools: list[str]) -> str:
    """Say of how many tools projects are, and of which, where there are several."""
    if len(tools) < 2:
        return projects
    named = esc(formats.listed(tools))
    n = formats.count(len(tools))
    return f"{projects} in {n} tools ({named})"


_FOUR_LINES = 84
_WIDTHS = {
    name: st.column_config.TextColumn(width=pixels)
    for name, pixels in (
        ("Project", 80),
        ("Program", 75),
        ("Verdict", 65),
        ("First risk", 150),
        ("p10 to p90", 80),
        ("By", 105),
        ("Source", 85),
    )
}
"""Of sentences and pairs, so that a selection of 1,440 pixels, and paper, show the whole row."""


if __name__ == "__main__":
    page()
