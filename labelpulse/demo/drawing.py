"""How a person boxes a picture: near the truth, with misses and mistakes that the night adds to."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from math import exp
from statistics import NormalDist

from labelpulse.demo.cast import Person
from labelpulse.demo.chance import Dues, spread
from labelpulse.demo.street import LABELS, Box, Picture

BY_DAY, BY_NIGHT = (0.020, 0.015, 0.02), (0.115, 0.065, 0.07)
"""Of the boxes that are there: missed, given another label, and drawn where nothing is."""

_SKIPS, _SLACK = 0.02, 0.015
_NORMAL = NormalDist(0.0, 0.4)
"""Of the log of a time; drawn evenly, so that no day is slow by luck."""
_GOLDEN = 0.6180339887


@dataclass(frozen=True, slots=True)
class Drawing:
    """One row of `task_completion`: a submission, or a skip where `boxes` is None."""

    at: datetime
    person: Person
    n: int
    boxes: tuple[Box, ...] | None
    seconds: float


class Hand:
    """Draws for everyone, keeping the error rates of day and night with little luck."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._dues = Dues(rng)
        self._drawn = rng.randrange(1000)

    def draw(self, at: datetime, person: Person, it: Picture) -> Drawing:
        """Return what `person` submits for a picture, or that they skip it."""
        self._drawn += 1
        slower = _NORMAL.inv_cdf(0.001 + 0.998 * spread(self._drawn, _GOLDEN))
        seconds = round(1.6 * person.pace * exp(slower), 3)
        if self._dues.due(("skip", person.id), _SKIPS):
            return Drawing(at, person, it.n, None, round(0.4 * seconds, 3))
        return Drawing(at, person, it.n, tuple(self._boxes(person, it)), seconds)

    def _boxes(self, person: Person, it: Picture) -> Iterator[Box]:
        for box in it.boxes:
            missed, mistaken, invented = (
                self._dues.due((kind, person.id, it.night), rate)
                for kind, rate in enumerate(BY_NIGHT if it.night else BY_DAY)
            )
            if not missed:
                yield self._traced(self._mistaken(box) if mistaken else box)
            if invented:  # between the places where something may be
                label = self._rng.choice(LABELS)
                yield self._traced(Box(label, box.x + 1, box.y + box.height + 1.5, 4.0, 2.5))

    def _mistaken(self, box: Box) -> Box:
        others = [label for label in LABELS if label != box.label]
        return replace(box, label=self._rng.choice(others))

    def _traced(self, box: Box) -> Box:
        x, y, width, height = (
            round(edge + self._rng.gauss(0, _SLACK * size), 6)
            for edge, size in (
                (box.x, box.width), (box.y, box.height),
                (box.width, box.width), (box.height, box.height),
            )
        )  # fmt: skip
        return Box(box.label, x, y, width, height)
