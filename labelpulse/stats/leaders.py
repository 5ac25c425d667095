"""What most others said: the label that leads among all answers to an item but one's own."""

import numpy as np

from labelpulse.stats.arrays import Ints

NONE = -1
"""In place of a label: nobody else answered, or two labels lead."""


def others_leader(item: Ints, label: Ints) -> Ints:
    """Return by answer the label that most others gave to the item; NONE where there is none.

    Args:
        item, label: numbers from 0, by answer; each person has one answer to an item.

    >>> others_leader(np.array([0, 0, 0, 1, 1, 2]), np.array([5, 5, 7, 5, 7, 5])).tolist()
    [-1, -1, 5, 7, 5, -1]
    """
    if not len(item):
        return np.zeros(0, dtype=np.int64)
    labels, items = int(label.max()) + 1, int(item.max()) + 1
    cells, at, votes = np.unique(item * labels + label, return_inverse=True, return_counts=True)
    of, given = np.divmod(cells, labels)
    order = np.lexsort((-votes, of))
    start = np.concatenate(([0], np.cumsum(np.bincount(of, minlength=items))))
    rank = np.empty(len(votes), dtype=np.int64)
    rank[order] = np.arange(len(votes)) - start[of[order]]
    # The three labels with most votes of each item: without the own one, two are left to compare.
    most, name = np.zeros((2, 3, items), dtype=np.int64)
    high = rank < len(most)
    most[rank[high], of[high]] = votes[high]
    name[rank[high], of[high]] = given[high]
    first, second = np.where(rank[at] == 0, 1, 0), np.where(rank[at] <= 1, 2, 1)
    own, rival = votes[at] - 1, most[first, item]
    other = np.where((own < rival) & (most[second, item] < rival), name[first, item], NONE)
    return np.asarray(np.where(own > rival, label, other), dtype=np.int64)
