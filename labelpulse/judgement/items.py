"""The queue of items as people read it: rows of a table, and how the queue stands."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from labelpulse.charts import formats
from labelpulse.config.links import link
from labelpulse.core.catalogue import form_of, say
from labelpulse.core.queue import REASON_NAMES, State
from labelpulse.judgement.tiles import Tile
from labelpulse.reader.handover import evidence_words
from labelpulse.reader.queue import Entry
from labelpulse.reader.stuck import Standing, Stuck

NAMED = 2
"""Up to so many people who say the same are named, more are counted."""

_STATES = {State.OPEN: say("Open"), State.SENT: say("Sent"), State.DECIDED: say("Decided")}


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
            say("Waiting"),
            formats.count(len(waiting)),
            say(
                "{open} open, {sent} sent",
                open=formats.count(states[State.OPEN]),
                sent=formats.count(states[State.SENT]),
            )
            if waiting
            else "",
            say("Entries that nobody has decided yet."),
        ),
        Tile(
            say("Longest wait"),
            formats.age(oldest),
            say(
                "{n} of {all} have an owner",
                n=formats.count(owned),
                all=formats.count(len(waiting)),
            )
            if waiting
            else say("nothing waits"),
            say("Time since the oldest of them was put in the queue."),
        ),
        Tile(
            say("Decided"),
            formats.count(len(decided)),
            say(
                "{read} read from the source, {others} by hand",
                read=formats.count(by_source),
                others=formats.count(len(decided) - by_source),
            )
            if decided
            else "",
            say(
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
        say("Evidence"): evidence_words(one),
        say("Also"): ", ".join(say(REASON_NAMES[reason]) for reason in one.also),
        say("Batch"): one.batch or "",
        say("In the queue"): f"{queued}, {one.owner}" if queued and one.owner else queued,
    }


def queue_row(one: Entry, names: Mapping[str, str], links: Mapping[str, str]) -> dict[str, Any]:
    """Return an entry as a row of a table."""
    return {
        **_about(one, names, links),
        say("Evidence"): evidence_words(one),
        say("Batch"): one.batch or "",
        say("Age"): formats.age(one.age_s),
        say("Owner"): one.owner,
        say("State"): "" if one.state is None else _STATES[one.state],
        say("Outcome"): one.outcome or "",
    }


def standing_row(
    one: Standing, names: Mapping[str, str], links: Mapping[str, str]
) -> dict[str, Any]:
    """Return an item of a stage as a row of a table."""
    place = one.place
    return {
        say("Item"): one.item,
        say("Tool"): link(links, place.source, place.native_project, one.item),
        say("Since"): None if one.entered is None else one.entered.date(),
        say("Age"): formats.age(one.age_s),
        say("Batch"): one.batch or "",
        say("Answers"): say("{n} of {all}", n=one.answered, all=one.required),
        say("Answered by"): _people([names.get(who, who) for who in one.people]),
    }


def standing_title(stage: str, found: Stuck) -> str:
    """Return how many items stand in a stage, and since when the oldest of them does."""
    n = found.total
    told = {
        "waiting": form_of(
            n, "{n} item waits for a first label", "{n} items wait for a first label"
        ),
        "started": form_of(
            n, "{n} item is started and has no label", "{n} items are started and have no label"
        ),
        "waiting_for_labels": form_of(
            n, "{n} item waits for more labels", "{n} items wait for more labels"
        ),
        "review": form_of(n, "{n} item waits for review", "{n} items wait for review"),
        "blocked": form_of(
            n, "{n} item is blocked: all skipped it", "{n} items are blocked: all skipped them"
        ),
    }[stage].format(n=formats.count(n))
    oldest = found.items[0].entered
    if oldest is None:
        return told
    day = formats.day_year(oldest.date())
    return say("{items}; the oldest since {day}", items=told, day=day)


def _about(one: Entry, names: Mapping[str, str], links: Mapping[str, str]) -> dict[str, Any]:
    place = one.place
    return {
        say("Reason"): say(REASON_NAMES[one.reason]),
        say("Item"): one.item,
        say("Tool"): link(links, place.source, place.native_project, one.item),
        say("Answers"): answers_words(one, names),
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
    gold = [] if one.said.gold is None else [say("gold: {label}", label=one.said.gold)]
    return " · ".join([*told, *gold])


def _people(who: Sequence[str]) -> str:
    return ", ".join(who) if len(who) <= NAMED else formats.plural(len(who), "person", "people")
