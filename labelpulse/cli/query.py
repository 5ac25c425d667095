"""`labelpulse query` and `labelpulse explain`: a metric, and how its numbers were computed."""

from typing import TYPE_CHECKING, Any

from labelpulse.cli.options import (
    ByOption,
    ConfigOption,
    ControlOption,
    DbOption,
    DistanceOption,
    FormatOption,
    JsonOption,
    MergeOption,
    MetricArgument,
    MinNOption,
    NamesOption,
    OutputFormat,
    ProjectOption,
    SinceOption,
    UntilOption,
    WhatIfOption,
    WhereOption,
)
from labelpulse.cli.output import print_csv, print_json, print_message, print_rows, print_table
from labelpulse.cli.warehouse import open_reader, open_settings, operator_scope

if TYPE_CHECKING:
    from labelpulse.reader import MetricQuery, Result
    from labelpulse.reader.explain import Explanation


def query(
    metric: MetricArgument,
    *,
    project: ProjectOption = None,
    by: ByOption = None,
    filters: WhereOption = None,
    control: ControlOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    distance: DistanceOption = None,
    merge: MergeOption = None,
    what_if: WhatIfOption = None,
    min_n: MinNOption = None,
    names: NamesOption = False,
    format_: FormatOption = OutputFormat.TABLE,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Print a metric with its confidence interval, its n and a note."""
    from labelpulse.reader import read

    metric_query = make_query(
        metric=metric,
        project=project,
        by=by,
        where=filters,
        control=control,
        since=since,
        until=until,
        distance=distance,
        merge=merge,
        what_if=what_if,
        min_n=min_n,
    )
    settings = open_settings(config, db)
    result = read(open_reader(settings), metric_query, operator_scope(settings, names=names))
    print_result(result, OutputFormat.JSON if as_json else format_)


def explain(
    metric: MetricArgument,
    *,
    project: ProjectOption = None,
    by: ByOption = None,
    filters: WhereOption = None,
    control: ControlOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    distance: DistanceOption = None,
    merge: MergeOption = None,
    what_if: WhatIfOption = None,
    min_n: MinNOption = None,
    names: NamesOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Show how a number was computed: definition, rules, rollup rows, SQL and items."""
    from labelpulse.reader.explain import explain as explain_query

    metric_query = make_query(
        metric=metric,
        project=project,
        by=by,
        where=filters,
        control=control,
        since=since,
        until=until,
        distance=distance,
        merge=merge,
        what_if=what_if,
        min_n=min_n,
    )
    settings = open_settings(config, db)
    scope = operator_scope(settings, names=names)
    explanation = explain_query(open_reader(settings), metric_query, scope)
    if as_json:
        print_json(explanation.document())
    else:
        print_explanation(explanation)


def make_query(**options: Any) -> "MetricQuery":
    """Build the query from the options of a command line.

    Raises:
        UsageError: there is no such metric, or an option cannot be read.
    """
    from labelpulse.metrics.registry import metric
    from labelpulse.reader import MetricQuery

    metric(options["metric"])  # a wrong name is reported before any warehouse is opened
    options["by"] = ",".join(options["by"] or ())
    for name in ("where", "merge", "what_if"):
        options[name] = tuple(options[name] or ())
    return MetricQuery(**options)


def print_result(result: "Result", format_: OutputFormat) -> None:
    """Print a result; a table is followed by the freshness of its sources on standard error."""
    if format_ is OutputFormat.JSON:
        print_json(result.document())
        return
    columns = list(dict.fromkeys(column for row in result.rows for column in row))
    columns = columns or ["value", "low", "high", "n", "note"]
    if format_ is OutputFormat.CSV:
        print_csv(columns, result.rows)
        return
    print(f"{result.metric} ({result.unit})")
    print_rows(result.rows, columns)
    as_of = ", ".join(f"{name} {time or 'never'}" for name, time in result.as_of.items())
    print_message(f"as of: {as_of or 'nothing is loaded yet'}")


def print_explanation(explanation: "Explanation") -> None:
    """Print how a number was computed, section by section."""
    from labelpulse.reader.explain import MAX_SUMS

    definition = explanation.definition
    fields = ("definition", "formula", "population", "counted", "min_n", "edges", "interval")
    version = f"version {definition['version']}, in {definition['unit']}"
    print_table(
        ("", f"{definition['name']} ({version})"),
        [(name, str(definition[name])) for name in (*fields, "reference")],
    )
    print_result(explanation.result, OutputFormat.TABLE)
    _print_section(
        "rules",
        [
            {"project": project, **rules, "controls": _scales(rules["controls"])}
            for project, rules in explanation.rules.items()
        ],
    )
    for name, rows in explanation.sums.items():
        limit = f" (the first {MAX_SUMS}; narrow it by --since and --until)"
        _print_section(f"rollup: {name}{limit if len(rows) == MAX_SUMS else ''}", rows)
    for part in explanation.recomputed:
        print(f"recomputed from facts: {part}")
    for statement in explanation.statements:
        print(f"\n{statement};")
    items = [
        {"project": item["project"], "item": item["item"], **added}
        for item in explanation.items
        for added in item["adds"]
    ]
    _print_section("examples of items", items)
    sources = [{"source": name, **source} for name, source in explanation.sources.items()]
    _print_section("sources", sources)


def _scales(controls: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {control['scale']}" for name, control in controls.items())


def _print_section(title: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    columns = list(rows[0])
    print(title)
    print_table(columns, [[_cell(row.get(column)) for column in columns] for row in rows])


def _cell(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
