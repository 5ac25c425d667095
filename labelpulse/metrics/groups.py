"""Finishes about groups of people who read the labels alike; numpy lives here."""

from dataclasses import dataclass

import numpy as np

from labelpulse.core import estimate
from labelpulse.core.estimate import Estimate
from labelpulse.metrics.arrays import NONE, Answers, Flags, Ints
from labelpulse.metrics.base import Group
from labelpulse.metrics.fits import Rows
from labelpulse.stats.clusters import (
    LEAST_ANSWERS,
    LEAST_PEOPLE,
    PERMUTATIONS,
    Clusters,
    clusters,
)
from labelpulse.stats.leaders import others_leader

SEED = 20240304
PERMUTED = 20_000
"""So many people are shuffled in all, in 40 to 200 permutations, so that large teams wait less."""
MOST_LABELS = 50
CHANCE = 0.05
"""Groups that chance alone makes more often than this are one group."""


@dataclass(frozen=True, slots=True)
class Read:
    """How people read labels.

    Attributes:
        n: by annotator: answers to items on which others gave one label most.
        found: None where too few people have enough of them.
    """

    n: Ints
    found: Clusters | None


def annotator_cluster(group: Group) -> Rows:
    """Return the group of each person, where there is more than one."""
    matrix = group.matrix()
    answers = matrix.answers
    why = group.control.unlike() or group.control.unlabeled()
    if not why and len(answers.labels) < 2:
        why = "fewer than two labels were given"
    if len(answers.labels) > MOST_LABELS:
        many = f"more than {MOST_LABELS} labels: people have too few answers to each"
        why = why or many
    if why:
        return [({}, estimate.undefined(0, why))]
    mark = hash(matrix.pool.tobytes())
    read = answers.fit(f"groups {mark}", lambda one: _read(one, matrix.pool))
    people = np.unique(answers.annotator[matrix.chosen & answers.named]).tolist()
    if not people:
        return [({}, estimate.undefined(0, "no item has answers of two people"))]
    return [({"annotator": int(answers.annotators[who])}, _told(read, who)) for who in people]


def _told(read: Read, who: int) -> Estimate:
    found, n = read.found, int(read.n[who])
    if found is None:
        few = f"fewer than {LEAST_PEOPLE} people have {LEAST_ANSWERS} answers to compare"
        return estimate.undefined(n, few)
    number = 1 + int(found.group.max())
    told = {"silhouette": found.silhouette, "p": found.p, "groups": number}
    if found.p > CHANCE:
        one = f"one group: chance alone makes groups as distinct with p = {found.p:.2f}"
        return estimate.undefined(n, one).showing(**told | {"groups": 1})
    at = np.flatnonzero(found.annotator == who)
    if not len(at):
        few = f"{n} answers that others answered, too, fewer than {LEAST_ANSWERS}"
        return estimate.undefined(n, few).showing(**told)
    own = int(found.group[at[0]])
    size = int((found.group == own).sum())
    return Estimate(1 + own, None, None, n).showing(people=size, **told)


def _read(answers: Answers, pool: Flags) -> Read:
    """Compare everybody's answers with what most others said of the item."""
    rows = np.flatnonzero(pool & answers.named & (answers.label != NONE))
    item, label, who = answers.item[rows], answers.label[rows], answers.annotator[rows]
    leader = others_leader(item, label)
    told = leader != NONE
    size, labels = len(answers.annotators), len(answers.labels)
    cell = (who[told] * labels + leader[told]) * labels + label[told]
    counts = np.bincount(cell, minlength=size * labels * labels)
    table = counts.reshape(size, labels, labels)
    times = min(max(PERMUTED // max(size, 1), 40), PERMUTATIONS)
    return Read(table.sum(axis=(1, 2)), clusters(table, seed=SEED, permutations=times))
