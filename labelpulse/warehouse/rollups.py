"""Rollup tables: signed deltas in, recomputation, comparison. All sums are integers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from sqlalchemy import Connection, Table, and_, delete, exists, insert, or_, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from labelpulse.core.errors import NegativeCount
from labelpulse.core.items import ItemState
from labelpulse.core.rules import Rules
from labelpulse.warehouse import bulk, paging

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

    @property
    def by_item(self) -> bool:
        """True when every key names its item, in the column `item_id`."""


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


Keep = Callable[[Sequence[int], Mapping[str, Sums]], None]
"""Takes what some items contribute to the rollups whose keys name them."""


def recompute(
    conn: Connection, rollups: Rollups, project_id: int, rules: Rules, keep: Keep
) -> dict[str, Sums]:
    """Return what a project's rollups must be, from all its facts.

    Args:
        keep: takes, page by page, what rollups by item must be: they are too large for memory.
    """
    single = [name for name, one in rollups.all.items() if one.by_item]
    sums: dict[str, Sums] = {name: {} for name in rollups.all if name not in single}
    for page in paging.item_pages(conn, project_id):
        for item in page:
            rollups.contribute(item, rules, sums)
        keep([item.id for item in page], {name: sums.pop(name, {}) for name in single})
    return sums


def replace(conn: Connection, rollups: Rollups, project_id: int, sums: Mapping[str, Sums]) -> None:
    """Put recomputed sums in the place of a project's rollups."""
    for name, own in sums.items():
        table = rollups.all[name].table
        keys, measures = _columns(table)
        conn.execute(delete(table).where(table.c.project_id == project_id))
        rows = [(*key, *values) for key, values in own.items() if any(values)]
        bulk.insert(conn, table, [*keys, *measures], rows)


def mend(
    conn: Connection, rollup: Rollup, project_id: int, item_ids: Sequence[int], wanted: Sums
) -> None:
    """Make what a rollup by item holds of some items what it must be."""
    stored = _stored(conn, rollup, project_id, item_ids)
    zeros = (0,) * len(_columns(rollup.table)[1])
    rows = []
    for key in sorted(stored.keys() | wanted.keys()):
        pairs = zip(wanted.get(key, zeros), stored.get(key, zeros), strict=True)
        delta = tuple(new - old for new, old in pairs)
        if any(delta):
            rows.append((*key, *delta))
    if rows:
        _apply_one(conn, rollup.table, rows)


def _stored(
    conn: Connection, rollup: Rollup, project_id: int, item_ids: Sequence[int] | None = None
) -> Sums:
    table = rollup.table
    keys, measures = _columns(table)
    query = select(*(table.c[one] for one in [*keys, *measures]))
    query = query.where(table.c.project_id == project_id)
    if item_ids is not None:
        query = query.where(table.c.item_id.in_(bulk.among(conn, item_ids)))
    size = len(keys)
    return {tuple(row[:size]): tuple(row[size:]) for row in conn.execute(query)}


def verify(conn: Connection, rollups: Rollups, project_id: int, rules: Rules) -> list[Difference]:
    """Return every stored row that is not what recomputation gives, and the other way round."""
    found: list[Difference] = []

    def compare(item_ids: Sequence[int] | None, sums: Mapping[str, Sums]) -> None:
        for name, own in sums.items():
            stored = _stored(conn, rollups.all[name], project_id, item_ids)
            wanted = {key: tuple(values) for key, values in own.items() if any(values)}
            found.extend(
                Difference(name, key, stored.get(key), wanted.get(key))
                for key in sorted(stored.keys() | wanted.keys())
                if stored.get(key) != wanted.get(key)
            )

    compare(None, recompute(conn, rollups, project_id, rules, compare))
    return found


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
