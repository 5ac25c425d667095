"""Repeatable chance: generators by name, evenly spread shares, and outcomes without luck."""

import math
import random
from collections.abc import Hashable


def chance(*parts: object) -> random.Random:
    """Return a generator that depends only on `parts`, the same on every Python and machine."""
    return random.Random("/".join(str(part) for part in parts))  # noqa: S311 - a simulation


def spread(n: int, step: float, phase: float = 0.0) -> float:
    """Return the n-th point in 0-1 of a sequence that fills the unit interval evenly.

    Shares taken from it ("below 0.4") are met to a fraction of a per cent on every stretch, so a
    short history has the promised overlap and gold. `step` is irrational; different steps give
    sequences that do not follow each other.
    """
    return math.modf(n * step + phase)[0]


class Dues:
    """Decides repeated yes-or-no outcomes so that each keeps close to its rate.

    A coin would add luck of its own to a planted effect; here the debt of one outcome is carried
    to the next, which leaves less than one event between promise and fact for each key.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._debt: dict[Hashable, float] = {}

    def due(self, key: Hashable, rate: float) -> bool:
        """Say whether the outcome `key`, which happens at `rate` (0-1), happens this time."""
        debt = self._debt.get(key, self._rng.random()) + rate
        hit = debt >= 1.0
        self._debt[key] = debt - hit
        return hit
