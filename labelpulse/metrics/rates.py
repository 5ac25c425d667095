"""What an hour of somebody's work costs on a day, as the operator said."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Rate(NamedTuple):
    """The price of an hour. `hourly`: millionths of the currency's unit."""

    hourly: int
    currency: str


Dated = tuple[tuple[int, Rate], ...]
"""(first day as an ordinal, rate), earliest first; 0 = from the beginning on."""


def _nobody(_annotator: int, _day: int) -> Iterable[int]:
    return ()


@dataclass(frozen=True, slots=True)
class Rates:
    """All rates, of people and of teams.

    Attributes:
        people: annotator -> their own rates. teams: team -> rates.
        teams_of: the teams that somebody was in on a day.
    """

    people: Mapping[int, Dated] = field(default_factory=dict)
    teams: Mapping[int, Dated] = field(default_factory=dict)
    teams_of: Callable[[int, int], Iterable[int]] = _nobody

    def at(self, annotator: int, day: int) -> Rate | None:
        """Return what an hour of somebody costs on a day; None where nobody said it.

        Their own rate, else that of their team: the latest that had begun. Several teams with
        different rates leave it open. On the unknown day 0 only rates without a beginning hold.
        """
        own = _latest(self.people.get(annotator, ()), day)
        if own is not None or not self.teams:
            return own
        found = {_latest(self.teams.get(team, ()), day) for team in self.teams_of(annotator, day)}
        found.discard(None)
        return found.pop() if len(found) == 1 else None


def _latest(dated: Dated, day: int) -> Rate | None:
    begun = bisect_right(dated, day, key=lambda one: one[0])
    return dated[begun - 1][1] if begun else None
