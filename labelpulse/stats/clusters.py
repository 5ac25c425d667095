"""Groups of annotators who read the labels alike, and whether there is more than one group."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from labelpulse.stats.arrays import Floats, Ints

LEAST_ANSWERS = 20
LEAST_PEOPLE = 4
PRIOR = 10.0
"""Answers for which the team's reading of a label counts in each one's own."""
MOST_GROUPS = 8
PERMUTATIONS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Annotators by how they read each label.

    Attributes:
        annotator: numbers; people with fewer than 20 answers are absent.
        group: by annotator; 0 = the largest group.
        reading: P(label given | label), groups × labels × labels, from the sums of their answers;
            the team's where a group has no answer to items of a label.
        silhouette: how much nearer people are to their own group than to the next, at most 1.
        p: the chance of groups so distinct, or more, if all people read the labels alike; where it
            is not small, they could be one group.
        order: positions in `annotator` from the tree, similar people side by side.
    """

    annotator: Ints
    group: Ints
    reading: Floats
    silhouette: float
    p: float
    order: Ints


def clusters(
    confusion: ArrayLike, *, seed: int, permutations: int = PERMUTATIONS
) -> Clusters | None:
    """Return groups of annotators by average linkage; None below four people who read anything.

    Distance: Hellinger's between the rows of two people's matrices, each drawn towards the team's
    with ten answers, averaged over labels by how frequent they are. Tree: average linkage
    (R. R. Sokal & C. D. Michener 1958), cut into the 2 to 8 groups of greatest mean silhouette
    (P. J. Rousseeuw 1987). p: (1 + as great)/(1 + permutations) with people's answers permuted
    among the items of each label, which keeps how many answers each person and each label has
    (random tables of fixed margins, W. M. Patefield 1981).

    Args:
        confusion: whole numbers, annotators × labels × labels: row = what the item is by gold, or
            by the others' answers; column = the label given.
        seed: of the permutations.
    """
    every = np.asarray(confusion, np.int64)
    who = np.flatnonzero(every.sum(axis=(1, 2)) >= LEAST_ANSWERS)
    counts = every[who]
    if len(who) < LEAST_PEOPLE or every.shape[1] < 2:
        return None
    group, found, order = _best_cut(counts)
    as_great = sum(
        _best_cut(one)[1] >= found - 1e-12 for one in _permuted(counts, seed, permutations)
    )
    p = (1 + as_great) / (1 + permutations)
    group = _by_size(group)
    sums = np.stack([counts[group == one].sum(axis=0) for one in range(int(group.max()) + 1)])
    return Clusters(who, group, _reading(sums, 1e-9), found, p, order)


def _reading(counts: Ints, prior: float) -> Floats:
    """Return the rows of matrices as shares, drawn towards those of the sum of all matrices."""
    team = counts.sum(axis=0).astype(np.float64)
    whole = team.sum(axis=1, keepdims=True)
    even = np.full_like(team, 1 / len(team))
    pooled = np.divide(team, whole, out=even, where=whole > 0)
    return np.asarray((counts + prior * pooled) / (counts.sum(axis=2, keepdims=True) + prior))


def _best_cut(counts: Ints) -> tuple[Ints, float, Ints]:
    """Return the groups of greatest silhouette, that silhouette, and the order of the tree."""
    from scipy.cluster.hierarchy import cut_tree, leaves_list, linkage
    from scipy.spatial.distance import pdist, squareform

    frequent = counts.sum(axis=(0, 2)) / counts.sum()
    points = np.sqrt(_reading(counts, PRIOR) * frequent[:, None] / 2)
    near = pdist(points.reshape(len(counts), -1))
    tree = linkage(near, "average")
    cuts = cut_tree(tree, n_clusters=range(2, min(MOST_GROUPS, len(counts) - 1) + 1)).T
    square = squareform(near)
    found = [silhouette(square, cut) for cut in cuts]
    best = int(np.argmax(found))
    return cuts[best].astype(np.int64), found[best], leaves_list(tree).astype(np.int64)


def silhouette(distance: Floats, group: Ints) -> float:
    """Return the mean silhouette (b - a)/max(a, b) of a grouping; 0 for who is alone in a group.

    a: mean distance to the others of the own group; b: to the nearest other group.
    P. J. Rousseeuw 1987, Journal of Computational and Applied Mathematics 20, 53-65.

    Args:
        distance: people × people; group: by person, two groups or more, numbered 0….

    >>> line = np.array([0.0, 1.0, 10.0, 11.0])
    >>> round(silhouette(np.abs(line[:, None] - line), np.array([0, 0, 1, 1])), 4)
    0.8997
    """
    member = np.eye(int(group.max()) + 1)[group]
    size = member.sum(axis=0)
    total = distance @ member
    own = member.astype(np.bool_)
    a = total[own] / np.maximum(size[group] - 1, 1)
    b = np.where(own, np.inf, total / np.maximum(size, 1)).min(axis=1)
    widest = np.maximum(a, b)
    each = np.divide(b - a, widest, out=np.zeros_like(a), where=(widest > 0) & (size[group] > 1))
    return float(each.mean())


def _by_size(group: Ints) -> Ints:
    """Return groups numbered by falling size; those of one size as they came."""
    order = np.argsort(-np.bincount(group), kind="stable")
    return np.argsort(order, kind="stable")[group]


def _permuted(counts: Ints, seed: int, times: int) -> Ints:
    """Return confusion counts as they might be if all read alike: times × the shape of counts."""
    from scipy.stats import random_table

    draw = np.random.default_rng(seed)
    found = np.zeros((times, *counts.shape), dtype=np.int64)
    for label in range(counts.shape[1]):
        cells = counts[:, label, :]
        if cells.any():
            table = random_table(cells.sum(axis=1), cells.sum(axis=0))
            found[:, :, label, :] = table.rvs(times, random_state=draw)
    return found
