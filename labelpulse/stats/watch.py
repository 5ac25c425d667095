"""Watching scores: their EWMA, the alarms that it raises, and the day of the change behind each.

A score is a number, standard normal as long as nothing changes, or an array of such numbers.
"""

from collections.abc import Callable, Iterable, Sequence
from math import sqrt
from typing import Any, Generic, NamedTuple, TypeVar

from labelpulse.stats.baseline import Rules

M = TypeVar("M")
LOOK_AHEAD = 7
"""So many points after an alarm still help to tell when the change was."""


class Ewma:
    """An exponentially weighted moving average of scores, from 0.

    e_t = (1-λ) e_{t-1} + λ z_t, with variance λ/(2-λ) (1-(1-λ)^{2t}), exact from the start (S. W.
    Roberts 1959; J. M. Lucas & M. S. Saccucci 1990).

    >>> average = Ewma(0.2)
    >>> [tuple(round(x, 4) for x in average.add(z)) for z in (1.0, 1.0)]
    [(0.2, 0.2), (0.36, 0.2561)]
    """

    __slots__ = ("_e", "_left", "_smoothing")

    def __init__(self, smoothing: float) -> None:
        self._e: Any = 0.0
        self._left = 1.0
        self._smoothing = smoothing

    def add(self, z: Any) -> tuple[Any, float]:
        """Return the average with one more score, and its standard deviation."""
        smoothing = self._smoothing
        self._e = self._e + smoothing * (z - self._e)
        self._left *= (1 - smoothing) ** 2
        return self._e, sqrt(smoothing / (2 - smoothing) * (1 - self._left))


class Watched(NamedTuple, Generic[M]):
    """One point.

    Attributes:
        model: the baseline that it was held against.
        z: its score; None where nothing is expected.
        e, spread: the EWMA and its standard deviation; e is None in the baseline.
        statistic: what is held against the limit.
    """

    model: M
    z: Any
    e: Any = None
    spread: float = 1.0
    statistic: float | None = None


def watch(
    count: int,
    rules: Rules,
    fit: Callable[[int], M],
    score: Callable[[M, int], Any],
    beyond: Callable[[M, Any, float], tuple[float, float]],
) -> list[Watched[M]]:
    """Return every point against its baseline; none when there are too few for one.

    The baseline of the first `rules.first` points grows by whole weeks up to `rules.longest`, so
    that no point is held against a baseline with itself in it, and is frozen at the first alarm.

    Args:
        count: how many points there are.
        fit: the baseline of so many first points.
        score: of a point against a baseline; None where nothing is expected.
        beyond: (statistic, limit) from a baseline, the EWMA and its standard deviation.
    """
    if count < rules.first:
        return []
    model = fit(rules.first)
    found = [Watched(model, score(model, index)) for index in range(rules.first)]
    average, quiet = Ewma(rules.smoothing), True
    for index in range(rules.first, count):
        grown = index - rules.first
        if quiet and 0 < grown <= rules.longest - rules.first and grown % 7 == 0:
            model = fit(index)
        z = score(model, index)
        if z is None:
            found.append(Watched(model, None))
            continue
        e, spread = average.add(z)
        statistic, limit = beyond(model, e, spread)
        quiet = quiet and abs(statistic) <= limit
        found.append(Watched(model, z, e, spread, statistic))
    return found


def open_episodes(
    statistics: Iterable[float | None], limit: float, calm: float, back: int, before: int = 0
) -> list[int | None]:
    """Return by point the number of the alarm that is open, None where there is none.

    It opens beyond the limit and closes with the last of `back` points within `calm`: a value that
    wavers about the limit is one alarm, not many.

    >>> open_episodes([1, 4, 3, 4, 1, 1, 1, 4], limit=3.2, calm=1.5, back=3)
    [None, 1, 1, 1, 1, 1, None, 2]
    """
    found: list[int | None] = []
    number, is_open, calmed = before, False, 0
    for statistic in statistics:
        if statistic is not None:
            calmed = calmed + 1 if abs(statistic) <= calm else 0
            if not is_open and abs(statistic) > limit:
                number, is_open = number + 1, True
            elif is_open and calmed >= back:
                is_open = False
        found.append(number if is_open else None)
    return found


def change_points(
    watched: Sequence[Watched[M]],
    numbers: Sequence[int | None],
    along: Callable[[Any, Any], float] = lambda z, _: z,
) -> dict[int, int]:
    """Return by alarm the index of the first point of the new level.

    It is looked for between the start of monitoring, or the end of the alarm before, and the day
    of the alarm; `LOOK_AHEAD` points after that day help, where there are as many by now.

    Args:
        along: an array's part in the direction of the EWMA at the alarm.
    """
    scored = [i for i, point in enumerate(watched) if point.z is not None]
    monitored = next((at for at, i in enumerate(scored) if watched[i].e is not None), 0)
    found: dict[int, int] = {}
    begin = 0
    for at, i in enumerate(scored):
        number = numbers[i]
        if number is not None and number not in found:
            z = [along(watched[k].z, watched[i].e) for k in scored[begin : at + 1 + LOOK_AHEAD]]
            first = max(begin + 1, monitored) - begin
            found[number] = scored[begin + change_point(z, first, at - begin)]
        elif number is None and found and numbers[scored[at - 1]] is not None:
            begin = at
    return found


def change_point(z: Sequence[float], first: int, last: int) -> int:
    """Return the index in first … last at which the mean most likely changed.

    The split of the least squares: it maximises k(n-k)/n (mean before - mean after)² (D. V.
    Hinkley 1970, Biometrika 57). The level before is estimated, too, since that of a short
    baseline is not known well.

    >>> change_point([0.3, -0.2, 0.1, -0.1, -2.9, -2.4, -3.1], 1, 6)
    4
    """
    n, total, before = len(z), sum(z), sum(z[:first])
    best, at = -1.0, first
    for k in range(first, last + 1):
        contrast = (before - total * k / n) ** 2 * n / (k * (n - k))
        if contrast > best:
            best, at = contrast, k
        before += z[k]
    return at
