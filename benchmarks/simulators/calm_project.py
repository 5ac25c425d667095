"""Simulate a calm project of 90 days. A trouble can be planted in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelpulse.core.events import Status
from tests.reader.world import Say, at

DAYS, HOLIDAY, SECOND_BATCH = 90, 38, 45
"""The holiday and the day of the second batch are Thursdays."""
SHARES = np.array([0.30, 0.25, 0.20, 0.15, 0.10])
LABELS = "abcde"
CONCENTRATION = 800.0
"""Concentration of the Dirichlet that draws a day's label shares: .3 has an sd of .016."""
DAY_EFFECT = 0.02
"""Standard deviation between days of agreement and of accuracy."""
USUAL = 0.89
USUAL_ANSWERS, FIRST_WEIGHT = 225, 11
"""Answers on an ordinary day, and the total weight of annotators who give them."""
Shares = npt.NDArray[np.float64]
QUEUE = 60
"""Usual number of items that wait for a second answer."""
ITEMS = 12_500
GOLD_SHARE = 0.065
NEWCOMERS: Mapping[str, int] = {"kay": 24, "lea": 51}
"""Annotators who join later -> the day that they join."""
PEOPLE = ("ann", "bob", "cid", "dee", "eve", "fay", "gus", "hal", "ida", "jon", *NEWCOMERS)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A change from a day on.

    Attributes:
        agreement: share of second answers that agree with the first.
        wrong: by how much the accuracy of the first annotator falls below the usual one.
        pace, skips: factors.
        queue: factor by which the queue grows within two weeks.
    """

    day: int = DAYS
    agreement: float = 0.87
    wrong: float = 0.0
    pace: float = 1.0
    skips: float = 1.0
    queue: float = 1.0


CALM = Trouble()


@dataclass(frozen=True, slots=True)
class Day:
    """Data of a day: answers, and required answers and batch by item."""

    number: int
    answers: list[Say]
    required: dict[str, int]
    batches: dict[str, str]


@dataclass(frozen=True, slots=True)
class Person:
    """Habits of an annotator: seconds an answer, accuracy, share of skips, share of the work."""

    name: str
    pace: float
    accuracy: float
    skips: float
    weight: float


@dataclass(frozen=True, slots=True)
class Today:
    """Properties of a day: label shares, agreement, shift of accuracy."""

    number: int
    trouble: Trouble
    shares: Shares
    agreement: float
    accuracy_shift: float


@dataclass
class Team:
    """A team that works on one project day by day.

    Annotators differ in pace, accuracy and skips; days differ in volume, agreement and labels.

    Attributes:
        waiting: (item, first annotator, first label) of items that need a second answer.
    """

    seed: int
    trouble: Trouble = CALM
    waiting: list[tuple[str, str, int]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Create the annotators."""
        self.rng = np.random.default_rng((52, self.seed))
        between = self.rng.uniform
        self.people = [
            Person(
                name,
                float(between(18, 42)),
                float(between(0.84, 0.94)),
                float(between(0.015, 0.045)),
                float(between(0.7, 1.3)),
            )
            for name in PEOPLE
        ]
        self.handed, self.golden = 0, 0

    def days(self) -> Iterator[Day]:
        """Yield days with data. The first day of a batch has all its items."""
        for number in range(DAYS):
            names = _imported(number)
            answers = list(self._work(number)) if works(number) else []
            items = dict.fromkeys([*names, *(answer.item for answer in answers)])
            if items:
                needs = {name: required(name) for name in items}
                yield Day(number, answers, needs, {name: batch(name) for name in items})

    def _work(self, number: int) -> Iterator[Say]:
        trouble = self.trouble if number >= self.trouble.day else CALM
        rng = self.rng
        shares = rng.dirichlet(SHARES * CONCENTRATION)
        agreement, accuracy_shift = (
            trouble.agreement + rng.normal(0, DAY_EFFECT),
            rng.normal(0, DAY_EFFECT),
        )
        today = Today(number, trouble, shares, agreement, accuracy_shift)
        present = [person for person in self.people if number >= NEWCOMERS.get(person.name, 0)]
        present = [person for person in present if rng.random() > 0.05] or present
        weights = np.array([person.weight * rng.lognormal(0, 0.18) for person in present])
        usual = USUAL_ANSWERS * weights.sum() / FIRST_WEIGHT
        count = int(rng.poisson(usual * rng.lognormal(0, 0.08) * trouble.pace))
        chances = weights / weights.sum()
        for minute in range(count):
            who = present[int(rng.choice(len(present), p=chances))]
            yield self._answer_once(today, who, at(number, minute - 240))

    def _answer_once(self, today: Today, who: Person, now: int) -> Say:
        rng = self.rng
        time_ms = int(1000 * who.pace * rng.lognormal(0, 0.55))
        if rng.random() < 0.004:  # a tab left open
            time_ms = int(rng.uniform(4e6, 6e7))
        if rng.random() < GOLD_SHARE:
            item, label, key = self._gold(today, who)
            return Say(item, who.name, label, now, time_ms=time_ms, gold={"label": key})
        if rng.random() < who.skips * today.trouble.skips:
            self.skipped.append(self._fresh())
            return Say(self.skipped[-1], who.name, None, now, Status.SKIPPED, time_ms)
        item, label = self._choose_answer(today, who)
        return Say(item, who.name, label, now, time_ms=time_ms)

    def _choose_answer(self, today: Today, who: Person) -> tuple[str, str]:
        rng = self.rng
        free = [entry for entry in self.waiting[:6] if entry[1] != who.name]
        over = len(self.waiting) - _target(today)
        if free and rng.random() < min(0.6, max(0.02, 0.29 + 0.006 * over)):
            item, _, label = free[0]
            self.waiting.remove(free[0])
            return item, LABELS[label if rng.random() < today.agreement else self._another(label)]
        again = self.skipped and rng.random() < 0.04
        item = self.skipped.pop(0) if again else self._fresh()
        label = int(rng.choice(len(LABELS), p=today.shares))
        if required(item) == 2:
            self.waiting.append((item, who.name, label))
        return item, LABELS[label]

    def _gold(self, today: Today, who: Person) -> tuple[str, str, str]:
        """Return a new gold item, an answer and the gold label."""
        rng, wrong = self.rng, today.trouble.wrong
        accuracy = USUAL - wrong if wrong and who is self.people[0] else who.accuracy
        self.golden += 1
        key = int(rng.choice(len(LABELS), p=today.shares))
        label = key if rng.random() < accuracy + today.accuracy_shift else self._another(key)
        return f"g{self.golden}", LABELS[label], LABELS[key]

    def _another(self, label: int) -> int:
        return (label + int(self.rng.integers(1, len(LABELS)))) % len(LABELS)

    def _fresh(self) -> str:
        self.handed += 1
        return f"i{self.handed - 1}"


def _imported(number: int) -> list[str]:
    half = ITEMS // 2
    first = {0: 0, SECOND_BATCH: half}.get(number)
    return [] if first is None else [f"i{n}" for n in range(first, first + half)]


def _target(today: Today) -> float:
    """Return how many items should wait for a second answer."""
    grown = min(1.0, (today.number - today.trouble.day + 1) / 14)
    return QUEUE * (1 + (today.trouble.queue - 1) * max(0.0, grown))


def works(number: int) -> bool:
    """Return True on working days. Day 0 is a Monday."""
    return number % 7 < 5 and number != HOLIDAY


def required(item: str) -> int:
    """Return the required answers of an item: two for four items in ten, else one."""
    return 2 if item[0] == "i" and int(item[1:]) % 5 in (1, 3) else 1


def batch(item: str) -> str:
    """Return the batch of an item."""
    return "first" if item[0] == "g" or int(item[1:]) < ITEMS // 2 else "second"
