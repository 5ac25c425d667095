"""What two answers have in common, as the integers that `pair_geometry` sums."""

import json
from collections import Counter
from functools import lru_cache
from typing import Any

import numpy as np

from labelpulse.core.events import Scale, canonical
from labelpulse.metrics.regions import Region, regions_of, similarity
from labelpulse.stats.matching import MILLION, best
from labelpulse.stats.sequences import plain, text_similarity, words

Facts = tuple[int, ...]

_parsed = lru_cache(maxsize=64)(regions_of)
"""The objects of the last answers: each is compared with those of everybody else."""


def of_regions(a: str, b: str, scale: Scale, *, ellipses: bool) -> Facts:
    """Return the facts of two answers of shapes or spans, given as canonical JSON."""
    one, other = (_parsed(value, scale, ellipses=ellipses) for value in (a, b))
    if not one or not other:
        return (1, 0, 0, len(one), len(other), 0, 0, int(not one and not other), 0)
    alike = similarity(one, other)
    placed = best(alike)
    labeled = _same_label(one, other)
    named = placed if labeled.all() else best(np.where(labeled, alike, 0))
    equal = Counter(each.text for each in one) & Counter(each.text for each in other)
    return (1, named.n, placed.n, len(one), len(other), named.total, equal.total(), 0, 0)


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
    return (1, shared, shared, *sizes, 0, int(plain(one) == plain(other)), int(not any(sizes)), score)


def _text_of(value: str) -> str:
    """Return an answer as text: several options are lines."""
    said = json.loads(value)
    if isinstance(said, list) and all(isinstance(one, str) for one in said):
        return "\n".join(said)
    return said if isinstance(said, str) else canonical(said)
