"""`labelpulse import`: load files once, through the same path as a poll."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labelpulse.cli.options import ConfigOption, DbOption, JsonOption
from labelpulse.cli.output import FAILED, OK, PARTLY, print_json, print_message, scan_progress
from labelpulse.cli.warehouse import open_settings, open_warehouse
from labelpulse.core.errors import UsageError
from labelpulse.core.escapes import split, split_list, unescape
from labelpulse.core.formats import plural

if TYPE_CHECKING:
    from labelpulse.ingest.importer import ImportResult


def import_(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Files to load.", show_default=False)
    ],
    project: Annotated[
        str, typer.Option("--project", metavar="TITLE", help="Project to load into.")
    ],
    *,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Source to load under; default import:TITLE. A source that is polled accepts "
            "only gold labels.",
        ),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="F",
            help="Format of the files: csv, label-studio, mturk, coco and so on; an unknown name "
            "lists all. Default: detected and printed.",
        ),
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=COL",
            help="Read a field from a column; repeatable, or separated by commas. FIELD: item "
            "annotator label gold started_at submitted_at updated_at time_spent annotation_id "
            "revision status reviewer reviewed_at control batch. Default: the column of the "
            "field's own name. Columns of files without a header line are numbered from 1.",
        ),
    ] = None,
    scale: Annotated[
        str | None,
        typer.Option(
            metavar="S",
            help="Scale of the labels: nominal, ordinal, interval, ratio, set, text or number.",
        ),
    ] = None,
    labels: Annotated[
        str | None, typer.Option(metavar="A,B,C", help="All labels, in their order.")
    ] = None,
    separator: Annotated[
        str | None,
        typer.Option(metavar="SIGN", help='Sign between the labels of a set; default "|".'),
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="Time zone of the days, such as Europe/Berlin."),
    ] = None,
    naive_zone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE", help="Time zone of times without one; default: that of the days."
        ),
    ] = None,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load labels from files: exports of tools, crowdsourcing results, gold sets, or tables.

    Bad records are quarantined with their reason, file and line; the good ones load (exit 3).
    A truncated file loads nothing. Loading a file again changes nothing.
    """
    from labelpulse.ingest.import_settings import ImportFlags
    from labelpulse.ingest.importer import Watch, import_files

    flags = ImportFlags(
        project=project,
        source=source,
        format=format_,
        columns=parse_map(map_ or []),
        scale=scale,
        labels=None if labels is None else tuple(split_list(labels)),
        separator=separator,
        timezone=timezone,
        naive_zone=naive_zone,
    )
    settings = open_settings(config, db)
    flags.check(settings)
    warehouse = open_warehouse(settings)
    with scan_progress(quiet=as_json) as progress:
        watch = Watch(progress=progress) if as_json else Watch(print_message, progress)
        result = import_files(warehouse, settings, files, flags, watch)
    _print_import(result, as_json=as_json)
    raise typer.Exit(exit_code(result))


def parse_map(options: list[str]) -> dict[str, str]:
    r"""Parse ``--map`` options, each of which may hold several pairs, to field -> column.

    >>> parse_map(["item=task id,label=a\\,b", "gold=key"])
    {'item': 'task id', 'label': 'a,b', 'gold': 'key'}
    """
    columns: dict[str, str] = {}
    for pair in [part for text in options for part in split(text, ",") if part.strip()]:
        parts = split(pair, "=", limit=1)
        name, column = unescape(parts[0]).strip(), unescape(parts[-1]).strip()
        if len(parts) != 2 or not name or not column:
            raise UsageError(f"--map {pair}: write it as FIELD=COLUMN")
        if name in columns and columns[name] != column:
            raise UsageError(f"--map names two columns for {name}: remove one")
        columns[name] = column
    return columns


def _print_import(result: "ImportResult", *, as_json: bool) -> None:
    for bad in result.first_bad:
        print_message(f"{bad.location} {bad.record}: quarantined: {bad.detail}")
    if result.quarantined > len(result.first_bad):
        more = plural(result.quarantined - len(result.first_bad), "more record", "more records")
        print_message(f"… and {more} quarantined")
    for warning in result.warnings:
        print_message(f"Warning: {warning}")
    for error in result.failed:
        print_message(f"Error: {error}")
    if as_json:
        print_json(result.to_json())
        return
    print(
        f"{plural(result.files, 'file')}: {result.read:,} read, {result.loaded:,} loaded, "
        f"{result.unchanged:,} unchanged, {result.quarantined:,} quarantined"
    )


def exit_code(result: "ImportResult") -> int:
    """Return 0 when all records are good, 1 when no file could be loaded, else 3."""
    if result.failed:
        return PARTLY if result.files else FAILED
    return PARTLY if result.quarantined else OK
