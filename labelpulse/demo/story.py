"""The history as a plan of acts, decided before anything is written.

Pure: the same (seed, days, day of `now`) gives the same plan; `until` cuts it at a moment, so a
later start on the same day has all that the earlier one had, and more.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from labelpulse.demo import cast, tickets
from labelpulse.demo.acts import Act
from labelpulse.demo.agreement import agreement, shared_items, without_team
from labelpulse.demo.dates import Dates, dates
from labelpulse.demo.desk import Desk
from labelpulse.demo.shifts import Moment, moments
from labelpulse.demo.tickets import ticket

PROGRESS = 0.61
AGREEMENT = (0.87, 0.79)
"""Before and after the drift."""

_ATTEMPTS = 12


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


def plan(*, seed: int, days: int, now: datetime) -> Plan:
    """Plan the history of `days` days that ends with the day (UTC) of `now`.

    Raises:
        ValueError: as `dates`.
    """
    when = dates(now, days)
    steps = moments(seed, when)
    desk = Desk(seed, when, _size(len(steps)), steps)
    calm = sum(step.at.date() < when.drift for step in steps)
    for step in steps[:calm]:
        desk.take(step)
    acts = _ordered([*desk.acts, *_troubled(desk, steps[calm:])])
    return Plan(seed, when, desk.size, desk.v2_from, acts)


def _ordered(acts: Iterable[Act]) -> tuple[Act, ...]:
    return tuple(sorted(acts, key=lambda act: (act.at, act.person.id)))


def _troubled(desk: Desk, steps: Sequence[Moment]) -> list[Act]:
    """Return the days since the drift: of several runs of luck the one nearest to the promise.

    Some 450 items show the fall, and chance alone would move it by a quarter of its size.
    """
    before, _ = agreement(
        item
        for item in shared_items(_ordered(desk.acts))
        if item.day >= desk.dates.drift - timedelta(days=28)
    )
    forks = [desk.fork(attempt) for attempt in range(1, _ATTEMPTS + 1)]
    for fork in forks:
        for step in steps:
            fork.take(step)
    return min((fork.acts for fork in forks), key=lambda acts: _off(before, desk, acts))


def _off(before: float, desk: Desk, late: list[Act]) -> float:
    """Return how far a run is from the promise: all fall by .08 to .79, the other teams by 0."""
    touched = {act.n for act in late}
    acts = _ordered([act for act in desk.acts if act.n in touched] + late)
    items = [item for item in shared_items(acts) if item.day >= desk.dates.drift]
    after, _ = agreement(items)
    others, _ = agreement(without_team(items, cast.MANILA.name))
    fall = AGREEMENT[0] - AGREEMENT[1]
    return abs(after - AGREEMENT[1]) + abs(before - after - fall) + 0.5 * abs(others - 0.86)


def _size(steps: int) -> int:
    """Return how many tickets put the work of `steps` moments at the planted progress."""
    keys_and_skips = 0.995
    wanted_each = 1 + tickets.OVERLAP_SHARE + 2 * tickets.GOLD_SHARE
    return round(steps * keys_and_skips / PROGRESS / wanted_each)


def waiting(seed: int, acts: Iterable[Act]) -> list[int]:
    """Return the tickets that have an answer and want more, in order of number."""
    have = Counter(act.n for act in acts if act.label is not None)
    return sorted(n for n, count in have.items() if count < ticket(seed, n).overlap)
