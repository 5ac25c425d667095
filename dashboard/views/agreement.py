"""Agreement: how alike people answer, since when, on which labels, in which pairs, with whom."""

import json
import shlex
from math import ceil

import streamlit as st

from dashboard import tables
from dashboard.desk import current, live
from dashboard.watched import watched
from dashboard.widgets import (
    COUNT,
    PERCENT,
    drawn,
    empty,
    figure,
    later,
    note,
    table,
    tiles,
    two_a_row,
)
from labelpulse.charts import formats, heatmap, shares
from labelpulse.charts.shares import Measure
from labelpulse.charts.theme import Row
from labelpulse.core.events import LABELED, Scale
from labelpulse.judgement.assess import definition
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.tiles import Tile, estimate_tile
from labelpulse.metrics.headline import Headline, headline
from labelpulse.metrics.registry import METRICS

LOWEST = 12
WANTED = 100
"""Items with a second answer that the plan aims at."""


def page() -> None:
    """Draw the page; without second answers, the plan to get some."""
    desk = current()
    if not desk.holding.double:
        live(desk, _plan)
        _labels(desk)
        return
    live(desk, _live_part)
    if desk.scale not in LABELED:
        _matched(desk)
        return
    _over_time(desk)
    left, right = st.columns(2)
    with left:
        figure(heatmap.disagreement(desk.detail("label_pairs")), "labels")
        _lowest(desk)
        two_a_row([watched(desk, "label_mix_drift")])
    with right:
        _pairs(desk)
        tables.peers(desk)
    _without(desk)


def _without(desk: Desk) -> None:
    later("What agreement would be without each person", "without", lambda: tables.without(desk))


def _matched(desk: Desk) -> None:
    """Draw agreement of answers that are no labels: over time and by pair of people."""
    metric = METRICS[_headline(desk).metric]
    by = _grain(desk, metric.name)
    measure = Measure(_label(desk, metric.name), metric.unit, metric.counted, metric.min_n)
    rows, pairs = desk.rows(metric.name, by), desk.rows(metric.name, "annotator_pair")
    overall = _value(desk.one(metric.name))
    known = heatmap.pairs(pairs, min_n=metric.min_n, overall=overall, unit=metric.unit)
    grown = shares.over_time(
        rows,
        desk.span,
        key=by,
        measure=measure,
        target=desk.target,
        level=lambda since, until: _value(desk.one(metric.name, days=(since, until))),
    )
    two_a_row(
        [
            (grown, "over_time", [desk.query(metric.name, by)]),
            (known, "pairs", [desk.query(metric.name, "annotator_pair")]),
        ]
    )
    _without(desk)


def _live_part(desk: Desk) -> None:
    leads = _headline(desk)
    tiles([_tile(desk, name) for name in (leads.metric, *leads.beside, "agreement_coverage")])
    note(leads.why)
    row = desk.one(leads.metric)
    note("" if row is None or row["value"] is None else row["note"])


def _tile(desk: Desk, name: str) -> Tile:
    metric = METRICS[name]
    noun = "items" if metric.counted.startswith("items") else metric.counted
    return estimate_tile(_label(desk, name), desk.one(name), metric.unit, noun, definition(name))


def _headline(desk: Desk) -> Headline:
    """Return the measure that leads on the chosen question."""
    mix = [row["value"] for row in desk.rows("label_share", "label") if row["value"] is not None]
    return headline(desk.scale, max(mix, default=None))


_LABELS = {
    "agreement_alpha": "Alpha",
    "agreement_percent": "Agreement",
    "agreement_coverage": "Second answers",
    "match_f1": "Matched F1",
    "match_iou": "Matched IoU",
    "text_similarity": "Similarity",
    "rank_tau": "Tau",
}


def _label(desk: Desk, metric: str) -> str:
    if metric == "agreement_ac1":
        return "AC1" if desk.scale == Scale.NOMINAL else "AC2"
    return _LABELS[metric]


def _over_time(desk: Desk) -> None:
    """Draw agreement by day or week, and beside it whether it left its baseline."""
    least = METRICS["agreement_percent"].min_n
    by = _grain(desk, "agreement_percent")
    measure = Measure("agreement", "share", "items", least)
    rows = desk.rows("agreement_percent", by)
    known = shares.over_time(rows, desk.span, key=by, measure=measure, target=desk.target)
    two_a_row(
        [
            watched(desk, "agreement_drift"),
            (known, "over_time", [desk.query("agreement_percent", by)]),
        ]
    )


