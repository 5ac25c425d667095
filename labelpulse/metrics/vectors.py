"""Partial sums from arrays of answers: the same numbers as item by item, a hundred times faster.

Rollups cannot say what a choice of annotators would have agreed on, since an item's number of
answers changes with it. These functions count such a choice anew.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelpulse.metrics.agreement import BILLION, MAX_ANSWERS
from labelpulse.metrics.arrays import NONE, Answers, Flags, Ints

Columns = dict[str, Ints]
Row = tuple[tuple[Any, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Compared:
    """The chosen answers of known people, item by item.

    Attributes:
        rows: indexes into the answers, ordered by item, then label.
        item: index into the following arrays, by row. m: answers, by item.
        labeled: by item: every answer is a label. day: agreement day. batch: id.
        in_time: rows by item, then time of the first submission, unknown ones last.
    """

    answers: Answers
    rows: Ints
    item: Ints
    m: Ints
    labeled: Flags
    day: Ints
    batch: Ints
    in_time: Ints

    @property
    def label(self) -> Ints:
        """Ids of labels, by row; 0 where the answer is no label."""
        return np.append(self.answers.labels, 0)[self.answers.label[self.rows]]


def compared(answers: Answers, chosen: Flags, *, exact: bool) -> Compared:
    """Return what can be compared among chosen answers.

    Args:
        exact: two answers to this question can be exactly alike.
    """
    rows = np.flatnonzero(chosen & answers.known)
    rows = rows[np.lexsort((answers.label[rows], answers.item[rows]))]
    _, start, item, m = np.unique(
        answers.item[rows], return_index=True, return_inverse=True, return_counts=True
    )
    blank = np.bincount(item, weights=answers.label[rows] == NONE, minlength=len(m))
    labeled = (blank == 0) & exact
    since = answers.since[rows]
    in_time = np.lexsort((np.where(since > 0, since, np.iinfo(np.int64).max), item))
    return Compared(
        answers=answers,
        rows=rows,
        item=item,
        m=m,
        labeled=labeled,
        day=answers.day[rows[in_time[start + (m > 1)]]],  # of the second earliest, or the only one
        batch=answers.batch[rows][start],
        in_time=in_time,
    )


def item_sums(one: Compared) -> tuple[Columns, tuple[Ints, ...]]:
    """Count by (day, batch, m): items, agreeing ordered pairs, squares, unanimous, entropy."""
    keep = one.labeled[one.item]
    cell, n = _cells(one, keep)
    agree = _per_item(one, cell, n * (n - 1))
    share = n / one.m[cell]
    entropy = np.rint(BILLION * np.bincount(cell, -share * np.log(share), minlength=len(one.m)))
    unanimous = (np.bincount(cell, minlength=len(one.m)) == 1) & one.labeled
    measures = (
        *(np.ones(len(one.m), dtype=np.int64), agree, agree * agree),
        *(unanimous.astype(np.int64), np.abs(entropy).astype(np.int64)),
    )
    return {"day": one.day, "batch_id": one.batch, "m": one.m}, measures


def _cells(one: Compared, keep: Flags) -> tuple[Ints, Ints]:
    """Return (item, answers) of every pair of an item and one of its labels."""
    item, label = one.item[keep], one.answers.label[one.rows][keep]
    new = np.ones(len(item), dtype=bool)
    new[1:] = (item[1:] != item[:-1]) | (label[1:] != label[:-1])
    at = np.flatnonzero(new)
    return item[at], np.diff(np.append(at, len(item)))


def _per_item(one: Compared, item: Ints, values: Ints) -> Ints:
    return np.bincount(item, values, minlength=len(one.m)).astype(np.int64)


def label_cells(one: Compared) -> tuple[Ints, Ints, Ints]:
    """Return (item, label id, answers) of every pair of an item and one of its labels."""
    keep = one.labeled[one.item]
    item, n = _cells(one, keep)
    label = one.label[keep]
    at = np.concatenate(([0], np.cumsum(n)[:-1])) if len(n) else np.zeros(0, dtype=np.int64)
    return item, label[at], n


def label_sums(one: Compared) -> tuple[Columns, tuple[Ints, ...]]:
    """Count by (day, batch, m, label): answers, agreeing ordered pairs."""
    item, label, n = label_cells(one)
    columns = {"day": one.day[item], "batch_id": one.batch[item], "m": one.m[item]}
    return columns | {"label_id": label}, (n, n * (n - 1))


def pair_sums(one: Compared) -> tuple[Columns, tuple[Ints, ...]]:
    """Count by (day, batch, m, label a < label b): unordered pairs of answers a and b."""
    item, label, n = label_cells(one)
    a, b = pairs_within(item)
    swap = label[a] > label[b]
    a, b = np.where(swap, b, a), np.where(swap, a, b)
    at = item[a]
    columns = {"day": one.day[at], "batch_id": one.batch[at], "m": one.m[at]}
    return columns | {"label_a": label[a], "label_b": label[b]}, (n[a] * n[b],)


def pairs_within(group: Ints) -> tuple[Ints, Ints]:
    """Return the indexes of all pairs inside runs of equal numbers."""
    first, second = [], []
    for apart in range(1, int(np.bincount(group).max(initial=1))):
        at = np.flatnonzero(group[apart:] == group[:-apart])
        first.append(at)
        second.append(at + apart)
    none = [np.zeros(0, dtype=np.int64)]
    return np.concatenate(first or none), np.concatenate(second or none)


def people_pairs(one: Compared) -> tuple[Ints, Ints]:
    """Return the rows of all pairs of people who answered an item, the smaller id first."""
    keep = one.labeled[one.item] & (one.m[one.item] > 1) & (one.m[one.item] <= MAX_ANSWERS)
    rows = np.flatnonzero(keep)
    a, b = pairs_within(one.item[rows])
    a, b = rows[a], rows[b]
    who = one.answers.annotators[one.answers.annotator[one.rows]]
    swap = who[a] > who[b]
    return np.where(swap, b, a), np.where(swap, a, b)


def annotator_sums(one: Compared) -> tuple[Columns, tuple[Ints, ...]]:
    """Count by (day, batch, annotator a < annotator b): items both answered, alike ones."""
    columns, (ones,) = annotator_label_sums(one)
    alike = (columns.pop("label_a") == columns.pop("label_b")).astype(np.int64)
    return columns, (ones, alike)


def annotator_label_sums(one: Compared) -> tuple[Columns, tuple[Ints, ...]]:
    """Count by (day, batch, annotator a < annotator b, label of a, label of b): items."""
    a, b = people_pairs(one)
    who = one.answers.annotators[one.answers.annotator[one.rows]]
    item, label = one.item[a], one.label
    columns = {"day": one.day[item], "batch_id": one.batch[item]}
    columns |= {"annotator_a": who[a], "annotator_b": who[b]}
    return columns | {"label_a": label[a], "label_b": label[b]}, (np.ones(len(a), dtype=np.int64),)


def peer_sums(one: Compared) -> tuple[Columns, tuple[Ints, ...]]:
    """Count by (day, batch, annotator): items others answered, alike with most of them, ties."""
    keep = one.labeled[one.item] & (one.m[one.item] > 1)
    item, n = _cells(one, keep)
    most, leaders = _highest(item, n, len(one.m))
    rest = np.where(n == most[item], 0, n)
    second, seconds = _highest(item, rest, len(one.m))
    alone = (n == most[item]) & (leaders[item] == 1)
    # Of the other labels: the most that one was given, and by how many labels it is reached.
    others = np.where(alone, second[item], most[item])
    reached = np.where(alone, seconds[item], leaders[item] - (n == most[item]))
    alike = n - 1 > others
    tied = (n - 1 == others) | (~alike & (reached > 1))
    rows = one.rows[keep]
    at = one.item[keep]
    columns = {"day": one.day[at], "batch_id": one.batch[at]}
    columns |= {"annotator_id": one.answers.annotators[one.answers.annotator[rows]]}
    return columns, (
        np.ones(len(rows), dtype=np.int64),
        *(np.repeat(flag, n).astype(np.int64) for flag in (alike, tied)),
    )


def _highest(group: Ints, values: Ints, groups: int) -> tuple[Ints, Ints]:
    """Return the highest value of each group, and how many reach it; 0 where there is none."""
    highest = np.zeros(groups, dtype=np.int64)
    np.maximum.at(highest, group, values)
    return highest, np.bincount(group, values == highest[group], groups).astype(np.int64)


Summing = Callable[[Compared], tuple[Columns, tuple[Ints, ...]]]

SUMS: dict[str, Summing] = {
    "agree_items": item_sums,
    "agree_labels": label_sums,
    "agree_pairs": pair_sums,
    "annotator_pairs": annotator_sums,
    "annotator_pair_days": annotator_sums,
    "annotator_pair_labels": annotator_label_sums,
    "peer_loo": peer_sums,
}
"""Partials of items; `item_labels` is the one whose key is no number."""


def grouped(columns: Sequence[Ints], measures: Sequence[Ints]) -> Iterator[Row]:
    """Yield (values of the columns, sums of the measures), one row a combination there is."""
    if not len(measures[0]):
        return
    key = np.zeros(len(measures[0]), dtype=np.int64)
    kept = []
    for column in columns:
        values, index = np.unique(column, return_inverse=True)
        kept.append(values)
        key = key * len(values) + index
    found, group = np.unique(key, return_inverse=True)
    totals = [np.bincount(group, one).astype(np.int64).tolist() for one in measures]
    parts = []
    for values in reversed(kept):
        found, index = np.divmod(found, len(values))
        parts.append(values[index].tolist())
    empty = [()] * len(totals[0])
    keys = zip(*reversed(parts), strict=True) if parts else empty
    yield from zip(keys, zip(*totals, strict=True), strict=True)


def composition_sums(one: Compared) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield ({day, batch_id, labels in order}, items): what each item was answered."""
    for m in np.unique(one.m[one.labeled]).tolist():
        items = np.flatnonzero(one.labeled & (one.m == m))
        rows = np.isin(one.item, items)
        labels = np.sort(one.label[rows].reshape(-1, m), axis=1)
        table = np.column_stack((one.day[items], one.batch[items], labels))
        found, n = np.unique(table, axis=0, return_counts=True)
        for (day, batch, *given), count in zip(found.tolist(), n.tolist(), strict=True):
            yield {"day": day, "batch_id": batch, "labels": tuple(given)}, count
