"""Reading the samples of exports."""

from pathlib import Path
from typing import Any

from labelpulse.core.events import AnnotationRecord, ProjectRecord
from labelpulse.ingest.plugins import file_format
from labelpulse.source import ImportOptions

DATA = Path(__file__).resolve().parents[1] / "data" / "exports"
TEXT = "Ada Lovelace wrote to Charles Babbage."
CAT = [0.25, 0.25, 0.5, 0.5]
"""From (100, 50) to (300, 150) on a picture of 400 × 200."""


def read(form: str, path: Path | str, title: str = "P", **options: Any) -> list[Any]:
    """Return what a file holds; a name is that of a sample."""
    return list(file_format(form).read(DATA / path, ImportOptions(title, **options)))


def of(kind: type[Any], records: list[Any]) -> list[Any]:
    """Return the records of a kind."""
    return [one for one in records if type(one) is kind]


def scales(records: list[Any]) -> dict[str, str]:
    """Return the scale of every control."""
    (project,) = of(ProjectRecord, records)
    return {one.name: one.scale.value for one in project.controls}


def answers(records: list[Any], item: str) -> list[dict[str, Any]]:
    """Return what was said of an item, without places where nothing was found."""
    return [
        {name: value for name, value in one.answers if value != []}
        for one in of(AnnotationRecord, records)
        if one.item == item
    ]


def cut(spans: list[Any], text: str = TEXT) -> list[tuple[str, str]]:
    """Return what spans mark in a text, in its order."""
    return [(text[start:end], label) for start, end, label in sorted(spans)]
