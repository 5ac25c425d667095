"""Copying: two people who give the same WRONG answers, more often than their errors explain.

To agree on right answers is what all are paid for; only the same mistakes are a sign.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from labelpulse.stats.arrays import Answers, Bools, Floats, Ints, first_of_each

LEAST_WRONG = 5
MOST_PAIRS = 5_000_000
PRIOR = 5.0
"""Wrong answers for which the team's distribution counts in each one's own."""


@dataclass(frozen=True, slots=True, eq=False)
class Copies:
    """Pairs of people, parallel arrays; those with fewer than 5 items both got wrong are absent.

    Attributes:
        first, second: annotators, first < second.
        n: gold items that both got wrong; value: share of them with the same wrong answer.
        expected: the share by chance; p: the chance of as many, or more.
        notable: half as many again as by chance.
    """

    first: Ints
    second: Ints
    n: Ints
    value: Floats
    expected: Floats
    p: Floats
    notable: Bools


def copying(given: Answers, gold: ArrayLike) -> Copies:
    """Return how often each pair of people made the same mistakes on gold items.

    By chance, two wrong answers to an item of label g are the same with Σ_l e_a(l|g) e_b(l|g), e
    each one's own distribution of wrong answers, drawn towards the team's; or, where that is more,
    with Σ_l w(l)², w what everyone else who erred on that very item said: an item that misleads
    all is no copying. p: upper tail of the binomial with the mean of the items' chances, which is
    no less than that of the sum of unequal ones (W. Hoeffding 1956). With two labels there is only
    one wrong answer, so it is always the same, and p = 1. Items that the most people got wrong,
    which tell the least, are left out beyond 5 million pairs of answers.

    Args:
        given: answers to gold items; a person's first to an item counts.
        gold: label by item; negative = no gold.
    """
    from scipy.stats import binom

    key = np.asarray(gold, np.int64)
    once = first_of_each(given.only(key[given.item] >= 0))
    wrong, key = _telling(once.only(once.label != key[once.item]), key)
    a, b = pairs_within(wrong.item)
    swap = wrong.annotator[a] > wrong.annotator[b]
    a, b = np.where(swap, b, a), np.where(swap, a, b)
    chance = np.maximum(_own_chance(wrong, key, a, b), _item_chance(wrong, key, a, b))
    pair = wrong.annotator[a] * given.annotators + wrong.annotator[b]
    found, at = np.unique(pair, return_inverse=True)
    n = np.bincount(at, minlength=len(found))
    same = np.bincount(at[wrong.label[a] == wrong.label[b]], minlength=len(found))
    mean = np.bincount(at, chance, len(found)) / np.maximum(n, 1)
    kept = n >= LEAST_WRONG
    found, n, same, mean = found[kept], n[kept], same[kept], np.minimum(mean[kept], 1.0)
    p = np.asarray(binom.sf(same - 1, n, mean), dtype=np.float64)
    first, second = np.divmod(found, max(given.annotators, 1))
    return Copies(first, second, n, same / n, mean, p, same > 1.5 * n * mean)


def pairs_within(group: Ints) -> tuple[Ints, Ints]:
    """Return the positions of all unordered pairs that share a group.

    >>> [one.tolist() for one in pairs_within(np.array([7, 3, 7, 7]))]
    [[0, 0, 2], [2, 3, 3]]
    """
    order = np.argsort(group, kind="stable")
    _, start, size = np.unique(group[order], return_index=True, return_counts=True)
    later = np.repeat(start + size, size) - np.arange(len(group)) - 1
    first = np.repeat(np.arange(len(group)), later)
    step = np.arange(len(first)) - np.repeat(np.cumsum(later) - later, later) + 1
    return order[first], order[first + step]


def _telling(wrong: Answers, gold: Ints) -> tuple[Answers, Ints]:
    """Return the wrong answers to compare, their items numbered anew, and the items' gold."""
    size = np.bincount(wrong.item, minlength=wrong.items)
    order = np.argsort(size, kind="stable")
    few = np.cumsum((size * (size - 1) // 2)[order]) <= MOST_PAIRS
    kept = np.zeros(wrong.items, dtype=np.bool_)
    kept[order[few]] = True
    some = wrong.only(kept[wrong.item])
    rows, item = np.unique(some.item, return_inverse=True)
    return replace(some, item=item, items=len(rows)), gold[rows]


def _team_errors(wrong: Answers, gold: Ints) -> Floats:
    """Return P(wrong label | gold label, wrong) of all, gold × label; even where none was seen."""
    labels = max(wrong.labels, int(gold.max(initial=-1)) + 1, 2)
    cells = np.bincount(gold[wrong.item] * labels + wrong.label, minlength=labels * labels)
    even = 1 - np.eye(labels)
    counts = cells.reshape(labels, labels) + even / (labels - 1)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True), dtype=np.float64)


def _own_chance(wrong: Answers, gold: Ints, a: Ints, b: Ints) -> Floats:
    team = _team_errors(wrong, gold)
    labels = len(team)
    true = gold[wrong.item]
    row, at = np.unique(wrong.annotator * labels + true, return_inverse=True)
    counts = np.bincount(at * labels + wrong.label, minlength=len(row) * labels)
    own = counts.reshape(len(row), labels) + PRIOR * team[row % labels]
    own /= own.sum(axis=1, keepdims=True)
    pair, where = np.unique(at[a] * len(row) + at[b], return_inverse=True)
    alike = np.einsum("pl,pl->p", own[pair // max(len(row), 1)], own[pair % max(len(row), 1)])
    return np.asarray(alike[where], dtype=np.float64)


def _item_chance(wrong: Answers, gold: Ints, a: Ints, b: Ints) -> Floats:
    """Return the chance that two more who err on the item say the same, from all but the pair.

    With c_l the others' wrong answers and one answer's worth of the team's distribution t added:
    Σ (c_l + t_l)² / (Σ c_l + 1)², from sums by item, less what the pair itself adds to them.
    """
    team = _team_errors(wrong, gold)
    votes = wrong.votes()
    smooth = votes + team[gold, : wrong.labels]
    squares, whole = (smooth**2).sum(axis=1), smooth.sum(axis=1)
    item, x, y = wrong.item[a], wrong.label[a], wrong.label[b]
    same = x == y
    at_x, at_y = smooth[item, x], smooth[item, y]
    less = np.where(same, 4 * at_x - 4, 2 * at_x - 1 + 2 * at_y - 1)
    return np.asarray((squares[item] - less) / (whole[item] - 2) ** 2, dtype=np.float64)
