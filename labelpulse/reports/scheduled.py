"""Reports of the configuration, written into a folder on their day."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from labelpulse.reader.people import pseudonym_key
from labelpulse.reader.query import Scope
from labelpulse.reports.write import Wanted, report

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from labelpulse.config import Settings
    from labelpulse.config.models import Report


def write_scheduled(engine: "Engine", settings: "Settings", one: "Report", day: date) -> Path:
    """Write a report of the configuration into its folder, and return the file.

    A file is there whole or not at all; people stay pseudonyms.
    """
    wanted = Wanted(one.audience, one.format, one.projects)
    made = report(engine, settings, wanted, Scope(key=pseudonym_key(settings.file)))
    folder = settings.folder / one.folder
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{one.name}-{day.isoformat()}.{one.format}"
    half = file.with_name(f".{file.name}.part")
    half.write_bytes(made)
    half.replace(file)
    return file
