"""What a classification says, task by task.

======================  ===================================================================
question                ``T0``: its answer; several answers are a set
survey                  ``T3``: the set of choices; ``T3.HOWMANY``: ``CHOICE: ANSWER`` of each
drawing                 ``T0``: the marks, each with its tool
text                    ``T0``: the text
dropdown                ``T0``, or ``T0.1``, ``T0.2`` where a task has several
slider (a number)       ``T0``: the number
highlighter             ``T0``: spans of the text
combo                   the tasks in it
======================  ===================================================================

A task that is there with an empty list was answered with nothing; one that is not there was not
asked.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from collectors.zooniverse.marks import Sizes, is_mark, mark
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import Scale
from labelpulse.ingest.questions import UNREADABLE, Shapes
from labelpulse.ingest.shapes import stretch


class Lost(Enum):
    """What is not read yet."""

    KIND = "answers of a task of another kind"
    TOOL = "marks by a tool of another kind"
    DETAIL = "marks' own questions"


def tasks_of(annotations: Any) -> list[Mapping[str, Any]]:
    """Return the tasks of a classification, those in a combo too.

    Raises:
        SkipRecord: they are none.
    """
    if not isinstance(annotations, list):
        raise SkipRecord("bad_annotations", "its annotations are no list")
    found: list[Mapping[str, Any]] = []
    for one in annotations:
        if not isinstance(one, dict) or not isinstance(one.get("task"), str):
            raise SkipRecord("bad_annotations", "an annotation of it names no task")
        inside = one.get("value")
        if _is_list(inside) and inside and all(_is_task(part) for part in inside):
            found.extend(tasks_of(inside))
        else:
            found.append(one)
    return found


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_task(part: Any) -> bool:
    return isinstance(part, dict) and isinstance(part.get("task"), str) and "value" in part


def said_in(
    tasks: list[Mapping[str, Any]], sizes: Sizes | None, lost: Counter[Lost]
) -> dict[str, Any]:
    """Return question -> value, as `labelpulse.ingest.questions` takes them.

    Args:
        sizes: of the subject's pictures, frame by frame; None = leave shapes in pixels.
        lost: counts what is left out.
    """
    found: dict[str, Any] = {}
    for one in tasks:
        if "markIndex" in one:  # a question about one mark, which stands beside it
            lost[Lost.DETAIL] += 1
            continue
        for name, value in _answers(one["task"], one.get("value"), sizes, lost):
            if value is UNREADABLE:
                lost[Lost.KIND] += 1
            else:
                found[name] = value
    return found


def _answers(
    task: str, value: Any, sizes: Sizes | None, lost: Counter[Lost]
) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, list):
        yield task, _single(value)
    elif not all(isinstance(one, dict) for one in value):
        yield task, UNREADABLE if any(isinstance(one, dict | list) for one in value) else value
    elif value and all("choice" in one for one in value):
        yield from _survey(task, value)
    elif value and all("labelInformation" in one for one in value):
        yield task, Shapes(tuple(map(_highlight, value)), Scale.SPAN)
    elif value and all("value" in one and not is_mark(one) for one in value):
        yield from _dropdowns(task, value)
    elif value and all(map(is_mark, value)):
        yield task, _marks(value, sizes, lost)
    else:
        yield task, UNREADABLE if value else []


def _single(value: Any) -> Any:
    """A question's, a text's, a slider's or a simple dropdown's answer."""
    if isinstance(value, dict):
        for key in ("selection", "text"):
            if isinstance(value.get(key), str | int | float):
                return value[key]
        return UNREADABLE
    return value


def _survey(task: str, chosen: list[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    yield task, [str(one["choice"]) for one in chosen]
    more: dict[str, list[str]] = {}
    for one in chosen:
        inside = one.get("answers")
        for question, answers in inside.items() if isinstance(inside, dict) else ():
            for answer in answers if isinstance(answers, list) else [answers]:
                more.setdefault(f"{task}.{question}", []).append(f"{one['choice']}: {answer}")
    yield from more.items()


def _dropdowns(task: str, chosen: list[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    for at, one in enumerate(chosen, 1):
        value = one.get("label") or one.get("value")
        yield task if len(chosen) == 1 else f"{task}.{at}", _single(value)


def _highlight(one: Mapping[str, Any]) -> list[Any]:
    told = one.get("labelInformation")
    label = told.get("label") if isinstance(told, dict) else None
    return stretch(one.get("start"), one.get("end"), label)


def _marks(marks: list[Mapping[str, Any]], sizes: Sizes | None, lost: Counter[Lost]) -> Any:
    found = []
    for one in marks:
        if one.get("details"):
            lost[Lost.DETAIL] += 1
        shape = mark(one, sizes)
        if shape is None:
            lost[Lost.TOOL] += 1
        else:
            found.append(shape)
    return Shapes(tuple(found)) if found else UNREADABLE
