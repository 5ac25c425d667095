"""Tables to act on: known answers to check, batches to sign off, items to review next."""

from collections import Counter

import streamlit as st

from dashboard import judged
from dashboard.drill import TOOL, in_tool, to_items
from dashboard.escape import esc
from dashboard.widgets import PERCENT, TWO_LINES, note, table
from labelpulse.core import formats
from labelpulse.core.queue import REASON_NAMES, Reason
from labelpulse.findings.assess import target_for
from labelpulse.findings.deliveries import labels_left
from labelpulse.findings.selection import Selection
from labelpulse.reader import Row

_MISSING_WIDTH = 330
"""Pixels in which what a batch lacks takes two lines."""

_DONE_WIDTH = 165
"""Pixels in which the labels of a batch and its evidence take two lines or three."""

LINKED = 12
"""Batches that have a link to their items."""

_FINE = "fine"
_SUSPECT, _EXPOSED, _EASY = "suspect key", "over-exposed", "too easy"
_STATES = {_SUSPECT: 0, _EXPOSED: 1, _EASY: 2}
_STEPS = {
    _SUSPECT: "Let an expert decide again",
    _EXPOSED: "Retire it: people know it by now",
    _EASY: "Replace it by a harder item",
}
_SHARE = st.column_config.ProgressColumn(format="%.0f %%", max_value=100)


def gold_health(selection: Selection) -> None:
    """Draw the known answers that need a look, those that are likely wrong first."""
    rows = [row for row in selection.rows("gold_item_health", "item") if row["value"]]
    look = [row for row in rows if row["value"] != _FINE]
    found = Counter(str(row["value"]) for row in look)
    known = formats.count_of(len(rows), "known answer", "known answers")
    if not look:
        st.caption(f"All {known} that somebody met look fine.")
        return
    told = ", ".join(f"{formats.count(found[one])} {one}" for one in _STATES if found[one])
    st.caption(
        esc(
            f"Of {known} that somebody met: {told}. A suspect key is one that able people "
            "contradict alike: it may be wrong, or mislead them."
        )
    )
    table(
        [_health(selection, row) for row in sorted(look, key=_first_suspects)],
        key="gold_health",
        alt="Known answers that need a look",
        config={"Missed": _SHARE} | TOOL,
    )
    project = selection.holding.info.label
    to_items(
        "Check these items",
        project=project,
        control=selection.control,
        reason=REASON_NAMES[Reason.GOLD_KEY],
    )


def _first_suspects(row: Row) -> tuple[int, float]:
    return _STATES.get(str(row["value"]), len(_STATES)), -(row["miss_rate"] or 0)


def _health(selection: Selection, row: Row) -> dict[str, object]:
    return {
        "Item": str(row["item"]),
        **in_tool(selection, str(row["item"])),
        "State": formats.begun(str(row["value"])),
        "Missed": None if row["miss_rate"] is None else 100 * row["miss_rate"],
        "95 % interval": formats.interval(row["miss_low"], row["miss_high"], "share"),
        "Answers": row["n"],
        "Evidence": _contradicted(row),
        "What to do": _STEPS.get(str(row["value"]), ""),
    }


def _contradicted(row: Row) -> str:
    """Say how many able people gave another label than the key."""
    misses, able = row["able_misses"], row["able"]
    if row["rival"]:
        return (
            f"{misses} of {able} able people gave another label, {row['rival_votes']} of them "
            f"for {row['rival']}"
        )
    return f"{misses} of {able} able people gave another label"


def sign_off(selection: Selection) -> None:
    """Draw which batches may be delivered, by which evidence, and what the others lack."""
    rows = [row for row in selection.rows("batch_sign_off", "batch") if row["value"]]
    if not rows:
        whole = selection.one("batch_sign_off")
        note(whole["note"] if whole and whole["note"] else "Nothing to sign off yet.")
        return
    st.caption(
        "May a batch be delivered? Yes where the error's whole interval is within what the "
        "target leaves. Gold and reviews decide where there is enough of them, else all "
        "answers together."
    )
    st.caption(esc(_allowed(selection, 1 - rows[0]["target"])))
    left, fallen = labels_left(selection), judged.fallen_in(selection)
    told = [_signed(row, left.get(row["batch"], 0), fallen.get(row["batch"], "")) for row in rows]
    widths = {"What is missing": _MISSING_WIDTH, "Done": _DONE_WIDTH}
    long = any(len(str(row[name])) > width / 6 for row in told for name, width in widths.items())
    table(
        told,
        key="sign_off",
        alt="May a batch be delivered?",
        config={
            "Error": PERCENT,
            "Allowed": PERCENT,
            "What is missing": st.column_config.TextColumn(width=_MISSING_WIDTH),
            "Done": st.column_config.TextColumn(width=_DONE_WIDTH),
        },
        row_height=TWO_LINES if long else None,
    )
    held = selection.holding.info.label
    with st.container(horizontal=True, gap="small"):
        for row in rows[:LINKED]:
            if name := row["batch"]:
                label = f"Items of batch {esc(name)}"
                to_items(label, project=held, control=selection.control, batch=name)


