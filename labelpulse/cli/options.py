"""Options and arguments that several verbs share, declared once with one help text each."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

MAX_ID = 2**63 - 1
"""The highest id that a warehouse can assign."""


class OutputFormat(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


# --- every verb ---

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="PATH", help="Configuration file; default ./labelpulse.toml."),
]
DbOption = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="URL",
        help="Warehouse, sqlite:///… or postgresql://…; also LABELPULSE_DATABASE_URL.",
        show_default=False,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output.")
]

# --- what to show ---

FormatOption = Annotated[OutputFormat, typer.Option("--format", help="How to print the rows.")]
NamesOption = Annotated[
    bool, typer.Option("--names", help="Show who annotators are (native ids; names in reports).")
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, metavar="N", help="At most this many.")]
ProjectOption = Annotated[
    str | None,
    typer.Option(
        "--project", metavar="P", help="Only this project: TITLE or SOURCE/TITLE. Default: all."
    ),
]
SourceOption = Annotated[
    str | None,
    typer.Option("--source", metavar="NAME", help="Only this source. Default: all."),
]
SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="D", help="First local day, such as 2026-03-04.")
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="D", help="Last local day, such as 2026-03-31.")
]
ControlOption = Annotated[
    str | None,
    typer.Option("--control", metavar="C", help="Only this control: one question of the project."),
]

# --- queries: `query` and `explain` ---

MetricArgument = Annotated[
    str,
    typer.Argument(metavar="METRIC", help="Name of a metric; `labelpulse metrics` lists them."),
]
ByOption = Annotated[
    list[str] | None,
    typer.Option("--by", metavar="a,b", help="Keys to split by; repeatable."),
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="KEY=VALUE",
        help="Filter by a key: KEY=VALUE includes the value, KEY!=VALUE excludes it. Repeats of "
        "one key with = are alternatives; different keys must all match. A backslash escapes the "
        "next character.",
    ),
]
DistanceOption = Annotated[
    str | None,
    typer.Option(
        "--distance", metavar="D", help="Distance between label sets: jaccard, masi or exact."
    ),
]
MergeOption = Annotated[
    list[str] | None,
    typer.Option("--merge", metavar="NEW=a+b", help="Count several labels as one; repeatable."),
]
WhatIfOption = Annotated[
    list[str] | None,
    typer.Option(
        "--what-if",
        metavar="KEY=NUMBER",
        help="Forecast the finish date under another plan: people=+2, overlap=3 labels an item, "
        "review=0.2 more of the labels reviewed; repeatable.",
    ),
]
MinNOption = Annotated[
    int | None,
    typer.Option("--min-n", metavar="N", help="Add a note to values with a smaller n."),
]

# --- the dashboard: `dashboard` and `up` ---

AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="ADDRESS",
        help="Address to listen on; default 127.0.0.1. Beyond loopback it needs --public-url.",
        show_default=False,
    ),
]
PortOption = Annotated[
    int | None,
    typer.Option(
        "--port",
        metavar="N",
        help="Port to listen on; default 8501.",
        min=1,
        max=65_535,
        show_default=False,
    ),
]
PublicUrlOption = Annotated[
    str | None,
    typer.Option(
        "--public-url",
        metavar="URL",
        help="Address that browsers use, such as https://labels.example.org/pulse.",
        show_default=False,
    ),
]
BrowserOption = Annotated[
    bool, typer.Option("--browser/--no-browser", help="Open the dashboard in a browser.")
]

# --- alerts and the review queue ---

RuleOption = Annotated[
    str | None, typer.Option("--rule", metavar="NAME", help="Only this rule. Default: all.")
]
AlertIdsArgument = Annotated[
    list[int],
    typer.Argument(metavar="ID…", max=MAX_ID, help="Alert ids, as `alerts list` shows them."),
]
ChannelArgument = Annotated[
    str,
    typer.Argument(metavar="CHANNEL", help="Name of a channel, as in [channels.NAME]."),
]
AuthorOption = Annotated[
    str,
    typer.Option("--by", metavar="WHO", help="Who does this; default: your login name."),
]
