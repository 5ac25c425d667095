"""Time saved by predictions: each person's times with and without one, held against each other."""

from collections.abc import Collection, Iterable, Mapping
from math import fsum
from typing import NamedTuple

from labelpulse.core import estimate
from labelpulse.core.estimate import Estimate
from labelpulse.core.formats import plural
from labelpulse.metrics.base import DATES, PLACE, Extra, Group, Metric, Need, Sums, single
from labelpulse.metrics.samples import FLAT, MIN_DAYS
from labelpulse.metrics.times import ALONE, UNKNOWN, Totals
from labelpulse.stats.intervals import Interval, jackknife

TIMES = Need("time_totals", ("annotator_id", "day", "started_from", "band"))
MODEL, BAND = "model_version", "score_band"
MIN_PEOPLE = 5
SELECTED = "predictions are not shown at random: they may stand on easier items"
UNMATCHED = "nobody has times both with and without a prediction"


class Times(NamedTuple):
    """Reported times up to the idle cut: how many and milliseconds, without and with prediction."""

    n_alone: int = 0
    ms_alone: int = 0
    n_assisted: int = 0
    ms_assisted: int = 0

    def plus(self, other: "Times", sign: int = 1) -> "Times":
        """Return the sum, or with sign -1 the difference."""
        return Times(*(a + sign * b for a, b in zip(self, other, strict=True)))

    @property
    def weight(self) -> float:
        """Return n₀ n₁ / (n₀ + n₁), inverse to the variance of a difference of means; 0 unmatched.

        W. G. Cochran 1954, Biometrics 10.
        """
        n = self.n_alone + self.n_assisted
        return self.n_alone * self.n_assisted / n if n else 0.0

    @property
    def means(self) -> tuple[float, float]:
        """Return mean seconds without and with prediction."""
        return self.ms_alone / self.n_alone / 1000, self.ms_assisted / self.n_assisted / 1000


Source = tuple[int, int]
"""What work started from: model version and score band of a prediction."""

ByPerson = Mapping[int, Times]


def saved(people: Iterable[Times]) -> tuple[float, float] | None:
    """Return mean seconds without and with prediction, matched within people; None unmatched.

    >>> saved([Times(2, 20_000, 2, 10_000), Times(1, 99_000, 0, 0)])
    (10.0, 5.0)
    """
    matched = [one for one in people if one.weight]
    if not matched:
        return None
    total = fsum(one.weight for one in matched)
    alone, assisted = (
        fsum(one.weight * one.means[side] for one in matched) / total for side in (0, 1)
    )
    return alone, assisted


def _finish(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    cells = group.sums(TIMES)
    split = [key for key in (MODEL, BAND) if key in group.ask.by]
    kinds: dict[tuple[int | None, ...], set[Source]] = {}
    for _, _, started, band in cells:
        if started != ALONE:
            named = _named(started, band)
            kinds.setdefault(tuple(named[key] for key in split), set()).add((started, band))
    if not split:
        return single(_estimate(cells, kinds.get((), set())))
    return [
        (dict(zip(split, kind, strict=True)), _estimate(cells, kinds[kind]))
        for kind in sorted(kinds, key=str)
    ]


def _named(started: int, band: int) -> dict[str, int | None]:
    """Return the keys of a prediction that work started from; None = unknown."""
    return {MODEL: None if started == UNKNOWN else started, BAND: None if band < 0 else band}


def _estimate(cells: Sums, chosen: Collection[Source]) -> Estimate:
    """Return the estimate for some predictions, against work without any."""
    days: dict[int, dict[int, Times]] = {}
    beyond = 0
    for (who, day, started, band), sums in cells.items():
        if started == ALONE or (started, band) in chosen:
            cell = Totals(*sums)
            beyond += cell.n - cell.within
            reported = cell.within, cell.within_ms
            one = Times(*reported) if started == ALONE else Times(0, 0, *reported)
            own = days.setdefault(day, {})
            own[who] = own.get(who, Times()).plus(one)
    people = _together(days.values())
    means = saved(people.values())
    n = sum(one.n_assisted for one in people.values() if one.weight)
    if means is None:
        return estimate.undefined(0, UNMATCHED)
    value = means[0] - means[1]
    left = f"{plural(beyond, 'time', 'times')} over 30 min left out"
    found = estimate.estimate(value, _interval(value, people, days), n, SELECTED)
    return found.noting(left if beyond else "").showing(unassisted=means[0], assisted=means[1])


def _together(days: Iterable[ByPerson]) -> dict[int, Times]:
    found: dict[int, Times] = {}
    for own in days:
        for who, one in own.items():
            found[who] = found.get(who, Times()).plus(one)
    return found


def _interval(value: float, people: ByPerson, days: Mapping[int, ByPerson]) -> Interval | None:
    """Return the jackknife over people, who differ most; over days where people are few."""
    matched = [who for who, one in people.items() if one.weight]
    if len(matched) >= MIN_PEOPLE:
        rest = [[people[one] for one in matched if one != who] for who in matched]
    elif len(days) >= MIN_DAYS:
        rest = [
            [one.plus(own.get(who, Times()), -1) for who, one in people.items()]
            for own in days.values()
        ]
    else:
        return None
    means = [saved(one) for one in rest]
    without = [one[0] - one[1] for one in means if one is not None]
    if len(without) < len(rest) or max(without) - min(without) < FLAT:
        return None
    return jackknife(value, without)


_KEYS = (*PLACE, "team", "batch", "annotator")
METRICS = (
    Metric(
        name="prediction_time_saved",
        unit="s",
        counted="times with a prediction",
        by=(*_KEYS, MODEL, BAND, *DATES),
        where=_KEYS,
        needs=(TIMES,),
        finish=_finish,
        split=("project",),
        emits=(MODEL, BAND),
        min_n=20,
    ),
)
