"""Tables to act on: known answers to check, batches to sign off, items to review next."""

from collections import Counter

import streamlit as st

from dashboard import judged
from dashboard.drill import TOOL, in_tool, to_items
from dashboard.escape import esc
from dashboard.widgets import PERCENT, TWO_LINES, note, table
from labelpulse.charts import formats
from labelpulse.core.catalogue import marked, say
from labelpulse.core.queue import REASON_NAMES, Reason
from labelpulse.judgement.assess import target_for
from labelpulse.judgement.deliveries import labels_left
from labelpulse.judgement.desk import Desk
from labelpulse.reader import Row

_MISSING_WIDTH = 330
"""Pixels in which what a batch lacks takes two lines."""

_DONE_WIDTH = 165
"""Pixels in which the labels of a batch and its evidence take two lines or three."""

LINKED = 12
"""Batches that have a link to their items."""

_FINE = "fine"
_SUSPECT, _EXPOSED, _EASY = marked("suspect key"), marked("over-exposed"), marked("too easy")
_STATES = {_SUSPECT: 0, _EXPOSED: 1, _EASY: 2}
_STEPS = {
    _SUSPECT: say("Let an expert decide again"),
    _EXPOSED: say("Retire it: people know it by now"),
    _EASY: say("Replace it by a harder item"),
}
_SHARE = st.column_config.ProgressColumn(format="%.0f %%", max_value=100)


def gold_health(desk: Desk) -> None:
    """Draw the known answers that need a look, those that are likely wrong first."""
    rows = [row for row in desk.rows("gold_item_health", "item") if row["value"]]
    look = [row for row in rows if row["value"] != _FINE]
    found = Counter(str(row["value"]) for row in look)
    known = formats.plural(len(rows), "known answer", "known answers")
    if not look:
        st.caption(say("All {known} that somebody met look fine.", known=known))
        return
    told = ", ".join(f"{formats.count(found[one])} {say(one)}" for one in _STATES if found[one])
    st.caption(
        esc(
            say(
                "Of {known} that somebody met: {told}. A suspect key is one that able people "
                "contradict alike: it may be wrong, or mislead them.",
                known=known,
                told=told,
            )
        )
    )
    table(
        [_health(desk, row) for row in sorted(look, key=_first_suspects)],
        key="gold_health",
        alt=say("Known answers that need a look"),
        config={say("Missed"): _SHARE} | TOOL,
    )
    project = desk.holding.info.label
    to_items(
        say("Check these items"),
        project=project,
        control=desk.control,
        reason=REASON_NAMES[Reason.GOLD_KEY],
    )


def _first_suspects(row: Row) -> tuple[int, float]:
    return _STATES.get(str(row["value"]), len(_STATES)), -(row["miss_rate"] or 0)


def _health(desk: Desk, row: Row) -> dict[str, object]:
    return {
        say("Item"): str(row["item"]),
        **in_tool(desk, str(row["item"])),
        say("State"): formats.begun(say(str(row["value"]))),
        say("Missed"): None if row["miss_rate"] is None else 100 * row["miss_rate"],
        say("95 % interval"): formats.interval(row["miss_low"], row["miss_high"], "share"),
        say("Answers"): row["n"],
        say("Evidence"): _contradicted(row),
        say("What to do"): _STEPS.get(str(row["value"]), ""),
    }


def _contradicted(row: Row) -> str:
    """Say how many able people gave another label than the key."""
    misses, able = row["able_misses"], row["able"]
    if row["rival"]:
        return say(
            "{misses} of {able} able people gave another label, {votes} of them for {rival}",
            misses=misses,
            able=able,
            votes=row["rival_votes"],
            rival=row["rival"],
        )
    return say("{misses} of {able} able people gave another label", misses=misses, able=able)


def sign_off(desk: Desk) -> None:
    """Draw which batches may be delivered, by which evidence, and what the others lack."""
    rows = [row for row in desk.rows("batch_sign_off", "batch") if row["value"]]
    if not rows:
        whole = desk.one("batch_sign_off")
        note(whole["note"] if whole and whole["note"] else say("Nothing to sign off yet."))
        return
    st.caption(
        say(
            "May a batch be delivered? Yes where the error's whole interval is within what the "
            "target leaves. Gold and reviews decide where there is enough of them, else all "
            "answers together."
        )
    )
    st.caption(esc(_allowed(desk, 1 - rows[0]["target"])))
    left, fallen = labels_left(desk), judged.fallen_in(desk)
    told = [_signed(row, left.get(row["batch"], 0), fallen.get(row["batch"], "")) for row in rows]
    widths = {say("What is missing"): _MISSING_WIDTH, say("Done"): _DONE_WIDTH}
    long = any(len(str(row[name])) > width / 6 for row in told for name, width in widths.items())
    table(
        told,
        key="sign_off",
        alt=say("May a batch be delivered?"),
        config={
            say("Error"): PERCENT,
            say("Allowed"): PERCENT,
            say("What is missing"): st.column_config.TextColumn(width=_MISSING_WIDTH),
            say("Done"): st.column_config.TextColumn(width=_DONE_WIDTH),
        },
        row_height=TWO_LINES if long else None,
    )
    held = desk.holding.info.label
    with st.container(horizontal=True, gap="small"):
        for row in rows[:LINKED]:
            if name := row["batch"]:
                label = say("Items of batch {batch}", batch=esc(name))
                to_items(label, project=held, control=desk.control, batch=name)


