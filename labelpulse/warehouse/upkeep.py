"""What happens to facts without a record of theirs: they vanish, or their time comes."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, select

from labelpulse import schema
from labelpulse.core.events import AnnotationRecord, Origin, Status
from labelpulse.warehouse import facts, rollups
from labelpulse.warehouse.counting import Counting
from labelpulse.warehouse.decided import Decisions
from labelpulse.warehouse.facts import AnnotationFacts, Answers, ItemFacts
from labelpulse.warehouse.names import Names
from labelpulse.warehouse.outcome import How, Written
from labelpulse.warehouse.reconcile import IS_HELD
from labelpulse.warehouse.rollups import Rollups
from labelpulse.warehouse.there import Known, Name, There
from labelpulse.warehouse.writes import Writes


class Upkeep:
    """Changes items in memory, counts them before and after, and writes what changed."""

    def __init__(self, conn: Connection, kinds: Rollups, names: Names, how: How) -> None:
        self.conn = conn
        self.kinds = kinds
        self.names = names
        self.how = how
        self.writes = Writes()
        self.done = Written()
        self.there = There(conn, how.source_id)
        decisions = Decisions(conn, how.now, self.there.items)
        self.count = Counting(conn, kinds, names, how.now, decisions)

    def _finish(self) -> None:
        """Count what changed, and write facts and rollups."""
        self.count.follow_rules(self.names.changed)
        changed = self.count.apply()
        self.writes.flush(self.conn, self.how.source_id)
        rollups.bump(self.conn, changed)
        self.done.projects = changed

    def _keep(self, item: ItemFacts, row: AnnotationFacts) -> None:
        place = (item.project_id, row.id)
        group = self.writes.new if place in self.writes.new else self.writes.changed
        group[place] = row

    def _keep_key(self, name: Name, known: Known) -> None:
        self.there.know(name, known)
        self.writes.keys[name] = (
            *(self.how.stream, known.annotation_id, known.project_id),
            *(known.fingerprint, known.live),
        )

    def forget(self, missing: list[tuple[str, str]]) -> Written:
        """Mark annotations that the source no longer holds as deleted."""
        self.there.load_keys(native_id for native_id, _ in missing)
        self.there.load_items({})
        for name in missing:
            known = self.there.known(name)
            if known is not None:
                self._delete(name, known)
        self._finish()
        return self.done

    def forget_items(self, project_id: int, item_ids: list[int]) -> Written:
        """Mark items that the source no longer holds as deleted."""
        for item in self._loaded(project_id, item_ids):
            self.count.touch(item)
            item.deleted_at = self.how.now
            self.writes.items[project_id, item.id] = item
            self.done.deleted += 1
        self._finish()
        return self.done

    def release(self, project_id: int) -> Written:
        """Give a day to annotations that were stamped ahead of the source's clock until now."""
        row = schema.annotation.c
        ids = self.conn.scalars(
            select(row.item_id).where(
                row.project_id == project_id, IS_HELD, row.submitted_at <= self.how.now
            )
        ).all()
        for item in self._loaded(project_id, set(ids)):
            self.count.touch(item)
            for one in item.annotations.values():
                if one.held and (one.submitted_at or 0) <= self.how.now:
                    one.held = False
                    self._keep(item, one)
        self._finish()
        return self.done

    def _loaded(self, project_id: int, item_ids: Iterable[int]) -> list[ItemFacts]:
        items = list(facts.load(self.conn, project_id, item_ids).values())
        for item in items:
            self.there.remember(item)
        return items

    def _delete(self, name: Name, known: Known) -> None:
        """Mark a known annotation as deleted; what was done stays done."""
        item = self.there.item_of(known)
        row = item.annotations[known.annotation_id]
        self.count.touch(item)
        row.deleted_at = row.deleted_at or self.how.now
        self._keep(item, row)
        self._keep_key(name, known._replace(live=False))
        if row.origin != Origin.GOLD:  # the source never had it
            self.done.deleted += row.status != Status.DRAFT  # a submitted draft vanishes too

    def _assert_gold(self, item: ItemFacts, asserted: Answers, row: AnnotationFacts) -> None:
        if not asserted and not item.gold:
            return
        there = {c: answer for (c, a), answer in item.gold.items() if a == row.id}
        if asserted != there:
            self.count.touch(item)
            for control in there:
                del item.gold[control, row.id]
            item.gold.update({(c, row.id): answer for c, answer in asserted.items()})
            self.writes.gold[item.project_id, item.id, row.id] = asserted

    def _drop_reused(self, record: AnnotationRecord) -> None:
        """Mark the former annotations of a native id that the source gave away again."""
        for name, known in self._others(record):
            self._delete(name, known)

    def _take_back(self, record: AnnotationRecord) -> None:
        """Drop the other known answers of an item: what the file still asserts comes after."""
        for name, known in self._others(record):
            item = self.there.item_of(known)
            self._assert_gold(item, {}, item.annotations[known.annotation_id])
            self._delete(name, known)

    def _others(self, record: AnnotationRecord) -> Iterator[tuple[Name, Known]]:
        """Yield the live annotations of a record's native id that are not its own."""
        for unique in self.there.uniques(record.native_id):
            name = record.native_id, unique
            known = self.there.known(name)
            if unique != record.unique and known is not None and known.live:
                yield name, known
