"""`labelpulse query`: one metric, as a table, JSON or CSV."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.cli.common import (
    ConfigOption,
    DbOption,
    JsonOption,
    open_reader,
    open_settings,
    print_csv,
    print_json,
    print_table,
    rounded,
    tell,
)

if TYPE_CHECKING:
    from labelpulse.reader import MetricQuery, Result, Scope


class Format(StrEnum):
    """How an answer is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


MetricArgument = Annotated[
    str, typer.Argument(metavar="METRIC", help="Its name; `labelpulse metrics` lists them.")
]
ProjectOption = Annotated[
    str | None, typer.Option("--project", metavar="P", help="Title, or SOURCE/TITLE.")
]
ByOption = Annotated[
    list[str] | None, typer.Option("--by", metavar="a,b", help="Keys to split by; repeatable.")
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="KEY=VALUE",
        help="Keep a value, or KEY!=VALUE drop it. Repeats of a key with = are alternatives, "
        "all else must hold together. A backslash takes the next sign as is.",
    ),
]
ControlOption = Annotated[
    str | None, typer.Option("--control", metavar="C", help="One question of the project.")
]
SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="D", help="First local day, 2026-03-04.")
]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="D", help="Last local day.")]
DistanceOption = Annotated[
    str | None,
    typer.Option("--distance", metavar="D", help="Between sets: jaccard, masi or exact."),
]
MergeOption = Annotated[
    list[str] | None,
    typer.Option("--merge", metavar="NEW=a+b", help="Take labels as one; repeatable."),
]
WhatIfOption = Annotated[
    list[str] | None,
    typer.Option(
        "--what-if",
        metavar="KEY=NUMBER",
        help="Of a finish date: people=+2, overlap=3 labels an item, review=0.2 of the labels "
        "more; repeatable.",
    ),
]
MinOption = Annotated[
    int | None, typer.Option("--min-n", metavar="N", help="Below it a note says so.")
]
NamesOption = Annotated[
    bool, typer.Option("--names", help="Show people's native ids instead of pseudonyms.")
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print the answer.")]


def query(
    metric: MetricArgument,
    *,
    project: ProjectOption = None,
    by: ByOption = None,
    where: WhereOption = None,
    control: ControlOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    distance: DistanceOption = None,
    merge: MergeOption = None,
    what_if: WhatIfOption = None,
    min_n: MinOption = None,
    names: NamesOption = False,
    format_: FormatOption = Format.TABLE,
    json_: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Answer a question about a metric, with its interval, its n and a note."""
    from labelpulse.reader import read

    asked = make_query(
        metric=metric,
        project=project,
        by=by,
        where=where,
        control=control,
        since=since,
        until=until,
        distance=distance,
        merge=merge,
        what_if=what_if,
        min_n=min_n,
    )
    settings = open_settings(config, db)
    result = read(open_reader(settings), asked, scope_of(settings.file, names))
    print_result(result, Format.JSON if json_ else format_)


def make_query(**options: Any) -> "MetricQuery":
    """Return the query that a command line's options spell; UsageError when they spell none."""
    from labelpulse.metrics.registry import metric
    from labelpulse.reader import MetricQuery

    metric(options["metric"])  # a wrong name is told before any warehouse is opened
    options["by"] = ",".join(options["by"] or ())
    for name in ("where", "merge", "what_if"):
        options[name] = tuple(options[name] or ())
    return MetricQuery(**options)


def scope_of(config: Path | None, names: bool) -> "Scope":
    """Return who asks on a command line: somebody who may see everything."""
    from labelpulse.reader import Scope, pseudonym_key

    return Scope(names=names, key=None if names else pseudonym_key(config))


def print_result(result: "Result", format_: Format) -> None:
    """Print an answer on standard output; when it was read last goes to standard error."""
    if format_ is Format.JSON:
        print_json(result.document())
        return
    columns = list(dict.fromkeys(column for row in result.rows for column in row))
    columns = columns or ["value", "low", "high", "n", "note"]
    if format_ is Format.CSV:
        print_csv(columns, result.rows)
        return
    table = [[rounded(row.get(column)) for column in columns] for row in result.rows]
    print(f"{result.metric} ({result.unit})")
    print_table(columns, table)
    as_of = ", ".join(f"{name} {at or 'never'}" for name, at in result.as_of.items())
    tell(f"as of: {as_of or 'nothing is loaded yet'}")
