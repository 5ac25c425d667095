"""A report from a warehouse to bytes, in the format that is wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelpulse.judgement.asked import ask_all
from labelpulse.reader.query import Scope
from labelpulse.reports import csv, html, pdf
from labelpulse.reports.content import document

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from labelpulse.config import Settings

FORMATS = ("html", "pdf", "csv")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which report.

    Attributes:
        audience: executive, manager or quality. format: html, pdf or csv.
        projects: titles to tell of; empty = all.
        names: pseudonym -> name; None = people stay pseudonyms, as a report leaves this machine.
    """

    audience: str
    format: str
    projects: Sequence[str] = ()
    names: Mapping[str, str] | None = None


def report(engine: "Engine", settings: "Settings", wanted: Wanted, scope: Scope) -> bytes:
    """Return a report; the same warehouse gives the same bytes."""
    asked = ask_all(engine, settings, scope)
    doc = document(asked, wanted.audience, projects=wanted.projects, names=wanted.names)
    if wanted.format == "csv":
        return csv.write(asked)
    return html.write(doc) if wanted.format == "html" else pdf.write(doc)
