"""A calm project of 90 days, invented anew for each seed; troubles can be planted in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelpulse.core.events import Status
from tests.reader.world import Say, at

DAYS, HOLIDAY, SECOND_BATCH = 90, 38, 45
"""The holiday is a Thursday; the second batch comes on a Thursday, too."""
SHARES = np.array([0.30, 0.25, 0.20, 0.15, 0.10])
LABELS = "abcde"
FLAT = 800.0
"""Of the Dirichlet draw of a day's shares of labels: .3 varies by .016."""
EFFECT = 0.02
"""Standard deviation of days in agreement, and in accuracy."""
USUAL = 0.89
MADE, AT_FIRST = 225, 11
"""Answers on an ordinary day, at so much weight of people."""
Shares = npt.NDArray[np.float64]
QUEUE = 60
"""Items that wait for a second answer, as the team holds it."""
ITEMS = 12_500
GOLD_SHARE = 0.065
NEWCOMERS: Mapping[str, int] = {"kay": 24, "lea": 51}
"""Who comes later, and on which day."""
PEOPLE = ("ann", "bob", "cid", "dee", "eve", "fay", "gus", "hal", "ida", "jon", *NEWCOMERS)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is planted from a day on.

    Attributes:
        agreement: share of second answers that are as the first. wrong: by how much the first
            person is less often right than is usual. pace, skips: factors.
        queue: how many times as long the queue becomes, within two weeks.
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
    """What comes in on a day: answers, and how many answers and of which batch items are."""

    number: int
    says: list[Say]
    required: dict[str, int]
    batches: dict[str, str]


@dataclass(frozen=True, slots=True)
class Person:
    """Habits: seconds, share of right answers, of skips, and work against the others'."""

    name: str
    pace: float
    accuracy: float
    skips: float
    weight: float


@dataclass(frozen=True, slots=True)
class Today:
    """What a day is like: labels' shares, how often answers are alike, right beyond the usual."""

    number: int
    trouble: Trouble
    shares: Shares
    alike: float
    right: float


@dataclass
class Team:
    """A team at work on one project, day by day.

    Everything differs: people's pace, accuracy and skips, days' volume, agreement, and labels.

    Attributes:
        waiting: items that want a second answer, with who gave which first one.
    """

    seed: int
    trouble: Trouble = CALM
    waiting: list[tuple[str, str, int]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Engage people."""
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
        """Yield the days that bring something, the first with all items of its batch."""
        for number in range(DAYS):
            names = _imported(number)
            says = list(self._work(number)) if works(number) else []
            known = dict.fromkeys([*names, *(one.item for one in says)])
            if known:
                needs = {name: required(name) for name in known}
                yield Day(number, says, needs, {name: batch(name) for name in known})

    def _work(self, number: int) -> Iterator[Say]:
        trouble = self.trouble if number >= self.trouble.day else CALM
        rng = self.rng
        shares = rng.dirichlet(SHARES * FLAT)
        alike, right = trouble.agreement + rng.normal(0, EFFECT), rng.normal(0, EFFECT)
        today = Today(number, trouble, shares, alike, right)
        here = [one for one in self.people if number >= NEWCOMERS.get(one.name, 0)]
        here = [one for one in here if rng.random() > 0.05] or here
        weights = np.array([one.weight * rng.lognormal(0, 0.18) for one in here])
        usual = MADE * weights.sum() / AT_FIRST
        made = int(rng.poisson(usual * rng.lognormal(0, 0.08) * trouble.pace))
        chances = weights / weights.sum()
        for minute in range(made):
            who = here[int(rng.choice(len(here), p=chances))]
            yield self._one(today, who, at(number, minute - 240))

    def _one(self, today: Today, who: Person, now: int) -> Say:
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
        item, label = self._answer(today, who)
        return Say(item, who.name, label, now, time_ms=time_ms)

    def _answer(self, today: Today, who: Person) -> tuple[str, str]:
        rng = self.rng
        free = [one for one in self.waiting[:6] if one[1] != who.name]
        over = len(self.waiting) - _target(today)
        if free and rng.random() < min(0.6, max(0.02, 0.29 + 0.006 * over)):
            item, _, label = free[0]
            self.waiting.remove(free[0])
            return item, LABELS[label if rng.random() < today.alike else self._another(label)]
        again = self.skipped and rng.random() < 0.04
        item = self.skipped.pop(0) if again else self._fresh()
        label = int(rng.choice(len(LABELS), p=today.shares))
        if required(item) == 2:
            self.waiting.append((item, who.name, label))
        return item, LABELS[label]

    def _gold(self, today: Today, who: Person) -> tuple[str, str, str]:
        """Return a known item of its own, what is said of it, and what is right."""
        rng, wrong = self.rng, today.trouble.wrong
        accuracy = USUAL - wrong if wrong and who is self.people[0] else who.accuracy
        self.golden += 1
        key = int(rng.choice(len(LABELS), p=today.shares))
        label = key if rng.random() < accuracy + today.right else self._another(key)
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
    """Return how many items the team lets wait for a second answer."""
    grown = min(1.0, (today.number - today.trouble.day + 1) / 14)
    return QUEUE * (1 + (today.trouble.queue - 1) * max(0.0, grown))


def works(number: int) -> bool:
    """Whether a day is neither at a week-end nor a holiday; day 0 is a Monday."""
    return number % 7 < 5 and number != HOLIDAY


def required(item: str) -> int:
    """How many answers an item wants: four in ten two."""
    return 2 if item[0] == "i" and int(item[1:]) % 5 in (1, 3) else 1


def batch(item: str) -> str:
    """The batch that an item came with."""
    return "first" if item[0] == "g" or int(item[1:]) < ITEMS // 2 else "second"
