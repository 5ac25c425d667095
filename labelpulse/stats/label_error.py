"""What a consensus says about items and annotators: expected error, accuracy, ambiguity."""

from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from labelpulse.core.estimate import Estimate, estimate, undefined
from labelpulse.stats.arrays import Answers, Bools, Floats, Ints, intervals_of
from labelpulse.stats.consensus import Consensus
from labelpulse.stats.intervals import Z95, clipped, wilson

TIED = 1e-9
_FLOOR = 1e-300
HIGH_ENTROPY = 0.5
"""In nats: one answer in five, or more, differs from the rest (80/20 has .500)."""


def consensus_label(posterior: Floats) -> Ints:
    """Return each item's likeliest label; -1 where two are equally likely.

    Args:
        posterior: items × labels.

    >>> consensus_label(np.array([[0.2, 0.8], [0.5, 0.5]])).tolist()
    [1, -1]
    """
    if not posterior.size:
        return np.full(len(posterior), -1, dtype=np.int64)
    top = posterior.max(axis=1, keepdims=True)
    tied = (posterior >= top - TIED).sum(axis=1) > 1
    return np.where(tied, -1, posterior.argmax(axis=1))


def item_error(posterior: Floats) -> Floats:
    """Return by item the chance that its likeliest label is wrong: 1 - max posterior."""
    if not posterior.size:
        return np.zeros(len(posterior))
    return np.asarray(np.maximum(1 - posterior.max(axis=1), 0.0))


def expected_label_error(error: Floats) -> Estimate:
    """Return the expected share of wrong consensus labels in a set of items, e.g. a batch.

    Mean ± z √Σp(1-p) / n, where items are wrong independently with chances p. It holds the
    model for true: where annotators err alike, and on items that are hard for all, the chances
    are too small, by much. Compare it with gold before using it as a promise.

    >>> found = expected_label_error(np.full(100, 0.1))
    >>> round(found.value, 6), round(found.low, 4), round(found.high, 4)
    (0.1, 0.0412, 0.1588)
    """
    n = len(error)
    if not n:
        return undefined(0, "no items")
    value = float(error.mean())
    half = Z95 * sqrt(float((error * (1 - error)).sum())) / n
    return estimate(value, clipped((value - half, value + half), 0.0, 1.0), n)


def posterior_of(given: Answers, found: Consensus) -> Floats:
    """Return P(label | answers) of any items by a fitted consensus: items × labels.

    It reads items that the fit left out, such as those with one answer, by what it holds of their
    annotators: of somebody who shared no item, the team's. Items without answers have the
    prevalence.

    Args:
        given: answers by the annotators of the fit, with its labels.
    """
    logs = np.tile(np.log(np.maximum(found.prevalence, _FLOOR)), (given.items, 1))
    for label in range(given.labels):
        chance = _chance_given(given, found, label)
        logs[:, label] += np.bincount(given.item, np.log(np.maximum(chance, _FLOOR)), given.items)
    chances = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


def _chance_given(given: Answers, found: Consensus, label: int) -> Floats:
    """Return by answer P(it is given | its item has a label)."""
    if found.confusion is not None:
        return np.asarray(found.confusion[given.annotator, label, given.label])
    right = found.accuracy[given.annotator]
    return np.where(given.label == label, right, (1 - right) / max(given.labels - 1, 1))


@dataclass(frozen=True, slots=True, eq=False)
class Accuracy:
    """Annotators' accuracy against the consensus; those without answers are absent.

    Attributes:
        annotator: numbers; value, low, high: P(right) and its 95 % interval; n: answers.
    """

    annotator: Ints
    value: Floats
    low: Floats
    high: Floats
    n: Ints


