"""What all projects share: shifts, submissions, and the queue that hands out items."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from math import exp
from statistics import NormalDist

from labelpulse.demo.chance import GOLDEN, chance, spread
from labelpulse.demo.story import SHIFT_HOURS, Calendar, Person, midnight_of


@dataclass(frozen=True, slots=True)
class Box:
    """A labeled box, in per cent of the picture's width and height."""

    label: str
    x: float
    y: float
    width: float
    height: float


Answer = str | tuple[Box, ...] | None
"""A label, boxes, or None for a skip."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One answer or skip, as the tool stores it.

    Attributes:
        n: number of the item in its project.
        model: version of the model whose prediction the answer started from.
        is_gold: the expert marked the answer as ground truth.
        edited_at: when the author opened and saved the answer again.
    """

    at: datetime
    person: Person
    n: int
    answer: Answer
    seconds: float
    model: str | None = None
    is_gold: bool = False
    edited_at: datetime | None = None


def shifts(
    name: str, calendar: Calendar, staff: Mapping[Person, float], daily: float
) -> Iterator[tuple[int, datetime, Person]]:
    """Yield when each person submits something: the day (working days ago), the time, the person.

    Args:
        name: of the project, on which the chance depends.
        daily: submissions a day of a person with weight 1.
    """
    rng = chance(name, "shifts")
    for day in reversed(range(len(calendar.dates))):
        midnight = midnight_of(calendar.dates[day])
        moments: list[tuple[datetime, Person]] = []
        for person, weight in staff.items():
            total = int(weight * daily * rng.lognormvariate(0.0, 0.1) + rng.random())
            hours = [SHIFT_HOURS * (at + rng.random()) / total for at in range(total)]
            if calendar.works(person, day):
                opens = midnight + timedelta(hours=person.team.opens)
                moments += [(opens + timedelta(hours=hour), person) for hour in hours]
        yield from ((day, at, person) for at, person in sorted(moments, key=lambda two: two[0]))


class Queue:
    """The items that wait for answers, and who has answered or skipped which.

    Attributes:
        answers: item -> person's id -> the answer, None for a skip.
        waiting: items that were begun and need more answers, the oldest first.
        reserved: items that somebody has open; nobody else gets them.
    """

    def __init__(self, required: Callable[[int], int]) -> None:
        self.answers: dict[int, dict[int, Answer]] = {}
        self.waiting: list[int] = []
        self.reserved: set[int] = set()
        self._required = required
        self._new: dict[int, int] = {}

    def add(self, n: int, person_id: int, answer: Answer) -> None:
        """Record an answer or a skip."""
        self.answers.setdefault(n, {})[person_id] = answer
        is_full = len(self.answered(n)) >= self._required(n)
        if is_full and n in self.waiting:
            self.waiting.remove(n)
        elif not is_full and n not in self.waiting:
            self.waiting.append(n)

    def answered(self, n: int) -> list[Answer]:
        """Return the answers to an item, without skips."""
        return [answer for answer in self.answers.get(n, {}).values() if answer is not None]

    def waiting_for(self, person: Person) -> list[int]:
        """Return the waiting items that a person has neither answered nor skipped."""
        return [
            n for n in self.waiting if person.id not in self.answers[n] and n not in self.reserved
        ]

    def first_new(self, start: int = 1, is_kept_back: Callable[[int], bool] | None = None) -> int:
        """Return the first item from `start` on that nobody has begun."""
        new = (
            n
            for n in count(self._new.get(start, start))
            if n not in self.answers and not (is_kept_back and is_kept_back(n))
        )
        n = self._new[start] = next(new)
        while n in self.reserved:
            n = next(new)
        return n


class Stopwatch:
    """Draws how long answers take: log-normal, with its share of quick and slow ones each day."""

    def __init__(self) -> None:
        self._count = 0

    def seconds(self, person: Person, factor: float = 1.0) -> float:
        """Return the seconds of an answer; rarely a tab was left open, or no time is kept."""
        self._count += 1
        if self._count % 250 == 0:
            return 4_000.0 + 56_000.0 * spread(self._count, GOLDEN)
        if self._count % 1_000 == 1:
            return 0.0
        quantile = 0.001 + 0.998 * spread(self._count, GOLDEN)
        return round(person.pace_s * factor * exp(NormalDist(0.0, 0.5).inv_cdf(quantile)), 3)
