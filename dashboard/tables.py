"""Tables that pages are made of: people among their peers, labels, batches."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from dashboard.card_menu import card_head
from dashboard.escape import esc
from dashboard.widgets import PERCENT, note, table
from labelpulse.charts.ranking import people
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.findings.selection import Selection
from labelpulse.metrics.glossary import glossary
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery

LONGEST = 12
"""Rows of a table that names only those who stand out."""

_LABEL_METRICS = ("gold_precision", "gold_recall", "gold_f1")


def card(
    title: str,
    about: str,
    rows: Sequence[dict[str, object]],
    key: str,
    queries: Sequence[MetricQuery],
) -> None:
    """Draw a table in a card whose menu saves it as shown; percentages sort as numbers."""
    with st.container(border=True, gap="xsmall"):
        head(title, about, key, queries, rows)
        percents = {name: PERCENT for name in rows[0] if name in _PERCENTS}
        table(rows, key=key, alt=title, config=percents)


def head(
    title: str,
    about: str,
    key: str,
    queries: Sequence[MetricQuery],
    rows: Sequence[dict[str, object]],
) -> None:
    """Draw the head of a table's card: title, what it counts, a menu that defends and saves it."""
    card_head(title, f"{key} table", queries, rows)
    st.caption(esc(about))


_ITEMS = "Items"
_PERCENTS = (
    "Agree",
    "Agreement",
    "Accuracy",
    "Precision",
    "Recall",
    "F1",
    "Expected wrong",
    "All alike",
    "Plain",
    "Done",
    "Skipped",
)


def escaped(name: str) -> str:
    """Return a name as the value of a condition."""
    return name.replace("\\", "\\\\").replace("=", r"\=")


def enough(rows: Sequence[Row], metric: str) -> list[Row]:
    """Return the rows that have a value and rest on as many as the metric asks for."""
    least = METRICS[metric].min_n
    return [row for row in rows if row["value"] is not None and (row["n"] or 0) >= least]


def cells(row: Row, name: str, counted: str = _ITEMS) -> dict[str, object]:
    """Return the cells of a share: percentage, interval, n."""
    return {
        name: 100 * row["value"],
        "95 % interval": formats.interval(row["low"], row["high"], "share"),
        counted: row["n"],
    }


def firm(row: Row | None, metric: str, name: str, at: int = 0) -> dict[str, object]:
    """Return the cells of a share: percentage, interval, n; of few only how many there are.

    Args:
        at: which of a row's shares it is: two columns of one name would be one.
    """
    apart = " " * at
    interval, n = "95 % interval" + apart, f"n{apart}"
    if row is None or row["value"] is None:
        return {name: None, interval: "", n: None}
    if row["n"] < METRICS[metric].min_n:
        return {name: None, interval: "too few", n: row["n"]}
    ends = formats.interval(row["low"], row["high"], "share")
    return {name: 100 * row["value"], interval: ends, n: row["n"]}


def peers(selection: Selection) -> None:
    """Draw how often each person gives what most others gave; absent while too few are known."""
    rows = people(
        enough(selection.rows("peer_agreement", "annotator"), "peer_agreement"), "annotator"
    )
    if len(rows) < 2:
        return
    rows = sorted(rows, key=lambda row: str(row["annotator"]).casefold())
    card(
        "Each person against the others",
        "How often they gave what most others gave to the item. In alphabetical order.",
        [{"Person": row["annotator"], **cells(row, "Agree")} for row in rows],
        "peers",
        [selection.query("peer_agreement", "annotator")],
    )


_KEYS = {
    "batch": ("Batch", "Agreement by batch"),
    "assisted": ("Start", "With and without help"),
}
_ASSISTED = {True: "from a prediction", False: "from nothing", None: "unknown"}


def agreement_by(selection: Selection, key: str) -> None:
    """Draw agreement by batch or by how answers started; absent where there is but one group."""
    rows = enough(selection.rows("agreement_percent", key), "agreement_percent")
    if len(rows) < 2:
        return
    column, title = _KEYS[key]
    named = (
        [_ASSISTED.get(row[key], str(row[key])) for row in rows]
        if key == "assisted"
        else [row[key] or "none" for row in rows]
    )
    told = zip(named, rows, strict=True)
    shown = [{column: name, **cells(row, "Agree")} for name, row in told]
    about = "How often two people give the same answer to an item."
    card(title, about, shown, f"by_{key}", [selection.query("agreement_percent", key)])


