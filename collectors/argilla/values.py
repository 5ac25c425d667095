"""Argilla's questions and answers in canonical form: one control a question, by its name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labelpulse.core.answers import clean, number_text, options
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import ControlRecord, Scale
from labelpulse.ingest.shapes import in_order, number, stretch


@dataclass(frozen=True, slots=True)
class Question:
    """A question: its control, and how its answers are read."""

    control: ControlRecord
    read: Callable[[Any], Any]

    def answer(self, value: Any) -> Any:
        """Return the canonical form of an answer; None = it says nothing.

        Raises:
            SkipRecord: it is no answer to this type of question.
        """
        return None if value is None else self.read(value)


def question(name: str, settings: Any) -> Question | None:
    """Return a question by its settings; None for a type or options that are not known here."""
    told = settings if isinstance(settings, dict) else {}
    kind = str(told.get("type"))
    if kind not in _KINDS:
        return None
    scale, read = _KINDS[kind]
    try:
        labels = None if scale in (Scale.TEXT, Scale.RANKING) else _labels(told.get("options"))
        return Question(ControlRecord(clean(name), scale, labels, kind), read)
    except SkipRecord:
        return None


def answers(values: Any, questions: Mapping[str, Question]) -> tuple[tuple[str, Any], ...]:
    """Return (control, canonical value) of a response's values; what was not answered is absent.

    Raises:
        SkipRecord: the values, or one answer, are not of the form that the tool writes.
    """
    if values is None:
        return ()
    if not isinstance(values, dict):
        raise _wrong("its values are no object of answers by question")
    found = []
    for name, one in questions.items():
        given = values.get(name)
        said = one.answer(given.get("value") if isinstance(given, dict) else given)
        if said is not None:
            found.append((one.control.name, said))
    return tuple(found)


def _labels(listed: Any) -> tuple[str, ...] | None:
    """The declared options in order; None where there are none."""
    if not isinstance(listed, list):
        return None
    values = (one.get("value") for one in listed if isinstance(one, dict))
    return tuple(dict.fromkeys(_label(one) for one in values if one is not None))


def _label(value: Any) -> str:
    if isinstance(value, str) and (text := clean(value)):
        return text
    return number_text(number(value))  # refuses what is no number either


def _options(value: Any) -> list[str]:
    return options([_label(one) for one in _list(value)])


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        raise _wrong("the answer to a text question is no text")
    return " ".join(clean(value).split()) or None


def _ranking(value: Any) -> list[Any] | None:
    """Options best first; those that share a rank are a list of their own."""
    ranks: dict[int | float, list[str]] = {}
    for one in _objects(value):
        if one.get("rank") is not None:
            ranks.setdefault(number(one["rank"]), []).append(_label(one.get("value")))
    tied = [sorted(ranks[rank]) for rank in sorted(ranks)]
    return [each[0] if len(each) == 1 else each for each in tied] or None


def _spans(value: Any) -> list[Any]:
    return in_order(
        stretch(one.get("start"), one.get("end"), _label(one.get("label")))
        for one in _objects(value)
    )


def _objects(value: Any) -> Iterable[Mapping[str, Any]]:
    for one in _list(value):
        if not isinstance(one, dict):
            raise _wrong("a part of an answer is no object")
        yield one


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong("an answer that has parts is no list")
    return value


def _wrong(sentence: str) -> SkipRecord:
    return SkipRecord("bad_value", sentence)


_KINDS: Mapping[str, tuple[Scale, Callable[[Any], Any]]] = {
    "text": (Scale.TEXT, _text),
    "rating": (Scale.ORDINAL, _label),
    "label_selection": (Scale.NOMINAL, _label),
    "multi_label_selection": (Scale.SET, _options),
    "ranking": (Scale.RANKING, _ranking),
    "span": (Scale.SPAN, _spans),
}
