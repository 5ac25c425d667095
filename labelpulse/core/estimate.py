"""An estimate: a number together with how sure it is, how much it rests on, and what to know."""

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
    """A number that can be defended.

    Attributes:
        value: in the metric's unit (a day or a name as text); None where it is undefined, and
            then the note says why.
        low, high: ends of the 95 % interval; None where there is none.
        n: how many of the metric's counted things it rests on.
        note: what a reader must know; "" = nothing.
        more: further columns of the row, by name, e.g. a control limit.
        draws: how many independent days the interval rests on (± t(draws-1) standard errors),
            so that two of them can be compared; no column. 0 = it is of another kind.
    """

    value: float | str | None
    low: float | str | None
    high: float | str | None
    n: int
    note: str = ""
    more: Mapping[str, float | int | str | bool | None] = field(default_factory=dict)
    draws: int = 0

    def noting(self, *notes: str) -> "Estimate":
        """Return the same number with more notes, each told once.

        >>> Estimate(1, None, None, 1, "a").noting("", "b", "a").note
        'a; b'
        """
        told = dict.fromkeys(one for one in (self.note, *notes) if one)
        return replace(self, note="; ".join(told))

    def showing(self, **more: float | int | str | bool | None) -> "Estimate":
        """Return the same number with further columns."""
        return replace(self, more={**self.more, **more})


def estimate(value: float, interval: Interval | None, n: int, note: str = "") -> Estimate:
    """Return a number with its interval, which holds the value whatever the rounding.

    >>> estimate(0.5, (0.6, 0.7), 3).low
    0.5
    """
    if interval is None:
        return Estimate(value, None, None, n, note)
    return Estimate(value, min(interval[0], value), max(interval[1], value), n, note)


def count(n: int, note: str = "") -> Estimate:
    """Return a plain count, which rests on itself and has no interval."""
    return Estimate(n, None, None, n, note)


def undefined(n: int, why: str) -> Estimate:
    """Return a number that does not exist here, and why."""
    return Estimate(None, None, None, n, why)
