"""docs/reference/metrics.md, made from the registry: ``python -m tests.support.metrics_page``."""

from pathlib import Path
from typing import Any

from labelpulse.cli.metrics import metric_json
from labelpulse.metrics.registry import METRICS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "metrics.md"
HEAD = """# Metrics

What every number means, the same on pages, on the command line and in tooltips. This page is made
from the catalogue (`python -m tests.support.metrics_page`); `labelpulse metrics NAME` shows an
entry, `labelpulse explain NAME` how a number came about. Below the least n a note says that a
number rests on little. Shares are 0 to 1, times seconds, intervals 95 %.
"""
FACTS = (
    ("formula", "Formula"),
    ("population", "Counts"),
    ("edges", "Edges"),
    ("interval", "Interval"),
    ("reference", "Source"),
)


def text() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(_entry(metric_json(one)) for one in METRICS.values())])


def _entry(entry: dict[str, Any]) -> str:
    state = " As of now: it takes no dates." if entry["state"] else ""
    facts = [f"- *{title}:* {entry[key]}" for key, title in FACTS if entry[key]]
    return "\n".join(
        [
            f"## `{entry['name']}`\n",
            f"**{entry['title']}** ({entry['unit']}). {entry['definition']}{state}\n",
            *facts,
            f"- *n:* {entry['n']}; least {entry['min_n']}",
            f"- *By:* {', '.join(f'`{key}`' for key in entry['by'])}",
            f"- *Where:* {', '.join(f'`{key}`' for key in entry['where'])}\n",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
