"""Why did a rate change: were the answers worse, or was it other work, by other people?"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from typing import Any, Literal, TypeVar

K = TypeVar("K", bound=Hashable)
Sums = Mapping[K, tuple[float, ...]]
"""stratum -> (items, sum of their scores in 0-1), or (items, sum, sum of squares) of any scores."""
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
    """Return the parts of a change; None when a side has no items, or nothing tells their scatter.

    within = Σ (w+w')/2 (r'-r), mix = Σ (r+r')/2 (w'-w), over strata with weights w and rates r, and
    w' and r' after: with symmetric weights nothing is left over (E. M. Kitagawa 1955, J. Am.
    Statist. Ass. 50). A stratum that is missing on one side is taken to have had its rate there,
    so that it counts as mix. The errors are those of independent items of variance r(1-r), an upper
    bound for scores in 0-1; with sums of squares, of the variance within strata, Σ (x - r)²/(N - K)
    over the K strata of both sides.

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
    n, m = (fsum(items for items, *_ in side.values()) for side in (before, after))
    if n <= 0 or m <= 0:
        return None
    try:
        variance = _variance([*before.values(), *after.values()])
    except ZeroDivisionError:
        return None
    rows = _strata(before, after)
    within, mix = _kitagawa((a / n, b / m, r, s) for a, b, r, s in rows)
    noise = [
        (a / n, b / m, _error(r, a, variance) + _error(s, b, variance), (r + s) / 2)
        for a, b, r, s in rows
    ]
    within_var = fsum(((w + v) / 2) ** 2 * var for w, v, var, _ in noise)
    mix_var = fsum((v - w) ** 2 * var / 4 for w, v, var, _ in noise)
    mix_var += _between([(w, mid) for w, _, _, mid in noise]) / n
    mix_var += _between([(v, mid) for _, v, _, mid in noise]) / m
    return Parts(within, mix, dispersion * sqrt(within_var), dispersion * sqrt(mix_var))


def decompose_counts(
    before: Sums[K], after: Sums[K], days: tuple[float, float], dispersion: float = 1.0
) -> Parts | None:
    """Return the parts of a change of a daily count; None when a side has no days.

    A day's count is the sum over strata of w, their person-days in a day, times r, the count in a
    person-day, and is taken apart as in `decompose`: within, because people made more or less a
    day; mix, because others, or more or fewer of them, were at work. Both have the error of the
    whole change, s_Z² times that of Poisson counts.

    Args:
        before, after: stratum -> (person-days, count). days: on each side.
        dispersion: Laney's s_Z.

    One of two people, who make 10 a day each, stays away half of the days:

    >>> before, after = {1: (20, 200), 2: (20, 200)}, {1: (20, 200), 2: (10, 100)}
    >>> parts = decompose_counts(before, after, (20, 20))
    >>> parts.within, parts.mix
    (0.0, -5.0)
    """
    n, m = days
    if n <= 0 or m <= 0:
        return None
    within, mix = _kitagawa((a / n, b / m, r, s) for a, b, r, s in _strata(before, after))
    x, y = (fsum(count for _, count, *_ in side.values()) for side in (before, after))
    error = dispersion * sqrt(x / n**2 + y / m**2)
    return Parts(within, mix, error, error)


def weekday_weights(before: Sequence[int], after: Sequence[int]) -> dict[int, float]:
    """Return the weights of days with which both sides have the same weekdays in the same shares.

    At most 1: those of after count once, of before as many as there are whole copies of after.
    Weekdays that one side lacks are left out.

    Args:
        before, after: day ordinals.

    >>> weekday_weights([1, 2, 3, 8, 9], [15, 16])
    {15: 1.0, 16: 1.0, 1: 1.0, 2: 1.0, 8: 1.0, 9: 1.0}
    >>> weekday_weights([1, 2, 8, 9], [15, 16, 22])
    {15: 1.0, 16: 1.0, 22: 1.0, 1: 1.0, 2: 0.5, 8: 1.0, 9: 0.5}
    """
    there, wanted = (Counter(day % 7 for day in side) for side in (before, after))
    shared = there.keys() & wanted.keys()
    copies = min((there[one] / wanted[one] for one in shared), default=0.0)
    weights = {day: 1.0 for day in after if day % 7 in shared}
    return weights | {
        day: copies * wanted[day % 7] / there[day % 7] for day in before if day % 7 in shared
    }


def _strata(before: Sums[K], after: Sums[K]) -> list[tuple[float, float, float, float]]:
    """Return by stratum items before and after, rates before and after."""
    found = []
    for key in {**before, **after}:
        (a, x, *_), (b, y, *_) = before.get(key, (0.0, 0.0)), after.get(key, (0.0, 0.0))
        if a or b:
            rate = x / a if a else y / b
            found.append((a, b, rate, y / b if b else rate))
    return found


def _kitagawa(rows: Iterable[tuple[float, float, float, float]]) -> tuple[float, float]:
    """Return within and mix of strata with their weights and rates before and after."""
    rows = list(rows)
    within = fsum((w + v) / 2 * (s - r) for w, v, r, s in rows)
    return within, fsum((r + s) / 2 * (v - w) for w, v, r, s in rows)


def _variance(strata: Sequence[tuple[float, ...]]) -> float | None:
    """Return the variance of an item within strata; None for scores in 0-1.

    Raises:
        ZeroDivisionError: no stratum has two items.
    """
    full = [one for one in strata if one[0]]
    if any(len(one) < 3 for one in full):
        return None
    apart = fsum(squares - total * total / n for n, total, squares in full)
    return max(0.0, apart) / (fsum(n for n, *_ in full) - len(full))


def _error(rate: float, n: float, variance: float | None) -> float:
    """Return the variance of a rate; none where it was borrowed from the other side."""
    if not n:
        return 0.0
    if variance is not None:
        return variance / n
    return (rate + 0.5 / n) * (1 - rate + 0.5 / n) / (n + 1)


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
    return judged(told[family], family)


def judged(parts: Parts | None, family: str) -> Cause:
    """Return the part that a change is put down to, if one is clear and large enough."""
    if parts is None or not parts.change:
        return Cause("unclear", family, parts)
    if _clear(parts.mix, parts.mix_se) and parts.mix / parts.change >= MOST:
        return Cause("mix", family, parts)
    if _clear(parts.within, parts.within_se) and parts.within / parts.change >= MOST:
        return Cause("quality", family, parts)
    return Cause("unclear", family, parts)


def _clear(part: float, error: float) -> bool:
    return abs(part) > CLEAR * error
