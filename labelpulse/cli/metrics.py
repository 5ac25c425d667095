"""`labelpulse metrics`: the catalogue of metrics and their definitions."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.cli.options import ConfigOption, DbOption, JsonOption
from labelpulse.cli.output import print_json, print_table

if TYPE_CHECKING:
    from labelpulse.metrics.base import Metric

_DETAILS = (
    *("title", "definition", "formula", "unit", "n", "population", "edges", "interval"),
    *("min_n", "by", "where", "reference", "version"),
)


def metrics(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Show this metric in full.")
    ] = None,
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,  # noqa: ARG001 - every verb takes them
    db: DbOption = None,  # noqa: ARG001
) -> None:
    """List the metrics, or show the definition of one."""
    from labelpulse.metrics.registry import METRICS, metric

    chosen = list(METRICS.values()) if name is None else [metric(name)]
    entries = [metric_json(each) for each in chosen]
    if as_json:
        print_json(entries)
    elif name is None:
        rows = [(entry["name"], entry["unit"], entry["definition"]) for entry in entries]
        print_table(("metric", "unit", "definition"), rows)
    else:
        entry = entries[0]
        print_table(
            ("", name),
            [(key, _cell(entry[key])) for key in _DETAILS if entry[key] not in ("", [])],
        )


def metric_json(metric: "Metric") -> dict[str, Any]:
    """Return a metric's entry in the catalogue as JSON values."""
    from labelpulse.metrics.glossary import glossary

    return {
        "name": metric.name,
        "unit": metric.unit,
        "kind": metric.kind,
        "by": list(metric.by),
        "where": list(metric.where),
        "min_n": metric.min_n,
        "n": metric.counted,
        "state": metric.state,
        "version": metric.version,
        **asdict(glossary()[metric.name]),
    }


def _cell(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
