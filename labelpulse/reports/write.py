"""Reports as files: rendered from a warehouse, on request or on the day of their schedule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from labelpulse.core.errors import LabelpulseError
from labelpulse.findings.asked import ask_all
from labelpulse.reader.people import pseudonym_key
from labelpulse.reader.query import Scope
from labelpulse.reports import csv, html, pdf
from labelpulse.reports.content import make_document

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from labelpulse.config import Settings
    from labelpulse.config.models import Report

FORMATS = ("html", "pdf", "csv")


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """Which report to render.

    Attributes:
        audience: executive, manager or quality.
        format: html, pdf or csv.
        projects: titles of the projects to include; empty = all.
        names: pseudonym -> name; None = annotators appear under pseudonyms.
    """

    audience: str
    format: str
    projects: Sequence[str] = ()
    names: Mapping[str, str] | None = None


def render_report(
    engine: "Engine", settings: "Settings", request: ReportRequest, scope: Scope
) -> bytes:
    """Render a report; the same warehouse gives the same bytes."""
    answers = ask_all(engine, settings, scope)
    document = make_document(
        answers, request.audience, projects=request.projects, names=request.names
    )
    if request.format == "csv":
        return csv.render(answers)
    return html.render(document) if request.format == "html" else pdf.render(document)


def write_scheduled(engine: "Engine", settings: "Settings", report: "Report", day: date) -> Path:
    """Write a report of the configuration into its folder, and return the file.

    The file appears only when it is complete; annotators appear under pseudonyms.

    Raises:
        LabelpulseError: the folder cannot be written.
    """
    request = ReportRequest(report.audience, report.format, report.projects)
    content = render_report(engine, settings, request, Scope(key=pseudonym_key(settings.file)))
    folder = settings.folder / report.folder
    file = folder / f"{report.name}-{day.isoformat()}.{report.format}"
    incomplete = file.with_name(f".{file.name}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        incomplete.write_bytes(content)
        incomplete.replace(file)
    except OSError as error:
        raise LabelpulseError(
            f"report {report.name!r} could not be written to the folder {folder}: "
            f"{error.strerror}. Check its permissions, or choose another folder in [[reports]]"
        ) from error
    return file
