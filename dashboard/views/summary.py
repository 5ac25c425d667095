"""Summary: the verdict, six numbers, three risks, progress; and all projects side by side."""

import streamlit as st

from dashboard import context
from dashboard.desk import current, live, menu, of_project
from dashboard.widgets import (
    COUNT,
    PERCENT,
    attention_card,
    figure,
    later,
    note,
    table,
    tiles,
    verdict_card,
)
from labelpulse.charts import formats, series
from labelpulse.core.catalogue import marked, say
from labelpulse.judgement import outlook, summary
from labelpulse.judgement.assess import project_pace
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.findings import findings, judge
from labelpulse.judgement.portfolio import cells, standing, worst_first

RISKS = 3
AT_ONCE = 8
"""More projects than this are judged only when the portfolio is opened."""


def page() -> None:
    """Draw the page."""
    desk = current()
    live(desk, _live_part)
    charts, attention = st.columns([2, 1])
    with charts:
        _burn_up(desk)
    with attention:
        attention_card(findings(desk), first=RISKS, pages=menu())
    _portfolio()
    _made(desk)


def _live_part(desk: Desk) -> None:
    verdict_card(judge(desk))
    if desk.span != desk.as_now().span:
        note(
            say(
                "The verdict and what needs attention rest on the last 13 weeks, whatever is "
                "chosen."
            )
        )
    tiles(summary.tiles(desk))


def _burn_up(desk: Desk) -> None:
    figure(outlook.burn_up_figure(desk), "burn_up", outlook.burn_up_queries(desk))


def _made(desk: Desk) -> None:
    made = desk.rows("annotations_submitted", "day")
    need = project_pace(desk).needed
    figure(
        series.daily_counts(made, desk.span, noun=marked("labels"), need=need),
        "daily",
        [desk.query("annotations_submitted", "day")],
    )


def _portfolio() -> None:
    """Draw all projects side by side, where there are two or more."""
    held = context.everything().projects
    if len(held) < 2:
        return
    if len(held) > AT_ONCE:
        projects = formats.plural(len(held), "project", "projects")
        later(say("Portfolio: {projects}", projects=projects), "portfolio", _projects)
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown(say("**Portfolio**"))
        _projects()


def _projects() -> None:
    found = worst_first([standing(of_project(one)) for one in context.everything().projects])
    late = sum(one.verdict.tone == "red" for one in found)
    st.caption(
        say(
            "{projects}, the worst first; {late} late. Each is judged on its own headline "
            "question.",
            projects=formats.plural(len(found), "project", "projects"),
            late=formats.count(late),
        )
    )
    table(
        [cells(one) for one in found],
        key="projects",
        config={say("Done"): PERCENT, say("Quality"): PERCENT, say("Risks"): COUNT},
    )


if __name__ == "__main__":
    page()