_BY_PAIR = {"Agreement": "pair_agreement", "Kappa": "pair_kappa"}


def _pairs(desk: Desk) -> None:
    """Draw the pairs of people, by plain agreement or beyond chance."""
    with st.container(border=True, gap="xsmall"):
        chosen = st.segmented_control(
            "Pairs by",
            list(_BY_PAIR),
            default="Agreement",
            key="pairs_by",
            bind="query-params",
            required=True,
            label_visibility="collapsed",
        )
        _pairs_by(desk, chosen or "Agreement")


def _pairs_by(desk: Desk, chosen: str) -> None:
    metric = METRICS[_BY_PAIR.get(chosen, "pair_agreement")]
    rows = desk.rows(metric.name, "annotator_pair")
    overall = _value(desk.one("pair_agreement")) if metric.name == "pair_agreement" else None
    drawn(heatmap.pairs(rows, min_n=metric.min_n, overall=overall, unit=metric.unit), "pairs")


def _value(row: Row | None) -> float | None:
    return None if row is None else row["value"]


def _grain(desk: Desk, metric: str) -> str:
    """Days where most of them rest on enough items, else weeks."""
    rows = desk.rows(metric, "day")
    enough = sum(row["n"] >= METRICS[metric].min_n for row in rows)
    return "day" if enough * 2 >= len(rows) and len(rows) <= 200 else "week"


def _plan(desk: Desk) -> None:
    """Say what cannot be measured, what a second answer would tell, and how to get some."""
    items = desk.holding.items
    empty(
        f"{formats.plural(items, 'item')}, 0 with two answers: agreement cannot be measured",
        "100 double-labeled items give ±8 points at 80 %, 400 give ±4. Take them at random from "
        "what is done, and let a second person answer without seeing the first answer.",
        _steps(desk),
    )


def _steps(desk: Desk) -> list[tuple[str, str]]:
    project = desk.holding.info
    if not project.source.type.startswith("label-studio"):
        command = f"labelpulse import second-answers.csv --project {shlex.quote(project.title)}"
        return [("Load the second answers into the same project", command)]
    share = min(max(ceil(WANTED * 100 / max(desk.holding.items, 1)), 1), 100)
    what = f"In Label Studio: ask for two annotations on {share} % of the project's tasks"
    body = json.dumps({"maximum_annotations": 2, "overlap_cohort_percentage": share})
    command = (
        f"curl -X PATCH https://LABEL-STUDIO/api/projects/{project.native_id} "
        f"-H 'Authorization: Token …' -H 'Content-Type: application/json' -d '{body}'"
    )
    return [(what, command)]


def _labels(desk: Desk) -> None:
    """Draw what single answers do tell: the mix of labels, and whether it is as usual."""
    rows = [row for row in desk.rows("label_share", "label") if row["value"] is not None]
    if not rows:
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown("**The mix of labels**")
        st.caption(f"Shares of {formats.plural(rows[0]['n'], 'answer')} in the chosen time.")
        table(
            [
                {
                    "Label": row["label"],
                    "Share": 100 * row["value"],
                    "95 % interval": formats.interval(row["low"], row["high"], "share"),
                }
                for row in rows
            ],
            key="mix",
            config={"Share": st.column_config.ProgressColumn(format="%.0f %%", max_value=100)},
        )
    two_a_row([watched(desk, "label_mix_drift")])


def _lowest(desk: Desk) -> None:
    least = METRICS["pair_agreement"].min_n
    pairs = [row for row in desk.rows("pair_agreement", "annotator_pair") if row["n"] >= least]
    pairs = sorted((row for row in pairs if row["value"] is not None), key=lambda row: row["value"])
    if not pairs:
        return
    with st.container(border=True, gap="xsmall"):
        shown = min(LOWEST, len(pairs))
        lowest = "pair that agrees" if shown == 1 else f"{shown} pairs that agree"
        st.markdown(f"**The {lowest} least**")
        st.caption(f"Of {formats.plural(len(pairs), 'pair')} with {least} or more items in common.")
        table(
            [
                {
                    "One": row["annotator_a"],
                    "Other": row["annotator_b"],
                    "Agree": 100 * row["value"],
                    "95 % interval": formats.interval(row["low"], row["high"], "share"),
                    "Items": row["n"],
                }
                for row in pairs[:LOWEST]
            ],
            key="lowest",
            config={"Agree": PERCENT, "Items": COUNT},
        )


if __name__ == "__main__":
    page()