def item_agreement(selection: Selection) -> None:
    """Draw on how many items all answers are alike, by how many answers they have."""
    rows = enough(selection.detail("item_agreement"), "agreement_percent")
    if not rows:
        return
    answers = "Answers an item"
    shown = [{answers: row["answers"], **cells(row, "All alike")} for row in rows]
    about = "Items whose answers are all the same label, by how many answers they have."
    title, asked = "How alike the answers to an item are", [selection.query("agreement_percent")]
    card(title, about, shown, "item_agreement", asked)


def without(selection: Selection) -> None:
    """Draw what the headline would be without each person, who moves it most first."""
    rows = people(
        enough(selection.rows("agreement_without", "annotator"), "agreement_without"), "annotator"
    )
    rows = [row for row in rows if row["difference"] is not None]
    if len(rows) < 2:
        note("Fewer than two people share enough items to tell.")
        return
    rows = sorted(rows, key=lambda row: -abs(row["difference"]))
    leads = METRICS[rows[0]["coefficient"]]
    headline = formats.value(rows[0]["headline"], leads.unit)
    title = esc(glossary()[leads.name].title)
    told = f"{title} of all is {headline}; without …"
    st.caption(told)
    share = leads.unit == "share"
    counted = _ITEMS if leads.counted.startswith("items") else "Pairs"
    name, moved = "Coefficient", "Difference"
    looks: dict[str, Callable[[float], str]] = {name: formats.coefficient}
    if share:
        name, moved, looks = "Agreement", "Points", {}
    looks[moved] = partial(formats.difference, digits=1 if share else 3)
    table(
        [
            {
                "Person": row["annotator"],
                name: row["value"] * (100 if share else 1),
                "95 % interval": formats.interval(row["low"], row["high"], leads.unit),
                counted: row["n"],
                moved: row["difference"] * (100 if share else 1),
            }
            for row in rows[:LONGEST]
        ],
        key="without",
        alt=told,
        config={name: PERCENT} if share else None,
        looks=looks,
    )


def shrunk(selection: Selection) -> None:
    """Draw accuracy drawn towards everybody's, so that few answers make no extreme; by name."""
    rows = people(enough(selection.rows("gold_accuracy_shrunk", "annotator"), _SHRUNK), "annotator")
    if len(rows) < 2:
        return
    raw = {row["annotator"]: row for row in selection.rows("gold_accuracy", "annotator")}
    rows = sorted(rows, key=lambda row: str(row["annotator"]).casefold())
    card(
        "Accuracy with chance taken into account",
        (
            "Drawn towards everybody's as far as few answers leave room for chance; beside it the "
            "plain share of right answers."
        ),
        [
            {
                "Person": row["annotator"],
                **cells(row, "Accuracy", "Answers"),
                "Plain": percent(raw.get(row["annotator"])),
            }
            for row in rows
        ],
        "shrunk",
        [selection.query(name, "annotator") for name in (_SHRUNK, "gold_accuracy")],
    )


_SHRUNK = "gold_accuracy_shrunk"


def gold_labels(selection: Selection) -> None:
    """Draw precision, recall and F1 of each label, the lowest F1 first."""
    by_label = {
        name: {
            row["label"]: row for row in selection.rows(name, "label") if row["label"] is not None
        }
        for name in _LABEL_METRICS
    }
    precision, recall, f1 = by_label.values()
    firm = enough(list(recall.values()), "gold_recall")
    if not firm:
        return
    rows = sorted(firm, key=lambda row: f1[row["label"]]["value"] or 0)
    interval = "its 95 % interval"
    card(
        "How well each label is recognised",
        (
            "Precision: of the answers with this label, those that are right. Recall: of the items "
            "that have it, those found. F1: both in one."
        ),
        [
            {
                "Label": row["label"],
                "F1": percent(f1[row["label"]]),
                "Precision": percent(precision.get(row["label"])),
                interval: _interval(precision.get(row["label"])),
                "Recall": percent(row),
                f"{interval} ": _interval(row),
                "Answers": row["n"],
            }
            for row in rows
        ],
        "gold_labels",
        [selection.query(name, "label") for name in _LABEL_METRICS],
    )


def percent(row: Row | None) -> float | None:
    """Return a share as a percentage; None = not known."""
    return None if row is None or row["value"] is None else 100 * row["value"]


def _interval(row: Row | None) -> str:
    return "" if row is None else formats.interval(row["low"], row["high"], "share")
