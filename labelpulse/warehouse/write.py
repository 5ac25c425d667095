"""One batch of records into facts, rollups, cursors and quarantine, in the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, select

from labelpulse import schema
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    Batch,
    ItemRecord,
    Status,
    Verdict,
    digest,
)
from labelpulse.core.rules import Rules
from labelpulse.warehouse import bulk, facts, generations, rollups, settings
from labelpulse.warehouse.facts import AnnotationFacts, ItemFacts, Writes
from labelpulse.warehouse.merge import Incoming, Outcome, fresh, merge
from labelpulse.warehouse.names import Names, Project
from labelpulse.warehouse.rollups import Rollups, Sums

Place = tuple[int, int]
"""(project id, annotation id)."""


@dataclass(slots=True)
class Written:
    """What one batch did, in records."""

    loaded: int = 0
    unchanged: int = 0
    deleted: int = 0
    quarantined: int = 0
    projects: set[int] = field(default_factory=set)
    bad: list[BadRecord] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class How:
    """How a batch is to be written.

    Attributes:
        live: the source is read as state, so the later read wins.
        now: the source's clock, microseconds UTC.
        stream: which of the source's streams the annotations come from.
    """

    source_id: int
    run_id: int
    live: bool
    now: int
    stream: str = "annotation"


class BatchWriter:
    """Writes one batch. Items are loaded once, changed in memory, and counted before and after."""

    def __init__(self, conn: Connection, kinds: Rollups, names: Names, how: How) -> None:
        self.conn = conn
        self.kinds = kinds
        self.names = names
        self.how = how
        self.writes = Writes()
        self.deltas: dict[str, Sums] = {}
        self.done = Written()
        self._items: dict[tuple[int, str], ItemFacts] = {}
        self._by_id: dict[Place, ItemFacts] = {}
        self._touched: dict[Place, ItemFacts] = {}
        self._rules: dict[int, Rules] = {}
        self._options: dict[int, Mapping[int, tuple[int, ...]]] = {}
        self._keys: dict[tuple[str, str], tuple[int, int, str, bool]] = {}

    def write(self, batch: Batch) -> Written:
        """Write projects, people, items and annotations; return what happened."""
        for project in batch.projects:
            self.names.register(self.conn, project)
        self.names.people(self.conn, batch.people)
        self._prepare(batch)
        for item in batch.items:
            self._put_item(item)
        for record in batch.annotations:
            try:
                self._put(record)
            except SkipRecord as error:
                self._refuse(record, error)
        self.done.bad.extend(batch.bad)
        self.done.quarantined = len(self.done.bad)
        self._finish()
        return self.done

    def _refuse(self, record: AnnotationRecord, error: SkipRecord) -> None:
        place, _, row = record.place.rpartition(" line ")
        self.done.bad.append(
            BadRecord(place or self.how.stream, row or record.native_id, error.reason, str(error))
        )

    # --- reading what is there ---

    def _prepare(self, batch: Batch) -> None:
        """Load the keys and items that the batch speaks of, in a few queries."""
        self._load_keys([one.native_id for one in batch.annotations])
        fresh_keys = {(one.native_id, one.unique) for one in batch.annotations} - self._keys.keys()
        self._free_ids = list(bulk.new_ids(self.conn, schema.annotation, len(fresh_keys)))
        wanted: dict[str, set[str]] = {}
        for item in batch.items:
            wanted.setdefault(item.project, set()).add(item.native_id)
        for one in batch.annotations:
            wanted.setdefault(one.project, set()).add(one.item)
        by_project: dict[int, set[int]] = {}
        for native_id, items in wanted.items():
            project = self.names.project(self.conn, native_id)
            by_project.setdefault(project.id, set()).update(self._item_ids(project, items))
        self._add_former_items(by_project)
        for project_id, ids in by_project.items():
            for there in facts.load(self.conn, project_id, ids).values():
                self._remember(there)
        self._make_items(wanted)

    def _load_keys(self, native_ids: list[str]) -> None:
        key = schema.annotation_key.c
        rows = self.conn.execute(
            select(
                *(key.native_id, key.unique_key, key.annotation_id, key.project_id),
                *(key.fingerprint, key.live),
            ).where(
                key.source_id == self.how.source_id,
                key.native_id.in_(bulk.among_texts(self.conn, set(native_ids))),
            )
        )
        for native_id, unique, *rest in rows:
            self._keys[native_id, unique] = (rest[0], rest[1], rest[2], bool(rest[3]))
        self._uniques: dict[str, list[str]] = {}
        for native_id, unique in self._keys:
            self._uniques.setdefault(native_id, []).append(unique)

    def _item_ids(self, project: Project, names: set[str]) -> list[int]:
        item = schema.item.c
        return list(
            self.conn.scalars(
                select(item.id).where(
                    item.project_id == project.id,
                    item.native_id.in_(bulk.among_texts(self.conn, names)),
                )
            )
        )

    def _add_former_items(self, by_project: dict[int, set[int]]) -> None:
        """Add the items that known annotations stand on now: they may be moving."""
        places: dict[int, list[int]] = {}
        for annotation_id, project_id, _, _ in self._keys.values():
            places.setdefault(project_id, []).append(annotation_id)
        annotation = schema.annotation.c
        for project_id, ids in places.items():
            items = self.conn.scalars(
                select(annotation.item_id).where(
                    annotation.project_id == project_id,
                    annotation.id.in_(bulk.among(self.conn, ids)),
                )
            )
            by_project.setdefault(project_id, set()).update(items)

    def _remember(self, item: ItemFacts) -> None:
        self._items[item.project_id, item.native_id] = item
        for annotation_id in item.annotations:
            self._by_id[item.project_id, annotation_id] = item

    def _make_items(self, wanted: Mapping[str, set[str]]) -> None:
        missing = [
            (self.names.project(self.conn, project).id, name)
            for project, items in wanted.items()
            for name in sorted(items)
        ]
        missing = [place for place in missing if place not in self._items]
        ids = bulk.new_ids(self.conn, schema.item, len(missing))
        for new, (project_id, name) in zip(ids, missing, strict=True):
            item = ItemFacts(new, project_id, name)
            self._items[project_id, name] = item
            self.writes.items[project_id, new] = item
            self._touched[project_id, new] = item  # it contributed nothing before

    # --- counting before and after ---

    def _rules_of(self, project_id: int) -> Rules:
        if project_id not in self._rules:
            rules = generations.current(self.conn, project_id)
            if rules is None:
                rules = settings.make_rules(self.conn, project_id)
                generations.adopt(self.conn, self.kinds, project_id, rules, self.how.now)
            self._rules[project_id] = rules
        return self._rules[project_id]

    def touch(self, item: ItemFacts) -> None:
        """Take away what an item contributes before its first change."""
        place = (item.project_id, item.id)
        if place not in self._touched:
            self._count(item, -1)
            self._touched[place] = item

    def _count(self, item: ItemFacts, sign: int) -> None:
        rules = self._rules_of(item.project_id)
        state = item.state(self.names.known, self.names.options)
        self.kinds.contribute(state, rules, self.deltas, sign)

    def _finish(self) -> None:
        self._refresh_rules()
        for item in self._touched.values():
            self._count(item, 1)
        changed = rollups.apply(self.conn, self.kinds, self.deltas)
        self.writes.flush(self.conn, self.how.source_id)
        changed.update(project_id for project_id, _ in self._touched)
        rollups.bump(self.conn, changed)
        self.done.projects = changed

    def _refresh_rules(self) -> None:
        """Follow new controls and labels; what needs a recount waits for `apply_rules`."""
        for project_id in self.names.changed:
            new = settings.make_rules(self.conn, project_id)
            old = generations.current(self.conn, project_id)
            if old is None or (old.counts_like(new) and old != new):
                generations.adopt(self.conn, self.kinds, project_id, new, self.how.now)
                self._rules[project_id] = new
        self.names.changed.clear()

    # --- items ---

    def _put_item(self, record: ItemRecord) -> None:
        project = self.names.project(self.conn, record.project)
        item = self._items[project.id, record.native_id]
        batch_id = self.names.batch(self.conn, project, record.batch) or item.batch_id
        created_at = record.created_at or item.created_at
        new = (batch_id, record.required, created_at, None)
        if new != (item.batch_id, item.required, item.created_at, item.deleted_at):
            self.touch(item)
            item.batch_id, item.required, item.created_at, item.deleted_at = new
        elif item.fingerprint == record.fingerprint:
            return
        item.fingerprint = record.fingerprint
        self.writes.items[project.id, item.id] = item

    # --- annotations ---

    def _put(self, record: AnnotationRecord) -> None:
        check(record)
        project = self.names.project(self.conn, record.project)
        item = self._items[project.id, record.item]
        if self.how.live:
            self._drop_reused(record)
        new = self._incoming(project, record)
        known = self._keys.get((record.native_id, record.unique))
        if known is None:
            self._add(project, item, record, new)
        else:
            self._change(project, item, record, new, known)
        self._set_batch(project, item, record.batch)

    def _set_batch(self, project: Project, item: ItemFacts, name: str | None) -> None:
        batch_id = self.names.batch(self.conn, project, name)
        if batch_id and batch_id != item.batch_id:
            self.touch(item)
            item.batch_id = batch_id
            self.writes.items[project.id, item.id] = item

    def _incoming(self, project: Project, record: AnnotationRecord) -> Incoming:
        answers = dict(self._answer(project, name, value) for name, value in record.answers)
        author = record.annotator
        editor = record.editor
        stamped = record.submitted_at
        return Incoming(
            record=record,
            digest=digest(record),
            author=None if author is None else self.names.annotator(self.conn, author)[0],
            unknown=self.names.unknown(self.conn),
            editor=None if editor is None else self.names.annotator(self.conn, editor)[0],
            answers=answers,
            held=stamped is not None and stamped > self.how.now,
            run_id=self.how.run_id,
            observed_at=self.how.now,
        )

    def _answer(self, project: Project, name: str, value: object) -> tuple[int, facts.Answer]:
        control, label, text = self.names.answer(self.conn, project, name, value)
        return control, (label, text)

    def _add(
        self, project: Project, item: ItemFacts, record: AnnotationRecord, new: Incoming
    ) -> None:
        row = fresh(self._free_ids.pop(), item.id, new)
        self.touch(item)
        item.annotations[row.id] = row
        self._by_id[project.id, row.id] = item
        self.writes.new[project.id, row.id] = row
        self._remember_key(project, record, row)
        self._after(project, item, record, new, row)
        self.done.loaded += 1

    def _remember_key(
        self, project: Project, record: AnnotationRecord, row: AnnotationFacts
    ) -> None:
        names = (record.native_id, record.unique)
        live = row.deleted_at is None
        if names not in self._keys:
            self._uniques.setdefault(record.native_id, []).append(record.unique)
        self._keys[names] = (row.id, project.id, record.fingerprint, live)
        self.writes.keys[names] = (
            *(self.how.stream, row.id, project.id),
            *(record.fingerprint, live),
        )

    def _change(
        self,
        project: Project,
        item: ItemFacts,
        record: AnnotationRecord,
        new: Incoming,
        known: tuple[int, int, str, bool],
    ) -> None:
        annotation_id, project_id, fingerprint, live = known
        there = self._by_id[project_id, annotation_id]
        row = there.annotations[annotation_id]
        merged = replace(row)
        outcome = merge(merged, new, self.how.live)
        if outcome is not Outcome.SAME:
            self.touch(there)
            there.annotations[annotation_id] = merged
            if outcome is Outcome.CHANGED and there is not item:
                self._move(project, there, item, merged)
            self._keep(item if merged.item_id == item.id else there, merged)
        if outcome is Outcome.CHANGED:
            self._log(project, merged, row.digest, row)
            self._after(project, item, record, new, merged)
            self.done.loaded += 1
        else:
            self._log(project, merged, new.digest, merged)
            self.done.unchanged += 1
        if (record.fingerprint, merged.deleted_at is None) != (fingerprint, live):
            self._remember_key(project, record, merged)

    def _keep(self, item: ItemFacts, row: AnnotationFacts) -> None:
        place = (item.project_id, row.id)
        group = self.writes.new if place in self.writes.new else self.writes.changed
        group[place] = row

    def _log(
        self, project: Project, row: AnnotationFacts, digest_: int, who: AnnotationFacts
    ) -> None:
        """Keep digest, author and time of a revision that is not the present one."""
        if digest_ != row.digest:
            author = who.editor_id or who.annotator_id
            said = (author, who.updated_at, self.how.now)
            self.writes.revisions[project.id, row.id, digest_] = said

    def _move(
        self, project: Project, there: ItemFacts, item: ItemFacts, row: AnnotationFacts
    ) -> None:
        """Put an annotation on another item; it keeps its submission."""
        self.touch(item)
        del there.annotations[row.id]
        dropped = [key for key in there.gold if key[1] == row.id]
        for key in dropped:
            del there.gold[key]
        self.writes.gold[there.project_id, there.id, row.id] = {}
        item.annotations[row.id] = row
        row.item_id = item.id
        self._by_id[project.id, row.id] = item
        if there.project_id != project.id:
            row.first = row.last = None  # they speak of the former project's controls
            former = (there.project_id, row.id)
            if self.writes.new.pop(former, None) is None:
                self.writes.gone.add(former)
            else:
                self.writes.new[project.id, row.id] = row
            self.writes.changed.pop(former, None)

    def _after(
        self,
        project: Project,
        item: ItemFacts,
        record: AnnotationRecord,
        new: Incoming,
        row: AnnotationFacts,
    ) -> None:
        """Follow with the known answers that the record asserts, and with reviews."""
        self._assert_gold(project, item, record, row)
        place = (project.id, row.id)
        if row.editor_id is not None and row.last is not None:
            said = (row.editor_id, int(Verdict.FIXED), row.updated_at)
            self.writes.reviews[*place, "overwrite"] = said
        if record.verdict is not None:
            reviewer = None
            if record.reviewer is not None:
                reviewer = self.names.annotator(self.conn, record.reviewer)[0]
            said_by = (reviewer, int(record.verdict), record.reviewed_at)
            self.writes.reviews[*place, "verdict"] = said_by

    def _assert_gold(
        self, project: Project, item: ItemFacts, record: AnnotationRecord, row: AnnotationFacts
    ) -> None:
        asserted = dict(self._answer(project, name, value) for name, value in record.gold)
        there = {c: answer for (c, a), answer in item.gold.items() if a == row.id}
        if asserted != there:
            self.touch(item)
            for control in there:
                del item.gold[control, row.id]
            item.gold.update({(c, row.id): answer for c, answer in asserted.items()})
            self.writes.gold[project.id, item.id, row.id] = asserted

    def _drop_reused(self, record: AnnotationRecord) -> None:
        """Mark the former annotations of a native id that the source gave away again."""
        for unique in self._uniques.get(record.native_id, ()):
            known = self._keys[record.native_id, unique]
            if unique != record.unique and known[3]:
                self.delete(record.native_id, unique)

    def forget(self, missing: list[tuple[str, str]]) -> Written:
        """Mark annotations that the source no longer holds as deleted."""
        self._load_keys([native_id for native_id, _ in missing])
        by_project: dict[int, set[int]] = {}
        self._add_former_items(by_project)
        for project_id, ids in by_project.items():
            for item in facts.load(self.conn, project_id, ids).values():
                self._remember(item)
        for native_id, unique in missing:
            self.delete(native_id, unique)
        self._finish()
        return self.done

    def forget_items(self, project_id: int, item_ids: list[int]) -> Written:
        """Mark items that the source no longer holds as deleted."""
        for item in facts.load(self.conn, project_id, item_ids).values():
            self.touch(item)
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
                row.project_id == project_id, row.held, row.submitted_at <= self.how.now
            )
        ).all()
        for item in facts.load(self.conn, project_id, set(ids)).values():
            self.touch(item)
            for one in item.annotations.values():
                if one.held and (one.submitted_at or 0) <= self.how.now:
                    one.held = False
                    self._keep(item, one)
        self._finish()
        return self.done

    def delete(self, native_id: str, unique: str) -> None:
        """Mark a known annotation as deleted; what was done stays done."""
        annotation_id, project_id, fingerprint, _ = self._keys[native_id, unique]
        item = self._by_id[project_id, annotation_id]
        row = item.annotations[annotation_id]
        self.touch(item)
        row.deleted_at = row.deleted_at or self.how.now
        self._keep(item, row)
        self._keys[native_id, unique] = (annotation_id, project_id, fingerprint, False)
        self.writes.keys[native_id, unique] = (
            *(self.how.stream, annotation_id, project_id),
            *(fingerprint, False),
        )
        self.done.deleted += 1


EARLIEST = -62_135_596_800_000_000 + 2 * 86_400_000_000
LATEST = 253_402_300_799_000_000 - 2 * 86_400_000_000


def check(record: AnnotationRecord) -> None:
    """Refuse a record that no warehouse can hold.

    Raises:
        SkipRecord: a time outside years 1 to 9999, a NUL character, or a number too large.
    """
    for at in (record.submitted_at, record.updated_at, record.started_at, record.reviewed_at):
        if at is not None and not EARLIEST <= at <= LATEST:
            raise SkipRecord("bad_time", "a time lies outside the years 1 to 9999")
    numbers = (record.time_spent_ms, record.revision)
    if any(number is not None and abs(number) >= 2**62 for number in numbers):
        raise SkipRecord("bad_number", "a number is too large to be kept exactly")
    texts = (record.native_id, record.item, record.annotator or "", record.batch or "")
    if any("\x00" in text for text in texts) or _has_nul((record.answers, record.gold)):
        raise SkipRecord("nul_character", "a text holds a NUL character")


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_has_nul(one) for pair in value.items() for one in pair)
    return isinstance(value, list | tuple) and any(_has_nul(one) for one in value)
