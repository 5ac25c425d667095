"""When each person acts: one moment for every submission or skip of the history."""

import random
from collections.abc import Iterable, Mapping
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


@dataclass(frozen=True, slots=True)
class Luck:
    """What a project's chance is made of: its own name, the form of people's days, days off."""

    name: str
    form: float
    off: float


LUCK = Luck("", 0.18, 0.05)


def moments(seed: int, dates: Dates) -> list[Moment]:
    """Return every moment of Tickets, to the end of today, in order of time."""
    weights = {person: person.weight for person in cast.ANNOTATORS}
    expert = cast.the(cast.EXPERT)
    rounds = [
        Moment(_opening(expert, day), expert) for day in dates.days if dates.works(expert, day)
    ]
    return _in_order([*shifts(seed, dates, weights, ROWS_A_DAY * _BY_ANNOTATORS), *rounds], dates)


def shifts(
    seed: int, dates: Dates, weights: Mapping[Person, float], rows_a_day: float, luck: Luck = LUCK
) -> list[Moment]:
    """Return every moment of people at one project, in order of time.

    Args:
        weights: work in units of an ordinary annotator's day.
        rows_a_day: of all of them, on average over all calendar days.
    """
    work = _scaled(_wanted(seed, dates, weights, luck), rows_a_day * len(dates.days))
    found = [
        Moment(at, person)
        for (person, day), amount in work.items()
        for at in _day(chance(seed, f"{luck.name}day", person.id, day), person, day, amount)
    ]
    return _in_order(found, dates)


def _in_order(found: Iterable[Moment], dates: Dates) -> list[Moment]:
    """Return moments in order of time, without those in which the tool was down."""
    down, up = dates.outage_hours
    return sorted(
        (moment for moment in found if not down <= moment.at < up),
        key=lambda moment: (moment.at, moment.person.id),
    )


def _wanted(
    seed: int, dates: Dates, weights: Mapping[Person, float], luck: Luck
) -> dict[tuple[Person, date], float]:
    """Return the relative work of each shift: habit, form of the day, and days off."""
    rng = chance(seed, f"{luck.name}form")
    return {
        (person, day): weight * rng.lognormvariate(0.0, luck.form) * (rng.random() > luck.off)
        for day in dates.days
        for person, weight in weights.items()
        if dates.works(person, day)
    }


def _scaled(
    work: dict[tuple[Person, date], float], rows: float
) -> dict[tuple[Person, date], float]:
    factor = rows / sum(work.values())
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
