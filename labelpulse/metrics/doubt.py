"""How likely each item's label is wrong, as the consensus has it; numpy lives here."""

from dataclasses import dataclass

import numpy as np

from labelpulse.core.events import Verdict
from labelpulse.metrics.arrays import NONE, Answers, Flags, Floats, Ints
from labelpulse.metrics.base import Group
from labelpulse.metrics.fits import Fitted, fitted, unfit
from labelpulse.stats import label_error
from labelpulse.stats.arrays import answers as given_of


@dataclass(frozen=True, slots=True)
class Doubt:
    """The items of a question, in the order of its answers' `items`.

    Attributes:
        error: chance that the likeliest label is wrong; NaN where nothing tells. Of an item with
            one answer it comes from what the consensus holds of its annotator.
            What a reviewer accepted or fixed is right, what waits after a rejection is wrong.
        batch: id, 0 = none. n: answers. gold: its label is known. reviewed: any answer was.
        why: why no item has a chance; "" when some have.
    """

    error: Floats
    batch: Ints
    n: Ints
    gold: Flags
    reviewed: Flags
    why: str

    @property
    def known(self) -> Flags:
        """Items whose chance is known."""
        return ~np.isnan(self.error)


def doubts(group: Group) -> Doubt:
    """Return the doubts of all items of a group's question, worked out once for these answers."""
    answers, one = group.matrix().answers, fitted(group)
    why = unfit(group, one)
    return answers.fit("doubt" if not why else f"doubt: {why}", lambda _: _doubt(answers, one, why))


def _doubt(answers: Answers, one: Fitted, why: str) -> Doubt:
    items, batch = len(answers.items), batches(answers)
    error = np.full(items, np.nan) if why else _error(answers, one)
    n = np.bincount(answers.item, minlength=items)
    reviewed = _any(answers, answers.stands > 0)
    error[reviewed] = _any(answers, answers.stands == Verdict.REJECTED)[reviewed]
    return Doubt(error, batch, n, answers.gold != NONE, reviewed, why)


def batches(answers: Answers) -> Ints:
    """Return the batch of each item, 0 = none."""
    batch = np.zeros(len(answers.items), dtype=np.int64)
    batch[answers.item] = answers.batch
    return batch


def judged(answers: Answers) -> bool:
    """True when a reviewer ever accepted or rejected an answer.

    Overwrites alone are no reviews: nothing says what was looked at and found right.
    """
    said = (answers.verdict, answers.stands)
    return any(np.isin(one, (Verdict.ACCEPTED, Verdict.REJECTED)).any() for one in said)


def _any(answers: Answers, rows: Flags) -> Flags:
    """Return the items of which some answer is among these."""
    return np.bincount(answers.item[rows], minlength=len(answers.items)) > 0


def _error(answers: Answers, one: Fitted) -> Floats:
    """Return the chances; of items that the fit left out, by its view of who answered them."""
    assert one.found is not None  # noqa: S101 - asked for only then
    posterior = one.found.posterior.copy()
    rest = answers.known & (answers.label != NONE)
    rest[one.rows] = False
    alone = np.flatnonzero(rest)
    at, item = np.unique(answers.item[alone], return_inverse=True)
    given = given_of(
        item,
        answers.annotator[alone],
        answers.label[alone],
        items=len(at),
        annotators=len(answers.annotators),
        labels=len(answers.labels),
    )
    posterior[at] = label_error.posterior_of(given, one.found)
    told = one.found.answered > 0
    told[at] = True
    return np.where(told, label_error.item_error(posterior), np.nan)


def in_query(group: Group) -> Flags:
    """Return the items with an answer that the query chooses, by their answers' `items`."""
    matrix = group.matrix()
    return _any(matrix.answers, matrix.chosen)
