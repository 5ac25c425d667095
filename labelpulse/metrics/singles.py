"""Partial sums of single answers and of reviews, from arrays; those of items are in `vectors`."""

from collections.abc import Callable

import numpy as np

from labelpulse.core.events import Verdict
from labelpulse.metrics.arrays import NONE, Answers, Flags, Ints, Reviews
from labelpulse.metrics.base import Control
from labelpulse.metrics.labels import ANSWERS
from labelpulse.metrics.vectors import Columns


def gold_sums(answers: Answers, chosen: Flags, _: Control) -> tuple[Columns, tuple[Ints, ...]]:
    """Count by (day of the answer, batch, annotator, gold label, label given): first answers."""
    rows = chosen & (answers.first != NONE) & (answers.gold[answers.item] != NONE)
    columns = _single(answers, rows)
    columns["gold_label"] = answers.labels[answers.gold[answers.item[rows]]]
    return columns | {"label_id": answers.labels[answers.first[rows]]}, _ones(rows)


def answer_sums(answers: Answers, chosen: Flags, _: Control) -> tuple[Columns, tuple[Ints, ...]]:
    """Count by (day of submission, batch, annotator, label): answers, sets whole."""
    rows = chosen & (answers.label != NONE)
    return _single(answers, rows) | {"label_id": answers.labels[answers.label[rows]]}, _ones(rows)


def option_sums(
    answers: Answers, chosen: Flags, control: Control
) -> tuple[Columns, tuple[Ints, ...]]:
    """Count by (day of submission, batch, annotator, label or option): answers.

    An answer that is a set counts each of its options, and once as ANSWERS.
    """
    columns, ones = answer_sums(answers, chosen, control)
    if not control.is_set:
        return columns, ones
    given = [(ANSWERS, *control.options.get(one, (one,))) for one in answers.labels.tolist()]
    size = np.array([len(one) for one in given], dtype=np.int64)
    flat = np.array([one for each in given for one in each], dtype=np.int64)
    at = np.searchsorted(answers.labels, columns["label_id"])
    times = size[at]
    repeated = {name: np.repeat(column, times) for name, column in columns.items()}
    place = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    repeated["label_id"] = flat[np.repeat((np.cumsum(size) - size)[at], times) + place]
    return repeated, (np.ones(len(place), dtype=np.int64),)


def identical_sums(
    answers: Answers, chosen: Flags, control: Control
) -> tuple[Columns, tuple[Ints, ...]]:
    """Count by (day, batch, annotator) of the later answer: pairs between identical items, alike.

    A pair is of one known person, with one answer an item: an answer makes as many pairs as that
    person answered identical items before.
    """
    _, index, items = np.unique(answers.content, return_inverse=True, return_counts=True)
    repeated = (items[index] > 1) & (answers.content > 0)
    labeled = answers.named & (answers.label != NONE) & control.rules.exact
    rows = np.flatnonzero(labeled & repeated[answers.item])
    since = answers.since[rows]
    rows = rows[np.lexsort((since, since == 0))]  # unknown times stand last
    content, who = answers.content[answers.item[rows]], answers.annotator[rows]
    before = _earlier(content, who)
    alike = _earlier(content, who, answers.label[rows])
    later = (before > 0) & chosen[rows]
    return _single(answers, rows[later]), (before[later], alike[later])


def _earlier(*columns: Ints) -> Ints:
    """Return by row how many rows before it have the same values."""
    order = np.lexsort(columns)
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.any([one[order][1:] != one[order][:-1] for one in columns], axis=0)
    place = np.arange(len(order))
    found = np.empty(len(order), dtype=np.int64)
    found[order] = place - np.maximum.accumulate(np.where(new, place, 0))
    return found


def _single(answers: Answers, rows: Flags | Ints) -> Columns:
    who = answers.annotators[answers.annotator[rows]]
    return {"day": answers.day[rows], "batch_id": answers.batch[rows], "annotator_id": who}


def _ones(rows: Flags) -> tuple[Ints]:
    return (np.ones(int(rows.sum()), dtype=np.int64),)


def item_review_sums(reviews: Reviews, people: Flags) -> tuple[Columns, tuple[Ints, ...]]:
    """Count by (day, batch, reviewer) the reviews of some people's work.

    Sums: rejected; is it the first review of what they did on an item, and did that accept.
    """
    rows = np.flatnonzero(people)
    _, earliest = np.unique(reviews.item[rows], return_index=True)
    first = np.zeros(len(rows), dtype=np.int64)
    first[earliest] = 1
    verdict = reviews.verdict[rows]
    rejected = (verdict == Verdict.REJECTED).astype(np.int64)
    columns = {"day": reviews.day[rows], "batch_id": reviews.batch[rows]}
    columns |= {"reviewer_id": reviews.reviewer[rows]}
    return columns, (rejected, first, first * (verdict == Verdict.ACCEPTED))


Counting = Callable[[Answers, Flags, Control], tuple[Columns, tuple[Ints, ...]]]

SINGLES: dict[str, Counting] = {
    "gold_confusion": gold_sums,
    "label_counts": option_sums,
    "label_answers": answer_sums,
    "identical_pairs": identical_sums,
}
"""Partials of single answers."""
