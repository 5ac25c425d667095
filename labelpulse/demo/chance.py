"""Repeatable chance: the same on every machine, and shares that are met almost exactly."""

import math
import random
from collections.abc import Hashable

GOLDEN, ROOT2, ROOT3, ROOT7 = 0.6180339887, 0.4142135624, 0.7320508076, 0.6457513111
"""Steps for `spread`: points of different steps are independent of each other."""


def chance(*parts: object) -> random.Random:
    """Return a random generator that depends only on `parts`."""
    return random.Random("/".join(map(str, parts)))  # noqa: S311 - a simulation


def spread(n: int, step: float) -> float:
    """Return the n-th point (0-1) of a sequence that fills the unit interval evenly."""
    return math.modf(n * step)[0]


class Quota:
    """Decides repeated yes-or-no outcomes so that each happens at its rate, without luck.

    Each key accumulates the rate of every decision and pays one for every yes. With independent
    draws, chance alone could hide a planted effect or invent one that nobody planted.
    """

    def __init__(self) -> None:
        self._owed: dict[Hashable, float] = {}

    def due(self, rate: float, *keys: Hashable) -> bool:
        """Return whether an outcome with `rate` (0-1) happens now: all its keys must owe it.

        With keys for a team and for a person, the team's share is right on any day, and each
        person's over time.
        """
        for key in keys:
            start = spread(len(self._owed), GOLDEN) - 0.5
            self._owed[key] = self._owed.get(key, start) + rate
        is_due = all(self._owed[key] >= 0.5 for key in keys)
        if is_due:
            for key in keys:
                self._owed[key] -= 1.0
        return is_due
