"""Simulate the answers of a team: two annotators an item over half a year."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

LABELS = ("anger", "fear", "joy", "sorrow", "none of these")
PEOPLE = 40
PER_ITEM = 2
SPAN = timedelta(days=180)
AGREEMENT, SKIPPED = 0.8, 0.05


@dataclass(frozen=True, slots=True)
class Answer:
    """One submission. `label` is None when it was skipped."""

    number: int
    item: int
    person: int
    at: datetime
    label: str | None
    seconds: float


@dataclass(frozen=True)
class Team:
    """A team that has given `answers` answers, the last of them an hour before `end`."""

    answers: int
    end: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def items(self) -> int:
        """Return the number of items with answers."""
        return item_of(self.answers)

    def at(self, number: int) -> datetime:
        """Return when answer `number` was given. Answers after the last one follow `end`."""
        share = number / max(self.answers, 1)
        return self.end - timedelta(hours=1) - SPAN * (1 - share)

    def answer(self, number: int, at: datetime | None = None) -> Answer:
        """Return an answer by its number, from 1."""
        chance, item = random.Random(number), item_of(number)
        second = number % PER_ITEM * (1 + item % (PEOPLE - 1))
        label = LABELS[item * 7919 % len(LABELS)]
        if chance.random() > AGREEMENT:
            label = chance.choice(LABELS)
        return Answer(
            number=number,
            item=item,
            person=1 + (item * 31 + second) % PEOPLE,
            at=at or self.at(number),
            label=None if chance.random() < SKIPPED else label,
            seconds=round(chance.lognormvariate(2.5, 0.7), 3),
        )


def item_of(number: int) -> int:
    """Return the item of an answer. Both are numbered from 1."""
    return 1 + (number - 1) // PER_ITEM
