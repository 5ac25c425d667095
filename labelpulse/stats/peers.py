"""How often people agree with the others' majority, and with themselves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from labelpulse.stats.arrays import Answers, Ints, first_of_each


@dataclass(frozen=True, slots=True, eq=False)
class PeerAgreement:
    """By annotator: n = answers with a majority of others to compare with; agree: of them.

    tie: answers where the others' votes are tied, in no other number. Answers to items that
    nobody else answered are in none.
    """

    n: Ints
    agree: Ints
    tie: Ints


def leave_one_out(given: Answers) -> PeerAgreement:
    """Return each annotator's agreement with the most frequent answer of all the others.

    It is agreement with peers, no accuracy: leaving oneself out makes it lower than the share of
    right answers, keeping oneself in would make it higher by far. Of a person's several answers to
    an item the first counts.

    >>> from labelpulse.stats.arrays import answers
    >>> found = leave_one_out(answers([0, 0, 0, 1, 1], [0, 1, 2, 0, 1], [1, 1, 0, 0, 1]))
    >>> found.n.tolist(), found.agree.tolist(), found.tie.tolist()
    ([1, 1, 1], [0, 0, 0], [1, 1, 0])
    """
    once = first_of_each(given)
    cell, at, votes = np.unique(
        once.item * once.labels + once.label, return_inverse=True, return_counts=True
    )
    item = cell // max(once.labels, 1)
    top = np.zeros(once.items, dtype=np.int64)
    np.maximum.at(top, item, votes)
    at_top = votes == top[item]
    tops = np.bincount(item[at_top], minlength=once.items)
    second = np.zeros(once.items, dtype=np.int64)
    np.maximum.at(second, item[~at_top], votes[~at_top])
    at_second = ~at_top & (votes == second[item])
    seconds = np.bincount(item[at_second], minlength=once.items)

    # The others' votes: one less for the own label, so that the greatest of the other labels, and
    # how many labels have as many, decide.
    mine = at_top[at] & (tops[once.item] == 1)
    rival = np.where(mine, second[once.item], top[once.item])
    rivals = np.where(mine, seconds[once.item], tops[once.item] - at_top[at])
    own = votes[at] - 1
    agree = own > rival
    tie = (own == rival) & (own > 0) | (own < rival) & (rivals > 1)
    alone = (own == 0) & (rival == 0)
    return PeerAgreement(
        *(
            np.bincount(once.annotator[which], minlength=once.annotators)
            for which in (~tie & ~alone, agree, tie)
        )
    )


@dataclass(frozen=True, slots=True, eq=False)
class SelfConsistency:
    """By annotator: contents answered twice or more, pairs of answers to them, and equal pairs.

    The pairs of one content are no independent draws: an interval's n is the contents.
    """

    contents: Ints
    pairs: Ints
    agree: Ints


def self_consistency(given: Answers, content: ArrayLike | None = None) -> SelfConsistency:
    """Return how often people answer as they did before to the same content.

    Blind repeats alone: the caller leaves out edits, which were made in sight of the former answer.

    Args:
        content: by item, a number ≥ 0 that items of the same content share; None = the item.

    >>> from labelpulse.stats.arrays import answers
    >>> given = answers([0, 0, 0, 1, 2], [0, 0, 0, 0, 0], [1, 1, 0, 1, 1])
    >>> found = self_consistency(given, content=[0, 1, 1])
    >>> found.contents.tolist(), found.pairs.tolist(), found.agree.tolist()
    ([2], [4], [2])
    """
    group = given.item if content is None else np.asarray(content, np.int64)[given.item]
    one, at, times = np.unique(
        group * max(given.annotators, 1) + given.annotator, return_inverse=True, return_counts=True
    )
    who = one % max(given.annotators, 1)
    cell, votes = np.unique(at * max(given.labels, 1) + given.label, return_counts=True)
    pairs, alike = times * (times - 1) // 2, votes * (votes - 1) // 2
    agree = _sum_by(who[cell // max(given.labels, 1)], alike, given.annotators)
    contents = np.bincount(who[times > 1], minlength=given.annotators)
    return SelfConsistency(contents, _sum_by(who, pairs, given.annotators), agree)


def _sum_by(key: Ints, amount: Ints, size: int) -> Ints:
    return np.bincount(key, amount, size).astype(np.int64)
