"""One batch of records into facts, rollups, cursors and quarantine, in the caller's transaction."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from labelpulse import schema
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    Batch,
    ItemRecord,
    PredictionRecord,
    Verdict,
    content_digest,
    digest,
    gold_unique,
    is_gold_only,
)
from labelpulse.source import GOLD
from labelpulse.warehouse import bulk, facts
from labelpulse.warehouse.checks import check
from labelpulse.warehouse.facts import AnnotationFacts, ItemFacts
from labelpulse.warehouse.merge import Incoming, Outcome, fresh, is_newest, merge
from labelpulse.warehouse.moving import spoken
from labelpulse.warehouse.names import Names, Project
from labelpulse.warehouse.outcome import How, Written
from labelpulse.warehouse.predicting import Predicting
from labelpulse.warehouse.rollups import Rollups
from labelpulse.warehouse.there import Known


class BatchWriter(Predicting):
    """Writes one batch. Items are loaded once, changed in memory, and counted before and after."""

    def __init__(self, conn: Connection, kinds: Rollups, names: Names, how: How) -> None:
        super().__init__(conn, kinds, names, how)
        self._free_ids: Iterator[int] = iter(())
        self._unmade: dict[int, ItemFacts] = {}

    def write(self, batch: Batch) -> Written:
        """Write projects, people, items, annotations, predictions; return what happened."""
        for project in batch.projects:
            self.names.register(self.conn, project)
        self.names.people.keep(self.conn, batch.people)
        records = [one for one in batch.annotations if self._can_hold(one)]
        predictions = self._usable(batch.predictions)
        self._prepare(batch.items, records, predictions)
        for item in batch.items:
            self._put_item(item)
        for record in records:
            try:
                self._put(record)
            except SkipRecord as error:
                self._refuse(record, error)
        for one in predictions:  # after the answers, which may have brought the question
            self._put_prediction(one)
        self.done.bad.extend(batch.bad)
        self.done.quarantined = len(self.done.bad)
        self._finish()
        return self.done

    def _can_hold(self, record: AnnotationRecord) -> bool:
        try:
            check(record)
        except SkipRecord as error:
            self._refuse(record, error)
            return False
        return True

    def _refuse(self, record: AnnotationRecord, error: SkipRecord) -> None:
        name, project = (
            text.encode(errors="replace").decode().replace("\x00", "?")
            for text in (record.location or record.native_id, record.project)
        )
        bad = BadRecord(self.how.stream, name, error.reason, str(error), project=project)
        self.done.bad.append(bad)

    def _prepare(
        self,
        items: Iterable[ItemRecord],
        records: Sequence[AnnotationRecord],
        predictions: Sequence[PredictionRecord],
    ) -> None:
        """Load what is known of the records and their items; allot ids to those that are new."""
        names = [(one.native_id, one.unique) for one in records]
        self.there.load_keys(native_id for native_id, _ in names)
        fresh_ids = bulk.new_ids(self.conn, schema.annotation, self.there.unknown(names))
        self._free_ids = iter(fresh_ids)
        self._prepare_predictions(predictions)
        wanted: dict[int, set[str]] = {}
        for item in items:
            wanted.setdefault(self._project_id(item.project), set()).add(item.native_id)
        named = [(one.project, one.item) for one in records]
        named += [(one.project, one.item) for one in predictions]
        for project, name in named:
            wanted.setdefault(self._project_id(project), set()).add(name)
        self.there.load_items(wanted)
        missing = self.there.missing(wanted)
        for new, place in zip(
            bulk.new_ids(self.conn, schema.item, len(missing)), missing, strict=True
        ):
            self._unmade[new] = ItemFacts(new, *place)
            self.there.remember(self._unmade[new])

    def _project_id(self, native_id: str) -> int:
        return self.names.project(self.conn, native_id).id

    def _make(self, item: ItemFacts) -> None:
        """Make an item when a record that can be used names it first."""
        if self._unmade.pop(item.id, None):
            self.writes.items[item.project_id, item.id] = item
            self.count.add(item)

    # --- items ---

    def _put_item(self, record: ItemRecord) -> None:
        project = self.names.project(self.conn, record.project)
        item = self.there.item(project.id, record.native_id)
        self._make(item)
        batch_id = self.names.batch(self.conn, project, record.batch) or item.batch_id
        created_at = record.created_at or item.created_at
        content = content_digest(record.content) or item.content
        new = (batch_id, record.required, created_at, content, None)
        if new != (item.batch_id, item.required, item.created_at, item.content, item.deleted_at):
            self.count.touch(item)
            item.batch_id, item.required, item.created_at, item.content, item.deleted_at = new
        elif (item.fingerprint, item.name) == (record.fingerprint, record.name or item.name):
            return
        item.fingerprint, item.name = record.fingerprint, record.name or item.name
        self.writes.items[project.id, item.id] = item

    def _put_prediction(self, record: PredictionRecord) -> None:
        project = self.names.project(self.conn, record.project)
        item = self.there.item(project.id, record.item)
        self._make(item)
        self._predict(item, record)

    # --- annotations ---

    def _put(self, record: AnnotationRecord) -> None:
        project = self.names.project(self.conn, record.project)
        item = self.there.item(project.id, record.item)
        new = self._incoming(project, item, record)  # may refuse; nothing has changed so far
        self._make(item)
        if self.how.live:
            self._drop_reused(record)
        elif is_gold_only(record) and record.unique == gold_unique(1):
            self._take_back(record)
        known = self.there.known((record.native_id, record.unique))
        if known is None:
            self._add(project, item, record, new)
            self._set_batch(project, item, record.batch)
            return
        row = self.there.item_of(known).annotations[known.annotation_id]
        newest = is_newest(row, new, self.how.live)
        self._change(project, item, record, new, known)
        if newest:
            self._set_batch(project, item, record.batch)

    def _set_batch(self, project: Project, item: ItemFacts, name: str | None) -> None:
        batch_id = self.names.batch(self.conn, project, name)
        if batch_id and batch_id != item.batch_id:
            self.count.touch(item)
            item.batch_id = batch_id
            self.writes.items[project.id, item.id] = item

    def _incoming(self, project: Project, item: ItemFacts, record: AnnotationRecord) -> Incoming:
        try:
            return self._in_ids(project, item, record)
        except UnicodeEncodeError:
            raise SkipRecord("bad_text", "a text holds half a character") from None
        except (ValueError, OverflowError):
            raise SkipRecord("bad_number", "a number is not finite") from None

    def _in_ids(self, project: Project, item: ItemFacts, record: AnnotationRecord) -> Incoming:
        return Incoming(
            record=record,
            digest=digest(record),
            item_id=item.id,
            author=self._person(record.annotator),
            unknown=self.names.people.unknown(self.conn),
            editor=self._person(record.editor),
            answers=self._answers(project, record.answers),
            gold=self._known_answers(project, record.gold),
            run_id=self.how.run_id,
            observed_at=self.how.now,
        )

    def _person(self, native_id: str | None) -> int | None:
        return None if native_id is None else self.names.people.id_of(self.conn, native_id)

    def _answers(self, project: Project, said: Iterable[tuple[str, Any]]) -> facts.Answers:
        answers = {}
        for name, value in said:
            control, label, text = self.names.answer(self.conn, project, name, value)
            answers[control] = (label, text)
        return answers

    def _known_answers(self, project: Project, said: Iterable[tuple[str, Any]]) -> facts.Answers:
        """Return known answers; a file's never change what a polled project asks."""
        if self.how.stream != GOLD:
            return self._answers(project, said)
        found = [self._answer(project, name, value) for name, value in said]
        return {one[0]: one[1:] for one in found if one is not None}

    def _add(
        self, project: Project, item: ItemFacts, record: AnnotationRecord, new: Incoming
    ) -> None:
        row = fresh(next(self._free_ids), new)
        self.count.touch(item)
        item.annotations[row.id] = row
        self.there.stands_on(row.id, item)
        self.writes.new[project.id, row.id] = row
        self._remember_key(project.id, record, row)
        self._after(project, item, new, row)
        self.done.loaded += 1

    def _remember_key(
        self, project_id: int, record: AnnotationRecord, row: AnnotationFacts
    ) -> None:
        name = record.native_id, record.unique
        known = Known(row.id, project_id, record.fingerprint, row.deleted_at is None)
        if known != self.there.known(name):
            self._keep_key(name, known)

    def _change(
        self,
        project: Project,
        item: ItemFacts,
        record: AnnotationRecord,
        new: Incoming,
        known: Known,
    ) -> None:
        there = self.there.item_of(known)
        row = before = there.annotations[known.annotation_id]
        if there.project_id != project.id:
            if not is_newest(row, new, self.how.live):
                self.done.unchanged += 1
                return
            before = self._translated(project, row)
        merged, outcome = merge(before, new, self.how.live)
        if outcome is not Outcome.SAME:
            self.count.touch(there)
            there.annotations[row.id] = merged
            if merged.item_id != there.id:
                self._move(there, item, merged)
            self._keep(item if merged.item_id == item.id else there, merged)
        if outcome is Outcome.CHANGED:
            self._log(project, row, merged, _author(row), row.updated_at)
            self._after(project, item, new, merged)
            self._count_change(before)
        else:
            self._log(project, new, merged, new.editor or new.author, record.updated_at)
            self._review(project, item if merged.item_id == item.id else there, record, merged)
            self.done.unchanged += 1
        self._remember_key(project.id, record, merged)

    def _count_change(self, before: AnnotationFacts) -> None:
        """Count a change as loaded, once an annotation a file, in whatever order it has revisions.

        Of several, all but the newest count as unchanged.
        """
        if not self.how.live and before.run_id == self.how.run_id:
            self.done.unchanged += 1
        else:
            self.done.loaded += 1

    def _log(
        self,
        project: Project,
        revision: AnnotationFacts | Incoming,
        present: AnnotationFacts,
        author: int | None,
        at: int | None,
    ) -> None:
        """Keep digest, author and time of a revision that is not the present one."""
        if revision.digest != present.digest:
            said = (author or self.names.people.unknown(self.conn), at, self.how.now)
            self.writes.revisions[project.id, present.id, revision.digest] = said

    def _translated(self, project: Project, row: AnnotationFacts) -> AnnotationFacts:
        """Return what was said in one project's controls and labels in those of another."""
        first, last = (
            None if said is None else self._answers(project, spoken(self.conn, said))
            for said in (row.first, row.last)
        )
        current = self._answers(project, spoken(self.conn, row.current))
        return replace(row, current=current, first=first, last=last)

    def _move(self, there: ItemFacts, item: ItemFacts, row: AnnotationFacts) -> None:
        """Put an annotation on another item; it keeps its submission."""
        self.count.touch(item)
        del there.annotations[row.id]
        dropped = [key for key in there.gold if key[1] == row.id]
        for key in dropped:
            del there.gold[key]
        self.writes.gold[there.project_id, there.id, row.id] = {}
        item.annotations[row.id] = row
        self.there.stands_on(row.id, item)
        if there.project_id != item.project_id:
            former = (there.project_id, row.id)
            if self.writes.new.pop(former, None) is None:
                self.writes.gone[former] = item.project_id
            else:
                self.writes.new[item.project_id, row.id] = row
            self.writes.changed.pop(former, None)

    def _after(
        self, project: Project, item: ItemFacts, new: Incoming, row: AnnotationFacts
    ) -> None:
        """Follow with the known answers that the record asserts, and with reviews."""
        self._assert_gold(item, new.gold, row)
        if row.editor_id is not None and row.last is not None:
            said = (row.editor_id, int(Verdict.FIXED), row.updated_at)
            self._keep_review(project, item, row, "overwrite", said)
        self._review(project, item, new.record, row)

    def _review(
        self, project: Project, item: ItemFacts, record: AnnotationRecord, row: AnnotationFacts
    ) -> None:
        """Keep the verdict that a record carries; one of another time is another review."""
        if record.verdict is not None:
            at = record.reviewed_at
            said = (self._person(record.reviewer), int(record.verdict), at)
            name = "verdict" if at is None else f"verdict {at}"
            self._keep_review(project, item, row, name, said)

    def _keep_review(
        self, project: Project, item: ItemFacts, row: AnnotationFacts, name: str, said: facts.Said
    ) -> None:
        if row.reviews.get(name) != said:
            self.count.touch(item)
            row.reviews = {**row.reviews, name: said}
            self.writes.reviews[project.id, row.id, name] = said


def _author(row: AnnotationFacts) -> int:
    """Return who wrote the present content."""
    return row.annotator_id if row.editor_id is None else row.editor_id
