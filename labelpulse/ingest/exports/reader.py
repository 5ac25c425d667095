"""An export -> records, fault by fault: what a tool's own file adds is only its mapping."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from labelpulse.core.errors import SkipRecord, UsageError
from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    ControlRecord,
    ItemRecord,
    PersonRecord,
    PredictionRecord,
    ProjectRecord,
)
from labelpulse.core.formats import plural
from labelpulse.ingest.exports.answers import Answers, Chosen, Controls
from labelpulse.ingest.exports.elements import Element, elements
from labelpulse.ingest.exports.outline import Outline, outline
from labelpulse.ingest.exports.parts import main_author, name, size
from labelpulse.ingest.fields import bad_record, instant
from labelpulse.ingest.lines import Fault
from labelpulse.ingest.shapes import Picture
from labelpulse.source import FileRecord, ImportOptions

JOINT = "items that several people worked on count as the work of whoever made most of it"
PIXELS = "shapes are in pixels, since the size of their picture is not told"


@dataclass(frozen=True, slots=True)
class Part:
    """A submission or a prediction that is still to be made.

    Attributes:
        called: what it is called in messages; "" = by its item alone.
        make: returns its record, None where there is none, or raises SkipRecord.
        work: somebody's work; what is none costs nothing where it cannot be read.
    """

    called: str
    make: Callable[[], AnnotationRecord | PredictionRecord | None]
    work: bool = True


@dataclass(slots=True)
class Reading:
    """One pass over a file.

    Attributes:
        controls: those of the file; in the first pass, of what was read of it.
        notes: sentences on what cannot be read -> how often that was met.
        chosen: which of several projects in the file is read; "" = not settled yet.
        only: the control that is read alone.
        state: whatever else a mapping has to remember.
    """

    file: Path
    options: ImportOptions
    controls: Controls = field(default_factory=Controls)
    notes: Counter[str] = field(default_factory=Counter)
    chosen: str = ""
    only: Chosen = field(default_factory=Chosen)
    state: dict[str, Any] = field(default_factory=dict)
    _people: dict[str, PersonRecord | None] = field(default_factory=dict)

    @property
    def project(self) -> str:
        """The title to load under."""
        return self.options.project

    def answers(self) -> Answers:
        """Return an empty sheet of answers."""
        return Answers(self.controls)

    def at(self, value: Any, zone: str = "") -> int | None:
        """Return a time as microseconds UTC; None and "" are none.

        Args:
            zone: in which a tool writes times without a zone; "" = the user says.
        """
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(int(value))
        return None if value in (None, "") else instant(value, zone or self.options.naive_zone)

    def person(self, account: Any, full_name: Any = "", email: Any = "") -> str | None:
        """Return the native id of an account, which is told once; None = nobody is named."""
        found = name(account)
        if found is not None and found not in self._people:
            mail = name(email) or (found if "@" in found else "")
            self._people[found] = PersonRecord(found, name(full_name) or mail, mail)
        return found

    def author(self, makers: Iterable[str | None]) -> str | None:
        """Return whose work that is of which an item has one, and several may have taken part."""
        found, others = main_author(makers)
        if others:
            self.notes[JOINT] += 1
        return self.person(found)

    def editor(self, makers: Iterable[str | None], editors: Iterable[str | None]) -> str | None:
        """Return who changed what others made, and made nothing of it."""
        found = sorted({one for one in editors if one is not None} - set(makers))
        return self.person(found[0]) if found else None

    def picture(self, width: Any, height: Any) -> Picture:
        """Return the picture of a size in pixels; its pixels stay pixels where that is not told."""
        found = size(width, height)
        if found is None:
            self.notes[PIXELS] += 1
        return found or Picture()

    def people(self) -> Iterator[PersonRecord]:
        """Yield accounts that were met since the last call and say more than their id."""
        for key, record in self._people.items():
            if record is not None:
                self._people[key] = None
                if record.name:
                    yield record


class Export:
    """A tool's export. A tool's class says what is its file, and maps items and submissions.

    Attributes:
        columns: which fields besides the label a user may map.
        reads_name: the name of a file says something, so that the same content under another name
            is another file.
        unknown: what is the same for all files of the tool that labelpulse cannot know.
    """

    name: str
    columns: frozenset[str] = frozenset()
    reads_name: bool = False
    unknown: tuple[str, ...] = ()

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the content decides
        """Return True when the first bytes look like an export of the tool."""
        return self.fits(outline(head))

    def read(self, path: Path, options: ImportOptions) -> Iterator[FileRecord]:
        """Yield the project, then items, people, predictions, annotations and bad records.

        Raises:
            FileRefused: it is no such file, or not well-formed to its end.
            UsageError: the options name what is not in the file.
        """
        self._check(path, options)
        reading = self._survey(path, options, "")
        if chosen := self.choose(reading):
            reading = self._survey(path, options, chosen)
        reading.controls.settle()
        self.learn(reading)
        only = Chosen(options.columns.get("label", ""), options)
        controls = only.of(path.name, self.controls(reading))
        counted = (f"{text} ({plural(n, 'time')})" for text, n in sorted(reading.notes.items()))
        yield ProjectRecord(
            *(options.project, options.project, controls),
            identity=self.identity(reading),
            remarks=(*self.unknown, *self.remarks(reading), *counted),
        )
        reading = replace(reading, notes=Counter(), only=only, _people={})
        for where, element in self.elements(path):
            yield from self._records(where, element, reading)

    # --- what a tool's class may or must say ---

    def fits(self, head: Outline) -> bool:
        """Return True when a JSON file that begins so is one of the tool's."""
        raise NotImplementedError

    def elements(self, path: Path) -> Iterator[Element]:
        """Yield the items of a file."""
        return elements(path)

    def item(self, element: dict[str, Any], reading: Reading) -> ItemRecord | None:
        """Return the item that an element is about; None = it is left out on purpose."""
        raise NotImplementedError

    def parts(self, element: dict[str, Any], item: ItemRecord, reading: Reading) -> Iterable[Part]:
        """Return the submissions and predictions on an item, each still to be made."""
        raise NotImplementedError

    def choose(self, reading: Reading) -> str:  # noqa: ARG002
        """Return the project to read alone, after the first pass over a file of several."""
        return ""

    def learn(self, reading: Reading) -> None:
        """Settle after the first pass what the answers themselves did not show."""

    def controls(self, reading: Reading) -> tuple[ControlRecord, ...]:
        """Return the controls that were learnt."""
        return reading.controls.records()

    def identity(self, reading: Reading) -> str:  # noqa: ARG002
        """Return what tells annotations apart, where that is not their item and annotator."""
        return ""

    def remarks(self, reading: Reading) -> Iterable[str]:  # noqa: ARG002
        """Return sentences on what this file cannot show, after the first pass."""
        return ()

    # --- reading ---

    def _check(self, path: Path, options: ImportOptions) -> None:
        others = sorted(options.columns.keys() - {"label", *self.columns})
        if others:
            raise UsageError(
                f"{path.name} is an export of {self.name}, and --map {others[0]}=… does not apply "
                f"to it: leave it out, or add --format jsonl to map a plain table"
            )

    def _survey(self, path: Path, options: ImportOptions, chosen: str) -> Reading:
        """Read a file to its end, and return what that taught; faults are left to the next pass."""
        controls = Controls(said=options.scale, before=options.controls)
        reading = Reading(path, options, controls, chosen=chosen)
        for _, element in self.elements(path):
            with suppress(SkipRecord):
                for part in self._found(element, reading)[1]:
                    with suppress(SkipRecord):
                        part.make()
        return reading

    def _found(self, element: Any, reading: Reading) -> tuple[ItemRecord | None, list[Part]]:
        if isinstance(element, Fault):
            raise SkipRecord(element.reason, element.detail)
        if not isinstance(element, dict):
            raise SkipRecord("bad_record", "it is no object")
        item = self.item(element, reading)
        return item, [] if item is None else list(self.parts(element, item, reading))

    def _records(self, where: str, element: Any, reading: Reading) -> Iterator[FileRecord]:
        try:
            item, parts = self._found(element, reading)
        except SkipRecord as error:
            raw = element.excerpt if isinstance(element, Fault) else element
            yield self._bad(error, where, raw, reading)
            return
        if item is not None:
            yield item
        for part in parts:
            place = f"{where}, {part.called}" if part.called else where
            try:
                made = part.make()
            except SkipRecord as error:
                if part.work:
                    yield self._bad(error, place, element, reading)
                continue
            yield from reading.people()
            if made is not None:
                yield replace(made, location=place, answers=reading.only.answers(made.answers))

    def _bad(self, error: SkipRecord, where: str, raw: Any, reading: Reading) -> BadRecord:
        return bad_record(
            error, place=reading.file.name, record=where, raw=raw, project=reading.project
        )
