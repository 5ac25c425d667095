"""Shares of right answers drawn towards the whole team's, by how little each rests on.

Empirical Bayes: people's true shares are taken as draws of a beta distribution whose spread is
estimated from the team itself. B. Efron & C. Morris 1975; the moments: J. C. Kleinman 1973,
"Proportions with extraneous variance", Journal of the American Statistical Association 68.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from labelpulse.stats.arrays import Floats, Ints

LEAST, MOST, USUAL = 5.0, 200.0, 20.0
"""Bounds of the prior's weight in answers, and the weight where the team tells none."""
ENOUGH = 5
"""People with answers from which on their spread tells a weight."""


@dataclass(frozen=True, slots=True, eq=False)
class Shrunk:
    """Shares by person, in the order they were given.

    Attributes:
        value: (x + M p)/(n + M); low, high: 95 % credible interval; n: answers.
        weight: M, how many answers the team's share counts for; pooled: p, the team's share.
    """

    value: Floats
    low: Floats
    high: Floats
    n: Ints
    weight: float
    pooled: float


def prior_weight(right: ArrayLike, n: ArrayLike) -> float:
    """Return M, the beta prior's weight in answers, by moments.

    M = 1/ρ - 1, ρ = (Σ n_j(p_j - p)² - p q (J-1)) / (p q (N - Σ n_j²/N - (J-1))), kept within
    5 and 200; 20 where fewer than five people answered or all answers are right or wrong.

    >>> prior_weight([9, 5, 7, 1, 10], [10, 10, 10, 10, 10])
    5.0
    >>> prior_weight([1, 2], [2, 2])
    20.0
    """
    x, total = np.asarray(right, np.float64), np.asarray(n, np.float64)
    x, total = x[total > 0], total[total > 0]
    if len(total) < ENOUGH:
        return USUAL
    whole = float(total.sum())
    pooled = float(x.sum()) / whole
    chance, free = pooled * (1 - pooled), len(total) - 1
    room = chance * (whole - float((total**2).sum()) / whole - free)
    if room <= 1e-12:
        return USUAL
    spread = float((total * (x / total - pooled) ** 2).sum())
    rho = (spread - chance * free) / room
    if rho <= 0:
        return MOST
    return min(max(1 / rho - 1, LEAST), MOST)


def shrink(right: ArrayLike, n: ArrayLike) -> Shrunk | None:
    """Return each person's shrunk share with a credible interval; None where nobody answered.

    A person without answers gets the team's share and the prior's interval. Where all answers are
    right (or wrong) the prior's mean is (X + 1/2)/(N + 1), or it would leave no doubt at all.

    >>> found = shrink([8, 15, 20], [10, 20, 20])
    >>> found.pooled, found.value.round(4).tolist()
    (0.86, [0.84, 0.805, 0.93])
    """
    from scipy.special import betaincinv

    x, total = np.asarray(right, np.float64), np.asarray(n, np.int64)
    whole = int(total.sum())
    if not whole:
        return None
    pooled = float(x.sum()) / whole
    mean = pooled if 0 < pooled < 1 else (float(x.sum()) + 0.5) / (whole + 1)
    weight = prior_weight(x, total)
    a, b = x + weight * mean, total - x + weight * (1 - mean)
    low, high = (np.asarray(betaincinv(a, b, q), dtype=np.float64) for q in (0.025, 0.975))
    return Shrunk(a / (a + b), low, high, total, weight, pooled)