def _allowed(desk: Desk, target: float) -> str:
    """Say how much may be wrong by which target, and that agreement may be held to it too."""
    told = {
        "share": formats.percent(1 - target),
        "control": desk.control,
        "target": formats.percent(target),
    }
    if desk.accuracy_target is not None:
        return say(
            "Up to {share} may be wrong: the accuracy target of {control} in the configuration "
            "is {target}.",
            **told,
        )
    allowed = say(
        "Up to {share} may be wrong: the target of {control} in the configuration is {target}.",
        **told,
    )
    if target_for(desk, "gold_accuracy") is not None:
        return allowed
    also = say(
        "Agreement is held to the same number: accuracy_target sets another one for deliveries."
    )
    return f"{allowed} {also}"


_DECISIONS = {"ship": say("Ship"), "recheck": say("Recheck")}
_EVIDENCE = {"gold": say("gold"), "review": say("review"), "consensus": say("consensus")}


def _signed(row: Row, left: float, fallen: str) -> dict[str, object]:
    decision = _DECISIONS.get(row["value"], say("Not enough evidence"))
    if row["value"] == "ship" and left:
        decision = say("Ship what is done")
    return {
        say("Batch"): row["batch"] or say("none"),
        say("Decision"): decision,
        say("Error"): _percent(row["error"]),
        say("95 % interval"): formats.interval(row["error_low"], row["error_high"], "share"),
        say("Allowed"): _percent(row["target"]),
        say("Evidence"): _evidence(row),
        say("What is missing"): _missing(row, left, fallen),
        say("Items"): row["n"],
        say("Done"): formats.begun(row["note"] or ""),
    }


def _evidence(row: Row) -> str:
    kind = row["evidence"]
    return f"{_EVIDENCE.get(kind, kind)}, n {row['evidence_n']}" if kind else ""


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _missing(row: Row, left: float, fallen: str) -> str:
    """Say what a batch lacks: what would let it pass, labels, a look at what fell in it."""
    labels = formats.plural(left, "label", "labels") if left else ""
    told = [part for part in (_to_pass(row), labels, fallen) if part]
    return formats.begun("; ".join(told) or say("nothing"))


def _to_pass(row: Row) -> str:
    """Say what would let a batch pass: doubtful items to review, or more evidence."""
    if row["value"] == "ship":
        return ""
    if row["target"] is None:
        return say("a target: set it for the control")
    review = more = ""
    if row["recheck"]:
        items = formats.plural(row["recheck"], "most doubtful item", "most doubtful items")
        review = say("review the {items}", items=items)
    if row["more"]:
        evidence = (
            formats.plural(row["more"], "more review", "more reviews")
            if row["evidence"] == "review"
            else formats.plural(row["more"], "more gold answer", "more gold answers")
        )
        more = say("{evidence}, all right", evidence=evidence)
    if review and more:
        return say("{one}, or {other}", one=review, other=more)
    return review or more or say("more evidence")


def review_plan(desk: Desk) -> None:
    """Draw which items to review first, and how many wrong labels that is expected to mend."""
    rows = desk.rows("review_gain", "item")
    if not rows or "rank" not in rows[0]:
        note(say("Nothing to review: every item is reviewed or has a known answer."))
        return
    gain = sum(row["value"] or 0 for row in rows)
    told = [say("The doubtful ones mend most; the random ones tell how much is wrong in all.")]
    if any(row["value"] for row in rows):
        expected = say(
            "Reviewing these {n} should mend about {gain} wrong labels.",
            n=len(rows),
            gain=formats.count(gain),
        )
        told.insert(0, expected)
    st.caption(esc(" ".join(told)))
    table(
        [
            {
                say("Rank"): row["rank"],
                say("Item"): str(row["item"]),
                **in_tool(desk, str(row["item"])),
                say("Why"): say("Random") if row["why"] == "random" else say("Likely wrong"),
                say("Chance wrong"): _percent(row["value"]),
            }
            for row in rows
        ],
        key="review_plan",
        alt=say("Items to review first"),
        config={say("Chance wrong"): _SHARE} | TOOL,
    )
    project = desk.holding.info.label
    to_items(
        say("Review these items"),
        project=project,
        control=desk.control,
        reason=REASON_NAMES[Reason.REVIEW_PLAN],
    )
