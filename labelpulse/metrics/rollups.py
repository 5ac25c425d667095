"""Contributions: what one item adds to every rollup, as integers.

One pure function, run in three ways: live (minus before, plus after), rebuild and verify (over
all items), distributed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import add as plus
from operator import neg

from sqlalchemy import Table

from labelpulse.core.days import month_start, week_start
from labelpulse.core.items import ItemState, ItemView
from labelpulse.core.rules import Rules

Key = tuple[int, ...]
Sums = dict[Key, tuple[int, ...]]
Contribution = tuple[Key, tuple[int, ...]]
Partials = Callable[[ItemView], Iterable[Contribution]]


def by_week(key: Key, _rules: Rules) -> Key:
    """Keep only the Monday of the key's day."""
    return (week_start(key[0]), *key[1:])


def by_month(key: Key, _rules: Rules) -> Key:
    """Keep only the month of the key's day."""
    return (month_start(key[0]), *key[1:])


def by_month_if_wide(key: Key, rules: Rules) -> Key:
    """Keep only the month of the key's day where the control (second in the key) is wide."""
    control = rules.controls.get(key[1])
    if control is not None and control.wide:
        return (month_start(key[0]), *key[1:])
    return key


@dataclass(frozen=True, slots=True)
class Rollup:
    """One rollup table and the function that says what an item adds to it.

    Attributes:
        partials: yields (key without the project, sums); keys in the table's column order.
        version: raise it when `partials` changes meaning; old tables are then rebuilt.
        grain: coarsens a key before it is stored; recomputation for finer ranges does
            without. None = days are kept as they are.
        finer: name of the rollup that keeps the same sums by day; "" = there is none.
        coarser: name of the rollup that keeps the same sums by fewer columns, for those who ask
            for no others; "" = there is none.
        by_item: every key names its item, so that there are as many rows as items, or as answers.
        any_day: its days are not only those of submissions, so that an item adds to days on which
            nobody submitted.
    """

    table: Table
    partials: Partials
    version: int = 1
    grain: Callable[[Key, Rules], Key] | None = None
    finer: str = ""
    coarser: str = ""
    by_item: bool = False
    any_day: bool = False

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name


class Rollups:
    """All rollups together, as the warehouse is handed them."""

    def __init__(self, rollups: Iterable[Rollup]) -> None:
        self.all: dict[str, Rollup] = {one.name: one for one in rollups}
        self._steps = [(name, one.partials, one.grain) for name, one in self.all.items()]

    def versions(self) -> Mapping[str, int]:
        """Return the code version of each rollup by name."""
        return {name: one.version for name, one in self.all.items()}

    def contribute(
        self, item: ItemState, rules: Rules, into: dict[str, Sums], sign: int = 1
    ) -> None:
        """Add (or with sign -1 take away) what one item contributes to every rollup.

        Args:
            into: rollup name -> key (project id first) -> sums; changed in place.
        """
        view, project = ItemView(item, rules), (item.project,)
        for name, partials, grain in self._steps:
            sums = into.setdefault(name, {})
            for key, values in partials(view):
                kept = key if grain is None else grain(key, rules)
                add(sums, project + kept, values, sign)


def add(sums: Sums, key: Key, values: tuple[int, ...], sign: int = 1) -> None:
    """Add values to the sums under a key.

    >>> sums = {}; add(sums, (1,), (2, 3)); add(sums, (1,), (1, 1), -1); sums
    {(1,): (1, 2)}
    """
    signed = values if sign > 0 else tuple(map(neg, values))
    there = sums.get(key)
    sums[key] = signed if there is None else tuple(map(plus, there, signed))
