"""When each person acts: one moment for every submission or skip of the history."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from labelpulse.demo import cast
from labelpulse.demo.cast import Person
from labelpulse.demo.chance import chance
from labelpulse.demo.dates import Dates

ROWS_A_DAY = 12_000 / 90
_BY_ANNOTATORS = 0.975
"""The rest of the rows are the expert's gold answers."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A person is ready for the next ticket, or the expert for a round of gold, at `at` (UTC)."""

    at: datetime
    person: Person


def moments(seed: int, dates: Dates) -> list[Moment]:
    """Return every moment of the history, to the end of today, in order of time."""
    work = _scaled(_wanted(seed, dates), len(dates.days))
    found = [
        Moment(at, person)
        for (person, day), amount in work.items()
        for at in _day(chance(seed, "day", person.id, day), person, day, amount)
    ]
    expert = cast.the(cast.EXPERT)
    found += [
        Moment(_opening(expert, day), expert) for day in dates.days if dates.works(expert, day)
    ]
    down, up = dates.outage_hours
    return sorted(
        (moment for moment in found if not down <= moment.at < up),
        key=lambda moment: (moment.at, moment.person.id),
    )


def _wanted(seed: int, dates: Dates) -> dict[tuple[Person, date], float]:
    """Return the relative work of each shift: habit, form of the day, and days off."""
    rng = chance(seed, "form")
    shifts = [
        (person, day)
        for day in dates.days
        for person in cast.ANNOTATORS
        if dates.works(person, day)
    ]
    return {
        (person, day): person.weight * rng.lognormvariate(0.0, 0.18) * (rng.random() > 0.05)
        for person, day in shifts
    }


def _scaled(work: dict[tuple[Person, date], float], days: int) -> dict[tuple[Person, date], float]:
    factor = ROWS_A_DAY * days * _BY_ANNOTATORS / sum(work.values())
    return {shift: weight * factor for shift, weight in work.items()}


def _day(rng: random.Random, person: Person, day: date, amount: float) -> list[datetime]:
    count = int(amount + rng.random())
    return [_opening(person, day) + _into_shift(rng, person) for _ in range(count)]


def _into_shift(rng: random.Random, person: Person) -> timedelta:
    """Return a time since the shift began: busiest in mid-morning, thin at lunch."""
    length = person.team.closes - person.team.opens
    hour = length * rng.betavariate(1.2, 1.25)
    if 4.0 <= hour < 5.0 and rng.random() < 0.7:
        hour = length * rng.betavariate(1.2, 1.25)
    return timedelta(microseconds=int(hour * 3_600_000_000))


def _opening(person: Person, day: date) -> datetime:
    local = datetime.combine(day, time(person.team.opens), tzinfo=person.team.zone)
    return local.astimezone(UTC)
