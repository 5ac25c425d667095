"""Flow: how many items stand in each stage, and for how long."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import altair as alt
import pandas as pd

from labelpulse.charts import formats
from labelpulse.charts.theme import FONT_SIZE, MUTED, Figure, Row, layered, painted, sentence

STAGES = {
    "waiting": "Waiting for a first label",
    "started": "Started",
    "waiting_for_labels": "Waiting for more labels",
    "review": "In review",
    "blocked": "Blocked (all skipped)",
    "done": "Done",
}
OPEN = tuple(stage for stage in STAGES if stage != "done")
NO_AGE = "age not measured"
"""Of what is blocked: nobody is to label it again, so it waits for nothing."""


def longest(rows: Sequence[Row]) -> str:
    """Return the sentence on the stage that waits longest; it says when the backlog is left out.

    Args:
        rows: keys ``stage``, value = 85th percentile of ages in seconds, None = unknown.
    """
    late = [row for row in rows if row["value"] is not None]
    if not late:
        return "Nothing waits with a known age"
    begun = [row for row in late if row["stage"] != OPEN[0]]
    top = max(begun or late, key=lambda row: row["value"])
    whole = top["value"] == max(row["value"] for row in late)
    compared = "Longest" if whole else "Longest of what is begun"
    much = formats.age(top["value"])
    return f"{compared}: {STAGES[top['stage']].lower()}, 15 % for more than {much}"


def queues(
    rows: Sequence[Row],
    ages: Sequence[str],
    moves: Mapping[str, tuple[float, float]] = MappingProxyType({}),
) -> Figure:
    """Return a bar a stage that is not done, parted by how long its items have stood there.

    Items that nobody has begun would dwarf the rest: they are drawn only where they are alone.

    Args:
        rows: keys ``stage``, ``age``, value = items.
        ages: names of the classes of age, youngest first; others are drawn first and palest.
        moves: stage -> items that came and left a working day, written beside its bar.
    """
    there = [_aged(row) for row in rows if row["stage"] in OPEN and row["value"]]
    begun = [row for row in there if row["stage"] != OPEN[0]]
    kept = begun or there
    shown = [*sorted({row["age"] for row in kept} - set(ages)), *ages]
    frame = pd.DataFrame(
        {
            "stage": [STAGES[row["stage"]] for row in kept],
            "age": [row["age"] for row in kept],
            "order": [shown.index(row["age"]) for row in kept],
            "value": [row["value"] for row in kept],
        }
    )
    stages = [STAGES[one] for one in OPEN if any(row["stage"] == one for row in kept)]
    title = _largest(kept, ages[-1])
    beside = {one: moves[one] for one in OPEN if one in moves and STAGES[one] in stages}
    note = sentence(
        "Stronger colour: there for longer.",
        "Beside: items in and out a day, over the last working days." if beside else "",
        _left_out(there, kept),
    )
    bars = _bars(frame, stages, shown)
    layers = [bars, _moved(frame, stages, beside)] if beside else [bars]
    chart = layered(layers, max(len(stages), 1) * 36 + 120).resolve_scale(color="independent")
    return Figure(title, note, f"Bars by stage. {title}.", chart, len(frame))


def _aged(row: Row) -> Row:
    """Return a row with its age where the metrics of age know the stage: not of blocked items."""
    return {**row, "age": NO_AGE} if row["stage"] == "blocked" else row


def _bars(frame: pd.DataFrame, stages: list[str], ages: list[str]) -> alt.Chart:
    """Return the bars, coloured by the place of the class of age in the theme's own ramp."""
    names = alt.Axis(title=None, ticks=False, domain=False, labelLimit=190)
    counts = alt.Axis(title="items", tickCount=5, domain=False, ticks=False)
    legend = alt.Legend(
        title=None,
        type="symbol",
        symbolType="square",
        orient="top",
        direction="horizontal",
        columns=2,
        values=list(range(len(ages))),
        labelExpr=f"{json.dumps(ages, ensure_ascii=False)}[datum.value]",
    )
    scale = alt.Scale(domain=[-1, len(ages) - 1])  # so that the youngest is no ghost
    bars = alt.Chart(frame).mark_bar(height=22)
    drawn: alt.Chart = bars.encode(
        y=alt.Y("stage:N", scale=alt.Scale(domain=stages), axis=names),
        x=alt.X("value:Q", axis=counts),
        color=alt.Color("order:Q", scale=scale, legend=legend),
        order="order:Q",
        tooltip=[
            alt.Tooltip("stage:N", title="Stage"),
            alt.Tooltip("age:N", title="There for"),
            alt.Tooltip("value:Q", title="Items", format=","),
        ],
    )
    return drawn


def _moved(
    frame: pd.DataFrame, stages: list[str], moves: Mapping[str, tuple[float, float]]
) -> alt.Chart:
    """Return the texts beside the bars: how many items came and left a day."""
    sums = frame.groupby("stage")["value"].sum()
    told = pd.DataFrame(
        {
            "stage": [STAGES[one] for one in moves],
            "value": [sums[STAGES[one]] for one in moves],
            "text": [
                f"in {formats.rate(came)} : out {formats.rate(left)}"
                for came, left in moves.values()
            ],
        }
    )
    texts = alt.Chart(told).mark_text(align="left", dx=6, fontSize=FONT_SIZE)
    placed = texts.encode(
        y=alt.Y("stage:N", scale=alt.Scale(domain=stages)), x="value:Q", text="text:N"
    )
    return painted(placed, MUTED)


def _left_out(there: Sequence[Row], kept: Sequence[Row]) -> str:
    n = sum(row["value"] for row in there) - sum(row["value"] for row in kept)
    return f"Left out: {formats.plural(n, 'item', 'items')} that nobody has begun." if n else ""


def _largest(rows: Sequence[Row], oldest: str) -> str:
    sums: dict[str, float] = {}
    for row in rows:
        sums[row["stage"]] = sums.get(row["stage"], 0) + row["value"]
    if not sums:
        return "Nothing waits: every item is done"
    stage = max(sums, key=sums.__getitem__)
    old = sum(row["value"] for row in rows if row["stage"] == stage and row["age"] == oldest)
    part = "all" if old == sums[stage] else formats.count(old)
    much = f", {part} of them for {oldest.replace('> ', 'more than ')}" if old else ""
    return f"{STAGES[stage]}: {formats.plural(sums[stage], 'item', 'items')}{much}"
