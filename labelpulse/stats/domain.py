"""What the categories of a question are, and how far two of them lie apart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any, Literal

Compare = Callable[[int, int], float]
"""Two category numbers -> their distance, or their weight (1 = the same)."""

OTHER = -1
"""In place of a category: some other one, whichever; it only makes sense where all differ alike."""

Kind = Literal["nominal", "ordinal", "interval", "ratio", "set"]
SetDistance = Literal["jaccard", "masi", "exact"]
SET_DISTANCES: tuple[SetDistance, ...] = ("jaccard", "masi", "exact")


@dataclass(frozen=True, slots=True)
class Domain:
    """The categories 0 … q-1 of a question.

    Attributes:
        kind: how they compare; ordinal ones are in their order.
        q: how many there are, whether they occur or not.
        values: by category, its number (interval, ratio) or its options (set); else empty.
        distance: between sets.
    """

    kind: Kind
    q: int
    values: tuple[Any, ...] = ()
    distance: SetDistance = "jaccard"

    @property
    def alike(self) -> bool:
        """True when any two different categories are equally far apart."""
        return self.kind == "nominal" or (self.kind == "set" and self.distance == "exact")


def jaccard(a: frozenset[Any], b: frozenset[Any]) -> float:
    """Return 1 - |a∩b| / |a∪b|; 0 for two empty sets. P. Jaccard 1901.

    >>> jaccard(frozenset("ab"), frozenset("bc"))
    0.6666666666666667
    """
    together = len(a | b)
    return 1 - len(a & b) / together if together else 0.0


def masi(a: frozenset[Any], b: frozenset[Any]) -> float:
    """Return 1 - Jaccard's index × monotonicity: 1 equal, 2/3 subset, 1/3 overlap, 0 disjoint.

    R. Passonneau 2006, "Measuring agreement on set-valued items (MASI)", LREC.

    >>> round(masi(frozenset("ab"), frozenset("a")), 6)
    0.666667
    >>> round(masi(frozenset("ab"), frozenset("bc")), 6)
    0.888889
    """
    if a == b:
        return 0.0
    shared = a & b
    if not shared:
        return 1.0
    monotone = 2 / 3 if a <= b or b <= a else 1 / 3
    return 1 - monotone * (1 - jaccard(a, b))


def _apart(a: int, b: int) -> float:
    return float(a != b)


def _ratio(x: float, y: float) -> float:
    return ((x - y) / (x + y)) ** 2 if x + y else 0.0


def distance(domain: Domain, pairable: Mapping[int, float]) -> Compare:
    """Return Krippendorff's distance between two categories.

    nominal [c≠k]; ordinal (Σ n_g over g = c…k, less half of n_c and n_k)²; interval (c-k)²;
    ratio ((c-k)/(c+k))²; set Jaccard or MASI. K. Krippendorff 2011, "Computing Krippendorff's
    Alpha-Reliability", section D.

    Args:
        pairable: by category, how many answers of items with two or more; ordinal needs it.
    """
    if domain.alike:
        return _apart
    if domain.kind == "ordinal":
        return _ordinal(domain, pairable)
    values = domain.values
    if domain.kind == "set":
        between = masi if domain.distance == "masi" else jaccard
        return lru_cache(maxsize=None)(lambda a, b: between(values[a], values[b]))
    if domain.kind == "ratio":
        return lambda a, b: _ratio(values[a], values[b])
    return lambda a, b: float((values[a] - values[b]) ** 2)


def _ordinal(domain: Domain, pairable: Mapping[int, float]) -> Compare:
    n = [pairable.get(category, 0.0) for category in range(domain.q)]
    upto = list(accumulate(n))

    def between(a: int, b: int) -> float:
        low, high = min(a, b), max(a, b)
        inside = upto[high] - upto[low] + n[low]
        return (inside - (n[low] + n[high]) / 2) ** 2

    return between


def weight(domain: Domain) -> Compare:
    """Return the weight of two categories in Gwet's coefficients: 1 = the same, 0 = the farthest.

    Identity for nominal; quadratic 1 - (x-y)²/(max-min)² on the ranks (ordinal) or the values
    (interval, ratio); 1 - distance for sets. K. L. Gwet 2014, Handbook of Inter-Rater
    Reliability, 4th edition, chapter 3.
    """
    if domain.alike:
        return lambda a, b: float(a == b)
    if domain.kind == "set":
        apart = distance(domain, {})
        return lambda a, b: 1 - apart(a, b)
    values = range(domain.q) if domain.kind == "ordinal" else domain.values
    width = span(domain)
    return lambda a, b: 1 - ((values[a] - values[b]) / width) ** 2


def span(domain: Domain) -> float:
    """Return how far the outermost categories lie apart, as ranks or values; 1 for a single one."""
    values = range(domain.q) if domain.kind == "ordinal" else domain.values
    return max(values, default=0) - min(values, default=0) or 1.0
