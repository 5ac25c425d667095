"""Questions that a file never declares: their values are seen first, then read on one scale.

Collectors hand over what stands in the file: a text, a number, a list, `Ticked` options or
`Shapes`. What all of a question's values have in common decides its scale.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labelpulse.core.answers import AnswerReader, clean, number_text, options
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import ControlRecord, Scale
from labelpulse.ingest.parse import loads
from labelpulse.ingest.shapes import Shape, in_order

MAX_LABEL = 64
MAX_DISTINCT = 1_000
FEW = 10
"""Fewer different texts say nothing about whether they repeat."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """The options that are on, where nothing tells if there may be several."""

    chosen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shapes:
    """Shapes or spans of one answer; none = looked and found nothing."""

    found: tuple[Shape, ...]
    scale: Scale = Scale.GEOMETRY


class Unreadable:
    """A value of a kind that is not read yet."""


UNREADABLE = Unreadable()


def unpacked(text: str) -> Any:
    """Return the list that a cell holds as JSON, else its text; None where it is blank.

    >>> unpacked('["a", "b"]'), unpacked(" [sic] "), unpacked("  ")
    (['a', 'b'], '[sic]', None)
    """
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        try:
            found = loads(text)
        except SkipRecord:
            return text
        return plain(found)
    return text or None


def plain(value: Any) -> Any:
    """Return a value of JSON as it is, `UNREADABLE` where it holds objects or lists of lists."""
    parts = value if isinstance(value, list) else [value]
    return UNREADABLE if any(isinstance(one, dict | list) for one in parts) else value


@dataclass(slots=True)
class Question:
    """What was seen of one question.

    Attributes:
        forced: the scale that the user says; None = found out.
        separator: between the options of a set in one text; "" = texts are never sets.
    """

    name: str
    forced: Scale | None = None
    separator: str = ""
    n: int = 0
    _sets: int = 0
    _split: int = 0
    _numbers: int = 0
    _ticked: int = 0
    _unread: int = 0
    _long: bool = False
    _shapes: dict[Scale, None] = field(default_factory=dict)
    _texts: set[int] = field(default_factory=set)
    _n_texts: int = 0

    def note(self, value: Any) -> None:
        """Take in a value."""
        if value is None or value == "":
            return
        self.n += 1
        if isinstance(value, str):
            self._note_text(value)
        elif isinstance(value, list):
            self._sets += 1
        elif isinstance(value, Shapes):
            self._shapes.setdefault(value.scale)
        elif isinstance(value, Ticked):
            self._ticked += 1
            self._sets += len(value.chosen) > 1
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self._numbers += 1
        elif isinstance(value, Unreadable):
            self._unread += 1

    def _note_text(self, text: str) -> None:
        self._n_texts += 1
        parts = text.split(self.separator) if self.separator else [text]
        self._split += len(parts) > 1
        self._long = self._long or any(len(part) > MAX_LABEL for part in parts)
        if len(self._texts) < MAX_DISTINCT:
            self._texts.add(hash(text))

    @property
    def readable(self) -> bool:
        """True when some value can be an answer."""
        return self.n > self._unread

    @property
    def differs(self) -> bool:
        """True when not all of its values are the same."""
        return len(self._texts) > 1 or self._n_texts < self.n

    @property
    def scale(self) -> Scale:
        """The scale on which all values can be read, as far as they tell."""
        if self.forced is not None:
            return self.forced
        if self._shapes:
            return next(iter(self._shapes))
        if self._sets or (self._split and not self._long):
            return Scale.SET
        if self._numbers == self.n > 0:
            return Scale.NUMBER
        return Scale.TEXT if self._long or self._hardly_repeats else Scale.NOMINAL

    @property
    def _hardly_repeats(self) -> bool:
        n = len(self._texts)
        return n >= MAX_DISTINCT or (n >= FEW and 2 * n > self._n_texts)

    def control(self, labels: tuple[str, ...] | None = None) -> ControlRecord:
        """Return the question as a control."""
        return ControlRecord(self.name, self.scale, labels)

    def read(self, value: Any) -> Any:
        """Return the canonical value of an answer; None = not answered.

        Raises:
            SkipRecord: it is none on the question's scale.
        """
        if value is None or value == "" or isinstance(value, Unreadable):
            return None
        scale = self.scale
        if scale in (Scale.GEOMETRY, Scale.SPAN):
            return _shapes(value, scale)
        if isinstance(value, Shapes):
            raise _mixed()
        if scale == Scale.SET:
            return options(self._options(value))
        texts = self._options(value) if isinstance(value, list | Ticked) else [_text(value)]
        if len(texts) > 1:
            raise _mixed()
        return AnswerReader(scale).read(texts[0], "answer") if texts else None

    def _options(self, value: Any) -> list[str]:
        if isinstance(value, Ticked):
            return list(value.chosen)
        if isinstance(value, list):
            return [_text(one) for one in value if one is not None]
        return _text(value).split(self.separator) if self.separator else [_text(value)]


def _shapes(value: Any, scale: Scale) -> list[Shape]:
    if value == []:
        return []
    if not isinstance(value, Shapes) or value.scale != scale:
        raise _mixed()
    return in_order(value.found)


def _mixed() -> SkipRecord:
    return SkipRecord("mixed_answers", "an answer in it is of another kind than those before")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    return clean(str(value))


def answers(
    questions: Mapping[str, Question], said: Mapping[str, Any]
) -> tuple[tuple[str, Any], ...]:
    """Return the (question, canonical value) pairs of what was said, in the questions' order."""
    found = ((name, one.read(said.get(name))) for name, one in questions.items())
    return tuple((name, value) for name, value in found if value is not None)
