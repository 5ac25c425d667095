"""Where disagreement comes from: labels, guideline, people, batches, items; numpy lives here."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from labelpulse.core import estimate
from labelpulse.metrics import vectors
from labelpulse.metrics.answers import answer_of, label_name
from labelpulse.metrics.arrays import Floats, Ints, within
from labelpulse.metrics.base import Group, Ref
from labelpulse.metrics.fits import Rows, ambiguity, fitted, unfit
from labelpulse.stats.blame import apart_rates, differing, spread_part
from labelpulse.stats.discovery import benjamini_hochberg
from labelpulse.stats.intervals import wilson

LABELS, GUIDELINE, PERSON = "label pair", "guideline", "annotator"
TWO, BATCH, ITEMS = "annotator pair", "batch", "items"
"""Kinds of causes."""
MOST = 50
"""So many causes of a kind are told, the greatest first."""
LEAST_PEOPLE = 3
"""Of two people nobody can say whether one of them or a guideline is the cause."""
PARTS = ("part", "expected")
UNCLEAR, ERRED = "ambiguous items", "items where somebody errs"
OTHER, NO_BATCH = "other items", "no batch"

Cause = str | Ref | tuple[Ref, Ref] | None


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


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """The labels of the pairs, as people read them.

    Attributes:
        names: of labels, in order. low, high: indexes into them, by pair.
    """

    names: list[str]
    low: Ints
    high: Ints

    def title(self, low: int, high: int) -> str:
        """Return what a pair of labels is called."""
        return f"{self.names[low]} / {self.names[high]}"


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
    given = _given(group, pairs)
    causes = {
        LABELS: [share for _, share in _labels(given, pairs)],
        GUIDELINE: _guidelines(group, given, pairs),
        PERSON: _people(group, pairs),
        TWO: _two(group, pairs),
        BATCH: _batches(group, pairs),
        ITEMS: _unclear(group, pairs),
    }
    return [row for kind, found in causes.items() for row in _rows(kind, found, pairs.items)]


def worst_pair(group: Group) -> tuple[tuple[str, str], Share] | None:
    """Return the two labels that most disagreement is about; None where that is but chance."""
    if group.control.unlike() or group.control.unlabeled():
        return None
    pairs = _pairs(group)
    if not pairs.total:
        return None
    given = _given(group, pairs)
    found = sorted(_labels(given, pairs), key=lambda one: -one[1].part)
    real = _beyond([share for _, share in found], pairs.items)[0]
    (low, high), share = found[0]
    return ((given.names[low], given.names[high]), share) if real else None


def _rows(kind: str, found: Iterable[Share], items: int) -> Rows:
    """Return the shares of one kind, the greatest first; none where a single cause has it all."""
    ranked = sorted(found, key=lambda one: -one.part)
    if len(ranked) < 2 and kind != GUIDELINE:
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
    """Return which shares are greater than chance makes them, with 5 % false ones among them.

    By the binomial upper tail: many causes are expected on a handful of items.
    """
    from scipy.stats import binom

    part, expected = (np.array([getattr(one, name) for one in shares]) for name in PARTS)
    seen = np.floor(part * items + 1e-9)
    p = binom.sf(seen - 1, items, np.minimum(expected, 1.0))
    return list((benjamini_hochberg(p) & (part > expected)).tolist())


def _pairs(group: Group) -> Pairs:
    matrix = group.matrix()
    one = vectors.compared(matrix.answers, matrix.people, exact=True)
    a, b = vectors.people_pairs(one)
    kept = within(group.ask, one.day)[one.item[a]]
    a, b = one.rows[a[kept]], one.rows[b[kept]]
    answers = matrix.answers
    differ = answers.label[a] != answers.label[b]
    item = answers.item[a]
    return Pairs(item, a, b, differ.astype(np.float64), len(np.unique(item[differ])))


def _given(group: Group, pairs: Pairs) -> Given:
    answers = group.matrix().answers
    texts = [
        label_name(answer_of(group.control, group.ask, one)) for one in answers.labels.tolist()
    ]
    names, number = np.unique(texts, return_inverse=True)
    first, second = number[answers.label[pairs.a]], number[answers.label[pairs.b]]
    return Given(names.tolist(), np.minimum(first, second), np.maximum(first, second))


def _labels(given: Given, pairs: Pairs) -> Iterator[tuple[tuple[int, int], Share]]:
    """Label pairs; by chance a pair differs as often as its two labels are given."""
    q = len(given.names)
    both = np.concatenate([given.low, given.high])
    found = np.bincount(given.low * q + given.high, pairs.differ, q * q).reshape(q, q)
    often = np.bincount(both, minlength=q).astype(np.float64)
    chance = np.outer(often, often)
    np.fill_diagonal(found, 0.0)
    apart = float(chance.sum() - np.trace(chance))
    for low, high in np.argwhere(found).tolist():
        part, expected = float(found[low, high]) / pairs.total, 2 * float(chance[low, high]) / apart
        yield (low, high), Share(given.title(low, high), part, expected)


def _guidelines(group: Group, given: Given, pairs: Pairs) -> Iterator[Share]:
    """Of each label pair the part of its disagreement that most people have, not a few.

    Whether people confuse the two labels shows where both answers are one of them.
    """
    people = _Cells(group, given, pairs)
    ranked = sorted(_labels(given, pairs), key=lambda one: -one[1].part)
    for (low, high), share in ranked[:MOST]:
        a, b, n, apart = people.within(low, high)
        if len(np.union1d(a, b)) >= LEAST_PEOPLE:
            spread = spread_part(a, b, n, apart, people.people)
            yield Share(share.cause, share.part * spread, share.expected)


class _Cells:
    """Pairs of answers, counted by their two people and two labels."""

    def __init__(self, group: Group, given: Given, pairs: Pairs) -> None:
        answers, q = group.matrix().answers, len(given.names)
        self.people = len(answers.annotators)
        two = answers.annotator[pairs.a] * self.people + answers.annotator[pairs.b]
        cells, self._n = np.unique((two * q + given.low) * q + given.high, return_counts=True)
        rest, self._high = np.divmod(cells, q)
        self._two, self._low = np.divmod(rest, q)

    def within(self, low: int, high: int) -> tuple[Ints, Ints, Ints, Ints]:
        """Return by pair of people: both, answers in common with these labels, and different."""
        kept = np.isin(self._low, (low, high)) & np.isin(self._high, (low, high))
        n, differ = self._n[kept], self._low[kept] != self._high[kept]
        two, at = np.unique(self._two[kept], return_inverse=True)
        common, apart = (np.bincount(at, one).astype(np.int64) for one in (n, n * differ))
        return *np.divmod(two, self.people), common, apart


def _people(group: Group, pairs: Pairs) -> Iterator[Share]:
    """People; each has half of a pair, so that all of them make 1."""
    answers = group.matrix().answers
    who = np.concatenate([answers.annotator[pairs.a], answers.annotator[pairs.b]])
    twice = np.concatenate([pairs.differ, pairs.differ])
    for one, part, expected in _parts(who, twice):
        yield Share(Ref("annotator", int(answers.annotators[one])), part, expected)


def _two(group: Group, pairs: Pairs) -> Iterator[Share]:
    """Pairs of people; by chance they differ as often as both do from everybody they met."""
    answers = group.matrix().answers
    size = len(answers.annotators)
    met, at, n = np.unique(
        answers.annotator[pairs.a] * size + answers.annotator[pairs.b],
        return_inverse=True,
        return_counts=True,
    )
    a, b = np.divmod(met, size)
    apart = np.bincount(at, pairs.differ).astype(np.int64)
    expected = n * differing(apart_rates(a, b, n, apart, size), a, b)
    for one, other, part, usual in zip(
        *(answers.annotators[a].tolist(), answers.annotators[b].tolist()),
        *((apart / apart.sum()).tolist(), (expected / expected.sum()).tolist()),
        strict=True,
    ):
        yield Share((Ref("annotator", one), Ref("annotator", other)), part, usual)


def _batches(group: Group, pairs: Pairs) -> Iterator[Share]:
    for one, part, expected in _parts(group.matrix().answers.batch[pairs.a], pairs.differ):
        yield Share(Ref("batch", one) if one else NO_BATCH, part, expected)


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
