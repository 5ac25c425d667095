"""Finishes of skill beside the team's: accuracy drawn towards it, errors that others do not make.

numpy lives here.
"""

from dataclasses import dataclass

import numpy as np

from labelpulse.core import estimate
from labelpulse.metrics.accuracy import why_none
from labelpulse.metrics.answers import answer_of, label_name
from labelpulse.metrics.arrays import Ints
from labelpulse.metrics.base import Group
from labelpulse.metrics.fits import Rows
from labelpulse.metrics.people import GOLD
from labelpulse.stats import ranking
from labelpulse.stats.discovery import adjusted
from labelpulse.stats.shrinkage import shrink

FALSE = 0.05
"""The share of false ones that is borne among findings."""
MUCH = 1.5
"""Errors so many times as frequent as the peers' matter; of many answers, smaller lifts are sure,
too."""


@dataclass(frozen=True, slots=True)
class First:
    """First answers to gold of all known people, whatever the query chooses of people.

    Attributes:
        people: ids of annotators; labels: known labels as texts.
        n, wrong: people × labels.
        shown: the people that the query chooses.
    """

    people: list[int]
    labels: list[str]
    n: Ints
    wrong: Ints
    shown: frozenset[int]


def first_answers(group: Group) -> First:
    """Return the first answers to gold that a group's numbers are compared with."""
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
    shown = frozenset(who for who, *_ in group.sums(GOLD))
    return First(people, labels, table[0], table[1], shown)


def gold_accuracy_shrunk(group: Group) -> Rows:
    """Return each person's accuracy on gold, drawn towards that of all, and the group of equals."""
    first = first_answers(group)
    n = first.n.sum(axis=1)
    right = n - first.wrong.sum(axis=1)
    found = shrink(right, n)
    if found is None or group.control.unlike() or not first.shown & {*first.people}:
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
    """Return how many times as often as their peers people err, label by label."""
    first = first_answers(group)
    found = ranking.error_lift(first.wrong, first.n)
    if not len(found.p) or group.control.unlike():
        lone = "nobody else answered gold of the same labels" if first.people else ""
        return [({}, estimate.undefined(0, group.control.unlike() or lone or why_none(group)))]
    q = adjusted(found.p)
    finding = (found.lift >= MUCH) & (q <= FALSE)
    rows = zip(found.annotator.tolist(), found.label.tolist(), strict=True)
    return [
        (
            {"annotator": first.people[who], "label": first.labels[label]},
            estimate.estimate(
                float(found.lift[at]),
                (float(found.low[at]), float(found.high[at])),
                int(found.n[at]),
            ).showing(
                errors=int(found.wrong[at]),
                peers=float(found.peers[at]),
                p=float(found.p[at]),
                q=float(q[at]),
                finding=bool(finding[at]),
            ),
        )
        for at, (who, label) in enumerate(rows)
        if first.people[who] in first.shown
    ]
