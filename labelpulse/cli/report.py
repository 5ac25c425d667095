"""`labelpulse report`: write a report for one of three audiences."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from labelpulse.cli.options import ConfigOption, DbOption, NamesOption
from labelpulse.cli.output import print_message
from labelpulse.cli.warehouse import open_reader, open_settings, operator_scope
from labelpulse.core.errors import UsageError


class Audience(StrEnum):
    """Who reads a report."""

    EXECUTIVE = "executive"
    MANAGER = "manager"
    QUALITY = "quality"


class ReportFormat(StrEnum):
    """The file format of a report."""

    HTML = "html"
    PDF = "pdf"
    CSV = "csv"


def report(
    *,
    audience: Annotated[
        Audience, typer.Option("--audience", help="Who reads the report.")
    ] = Audience.EXECUTIVE,
    format_: Annotated[
        ReportFormat, typer.Option("--format", help="File format of the report.")
    ] = ReportFormat.HTML,
    projects: Annotated[
        list[str] | None,
        typer.Option(
            "--project", metavar="TITLE", help="Only this project; repeatable. Default: all."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="File to write; default: standard output, or labelpulse-AUDIENCE.FORMAT when "
            "standard output is a terminal.",
        ),
    ] = None,
    names: NamesOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Write a report with the numbers and charts of the dashboard: HTML, PDF or CSV.

    The same data give the same bytes; the footer names the snapshot and the definitions.
    """
    from labelpulse.reader.overview import names_of, overview
    from labelpulse.reports.write import ReportRequest, render_report

    settings = open_settings(config, db)
    engine = open_reader(settings)
    scope = operator_scope(settings)
    titles = {project.info.label for project in overview(engine, scope).projects}
    for title in projects or ():
        if title not in titles:
            available = ", ".join(sorted(titles)) or "none"
            raise UsageError(f"there is no project {title!r}; the projects are: {available}")
    shown_names = names_of(engine, scope) if names else None
    request = ReportRequest(audience.value, format_.value, tuple(projects or ()), shown_names)
    content = render_report(engine, settings, request, scope)
    if output is None and not sys.stdout.isatty():
        sys.stdout.buffer.write(content)
        return
    file = output or Path(f"labelpulse-{audience.value}.{format_.value}")
    file.write_bytes(content)
    print_message(f"Wrote {file}")
