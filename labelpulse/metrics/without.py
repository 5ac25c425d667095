"""What a question's answers add up to without each person, counted from arrays.

A person touches only the items they answered, so that what is left is the whole, less what these
items added, plus what is left of them: on the day that the others' answers give them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from labelpulse.metrics.arrays import NONE, Flags, Floats, Ints, within
from labelpulse.metrics.base import Ask
from labelpulse.metrics.vectors import Compared, pairs_within
from labelpulse.stats.agreement import Counts
from labelpulse.stats.domain import OTHER

MOST_CELLS = 4_000_000
"""Tables by day are kept up to this many days times pairs of categories."""

ItemSums = dict[tuple[int, int], tuple[int, int, int]]
"""(day, m) -> items, agreeing ordered pairs, squares: as `agree_items` has them."""


class Leaving:
    """Compared answers, and what becomes of each one's item when its person leaves.

    Attributes:
        one: the answers of everybody. who: index of the person, by row.
        counted, whole: by item: its day is asked for; and its answers are labels.
        m_left, day_left: answers and agreement day of a row's item without it.
        counted_left, whole_left: as counted and whole, by row.
    """

    def __init__(self, one: Compared, ask: Ask) -> None:
        self.one = one
        self.who = one.answers.annotator[one.rows]
        self.unlabeled = one.answers.label[one.rows] == NONE
        self.m_left, self.day_left = one.m[one.item] - 1, days_left(one)
        self.counted = within(ask, one.day)
        self.whole = self.counted & one.labeled
        self.counted_left = (self.m_left > 0) & within(ask, self.day_left)
        blank = np.bincount(one.item, self.unlabeled, len(one.m))[one.item] - self.unlabeled
        self.whole_left = self.counted_left & (blank == 0)

    def people(self) -> Iterator[tuple[int, Ints]]:
        """Yield (index of a person, their rows) of those who answered an item with another."""
        several = self.m_left > 0
        matters = several & (self.counted[self.one.item] | self.counted_left)
        there = np.unique(self.who[matters])
        order = np.argsort(self.who, kind="stable")
        sorted_who = self.who[order]
        start = np.searchsorted(sorted_who, there)
        stop = np.searchsorted(sorted_who, there, side="right")
        for who, first, last in zip(there.tolist(), start.tolist(), stop.tolist(), strict=True):
            yield who, order[first:last]


def days_left(one: Compared) -> Ints:
    """Return by row the agreement day of its item without it; 0 where nothing is left."""
    start, rows = np.cumsum(one.m) - one.m, len(one.rows)
    place = np.empty(rows, dtype=np.int64)
    place[one.in_time] = np.arange(rows) - start[one.item]
    m = one.m[one.item]
    second = (m > 2).astype(np.int64)  # of the only one where one is left
    at = np.minimum(second + (place <= second), m - 1)
    found = one.answers.day[one.rows[one.in_time[start[one.item] + at]]]
    return np.where(m > 1, found, 0)


def cells_of(one: Compared) -> tuple[Ints, Ints, Ints]:
    """Return (cell by row; row of its first answer and answers, by cell): an item's like labels."""
    label, new = one.answers.label[one.rows], np.ones(len(one.rows), dtype=bool)
    new[1:] = (one.item[1:] != one.item[:-1]) | (label[1:] != label[:-1])
    first = np.flatnonzero(new)
    return np.cumsum(new) - 1, first, np.diff(np.append(first, len(new)))


