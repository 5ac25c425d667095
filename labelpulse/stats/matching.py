"""One-to-one matching of the objects in two answers: as many as can be, then the most alike.

Similarities are integers, millionths, so that the best sum is one number whatever the order of
additions, and the same on every machine.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MILLION = 1_000_000
HALF = MILLION // 2
"""Objects match from this similarity on, as an IoU of 0.5 does."""


class Matched(NamedTuple):
    """How many objects match, and the sum of their similarities in millionths."""

    n: int
    total: int


def millionths(similarity: Floats) -> Ints:
    """Return similarities of 0-1 as whole millionths."""
    return np.rint(similarity * MILLION).astype(np.int64)


def best(similarity: Ints, least: int = HALF) -> Matched:
    """Return the most matches that there can be, and the greatest sum that so many reach.

    Assigning by similarity alone and cutting afterwards loses matches, and so does leaving out
    what is too little alike before assigning by similarity; here a match weighs more than all
    similarity together. R. Jonker & A. Volgenant 1987 (linear assignment).

    Args:
        similarity: objects of one answer × objects of the other, in millionths.
        least: what a match needs at least.

    >>> best(millionths(np.array([[0.50, 0.99], [0.49, 0.50]])))
    Matched(n=2, total=1000000)
    """
    near = similarity >= least
    if near.sum(axis=0).max(initial=0) <= 1 and near.sum(axis=1).max(initial=0) <= 1:
        return Matched(int(near.sum()), int(similarity[near].sum()))
    from scipy.optimize import linear_sum_assignment

    rows, columns = near.any(axis=1), near.any(axis=0)
    near, similarity = near[rows][:, columns], similarity[rows][:, columns]
    weight = MILLION * (min(near.shape) + 1)
    chosen = linear_sum_assignment(np.where(near, similarity + weight, 0), maximize=True)
    kept = near[chosen]
    return Matched(int(kept.sum()), int(similarity[chosen][kept].sum()))
