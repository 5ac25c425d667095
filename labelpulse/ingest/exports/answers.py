"""The controls of a file that names none, learnt from its answers, and the answers to them.

Reading goes twice over a file: first to learn, so that a control has one scale wherever in the
file that shows, then for the records. What is learnt does not depend on the order of the file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labelpulse.core.answers import DEFAULT_SEPARATOR, READABLE, AnswerReader, number_text
from labelpulse.core.answers import options as options_of
from labelpulse.core.errors import UsageError
from labelpulse.core.events import ControlRecord, Scale
from labelpulse.ingest.exports.parts import word
from labelpulse.ingest.shapes import Shape, in_order
from labelpulse.ingest.shapes import number as number_of
from labelpulse.source import ImportOptions

LONG = 64
"""A longer answer is no label: the question asks for a text."""

SEVERAL = "several"
"""A question of which only its answers tell whether one or several options can be chosen."""

WORDS = "words"
"""A question of which only its answers tell whether it asks for a label or for a text."""

# What a question becomes when any of its answers shows it; else it asks for one label.
_SHOWN = {SEVERAL: Scale.SET, WORDS: Scale.TEXT}
_RANK = (
    *(Scale.GEOMETRY, Scale.SPAN, Scale.SET, Scale.RANKING, Scale.NOMINAL, Scale.ORDINAL),
    *(Scale.NUMBER, Scale.INTERVAL, Scale.RATIO, Scale.TEXT),
)


@dataclass(slots=True)
class Controls:
    """What the answers of a file show of its controls.

    Attributes:
        met: control -> scale -> the tool's own word for it.
        places: controls of shapes or spans that are looked for on every item.
        steps: control -> the steps of its scale that were met.
        said: the scale that the user names, for what the answers alone do not show.
        before: control -> scale, in files of the same project that were read before.
        settled: all was read once, and nothing more is learnt.
    """

    met: dict[str, dict[Scale, str]] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)
    steps: dict[str, set[float]] = field(default_factory=dict)
    said: str | None = None
    before: Mapping[str, str] = field(default_factory=dict)
    settled: bool = False

    def see(self, control: str, scale: Scale, kind: str) -> None:
        """Take note of an answer."""
        if self.settled:
            return
        kinds = self.met.setdefault(control, {})
        kinds[scale] = min(kind, kinds.get(scale, kind))

    def tells(self, control: str, scale: Scale) -> bool:
        """Return True when the user, or a file before, says that a control is on a scale."""
        return scale in (self.said, self.before.get(control))

    def scale(self, control: str, scale: str) -> Scale:
        """Return the scale of an answer whose own says `SEVERAL` or `WORDS`."""
        shown = _SHOWN.get(scale)
        if shown is None:
            return Scale(scale)
        return shown if shown in self.met.get(control, ()) else Scale.NOMINAL

    def name(self, control: str, scale: Scale) -> str:
        """Return what a control is called: answers on another scale are to a question apart."""
        first = min(self.met.get(control) or (scale,), key=_RANK.index)
        return control if scale == first else f"{control} ({scale})"

    def settle(self) -> None:
        """End learning: labels of what turned out to be sets or texts are none of their own."""
        self.settled = True
        for kinds in self.met.values():
            shown = _SHOWN.get(kinds.get(Scale.NOMINAL, ""))
            if shown in kinds:
                del kinds[Scale.NOMINAL]

    def records(self) -> tuple[ControlRecord, ...]:
        """Return the controls, by name; steps that were met are the labels of their scale."""
        found = [
            ControlRecord(
                self.name(control, scale),
                scale,
                self._steps(control) if scale == Scale.ORDINAL else None,
                "" if kind in _SHOWN else kind,
            )
            for control, kinds in self.met.items()
            for scale, kind in kinds.items()
        ]
        return tuple(sorted(found, key=lambda one: one.name))

    def _steps(self, control: str) -> tuple[str, ...] | None:
        return tuple(map(number_text, sorted(self.steps.get(control, ())))) or None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The one control that the user names, and how its answers are read; "" = all are read."""

    name: str = ""
    options: ImportOptions | None = None

    def of(self, file: str, there: Iterable[ControlRecord]) -> tuple[ControlRecord, ...]:
        """Return the controls that are read, of those that are there.

        Raises:
            UsageError: the file has no such control.
        """
        known = {one.name: one for one in there}
        if not self.name or self.options is None:
            return tuple(known.values())
        if self.name not in known:
            named = ", ".join(map(repr, list(known)[:40])) or "no answer at all"
            raise UsageError(f"{file} has no control {self.name!r} for label; it has {named}")
        found, said = known[self.name], self.options
        scale = Scale(said.scale) if said.scale else found.scale
        return (ControlRecord(found.name, scale, said.labels or found.labels, found.kind),)

    def answers(self, said: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
        """Return the answers to the controls that are read, on the scale that the user names."""
        if not self.name:
            return said
        return tuple((name, self._read(value)) for name, value in said if name == self.name)

    def _read(self, value: Any) -> Any:
        scale = self.options.scale if self.options else None
        if scale not in READABLE or not isinstance(value, str):
            return value
        separator = self.options.separator if self.options else None
        return AnswerReader(Scale(scale), separator or DEFAULT_SEPARATOR).read(value, "label")


@dataclass(slots=True)
class Answers:
    """What one person, or a model, says of one item."""

    controls: Controls
    _said: dict[tuple[str, str], list[Any]] = field(default_factory=dict)

    def _add(self, control: str, scale: str, kind: str, values: Sequence[Any]) -> None:
        shown = Scale.NOMINAL if scale in _SHOWN else Scale(scale)
        self.controls.see(control, shown, scale if scale in _SHOWN else kind)
        self._said.setdefault((control, scale), []).extend(values)

    def label(self, control: str, value: Any, kind: str = "") -> None:
        """Add a label, one of several that could have been chosen."""
        self._add(control, Scale.NOMINAL, kind, [word(value, "answer")])

    def options(self, control: str, values: Iterable[Any], kind: str = "") -> None:
        """Add all options chosen; none is an answer too."""
        self._add(control, Scale.SET, kind, [word(one, "answer") for one in values])

    def several(self, control: str, values: Iterable[Any]) -> None:
        """Add options chosen where only the file shows whether several can be.

        Where none of its answers has more than one, it asks for a label, and no option is none.
        """
        found = [word(one, "answer") for one in values]
        self._add(control, SEVERAL, "", found)
        if len(set(self._said[control, SEVERAL])) > 1 or self.controls.tells(control, Scale.SET):
            self.controls.see(control, Scale.SET, "")

    def words(self, control: str, value: Any) -> None:
        """Add a text where only the file shows whether it is a label: all of them are short."""
        found = word(value, "answer")
        self._add(control, WORDS, "", [found])
        if len(found) > LONG or "\n" in found or self.controls.tells(control, Scale.TEXT):
            self.controls.see(control, Scale.TEXT, "")

    def text(self, control: str, value: Any, kind: str = "") -> None:
        """Add a text, one of several lines; blank ones are none."""
        if isinstance(value, str) and not value.strip():
            return
        self._add(control, Scale.TEXT, kind, [word(value, "answer")])

    def number(self, control: str, value: Any, kind: str = "") -> None:
        """Add a number."""
        self._add(control, Scale.NUMBER, kind, [number_of(value)])

    def step(self, control: str, value: Any, kind: str = "") -> None:
        """Add a step of a scale, such as a rating: a label, in the order of the numbers."""
        step = number_of(value)
        self.controls.steps.setdefault(control, set()).add(step)
        self._add(control, Scale.ORDINAL, kind, [number_text(step)])

    def ranking(self, control: str, value: Sequence[Any], kind: str = "") -> None:
        """Add options best first; a list among them are ties."""
        ranked = [
            sorted(word(each, "answer") for each in one)
            if isinstance(one, list)
            else word(one, "answer")
            for one in value
        ]
        self._add(control, Scale.RANKING, kind, ranked)

    def place(
        self,
        control: str,
        scale: Scale,
        found: Shape | None,
        kind: str = "",
        *,
        always: bool = True,
    ) -> None:
        """Add a shape or span, or with None say that none is there.

        Args:
            always: it is looked for on every item, so that whoever looked and marked none says so.
        """
        if always:
            self.controls.places.add(control)
        self._add(control, scale, kind, [] if found is None else [found])

    def told(self, *, looked: bool = False) -> tuple[tuple[str, Any], ...]:
        """Return (control, canonical value) pairs, by name.

        Args:
            looked: all that can be marked was looked for, so that what is not marked is not there.

        While controls are still learnt nobody reads what is told, and it is nothing.
        """
        if not self.controls.settled:
            return ()
        found = {}
        for (control, spelled), values in self._said.items():
            scale = self.controls.scale(control, spelled)
            value = _value(scale, values)
            if value is not None:
                found[self.controls.name(control, scale)] = value
        for control in self.controls.places if looked else ():
            found.setdefault(control, [])
        return tuple(sorted(found.items()))


def _value(scale: Scale, values: list[Any]) -> Any:
    if scale == Scale.SET:
        return options_of(values)
    if scale in (Scale.GEOMETRY, Scale.SPAN):
        return in_order(values)
    if scale == Scale.RANKING:
        return values or None
    if scale == Scale.TEXT:
        return "\n".join(" ".join(one.split()) for one in values) or None
    return values[-1] if values else None
