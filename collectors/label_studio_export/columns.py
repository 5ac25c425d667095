"""Which columns of a flattened export are answers, and which are the tasks' own data.

JSON_MIN and CSV put both side by side, and neither names the project's controls. What tells:

* data is the same in all rows of a task, and there where a task has no annotation;
* JSON_MIN writes a task's data, then its id, then the answers, then the annotator. That holds
  while data has no ``id`` of its own in front, and nobody sorted the keys;
* choices, texts and regions that are objects have parts that only a result has;
* links, long texts and values that hardly repeat are data, unless the order says otherwise.

What is left is unclear: it is data where there are answers besides, an answer where it is the only
candidate, and else the user has to say.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from collectors.label_studio_export.cells import (
    CHOICES,
    NUMBER,
    TEXT,
    is_per_region,
    is_result,
    unflattened,
)
from labelpulse.core.answers import NUMERIC
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import ControlRecord, Scale
from labelpulse.ingest.label_studio_config import Control
from labelpulse.ingest.label_studio_values import Learner

ID, PERSON, ANNOTATION = "id", "annotator", "annotation_id"
ITS_OWN = frozenset({ID, PERSON, ANNOTATION, "created_at", "updated_at", "lead_time"})

MAX_LABEL = 64
MAX_DISTINCT = 1_000
FEW = 10
"""Fewer different values say nothing about whether they repeat."""

_LINKS = ("http://", "https://", "s3://", "gs://", "azure-blob://", "azure://", "/data/")


@dataclass(slots=True)
class Column:
    """What was seen of one column.

    Attributes:
        leading, asked: it stood before a task's id, or between that and the annotator.
        lone: it had a value where a task has no annotation.
        varies: two annotations of one task have different values.
        result: some value has the parts of a result; texts: some is a list of texts.
        number: some value is a number or true or false, which no answer is.
        plain: some value is a list of strings or an object without the parts of a result.
        per_region: some row answers region by region.
        values: hashes of different strings, up to `MAX_DISTINCT` of them.
        tasks, rows: how many have a string here.
    """

    leading: bool = False
    asked: bool = False
    lone: bool = False
    varies: bool = False
    result: bool = False
    texts: bool = False
    number: bool = False
    plain: bool = False
    per_region: bool = False
    link: bool = False
    long: bool = False
    tasks: int = 0
    rows: int = 0
    values: set[int] = field(default_factory=set)

    def note(self, name: str, cell: Any, *, fresh: bool) -> None:
        """Take in a value; `fresh` = in the first row of its task."""
        if isinstance(cell, str):
            self.rows += 1
            self.tasks += fresh
            self.link = self.link or cell.startswith(_LINKS)
            self.long = self.long or len(cell) > MAX_LABEL
            if len(self.values) < MAX_DISTINCT:
                self.values.add(hash(cell))
            return
        self.result = self.result or is_result(cell)
        self.number = self.number or isinstance(cell, int | float)
        self.plain = self.plain or (isinstance(cell, dict | list) and not is_result(cell))
        with suppress(SkipRecord):
            group = unflattened(name, cell)
            self.texts = self.texts or any(one["type"] == TEXT for one in group)
            self.per_region = self.per_region or is_per_region(group)

    def hardly_repeats(self, among: int) -> bool:
        """Return True when most of so many strings are different."""
        n = len(self.values)
        return n >= MAX_DISTINCT or (n >= FEW and 2 * n > among)

    @property
    def strings(self) -> str:
        """What its bare strings are: choices, or texts that people wrote."""
        written = self.texts or self.long or self.hardly_repeats(self.rows)
        return TEXT if written else CHOICES


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a file are.

    Attributes:
        controls: the questions by column, with how they are answered.
        strings: question -> type of its bare strings.
        data: columns of the tasks; unclear: those that might be either.
        guessed: the only question is one that nothing but the lack of another speaks for.
        lost: questions asked region by region, which these exports cannot show.
        by_order: the order of the keys told.
    """

    controls: Mapping[str, Control]
    strings: Mapping[str, str]
    data: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    guessed: bool = False
    lost: tuple[str, ...] = ()
    by_order: bool = False


