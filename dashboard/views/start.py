"""Start: where there is no project yet, what to do next."""

import streamlit as st

from dashboard import context
from dashboard.broken import alone
from dashboard.escape import esc
from dashboard.selection import TICK_S
from dashboard.widgets import empty
from labelpulse.core.days import machine_zone
from labelpulse.findings.freshness import freshness

STEPS = (
    ("See it work on simulated data", "labelpulse demo"),
    (
        (
            "Read the database of a tool (read-only), then keep collecting: Label Studio, CVAT, "
            "doccano, Argilla, Prodigy, INCEpTION"
        ),
        "labelpulse init postgresql://reader@host/database\nlabelpulse up",
    ),
    (
        "Follow Label Studio by its API, or a folder that exports are put into",
        "labelpulse init https://label-studio.example.org\nlabelpulse init exports",
    ),
    (
        "Load a file once: an export of any of these and other tools, results of a crowd",
        'labelpulse import export.json --project "Ads"',
    ),
    (
        "or any table of labels",
        'labelpulse import labels.csv --project "Ads" --map item=id,annotator=who,label=answer',
    ),
)


def page() -> None:
    """Draw why there is nothing to show, and the ways on."""
    st.title("Start", anchor=False)
    problem = context.trouble()
    if problem is not None and not problem.missing:
        empty("The warehouse cannot be read", _plain(problem.sentence))
        return
    if problem is None and context.everything().sources:
        _waiting()
        return
    empty(
        "Nothing is loaded yet",
        (
            "labelpulse shows pace, progress, agreement and accuracy of labeling work. "
            "Choose where its data comes from."
        ),
        STEPS,
    )
    if problem is not None:
        st.caption(esc(_plain(problem.sentence)))
    _watch()


def _plain(sentence: str) -> str:
    """Return a sentence of the command line without the marks around its commands."""
    return sentence.replace("`", "")


def _waiting() -> None:
    """Draw the sources that are known but have brought no project yet."""
    empty(
        "Sources are known, but no project has arrived yet",
        "The collector brings the first.",
    )
    for source in context.everything().sources:
        state = freshness(source, context.now(), machine_zone(), context.interval(source.name))
        st.badge(state.word, color=state.tone)
        st.caption(esc(f"{state.text}. {state.remedy}"))
    _watch()


@st.fragment(run_every=TICK_S)
@alone("watch")
def _watch() -> None:
    """Open Summary as soon as there is a project."""
    if context.trouble() is None and context.everything().projects:
        st.rerun()


if __name__ == "__main__":
    page()
