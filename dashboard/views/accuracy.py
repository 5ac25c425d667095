"""Accuracy: who is right on known answers, whether these are, and what may be delivered."""

import json
from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from dashboard import acting, consensus, tables
from dashboard.heavy import at_once_or_later
from dashboard.kept import kept
from dashboard.selection import current, live
from dashboard.watched import watched
from dashboard.widgets import empty, figure, later, note, tiles, two_a_row
from labelpulse.charts import heatmap, ranking, shares
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.core.estimate import Measure
from labelpulse.core.events import MATCHED
from labelpulse.findings import evidence
from labelpulse.findings.assess import target_for
from labelpulse.findings.deliveries import left_query
from labelpulse.findings.selection import Selection
from labelpulse.findings.tiles import Tile, metric_tile
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery

_CONSENSUS = "Accuracy by consensus of all answers"


def page() -> None:
    """Draw the page; while nothing is chosen as gold, the choice and what answers tell."""
    selection = current()
    if selection.holding.gold == "none":
        live(selection, _nothing)
        if selection.holding.candidates:
            _choice(selection)
        if selection.scale in MATCHED:
            return
        if selection.holding.double:
            about = consensus.queries(selection)
            _fitted(selection, _CONSENSUS, "by_consensus", consensus.people_and_labels, about)
            _to_act_on(selection)
        return
    if selection.scale in MATCHED:
        live(selection, _live_shapes)
        if not _is_unanswered(selection, _F1):
            _matched(selection)
        return
    live(selection, _live_part)
    if not _is_unanswered(selection, "gold_accuracy"):
        _charts(selection)
        health = "Health of the known answers"
        about = [selection.query("gold_item_health", "item")]
        _fitted(selection, health, "health", acting.gold_health, about)
    _to_act_on(selection)
    if selection.holding.double:
        about = consensus.queries(selection)
        later(_CONSENSUS, "by_consensus", lambda: consensus.people_and_labels(selection), about)


def _is_unanswered(selection: Selection, metric: str) -> bool:
    """Return whether no gold item has an answer yet, and say so."""
    row = selection.one(metric)
    if row is not None and row["n"]:
        return False
    empty(
        "Nobody has answered a gold item yet",
        "Accuracy appears here with the first answer to an item that has a gold label.",
    )
    return True


def _to_act_on(selection: Selection) -> None:
    """Draw which batches may be delivered, and what to review next."""
    signed, planned = (
        selection.query("batch_sign_off", "batch"),
        selection.query("review_gain", "item"),
    )
    about = [signed, left_query(selection)]
    _fitted(selection, "Batch sign-off", "signed", acting.sign_off, about)
    _fitted(selection, "Review plan", "plan", acting.review_plan, [planned])


def _fitted(
    selection: Selection,
    title: str,
    key: str,
    draw: Callable[[Selection], None],
    about: Sequence[MetricQuery],
) -> None:
    at_once_or_later(selection, title, key, partial(draw, selection), about=about)


def _charts(selection: Selection) -> None:
    left, right = st.columns(2)
    with left:
        figure(_people(selection), "people", [selection.query("gold_accuracy", "annotator")])
        tables.shrunk(selection)
    with right:
        figure(_confusion(selection), "confusion", [selection.query("gold_accuracy", "label")])
        figure(_weeks(selection), "over_time", [selection.query("gold_accuracy", "week")])
        two_a_row([watched(selection, "gold_drift")])
    tables.gold_labels(selection)


def _matched(selection: Selection) -> None:
    """Draw shapes, spans and texts: they are right in part, and have no labels to tell apart."""
    left, right = st.columns(2)
    with left:
        figure(_people(selection, _F1), "people", [selection.query(_F1, "annotator")])
    with right:
        figure(_weeks(selection, _F1), "over_time", [selection.query(_F1, "week")])


_F1 = "gold_match_f1"


def _measure(metric: str = "gold_accuracy") -> Measure:
    name = "matched F1" if metric == _F1 else "accuracy"
    return Measure(name, "share", "known answers", METRICS[metric].min_n)


@kept
def _people(selection: Selection, metric: str = "gold_accuracy") -> Figure:
    whole = selection.one(metric)
    return ranking.dots(
        selection.rows(metric, "annotator"),
        key="annotator",
        measure=_measure(metric),
        overall=None if whole is None else whole["value"],
    )


@kept
def _confusion(selection: Selection) -> Figure:
    return heatmap.confusion(selection.detail("gold_confusion"))


@kept
def _weeks(selection: Selection, metric: str = "gold_accuracy") -> Figure:
    rows, target = selection.rows(metric, "week"), target_for(selection, metric)
    return shares.over_time(
        rows, selection.span, key="week", measure=_measure(metric), target=target
    )


def _live_shapes(selection: Selection) -> None:
    row, first = selection.one(_F1), "first answers"
    tiles(
        [
            metric_tile(selection, "Matched F1 on gold", _F1, first),
            metric_tile(selection, "Overlap with gold", "gold_match_iou", first),
            evidence.gold(selection),
            evidence.reviewed(selection),
        ]
    )
    note("" if row is None or row["value"] is None else row["note"])
    if selection.subjective:
        note(_PERSPECTIVE)


_PERSPECTIVE = "This question is marked as subjective: gold is one perspective, not the truth."


def _live_part(selection: Selection) -> None:
    metric = METRICS["gold_accuracy"]
    row = selection.one("gold_accuracy")
    people = ranking.people(selection.rows("gold_accuracy", "annotator"), "annotator")
    enough = sum(one["n"] >= metric.min_n for one in people)
    about = selection.query("gold_accuracy")
    tiles(
        [
            metric_tile(selection, "Accuracy on gold", "gold_accuracy", "first answers"),
            evidence.gold(selection),
            Tile("People", formats.count(len(people)), "met known answers", about),
            Tile(
                f"With {metric.min_n} or more",
                formats.count(enough),
                "enough to say something of one person",
                "Fewer answers are drawn in grey: chance alone would move them far.",
            ),
            evidence.reviewed(selection),
        ]
    )
    note("" if row is None or row["value"] is None else row["note"])
    if selection.subjective:
        note(_PERSPECTIVE)


def _nothing(_selection: Selection) -> None:
    """Show no number: nothing is known to be right yet."""


def _choice(selection: Selection) -> None:
    found = selection.holding.candidates
    project = selection.holding.info
    others = 'or the people whose answers are right: gold = ["expert@example.org"]'
    lines = "\n".join(
        [
            "[[projects]]",
            f"source = {json.dumps(project.source.name, ensure_ascii=False)}",
            f"title = {json.dumps(project.title, ensure_ascii=False)}",
            f"gold = {json.dumps(next(iter(found)))}",
            f"# {others}",
        ]
    )
    candidates = formats.listed([_candidates(name, n) for name, n in found.items()])
    empty(
        "Choose what counts as gold",
        (
            f"The data holds {candidates}. They are not taken for right by themselves: imports are "
            "often marked so by default, and answers compared with themselves are always right."
        ),
        [("Add this to labelpulse.toml; the next poll counts anew", lines)],
    )


def _candidates(name: str, n: int) -> str:
    """Return how many answers there are of a kind that could be chosen as gold."""
    if name == "flag":
        annotations = formats.count_of(n, "annotation", "annotations")
        return f"{annotations} that the tool marks as ground truth"
    items = formats.count_of(n, "item", "items")
    return f"{items} with a known answer in a column of a file"


if __name__ == "__main__":
    page()
