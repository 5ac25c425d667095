"""The history as a plan of acts, decided before anything is written.

Pure: the same (seed, days, day of `now`) gives the same plan, and a day a week later the same
plan a week later; `until` cuts it at a moment, so a later start on the same day has all that the
earlier one had, and more.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from labelpulse.demo import tickets
from labelpulse.demo.acts import Act
from labelpulse.demo.dates import Dates, dates, seed_of
from labelpulse.demo.desk import Desk
from labelpulse.demo.luck import misfit, misfit_calm
from labelpulse.demo.shifts import Moment, moments
from labelpulse.demo.tickets import ticket

PROGRESS = 0.61
_CALM, _TROUBLED, _NEAR = 6, 60, 0.035
"""Runs of luck that are tried before and after the drift, and the misfit that ends the search."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole history: `size` tickets, of which those from `v2_from` on have a guess of v2."""

    seed: int
    dates: Dates
    size: int
    v2_from: int
    acts: tuple[Act, ...]

    def until(self, now: datetime) -> tuple[Act, ...]:
        """Return the acts up to the aware `now`, with edits that are still to come undone."""
        return tuple(
            Act(a.at, a.person, a.n, a.label, a.seconds, a.shown, a.started_from, a.gold)
            if a.edit and a.edit.at > now
            else a
            for a in self.acts
            if a.at <= now
        )

    def imported(self, n: int) -> datetime:
        """Return when ticket `n` came into the project."""
        day = self.dates.imports[tickets.import_of(n, self.size)]
        return datetime.combine(day, time(6, 30), tzinfo=UTC) + timedelta(microseconds=29 * n)


def plan(*, seed: int | None = None, days: int, now: datetime) -> Plan:
    """Plan the history of `days` days that ends with the day (UTC) of `now`.

    Without a `seed` it is the one whose story is known to be told on that day of the week.

    Raises:
        ValueError: as `dates`.
    """
    told = dates(now, days)
    seed = seed_of(told.today) if seed is None else seed
    by = told.since_rehearsal
    when = told.moved(-by)
    steps = moments(seed, when)
    size = _size(len(steps))
    calm = sum(step.at.date() < when.drift for step in steps)
    desks = (Desk(seed, when, size, steps, attempt=attempt) for attempt in range(_CALM))
    desk, early = _luckiest(desks, steps[:calm], lambda acts: misfit_calm(when, acts))
    forks = (desk.fork(_CALM + attempt) for attempt in range(_TROUBLED))
    _, late = _luckiest(forks, steps[calm:], lambda acts: misfit(when, (*early, *acts)))
    acts = tuple(act.moved(by) for act in _ordered([*early, *late]))
    return Plan(seed, told, size, desk.v2_from, acts)


def _luckiest(
    desks: Iterable[Desk], steps: Sequence[Moment], misfit_of: Callable[[tuple[Act, ...]], float]
) -> tuple[Desk, tuple[Act, ...]]:
    """Return of several desks the one whose acts come nearest to the story, with its acts.

    It ends early with one that comes near enough.
    """
    tried: list[tuple[float, Desk, tuple[Act, ...]]] = []
    for desk in desks:
        for step in steps:
            desk.take(step)
        acts = _ordered(desk.acts)
        tried.append((misfit_of(acts), desk, acts))
        if tried[-1][0] < _NEAR:
            break
    return min(tried, key=lambda one: one[0])[1:]


def _ordered(acts: Iterable[Act]) -> tuple[Act, ...]:
    return tuple(sorted(acts, key=lambda act: (act.at, act.person.id)))


def _size(steps: int) -> int:
    """Return how many tickets put the work of `steps` moments at the planted progress."""
    keys_and_skips = 0.995
    wanted_each = 1 + tickets.OVERLAP_SHARE + 2 * tickets.GOLD_SHARE
    return round(steps * keys_and_skips / PROGRESS / wanted_each)


def waiting(seed: int, acts: Iterable[Act]) -> list[int]:
    """Return the tickets that have an answer and want more, in order of number."""
    have = Counter(act.n for act in acts if act.label is not None)
    return sorted(n for n, count in have.items() if count < ticket(seed, n).overlap)
