"""Which items of a question to look at, by reason, the clearest cases first; numpy lives here.

The numbers are those of the metrics by item; only the first few items are told one by one, so
that a question with a million answers costs no more than its arrays.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from labelpulse.core.events import Verdict
from labelpulse.core.queue import Reason
from labelpulse.metrics.arrays import NONE, Answers, Flags, Floats, Ints
from labelpulse.metrics.base import Group
from labelpulse.metrics.disagreement import worst_pair
from labelpulse.metrics.doubt import in_query
from labelpulse.metrics.fits import ambiguity, fitted, text_of, unfit
from labelpulse.metrics.gold_items import SUSPECT, gold_item_health
from labelpulse.metrics.rechecks import review_gain
from labelpulse.stats import label_error

LEAST_ERROR = 0.1
"""Below this chance that its label is wrong an item is not suggested for it."""


class Pick(NamedTuple):
    """An item to look at.

    Attributes:
        item: id. value: the metric's number for it; None = it has none.
        more: what else the metric tells of it.
    """

    item: int
    metric: str
    value: float | str | None
    more: Mapping[str, Any]


def gold_keys(group: Group, among: Flags, _limit: int) -> Iterator[Pick]:
    """Yield gold items whose key is suspect, those that most able people miss first."""
    those = _ids(group, among)
    health = [row for row in gold_item_health(group) if row[1].value == SUSPECT]
    rows = [(keys, found) for keys, found in health if keys["item"] in those]
    for keys, found in sorted(rows, key=lambda row: -int(row[1].more["able_misses"] or 0)):
        shown = ("miss_rate", "rival", "rival_votes", "able", "able_misses")
        more = {name: found.more[name] for name in shown}
        yield Pick(int(keys["item"]), "gold_item_health", SUSPECT, more)


def label_errors(group: Group, among: Flags, limit: int) -> Iterator[Pick]:
    """Yield items whose likeliest label may be wrong, and that nothing else has decided yet."""
    one = fitted(group)
    if one.found is None or unfit(group, one):
        return
    answers, posterior = group.matrix().answers, one.found.posterior
    error = label_error.item_error(posterior)
    kept = among & in_query(group) & (one.found.answered > 0) & undecided(answers)
    kept &= error >= LEAST_ERROR
    best = label_error.consensus_label(posterior)
    for at in _greatest(error, kept, limit):
        more = {
            "consensus": text_of(group, answers, int(best[at])),
            "n": int(one.found.answered[at]),
        }
        yield Pick(int(answers.items[at]), "expected_label_error", float(error[at]), more)


def ambiguous(group: Group, among: Flags, limit: int) -> Iterator[Pick]:
    """Yield items on which competent people disagree, the most divided first."""
    return _ambiguity(group, among, limit, wanted=True)


def mistaken(group: Group, among: Flags, limit: int) -> Iterator[Pick]:
    """Yield items on which only those who err disagree, the most divided first."""
    return _ambiguity(group, among, limit, wanted=False)


def _ambiguity(group: Group, among: Flags, limit: int, *, wanted: bool) -> Iterator[Pick]:
    one = fitted(group)
    if one.found is None or unfit(group, one):
        return
    answers, told = group.matrix().answers, ambiguity(group, one.given, one.found)
    kept = (told.ambiguous if wanted else told.mistaken) & in_query(group)[told.item]
    kept &= (among & undecided(answers))[told.item]
    for at in _greatest(told.competent if wanted else told.raw, kept, limit):
        item, more = int(told.item[at]), {"raw": float(told.raw[at])}
        more["n"] = int(one.found.answered[item])
        yield Pick(int(answers.items[item]), "item_ambiguity", float(told.competent[at]), more)


def label_pairs(group: Group, among: Flags, limit: int) -> Iterator[Pick]:
    """Yield the newest items of the two labels that most disagreement is about, beyond chance."""
    worst = worst_pair(group)
    if worst is None:
        return
    names, share = worst
    answers = group.matrix().answers
    more = {"pair": list(names), "lift": share.part / share.expected}
    kept = among & items_of_pair(group, *names) & undecided(answers)
    for at in _greatest(last_answered(answers), kept, limit):
        yield Pick(int(answers.items[at]), "disagreement_share", min(share.part, 1.0), more)


def plan(group: Group, among: Flags, limit: int) -> Iterator[Pick]:
    """Yield the review plan, in its order."""
    those = _ids(group, among)
    rows = [(keys, found) for keys, found in review_gain(group) if keys.get("item") in those]
    for keys, found in sorted(rows, key=lambda row: int(row[1].more["rank"] or 0))[:limit]:
        more = {name: found.more[name] for name in ("rank", "why")}
        yield Pick(int(keys["item"]), "review_gain", found.value, more)


PICKERS: Mapping[Reason, Callable[[Group, Flags, int], Iterator[Pick]]] = {
    Reason.GOLD_KEY: gold_keys,
    Reason.LABEL_ERROR: label_errors,
    Reason.AMBIGUOUS: ambiguous,
    Reason.MISTAKEN: mistaken,
    Reason.LABEL_PAIR: label_pairs,
    Reason.REVIEW_PLAN: plan,
}
"""In the order in which reasons are told: what misleads most comes first. Each yields at most so
many of the items that it is given; what is said of them rests on all answers."""


def answered_since(group: Group, day: int | None) -> Flags:
    """Return the items with an answer on or after a local day, by whomever; None = all items."""
    answers = group.matrix().answers
    if day is None:
        return every_item(group)
    lately = answers.item[answers.day >= max(day, 1)]
    return np.asarray(np.bincount(lately, minlength=len(answers.items)) > 0)


def _ids(group: Group, among: Flags) -> frozenset[int]:
    return frozenset(group.matrix().answers.items[among].tolist())


def undecided(answers: Answers) -> Flags:
    """Return the items without a known answer that no reviewer accepted or fixed."""
    settled = np.isin(answers.stands, (Verdict.ACCEPTED, Verdict.FIXED))
    reviewed = np.bincount(answers.item[settled], minlength=len(answers.items)) > 0
    return np.asarray(~reviewed & (answers.gold == NONE))


def last_answered(answers: Answers, rows: Flags | None = None) -> Ints:
    """Return by item when somebody answered it last; 0 = unknown.

    Args:
        rows: the answers that count; None = all.
    """
    found = np.zeros(len(answers.items), dtype=np.int64)
    at = slice(None) if rows is None else rows
    np.maximum.at(found, answers.item[at], answers.since[at])
    return found


def items_of_pair(group: Group, one: str, other: str) -> Flags:
    """Return the items to which two people gave these two labels, as people read them."""
    answers = group.matrix().answers
    found = np.ones(len(answers.items), dtype=bool)
    for name in (one, other):
        rows = _rows_of(group, (name,))
        found &= np.bincount(answers.item[rows], minlength=len(answers.items)) > 0
    return found


def _rows_of(group: Group, names: tuple[str, ...]) -> Flags:
    """Return the chosen answers of known people that are one of these labels."""
    matrix = group.matrix()
    answers = matrix.answers
    labels = [at for at in range(len(answers.labels)) if text_of(group, answers, at) in names]
    return np.asarray(matrix.chosen & answers.known & np.isin(answers.label, labels))


def every_item(group: Group) -> Flags:
    """Return all items of a question."""
    return np.ones(len(group.matrix().answers.items), dtype=bool)


def items_apart(group: Group) -> Flags:
    """Return the items to which people gave different labels."""
    matrix = group.matrix()
    answers = matrix.answers
    rows = matrix.chosen & answers.known & (answers.label != NONE)
    items, label = answers.item[rows], answers.label[rows]
    least = np.full(len(answers.items), len(answers.labels), dtype=np.int64)
    most = np.full(len(answers.items), NONE, dtype=np.int64)
    np.minimum.at(least, items, label)
    np.maximum.at(most, items, label)
    return np.asarray(most > least)


def items_against(group: Group, people: frozenset[int]) -> Flags:
    """Return the items where somebody answered against the known answer, else against most others.

    Most others = more than half of those who answered, one at least.
    """
    matrix = group.matrix()
    answers = matrix.answers
    usable = matrix.everybody & (answers.label != NONE)
    theirs = np.isin(answers.annotators[answers.annotator], list(people))
    own = np.flatnonzero(usable & matrix.pool & theirs)
    asked = np.zeros(len(answers.items), dtype=bool)
    asked[answers.item[own]] = True
    others = usable & asked[answers.item] & ~theirs & answers.known
    q = max(len(answers.labels), 1)
    items = len(answers.items)
    n = np.bincount(answers.item[others], minlength=items)
    cells, votes = np.unique(answers.item[others] * q + answers.label[others], return_counts=True)
    item, label = cells // q, cells % q
    majority = np.full(items, NONE, dtype=np.int64)
    most = votes * 2 > n[item]
    majority[item[most]] = label[most]
    truth = np.where(answers.gold != NONE, answers.gold, majority)[answers.item[own]]
    found = np.zeros(items, dtype=bool)
    found[answers.item[own[(truth != NONE) & (truth != answers.label[own])]]] = True
    return found


def newest(
    group: Group, kept: Flags, limit: int, labels: tuple[str, str] | None = None
) -> list[int]:
    """Return the ids of items, those answered last first.

    Args:
        labels: only answers that are one of these tell when; None = all.
    """
    answers = group.matrix().answers
    rows = None if labels is None else _rows_of(group, labels)
    return [int(answers.items[at]) for at in _greatest(last_answered(answers, rows), kept, limit)]


def _greatest(value: Floats | Ints, kept: Flags, limit: int) -> list[int]:
    """Return the places of the greatest values among those kept, ties by place."""
    at = np.flatnonzero(kept)
    return [int(one) for one in at[np.argsort(-value[at], kind="stable")][:limit]]
