"""`labelpulse import`: load files once, through the same path as a poll."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labelpulse.cli.common import (
    FAILED,
    OK,
    PARTLY,
    ConfigOption,
    DbOption,
    JsonOption,
    open_settings,
    open_warehouse,
    print_json,
    tell,
)
from labelpulse.core.errors import UsageError
from labelpulse.core.escapes import split, split_list, unescape
from labelpulse.core.formats import plural

if TYPE_CHECKING:
    from labelpulse.ingest.importer import ImportResult

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE…", help="One or more files.", show_default=False)
]
Title = Annotated[str, typer.Option("--project", metavar="TITLE", help="Project to load into.")]
Name = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Source to load under; default import:TITLE. One that is polled takes known answers "
        "alone.",
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="F",
        help="csv, label-studio, mturk, coco and so on (an unknown name lists all); else "
        "detected, and told.",
    ),
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="FIELD=COL",
        help="Column of a field; repeats, or takes commas. FIELD: item annotator label gold "
        "started_at submitted_at updated_at time_spent annotation_id revision status reviewer "
        "reviewed_at control batch. Without a map a field takes the column of its own name. "
        "Numbers from 1 where the file has no header line.",
    ),
]
ScaleName = Annotated[
    str | None,
    typer.Option(metavar="S", help="nominal, ordinal, interval, ratio, set, text or number."),
]
Labels = Annotated[
    str | None, typer.Option(metavar="A,B,C", help="The labels there are, in their order.")
]
Separator = Annotated[
    str | None, typer.Option(metavar="SIGN", help='Between the labels of a set; default "|".')
]
Zone = Annotated[str | None, typer.Option(metavar="ZONE", help="Zone of days: Europe/Berlin.")]
NaiveZone = Annotated[
    str | None,
    typer.Option(metavar="ZONE", help="Zone of times that name none; default: that of days."),
]


def import_(
    files: Files,
    project: Title,
    *,
    source: Name = None,
    format_: Format = None,
    map_: Map = None,
    scale: ScaleName = None,
    labels: Labels = None,
    separator: Separator = None,
    timezone: Zone = None,
    naive_zone: NaiveZone = None,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load labels from files: exports of tools, results of crowds, gold sets, or any table.

    Bad records are set aside with their reason, file and line, and the good ones load (exit 3);
    a file that breaks off in the middle loads nothing. Loading a file again changes nothing.
    """
    from labelpulse.cli.progress import scan_progress
    from labelpulse.ingest.import_settings import ImportFlags
    from labelpulse.ingest.importer import Watch, import_files

    flags = ImportFlags(
        project=project,
        source=source,
        format=format_,
        columns=read_map(map_ or []),
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
        watch = Watch(progress=progress) if as_json else Watch(tell, progress)
        result = import_files(warehouse, settings, files, flags, watch)
    _report(result, as_json=as_json)
    raise typer.Exit(_exit_code(result))


def read_map(given: list[str]) -> dict[str, str]:
    r"""Return field -> column of ``--map`` values, which may hold several, by commas.

    >>> read_map(["item=task id,label=a\\,b", "gold=key"])
    {'item': 'task id', 'label': 'a,b', 'gold': 'key'}
    """
    columns: dict[str, str] = {}
    for one in [part for text in given for part in split(text, ",") if part.strip()]:
        parts = split(one, "=", limit=1)
        name, column = unescape(parts[0]).strip(), unescape(parts[-1]).strip()
        if len(parts) != 2 or not name or not column:
            raise UsageError(f"--map {one}: write it as FIELD=COLUMN")
        if name in columns and columns[name] != column:
            raise UsageError(f"--map names two columns for {name}: keep one")
        columns[name] = column
    return columns


def _report(result: "ImportResult", *, as_json: bool) -> None:
    for bad in result.first_bad:
        tell(f"{bad.location} {bad.record}: set aside: {bad.detail}")
    if result.quarantined > len(result.first_bad):
        more = plural(result.quarantined - len(result.first_bad), "more record", "more records")
        tell(f"… and {more} set aside")
    for warning in result.warnings:
        tell(f"Warning: {warning}")
    for error in result.failed:
        tell(f"Error: {error}")
    if as_json:
        print_json(result.to_json())
        return
    counts = [
        (result.read, "read"),
        (result.loaded, "loaded"),
        (result.unchanged, "unchanged"),
        (result.quarantined, "set aside"),
    ]
    print(f"{plural(result.files, 'file')}: " + ", ".join(f"{n:,} {what}" for n, what in counts))


def _exit_code(result: "ImportResult") -> int:
    if result.failed:
        return PARTLY if result.files else FAILED
    return PARTLY if result.quarantined else OK
