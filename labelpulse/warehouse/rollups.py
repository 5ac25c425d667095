"""Rollup tables: signed deltas in, recomputation, comparison. All sums are integers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from sqlalchemy import Connection, Table, and_, delete, exists, insert, or_, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from labelpulse.core.errors import NegativeCount
from labelpulse.core.items import ItemState
from labelpulse.core.rules import Rules
from labelpulse.warehouse import bulk, facts

Key = tuple[int, ...]
Sums = dict[Key, tuple[int, ...]]


class Rollup(Protocol):
    """A rollup as the warehouse is handed it."""

    @property
    def table(self) -> Table:
        """The table it is kept in."""

    @property
    def name(self) -> str:
        """The table's name."""


class Rollups(Protocol):
    """All rollups: their tables, code versions, and the one function that fills them."""

    @property
    def all(self) -> Mapping[str, Rollup]:
        """Rollups by name."""

    def versions(self) -> Mapping[str, int]:
        """Code version by name."""

    def contribute(
        self, item: ItemState, rules: Rules, into: dict[str, Sums], sign: int = 1
    ) -> None:
        """Add what an item contributes, or take it away."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A rollup row that differs from the recomputation."""

    rollup: str
    key: Key
    stored: tuple[int, ...] | None
    computed: tuple[int, ...] | None


def _columns(table: Table) -> tuple[list[str], list[str]]:
    keys = [one.name for one in table.primary_key]
    return keys, [one.name for one in table.columns if one.name not in keys]


@cache
def _delta_table(table: Table) -> Table:
    return bulk.temporary(f"delta_{table.name}", table.columns)


def apply(conn: Connection, rollups: Rollups, deltas: Mapping[str, Sums]) -> set[int]:
    """Add signed deltas to the rollup tables; return the ids of projects that changed.

    Raises:
        NegativeCount: a sum would go below zero; the caller's transaction is void.
    """
    changed: set[int] = set()
    for name, sums in deltas.items():
        rows = [(*key, *values) for key, values in sums.items() if any(values)]
        if rows:
            changed.update(row[0] for row in rows)
            _apply_one(conn, rollups.all[name].table, rows)
    return changed


def _apply_one(conn: Connection, table: Table, rows: list[Key]) -> None:
    """Add to one table.

    Only rows that grow can be upserted: a database looks whether a row may be inserted before it
    looks whether it is there.
    """
    keys, measures = _columns(table)
    first = len(keys)
    bulk.add(conn, table, [*keys, *measures], [row for row in rows if row[first] > 0])
    if rest := [row for row in rows if row[first] <= 0]:
        _take_away(conn, table, rest)


def _take_away(conn: Connection, table: Table, rows: list[Key]) -> None:
    keys, measures = _columns(table)
    delta = _delta_table(table)
    bulk.make_empty(conn, delta)
    bulk.insert(conn, delta, [*keys, *measures], rows)
    same = and_(*(table.c[key] == delta.c[key] for key in keys))
    add = {name: table.c[name] + delta.c[name] for name in measures}
    missing = select(*(delta.c[name] for name in [*keys, *measures])).where(
        ~exists().where(same).correlate(delta)
    )
    try:
        conn.execute(update(table).values(add).where(same))
        conn.execute(insert(table).from_select([*keys, *measures], missing))
    except IntegrityError:
        raise NegativeCount(
            f"rollup {table.name} would go below zero, which only a defect can do; nothing was "
            "written. Run `labelpulse rebuild`, and please report it"
        ) from None
    touched = tuple_(*(table.c[key] for key in keys)).in_(select(*(delta.c[key] for key in keys)))
    conn.execute(delete(table).where(table.c[measures[0]] == 0, touched))


def recompute(conn: Connection, rollups: Rollups, project_id: int, rules: Rules) -> dict[str, Sums]:
    """Return what a project's rollups must be, from all its facts."""
    sums: dict[str, Sums] = {name: {} for name in rollups.all}
    for item in facts.load_items(conn, project_id):
        rollups.contribute(item, rules, sums)
    return sums


def replace(conn: Connection, rollups: Rollups, project_id: int, sums: Mapping[str, Sums]) -> None:
    """Put recomputed sums in the place of a project's rollups."""
    for name, rollup in rollups.all.items():
        keys, measures = _columns(rollup.table)
        conn.execute(delete(rollup.table).where(rollup.table.c.project_id == project_id))
        rows = [(*key, *values) for key, values in sums.get(name, {}).items() if any(values)]
        bulk.insert(conn, rollup.table, [*keys, *measures], rows)


def differences(
    conn: Connection, rollups: Rollups, project_id: int, sums: Mapping[str, Sums]
) -> Iterator[Difference]:
    """Yield every stored row that is not what recomputation gives, and the other way round."""
    for name, rollup in rollups.all.items():
        table = rollup.table
        keys, measures = _columns(table)
        columns = [table.c[one] for one in [*keys, *measures]]
        rows = conn.execute(select(*columns).where(table.c.project_id == project_id))
        stored = {tuple(row[: len(keys)]): tuple(row[len(keys) :]) for row in rows}
        wanted = {key: tuple(values) for key, values in sums[name].items() if any(values)}
        for key in sorted(stored.keys() | wanted.keys()):
            if stored.get(key) != wanted.get(key):
                yield Difference(name, key, stored.get(key), wanted.get(key))


def bump(conn: Connection, projects: Iterable[int]) -> None:
    """Raise the data version of projects, so that caches know."""
    from labelpulse import schema

    ids = sorted(set(projects))
    if ids:
        table = schema.project
        conn.execute(
            update(table)
            .where(or_(*(table.c.id == one for one in ids)))
            .values(data_version=table.c.data_version + 1)
        )
