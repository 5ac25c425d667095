"""Items as rows for experts: where they are, why they are told, and what people said."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from labelpulse.config.links import item_link
from labelpulse.core.days import iso
from labelpulse.core.formats import percent, plural
from labelpulse.core.queue import Reason
from labelpulse.reader.queue import Entry
from labelpulse.reader.stuck import Standing

DAY_S = 86_400
COLUMNS = (
    *("id", "project", "item", "link", "control", "reason", "why", "evidence", "readings", "gold"),
    *("batch", "owner", "state", "opened_at", "age_days", "decided_at", "outcome"),
)


def handover(entries: Iterable[Entry], links: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a row of plain values for each entry or suggestion, with the keys of COLUMNS.

    Args:
        links: templates of items' addresses, by source; people are as the entries show them.
    """
    return [dict(zip(COLUMNS, _values(one, links), strict=True)) for one in entries]


def _values(one: Entry, links: Mapping[str, str]) -> tuple[Any, ...]:
    place = one.place
    address = item_link(links, place.source, place.native_project, one.item)
    age = None if one.age_s is None else round(one.age_s / DAY_S, 2)
    return (
        *(one.id, place.project, one.item, address, place.control or None),
        *(str(one.reason), one.words, evidence_words(one), said_words(one)),
        *(one.said.gold if one.said else None, one.batch, one.owner or None),
        *(None if one.state is None else str(one.state), iso(one.opened_at), age),
        *(iso(one.decided_at), one.outcome),
    )


def standing(
    items: Iterable[Standing], stage: str, links: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return a row of plain values for each item of a stage."""
    return [
        {
            "project": one.place.project,
            "item": one.item,
            "link": item_link(links, one.place.source, one.place.native_project, one.item),
            "stage": stage,
            "since": None if one.entered is None else one.entered.isoformat(timespec="seconds"),
            "age_days": None if one.age_s is None else round(one.age_s / DAY_S, 2),
            "batch": one.batch,
            "answered": one.answered,
            "required": one.required,
            "people": ", ".join(one.people),
        }
        for one in items
    ]


def said_words(one: Entry) -> str:
    """Return what people said of an item, as one text."""
    return "" if one.said is None else " | ".join(said.text() for said in one.said.said)


def evidence_words(one: Entry) -> str:
    """Return the number that put an item in the queue, in words; "" where there is none."""
    words = _WORDS.get(one.reason)
    return "" if words is None or "metric" not in one.evidence else words(one.evidence)


def _gold_key(told: Mapping[str, Any]) -> str:
    able = plural(told["able"], "able person", "able people")
    return f"{told['rival_votes']} of {able} say {told['rival']}"


def _label_error(told: Mapping[str, Any]) -> str:
    return f"{percent(told['value'], gap=' ')} likely wrong; most likely {told['consensus']}"


def _ambiguity(told: Mapping[str, Any]) -> str:
    return f"disagreement {told['raw']:.2f}, of able people {told['value']:.2f} (0 to 1)"


def _label_pair(told: Mapping[str, Any]) -> str:
    return f"{' / '.join(told['pair'])}: {percent(told['value'], gap=' ')} of all disagreement"


def _plan(told: Mapping[str, Any]) -> str:
    drawn = told["value"] is None or told["why"] == "random"
    if drawn:
        return f"place {told['rank']}: drawn at random"
    share = percent(told["value"], gap=" ")
    return f"place {told['rank']}: {share} likely wrong"


_WORDS: Mapping[Reason, Callable[[Mapping[str, Any]], str]] = {
    Reason.GOLD_KEY: _gold_key,
    Reason.LABEL_ERROR: _label_error,
    Reason.AMBIGUOUS: _ambiguity,
    Reason.MISTAKEN: _ambiguity,
    Reason.LABEL_PAIR: _label_pair,
    Reason.REVIEW_PLAN: _plan,
}
