"""The warehouse as collectors use it: every method is one transaction under the source's lease."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, select, update

from labelpulse import schema
from labelpulse.core.errors import NegativeCount
from labelpulse.core.events import Batch, ProjectRecord
from labelpulse.source import PREDICTIONS
from labelpulse.warehouse import (
    bulk,
    generations,
    projects,
    reconcile,
    rollups,
    runs,
)
from labelpulse.warehouse.configured import Configured
from labelpulse.warehouse.lease import Lease
from labelpulse.warehouse.outcome import How, Judge, Written, accept
from labelpulse.warehouse.runs import Former
from labelpulse.warehouse.sweep import Sweep
from labelpulse.warehouse.write import BatchWriter


class Warehouse(Configured):
    """Facts and rollups in one database, written only through here.

    Args:
        engine: from `labelpulse.warehouse.engine.connect`, already upgraded.
        kinds: the rollups to keep (`labelpulse.metrics.registry.ROLLUPS`).
        clock: microseconds UTC.
    """

    # --- sources, leases, runs ---

    def source(self, name: str, type_: str) -> int:
        """Return the id of a source, made when it is new."""
        table = schema.source
        known = select(table.c.id, table.c.type).where(table.c.name == name)
        with self._reads.connect() as conn:
            row = conn.execute(known).first()
        if row is not None and row.type == type_:
            return int(row.id)
        with self.engine.begin() as conn:
            found = bulk.named(conn, table, name, type=type_, created_at=self.clock())
            conn.execute(update(table).where(table.c.id == found).values(type=type_))
            return found

    def start_run(self, held: Lease, kind: str, **more: Any) -> int:
        """Record that a run began; more: file_name, file_hash, options_hash, project_id."""
        with self.transaction(held) as conn:
            return runs.start(conn, held.source_id, kind, self.clock(), **more)

    def finish_run(  # noqa: PLR0913 - keyword-only: what ended with the run
        self,
        held: Lease,
        run_id: int,
        state: str,
        message: str = "",
        *,
        source_state: str | None = None,
        polled: bool = True,
        swept: bool = False,
        cursors: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Record how a run ended (ok, partial, failed) and when; the source's state with it.

        Args:
            source_state: None = it stays; its reason is the message.
            polled: False = the run says nothing of how its source stands.
            swept: a poll has read the whole of its source.
            cursors: where streams stand that brought nothing new.
        """
        now = self.clock()
        with self.transaction(held) as conn:
            runs.move(conn, held.source_id, cursors, now)
            runs.finish(conn, run_id, state, message, now)
            source: dict[str, Any] = {"tried_at": now}
            if state != "failed":
                source["ok_at"] = now
                runs.release(conn, held.source_id, run_id, swept, now)
            if source_state is not None:
                source |= {"state": source_state, "state_reason": message}
            if polled:
                self._set_source(conn, held, source)

    def set_state(self, held: Lease, state: str, reason: str = "", **more: Any) -> None:
        """Set a source's state: new, ok, retrying, broken; more: loading, complete_from."""
        with self.transaction(held) as conn:
            values = {"state": state, "state_reason": reason, "tried_at": self.clock()}
            self._set_source(conn, held, {**values, **more})

    def _set_source(self, conn: Connection, held: Lease, values: Mapping[str, Any]) -> None:
        table = schema.source
        conn.execute(update(table).where(table.c.id == held.source_id).values(**values))

    # --- writing ---

    def register(self, held: Lease, record: ProjectRecord) -> int:
        """Keep what a source says of a project; return its id."""
        with self.transaction(held) as conn:
            return self._names_of(conn, held).register(conn, record).id

    def write(  # noqa: PLR0913 - keyword-only: how this batch was read
        self,
        held: Lease,
        run_id: int,
        batch: Batch,
        *,
        live: bool,
        observed_at: int | None = None,
        stream: str = "annotation",
        repaired: bool = False,
        judge: Judge = accept,
    ) -> Written:
        """Write a batch with its cursors, quarantine and counts, in one transaction.

        Args:
            live: the source is read as state, so the later read wins; else revisions decide.
            observed_at: the source's clock; later stamps have no day yet.
            repaired: the changes were found by a sweep, not by a poll.
            judge: called before the commit with what was done; raises to undo all of it.
        """
        how = How(held.source_id, run_id, live, observed_at or self.clock(), stream)
        return self._change(held, how, lambda w: w.write(batch), batch, repaired, judge)

    def forget(
        self,
        held: Lease,
        run_id: int,
        missing: list[tuple[str, str]],
        *,
        now: int,
        stream: str = "annotation",
    ) -> Written:
        """Mark annotations (or predictions) as deleted that the source no longer holds."""
        how = How(held.source_id, run_id, True, now, stream)
        predictions = stream == PREDICTIONS
        return self._change(
            held, how, lambda w: (w.forget_predictions if predictions else w.forget)(missing)
        )

    def forget_items(
        self, held: Lease, run_id: int, project_id: int, item_ids: list[int], *, now: int
    ) -> Written:
        """Mark items as deleted that the source no longer holds."""
        how = How(held.source_id, run_id, True, now)
        return self._change(held, how, lambda w: w.forget_items(project_id, item_ids))

    def release_held(self, held: Lease, run_id: int, *, now: int) -> None:
        """Give their day to annotations whose stamp lay ahead of the source's clock until now."""
        how = How(held.source_id, run_id, True, now)
        with self._reads.connect() as conn:
            waiting = reconcile.waiting(conn, held.source_id, now)
        for project_id in waiting:
            self._change(held, how, lambda w, one=project_id: w.release(one))  # type: ignore[misc]

    def _change(
        self,
        held: Lease,
        how: How,
        act: Callable[[BatchWriter], Written],
        batch: Batch = Batch(),  # noqa: B008 - frozen and empty
        repaired: bool = False,
        judge: Judge = accept,
    ) -> Written:
        now = self.clock()
        try:
            with self.transaction(held) as conn:
                names = self._names_of(conn, held)
                done = act(BatchWriter(conn, self.kinds, names, how))
                aside = runs.set_aside(conn, held.source_id, how.run_id, done.bad, now)
                done.newly_bad = aside[Former.NONE]
                if how.live:  # a sweep after a poll meets the same records again
                    done.quarantined -= aside[Former.THIS_RUN]
                judge(done)
                runs.move(conn, held.source_id, batch.cursors, now)
                runs.count(
                    conn,
                    how.run_id,
                    read=done.read,
                    loaded=done.loaded,
                    unchanged=done.unchanged,
                    quarantined=done.quarantined,
                    deleted=done.deleted,
                    repaired=done.loaded if repaired else 0,
                )
                return done
        except NegativeCount:
            self._distrust(held)
            raise

    def _distrust(self, held: Lease) -> None:
        """Mark the source's rollups as wrong, so that the next run counts them anew."""
        with self.transaction(held) as conn:
            generations.distrust(conn, held.source_id)

    # --- reconciling ---

    @contextmanager
    def sweep(self, held: Lease, stream: str) -> Iterator[Sweep]:
        """Follow a complete scan, to find what vanished."""
        with self._reads.connect() as conn:
            with conn.begin():
                bulk.make_empty(conn, reconcile.seen_table)
            yield Sweep(self, conn, held, stream)

    def gone_projects(self, held: Lease, present: Sequence[str]) -> list[str]:
        """Mark projects as gone that a source no longer lists; return their titles."""
        with self._reads.connect() as conn:
            gone = projects.vanished(conn, held.source_id, present)
        if gone:
            with self.transaction(held) as conn:
                projects.mark_gone(conn, gone)
                rollups.bump(conn, gone)
        return list(gone.values())

    def reconciled(self, held: Lease, source_rows: Mapping[str, int]) -> dict[str, int]:
        """Note how many rows the source holds by native project id; return the gaps."""
        ids = self.projects(held.source_id)
        with self.transaction(held) as conn:
            return {
                native_id: reconcile.record_counts(conn, ids[native_id], rows, self.clock())
                for native_id, rows in source_rows.items()
                if native_id in ids
            }
