"""Flow: how many items stand in each stage, and for how long."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import altair as alt
import pandas as pd

from labelpulse.charts.theme import FONT_SIZE, MUTED, Figure, layered, painted
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.formats import sentences
from labelpulse.core.stages import NO_AGE, STAGE_PHRASES, STAGE_TITLES, UNFINISHED_STAGES, age_text


def longest(rows: Sequence[Row]) -> str:
    """Return the sentences on the stage that waits longest; it says when the backlog is left out.

    Args:
        rows: keys ``stage``, value = 85th percentile of ages in seconds, None = unknown.
    """
    late = [row for row in rows if row["value"] is not None]
    if not late:
        return "Nothing waits with a known age"
    begun = [row for row in late if row["stage"] != UNFINISHED_STAGES[0]]
    top = max(begun or late, key=lambda row: row["value"])
    whole = top["value"] == max(row["value"] for row in late)
    stage, time = STAGE_PHRASES[top["stage"]], age_text(top["value"])
    if whole:
        return f"Longest: {stage}, {time}"
    return f"Longest of what is begun: {stage}, {time}"


def queues(
    rows: Sequence[Row],
    ages: Sequence[str],
    moves: Mapping[str, tuple[float, float]] = MappingProxyType({}),
    over: int = 0,
) -> Figure:
    """Return a bar a stage that is not done, parted by how long its items have stood there.

    Items that nobody has begun would dwarf the rest: they are drawn only where they are alone.

    Args:
        rows: keys ``stage``, ``age``, value = items.
        ages: names of the classes of age, youngest first; others are drawn first and palest.
        moves: stage -> items that came and left a working day, written beside its bar.
        over: so many last working days they are means of.
    """
    there = [_aged(row) for row in rows if row["stage"] in UNFINISHED_STAGES and row["value"]]
    begun = [row for row in there if row["stage"] != UNFINISHED_STAGES[0]]
    kept = begun or there
    shown = [*sorted({row["age"] for row in kept} - set(ages)), *ages]
    frame = pd.DataFrame(
        {
            "stage": [STAGE_TITLES[row["stage"]] for row in kept],
            "age": [row["age"] for row in kept],
            "order": [shown.index(row["age"]) for row in kept],
            "value": [row["value"] for row in kept],
        }
    )
    stages = [
        STAGE_TITLES[one] for one in UNFINISHED_STAGES if any(row["stage"] == one for row in kept)
    ]
    title = _largest(kept, ages[-1])
    beside = {
        one: moves[one] for one in UNFINISHED_STAGES if one in moves and STAGE_TITLES[one] in stages
    }
    days = formats.count_of(over, "working day", "working days")
    note = sentences(
        "Stronger colour: there for longer.",
        f"Beside: items in and out a day, over the last {days}." if beside else "",
        _left_out(there, kept),
    )
    bars = _bars(frame, stages, list(shown))
    layers = [bars, _moved(frame, stages, beside)] if beside else [bars]
    chart = layered(layers, max(len(stages), 1) * 36 + 120).resolve_scale(color="independent")
    described = f"Bars by stage. {title}."
    return Figure(title, note, described, chart, len(frame))


def _aged(row: Row) -> Row:
    """Return a row with its age where the metrics of age know the stage: not of blocked items."""
    return {**row, "age": NO_AGE} if row["stage"] == "blocked" else row


def _bars(frame: pd.DataFrame, stages: list[str], ages: list[str]) -> alt.Chart:
    """Return the bars, coloured by the place of the class of age in the theme's own ramp."""
    names = alt.Axis(title=None, ticks=False, domain=False, labelLimit=190)
    counts = alt.Axis(title="items", tickCount=5, tickMinStep=1, domain=False, ticks=False)
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
            "stage": [STAGE_TITLES[one] for one in moves],
            "value": [sums[STAGE_TITLES[one]] for one in moves],
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
    items = formats.count_of(n, "item", "items")
    return f"Left out: {items} that nobody has begun." if n else ""


def _largest(rows: Sequence[Row], oldest: str) -> str:
    sums: dict[str, float] = {}
    for row in rows:
        sums[row["stage"]] = sums.get(row["stage"], 0) + row["value"]
    if not sums:
        return "Nothing waits: every item is done"
    stage = max(sums, key=sums.__getitem__)
    old = sum(row["value"] for row in rows if row["stage"] == stage and row["age"] == oldest)
    stage_text = STAGE_TITLES[stage]
    items = formats.count_of(sums[stage], "item", "items")
    if not old:
        return f"{stage_text}: {items}"
    age = f"more than {oldest[2:]}" if oldest.startswith("> ") else oldest
    if old == sums[stage]:
        return f"{stage_text}: {items}, all of them for {age}"
    return f"{stage_text}: {items}, {formats.count(old)} of them for {age}"
