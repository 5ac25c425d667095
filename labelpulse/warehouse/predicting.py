"""What models predict, into facts: told as state by live sources, as revisions by files.

A prediction that cannot be kept is left out: it is nobody's work, and so no record to set aside.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from labelpulse import schema
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import OPEN, PredictionRecord, Scale, canonical, prediction_digest
from labelpulse.core.rules import MAX_LABEL_LENGTH
from labelpulse.source import PREDICTIONS
from labelpulse.warehouse import bulk, facts
from labelpulse.warehouse.checks import check_prediction, check_text
from labelpulse.warehouse.facts import ItemFacts, PredictionFacts
from labelpulse.warehouse.names import Control, Project
from labelpulse.warehouse.outcome import Written
from labelpulse.warehouse.there import Known, Name
from labelpulse.warehouse.upkeep import Upkeep


class Predicting(Upkeep):
    """Writes predictions onto items that are loaded already."""

    _new_predictions: Iterator[int] = iter(())

    def _usable(self, records: Iterable[PredictionRecord]) -> list[PredictionRecord]:
        found = []
        for one in records:
            with suppress(SkipRecord):
                check_prediction(one)
                found.append(one)
        return found

    def _prepare_predictions(self, records: Sequence[PredictionRecord]) -> None:
        """Load what is known of predictions, and the items that they stand on; allot new ids."""
        names = {(one.native_id, one.unique) for one in records}
        self.there.load_predictions({native_id for native_id, _ in names})
        missing = sum(self.there.prediction(name) is None for name in names)
        self._new_predictions = iter(bulk.new_ids(self.conn, schema.prediction, missing))

    def _predict(self, item: ItemFacts, record: PredictionRecord) -> None:
        """Keep what a record says, unless something later is known."""
        name = (record.native_id, record.unique)
        known = self.there.prediction(name)
        new = self._said(record, next(self._new_predictions) if known is None else known[0])
        before = None if known is None else self.there.item_predicting(known)
        if before is not None:
            if not self.how.live and _order(new) < _order(before.predictions[new.id]):
                return
            if before is not item:
                self._take_off(before, new.id, item.project_id)
        if item.predictions.get(new.id) != new:
            self.count.touch(item)
            item.predictions[new.id] = new
            self.there.predicts(item, new.id)
            self.writes.predictions[item.project_id, new.id] = (item.id, new)
        known = Known(new.id, item.project_id, record.fingerprint, True)
        self._keep_prediction_key(name, known)

    def _said(self, record: PredictionRecord, prediction_id: int) -> PredictionFacts:
        project = self.names.project(self.conn, record.project)
        answers: facts.Answers = {}
        for control, value in record.answers:
            with suppress(SkipRecord, ValueError, OverflowError):
                found = self._answer(project, control, value)
                if found is not None:
                    answers[found[0]] = found[1:]
        return PredictionFacts(
            id=prediction_id,
            native_id=record.native_id,
            model_version_id=self.names.model(self.conn, project, record.model_version),
            score=record.score,
            created_at=record.created_at,
            deleted_at=None,
            revision=record.revision,
            digest=prediction_digest(record),
            answers=answers,
        )

    def _answer(
        self, project: Project, name: str, value: Any
    ) -> tuple[int, int | None, str | None] | None:
        """Return an answer as `Names.answer` does; None where nobody asks that question.

        A model never makes a control, changes its scale, or has its labels refused: what would is
        kept as a value, which no label equals.
        """
        control = project.controls.get(name)
        if control is None:
            return None
        options = value if isinstance(value, list) else [value]
        several = control.counts_as == Scale.NOMINAL and len(options) != 1
        if several or not self._has_room(project, control, options):
            text = canonical(value)
            check_text(text, value)
            return control.id, None, text
        return self.names.answer(self.conn, project, name, value)

    def _has_room(self, project: Project, control: Control, options: list[Any]) -> bool:
        """True when labels are known, or may join without having the control refused."""
        if control.counts_as in OPEN or not control.exact:
            return True
        new = [one for one in map(str, options) if one not in control.labels]
        fitting = all(len(one) <= MAX_LABEL_LENGTH for one in new)
        return not new or (fitting and not self.names.is_full(self.conn, project, control))

    def _take_off(self, item: ItemFacts, prediction_id: int, to: int) -> None:
        """Take a prediction from an item, before it goes to one of the project `to`."""
        self.count.touch(item)
        del item.predictions[prediction_id]
        if item.project_id != to:
            self.writes.predictions[item.project_id, prediction_id] = None

    def _keep_prediction_key(self, name: Name, known: Known) -> None:
        if known != self.there.prediction(name):
            self.there.know_prediction(name, known)
            self.writes.keys[name] = (PREDICTIONS, *known)

    def forget_predictions(self, missing: Sequence[Name]) -> Written:
        """Mark predictions that the source no longer holds; what was made of them stays."""
        self.there.load_predictions({native_id for native_id, _ in missing})
        self.there.load_items({})
        for name in missing:
            known = self.there.prediction(name)
            if known is not None:
                item = self.there.item_predicting(known)
                one = item.predictions[known.annotation_id]
                self.count.touch(item)
                gone = replace(one, deleted_at=one.deleted_at or self.how.now)
                item.predictions[one.id] = gone
                self.writes.predictions[item.project_id, one.id] = (item.id, gone)
                self._keep_prediction_key(name, known._replace(live=False))
        self._finish()
        return self.done


def _order(one: PredictionFacts) -> tuple[bool, int, int]:
    """What orders revisions in files: the greatest (revision, digest) counts."""
    return one.revision is not None, one.revision or 0, one.digest
