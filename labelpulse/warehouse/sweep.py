"""A complete scan under way: what it met, and so what is missing."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection

from labelpulse.core.events import ScannedRecord
from labelpulse.source import ANNOTATIONS, ITEMS
from labelpulse.warehouse import reconcile
from labelpulse.warehouse.lease import Lease
from labelpulse.warehouse.outcome import Written


class Forgetter(Protocol):
    """What marks vanished rows as deleted, a transaction each."""

    def forget(
        self,
        held: Lease,
        run_id: int,
        missing: list[tuple[str, str]],
        *,
        now: int,
        stream: str = ANNOTATIONS,
    ) -> Written:
        """Mark annotations as deleted."""

    def forget_items(
        self, held: Lease, run_id: int, project_id: int, item_ids: list[int], *, now: int
    ) -> Written:
        """Mark items as deleted."""


class Sweep:
    """Notes every page of a complete scan on one connection, then finds what was not met."""

    def __init__(self, store: Forgetter, conn: Connection, held: Lease, stream: str) -> None:
        self._store = store
        self._conn = conn
        self._held = held
        self._stream = stream
        self._met_any = False

    def note(self, seen: Sequence[ScannedRecord]) -> None:
        """Note a page of the scan."""
        self._met_any = self._met_any or bool(seen)
        with self._conn.begin():
            reconcile.note(self._conn, seen)

    def finish(self, run_id: int, *, now: int, guarded: bool = True) -> int:
        """Mark what was not met as deleted; return how many.

        Raises:
            StopSource: too much is missing for a delete; nothing was marked.
        """
        if self._stream == ITEMS:
            return self._finish_items(run_id, now, guarded)
        with self._conn.begin():
            source_id, stream = self._held.source_id, self._stream
            found = reconcile.missing_annotations(self._conn, source_id, stream)
        if guarded and stream == ANNOTATIONS:
            self._guard(found, "annotations")
        done = [
            self._store.forget(self._held, run_id, one.keys, now=now, stream=stream)
            for one in found
        ]
        return sum(one.deleted for one in done)

    def _finish_items(self, run_id: int, now: int, guarded: bool) -> int:
        with self._conn.begin():
            found = reconcile.missing_items(self._conn, self._held.source_id)
        if guarded:
            self._guard([missing for missing, _ in found], "items")
        done = [
            self._store.forget_items(self._held, run_id, missing.project_id, ids, now=now)
            for missing, ids in found
        ]
        return sum(one.deleted for one in done)

    def _guard(self, found: Sequence[reconcile.Missing], what: str) -> None:
        for missing in found:
            reconcile.guard(self._held.source, missing, what, is_empty=not self._met_any)
