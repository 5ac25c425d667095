"""Gold items that need a look: a key that may be wrong, shown too often, too easy to tell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from labelpulse.stats.arrays import Answers, Bools, Floats, Ints, first_of_each, intervals_of
from labelpulse.stats.discovery import benjamini_hochberg
from labelpulse.stats.intervals import wilson
from labelpulse.stats.shrinkage import prior_weight

LEAST_ABLE = 5
LEAST_FOR_DISCRIMINATION = 10
OFTEN = 30
"""Exposures from which on an item may have been shown too often."""
EASY = 0.05
NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class GoldHealth:
    """Gold items that were shown to somebody, parallel arrays.

    Attributes:
        item: numbers; exposures: people who answered it; misses: of them, wrong.
        able: people who are right on more than half of the other gold they answered; able_misses:
            of them, wrong.
        rival: the label that most of the able gave instead of the gold; NONE where there is none;
            rival_votes: how many.
        discrimination: correlation of a right answer with the accuracy on other gold; 0 where
            `discriminates` is False: fewer than 10 people, or all right, wrong or equally good.
        discriminates: whether there is such a correlation.
        suspect_key: more than half of the able gave the rival, by the lower end of Wilson's
            interval, from 5 of them on; and they miss more than their errors on other gold explain,
            by the binomial upper tail and Benjamini & Hochberg over items at .05.
        over_exposed: 30 exposures and more, and three times the median item's: it may be known.
        too_easy: missed by fewer than a twentieth, by the upper end of Wilson's interval.
    """

    item: Ints
    exposures: Ints
    misses: Ints
    able: Ints
    able_misses: Ints
    rival: Ints
    rival_votes: Ints
    discrimination: Floats
    discriminates: Bools
    suspect_key: Bools
    over_exposed: Bools
    too_easy: Bools


def gold_health(given: Answers, gold: ArrayLike) -> GoldHealth:
    """Return the health of each gold item, from first answers.

    People are judged by the rest of the gold items they answered, so that an item is no judge of
    itself: item-rest correlation (F. M. Lord & M. R. Novick 1968, Statistical Theories of Mental
    Test Scores, chapter 15). A suspect key is one to look at: the item may as well mislead.

    Args:
        given: answers; gold: label by item, negative = no gold.
    """
    key = np.asarray(gold, np.int64)
    once = first_of_each(given.only(key[given.item] >= 0))
    right = once.label == key[once.item]
    rest, known = _rest_accuracy(once, right)
    able = known & (rest > 0.5)
    exposed = np.bincount(once.item, minlength=once.items)
    item = np.flatnonzero(exposed)

    def count(which: Bools) -> Ints:
        return np.bincount(once.item[which], minlength=once.items)[item]

    n, misses = exposed[item], count(~right)
    many, missed = count(able), count(able & ~right)
    rival, votes = (one[item] for one in _rivals(once.only(able & ~right)))
    expected = _sum_by(once.item[able], _own_error(once, right)[able], once.items)[item]
    correlation, defined = _correlation(once.item[known], right[known], rest[known], once.items)
    return GoldHealth(
        item,
        n,
        misses,
        many,
        missed,
        rival,
        votes,
        correlation[item],
        defined[item],
        suspect_key=(many >= LEAST_ABLE)
        & (_wilson(votes, many)[0] > 0.5)
        & _beyond_chance(missed, many, expected),
        over_exposed=(n >= OFTEN) & (n >= 3 * _median(n)),
        too_easy=_wilson(misses, n)[1] < EASY,
    )


def _rivals(wrong: Answers) -> tuple[Ints, Ints]:
    """Return by item the most frequent label, the least of several, and how often it was given."""
    cell, votes = np.unique(wrong.item * max(wrong.labels, 1) + wrong.label, return_counts=True)
    item, label = np.divmod(cell, max(wrong.labels, 1))
    rising = np.lexsort((-label, votes))  # of what is written to one place, the last stays
    found = np.full(wrong.items, NONE, dtype=np.int64), np.zeros(wrong.items, dtype=np.int64)
    for into, values in zip(found, (label, votes), strict=True):
        into[item[rising]] = values[rising]
    return found


def _own_error(once: Answers, right: Bools) -> Floats:
    """Return by answer its annotator's error on the other items, drawn towards that of all."""
    hits = np.bincount(once.annotator[right], minlength=once.annotators)
    n = np.bincount(once.annotator, minlength=once.annotators)
    weight, pooled = prior_weight(hits, n), 1 - float(right.mean()) if len(right) else 0.0
    others, wrong = n[once.annotator] - 1, (n - hits)[once.annotator] - ~right
    return np.asarray((wrong + weight * pooled) / (others + weight), dtype=np.float64)


def _beyond_chance(misses: Ints, n: Ints, expected: Floats) -> Bools:
    """Test the misses of each item, given the expected number of them."""
    from scipy.stats import binom

    p = binom.sf(misses - 1, n, np.minimum(expected / np.maximum(n, 1), 1.0))
    return benjamini_hochberg(p)


def _rest_accuracy(once: Answers, right: Bools) -> tuple[Floats, Bools]:
    """Return by answer its annotator's accuracy on the other items, and whether there are any."""
    others = np.bincount(once.annotator, minlength=once.annotators)[once.annotator] - 1
    hits = np.bincount(once.annotator[right], minlength=once.annotators)[once.annotator] - right
    return hits / np.maximum(others, 1), others > 0


def _sum_by(item: Ints, amount: Floats, items: int) -> Floats:
    return np.asarray(np.bincount(item, amount, items), dtype=np.float64)


def _median(values: Floats | Ints) -> float:
    return float(np.median(values)) if len(values) else 0.0


def _wilson(hits: Ints, n: Ints) -> tuple[Floats, Floats]:
    """Return Wilson's ends; those of 0 of 1 where n is 0, which decide nothing."""
    return intervals_of(wilson, hits, np.maximum(n, 1))


def _correlation(item: Ints, right: Bools, rest: Floats, items: int) -> tuple[Floats, Bools]:
    """Return by item the correlation of right and rest, and whether there is one."""
    n = np.bincount(item, minlength=items)
    some = np.maximum(n, 1)

    def mean(values: Floats) -> Floats:
        return np.bincount(item, values, items) / some

    x = right - mean(right.astype(np.float64))[item]
    y = rest - mean(rest)[item]
    spread = np.sqrt(mean(x * x) * mean(y * y))
    defined = (n >= LEAST_FOR_DISCRIMINATION) & (spread > 1e-12)
    found = np.divide(mean(x * y), spread, out=np.zeros(items), where=defined)
    return np.clip(found, -1.0, 1.0), defined
