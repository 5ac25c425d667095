"""Straight-lining: the same answer again and again, longer than the mix of labels explains."""

from math import log

import numpy as np

from labelpulse.stats.arrays import Answers, Floats, Ints
from labelpulse.stats.signals import LEAST_ANSWERS, Evidence, nothing

RARE = 0.001


def straight_lining(given: Answers) -> Evidence:
    """Return each annotator's longest run of one label, in the order of the arrays.

    value: its length; expected: the usual longest run, ln(n(1-p))/ln(1/p), p the share of the
    commonest label in the pool (P. Erdős & A. Rényi 1970; M. F. Schilling 1990, College
    Mathematics Journal 21). Notable: above `run_threshold`. p: of `run_chance`. From 20 answers on.
    Items that come sorted make runs of their own: look at what others answered to them.

    Args:
        given: answers in the order in which people gave them.
    """
    pool = np.bincount(given.label, minlength=given.labels) / max(len(given), 1)
    n = np.bincount(given.annotator, minlength=given.annotators)
    who = np.flatnonzero(n >= LEAST_ANSWERS)
    if not len(who) or np.count_nonzero(pool) < 2:
        return nothing()
    run, n = _longest_runs(given)[who], n[who]
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


def _longest_runs(given: Answers) -> Ints:
    """Return by annotator the longest run of one label; 0 without answers."""
    longest = np.zeros(given.annotators, dtype=np.int64)
    if not len(given):
        return longest
    order = np.argsort(given.annotator, kind="stable")
    people, labels = given.annotator[order], given.label[order]
    new = (np.diff(people) != 0) | (np.diff(labels) != 0)
    starts = np.concatenate([[0], np.flatnonzero(new) + 1])
    lengths = np.diff(np.concatenate([starts, [len(people)]]))
    np.maximum.at(longest, people[starts], lengths)
    return longest
