"""Which items to review next so that most errors go, and how much error there is in all.

The worst items first, and a random share besides: only with that can a reviewed sample tell about
the items that nobody reviewed.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from labelpulse.core.estimate import Estimate, estimate, undefined
from labelpulse.stats.arrays import Bools, Floats, Ints
from labelpulse.stats.intervals import wilson


def error_removed(error: Floats, reviewer_error: float = 0.0) -> Floats:
    """Return by item the error that a recheck is expected to remove: p (1 - reviewer's error).

    Args:
        error: chance that the item's label is wrong.
        reviewer_error: share of wrong labels that a reviewer leaves wrong, 0-1.
    """
    return error * (1 - reviewer_error)


@dataclass(frozen=True, slots=True, eq=False)
class ReviewPlan:
    """The items to review, in order.

    All of them are to be reviewed before `horvitz_thompson` is unbiased; make a shorter plan
    rather than stopping half way.

    Attributes:
        item: positions in the array of errors; the random ones are spread evenly.
        gain: expected error that the item's review removes.
        inclusion: the chance with which the item got into the plan; 1 = by its error.
        drawn: got in by the draw.
    """

    item: Ints
    gain: Floats
    inclusion: Floats
    drawn: Bools


def review_plan(gain: Floats, budget: int, *, random_share: float = 0.1, seed: int) -> ReviewPlan:
    """Return the items of greatest gain, and a random sample of all the others, seeded.

    A certainty stratum and a simple random sample of the rest (W. G. Cochran 1977, Sampling
    Techniques, sections 5.8 and 9A.7).

    Args:
        gain: by item, as of `error_removed`; equal ones go by position.
        budget: how many reviews; random_share: of them, how many by the draw (two at least).

    >>> plan = review_plan(np.array([0.1, 0.5, 0.2, 0.0, 0.0, 0.0]), 4, random_share=0.5, seed=1)
    >>> plan.inclusion.tolist()
    [1.0, 0.5, 1.0, 0.5]
    """
    items = len(gain)
    budget = max(0, min(budget, items))
    random = 0 if random_share <= 0 else min(budget, max(2, round(random_share * budget)))
    order = np.argsort(-gain, kind="stable")
    worst, rest = order[: budget - random], order[budget - random :]
    drawn = np.random.default_rng(seed).choice(rest, random, replace=False)
    item = np.concatenate([worst, drawn])
    chance = np.ones(budget)
    if random:
        chance[len(worst) :] = random / len(rest)
    by_draw = np.arange(budget) >= len(worst)
    places = [(np.arange(n) + 0.5) / max(n, 1) for n in (len(worst), random)]
    mixed = np.argsort(np.concatenate(places), kind="stable")
    return ReviewPlan(item[mixed], gain[item[mixed]], chance[mixed], by_draw[mixed])


def horvitz_thompson(found: ArrayLike, inclusion: ArrayLike, population: int) -> Estimate:
    """Return the mean over all items from reviewed ones that had unequal chances to be reviewed.

    Σ y/π / N (D. G. Horvitz & D. J. Thompson 1952). Interval: items of one chance are a stratum;
    Wilson's of each, with the finite population correction, are put together by their distances
    from the value (G. Y. Zou & A. Donner 2008, Statistics in Medicine 27): it stays wide where a
    sample shows no error at all. None where a stratum was sampled once.

    Args:
        found: by reviewed item 0 = right, 1 = wrong, or a score between.
        inclusion: their chances to be reviewed, over 0.
        population: all items, N.

    >>> found = horvitz_thompson([1, 1, 0, 1], [1, 1, 0.1, 0.1], 22)
    >>> round(found.value, 4), round(found.low, 4), round(found.high, 4)
    (0.5455, 0.1837, 0.9072)
    """
    scores, chances = np.asarray(found, np.float64), np.asarray(inclusion, np.float64)
    if not population or not len(scores):
        return undefined(len(scores), "nothing was reviewed")
    value = float((scores / chances).sum()) / population
    below = above = 0.0
    for chance in np.unique(chances[chances < 1]):
        sample = scores[chances == chance]
        n = len(sample)
        if n < 2:
            note = "no interval: a single item was drawn at random"
            return Estimate(value, None, None, len(scores), note)
        share, size = float(sample.mean()), n / (1 - float(chance))
        low, high = wilson(share * size, size)
        weight = n / float(chance) / population
        below += (weight * (share - low)) ** 2
        above += (weight * (high - share)) ** 2
    ends = max(0.0, value - sqrt(below)), min(1.0, value + sqrt(above))
    return estimate(value, ends, len(scores), _unsampled(chances, population))


def _unsampled(chances: Floats, population: int) -> str:
    covered = float((1 / chances).sum())
    if covered < population - 0.5:
        return "not representative: some items had no chance to be reviewed"
    return ""
