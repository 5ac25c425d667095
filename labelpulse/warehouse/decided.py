"""Decisions that the source tells: what closes entries of the queue, with the facts that tell it.

An entry is closed when, after it was opened, its item was deleted or reviewed, its known answer
changed, its author changed their answer, or somebody else answered it.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from labelpulse import schema
from labelpulse.core.events import Verdict
from labelpulse.core.items import ItemView, Review
from labelpulse.core.queue import State
from labelpulse.warehouse import bulk
from labelpulse.warehouse.facts import ItemFacts

WHOLE = 0
"""In place of a question: the entry is about the item as a whole."""

Said = tuple[int | None, str | None]
"""What an answer says: label id, or value as JSON."""

_VERDICTS = {Verdict.ACCEPTED: "accepted", Verdict.REJECTED: "rejected", Verdict.FIXED: "fixed"}
_PLACES = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is said of an item, as far as it can decide something.

    Attributes:
        answers: question -> annotator -> their present answer. gold: question -> known label.
        reviews: (annotation, review) of all that reviewers said.
    """

    deleted: bool
    answers: Mapping[int, Mapping[int, Said]]
    gold: Mapping[int, int]
    reviews: frozenset[tuple[int, Review]]


class Decision(NamedTuple):
    """What was decided: a sentence with places for labels, and the ids of these labels."""

    text: str
    labels: tuple[int, ...] = ()


def standing(view: ItemView) -> Standing:
    """Return what stands on an item under its project's rules."""
    return Standing(
        deleted=view.item.deleted,
        answers={
            control: {one.annotator: (one.label, one.value) for one in rows}
            for control, rows in view.countable.items()
        },
        gold=dict(view.gold),
        reviews=frozenset((one.id, said) for one in view.submitted for said in one.reviews),
    )


def decision(before: Standing, after: Standing, control: int) -> Decision | None:
    """Return what a change of an item decided about a question; None = nothing.

    Args:
        control: the question; WHOLE = any.
    """
    if after.deleted and not before.deleted:
        return Decision("item deleted")
    keys = [control] if control else sorted({*before.gold, *after.gold})
    asked = [control] if control else sorted(after.answers)
    told = [_gold(before, after, one) for one in keys]
    told.append(_review(before, after))
    told += [_own(before, after, one) for one in asked]
    told += [_other(before, after, one) for one in asked]
    return next(filter(None, told), None)


def _review(before: Standing, after: Standing) -> Decision | None:
    new = sorted((said for _, said in after.reviews - before.reviews), key=_latest)
    return Decision(f"review: {_VERDICTS[Verdict(new[-1].verdict)]}") if new else None


def _latest(review: Review) -> tuple[bool, int, str]:
    return review.at is None, review.at or 0, review.name


def _gold(before: Standing, after: Standing, control: int) -> Decision | None:
    old, new = before.gold.get(control), after.gold.get(control)
    if old == new:
        return None
    return (
        Decision("the gold key was withdrawn")
        if new is None
        else Decision("gold is now {}", (new,))
    )


def _own(before: Standing, after: Standing, control: int) -> Decision | None:
    """Return what somebody made of their own answer."""
    there = before.answers.get(control, {})
    for who, (label, value) in after.answers.get(control, {}).items():
        if who in there and there[who] != (label, value):
            old = there[who][0]
            if old is None or label is None:
                return Decision("changed by the author")
            return Decision("{} → {} by the author", (old, label))
    return None


def _other(before: Standing, after: Standing, control: int) -> Decision | None:
    """Return what somebody says who had no answer; nothing where an answer only changed hands."""
    there, now = before.answers.get(control, {}), after.answers.get(control, {})
    fresh = [said for who, said in now.items() if who not in there]
    if not fresh or Counter(there.values()) == Counter(now.values()):
        return None
    label, place = fresh[-1][0], _PLACES.get(len(now), "further")
    if len(now) == 1:
        return Decision("answered: {}", (label,)) if label is not None else Decision("answered")
    if label is None:
        return Decision(f"a {place} answer")
    agrees = "agrees" if fresh[-1] in there.values() else "differs"
    return Decision(f"a {place} answer {agrees}: {{}}", (label,))


class Decisions:
    """Entries that wait, of the items that a transaction changes.

    Args:
        loaded: the items that the transaction has in memory, which are looked up together.
    """

    def __init__(
        self, conn: Connection, now: int, loaded: Callable[[], Iterable[ItemFacts]]
    ) -> None:
        self._conn = conn
        self._now = now
        self._loaded = loaded
        self._asked: set[tuple[int, int]] = set()
        self._waiting: dict[int, list[Any]] = {}
        self._before: dict[int, Standing] = {}

    def before(self, item: ItemFacts, view: Callable[[], ItemView]) -> None:
        """Note what stands on an item before its first change, where an entry waits for it."""
        if (item.project_id, item.id) not in self._asked:
            self._look(item)
        if item.id in self._waiting:
            self._before[item.id] = standing(view())

    def _look(self, item: ItemFacts) -> None:
        places = {(one.project_id, one.id) for one in self._loaded()}
        new = {*places, (item.project_id, item.id)} - self._asked
        self._asked |= new
        entry, by_project = schema.queue_entry.c, dict[int, list[int]]()
        for project_id, item_id in sorted(new):
            by_project.setdefault(project_id, []).append(item_id)
        for project_id, ids in by_project.items():
            query = select(entry.item_id, entry.id, entry.control_id, entry.opened_at).where(
                entry.project_id == project_id,
                entry.decided_at.is_(None),
                entry.item_id.in_(bulk.among(self._conn, ids)),
            )
            for row in self._conn.execute(query):
                self._waiting.setdefault(row.item_id, []).append(row)

    def after(self, item: ItemFacts, view: Callable[[], ItemView]) -> None:
        """Close the entries of an item about which its change decided something."""
        before = self._before.get(item.id)
        if before is None:
            return
        now = standing(view())
        for entry in self._waiting[item.id]:
            found = decision(before, now, entry.control_id)
            if found is not None:
                self._close(entry.id, max(self._now, entry.opened_at), found)

    def _close(self, entry_id: int, at: int, found: Decision) -> None:
        entry = schema.queue_entry
        labels = [label_text(self._conn, one) for one in found.labels]
        self._conn.execute(
            update(entry)
            .where(entry.c.id == entry_id, entry.c.decided_at.is_(None))
            .values(state=State.DECIDED, decided_at=at, outcome=found.text.format(*labels))
        )


def label_text(conn: Connection, label_id: int) -> str:
    """Return a label as people read it: a set as its options."""
    label = schema.label.c
    row = conn.execute(select(label.text, label.options).where(label.id == label_id)).one()
    return str(row.text) if row.options is None else " + ".join(json.loads(row.text)) or "nothing"
