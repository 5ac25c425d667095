"""Why did a rate change: were the answers worse, or was it other work, by other people?"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from math import fsum, sqrt
from typing import Any, Literal, TypeVar

K = TypeVar("K", bound=Hashable)
Sums = Mapping[K, tuple[float, float]]
"""stratum -> (items, sum of their scores in 0-1)."""
Verdict = Literal["quality", "mix", "unclear"]

CLEAR = 2.394
"""Standard errors that a part must be from 0: 5 % over three families of strata (Bonferroni)."""
MOST = 2 / 3
"""A part that is called the cause explains at least this much of the change."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A change of a rate, after - before = within + mix, with the standard errors of both.

    Attributes:
        within: because rates inside strata changed: quality.
        mix: because the strata's shares of the items changed.
    """

    within: float
    mix: float
    within_se: float
    mix_se: float

    @property
    def change(self) -> float:
        """The change of the rate."""
        return self.within + self.mix


@dataclass(frozen=True, slots=True)
class Cause:
    """What a change is put down to; family and parts are of the strata that decided."""

    verdict: Verdict
    family: str | None = None
    parts: Parts | None = None


def decompose(before: Sums[K], after: Sums[K], dispersion: float = 1.0) -> Parts | None:
    """Return the parts of a change; None when a side has no items.

    within = Σ (w+w')/2 (r'-r), mix = Σ (r+r')/2 (w'-w), over strata with weights w and rates r, and
    w' and r' after: with symmetric weights nothing is left over (E. M. Kitagawa 1955, J. Am.
    Statist. Ass. 50). A stratum that is missing on one side is taken to have had its rate there,
    so that it counts as mix. The errors are those of independent items of variance r(1-r), an upper
    bound for scores in 0-1.

    Args:
        before, after: strata must not be made by what is judged: to split by label, sort items by
            gold or by their plurality label, not answers by the label given.
        dispersion: by how much days differ more than their items do, Laney's s_Z.

    The rate falls, while it rises in both strata:

    >>> before = {"easy": (900, 810), "hard": (100, 50)}
    >>> after = {"easy": (300, 276), "hard": (700, 385)}
    >>> parts = decompose(before, after)
    >>> round(parts.change, 3), round(parts.within, 3), round(parts.mix, 3)
    (-0.199, 0.032, -0.231)
    """
    n, m = (fsum(items for items, _ in side.values()) for side in (before, after))
    if n <= 0 or m <= 0:
        return None
    rows = [
        _stratum(before.get(key, (0, 0)), after.get(key, (0, 0))) for key in {**before, **after}
    ]
    weighed = [(a / n, b / m, r, s, a, b) for a, b, r, s in rows if a or b]
    within = fsum((w + v) / 2 * (s - r) for w, v, r, s, _, _ in weighed)
    mix = fsum((r + s) / 2 * (v - w) for w, v, r, s, _, _ in weighed)
    noise = [(w, v, _error(r, a) + _error(s, b), (r + s) / 2) for w, v, r, s, a, b in weighed]
    within_var = fsum(((w + v) / 2) ** 2 * var for w, v, var, _ in noise)
    mix_var = fsum((v - w) ** 2 * var / 4 for w, v, var, _ in noise)
    mix_var += _between([(w, mid) for w, _, _, mid in noise]) / n
    mix_var += _between([(v, mid) for _, v, _, mid in noise]) / m
    return Parts(within, mix, dispersion * sqrt(within_var), dispersion * sqrt(mix_var))


def _stratum(
    before: tuple[float, float], after: tuple[float, float]
) -> tuple[float, float, float, float]:
    """Return items before and after, rates before and after."""
    (a, x), (b, y) = before, after
    rate = x / a if a else (y / b if b else 0.0)
    return a, b, rate, y / b if b else rate


def _error(rate: float, n: float) -> float:
    """Return the variance of a rate; none where it was borrowed from the other side."""
    return (rate + 0.5 / n) * (1 - rate + 0.5 / n) / (n + 1) if n else 0.0


def _between(weights_and_rates: list[tuple[float, float]]) -> float:
    mean = fsum(w * rate for w, rate in weights_and_rates)
    return fsum(w * (rate - mean) ** 2 for w, rate in weights_and_rates)


def cause(families: Mapping[str, tuple[Sums[Any], Sums[Any]]], dispersion: float = 1.0) -> Cause:
    """Return what a change is put down to, judged by the strata whose mix explains most of it.

    A part is the cause when it is clear of 0 and explains two thirds of the change or more. So
    "quality" means: by no family given can a change of mix explain more than a third. "unclear"
    without two strata to tell apart, too: then worse work cannot be told from other work.

    Args:
        families: "batch", "label", "annotator" -> strata before and after the change. A stratum of
            annotators is mix in that other people did the work.

    >>> easy_to_hard = {1: (900, 810), 2: (100, 50)}, {1: (300, 276), 2: (700, 385)}
    >>> cause({"batch": easy_to_hard}).verdict
    'mix'
    >>> cause({"batch": ({1: (900, 810), 2: (100, 50)}, {1: (900, 720), 2: (100, 40)})}).verdict
    'quality'
    """
    told = {
        name: parts
        for name, (before, after) in families.items()
        if len({**before, **after}) > 1 and (parts := decompose(before, after, dispersion))
    }
    told = {name: parts for name, parts in told.items() if parts.change}
    if not told:
        return Cause("unclear")
    family = max(sorted(told), key=lambda name: told[name].mix / told[name].change)
    parts = told[family]
    if _clear(parts.mix, parts.mix_se) and parts.mix / parts.change >= MOST:
        return Cause("mix", family, parts)
    if _clear(parts.within, parts.within_se) and parts.within / parts.change >= MOST:
        return Cause("quality", family, parts)
    return Cause("unclear", family, parts)


def _clear(part: float, error: float) -> bool:
    return abs(part) > CLEAR * error
