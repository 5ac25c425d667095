"""What the answers themselves say of people and labels: the consensus, beside known answers."""

import streamlit as st

from dashboard.escape import esc
from dashboard.tables import LONGEST, cells, enough, percent
from dashboard.widgets import PERCENT, note, table
from labelpulse.charts.ranking import people
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.findings.selection import Selection
from labelpulse.reader import MetricQuery


def queries(selection: Selection) -> list[MetricQuery]:
    """Return what the consensus asks of people, of batches and of items."""
    return [
        selection.query("consensus_accuracy", "annotator"),
        selection.query("expected_label_error", "batch"),
        selection.query("item_ambiguity"),
    ]


def people_and_labels(selection: Selection) -> None:
    """Draw what the answers themselves say of people and labels, beside known answers."""
    found = enough(selection.rows("consensus_accuracy", "annotator"), "consensus_accuracy")
    rows = sorted(people(found, "annotator"), key=lambda row: str(row["annotator"]).casefold())
    whole = selection.one("consensus_accuracy")
    if not rows or whole is None:
        note(whole["note"] if whole else "There are too few second answers to tell.")
        return
    st.caption(
        "Who is right is worked out from all answers together (Dawid and Skene's model): those "
        "who agree with others weigh more. It holds where people err one by one, not all alike."
    )
    gold = {row["annotator"]: row for row in _gold(selection)}
    consensus, known = "By consensus", "On known answers"
    table(
        [
            {
                "Person": row["annotator"],
                **cells(row, consensus, "Answers"),
                **({known: percent(gold.get(row["annotator"]))} if gold else {}),
            }
            for row in rows
        ],
        key="consensus",
        alt=consensus,
        config={consensus: PERCENT, known: PERCENT},
    )
    note(whole["note"])
    _errors(selection)


def _gold(selection: Selection) -> list[Row]:
    if selection.holding.gold == "none":
        return []
    return enough(selection.rows("gold_accuracy", "annotator"), "gold_accuracy")


def _errors(selection: Selection) -> None:
    """Say how many consensus labels are expected to be wrong, and draw them by batch."""
    whole, unclear = selection.one("expected_label_error"), selection.one("item_ambiguity")
    said = []
    if whole is not None and whole["value"] is not None:
        between = formats.interval(whole["low"], whole["high"], "share")
        said.append(
            f"{formats.percent(whole['value'])} of the labels that consensus gives are expected "
            f"to be wrong ({between}, {formats.count_of(whole['n'], 'item', 'items')})."
        )
    if unclear is not None and unclear["value"] is not None:
        items = formats.count_of(unclear["n"], "item", "items")
        said.append(
            f"Of {items} with two answers of competent people, "
            f"{formats.percent(unclear['ambiguous'])} are ambiguous and "
            f"{formats.percent(unclear['mistaken'])} a single mistake."
        )
    if said:
        st.markdown(esc(" ".join(said)))
    batches = [
        row for row in selection.rows("expected_label_error", "batch") if row["value"] is not None
    ]
    if len(batches) > 1:
        table(
            [
                {"Batch": row["batch"] or "none", **cells(row, "Expected wrong")}
                for row in sorted(batches, key=lambda row: -row["value"])[:LONGEST]
            ],
            key="batches",
            alt="Expected wrong",
            config={"Expected wrong": PERCENT},
        )
