"""The forms in which Argilla's SDKs write a record -> who said what of it, question by question."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from labelpulse.core.errors import SkipRecord
from labelpulse.ingest.exports.elements import Element
from labelpulse.ingest.exports.parts import (
    Object,
    a_list,
    an_object,
    hashed,
    identity,
    name,
    objects,
)

COLUMN = ("user_id", "status", "value")
"""What a question's column holds in a dataset of 1.x."""

_ENDS = (".users", ".status")
_RESPONSES, _SUGGESTION, _OLD_SUGGESTION = ".responses", ".suggestion", "-suggestion"
_OWN = ("id", "external_id", "_server_id", "status", "metadata", "inserted_at", "updated_at")


@dataclass(slots=True)
class Response:
    """What one user says of a record, question by question."""

    status: Any = None
    values: dict[str, Any] = field(default_factory=dict)
    started: Any = None
    updated: Any = None


def is_flat(keys: Iterable[str]) -> bool:
    """Return True for columns of which some are a question's answers, users and states."""
    there = frozenset(keys)
    return any(
        key.endswith(_RESPONSES) and {f"{key}.users", f"{key}.status"} <= there for key in there
    )


def apart(where: str, one: Any) -> Iterator[Element]:
    """Yield the records of what may hold many: by column, or by id; else it is one itself."""
    if not isinstance(one, dict):
        yield where, one
    elif isinstance(one.get("fields"), list) or isinstance(one.get("id"), list):
        columns = {key: each for key, each in one.items() if isinstance(each, list)}
        for index in range(max(map(len, columns.values()))):
            row = {key: each[index] for key, each in columns.items() if index < len(each)}
            yield f"record {index + 1}", row
    elif one and all(isinstance(each, dict) and "fields" in each for each in one.values()):
        for index, each in enumerate(one.values()):
            yield f"record {index + 1}", each
    else:
        yield where, one


def identity_of(key: Any, fields: Any) -> str:
    """Return the record's id; where an old export has none, what it shows."""
    if key is None and fields:
        return hashed(fields)
    return identity(key, "record")


def fields_of(element: Object) -> Object:
    """Return what a flat record shows: columns that are not the tool's own."""
    return {
        key: one
        for key, one in element.items()
        if key not in _OWN and isinstance(one, str) and "." not in key and "-" not in key
    }


def responses(element: Object) -> dict[str | None, Response]:
    """Return user -> what they say, whatever the form of the export."""
    found: dict[str | None, Response] = {}
    told = element.get("responses")
    if isinstance(told, list):
        for one in objects(told, "responses"):
            values = an_object(one.get("values"), "values")
            found[_user(one.get("user_id"))] = Response(
                one.get("status"),
                {question: _inside(value) for question, value in values.items()},
                one.get("inserted_at"),
                one.get("updated_at"),
            )
        return found
    for question, each in _by_question(element, told):
        for user, status, value in each:
            response = found.setdefault(_user(user), Response(status))
            response.status = response.status or status
            if value is not None:
                response.values[question] = value
    return found


def _user(value: Any) -> str | None:
    return None if value == "None" else name(value)


def _inside(value: Any) -> Any:
    return value.get("value") if isinstance(value, dict) else value


def _by_question(element: Object, told: Any) -> Iterator[tuple[str, list[tuple[Any, Any, Any]]]]:
    """Question -> (user, status, value) of every answer."""
    for question, each in an_object(told, "responses").items():
        rows = objects(each, "responses")
        yield question, [(one.get("user_id"), one.get("status"), one.get("value")) for one in rows]
    for key, one in element.items():
        if key.endswith(_RESPONSES):
            users, states = (a_list(element.get(f"{key}{end}"), end[1:]) for end in _ENDS)
            values = a_list(one, "responses")
            if not len(users) == len(states) == len(values):
                raise SkipRecord("bad_value", "its answers, users and states differ in number")
            question = key.removesuffix(_RESPONSES)
            yield question, list(zip(users, states, values, strict=True))
        elif (rows_ := _old_column(one)) is not None:
            yield key, rows_


def _old_column(value: Any) -> list[tuple[Any, Any, Any]] | None:
    """The answers in a column of a 1.x dataset: an object of lists, or a list of objects."""
    if isinstance(value, dict) and all(isinstance(value.get(key), list) for key in COLUMN):
        return list(zip(*(value[key] for key in COLUMN), strict=False))
    if isinstance(value, list) and value and all(_is_answer(one) for one in value):
        return [(one["user_id"], one["status"], one["value"]) for one in value]
    return None


def _is_answer(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() >= set(COLUMN)


def suggestions(element: Object) -> dict[str, dict[str, tuple[Any, Any]]]:
    """Return agent -> question -> (value, score)."""
    found: dict[str, dict[str, tuple[Any, Any]]] = {}
    told = element.get("suggestions")
    rows: list[tuple[Any, Object]] = []
    if isinstance(told, list):
        rows = [(one.get("question_name"), one) for one in objects(told, "suggestions")]
    elif told:
        rows = [(key, _as_object(one)) for key, one in an_object(told, "suggestions").items()]
    for key, one in element.items():
        if key.endswith(_SUGGESTION):
            more = {end: element.get(f"{key}.{end}") for end in ("agent", "score")}
            rows.append((key.removesuffix(_SUGGESTION), {"value": one, **more}))
        elif key.endswith(_OLD_SUGGESTION):
            more = _as_object(element.get(f"{key}-metadata"))
            rows.append((key.removesuffix(_OLD_SUGGESTION), {**more, "value": one}))
    for question, one in rows:
        if (
            isinstance(question, str)
            and one.get("value") is not None
            and one.get("type") != "human"
        ):
            agent = name(one.get("agent")) or ""
            found.setdefault(agent, {})[question] = (one["value"], one.get("score"))
    return found


def _as_object(value: Any) -> Object:
    return value if isinstance(value, dict) else {}