@dataclass(slots=True)
class Survey:
    """Looks at all rows of a file; memory grows with its columns, not with its rows.

    Attributes:
        ordered: so far, every row's keys stand as JSON_MIN writes them.
    """

    ordered: bool
    seen: dict[str, Column] = field(default_factory=dict)
    learner: Learner = field(default_factory=Learner)
    _last: Mapping[str, Any] | None = None

    def see(self, row: Mapping[str, Any]) -> None:
        """Take in one row."""
        self._note_order(row)
        fresh = self._last is None or self._last.get(ID) != row.get(ID)
        lone = row.get(ANNOTATION) is None
        for name, cell in _others(row):
            column = self.seen.setdefault(name, Column())
            if cell is not None:
                column.note(name, cell, fresh=fresh)
                column.lone = column.lone or lone
                with suppress(SkipRecord):  # the second pass quarantines it
                    self.learner.see(unflattened(name, cell))
        if not fresh and not lone:
            self._compare(row)
        self._last = None if lone else row

    def _note_order(self, row: Mapping[str, Any]) -> None:
        if not self.ordered:
            return
        keys = list(row)
        at_id, at_person = (keys.index(key) if key in row else -1 for key in (ID, PERSON))
        self.ordered = 0 < at_id < at_person
        for name in keys[:at_id] if self.ordered else ():
            self.seen.setdefault(name, Column()).leading = True
        for name in keys[at_id + 1 : at_person] if self.ordered else ():
            self.seen.setdefault(name, Column()).asked = True

    def _compare(self, row: Mapping[str, Any]) -> None:
        before = self._last or {}
        for name, column in self.seen.items():
            column.varies = column.varies or row.get(name) != before.get(name)

    def columns(self) -> Columns:
        """Return what the columns are, as far as the file tells."""
        found = {name: one for name, one in self.seen.items() if name not in ITS_OWN}
        verdicts = {name: self._is_asked(one) for name, one in found.items()}
        asked = [name for name, one in verdicts.items() if one]
        unclear = [name for name, one in verdicts.items() if one is None]
        guessed = not asked and len(unclear) == 1
        if guessed:
            asked, unclear = unclear, []
        return self._made(asked, unclear, guessed=guessed)

    def chosen(self, name: str, scale: Scale | None) -> Columns:
        """Return the columns when the user says which one holds the answers, and their scale."""
        found = self._made([name], [], guessed=False)
        if scale is None or name not in found.controls:
            return found
        strings = NUMBER if scale in NUMERIC else TEXT if scale == Scale.TEXT else CHOICES
        learnt = found.controls[name]
        kind = strings if learnt.record.kind in (CHOICES, TEXT) else learnt.record.kind
        always = learnt.always or scale == Scale.SET
        control = Control(ControlRecord(name, scale, None, kind), always=always)
        return replace(found, controls={name: control}, strings={name: strings})

    def _is_asked(self, column: Column) -> bool | None:
        """Whether a column holds answers; None = it is unclear."""
        if column.varies:
            return True
        if column.lone:
            return False
        if self.ordered:
            return column.asked and not column.number
        if column.result:
            return True
        data = column.number or column.plain or column.link or column.long
        return False if data or column.hardly_repeats(column.tasks) else None

    def _made(self, asked: list[str], unclear: list[str], *, guessed: bool) -> Columns:
        lost = sorted(name for name in asked if self.seen[name].per_region)
        kept = sorted(name for name in asked if name not in lost)
        strings = {name: self.seen[name].strings for name in kept}
        controls = {name: self._control(name) for name in kept if name in self.learner.found}
        others = set(self.seen) - ITS_OWN - set(asked) - set(unclear)
        return Columns(
            controls=controls,
            strings=strings,
            data=tuple(sorted(others)),
            unclear=tuple(sorted(unclear)),
            guessed=guessed,
            lost=tuple(lost),
            by_order=self.ordered,
        )

    def _control(self, name: str) -> Control:
        learnt = self.learner.found[name]
        if learnt.record.kind == CHOICES and self.seen[name].strings == TEXT:
            return Control(ControlRecord(name, Scale.TEXT, None, TEXT))
        return learnt


def _others(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, cell) for name, cell in row.items() if name not in ITS_OWN)
