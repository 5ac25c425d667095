"""What goes between parent and child, as plain JSON values: options, summaries, first looks."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from labelpulse.core.errors import (
    FileRefused,
    LabelpulseError,
    NoExport,
    RetryLater,
    SkipRecord,
    StopSource,
    UnknownFormat,
    UsageError,
)
from labelpulse.core.events import BadRecord, ControlRecord, ProjectRecord, Scale
from labelpulse.ingest.stage import Summary
from labelpulse.source import ImportOptions, InspectedProject

Plain = dict[str, Any]

ERRORS: Mapping[str, type[LabelpulseError]] = {
    kind.__name__: kind
    for kind in (FileRefused, UnknownFormat, NoExport, UsageError, StopSource, RetryLater)
}
"""Errors that keep their kind on the way."""


def line(message: Plain) -> bytes:
    """Return a message as a line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def error_of(error: LabelpulseError) -> Plain:
    """Return an error as a message; one of a kind that says nothing of files refuses the file."""
    kind = type(error).__name__
    if isinstance(error, SkipRecord) or kind not in ERRORS:
        kind = FileRefused.__name__
    return {"error": [kind, str(error)]}


def to_error(said: Any) -> LabelpulseError:
    """Return the error that a message tells of."""
    kind, text = said
    return ERRORS[kind](str(text))


def to_options(data: Plain) -> ImportOptions:
    """Return import options from their values."""
    return ImportOptions(**_tuples(data))


def from_summary(summary: Summary) -> Plain:
    """Return a summary as values."""
    return {one.name: _plain(getattr(summary, one.name)) for one in fields(summary)}


def to_summary(data: Plain) -> Summary:
    """Return a summary from its values.

    Raises:
        KeyError, TypeError, ValueError: they are none of a summary.
    """
    named = _tuples(data)
    for name in ("controls", "strange"):
        named[name] = dict.fromkeys(named[name])
    named["first_bad"] = [BadRecord(**one) for one in named["first_bad"]]
    named["project"] = None if named["project"] is None else _project(named["project"])
    return Summary(**named)


def to_found(data: Plain) -> InspectedProject:
    """Return what a first look found from its values."""
    return InspectedProject(**_tuples(data))


def _project(data: Plain) -> ProjectRecord:
    named = _tuples(data)
    named["controls"] = tuple(
        ControlRecord(**{**_tuples(one), "scale": Scale(one["scale"])}) for one in named["controls"]
    )
    return ProjectRecord(**named)


def _tuples(data: Plain) -> Plain:
    return {key: tuple(one) if isinstance(one, list) else one for key, one in data.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, ProjectRecord):
        return asdict(value)
    if isinstance(value, list):
        return [asdict(one) for one in value]
    return list(value) if isinstance(value, dict) else value
