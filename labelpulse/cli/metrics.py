"""`labelpulse metrics`: what can be asked, and what each number means."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.cli.common import ConfigOption, DbOption, JsonOption, print_json, print_table

if TYPE_CHECKING:
    from labelpulse.metrics.base import Metric


def metrics(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One metric, in full.")] = None,
    *,
    json_: JsonOption = False,
    config: ConfigOption = None,  # noqa: ARG001 - every verb takes them
    db: DbOption = None,  # noqa: ARG001
) -> None:
    """List the metrics, or tell the definition of one."""
    from labelpulse.metrics.registry import METRICS, metric

    chosen = list(METRICS.values()) if name is None else [metric(name)]
    if json_:
        print_json([document(one) for one in chosen])
    elif name is None:
        rows = [(one.name, one.unit, document(one)["definition"]) for one in chosen]
        print_table(("metric", "unit", "definition"), rows)
    else:
        print_table(("", name), _facts(document(chosen[0])))


def document(metric: "Metric") -> dict[str, Any]:
    """Return a metric's entry in the catalogue, as JSON."""
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


def _facts(entry: dict[str, Any]) -> list[tuple[str, str]]:
    names = (
        *("title", "definition", "formula", "unit", "n", "population", "edges", "interval"),
        *("min_n", "by", "where", "reference", "version"),
    )
    return [(name, _text(entry[name])) for name in names if entry[name] not in ("", [])]


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
