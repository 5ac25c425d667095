"""Tables to act on: known answers to check, batches to sign off, items to review next."""

from collections import Counter

import streamlit as st

from dashboard.drill import to_items
from dashboard.escape import esc
from dashboard.widgets import COUNT, PERCENT, note, table
from labelpulse.charts import formats
from labelpulse.core.queue import REASON_NAMES, Reason
from labelpulse.judgement.desk import Desk
from labelpulse.reader import Row

_FINE, _SUSPECT = "fine", "suspect key"
_STATES = {_SUSPECT: 0, "over-exposed": 1, "too easy": 2}
_STEPS = {
    _SUSPECT: "Let an expert decide again",
    "over-exposed": "Retire it: people know it by now",
    "too easy": "Replace it by a harder item",
}
_SHARE = st.column_config.ProgressColumn(format="%.0f %%", max_value=100)


def gold_health(desk: Desk) -> None:
    """Draw the known answers that need a look, those that are likely wrong first."""
    rows = [row for row in desk.rows("gold_item_health", "item") if row["value"]]
    look = [row for row in rows if row["value"] != _FINE]
    found = Counter(str(row["value"]) for row in look)
    if not look:
        st.caption(
            f"All {formats.plural(len(rows), 'known answer', 'known answers')} that somebody met look fine."
        )
        return
    told = ", ".join(f"{formats.count(found[one])} {one}" for one in _STATES if found[one])
    st.caption(
        esc(
            f"Of {formats.plural(len(rows), 'known answer', 'known answers')} that somebody met: {told}. A suspect "
            "key is one that able people contradict alike: it may be wrong, or mislead them."
        )
    )
    table(
        [_health(row) for row in sorted(look, key=_first_suspects)],
        key="gold_health",
        config={"Missed": _SHARE, "Answers": COUNT},
    )
    project = desk.holding.info.label
    to_items(
        "Check these items",
        project=project,
        control=desk.control,
        reason=REASON_NAMES[Reason.GOLD_KEY],
    )


def _first_suspects(row: Row) -> tuple[int, float]:
    return _STATES.get(str(row["value"]), len(_STATES)), -(row["miss_rate"] or 0)


def _health(row: Row) -> dict[str, object]:
    rival = f", {row['rival_votes']} of them for {row['rival']}" if row["rival"] else ""
    return {
        "Item": str(row["item"]),
        "State": formats.begun(str(row["value"])),
        "Missed": None if row["miss_rate"] is None else 100 * row["miss_rate"],
        "95 % interval": formats.interval(row["miss_low"], row["miss_high"], "share"),
        "Answers": row["n"],
        "Evidence": f"{row['able_misses']} of {row['able']} able people gave another label{rival}",
        "What to do": _STEPS.get(str(row["value"]), ""),
    }


def sign_off(desk: Desk) -> None:
    """Draw which batches may be delivered, by which evidence, and what the others lack."""
    rows = [row for row in desk.rows("batch_sign_off", "batch") if row["value"]]
    if not rows:
        whole = desk.one("batch_sign_off")
        note(whole["note"] if whole and whole["note"] else "Nothing to sign off yet.")
        return
    st.caption(
        "May a batch be delivered? Yes where the error's whole interval is within what the target "
        "leaves. Gold and reviews decide where there is enough of them, else all answers together."
    )
    table(
        [_signed(row) for row in rows],
        key="sign_off",
        config={"Error": PERCENT, "Target": PERCENT, "Items": COUNT},
    )


_DECISIONS = {"ship": "Ship", "recheck": "Recheck", "not enough evidence": "Not enough evidence"}


def _signed(row: Row) -> dict[str, object]:
    return {
        "Batch": row["batch"] or "none",
        "Decision": _DECISIONS.get(row["value"], row["value"]),
        "Error": _percent(row["error"]),
        "95 % interval": formats.interval(row["error_low"], row["error_high"], "share"),
        "Target": _percent(row["target"]),
        "Evidence": "" if not row["evidence"] else f"{row['evidence']}, n {row['evidence_n']}",
        "What is missing": _missing(row),
        "Items": row["n"],
        "Done": row["note"] or "",
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _missing(row: Row) -> str:
    """Say what would let a batch pass: doubtful items to review, or more evidence."""
    if row["value"] == "ship":
        return "nothing"
    if row["target"] is None:
        return "a target: set it for the control"
    ways = []
    if row["recheck"]:
        ways.append(
            f"review the {formats.plural(row['recheck'], 'most doubtful item', 'most doubtful items')}"
        )
    if row["more"]:
        noun = "review" if row["evidence"] == "review" else "gold answer"
        ways.append(f"{formats.plural(row['more'], f'more {noun}')}, all right")
    return ", or ".join(ways) or "more evidence"


def review_plan(desk: Desk) -> None:
    """Draw which items to review first, and how many wrong labels that is expected to mend."""
    rows = desk.rows("review_gain", "item")
    if not rows or "rank" not in rows[0]:
        note("Nothing to review: every item is reviewed or has a known answer.")
        return
    gain = sum(row["value"] or 0 for row in rows)
    expected = (
        f"Reviewing these {len(rows)} should mend about {formats.count(gain)} wrong labels. "
        if any(row["value"] for row in rows)
        else ""
    )
    st.caption(
        esc(
            f"{expected}The doubtful ones mend most; the random ones tell how much is wrong in all."
        )
    )
    table(
        [
            {
                "Rank": row["rank"],
                "Item": str(row["item"]),
                "Why": formats.begun(str(row["why"])),
                "Chance wrong": _percent(row["value"]),
            }
            for row in rows
        ],
        key="review_plan",
        config={"Chance wrong": _SHARE},
    )
    project = desk.holding.info.label
    to_items(
        "Review these items",
        project=project,
        control=desk.control,
        reason=REASON_NAMES[Reason.REVIEW_PLAN],
    )
