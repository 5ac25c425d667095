"""`labelpulse explain`: how a number came about."""

from typing import TYPE_CHECKING, Any

from labelpulse.cli.common import (
    ConfigOption,
    DbOption,
    JsonOption,
    open_reader,
    open_settings,
    print_json,
    print_table,
)
from labelpulse.cli.query import (
    ByOption,
    ControlOption,
    DistanceOption,
    Format,
    MergeOption,
    MetricArgument,
    MinOption,
    NamesOption,
    ProjectOption,
    SinceOption,
    UntilOption,
    WhatIfOption,
    WhereOption,
    make_query,
    print_result,
    scope_of,
)

if TYPE_CHECKING:
    from labelpulse.reader.explain import Explanation


def explain(
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
    json_: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Tell how a number came about: definition, rules, sums, SQL, and items behind it."""
    from labelpulse.reader.explain import explain as explained

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
    told = explained(open_reader(settings), asked, scope_of(settings.file, names))
    if json_:
        print_json(told.document())
    else:
        _print(told)


def _print(told: "Explanation") -> None:
    from labelpulse.reader.explain import MAX_SUMS

    definition = told.definition
    facts = ("definition", "formula", "population", "counted", "min_n", "edges", "interval")
    rows = [(name, str(definition[name])) for name in (*facts, "reference")]
    version = f"version {definition['version']}, in {definition['unit']}"
    print_table(("", f"{definition['name']} ({version})"), rows)
    print_result(told.result, Format.TABLE)
    _section("rules", [{"project": name, **_flat(one)} for name, one in told.rules.items()])
    for name, sums in told.sums.items():
        cut = f" (the first {MAX_SUMS}; --since and --until narrow it)"
        _section(f"sums: {name}{cut if len(sums) == MAX_SUMS else ''}", sums)
    for one in told.recomputed:
        print(f"counted anew: {one}")
    for statement in told.statements:
        print(f"\n{statement};")
    behind = [
        {"project": one["project"], "item": one["item"], **added}
        for one in told.items
        for added in one["adds"]
    ]
    _section("some of the items behind it", behind)
    _section("sources", [{"source": name, **one} for name, one in told.sources.items()])


def _flat(rules: dict[str, Any]) -> dict[str, Any]:
    controls = ", ".join(f"{name}: {one['scale']}" for name, one in rules["controls"].items())
    return {**rules, "controls": controls}


def _section(title: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        columns = list(rows[0])
        cells = [[_cell(row.get(column)) for column in columns] for row in rows]
        print(title)
        print_table(columns, cells)


def _cell(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
