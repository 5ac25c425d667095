"""Where disagreement comes from: labels, people, batches, unclear items; numpy lives here."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from labelpulse.core import estimate
from labelpulse.metrics import vectors
from labelpulse.metrics.answers import answer_of, label_name
from labelpulse.metrics.arrays import Floats, Ints
from labelpulse.metrics.base import Group, Ref
from labelpulse.metrics.fits import Rows, ambiguity, fitted, unfit
from labelpulse.metrics.influence import shown
from labelpulse.stats.discovery import benjamini_hochberg, two_sided
from labelpulse.stats.intervals import wilson

LABELS, PERSON, BATCH, ITEMS = "label pair", "annotator", "batch", "items"
MOST = 50
"""So many causes of a kind are told, the greatest first."""
PARTS = ("part", "expected")
UNCLEAR, ERRED, OTHER = "ambiguous items", "items where somebody errs", "other items"

Cause = str | Ref | None


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """All pairs of answers to one item by two people.

    Attributes:
        item: index into the answers' items. a, b: rows of the answers. differ: labels differ.
        items: number of items on which some pair differs.
    """

    item: Ints
    a: Ints
    b: Ints
    differ: Floats
    items: int

    @property
    def total(self) -> float:
        """Pairs that differ."""
        return float(self.differ.sum())


@dataclass(frozen=True, slots=True)
class Share:
    """A cause with its part of all disagreeing pairs, and the part that chance gives it."""

    cause: Cause
    part: float
    expected: float


def disagreement_share(group: Group) -> Rows:
    """Return which share of the disagreeing pairs each cause has a part in, kind by kind."""
    why = group.control.unlike() or group.control.unlabeled()
    pairs = None if why else _pairs(group)
    if pairs is None or not len(pairs.item):
        return [({}, estimate.undefined(0, why or "no item has two answers"))]
    if not pairs.total:
        return [({}, estimate.undefined(0, "nobody disagrees with anybody"))]
    causes = {
        LABELS: _labels(group, pairs),
        PERSON: _people(group, pairs),
        BATCH: _batches(group, pairs),
        ITEMS: _unclear(group, pairs),
    }
    return [row for kind, found in causes.items() for row in _rows(kind, found, pairs.items)]


def _rows(kind: str, found: Iterable[Share], items: int) -> Rows:
    """Return the shares of one kind, the greatest first; none where there is a single cause."""
    ranked = sorted(found, key=lambda one: -one.part)
    if len(ranked) < 2:
        return
    for rank, (one, real) in enumerate(zip(ranked, _beyond(ranked, items), strict=True), 1):
        if rank > MOST:
            break
        share = min(one.part, 1.0)
        found_share = estimate.estimate(share, wilson(share * items, items), items)
        yield (
            {"kind": kind, "cause": one.cause},
            found_share.showing(
                rank=rank,
                expected=one.expected,
                lift=one.part / one.expected if one.expected else None,
                beyond_chance=real,
            ),
        )


def _beyond(shares: Sequence[Share], items: int) -> list[bool]:
    """Return which shares are greater than chance makes them, with 5 % false ones among them."""
    part, expected = (np.array([getattr(one, name) for one in shares]) for name in PARTS)
    error = np.sqrt(np.maximum(expected * (1 - expected), 1e-12) / items)
    gap = part - expected
    return list((benjamini_hochberg(two_sided(gap / error)) & (gap > 0)).tolist())


def _pairs(group: Group) -> Pairs:
    matrix = group.matrix()
    one = vectors.compared(matrix.answers, matrix.people, exact=True)
    a, b = vectors.people_pairs(one)
    kept = shown(group.ask, one.day)[one.item[a]]
    a, b = one.rows[a[kept]], one.rows[b[kept]]
    answers = matrix.answers
    differ = answers.label[a] != answers.label[b]
    item = answers.item[a]
    return Pairs(item, a, b, differ.astype(np.float64), len(np.unique(item[differ])))


def _labels(group: Group, pairs: Pairs) -> Iterator[Share]:
    """Label pairs; by chance a pair differs as often as its two labels are given."""
    answers, ask = group.matrix().answers, group.ask
    texts = [label_name(answer_of(group.control, ask, one)) for one in answers.labels.tolist()]
    names, number = np.unique(texts, return_inverse=True)
    q = len(names)
    first, second = number[answers.label[pairs.a]], number[answers.label[pairs.b]]
    given = np.bincount(np.concatenate([first, second]), minlength=q).astype(np.float64)
    low, high = np.minimum(first, second), np.maximum(first, second)
    found = np.bincount(low * q + high, pairs.differ, q * q).reshape(q, q)
    chance = np.outer(given, given)
    np.fill_diagonal(found, 0.0)
    apart = chance.sum() - np.trace(chance)
    for one, other in zip(*np.nonzero(found), strict=True):
        expected = 2 * float(chance[one, other]) / float(apart)
        yield Share(
            f"{names[one]} / {names[other]}", float(found[one, other]) / pairs.total, expected
        )


def _people(group: Group, pairs: Pairs) -> Iterator[Share]:
    """People; each has half of a pair, so that all of them make 1."""
    answers = group.matrix().answers
    who = np.concatenate([answers.annotator[pairs.a], answers.annotator[pairs.b]])
    twice = np.concatenate([pairs.differ, pairs.differ])
    for one, part, expected in _parts(who, twice):
        yield Share(Ref("annotator", int(answers.annotators[one])), part, expected)


def _batches(group: Group, pairs: Pairs) -> Iterator[Share]:
    for one, part, expected in _parts(group.matrix().answers.batch[pairs.a], pairs.differ):
        yield Share(Ref("batch", one) if one else "no batch", part, expected)


def _unclear(group: Group, pairs: Pairs) -> Iterator[Share]:
    """Items that competent people disagree on, and those where only others do."""
    one = fitted(group)
    if one.found is None or unfit(group, one):
        return
    told = ambiguity(group, one.given, one.found)
    kind = np.full(len(group.matrix().answers.items), 2)
    kind[told.item[told.mistaken]] = 1
    kind[told.item[told.ambiguous]] = 0
    for which, part, expected in _parts(kind[pairs.item], pairs.differ):
        yield Share((UNCLEAR, ERRED, OTHER)[which], part, expected)


def _parts(cause: Ints, differ: Floats) -> Iterator[tuple[int, float, float]]:
    """Yield (cause, its share of the pairs that differ, its share of all pairs)."""
    causes, at, n = np.unique(cause, return_inverse=True, return_counts=True)
    parts = np.bincount(at, differ, len(causes)) / differ.sum()
    yield from zip(causes.tolist(), parts.tolist(), (n / len(cause)).tolist(), strict=True)
