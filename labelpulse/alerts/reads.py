"""Reads that many rules share: each number of a moment is worked out once, and only if wanted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from labelpulse.reader.query import MetricQuery, Row

if TYPE_CHECKING:
    from labelpulse.reader.rolling import Days, Present, Rolling

Group = tuple[tuple[str, str | None], ...]
"""What a row is of, before a metric makes keys itself: names and values."""

Key = tuple[object, ...]
"""A group as the reader has it: its values alone."""

Wanted = Mapping[int, "set[Group]"]
"""Day -> the groups whose number over the window that ends with it is asked for."""


@dataclass(frozen=True, slots=True)
class Reads:
    """What can be read at one moment, and what was read of it so far."""

    rolling: "Rolling"
    _present: "dict[tuple[MetricQuery, Days], Mapping[int, dict[Group, tuple[object, ...]]]]" = (
        field(default_factory=dict)
    )
    _rows: "dict[tuple[MetricQuery, int | None], dict[tuple[int, Group], list[Row]]]" = field(
        default_factory=dict
    )
    _whole: dict[MetricQuery, list[Row]] = field(default_factory=dict)
    _keys: "dict[MetricQuery, dict[Group, Key]]" = field(default_factory=dict)

    def read(self, query: MetricQuery) -> list[Row]:
        """Return the rows of a query."""
        if query not in self._whole:
            self._whole[query] = self.rolling.read(query)
        return self._whole[query]

    def present(self, query: MetricQuery, days: "Days") -> dict[int, set[Group]]:
        """Return the groups that have data on each of some days."""
        return {day: set(groups) for day, groups in self._there(query, days).items()}

    def _there(self, query: MetricQuery, days: "Days") -> "_There":
        asked = replace(query, min_n=None), days
        if asked not in self._present:
            found = self.rolling.present(*asked)
            self._present[asked] = {
                day: {_group(found, key): key for key in keys} for day, keys in found.days.items()
            }
            keys = self._keys.setdefault(asked[0], {})
            for groups in self._present[asked].values():
                keys |= groups
        return self._present[asked]

    def rows(
        self, query: MetricQuery, window: int | None, wanted: Wanted
    ) -> dict[tuple[int, Group], list[Row]]:
        """Return the rows of wanted groups over the windows that end with their days.

        Args:
            wanted: groups of which `present` told.
        """
        asked = replace(query, min_n=None)
        known = self._rows.setdefault((asked, window), {})
        missing = _missing(self._keys.get(asked, {}), wanted, known)
        if missing:
            known |= {(day, one): [] for day, keys in missing.items() for one in keys.values()}
            between = min(missing), max(missing)
            for found in self.rolling.rows(asked, window, between, missing):
                known[found.day, missing[found.day][found.group]].append(found.row)
        asked_for = ((day, one) for day, groups in wanted.items() for one in groups)
        return {at: known[at] for at in asked_for if at in known}


_There = Mapping[int, dict[Group, Key]]


def _missing(
    keys: Mapping[Group, Key], wanted: Wanted, known: Mapping[tuple[int, Group], object]
) -> dict[int, dict[Key, Group]]:
    """Return what of the wanted groups was not read yet."""
    found = {
        day: {keys[one]: one for one in groups if one in keys and (day, one) not in known}
        for day, groups in wanted.items()
    }
    return {day: keys for day, keys in found.items() if keys}


def _group(present: "Present", key: Key) -> Group:
    named = zip(present.columns, key, strict=True)
    return tuple((name, None if value is None else str(value)) for name, value in named)


Since = Callable[[Group], int]
"""Group -> the day up to which its numbers were looked at before; 0 = none was."""


def from_the_start(_group: Group) -> int:
    """Return 0: nothing was looked at before."""
    return 0
