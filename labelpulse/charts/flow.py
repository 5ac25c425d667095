"""Flow: how many items stand in each stage, and for how long."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from labelpulse.charts import formats
from labelpulse.charts.theme import Figure, Row, layered

STAGES = {
    "waiting": "Waiting for a first label",
    "started": "Started",
    "waiting_for_labels": "Waiting for more labels",
    "review": "In review",
    "blocked": "Blocked (all skipped)",
    "done": "Done",
}
OPEN = tuple(stage for stage in STAGES if stage != "done")


def queues(rows: Sequence[Row], ages: Sequence[str]) -> Figure:
    """Return a bar a stage that is not done, parted by how long its items have stood there.

    Args:
        rows: keys ``stage``, ``age``, value = items.
        ages: names of the classes of age, youngest first; others are drawn last.
    """
    kept = [row for row in rows if row["stage"] in OPEN and row["value"]]
    place = {age: at for at, age in enumerate(ages)}
    shown = [*ages, *sorted({row["age"] for row in kept} - set(ages))]
    frame = pd.DataFrame(
        {
            "stage": [STAGES[row["stage"]] for row in kept],
            "age": [row["age"] for row in kept],
            "order": [place.get(row["age"], len(ages)) for row in kept],
            "value": [row["value"] for row in kept],
        }
    )
    there = [STAGES[one] for one in OPEN if any(row["stage"] == one for row in kept)]
    bars = (
        alt.Chart(frame)
        .mark_bar(height=22)
        .encode(
            y=alt.Y(
                "stage:N",
                sort=there,
                axis=alt.Axis(title=None, ticks=False, domain=False, labelLimit=190),
            ),
            x=alt.X("value:Q", axis=alt.Axis(title="items", tickCount=5, domain=False)),
            color=alt.Color(
                "age:O",
                scale=alt.Scale(domain=shown, range="ramp"),
                legend=alt.Legend(title=None, orient="top", direction="horizontal", columns=5),
            ),
            order="order:Q",
            tooltip=[
                alt.Tooltip("stage:N", title="Stage"),
                alt.Tooltip("age:N", title="There for"),
                alt.Tooltip("value:Q", title="Items", format=","),
            ],
        )
    )
    title = _largest(kept, ages[-1])
    chart = layered([bars], max(len(there), 1) * 36 + 70)
    return Figure(title, "Stronger colour: there for longer.", f"Bars by stage. {title}.", chart, len(frame))


def _largest(rows: Sequence[Row], oldest: str) -> str:
    sums: dict[str, float] = {}
    for row in rows:
        sums[row["stage"]] = sums.get(row["stage"], 0) + row["value"]
    if not sums:
        return "Nothing waits: every item is done"
    stage = max(sums, key=sums.__getitem__)
    old = sum(row["value"] for row in rows if row["stage"] == stage and row["age"] == oldest)
    much = f", {formats.count(old)} of them for {oldest.replace('> ', 'more than ')}" if old else ""
    return f"{STAGES[stage]}: {formats.plural(sums[stage], 'item')}{much}"
