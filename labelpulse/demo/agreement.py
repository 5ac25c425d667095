"""Agreement of the planned answers, counted in a few plain lines.

Used to choose a history that shows what was planted, and to write the planted truth.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from statistics import fmean, multimode

from labelpulse.demo.acts import Act


@dataclass(frozen=True, slots=True)
class Shared:
    """An item with two or more answers: the day (UTC) the second came, and how they compare.

    `share` is the share of agreeing pairs, `apart` the label pairs that differ, in order of
    alphabet, `teams` the names of the teams that answered, `most` the label or labels given most.
    """

    day: date
    share: float
    apart: tuple[tuple[str, str], ...]
    teams: frozenset[str]
    people: tuple[int, ...]
    most: tuple[str, ...]


def shared_items(acts: Iterable[Act]) -> list[Shared]:
    """Return the items with two or more answers; skips and the expert's keys do not count.

    `acts` are in order of time.
    """
    by_item: dict[int, list[Act]] = defaultdict(list)
    for act in acts:
        if act.label is not None and not act.gold:
            by_item[act.n].append(act)
    return [_shared(answers) for answers in by_item.values() if len(answers) > 1]


def _shared(answers: list[Act]) -> Shared:
    labels = [act.final or "" for act in answers]
    pairs = [(a, b) if a < b else (b, a) for a, b in combinations(labels, 2)]
    apart = tuple(pair for pair in pairs if pair[0] != pair[1])
    teams = frozenset(act.person.team.name for act in answers)
    people = tuple(act.person.id for act in answers)
    share = 1 - len(apart) / len(pairs)
    return Shared(answers[1].at.date(), share, apart, teams, people, tuple(multimode(labels)))


def agreement(items: Iterable[Shared]) -> tuple[float, int]:
    """Return the mean share of agreeing pairs and the number of items; 0 of none."""
    shares = [item.share for item in items]
    return (fmean(shares) if shares else 0.0), len(shares)


def with_team(items: Iterable[Shared], team: str) -> list[Shared]:
    """Return the items that someone of `team` has answered."""
    return [item for item in items if team in item.teams]


def without_team(items: Iterable[Shared], team: str) -> list[Shared]:
    """Return the items that no one of `team` has answered."""
    return [item for item in items if team not in item.teams]
