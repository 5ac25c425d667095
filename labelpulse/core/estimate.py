"""Estimates: a value with its confidence interval, sample size and notes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Interval = tuple[float, float]

Row = Mapping[str, Any]
"""An estimate as the reader returns it: the keys asked for, value, low, high, n, note."""


@dataclass(frozen=True, slots=True)
class Measure:
    """The name and unit of a metric in a chart, what n counts, and the least n that counts."""

    name: str
    unit: str
    noun: str
    min_n: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % confidence interval and sample size.

    Attributes:
        value: in the metric's unit (a day or a name as text); None when it is undefined, and
            then the note gives the reason.
        low, high: bounds of the 95 % confidence interval; None without one.
        n: the number of units that the metric counts, such as items or answers.
        note: what the reader must know; "" = nothing.
        more: further columns of the row, by name, e.g. a control limit.
        draws: the number of independent days behind an interval of ± t(draws - 1) standard
            errors, which makes two such intervals comparable; not a column. 0 = another kind of
            interval.
    """

    value: float | str | None
    low: float | str | None
    high: float | str | None
    n: int
    note: str = ""
    more: Mapping[str, float | int | str | bool | None] = field(default_factory=dict)
    draws: int = 0

    def noting(self, *notes: str) -> "Estimate":
        """Return the same estimate with more notes, without duplicates.

        >>> Estimate(1, None, None, 1, "a").noting("", "b", "a").note
        'a; b'
        """
        distinct = dict.fromkeys(note for note in (self.note, *notes) if note)
        return replace(self, note="; ".join(distinct))

    def showing(self, **more: float | int | str | bool | None) -> "Estimate":
        """Return the same estimate with further columns."""
        return replace(self, more={**self.more, **more})


def estimate(value: float, interval: Interval | None, n: int, note: str = "") -> Estimate:
    """Return an estimate; rounding never leaves the value outside its interval.

    >>> estimate(0.5, (0.6, 0.7), 3).low
    0.5
    """
    if interval is None:
        return Estimate(value, None, None, n, note)
    return Estimate(value, min(interval[0], value), max(interval[1], value), n, note)


def count(n: int, note: str = "") -> Estimate:
    """Return a plain count, which has no interval and is its own n."""
    return Estimate(n, None, None, n, note)


def undefined(n: int, reason: str) -> Estimate:
    """Return an estimate without a value, with the reason as its note."""
    return Estimate(None, None, None, n, reason)
