"""What the answer of a Prodigy task says, in canonical form, control by control."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from labelpulse.core.answers import AnswerReader, options
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import Scale
from labelpulse.ingest.prodigy_questions import (
    ACCEPT,
    DECISION,
    LABEL,
    RELATIONS,
    SEGMENTS,
    SHAPES,
    SPANS,
    Questions,
    Task,
    asked,
    field_control,
    fields,
    is_binary,
    option,
    size,
)
from labelpulse.ingest.shapes import Picture, Shape, in_order, pairs, relation, stretch


def answers(task: Task, questions: Questions) -> tuple[tuple[str, Any], ...]:
    """Return the (control, canonical value) pairs of a task that was accepted or rejected.

    `questions` has seen the task. What was asked and not answered is absent.

    Raises:
        SkipRecord: what stands there cannot be an answer.
    """
    word, names = task["answer"], asked(task, questions.how)
    if is_binary(task):
        return ((names[0], word),)
    said = [(name, word) for name in names if name == DECISION]
    if word == ACCEPT:
        typed = {field_control(key): key for key in fields(task, questions.how)}
        content = [(name, _value(name, task, questions, typed)) for name in names]
        said = [(name, value) for name, value in content if value is not None] + said
    return tuple(said)


def _value(name: str, task: Task, questions: Questions, typed: Mapping[str, str]) -> Any:
    if name == LABEL:
        return _accepted(task, several=questions.multiple)
    if name in typed:
        return AnswerReader(Scale.TEXT).read(task.get(typed[name]) or "", "text")
    read = _READERS.get(name)
    return None if read is None else in_order(read(task))


def _accepted(task: Task, *, several: bool) -> Any:
    told = task.get("accept") or []
    if not isinstance(told, list):
        raise SkipRecord("bad_value", "its accepted options are no list")
    chosen = options([option(one) for one in told])
    return chosen if several else next(iter(chosen), None)


def _marks(task: Task, key: str) -> Sequence[Mapping[str, Any]]:
    """The objects of a list that may be absent; anything else is no answer."""
    found = task.get(key) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise SkipRecord("bad_value", f"its {key} are no list of objects")
    return found


def _label(one: Mapping[str, Any]) -> str | None:
    label = one.get("label")
    if label is None or label == "":
        return None
    return option(label)


def _stretches(key: str) -> Callable[[Task], list[Shape]]:
    return lambda task: [_stretch(one) for one in _marks(task, key)]


def _stretch(one: Mapping[str, Any]) -> Shape:
    return stretch(one.get("start"), one.get("end"), _label(one))


def _relations(task: Task) -> list[Shape]:
    return [
        relation(_end(one, "head", task), _end(one, "child", task), _label(one))
        for one in _marks(task, "relations")
    ]


def _end(one: Mapping[str, Any], name: str, task: Task) -> Shape:
    """One end of a relation: its span, else the token that it names by place."""
    span = one.get(f"{name}_span")
    if isinstance(span, dict):
        return _stretch(span)
    at, tokens = one.get(name), _marks(task, "tokens")
    if isinstance(at, bool) or not isinstance(at, int) or not 0 <= at < len(tokens):
        raise SkipRecord("bad_value", "an end of a relation in it is neither a span nor a token")
    return stretch(tokens[at].get("start"), tokens[at].get("end"), None)


def _shapes(task: Task) -> list[Shape]:
    pixels = size(task)
    picture = Picture() if pixels is None else Picture(*pixels)
    return [_shape(one, picture) for one in _marks(task, "spans")]


def _shape(one: Mapping[str, Any], picture: Picture) -> Shape:
    if "width" in one and "height" in one:
        return picture.box(one.get("x"), one.get("y"), one["width"], one["height"], _label(one))
    points = one.get("points")
    if not isinstance(points, list):
        raise SkipRecord("bad_value", "a shape in it has neither corners nor points")
    if points and not isinstance(points[0], list):
        points = [list(pair) for pair in pairs(points)]
    corners = _upright(points)
    if corners is not None:
        return picture.corners(*corners, _label(one))
    return picture.polygon([points], _label(one))


def _upright(points: list[Any]) -> tuple[Any, Any, Any, Any] | None:
    """Two opposite corners of four points that are those of an upright box: older boxes are so."""
    if len(points) != 4 or not all(isinstance(one, list) and len(one) == 2 for one in points):
        return None
    (a, b, c, d) = points
    turned = a[1] == b[1] and b[0] == c[0] and c[1] == d[1] and d[0] == a[0]
    straight = a[0] == b[0] and b[1] == c[1] and c[0] == d[0] and d[1] == a[1]
    return (*a, *c) if turned or straight else None


_READERS: Mapping[str, Callable[[Task], list[Shape]]] = {
    SPANS: _stretches("spans"),
    SHAPES: _shapes,
    SEGMENTS: _stretches("audio_spans"),
    RELATIONS: _relations,
}
