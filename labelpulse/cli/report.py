"""`labelpulse report`: the numbers of the pages on paper, for one of the three readers."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from labelpulse.cli.common import (
    ConfigOption,
    DbOption,
    open_reader,
    open_settings,
    tell,
)
from labelpulse.core.errors import UsageError


class Audience(StrEnum):
    """Who reads it."""

    EXECUTIVE = "executive"
    MANAGER = "manager"
    QUALITY = "quality"


class Format(StrEnum):
    """What it is written as."""

    HTML = "html"
    PDF = "pdf"
    CSV = "csv"


def report(
    *,
    audience: Annotated[
        Audience, typer.Option("--audience", help="Who reads it.")
    ] = Audience.EXECUTIVE,
    format_: Annotated[Format, typer.Option("--format", help="What it is.")] = Format.HTML,
    project: Annotated[
        list[str] | None,
        typer.Option("--project", metavar="TITLE", help="Only this one; may repeat. Default: all."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Default: standard output, or a named file."
        ),
    ] = None,
    names: Annotated[bool, typer.Option("--names", help="People by name, not pseudonym.")] = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Write a report: HTML, PDF or CSV with the numbers and charts of the pages.

    The same data gives the same bytes; the footer names the snapshot and the definitions.
    """
    from labelpulse.reader.overview import names_of, overview
    from labelpulse.reader.people import pseudonym_key
    from labelpulse.reader.query import Scope
    from labelpulse.reports.write import Wanted
    from labelpulse.reports.write import report as written

    settings = open_settings(config, db)
    engine = open_reader(settings)
    scope = Scope(key=pseudonym_key(settings.file))
    known = {one.info.label for one in overview(engine, scope).projects}
    for title in project or ():
        if title not in known:
            there = ", ".join(sorted(known)) or "none"
            raise UsageError(f"there is no project {title!r}; there are: {there}")
    named = names_of(engine, scope) if names else None
    wanted = Wanted(audience.value, format_.value, tuple(project or ()), named)
    made = written(engine, settings, wanted, scope)
    if output is None and not sys.stdout.isatty():
        sys.stdout.buffer.write(made)
        return
    file = output or Path(f"labelpulse-{audience.value}.{format_.value}")
    file.write_bytes(made)
    tell(f"Wrote {file}")
