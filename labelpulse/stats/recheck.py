"""Which items to review next so that most errors go, and how much error there is in all.

The worst items first, and a random share besides: only with that can a reviewed sample tell about
the items that nobody reviewed. Nothing is stored of a draw: every item has a number of its own for
good, as if drawn at random, and a sample is the items of the smallest numbers (E. Ohlsson 1995,
Coordination of samples using permanent random numbers, in Business Survey Methods, 153-169).
"""

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike

from labelpulse.core.estimate import Estimate, estimate, undefined
from labelpulse.stats.arrays import Bools, Floats, Ints
from labelpulse.stats.intervals import wilson

BY_CHANCE = 0.05
"""A run of reviewed items that comes about more often than this without a draw shows none."""
NOT_DRAWN = (
    "not representative: these items were not drawn; low and high hold whatever the others are; "
    "review those that review_gain draws at random"
)


def permanent_numbers(item: Ints, salt: int) -> Floats:
    """Return the number of each item in [0, 1): always the same, as if drawn at random.

    An item's is the output of its place of the generator splitmix64 seeded with the salt, 53 bits
    of it (G. L. Steele, D. Lea & C. H. Flood 2014, OOPSLA, 453-472).

    Args:
        item: ids, whole numbers over 0. salt: 64 bits.

    >>> (permanent_numbers(np.array([1, 2]), 1234567) * 2**53).astype(np.int64).tolist()
    [3153236189995295, 1564046978124417]
    >>> 6457827717110365317 >> 11, 3203168211198807973 >> 11  # published outputs for that seed
    (3153236189995295, 1564046978124417)
    """
    with np.errstate(over="ignore"):
        bits = np.asarray(item).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


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

    Attributes:
        item: positions in the array of errors; the random ones are spread evenly, in the order of
            their numbers, so that the sample grows with every one of them.
        gain: expected error that the item's review removes.
        inclusion: 1 of an item that is there by its error; of a drawn one the share of all items
            that are in the sample once the plan is reviewed: the chance to be drawn by then.
        drawn: got in by the draw, or lies among those by its number.
    """

    item: Ints
    gain: Floats
    inclusion: Floats
    drawn: Bools


def review_plan(
    gain: Floats,
    number: Floats,
    budget: int,
    *,
    random_share: float = 0.1,
    reviewed: ArrayLike = (),
) -> ReviewPlan:
    """Return the items of greatest gain, and of all the others those of the smallest numbers.

    The worst are taken first, so that the run of reviewed items in the order of their numbers ends
    where a set number of items has been met that are not among the worst. Of such inverse sampling
    the plain mean is unbiased (J. B. S. Haldane 1945, Biometrika 33, 222-225); it would not be if
    the worst made up for those that were drawn, too.

    Args:
        gain: by item to review, as of `error_removed`; equal ones go by position.
        number: by item, as of `permanent_numbers`.
        budget: how many reviews; random_share: of them, how many by the draw (two at least).
        reviewed: the numbers of the other items, which were reviewed.

    >>> gain, number = np.array([0.1, 0.5, 0.2, 0, 0, 0]), np.array([0.6, 0.3, 0.8, 0.9, 0.5, 0.2])
    >>> plan = review_plan(gain, number, 4, random_share=0.5)
    >>> plan.item.tolist(), plan.drawn.tolist()
    ([5, 2, 1, 4], [True, False, True, True])
    >>> plan.inclusion.round(2).tolist()
    [0.5, 1.0, 0.5, 0.5]
    """
    items = len(gain)
    budget = max(0, min(budget, items))
    random = 0 if random_share <= 0 else min(budget, max(2, round(random_share * budget)))
    order = np.argsort(-gain, kind="stable")
    worst, rest = order[: budget - random], _in_order(order[budget - random :], number)
    last = number[rest[random - 1]] if random else -inf
    both = number[worst] <= last
    sample = _in_order(np.concatenate([worst[both], rest[:random]]), number)
    item = np.concatenate([worst[~both], sample])
    drawn = np.arange(budget) >= budget - len(sample)
    left_out = number[rest[random:]].min(initial=inf)
    below = np.concatenate([number, np.asarray(reviewed)]) < left_out
    chance = np.where(drawn, below.mean() if items else 1.0, 1.0)
    mixed = _spread(budget - len(sample), len(sample))
    return ReviewPlan(item[mixed], gain[item[mixed]], chance[mixed], drawn[mixed])


def _in_order(items: Ints, number: Floats) -> Ints:
    return items[np.argsort(number[items], kind="stable")]


def _spread(*sizes: int) -> Ints:
    """Return the order that spreads several lists, one behind the other, evenly over one."""
    places = [(np.arange(n) + 0.5) / max(n, 1) for n in sizes]
    return np.argsort(np.concatenate(places), kind="stable")


def sampled_error(number: Floats, score: Floats) -> Estimate:
    """Return the mean score of all items from those that were reviewed.

    The sample is the unbroken run of reviewed items in the order of their numbers: with as many
    items as it has, a simple random sample of all. Reviewers who follow no plan make a run, too:
    of n items or more with the chance C(r, n)/C(N, n), where r of all N were reviewed. If that is
    over 5 %, nothing shows that there was a draw. Then it is the mean of what was reviewed, and the
    ends are what it would be if all others were right, or all wrong.

    Columns: `sample`, items in the run; `reviewed` and `items` in all.

    Args:
        number: by item, as of `permanent_numbers`.
        score: 0 = right, 1 = wrong, or a score between; NaN = not reviewed.

    >>> number = np.arange(20) / 20
    >>> found = sampled_error(number, np.where(number < 0.2, [1, 0] * 10, np.nan))
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3), found.n
    (0.5, 0.17, 0.83, 4)
    """
    known = ~np.isnan(score)
    items, reviewed = len(score), int(known.sum())
    run = number < number[~known].min(initial=inf)
    n = int(run.sum())
    shown = {"sample": n, "reviewed": reviewed, "items": items}
    if not reviewed:
        return undefined(0, "nothing was reviewed").showing(**shown)
    if n < items and _by_chance(n, reviewed, items) > BY_CHANCE:
        wrong = float(score[known].sum())
        ends = wrong / items, (wrong + items - reviewed) / items
        return estimate(wrong / reviewed, ends, reviewed, NOT_DRAWN).showing(**shown)
    return horvitz_thompson(score[run], np.full(n, n / items), items).showing(**shown)


def _by_chance(n: int, reviewed: int, items: int) -> float:
    """Return the chance that n given items are among so many of all that were reviewed."""
    met = np.arange(n)
    return float(np.prod((reviewed - met) / (items - met)))


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
