"""Finishes of skill beside the team's: accuracy drawn towards it, errors that others do not make.

numpy lives here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from labelpulse.core import estimate
from labelpulse.core.estimate import Estimate
from labelpulse.metrics.accuracy import why_none
from labelpulse.metrics.answers import answer_of, label_name
from labelpulse.metrics.arrays import NONE, Floats, Ints, people_chosen
from labelpulse.metrics.base import Group
from labelpulse.metrics.fits import Rows, text_of
from labelpulse.metrics.people import GOLD
from labelpulse.stats import ranking
from labelpulse.stats.discovery import adjusted
from labelpulse.stats.leaders import others_leader
from labelpulse.stats.shrinkage import shrink

FALSE = 0.05
"""The share of false ones that is borne among findings."""
MUCH = 1.5
"""Errors so many times as frequent as the peers' matter; of many answers, smaller lifts are sure,
too."""


@dataclass(frozen=True, slots=True)
class Told:
    """Answers of all known people beside what the items are, whatever the query says of people.

    Attributes:
        people: ids of annotators; labels: what the items are, as texts.
        n, wrong: people × labels.
        shown: the people that the query chooses.
    """

    people: Sequence[int]
    labels: Sequence[str]
    n: Ints
    wrong: Ints
    shown: Collection[int]


def beside_gold(group: Group) -> Told:
    """Return first answers to gold, by the known label."""
    cells: dict[tuple[int, str], tuple[int, int]] = {}
    unknown = group.unknown()
    for (who, known, given), (n,) in group.everybody(GOLD).items():
        truth = answer_of(group.control, group.ask, known)
        label = label_name(truth)
        if who in unknown or not group.ask.keeps(label):
            continue
        wrong = n * (truth != answer_of(group.control, group.ask, given))
        there = cells.get((who, label), (0, 0))
        cells[who, label] = there[0] + n, there[1] + wrong
    people = sorted({who for who, _ in cells})
    labels = sorted({label for _, label in cells})
    rows, columns = ({one: at for at, one in enumerate(names)} for names in (people, labels))
    table = np.zeros((2, len(people), len(labels)), dtype=np.int64)
    for (who, label), counts in cells.items():
        table[:, rows[who], columns[label]] = counts
    return Told(people, labels, table[0], table[1], {who for who, *_ in group.sums(GOLD)})


def beside_others(group: Group) -> Told:
    """Return answers to items that others answered, too, by the label that most of them gave."""
    matrix = group.matrix()
    one = matrix.answers
    texts = [text_of(group, one, label) for label in range(len(one.labels))]
    labels = sorted({*texts})
    merged = np.array([labels.index(text) for text in texts], dtype=np.int64)
    rows = matrix.pool & one.named & (one.label != NONE)
    label, who = merged[one.label[rows]], one.annotator[rows]
    leader = others_leader(one.item[rows], label)
    kept = np.array([group.ask.keeps(text) for text in labels], dtype=bool)
    counted = (leader != NONE) & kept[leader] if labels else leader != NONE
    shape = len(one.annotators), len(labels)
    cell = who[counted] * shape[1] + leader[counted]
    wrong = (label != leader)[counted]
    n, bad = (
        np.bincount(some, minlength=shape[0] * shape[1]).reshape(shape)
        for some in (cell, cell[wrong])
    )
    return Told(one.annotators.tolist(), labels, n, bad, people_chosen(matrix))


def gold_accuracy_shrunk(group: Group) -> Rows:
    """Return each person's accuracy on gold, drawn towards that of all, and the group of equals."""
    first = beside_gold(group)
    n = first.n.sum(axis=1)
    right = n - first.wrong.sum(axis=1)
    found = shrink(right, n)
    if found is None or group.control.unlike() or not {*first.shown} & {*first.people}:
        return [({}, estimate.undefined(0, why_none(group)))]
    ranks = ranking.tie_groups(found.value, found.low, found.high, n)
    return [
        (
            {"annotator": who},
            estimate.estimate(float(value), (float(low), float(high)), int(n[at])).showing(
                raw=float(right[at] / n[at]),
                prior=found.pooled,
                weight=found.weight,
                group=int(ranks.group[at]) + 1 or None,
                best_rank=_ranked(ranks.best[at]),
                worst_rank=_ranked(ranks.worst[at]),
            ),
        )
        for at, (who, value, low, high) in enumerate(
            zip(first.people, found.value, found.low, found.high, strict=True)
        )
        if who in first.shown
    ]


def _ranked(rank: np.int64) -> int | None:
    return int(rank) if rank > 0 else None


def error_lift(group: Group) -> Rows:
    """Return how many times as often as their peers people err, label by label.

    Where there is no gold, to err is to differ from most others.
    """
    told, evidence = beside_gold(group), "gold"
    why = group.control.unlike()
    if not told.people and not why and not group.control.unlabeled():
        told, evidence = beside_others(group), "others"
    found = ranking.error_lift(told.wrong, told.n)
    if why or not len(found.p):
        lone = "nobody else answered gold of the same labels"
        none = lone if evidence == "gold" else why_none(group)
        return [({}, estimate.undefined(0, why or none))]
    q = adjusted(found.p)
    return [
        (
            {"annotator": told.people[who], "label": told.labels[label]},
            _lift(found, at, q, evidence),
        )
        for at, (who, label) in enumerate(zip(found.annotator, found.label, strict=True))
        if told.people[who] in told.shown
    ]


def _lift(found: ranking.Lift, at: int, q: Floats, evidence: str) -> Estimate:
    value, ends = float(found.lift[at]), (float(found.low[at]), float(found.high[at]))
    apart = "no gold: wrong is what differs from most others"
    note = apart if evidence == "others" else ""
    return estimate.estimate(value, ends, int(found.n[at]), note).showing(
        errors=int(found.wrong[at]),
        peers=float(found.peers[at]),
        p=float(found.p[at]),
        q=float(q[at]),
        finding=bool(value >= MUCH and q[at] <= FALSE),
        evidence=evidence,
    )
