"""Where nobody gave a second answer: how to get some, and what single answers do tell."""

import json
import shlex
from math import ceil

import streamlit as st

from dashboard.tables import head
from dashboard.watched import watched
from dashboard.widgets import empty, table, two_a_row
from labelpulse.core import formats
from labelpulse.findings.selection import Selection

WANTED = 100
"""Items with a second answer that the plan aims at."""


def plan(selection: Selection) -> None:
    """Say what cannot be measured, what a second answer would tell, and how to get some."""
    items = selection.holding.items
    empty(
        (
            f"{formats.count_of(items, 'item', 'items')}, 0 with two answers: agreement cannot be "
            "measured"
        ),
        (
            "100 double-labeled items give ±8 points at 80 %, 400 give ±4. Take them at random "
            "from what is done, and let a second person answer without seeing the first answer."
        ),
        _steps(selection),
    )


def _steps(selection: Selection) -> list[tuple[str, str]]:
    project = selection.holding.info
    if not project.source.type.startswith("label-studio"):
        command = f"labelpulse import second-answers.csv --project {shlex.quote(project.title)}"
        return [("Load the second answers into the same project", command)]
    share = min(max(ceil(WANTED * 100 / max(selection.holding.items, 1)), 1), 100)
    what = f"In Label Studio: ask for two annotations on {share} % of the project's tasks"
    body = json.dumps({"maximum_annotations": 2, "overlap_cohort_percentage": share})
    return [(what, _PATCH.format(project=project.native_id, body=body))]


_PATCH = (
    "curl -X PATCH https://LABEL-STUDIO/api/projects/{project} "
    "-H 'Authorization: Token …' -H 'Content-Type: application/json' -d '{body}'"
)


def single(selection: Selection) -> None:
    """Draw what single answers do tell: the mix of labels, and whether it is as usual."""
    rows = [row for row in selection.rows("label_share", "label") if row["value"] is not None]
    if not rows:
        return
    with st.container(border=True, gap="xsmall"):
        answers = formats.count_of(rows[0]["n"], "answer", "answers")
        about = f"Shares of {answers} in the chosen time."
        told = [
            {
                "Label": row["label"],
                "Share": 100 * row["value"],
                "95 % interval": formats.interval(row["low"], row["high"], "share"),
            }
            for row in rows
        ]
        head("The mix of labels", about, "mix", [selection.query("label_share", "label")], told)
        table(
            told,
            key="mix",
            alt="Mix of labels",
            config={"Share": st.column_config.ProgressColumn(format="%.0f %%", max_value=100)},
        )
    two_a_row([watched(selection, "label_mix_drift")])