class ItemTables:
    """Sums of items by day and number of answers, as `agree_items` has them."""

    def __init__(self, left: Leaving) -> None:
        self._left, one = left, left.one
        cell, first, n = cells_of(one)
        alike = np.where(left.unlabeled[first], 0, n * (n - 1))
        agree = np.bincount(one.item[first], alike, len(one.m)).astype(np.int64)
        less = np.where(left.unlabeled, 0, 2 * (n[cell] - 1))
        blank = np.bincount(one.item, left.unlabeled, len(one.m))[one.item] - left.unlabeled
        self._agree = np.where(one.labeled, agree, 0)
        self._agree_left = np.where(blank == 0, agree[one.item] - less, 0)
        self._days = np.unique(np.concatenate((one.day, left.day_left)))
        self._m = int(one.m.max(initial=0)) + 1
        self._whole = self._sums(one.day, one.m, self._agree, left.counted)

    def _sums(self, day: Ints, m: Ints, agree: Ints, keep: Flags) -> Floats:
        at = np.searchsorted(self._days, day[keep]) * self._m + m[keep]
        size, agree = len(self._days) * self._m, agree[keep]
        return np.stack([np.bincount(at, agree**power, size) for power in (0, 1, 2)])

    def whole(self) -> ItemSums:
        """Return the sums of everybody."""
        return self._told(self._whole)

    def without(self, rows: Ints) -> ItemSums:
        """Return the sums without the person whose rows these are."""
        left, one = self._left, self._left.one
        item = one.item[rows]
        before = self._sums(one.day[item], one.m[item], self._agree[item], left.counted[item])
        after = self._sums(
            left.day_left[rows],
            left.m_left[rows],
            self._agree_left[rows],
            left.counted_left[rows],
        )
        return self._told(self._whole - before + after)

    def _told(self, sums: Floats) -> ItemSums:
        at = np.flatnonzero(sums[0])
        day, m = self._days[at // self._m].tolist(), (at % self._m).tolist()
        values = sums[:, at].astype(np.int64).T.tolist()
        return {
            key: (items, alike, squares)
            for key, (items, alike, squares) in zip(zip(day, m, strict=True), values, strict=True)
        }


@dataclass(frozen=True, slots=True)
class Tally:
    """Ordered pairs of categories inside items, as `labelpulse.stats` wants them.

    Attributes:
        counts: by number of answers and pair.
        parts: part × column: Σ C/(m-1), first and second are the columns' categories;
            None where there are too many to keep. days: the first day of each part.
    """

    counts: Counts
    parts: Floats | None
    days: Ints
    first: Ints
    second: Ints


class PairTables:
    """Pairs of categories by number of answers, and by day."""

    def __init__(
        self, left: Leaving, category: Ints, categories: int, parts: Ints, *, alike: bool
    ) -> None:
        """Number the pairs.

        Args:
            category: by index of a label. parts: for each day of `one.day`, then of `day_left`, the
                first day of its part. alike: all categories are equally far apart.
        """
        self._left, one, self._q = left, left.one, categories
        self._cell, first, self._n = cells_of(one)
        self._item = one.item[first]
        self._category = np.append(category, 0)[one.answers.label[one.rows[first]]]
        self._cells = _runs(self._item, len(one.m))
        none = np.zeros(0, dtype=np.int64)
        self._a, self._b = (none, none) if alike else pairs_within(self._item)
        order = np.argsort(self._item[self._a], kind="stable")
        self._a, self._b = self._a[order], self._b[order]
        self._pairs = _runs(self._item[self._a], len(one.m))
        self._alike = alike
        self._number()
        self._days, part = np.unique(parts, return_inverse=True)
        self._part, self._part_left = part[: len(one.m)], part[len(one.m) :]
        self._m = int(one.m.max(initial=0)) + 1
        self._by_day = len(self._days) * self._size <= MOST_CELLS
        every, none = np.arange(len(one.m)), np.full(len(one.m), NONE)
        self._whole = self._sums(every, none, one.m, self._part, left.whole)

    def _number(self) -> None:
        """Number ordered pairs: those of one category, then (c, OTHER) or, once, two of them."""
        own = np.arange(self._q)
        if self._alike:
            self._code, self._size = own[:0], 2 * self._q
            self._first, self._second = np.tile(own, 2), np.append(own, np.full(self._q, OTHER))
            self._column = np.arange(2 * self._q)
            return
        two = np.sort(self._category[np.stack((self._a, self._b))], axis=0)
        found, code = np.unique(two[0] * self._q + two[1], return_inverse=True)
        self._code, self._size = self._q + code, self._q + len(found)
        a, b = np.divmod(found, max(self._q, 1))
        self._first, self._second = np.concatenate((own, a, b)), np.concatenate((own, b, a))
        twice = self._q + np.arange(len(found))
        self._column = np.concatenate((own, twice, twice))

    def _sums(
        self, item: Ints, own: Ints, m: Ints, part: Ints, keep: Flags
    ) -> tuple[Floats, Floats]:
        """Count the pairs of some items, from each of which one answer of a cell is gone.

        Args:
            item: index. own: the cell that lost an answer, or NONE; the others are parallel.
        """
        item, own, m, part = item[keep], own[keep], m[keep], part[keep]
        at, cell = _spread(*self._cells, item)
        n, size = self._n[cell] - (cell == own[at]), m[at]
        kinds = [(at, self._category[cell], np.where(size == 1, n, n * (n - 1)))]
        if self._alike:
            kinds.append((at, self._q + self._category[cell], n * (size - n)))
        else:
            at, pair = _spread(*self._pairs, item)
            a, b = (self._n[one] - (one == own[at]) for one in (self._a[pair], self._b[pair]))
            kinds.append((at, self._code[pair], a * b))
        at, code, count = map(np.concatenate, zip(*kinds, strict=True))
        counts = _summed(m[at] * self._size + code, count, self._m * self._size)
        if not self._by_day:
            return counts, counts[:0]
        weight = np.where(m[at] > 1, count / np.maximum(m[at] - 1, 1), 0.0)
        days = len(self._days) * self._size
        return counts, _summed(part[at] * self._size + code, weight, days)

    def whole(self) -> Tally:
        """Return the pairs of everybody."""
        return self._told(*self._whole)

    def without(self, rows: Ints) -> Tally:
        """Return the pairs without the person whose rows these are."""
        left, one = self._left, self._left.one
        item, none = one.item[rows], np.full(len(rows), NONE)
        before = self._sums(item, none, one.m[item], self._part[item], left.whole[item])
        after = self._sums(
            item, self._cell[rows], left.m_left[rows], self._part_left[rows], left.whole_left[rows]
        )
        return self._told(*(a - b + c for a, b, c in zip(self._whole, before, after, strict=True)))

    def _told(self, counts: Floats, parts: Floats) -> Tally:
        table = counts.reshape(self._m, self._size)[:, self._column]
        m, column = np.nonzero(table)
        keys = zip(
            *(one.tolist() for one in (m, self._first[column], self._second[column])), strict=True
        )
        found: dict[tuple[int, int, int], int] = {}
        for key, n in zip(keys, table[m, column].astype(np.int64).tolist(), strict=True):
            found[key] = found.get(key, 0) + n
        there = np.unique(column)
        by_day = (
            parts.reshape(len(self._days), self._size)[:, self._column[there]]
            if self._by_day
            else None
        )
        return Tally(found, by_day, self._days, self._first[there], self._second[there])


def _summed(at: Ints, values: Ints | Floats, size: int) -> Floats:
    """Return the sum of the values at each number below a size; exact for integers below 2^53."""
    return np.bincount(at, values, size).astype(np.float64, copy=False)


def _runs(item: Ints, items: int) -> tuple[Ints, Ints]:
    """Return (start, size) by item of its run in a sorted array."""
    size = np.bincount(item, minlength=items)
    return np.cumsum(size) - size, size


def _spread(start: Ints, size: Ints, item: Ints) -> tuple[Ints, Ints]:
    """Return (index into items, index into the array of runs) of all that some items have."""
    sizes = size[item]
    at = np.repeat(np.arange(len(item)), sizes)
    return at, start[item][at] + np.arange(len(at)) - (np.cumsum(sizes) - sizes)[at]
