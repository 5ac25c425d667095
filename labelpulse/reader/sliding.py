"""Sums of days by group, added up over a window that moves on."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import add, sub
from typing import Any

from labelpulse.metrics.base import Need
from labelpulse.reader.keys import KeyValues
from labelpulse.reader.members import SINGLE
from labelpulse.reader.sums import SumRow

Kept = tuple[Any, ...]
Measures = tuple[int, ...]

_MEMBERS = ("control_id", *SINGLE.values())
"""Columns that say who and what are in a group."""


class _Day:
    """What the rows of one day add to groups.

    Attributes:
        sums: group -> kept columns -> measures.
        who: what of a row makes a group's members -> that group, and such a row.
    """

    def __init__(self, need: Need, groups: Callable[[SumRow], Iterable[KeyValues]]) -> None:
        self._need, self._groups = need, groups
        self.sums: dict[KeyValues, dict[Kept, Measures]] = {}
        self.who: dict[Kept, tuple[KeyValues, SumRow]] = {}

    def enter(self, row: SumRow) -> None:
        """Add a row."""
        at = row.at
        kept = tuple([at[column] for column in self._need.keep])
        member = (row.project, *[at.get(column) for column in _MEMBERS])
        for key in self._groups(row):
            into = self.sums.setdefault(key, {})
            there = into.get(kept)
            into[kept] = row.sums if there is None else tuple(map(add, there, row.sums))
            self.who[key, member] = key, row


class Sliding:
    """The sums of a need by group over a window: integers, so that what goes leaves no trace.

    Attributes:
        sums: group -> kept columns -> measures; as long as a row of the window has them.
    """

    def __init__(
        self,
        need: Need,
        groups: Callable[[SumRow], Iterable[KeyValues]],
        days: Mapping[int, list[SumRow]],
    ) -> None:
        self._need, self._groups = need, groups
        self._coming = deque(days.items())
        self._inside: deque[tuple[int, _Day]] = deque()
        self._last: dict[KeyValues, dict[Kept, int]] = {}
        self._who: dict[Kept, tuple[int, KeyValues, SumRow]] = {}
        self.sums: dict[KeyValues, dict[Kept, Measures]] = {}

    def move(self, since: int | None, until: int | None) -> None:
        """Move the window on to these days."""
        while self._coming and (until is None or self._coming[0][0] <= until):
            day, rows = self._coming.popleft()
            found = _Day(self._need, self._groups)
            for row in rows:
                found.enter(row)
            self._inside.append((day, found))
            self._add(day, found)
        while since is not None and self._inside and self._inside[0][0] < since:
            self._take(*self._inside.popleft())

    def standing(self) -> Iterator[tuple[KeyValues, SumRow]]:
        """Yield the groups of the window, with rows that stand for all that are in them."""
        return ((key, row) for _, key, row in self._who.values())

    def _add(self, day: int, found: _Day) -> None:
        for key, sums in found.sums.items():
            into = self.sums.setdefault(key, {})
            for kept, values in sums.items():
                there = into.get(kept)
                into[kept] = values if there is None else tuple(map(add, there, values))
            self._last.setdefault(key, {}).update(dict.fromkeys(sums, day))
        self._who |= {who: (day, *one) for who, one in found.who.items()}

    def _take(self, day: int, found: _Day) -> None:
        for key, sums in found.sums.items():
            into, last = self.sums[key], self._last[key]
            for kept, values in sums.items():
                if last[kept] == day:
                    del into[kept], last[kept]
                else:
                    into[kept] = tuple(map(sub, into[kept], values))
        for who in found.who:
            if self._who[who][0] == day:
                del self._who[who]
