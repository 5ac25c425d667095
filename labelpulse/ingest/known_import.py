"""A file of known answers on its way into a project that is polled.

read (to the end) ─► nothing but known answers? ─► items found by id or name ─► written, rules

Its work comes from its own database, so a file adds to it neither items nor work nor questions, and
says nothing of how its source stands. It is read however often it was read before, since items that
it knows may have come meanwhile; what is known already stays as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from labelpulse.core.errors import UsageError
from labelpulse.core.events import Batch, Scale
from labelpulse.core.formats import plural, some
from labelpulse.ingest.child import Form
from labelpulse.ingest.formats import TABLES
from labelpulse.ingest.import_file import BATCH, FileImport, Into
from labelpulse.ingest.import_settings import Data
from labelpulse.ingest.known import KINDS, Questions
from labelpulse.ingest.placing import UNKNOWN, Places, Placing
from labelpulse.ingest.polled import Polled
from labelpulse.ingest.stage import Stage, Summary
from labelpulse.source import GOLD, ImportOptions
from labelpulse.warehouse import settings
from labelpulse.warehouse.lease import Lease

COLUMN = "column"


class KnownImport(FileImport):
    """One file, or one folder that is a data set, of known answers.

    Args:
        polled: the project that they are about.
    """

    def __init__(self, into: Into, path: Path, name: str | None, polled: Polled) -> None:
        flags = replace(into.flags, project=polled.title)  # which the configuration knows it by
        super().__init__(replace(into, flags=flags, type=polled.type), path, name)
        self.polled = polled
        self._scales = self.warehouse.scales(polled.project_id)
        self._kinds: Mapping[str, str] = {}
        self._placing: Placing | None = None

    def _kept(self) -> Data:
        return {}

    def _known(self, file_hash: str, options_hash: str) -> bool:  # noqa: ARG002 - see above
        return False

    def _options(self, form: Form) -> ImportOptions:
        options = super()._options(form)
        if form.name not in TABLES:
            self._kinds = Questions.asked(options.columns, KINDS).of
        return replace(options, project=self.native_id, whole_names=True)

    # --- what it may hold ---

    def _check(self, summary: Summary) -> None:
        if summary.others:
            raise UsageError(
                f"{self.name} holds more than known answers, and {self._project} is polled: "
                "people's work there comes from its own database, and would count twice. Import "
                "the file into a project of its own (without --source), or only what is right in "
                "it: an item and a gold column, or a gold set of pictures"
            )
        super()._check(summary)
        declared = summary.project.controls if summary.project else ()
        for control in {one.name: None for one in declared} | summary.controls:
            self._check_question(control)

    def _check_question(self, control: str) -> None:
        """Refuse a question that the project does not ask, or that takes other answers."""
        kind = next((one for one, asked in self._kinds.items() if asked == control), "")
        scale = self._scales.get(control)
        fits = not kind or (KINDS[kind] == Scale.GEOMETRY) == (scale == Scale.GEOMETRY)
        if scale is not None and fits:
            return
        asked = ", ".join(f"{name} ({one})" for name, one in sorted(self._scales.items()))
        what = "takes other answers than" if scale is not None else "is not asked in"
        raise UsageError(
            f"the question {control!r} {what} {self._project if scale is None else kind}: "
            f"{self.polled.title!r} asks {asked or 'nothing yet'}. Say which of these the file "
            f"answers, as in --map {kind or 'control'}={'QUESTION' if kind else 'COLUMN'}"
        )

    @property
    def _project(self) -> str:
        return f"project {self.polled.title!r} of {self.polled.source!r}"

    # --- loading ---

    def _write_under(self, held: Lease, run_id: int, stage: Stage) -> int:
        project_id = self.polled.project_id
        if self.polled.configured:
            self.warehouse.settings(held, project_id, "toml", self.said.toml)
        wanted = {one.item for batch in stage.batches(BATCH) for one in batch.annotations}
        places = Places(self.warehouse, project_id, wanted)
        if places and stage.summary.has_gold:
            self.warehouse.settings(held, project_id, settings.ASSERTED, {"gold": COLUMN})
        self._placing = Placing(self.polled, places, self._scales)
        batches = self._placed(stage, self._placing)
        bad = self._write_batches(held, run_id, batches, stage.summary.read, GOLD)
        self.warehouse.apply_rules(held, project_id, self.watch.tell)
        return bad

    def _placed(self, stage: Stage, placing: Placing) -> Iterator[Batch]:
        for batch in stage.batches(BATCH):
            yield placing.batch(batch, self.name)

    def _finish(self, held: Lease, run_id: int, state: str, message: str = "") -> None:
        """Record how the run ended: how the source stands, its polls tell."""
        self.warehouse.finish_run(held, run_id, state, message, polled=False)

    # --- telling ---

    def _warn(self, source_id: int, summary: Summary) -> None:
        super()._warn(source_id, summary)
        if self._placing is not None:
            self._warn_of_items(self._placing)
        self._warn_of_policy(summary)

    def _warn_of_items(self, placing: Placing) -> None:
        lost = [name for name, why in placing.lost.items() if why == UNKNOWN[0]]
        doubtful = [name for name, why in placing.lost.items() if why != UNKNOWN[0]]
        if lost:
            self._warn_of_lost(lost, placing.places)
        if doubtful:
            self._remark(
                f"{plural(len(doubtful), 'item')} of it may be several in {self._project}, or "
                f"several of it be one: {some(doubtful)}. Give their folders or their ids"
            )
        if elsewhere := placing.places.elsewhere:
            name, there = min(elsewhere.items())
            self._remark(
                f"{plural(len(elsewhere), 'item')} of it found by file name alone, since no other "
                f"is called so, in another folder ({name!r} is {there!r} there): see whether they "
                "show the same"
            )

    def _warn_of_lost(self, lost: Sequence[str], places: Places) -> None:
        told = (
            f"{plural(len(lost), 'item')} of it cannot be found in {self._project} "
            f"as it was polled last: {some(lost)}. Import the file again once they are there"
        )
        if places.nameless:
            told += (
                ". No item there has a name so far: `labelpulse doctor` says whether names may be "
                "read, and `labelpulse collect --once` brings them"
            )
        self._remark(told)

    def _warn_of_policy(self, summary: Summary) -> None:
        """Say that known answers are kept and not used, where the configuration chose others."""
        toml = self.said.toml if self.polled.configured else self._stored()
        gold = toml.get("gold", COLUMN)
        if gold == COLUMN or not summary.has_gold:
            return
        said = f'gold = "{gold}"' if isinstance(gold, str) else "gold = [people]"
        self._remark(
            f"what it knows is kept but not used, since the configuration says {said} "
            f'for {self._project}: write gold = "column" there (under [[projects]] with source = '
            f'"{self.polled.source}" and title = "{self.polled.title}") to use it'
        )

    def _stored(self) -> dict[str, Any]:
        return self.warehouse.said(self.polled.project_id, "toml")
