"""What the warehouse holds of its sources, asked without a write lock."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Engine, distinct, func, or_, select

from labelpulse import schema
from labelpulse.core.events import Origin, ScannedRecord
from labelpulse.source import Counts
from labelpulse.warehouse import called, reconcile, runs
from labelpulse.warehouse.called import Called
from labelpulse.warehouse.engine import reading
from labelpulse.warehouse.settings import make_rules, stored


class Questions:
    """Questions that collectors ask before they write."""

    def __init__(self, engine: Engine) -> None:
        self._reads = reading(engine)

    def sources(self) -> dict[int, str]:
        """Return id -> name of every source."""
        table = schema.source
        with self._reads.connect() as conn:
            return {row.id: row.name for row in conn.execute(select(table.c.id, table.c.name))}

    def source_called(self, name: str) -> tuple[int, str] | None:
        """Return id and type of a source; None where there is none of that name."""
        table = schema.source.c
        with self._reads.connect() as conn:
            row = conn.execute(select(table.id, table.type).where(table.name == name)).first()
        return None if row is None else (row.id, row.type)

    def same_file(self, source_id: int, file_hash: str, options_hash: str) -> int | None:
        """Return how many records an equal load read before; None when there was none."""
        with self._reads.connect() as conn:
            return runs.same_file(conn, source_id, file_hash, options_hash)

    def cursors(self, source_id: int) -> dict[str, Any]:
        """Return where each stream of a source stands."""
        with self._reads.connect() as conn:
            return runs.cursors(conn, source_id)

    def projects(self, source_id: int) -> dict[str, int]:
        """Return native id -> id of a source's projects."""
        project = schema.project.c
        with self._reads.connect() as conn:
            rows = conn.execute(
                select(project.native_id, project.id).where(project.source_id == source_id)
            )
            return {row.native_id: row.id for row in rows}

    def titles(self, source_id: int) -> dict[int, str]:
        """Return id -> title of a source's projects."""
        project = schema.project.c
        with self._reads.connect() as conn:
            rows = conn.execute(
                select(project.id, project.title).where(project.source_id == source_id)
            )
            return {row.id: row.title for row in rows}

    def active(self, source_id: int) -> dict[str, str]:
        """Return native id -> title of the projects that a source still lists."""
        project = schema.project.c
        own = (project.source_id == source_id, project.state == "active")
        with self._reads.connect() as conn:
            rows = conn.execute(select(project.native_id, project.title).where(*own))
            return {row.native_id: row.title for row in rows}

    def said(self, project_id: int, origin: str) -> dict[str, Any]:
        """Return the settings that one origin gives a project."""
        with self._reads.connect() as conn:
            return stored(conn, project_id, origin)

    def items_there(self, project_id: int, native_ids: Collection[str]) -> set[str]:
        """Return those of the native ids that are items of a project and not deleted."""
        with self._reads.connect() as conn:
            return called.there(conn, project_id, native_ids)

    def items_called(self, project_id: int) -> Iterator[Called]:
        """Yield the items of a project that have a name and are not deleted."""
        with self._reads.connect() as conn:
            yield from called.names(conn, project_id)

    def scales(self, project_id: int) -> dict[str, str]:
        """Return question -> scale of a project, as its rules have it."""
        with self._reads.connect() as conn:
            found = make_rules(conn, project_id).controls.values()
        return {one.name: str(one.scale) for one in found}

    def torn_gold(self, project_id: int) -> list[str]:
        """Return the items of a project whose asserted known answers conflict, by native id."""
        gold, item = schema.gold.c, schema.item.c
        labels, values = func.count(distinct(gold.label_id)), func.count(distinct(gold.value))
        torn = (
            select(gold.item_id)
            .where(gold.project_id == project_id)
            .group_by(gold.item_id, gold.control_id)
            .having(or_(labels > 1, values > 1, (labels > 0) & (values > 0)))
        )
        query = select(item.native_id).where(item.project_id == project_id, item.id.in_(torn))
        with self._reads.connect() as conn:
            return list(conn.scalars(query.order_by(item.native_id)))

    def unanswered_gold(self, project_id: int) -> list[str]:
        """Return the items of a project that only known answers name, by native id."""
        gold, item, note = schema.gold.c, schema.item.c, schema.annotation.c
        known = select(gold.item_id).where(gold.project_id == project_id)
        by_people = select(note.item_id).where(
            note.project_id == project_id, note.origin == Origin.PERSON
        )
        query = select(item.native_id).where(
            *(item.project_id == project_id, item.deleted_at.is_(None)),
            *(item.id.in_(known), item.id.not_in(by_people)),
        )
        with self._reads.connect() as conn:
            return list(conn.scalars(query.order_by(item.native_id)))

    def differing(self, source_id: int, stream: str, seen: Sequence[ScannedRecord]) -> list[str]:
        """Return the native ids whose fingerprint differs from what the warehouse holds."""
        with self._reads.connect() as conn:
            return reconcile.differing(conn, source_id, stream, seen)

    def live_counts(self, source_id: int) -> dict[str, Counts]:
        """Return what the warehouse holds of a source now, by native project id."""
        rows, project = schema.live_rows.c, schema.project.c
        with self._reads.connect() as conn:
            found = conn.execute(
                select(project.native_id, rows.n, rows.gold, rows.skipped)
                .outerjoin(schema.live_rows, rows.project_id == project.id)
                .where(project.source_id == source_id, project.state == "active")
            )
            return {row[0]: Counts(row[1] or 0, row[2] or 0, row[3] or 0) for row in found}
