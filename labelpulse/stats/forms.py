"""Sums over all pairs of categories, Σ x_c x_k f(c, k), also where there are thousands of them.

A squared difference needs three moments instead of pairs (K. Krippendorff's interval metric, the
quadratic weights); other distances between many categories go through a matrix.
"""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from math import fsum
from typing import TYPE_CHECKING, Any, Protocol

from labelpulse.stats.domain import Compare, Domain, distance, span, weight

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MANY = 100
"""More categories than this are summed by numpy."""
STRIP = 500
"""Rows of the matrix that are worked out at once, so that memory stays flat."""


class Form(Protocol):
    """Σ x_c x_k f(c, k) for one x, and without a part of it."""

    whole: float

    def without(self, part: Mapping[int, float]) -> float:
        """Return Σ (x-p)_c (x-p)_k f(c, k)."""


def distances(x: Mapping[int, float], domain: Domain) -> Form:
    """Return the form of the distances that do not depend on counts (all but ordinal)."""
    if domain.kind == "interval":
        return Squares(x, domain.values, 0.0, 1.0)
    if len(x) > MANY:
        return Strips(x, domain)
    return Pairs(x, cache(distance(domain, {})))


def weights(x: Mapping[int, float], domain: Domain) -> Form:
    """Return the form of Gwet's weights."""
    if domain.kind in ("ordinal", "interval", "ratio"):
        values = range(domain.q) if domain.kind == "ordinal" else domain.values
        return Squares(x, values, 1.0, -1.0 / span(domain) ** 2)
    if len(x) > MANY:
        return Strips(x, domain, complement=True)
    return Pairs(x, cache(weight(domain)))


class Pairs:
    """Pair by pair, for few categories and any f."""

    def __init__(self, x: Mapping[int, float], f: Compare) -> None:
        self._f = f
        self._reach = {c: fsum(f(c, k) * b for k, b in x.items()) for c in x}
        self.whole = fsum(a * self._reach[c] for c, a in x.items())

    def without(self, part: Mapping[int, float]) -> float:
        """Return the sum without a part."""
        crossed = fsum(p * self._reach[c] for c, p in part.items())
        own = fsum(a * b * self._f(c, k) for c, a in part.items() for k, b in part.items())
        return self.whole - 2 * crossed + own


class Squares:
    """f = offset + scale (v_c - v_k)²: Σ x_c x_k f = offset n² + 2 scale (n Σxv² - (Σxv)²).

    Values are taken from their mean, so that no digits are lost where they are large.
    """

    def __init__(
        self, x: Mapping[int, float], values: Sequence[Any], offset: float, scale: float
    ) -> None:
        n = fsum(x.values())
        middle = fsum(a * values[c] for c, a in x.items()) / n if n else 0.0
        self._at = {c: float(values[c]) - middle for c in x}
        self._offset, self._scale = offset, scale
        self._moments = self._of(x)
        self.whole = self._sum(self._moments)

    def _of(self, x: Mapping[int, float]) -> tuple[float, float, float]:
        at = self._at
        return (
            fsum(x.values()),
            fsum(a * at[c] for c, a in x.items()),
            fsum(a * at[c] * at[c] for c, a in x.items()),
        )

    def _sum(self, moments: tuple[float, float, float]) -> float:
        n, first, second = moments
        return self._offset * n * n + 2 * self._scale * (n * second - first * first)

    def without(self, part: Mapping[int, float]) -> float:
        """Return the sum without a part."""
        own = self._of(part)
        n, first, second = (a - b for a, b in zip(self._moments, own, strict=True))
        return self._sum((n, first, second))


class Strips:
    """Through strips of the matrix of all distances, for many sets or ratios."""

    def __init__(self, x: Mapping[int, float], domain: Domain, *, complement: bool = False) -> None:
        import numpy as np

        self._numbers = list(x)
        self._place = {c: at for at, c in enumerate(self._numbers)}
        self._domain, self._complement = domain, complement
        amounts = np.array([x[c] for c in self._numbers])
        self._reach = np.concatenate(
            [self._strip(slice(at, at + STRIP)) @ amounts for at in range(0, len(amounts), STRIP)]
        )
        self.whole = float(amounts @ self._reach)

    def without(self, part: Mapping[int, float]) -> float:
        """Return the sum without a part."""
        import numpy as np

        at = np.array([self._place[c] for c in part], dtype=np.int64)
        amounts = np.array(list(part.values()))
        own = fsum(
            float(a * (self._between(at[one : one + 1], at) @ amounts)[0])
            for one, a in enumerate(amounts)
        )
        return self.whole - 2 * float(amounts @ self._reach[at]) + own

    def _strip(self, rows: slice) -> "NDArray[np.float64]":
        import numpy as np

        every = np.arange(len(self._numbers))
        return self._between(every[rows], every)

    def _between(self, rows: Any, columns: Any) -> "NDArray[np.float64]":
        find = _ratios if self._domain.kind == "ratio" else _set_distances
        found: NDArray[np.float64] = find(self._domain, self._numbers, rows, columns)
        return 1 - found if self._complement else found


def _ratios(domain: Domain, numbers: list[int], rows: Any, columns: Any) -> Any:
    import numpy as np

    values = np.array([domain.values[c] for c in numbers], dtype=float)
    a, b = values[rows][:, None], values[columns][None, :]
    both = a + b
    shares = np.divide(a - b, both, out=np.zeros_like(both), where=both != 0)
    return shares * shares


def _set_distances(domain: Domain, numbers: list[int], rows: Any, columns: Any) -> Any:
    """Return Jaccard or MASI distances from how many options two sets share."""
    import numpy as np

    options = _incidence(domain, tuple(numbers))
    size = options.sum(axis=1)
    shared = options[rows] @ options[columns].T
    a, b = size[rows][:, None], size[columns][None, :]
    together = a + b - shared
    index = np.divide(shared, together, out=np.ones_like(shared), where=together > 0)
    if domain.distance == "masi":
        subset = shared == np.minimum(a, b)
        monotone = np.where(subset, 2 / 3, 1 / 3)
        monotone = np.where(shared == 0, 0.0, monotone)
        index = np.where((a == b) & (shared == a), 1.0, index * monotone)
    return 1 - index


@lru_cache(maxsize=4)
def _incidence(domain: Domain, numbers: tuple[int, ...]) -> Any:
    import numpy as np

    names = sorted({option for c in numbers for option in domain.values[c]}, key=str)
    place = {name: at for at, name in enumerate(names)}
    found = np.zeros((len(numbers), len(names)))
    for row, c in enumerate(numbers):
        for option in domain.values[c]:
            found[row, place[option]] = 1.0
    return found
