"""The history of Street as a plan: who boxes which picture, and when the night comes in.

Pure, and cut at a moment by `until`, as the plan of Tickets is.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from labelpulse.demo import cast, street
from labelpulse.demo.cast import Person
from labelpulse.demo.chance import Dues, chance
from labelpulse.demo.dates import Dates
from labelpulse.demo.drawing import Drawing, Hand
from labelpulse.demo.shifts import Luck, Moment, shifts
from labelpulse.demo.street import NIGHT_FROM, picture

ROWS_A_DAY = 2_300 / 90
NIGHT_SHARE = 0.70
"""Of the pictures that are handed out from the night on."""
PROGRESS = 0.66

_SKIPPED, _WAITING, _FIRST = 0.02, 3, 30
_LUCK = Luck("street", 0.08, 0.02)
"""Steadier than on Tickets: few are at work, and a day off of one would look like a slump."""


@dataclass(frozen=True, slots=True)
class StreetPlan:
    """The whole history: `days` pictures by day and `nights` by night, and what was drawn."""

    seed: int
    dates: Dates
    days: int
    nights: int
    acts: tuple[Drawing, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of all pictures."""
        return (*range(1, self.days + 1), *range(NIGHT_FROM + 1, NIGHT_FROM + self.nights + 1))

    @property
    def required(self) -> int:
        """How many answers all pictures want."""
        return sum(picture(self.seed, n).overlap for n in self.numbers)

    def until(self, now: datetime) -> tuple[Drawing, ...]:
        """Return the drawings up to the aware `now`."""
        return tuple(act for act in self.acts if act.at <= now)

    def imported(self, n: int) -> datetime:
        """Return when picture `n` came into the project: the night on the eve of its day."""
        eve = self.dates.night if n > NIGHT_FROM else self.dates.first
        midnight = datetime.combine(eve, time(), tzinfo=UTC)
        return midnight - timedelta(hours=3) + timedelta(microseconds=31 * (n % NIGHT_FROM))


def plan_street(seed: int, when: Dates) -> StreetPlan:
    """Plan the history of Street over the days of `when`."""
    by = when.since_rehearsal
    then = when.moved(-by)
    easel = _Easel(seed, then)
    for moment in shifts(seed, then, cast.STREET, ROWS_A_DAY, _LUCK):
        easel.take(moment)
    wanted = round(len(easel.acts) * (1 - _SKIPPED) / PROGRESS / (1 + street.OVERLAP_SHARE))
    left = max(0, wanted - sum(easel.handed))
    nights = round(NIGHT_SHARE * left)
    days, dark = easel.handed
    acts = tuple(replace(act, at=act.at + by) for act in easel.acts)
    return StreetPlan(seed, when, days + left - nights, dark + nights, acts)


class _Easel:
    """Hands out pictures: those that wait for a second answer soon, else new ones."""

    def __init__(self, seed: int, when: Dates) -> None:
        self.acts: list[Drawing] = []
        self.handed = [0, 0]
        """Pictures by day and by night that someone has had."""
        self._seed, self._when = seed, when
        self._rng = chance(seed, "street")
        self._hand = Hand(chance(seed, "hand"))
        self._waiting: list[int] = []
        self._have: Counter[int] = Counter()
        self._dues = Dues(self._rng)
        self._seen: dict[int, set[int]] = defaultdict(set)

    def take(self, step: Moment) -> None:
        """Let one person box one picture."""
        n = self._waits_for(step.person) or self._new(dark=step.at.date() >= self._when.night)
        it = picture(self._seed, n)
        act = self._hand.draw(step.at, step.person, it)
        self.acts.append(act)
        self._seen[n].add(step.person.id)
        if n in self._waiting:
            self._waiting.remove(n)
        self._have[n] += act.boxes is not None
        if self._have[n] < it.overlap:
            self._waiting.append(n)

    def _waits_for(self, person: Person) -> int | None:
        if len(self._waiting) < _WAITING and self._rng.random() < 0.6:
            return None
        newest = sorted(self._waiting, reverse=True)  # what came last is wanted first: the night
        return next((n for n in newest if person.id not in self._seen[n]), None)

    def _new(self, *, dark: bool) -> int:
        """Return the next picture, one of the night at its share once it is there."""
        eager = self.handed[1] < _FIRST
        dark = dark and (eager or self._dues.due("night", NIGHT_SHARE))
        self.handed[dark] += 1
        return self.handed[dark] + NIGHT_FROM * dark
