"""Answers as parallel arrays of numbers: what the statistics of people and items work on."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelpulse.stats.intervals import Interval

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Who gave which item which label.

    Attributes:
        item, annotator, label: one number from 0 for each answer; parallel.
        items, annotators, labels: how many of each there are, whether they occur or not.
    """

    item: Ints
    annotator: Ints
    label: Ints
    items: int
    annotators: int
    labels: int

    def __len__(self) -> int:
        return len(self.item)

    def only(self, kept: Bools) -> "Answers":
        """Return some of the answers, of the same items, annotators and labels."""
        return replace(
            self, item=self.item[kept], annotator=self.annotator[kept], label=self.label[kept]
        )

    def votes(self) -> Floats:
        """Return how many answers each item has of each label: items × labels."""
        cells = np.bincount(
            self.item * self.labels + self.label, minlength=self.items * self.labels
        )
        return cells.reshape(self.items, self.labels).astype(np.float64)


def answers(
    item: ArrayLike,
    annotator: ArrayLike,
    label: ArrayLike,
    *,
    items: int | None = None,
    annotators: int | None = None,
    labels: int | None = None,
) -> Answers:
    """Return the answers, without those where a number is negative: a missing one is no answer.

    Args:
        items, annotators, labels: how many there are; None = up to the greatest number given.

    Raises:
        ValueError: the arrays differ in length, or a number is beyond what there is.

    >>> found = answers([0, 0, 1], [0, 1, 0], [1, -1, 2])
    >>> len(found), found.items, found.annotators, found.labels
    (2, 2, 1, 3)
    """
    columns = [np.asarray(one, dtype=np.int64).ravel() for one in (item, annotator, label)]
    if len({len(one) for one in columns}) > 1:
        raise ValueError("The arrays of items, annotators and labels differ in length.")
    given = np.logical_and.reduce([one >= 0 for one in columns])
    columns = [one[given] for one in columns]
    sizes = [
        int(one.max(initial=-1)) + 1 if size is None else size
        for one, size in zip(columns, (items, annotators, labels), strict=True)
    ]
    if any(one.max(initial=-1) >= size for one, size in zip(columns, sizes, strict=True)):
        raise ValueError("An item, annotator or label has a number beyond how many there are.")
    return Answers(columns[0], columns[1], columns[2], *sizes)


def first_of_each(given: Answers) -> Answers:
    """Return the answers without a person's later ones, in the order of the arrays, to an item."""
    _, first = np.unique(given.item * given.annotators + given.annotator, return_index=True)
    kept = np.zeros(len(given), dtype=np.bool_)
    kept[first] = True
    return given.only(kept)


def intervals_of(
    rule: Callable[[float, float], Interval], successes: ArrayLike, n: ArrayLike
) -> tuple[Floats, Floats]:
    """Return the lower and the upper ends of an interval such as Wilson's, for each pair."""
    pairs = zip(np.asarray(successes).ravel(), np.asarray(n).ravel(), strict=True)
    ends = np.array([rule(float(x), float(total)) for x, total in pairs], dtype=np.float64)
    return ends.reshape(-1, 2)[:, 0], ends.reshape(-1, 2)[:, 1]