def consensus_accuracy(given: Answers, found: Consensus) -> Accuracy:
    """Return each annotator's accuracy: the confusion's diagonal weighted by prevalence.

    Interval: Wilson's at the n that has the variance Σ π_k² θ_kk(1-θ_kk)/n_k, n_k the expected
    answers to items of label k, θ with half an answer added on both sides, as a class that was
    rarely seen must not look certain. Items' labels are taken as known, so it is a little short.
    """
    n = np.bincount(given.annotator, minlength=given.annotators)
    who = np.flatnonzero(n)
    value = np.clip(found.accuracy[who], 0.0, 1.0)
    if found.confusion is None:
        size = n[who].astype(np.float64)
    else:
        size = _effective_n(given, found, found.confusion, n)[who]
    low, high = intervals_of(wilson, value * size, size)
    return Accuracy(who, value, low, high, n[who])


def _effective_n(given: Answers, found: Consensus, confusion: Floats, n: Ints) -> Floats:
    seen = np.stack(
        [
            np.bincount(given.annotator, one[given.item], given.annotators)
            for one in np.ascontiguousarray(found.posterior.T)
        ],
        axis=1,
    )
    right = np.einsum("akk->ak", confusion)
    theta = (right * seen + 0.5) / (seen + 1)
    variance = (found.prevalence**2 * theta * (1 - theta) / np.maximum(seen, 1.0)).sum(axis=1)
    mean = (found.prevalence * theta).sum(axis=1)
    return np.asarray(np.clip(mean * (1 - mean) / variance, np.minimum(n, 1), n))


@dataclass(frozen=True, slots=True, eq=False)
class Ambiguity:
    """Disagreement on items, split by who disagrees.

    Items without two answers of competent people are absent: nothing is known of them.

    Attributes:
        item: numbers.
        raw: entropy of all answers, 0-1 (natural logarithm over that of the number of labels).
        competent: the same of the answers of competent people alone, each weighing as much as
            its chance to be right.
        ambiguous: both are high: people who know it disagree, so the item is unclear.
        mistaken: only raw is high: those who err make the disagreement.
    """

    item: Ints
    raw: Floats
    competent: Floats
    ambiguous: Bools
    mistaken: Bools


def item_ambiguity(given: Answers, found: Consensus) -> Ambiguity:
    """Return whether items are disagreed upon because they are unclear or because people err.

    An answer's chance to be right, worked out before it is seen, is Σ_k p_ik θ_kk of its annotator
    on its item; it is competent when that is no less than the median over all answers: so, half of
    all answers, and all where people are alike. High = 0.5 nats or more.
    """
    chance = chance_right(given, found)
    kept = chance >= np.median(chance) - TIED if len(given) else np.zeros(0, dtype=np.bool_)
    some = given.only(kept)
    raw = _entropy(given.votes())
    cells = some.item * given.labels + some.label
    sums = np.bincount(cells, weights=chance[kept], minlength=given.items * given.labels)
    competent = _entropy(sums.astype(np.float64).reshape(given.items, given.labels))
    item = np.flatnonzero(np.bincount(some.item, minlength=given.items) > 1)
    raw, competent = raw[item], competent[item]
    high, agreed = raw >= HIGH_ENTROPY, competent < HIGH_ENTROPY
    scale = log(max(given.labels, 2))
    return Ambiguity(item, raw / scale, competent / scale, high & ~agreed, high & agreed)


def chance_right(given: Answers, found: Consensus) -> Floats:
    """Return by answer how likely its annotator is right on such an item, whatever they said."""
    if found.confusion is None:
        return found.accuracy[given.annotator]
    right = np.einsum("akk->ak", found.confusion)
    chance = np.zeros(len(given))
    for label in range(given.labels):
        chance += found.posterior[given.item, label] * right[given.annotator, label]
    return chance


def _entropy(weights: Floats) -> Floats:
    """Return the entropy of rows in nats; 0 for an empty one."""
    whole = weights.sum(axis=1, keepdims=True)
    shares = weights / np.where(whole > 0, whole, 1.0)
    logs = np.log(np.where(shares > 0, shares, 1.0))
    return np.asarray(np.maximum(-(shares * logs).sum(axis=1), 0.0))
