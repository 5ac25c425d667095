"""How much more, or less, reviewers accept than others do of the same people's work."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from labelpulse.stats.arrays import Bools, Floats, Ints
from labelpulse.stats.intervals import Z95
from labelpulse.stats.shrinkage import USUAL, prior_weight


@dataclass(frozen=True, slots=True, eq=False)
class Leniency:
    """Reviewers with reviews that can be compared, parallel arrays.

    Attributes:
        reviewer: numbers; n: their reviews of people whom others reviewed, too.
        observed: share of these that they accepted; expected: that others would have accepted.
        value: observed - expected, shrunk; above 0 is lenient. low, high: 95 % interval.
    """

    reviewer: Ints
    n: Ints
    observed: Floats
    expected: Floats
    value: Floats
    low: Floats
    high: Floats


def leniency(
    reviewer: ArrayLike, annotator: ArrayLike, n: ArrayLike, accepted: ArrayLike
) -> Leniency:
    """Return the residual acceptance of each reviewer after the effects of whom they reviewed.

    Expected of a review of annotator a is what all other reviewers accepted of a,
    p_a = (K_a + M p)/(N_a + M), drawn towards p, their acceptance of all people of the reviewer,
    with the weight M that their spread over these tells (`shrinkage.prior_weight`). The residual
    is shrunk as if 20 more reviews had gone as expected: (n/(n + 20)) (observed - expected). The
    interval joins the beta interval of the observed with the error of the expected, by the square
    roots of the sums of their squared arms (MOVER: G. Y. Zou & A. Donner 2008, Statistics in
    Medicine 27, 1693-1702). It holds that a person's work is alike whoever reviews it.

    Args:
        reviewer, annotator: numbers, by pair of them; n: reviews of the pair; accepted: of those.

    >>> found = leniency([0, 1], [0, 0], [40, 40], [36, 20])
    >>> found.observed.tolist(), found.expected.round(3).tolist(), found.value.round(3).tolist()
    ([0.9, 0.5], [0.5, 0.9], [0.267, -0.267])
    """
    who, whom = np.asarray(reviewer, np.int64), np.asarray(annotator, np.int64)
    reviews, good = np.asarray(n, np.float64), np.asarray(accepted, np.float64)
    rows = [
        (one, *found)
        for one in np.unique(who[reviews > 0]).tolist()
        if (found := _one(who == one, whom, reviews, good)) is not None
    ]
    if not rows:
        none = np.zeros(0)
        return Leniency(np.zeros(0, np.int64), np.zeros(0, np.int64), *[none] * 5)
    people, size, share, usual, error = (np.array(column) for column in zip(*rows, strict=True))
    value = size / (size + USUAL) * (share - usual)
    low, high = _arms(share * size, size, usual, error)
    counts = size.astype(np.int64)
    return Leniency(people, counts, share, usual, value, value - low, value + high)


def _one(
    own: Bools, whom: Ints, reviews: Floats, good: Floats
) -> tuple[float, float, float, float] | None:
    """Return n, observed, expected and its standard error; None where nobody can be compared."""
    people = int(whom.max()) + 1
    there = np.bincount(whom[own], reviews[own], people) > 0
    rest = ~own & there[whom]
    others = np.bincount(whom[rest], reviews[rest], people)
    theirs = np.bincount(whom[rest], good[rest], people)
    shared = own & (others[whom] > 0) & (reviews > 0)
    n = float(reviews[shared].sum())
    if not n:
        return None
    weight = prior_weight(theirs, others)
    pooled = float(theirs.sum() / others.sum())
    p = (theirs + weight * pooled) / (others + weight)
    share = np.bincount(whom[shared], reviews[shared], people) / n
    spread = share**2 * p * (1 - p) / (others + weight)
    return n, float(good[shared].sum()) / n, float(share @ p), float(np.sqrt(spread.sum()))


def _arms(k: Floats, n: Floats, expected: Floats, error: Floats) -> tuple[Floats, Floats]:
    """Return how far the interval reaches below and above the value."""
    from scipy.special import betaincinv

    mean = np.clip(expected, 0.5 / (n + 1), 1 - 0.5 / (n + 1))  # or nothing would be in doubt
    a, b = k + USUAL * mean, n - k + USUAL * (1 - mean)
    wide = Z95 * error * n / (n + USUAL)
    low, high = (np.abs(betaincinv(a, b, q) - a / (a + b)) for q in (0.025, 0.975))
    return np.hypot(low, wide), np.hypot(high, wide)