def _allowed(selection: Selection, target: float) -> str:
    """Say how much may be wrong by which target, and that agreement may be held to it too."""
    share = formats.percent(1 - target)
    accuracy = formats.percent(target)
    if selection.accuracy_target is not None:
        return (
            f"Up to {share} may be wrong: the accuracy target of {selection.control} in the "
            f"configuration is {accuracy}."
        )
    allowed = (
        f"Up to {share} may be wrong: the target of {selection.control} in the configuration is "
        f"{accuracy}."
    )
    if target_for(selection, "gold_accuracy") is not None:
        return allowed
    also = "Agreement is held to the same number: accuracy_target sets another one for deliveries."
    return f"{allowed} {also}"


_DECISIONS = {"ship": "Ship", "recheck": "Recheck"}


def _signed(row: Row, left: float, fallen: str) -> dict[str, object]:
    decision = _DECISIONS.get(row["value"], "Not enough evidence")
    if row["value"] == "ship" and left:
        decision = "Ship what is done"
    return {
        "Batch": row["batch"] or "none",
        "Decision": decision,
        "Error": _percent(row["error"]),
        "95 % interval": formats.interval(row["error_low"], row["error_high"], "share"),
        "Allowed": _percent(row["target"]),
        "Evidence": _evidence(row),
        "What is missing": _missing(row, left, fallen),
        "Items": row["n"],
        "Done": formats.begun(row["note"] or ""),
    }


def _evidence(row: Row) -> str:
    kind = row["evidence"]
    return f"{kind}, n {row['evidence_n']}" if kind else ""


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _missing(row: Row, left: float, fallen: str) -> str:
    """Say what a batch lacks: what would let it pass, labels, a look at what fell in it."""
    labels = formats.count_of(left, "label", "labels") if left else ""
    told = [part for part in (_to_pass(row), labels, fallen) if part]
    return formats.begun("; ".join(told) or "nothing")


def _to_pass(row: Row) -> str:
    """Say what would let a batch pass: doubtful items to review, or more evidence."""
    if row["value"] == "ship":
        return ""
    if row["target"] is None:
        return "a target: set it for the control"
    review = more = ""
    if row["recheck"]:
        items = formats.count_of(row["recheck"], "most doubtful item", "most doubtful items")
        review = f"review the {items}"
    if row["more"]:
        evidence = (
            formats.count_of(row["more"], "more review", "more reviews")
            if row["evidence"] == "review"
            else formats.count_of(row["more"], "more gold answer", "more gold answers")
        )
        more = f"{evidence}, all right"
    if review and more:
        return f"{review}, or {more}"
    return review or more or "more evidence"


def review_plan(selection: Selection) -> None:
    """Draw which items to review first, and how many wrong labels that is expected to mend."""
    rows = selection.rows("review_gain", "item")
    if not rows or "rank" not in rows[0]:
        note("Nothing to review: every item is reviewed or has a known answer.")
        return
    gain = sum(row["value"] or 0 for row in rows)
    told = ["The doubtful ones mend most; the random ones tell how much is wrong in all."]
    if any(row["value"] for row in rows):
        mended = formats.count(gain)
        told.insert(0, f"Reviewing these {len(rows)} should mend about {mended} wrong labels.")
    st.caption(esc(" ".join(told)))
    table(
        [
            {
                "Rank": row["rank"],
                "Item": str(row["item"]),
                **in_tool(selection, str(row["item"])),
                "Why": "Random" if row["why"] == "random" else "Likely wrong",
                "Chance wrong": _percent(row["value"]),
            }
            for row in rows
        ],
        key="review_plan",
        alt="Items to review first",
        config={"Chance wrong": _SHARE} | TOOL,
    )
    project = selection.holding.info.label
    to_items(
        "Review these items",
        project=project,
        control=selection.control,
        reason=REASON_NAMES[Reason.REVIEW_PLAN],
    )
