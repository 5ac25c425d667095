"""Accuracy: who is right on known answers, whether these are, and what may be delivered."""

import json
from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from dashboard import acting, consensus, tables
from dashboard.desk import current, live
from dashboard.heavy import at_once_or_later
from dashboard.kept import kept
from dashboard.watched import watched
from dashboard.widgets import empty, figure, later, note, tiles, two_a_row
from labelpulse.charts import heatmap, ranking, shares
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.core.estimate import Measure
from labelpulse.core.events import MATCHED
from labelpulse.judgement import evidence
from labelpulse.judgement.assess import target_for
from labelpulse.judgement.deliveries import left_query
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.tiles import Tile, metric_tile
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery

_CONSENSUS = "Accuracy by consensus of all answers"


def page() -> None:
    """Draw the page; while nothing is chosen as gold, the choice and what answers tell."""
    desk = current()
    if desk.holding.gold == "none":
        live(desk, _nothing)
        if desk.holding.candidates:
            _choice(desk)
        if desk.scale in MATCHED:
            return
        if desk.holding.double:
            about = consensus.queries(desk)
            _fitted(desk, _CONSENSUS, "by_consensus", consensus.people_and_labels, about)
            _to_act_on(desk)
        return
    if desk.scale in MATCHED:
        live(desk, _live_shapes)
        if not _is_unanswered(desk, _F1):
            _matched(desk)
        return
    live(desk, _live_part)
    if not _is_unanswered(desk, "gold_accuracy"):
        _charts(desk)
        health = "Health of the known answers"
        about = [desk.query("gold_item_health", "item")]
        _fitted(desk, health, "health", acting.gold_health, about)
    _to_act_on(desk)
    if desk.holding.double:
        about = consensus.queries(desk)
        later(_CONSENSUS, "by_consensus", lambda: consensus.people_and_labels(desk), about)


def _is_unanswered(desk: Desk, metric: str) -> bool:
    """Return whether no gold item has an answer yet, and say so."""
    row = desk.one(metric)
    if row is not None and row["n"]:
        return False
    empty(
        "Nobody has answered a gold item yet",
        "Accuracy appears here with the first answer to an item that has a gold label.",
    )
    return True


def _to_act_on(desk: Desk) -> None:
    """Draw which batches may be delivered, and what to review next."""
    signed, planned = desk.query("batch_sign_off", "batch"), desk.query("review_gain", "item")
    about = [signed, left_query(desk)]
    _fitted(desk, "Batch sign-off", "signed", acting.sign_off, about)
    _fitted(desk, "Review plan", "plan", acting.review_plan, [planned])


def _fitted(
    desk: Desk, title: str, key: str, draw: Callable[[Desk], None], about: Sequence[MetricQuery]
) -> None:
    at_once_or_later(desk, title, key, partial(draw, desk), about=about)


def _charts(desk: Desk) -> None:
    left, right = st.columns(2)
    with left:
        figure(_people(desk), "people", [desk.query("gold_accuracy", "annotator")])
        tables.shrunk(desk)
    with right:
        figure(_confusion(desk), "confusion", [desk.query("gold_accuracy", "label")])
        figure(_weeks(desk), "over_time", [desk.query("gold_accuracy", "week")])
        two_a_row([watched(desk, "gold_drift")])
    tables.gold_labels(desk)


def _matched(desk: Desk) -> None:
    """Draw shapes, spans and texts: they are right in part, and have no labels to tell apart."""
    left, right = st.columns(2)
    with left:
        figure(_people(desk, _F1), "people", [desk.query(_F1, "annotator")])
    with right:
        figure(_weeks(desk, _F1), "over_time", [desk.query(_F1, "week")])


_F1 = "gold_match_f1"


def _measure(metric: str = "gold_accuracy") -> Measure:
    name = "matched F1" if metric == _F1 else "accuracy"
    return Measure(name, "share", "known answers", METRICS[metric].min_n)


@kept
def _people(desk: Desk, metric: str = "gold_accuracy") -> Figure:
    whole = desk.one(metric)
    return ranking.dots(
        desk.rows(metric, "annotator"),
        key="annotator",
        measure=_measure(metric),
        overall=None if whole is None else whole["value"],
    )


@kept
def _confusion(desk: Desk) -> Figure:
    return heatmap.confusion(desk.detail("gold_confusion"))


@kept
def _weeks(desk: Desk, metric: str = "gold_accuracy") -> Figure:
    rows, target = desk.rows(metric, "week"), target_for(desk, metric)
    return shares.over_time(rows, desk.span, key="week", measure=_measure(metric), target=target)


def _live_shapes(desk: Desk) -> None:
    row, first = desk.one(_F1), "first answers"
    tiles(
        [
            metric_tile(desk, "Matched F1 on gold", _F1, first),
            metric_tile(desk, "Overlap with gold", "gold_match_iou", first),
            evidence.gold(desk),
            evidence.reviewed(desk),
        ]
    )
    note("" if row is None or row["value"] is None else row["note"])
    if desk.subjective:
        note(_PERSPECTIVE)


_PERSPECTIVE = "This question is marked as subjective: gold is one perspective, not the truth."


def _live_part(desk: Desk) -> None:
    metric = METRICS["gold_accuracy"]
    row = desk.one("gold_accuracy")
    people = ranking.people(desk.rows("gold_accuracy", "annotator"), "annotator")
    enough = sum(one["n"] >= metric.min_n for one in people)
    about = desk.query("gold_accuracy")
    tiles(
        [
            metric_tile(desk, "Accuracy on gold", "gold_accuracy", "first answers"),
            evidence.gold(desk),
            Tile("People", formats.count(len(people)), "met known answers", about),
            Tile(
                f"With {metric.min_n} or more",
                formats.count(enough),
                "enough to say something of one person",
                "Fewer answers are drawn in grey: chance alone would move them far.",
            ),
            evidence.reviewed(desk),
        ]
    )
    note("" if row is None or row["value"] is None else row["note"])
    if desk.subjective:
        note(_PERSPECTIVE)


def _nothing(_desk: Desk) -> None:
    """Show no number: nothing is known to be right yet."""


def _choice(desk: Desk) -> None:
    found = desk.holding.candidates
    project = desk.holding.info
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
