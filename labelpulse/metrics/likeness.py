"""What two answers have in common, as the integers that `pair_geometry` sums."""

import json
from collections import Counter
from typing import Any

import numpy as np

from labelpulse.core.events import Scale, canonical
from labelpulse.metrics.regions import UNREAD, Region, regions_of, similarity
from labelpulse.stats.matching import MILLION, best
from labelpulse.stats.sequences import plain, text_similarity, words

Facts = tuple[int, ...]

MOST = 9_000_000
"""Answers whose objects make more pairs than this, 3,000 of each, would take too much memory."""


class Comparer:
    """Compares the answers to one question of one item; each is read once."""

    def __init__(self, scale: Scale, *, ellipses: bool) -> None:
        self._scale = scale
        self._ellipses = ellipses
        self._read: dict[str, list[Region]] = {}

    def facts(self, a: str, b: str) -> Facts:
        """Return the facts of two answers, given as canonical JSON."""
        if self._scale == Scale.TEXT:
            return of_texts(a, b)
        return of_regions(self._regions(a), self._regions(b))

    def _regions(self, value: str) -> list[Region]:
        found = self._read.get(value)
        if found is None:
            found = regions_of(value, self._scale, ellipses=self._ellipses)
            self._read[value] = found
        return found


def of_regions(a: list[Region], b: list[Region]) -> Facts:
    """Return the facts of two answers of shapes or spans; () where that cannot be said."""
    if not a or not b:
        return (1, 0, 0, len(a), len(b), 0, 0, int(not a and not b), 0)
    if len(a) * len(b) > MOST or any(one.family == UNREAD for one in (*a, *b)):
        return ()
    alike = similarity(a, b)
    placed = best(alike)
    labeled = _same_label(a, b)
    named = placed if labeled.all() else best(np.where(labeled, alike, 0))
    equal = Counter(each.text for each in a) & Counter(each.text for each in b)
    return (1, named.n, placed.n, len(a), len(b), named.total, equal.total(), 0, 0)


def _same_label(a: list[Region], b: list[Region]) -> Any:
    codes: dict[str, int] = {}
    one, other = (
        np.array([codes.setdefault(each.label, len(codes)) for each in regions])
        for regions in (a, b)
    )
    return one[:, None] == other[None, :]


def of_texts(a: str, b: str) -> Facts:
    """Return the facts of two texts, given as canonical JSON; their objects are words."""
    one, other = _text_of(a), _text_of(b)
    mine, theirs = words(one), words(other)
    shared = (mine & theirs).total()
    score = round(text_similarity(one, other) * MILLION)
    sizes = mine.total(), theirs.total()
    return (
        1,
        shared,
        shared,
        *sizes,
        0,
        int(plain(one) == plain(other)),
        int(not any(sizes)),
        score,
    )


def _text_of(value: str) -> str:
    """Return an answer as text: several options are lines."""
    said = json.loads(value)
    if isinstance(said, list) and all(isinstance(one, str) for one in said):
        return "\n".join(said)
    return said if isinstance(said, str) else canonical(said)
