"""How a person answers a ticket: alone, from a model's guess, or by a misread guideline."""

import random
from dataclasses import dataclass
from math import exp
from statistics import NormalDist

from labelpulse.demo import cast
from labelpulse.demo.cast import Person
from labelpulse.demo.chance import Dues, spread
from labelpulse.demo.tickets import Guess, Ticket, slip

FLIP = 0.72
"""How often Manila, after guideline v2, takes a ticket on the border for its sibling."""

STARTS_FROM_GUESS = 0.80
_KEEPS_RIGHT, _KEEPS_WRONG, _KEEPS_READY = 0.94, 0.10, 0.92
_ABSURD, _ZERO = 0.004, 0.001
_NORMAL = NormalDist(0.0, 0.5)
"""Of the log of a time; drawn evenly, so that no day is slow by luck."""
_GOLDEN = 0.6180339887


@dataclass(frozen=True, slots=True)
class Shown:
    """A model's guess as the tool shows it."""

    version: str
    guess: Guess


@dataclass(frozen=True, slots=True)
class Answer:
    """What was submitted: label, reported seconds, and the model it was started from if any."""

    label: str
    seconds: float
    started_from: str | None


class Judge:
    """Answers for everyone, keeping each person's error rates with little luck."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._dues = Dues(rng)
        self._timed = rng.randrange(1000)

    def skips(self, person: Person, rate: float = 0.03) -> bool:
        """Say whether the person skips the ticket in front."""
        return self._dues.due(("skip", person.id), rate)

    def answer(
        self, person: Person, ticket: Ticket, shown: Shown | None, *, misread: bool
    ) -> Answer:
        """Return what `person` submits; `misread` says that guideline v2 is out."""
        started = shown if shown and self._rng.random() < STARTS_FROM_GUESS else None
        if misread and person.team is cast.MANILA and ticket.border:
            label = self._on_the_border(person, ticket)
        elif started and self._keeps(person, ticket, started):
            label = started.guess.label
        else:
            label = self.alone(person, ticket)
        kept = started is not None and started.guess.label == label
        seconds = self.seconds(person, 0.6 if kept else 1.0)
        return Answer(label, seconds, started.version if started else None)

    def given(self, person: Person, label: str) -> Answer:
        """Return the plain submission of a label that the story prescribes."""
        return Answer(label, self.seconds(person), None)

    def alone(self, person: Person, ticket: Ticket) -> str:
        """Return the person's own judgement; tickets on the border are twice as hard."""
        hardness = 2.2 if ticket.border else 1.1
        if self._dues.due(("slip", person.id, ticket.border), (1 - person.accuracy) * hardness):
            return slip(self._rng.random(), ticket.label)
        return ticket.label

    def seconds(self, person: Person, factor: float = 1.0) -> float:
        """Return a reported time: log-normal, rarely a tab left open, more rarely zero."""
        u = self._rng.random()
        if u < _ABSURD:
            return round(self._rng.uniform(4_000.0, 60_000.0), 3)
        if u < _ABSURD + _ZERO:
            return 0.0
        self._timed += 1
        slower = _NORMAL.inv_cdf(0.0005 + 0.999 * spread(self._timed, _GOLDEN))
        return round(person.pace * factor * exp(slower), 3)

    def _on_the_border(self, person: Person, ticket: Ticket) -> str:
        flips = self._dues.due(("flip", person.id, ticket.label), FLIP)
        return cast.SIBLING[ticket.label] if flips else ticket.label

    def _keeps(self, person: Person, ticket: Ticket, shown: Shown) -> bool:
        if person.role == cast.FAST:
            return self._dues.due(("keep fast", shown.guess.label == ticket.label), 0.7)
        if shown.guess.label == ticket.label:
            return self._rng.random() < _KEEPS_RIGHT
        ready = shown.version == "v2" and shown.guess.label == cast.ACCOUNT
        rate = _KEEPS_READY if ready and person.role != cast.SLOW else _KEEPS_WRONG
        return self._dues.due(("keep wrong", ready, person.id), rate)
