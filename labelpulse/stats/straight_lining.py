"""Straight-lining: the same answer again and again, longer than the mix of labels explains."""

from dataclasses import dataclass
from math import log

import numpy as np

from labelpulse.stats.arrays import Answers, Floats, Ints
from labelpulse.stats.signals import LEAST_ANSWERS, Evidence, nothing

RARE = 0.001
LEAST_OTHERS = 5
"""Answers of others to the items of a run from which on they tell whether the items came sorted."""


def straight_lining(given: Answers, *, least: int = LEAST_ANSWERS) -> Evidence:
    """Return each annotator's longest run of one label, in the order of the arrays.

    value: its length; expected: the usual longest run, ln(n(1-p))/ln(1/p), p the share of the
    commonest label in the pool (P. Erdős & A. Rényi 1970; M. F. Schilling 1990, College
    Mathematics Journal 21). Notable: above `run_threshold`. p: of `run_chance`.
    Items that come sorted make runs of their own: ask `others_alike` what others answered to them.

    Args:
        given: answers in the order in which people gave them.
        least: people with fewer answers are absent.
    """
    pool = np.bincount(given.label, minlength=given.labels) / max(len(given), 1)
    n = np.bincount(given.annotator, minlength=given.annotators)
    who = np.flatnonzero(n >= max(least, 1))
    if not len(who) or np.count_nonzero(pool) < 2:
        return nothing()
    run, n = longest_runs(given).length[who], n[who]
    common = float(pool.max())
    usual = np.maximum(run_threshold(n, common) + log(RARE) / log(1 / common), 1.0)
    notable = run > run_threshold(n, common)
    return Evidence(who, n, run.astype(np.float64), usual, run_chance(run, n, pool), notable)


def run_threshold(n: Ints, common: float) -> Floats:
    """Return the run that one annotator in a thousand exceeds by chance, in their n answers.

    (ln(n(1-p)) + ln 1000)/ln(1/p), p the share of the commonest label, 0 < p < 1.

    >>> run_threshold(np.array([100]), 0.5).round(1).tolist()
    [15.6]
    """
    limit = (np.log(n * (1 - common)) + log(1 / RARE)) / log(1 / common)
    return np.asarray(limit, dtype=np.float64)


def run_chance(run: Ints, n: Ints, pool: Floats) -> Floats:
    """Return P(a run of some label is as long, or longer) in n independent draws from the pool.

    1 - exp(-λ), λ = Σ_k p_k^r ((n-r)(1-p_k) + 1), as long runs come in clumps that are nearly
    Poisson (R. Arratia, L. Goldstein & L. Gordon 1990, Statistical Science 5, 403-424). Exactly,
    a run of 15 heads or tails in 100 tosses has a chance of .00265.

    >>> run_chance(np.array([15]), np.array([100]), np.array([0.5, 0.5])).round(4).tolist()
    [0.0027]
    """
    shares = pool[pool > 0][:, None]
    clumps = shares**run * (np.maximum(n - run, 0) * (1 - shares) + 1)
    return np.asarray(-np.expm1(-clumps.sum(axis=0)), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """The longest run of one label by annotator, the earliest of several.

    Attributes:
        order: positions of the answers, person by person; first: where in `order` the run begins;
            length: 0 without answers.
    """

    order: Ints
    first: Ints
    length: Ints

    def start(self, annotator: int) -> int:
        """Return the position of the first answer of a person's run."""
        return int(self.order[self.first[annotator]])


def longest_runs(given: Answers) -> Runs:
    """Return everybody's longest run of one label, in the order of the arrays."""
    order = np.argsort(given.annotator, kind="stable")
    people, labels = given.annotator[order], given.label[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (np.diff(people) != 0) | (np.diff(labels) != 0)
    starts = np.flatnonzero(new)
    lengths = np.diff(np.append(starts, len(order)))
    length, first = np.zeros((2, given.annotators), dtype=np.int64)
    rising = np.lexsort((-starts, lengths))  # of what is written to one place, the last stays
    length[people[starts[rising]]] = lengths[rising]
    first[people[starts[rising]]] = starts[rising]
    return Runs(order, first, length)


def others_alike(given: Answers, runs: Runs) -> tuple[Ints, Ints]:
    """Return how many answers others gave to the items of each run, and how many with its label.

    Args:
        given: at most one answer of a person to an item. runs: of these answers.

    >>> from labelpulse.stats.arrays import answers
    >>> given = answers([0, 1, 1, 0, 2], [0, 0, 1, 2, 1], [3, 3, 3, 1, 3])
    >>> [one.tolist() for one in others_alike(given, longest_runs(given))]
    [[2, 1, 1], [1, 1, 0]]
    """
    who = np.repeat(np.arange(given.annotators), runs.length)
    step = np.arange(len(who)) - np.repeat(np.cumsum(runs.length) - runs.length, runs.length)
    rows = runs.order[runs.first[who] + step]
    answered = np.bincount(given.item, minlength=given.items)
    _, cell, votes = np.unique(
        given.item * max(given.labels, 1) + given.label, return_inverse=True, return_counts=True
    )
    return (
        _sum_by(who, answered[given.item[rows]] - 1, given.annotators),
        _sum_by(who, votes[cell[rows]] - 1, given.annotators),
    )


def _sum_by(key: Ints, amount: Ints, size: int) -> Ints:
    return np.bincount(key, amount, size).astype(np.int64)
