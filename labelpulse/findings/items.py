"""The queue of items as people read it: rows of a table, and how the queue stands."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from labelpulse.config.links import item_link
from labelpulse.core import formats
from labelpulse.core.queue import REASON_NAMES, State
from labelpulse.findings.tiles import Tile
from labelpulse.reader.handover import evidence_words
from labelpulse.reader.queue import Entry
from labelpulse.reader.stuck import Standing, Stuck

NAMED = 2
"""Up to so many people who say the same are named, more are counted."""

_STATES = {State.OPEN: "Open", State.SENT: "Sent", State.DECIDED: "Decided"}


def tally(entries: Sequence[Entry]) -> list[Tile]:
    """Return how the queue stands: what waits, how long, and who decided."""
    states = Counter(one.state for one in entries)
    waiting = [one for one in entries if one.decided_at is None]
    oldest = max((one.age_s or 0.0 for one in waiting), default=None)
    owned = sum(bool(one.owner) for one in waiting)
    decided = [one for one in entries if one.decided_at is not None]
    by_source = sum(one.author is None for one in decided)
    return [
        Tile(
            "Waiting",
            formats.count(len(waiting)),
            f"{formats.count(states[State.OPEN])} open, {formats.count(states[State.SENT])} sent"
            if waiting
            else "",
            "Entries that nobody has decided yet.",
        ),
        Tile(
            "Longest wait",
            formats.age(oldest),
            f"{formats.count(owned)} of {formats.count(len(waiting))} have an owner"
            if waiting
            else "nothing waits",
            "Time since the oldest of them was put in the queue.",
        ),
        Tile(
            "Decided",
            formats.count(len(decided)),
            (
                f"{formats.count(by_source)} read from the source, "
                f"{formats.count(len(decided) - by_source)} by hand"
            )
            if decided
            else "",
            (
                "A review, a new gold key, a changed or a further answer in the tool closes an "
                "entry by itself."
            ),
        ),
    ]


def suggested_row(one: Entry, names: Mapping[str, str], links: Mapping[str, str]) -> dict[str, Any]:
    """Return a suggestion as a row of a table."""
    queued = "" if one.state is None else _STATES[one.state]
    return {
        **_about(one, names, links),
        "Evidence": evidence_words(one),
        "Also": ", ".join(REASON_NAMES[reason] for reason in one.also),
        "Batch": one.batch or "",
        "In the queue": f"{queued}, {one.owner}" if queued and one.owner else queued,
    }


def queue_row(one: Entry, names: Mapping[str, str], links: Mapping[str, str]) -> dict[str, Any]:
    """Return an entry as a row of a table."""
    return {
        **_about(one, names, links),
        "Evidence": evidence_words(one),
        "Batch": one.batch or "",
        "Age": formats.age(one.age_s),
        "Owner": one.owner,
        "State": "" if one.state is None else _STATES[one.state],
        "Outcome": one.outcome or "",
    }


def standing_row(
    one: Standing, names: Mapping[str, str], links: Mapping[str, str]
) -> dict[str, Any]:
    """Return an item of a stage as a row of a table."""
    place = one.place
    return {
        "Item": one.item,
        "Tool": item_link(links, place.source, place.native_project, one.item),
        "Since": None if one.entered is None else one.entered.date(),
        "Age": formats.age(one.age_s),
        "Batch": one.batch or "",
        "Answers": f"{one.answered} of {one.required}",
        "Answered by": _people([names.get(who, who) for who in one.people]),
    }


_STANDS = {
    "waiting": ("waits for a first label", "wait for a first label"),
    "started": ("is started and has no label", "are started and have no label"),
    "waiting_for_labels": ("waits for more labels", "wait for more labels"),
    "review": ("waits for review", "wait for review"),
    "blocked": ("is blocked: all skipped it", "are blocked: all skipped them"),
}
"""What is said of one item of a stage, and of several."""


def standing_title(stage: str, found: Stuck) -> str:
    """Return how many items stand in a stage, and since when the oldest of them does."""
    n = found.total
    one, several = _STANDS[stage]
    told = f"{formats.count_of(n, 'item', 'items')} {one if n == 1 else several}"
    oldest = found.items[0].entered
    if oldest is None:
        return told
    day = formats.day_year(oldest.date())
    return f"{told}; the oldest since {day}"


def _about(one: Entry, names: Mapping[str, str], links: Mapping[str, str]) -> dict[str, Any]:
    place = one.place
    return {
        "Reason": REASON_NAMES[one.reason],
        "Item": one.item,
        "Tool": item_link(links, place.source, place.native_project, one.item),
        "Answers": answers_words(one, names),
    }


def answers_words(one: Entry, names: Mapping[str, str]) -> str:
    """Return who says what of an item, label by label; many people are counted.

    Args:
        names: pseudonym -> name, where names are shown.
    """
    if one.said is None:
        return ""
    by_label: dict[str, list[str]] = {}
    for said in one.said.said:
        by_label.setdefault(said.label, []).append(names.get(said.who, said.who))
    told = [
        f"{label}: {_people(who)}" if label else _people(who)  # shapes, spans and texts have none
        for label, who in by_label.items()
    ]
    gold = [] if one.said.gold is None else [f"gold: {one.said.gold}"]
    return " · ".join([*told, *gold])


def _people(who: Sequence[str]) -> str:
    return ", ".join(who) if len(who) <= NAMED else formats.count_of(len(who), "person", "people")
