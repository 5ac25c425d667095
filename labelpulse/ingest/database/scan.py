"""Scanning a table of somebody's database: short statements, newest id first, safe to repeat.

A full scan compares everything. A poll looks at ids above the last one, less a margin, and at rows
whose stamp is not older than the cursor, less an overlap: what committed late is met again. The
cursor is the greatest stamp seen, but never beyond the database's own clock, so that a stamp from
the future does not move it. Where nothing was stamped for a whole overlap it follows the clock one
overlap behind, so that the rows of an old import are not looked at for ever.

A SQLite database to whose files nothing was written since a poll began is not read again.

PostgreSQL is read by keyset: ids that match (an index holds id and stamp), then those rows. SQLite
has no such index, and a read that goes on makes writers wait, so it is read in windows of ids.
Ids that do not grow (UUIDs) are read by keyset on both, and polled for by their stamps alone. Where
what makes a row stands in several tables, these tell the keys of rows that changed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, false, func, or_, select

from labelpulse.core.days import from_us
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import ScannedRecord
from labelpulse.ingest.database.connection import SourceDatabase
from labelpulse.source import Page, Position

PAGE = {"sqlite": 1_000, "postgresql": 5_000}
WIDE = 50  # pages of ids that a poll may pass in one statement on SQLite: few rows match
MARGIN = 1_000  # ids below the last one that are looked at again: they may commit late


@dataclass(frozen=True, slots=True)
class Table:
    """What to scan.

    Attributes:
        key: primary key; by its label ``key`` in `rows`.
        stamp: time of the last change, as the database compares it; None = rows hardly change, and
            no index has their stamp, so that only new ones are polled for and a full scan sees the
            rest.
        group: the project's id.
        rows: the statement that gives whole rows, with ``key``, ``stamp`` and ``group`` by name.
        tokens: project id -> text; a project whose text changed is looked at whole.
        seen: a row -> what was met with it; several where a row holds many annotations.
        instant: a row's stamp -> microseconds UTC; None = cannot be read.
        grows: keys are integers, and a newer row has a greater one.
        named: a project's id as text -> as its column has it.
        margin: keys below the last one that every poll looks at again; None = MARGIN. Fewer where
            a row holds many annotations and its stamp is at least as new as the row itself.
        touched: an instant as the database compares it -> statements that give the keys of rows
            that changed since, for rows that are made of several tables; None = `stamp` tells.
        compared: microseconds UTC -> as the stamp's column compares it; None = the tools' own way.
    """

    key: ColumnElement[Any]
    stamp: ColumnElement[Any] | None
    group: ColumnElement[Any]
    rows: Select[Any]
    tokens: Mapping[str, str]
    seen: Callable[[Row[Any]], Iterable[ScannedRecord]]
    instant: Callable[[Any], int | None]
    grows: bool = True
    named: Callable[[str], Any] = int
    margin: int | None = None
    touched: Callable[[Any], Iterable[Select[Any]]] | None = None
    compared: Callable[[int], Any] | None = None


@dataclass(frozen=True, slots=True)
class _Since:
    """What a poll looks at: ids above `top`, stamps from `cut` on, whole projects."""

    top: int
    cut: int
    groups: tuple[Any, ...]


class Scanner:
    """Scans tables of one database.

    Attributes:
        overlap: microseconds below its cursor that every poll reads again.
        page: rows a statement; None = 1,000 on SQLite, 5,000 on PostgreSQL.
    """

    def __init__(self, database: SourceDatabase, overlap: int, page: int | None = None) -> None:
        self._db = database
        self._overlap = overlap
        self.page = page or PAGE[database.dialect]

    def full(self, table: Table, resume: Position | None) -> Iterator[Page]:
        """Yield every row, newest id first; `resume` goes on below the page it is from."""
        at = dict(resume) if resume else self._beginning(table)
        below: Any = at["below"]
        while below is not None:
            rows, below = self._step(table, below, None)
            at["latest"] = self._latest(table, rows, at["latest"], at["now"])
            at["done"] += len(rows)
            at["below"] = below
            since = self._next(at["latest"], at["now"])
            end = {"top": at["top"], "since": since, "tokens": at["tokens"]}
            last = below is None
            if rows or last:
                seen = _met(table, rows)
                where = end if last else dict(at)
                yield Page(seen, where, last, at["done"], at["total"], table.grows)

    def changes(self, table: Table, position: Position) -> Iterator[Page]:
        """Yield what may have changed since the position that a complete scan ended with.

        Only the last page moves the position: a poll that breaks off is repeated.
        """
        now, state, tokens = self._db.now(), self._db.state(), dict(table.tokens)
        if state is not None and (state, tokens) == (position.get("file"), position["tokens"]):
            yield Page((), position, last=True)
            return
        top, latest = self._top(table), position["since"]
        changed = [one for one in tokens if position["tokens"].get(one) != tokens[one]]
        cut = max(0, latest - self._overlap)
        margin = MARGIN if table.margin is None else table.margin
        since = _Since(position["top"] - margin, cut, tuple(map(table.named, changed)))
        for rows, last in self._changed(table, top, since):
            latest = self._latest(table, rows, latest, now)
            end = {"top": top, "since": self._next(latest, now), "tokens": tokens, "file": state}
            if rows or last:
                yield Page(_met(table, rows), end if last else position, last)

    def _changed(
        self, table: Table, top: int, since: _Since
    ) -> Iterator[tuple[Sequence[Row[Any]], bool]]:
        """Yield rows that may have changed, and whether those were the last."""
        if table.touched is not None:
            yield from self._touched(table, table.touched(self._stamp(since.cut)), since)
            return
        below: Any = _above(table, top)
        while below is not None:
            rows, below = self._step(table, below, since)
            yield rows, below is None

    def _touched(
        self, table: Table, queries: Iterable[Select[Any]], since: _Since
    ) -> Iterator[tuple[Sequence[Row[Any]], bool]]:
        """Yield rows whose keys other tables tell, with new ones and those of whole projects."""
        keys = table.rows.with_only_columns(table.key)
        told = [select(table.key).where(table.key > since.top), *queries]
        if since.groups:
            told.append(keys.where(table.group.in_(since.groups)))
        ids = sorted({row[0] for query in told for row in self._db.rows(query)}, reverse=True)
        for start in range(0, max(1, len(ids)), self.page):
            part = ids[start : start + self.page]
            query = table.rows.where(table.key.in_(part)).order_by(table.key.desc())
            yield self._db.rows(query) if part else (), start + self.page >= len(ids)

    def _next(self, latest: int, now: int) -> int:
        """Where the next poll begins, before its overlap."""
        return min(now, max(latest, now - self._overlap))

    def _beginning(self, table: Table) -> Position:
        top = self._top(table)
        ids = table.rows.with_only_columns(table.key).subquery()
        return {
            "top": top,
            "below": _above(table, top),
            "now": self._db.now(),
            "latest": 0,
            "done": 0,
            "total": self._db.value(select(func.count()).select_from(ids)),
            "tokens": dict(table.tokens),
        }

    def _top(self, table: Table) -> int:
        """The greatest key, where keys grow."""
        if not table.grows:
            return 0
        return int(self._db.value(select(func.max(table.key))) or 0)

    # --- one statement at a time ---

    def _step(
        self, table: Table, below: Any, since: _Since | None
    ) -> tuple[Sequence[Row[Any]], Any]:
        """Return rows under an id, and under which id to go on; None = that was all."""
        if self._db.dialect == "sqlite" and table.grows:
            return self._window(table, below, since)
        if since is None:
            return self._keyset(table, below)
        return self._matching(table, below, since)

    def _window(
        self, table: Table, below: int, since: _Since | None
    ) -> tuple[Sequence[Row[Any]], int | None]:
        narrow = since is None or since.groups
        low = below - self.page * (1 if narrow else WIDE)
        query = table.rows.where(table.key < below, table.key >= low)
        if since is not None:
            query = query.where(self._matches(table, since))
        rows = self._db.rows(query.order_by(table.key.desc()))
        if since is not None and table.stamp is None and not since.groups and low <= since.top:
            return rows, None
        older = self._db.value(select(func.max(table.key)).where(table.key < low))
        return rows, None if older is None else older + 1

    def _keyset(self, table: Table, below: Any) -> tuple[Sequence[Row[Any]], Any]:
        query = table.rows.where(*_under(table, below)).order_by(table.key.desc())
        rows = self._db.rows(query.limit(self.page))
        return rows, self._under_these([row.key for row in rows])

    def _matching(self, table: Table, below: Any, since: _Since) -> tuple[Sequence[Row[Any]], Any]:
        """Find the ids first: an index with id and stamp answers that without the rows."""
        found = table.rows.with_only_columns(table.key) if since.groups else select(table.key)
        found = found.where(*_under(table, below), self._matches(table, since))
        ids = [row[0] for row in self._db.rows(found.order_by(table.key.desc()).limit(self.page))]
        query = table.rows.where(table.key.in_(ids)).order_by(table.key.desc())
        rows = self._db.rows(query) if ids else ()
        return rows, self._under_these(ids)

    def _under_these(self, keys: Sequence[Any]) -> Any:
        """Under which key to go on after a page; nothing is under an empty text."""
        return keys[-1] if len(keys) == self.page and keys[-1] != "" else None

    def _matches(self, table: Table, since: _Since) -> ColumnElement[bool]:
        changed = [table.key > since.top] if table.grows else [false()]
        if table.stamp is not None:
            compared = table.compared or self._stamp
            changed.append(table.stamp >= compared(since.cut))
        return or_(*changed, *([table.group.in_(since.groups)] if since.groups else []))

    def _stamp(self, us: int) -> Any:
        """An instant as the database compares it; SQLite has text, at times without fraction."""
        moment = from_us(us)
        text = self._db.dialect == "sqlite"
        return moment.strftime("%Y-%m-%d %H:%M:%S") if text else moment

    def _latest(self, table: Table, rows: Sequence[Row[Any]], latest: int, now: int) -> int:
        """The greatest stamp that is not ahead of the clock; as texts they sort like times."""
        limit = from_us(now).strftime("%Y-%m-%d %H:%M:%S.%f+00")
        stamps = [row.stamp for row in rows if row.stamp is not None and row.stamp <= limit]
        found = table.instant(max(stamps)) if stamps else None
        return latest if found is None or found > now else max(latest, found)


def _met(table: Table, rows: Sequence[Row[Any]]) -> tuple[ScannedRecord, ...]:
    return tuple(chain.from_iterable(map(table.seen, rows)))


def _above(table: Table, top: int) -> Any:
    """What is above every key; text for keys that do not grow, where "" stands for the end."""
    return top + 1 if table.grows else ""


def _under(table: Table, below: Any) -> tuple[ColumnElement[bool], ...]:
    return () if below == "" else (table.key < below,)


def readable(read: Callable[[Any], int | None]) -> Callable[[Any], int | None]:
    """Return a reader of stamps that gives None instead of SkipRecord."""

    def instant(value: Any) -> int | None:
        try:
            return read(value)
        except SkipRecord:
            return None

    return instant
