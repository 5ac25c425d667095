"""Tables of colour: activity by hour and weekday, pairs of people, confusion."""

from collections import Counter
from collections.abc import Sequence

import altair as alt
import pandas as pd

from labelpulse.charts import formats
from labelpulse.charts.grid import Grid, quiet_axis, table, triangle
from labelpulse.charts.theme import Figure, Row, largest, layered, sentence

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LABELS = 20
LEAST_ANSWERS = 20
"""On fewer answers to a known label, no mistake is called frequent."""

PEOPLE = 40


def activity(rows: Sequence[Row], *, noun: str = "answers") -> Figure:
    """Return work by weekday and hour of the project's zone; cells without data are zeros.

    Args:
        rows: keys ``weekday`` (1 = Monday), ``hour``, value; rows of unknown time are left out.
    """
    found = {
        (row["weekday"], row["hour"]): row["value"] or 0
        for row in rows
        if row["weekday"] is not None and row["hour"] is not None
    }
    cells = [(day, hour) for day in range(1, 8) for hour in range(24)]
    frame = pd.DataFrame(
        {
            "weekday": [WEEKDAYS[day - 1] for day, _ in cells],
            "hour": [hour for _, hour in cells],
            "shade": [found.get(cell, 0) for cell in cells],
            "when": [f"{WEEKDAYS[d - 1]} {h}:00 to {h + 1}:00" for d, h in cells],
        }
    )
    chart = (
        alt.Chart(frame)
        .mark_rect(cornerRadius=1)
        .encode(
            x=alt.X(
                "hour:O", axis=quiet_axis("hour of the day", labelAngle=0, labelOverlap="greedy")
            ),
            y=alt.Y("weekday:N", sort=list(WEEKDAYS), axis=quiet_axis(None)),
            color=alt.Color("shade:Q", legend=None),
            tooltip=[
                alt.Tooltip("when:N", title="When"),
                alt.Tooltip("shade:Q", title=noun, format=","),
            ],
        )
    )
    title = _busiest(found, noun)
    alt_text = f"Heat map of hours by weekdays. {title}."
    return Figure(title, f"Colour: {noun}.", alt_text, layered([chart], 7 * 24 + 60), len(frame))


def _busiest(found: dict[tuple[int, int], float], noun: str) -> str:
    total = sum(found.values())
    if not total:
        return f"No {noun} with a known time yet"
    (day, hour), n = max(found.items(), key=lambda one: (one[1], -one[0][0], -one[0][1]))
    weekend = sum(value for (one, _), value in found.items() if one > 5) / total
    quiet = "none on weekends" if not weekend else f"{formats.percent(weekend)} on weekends"
    return f"Busiest: {WEEKDAYS[day - 1]} {hour}:00 ({formats.counted(n, noun)}); {quiet}"


def pairs(
    rows: Sequence[Row], *, min_n: int, overall: float | None = None, unit: str = "share"
) -> Figure:
    """Return annotator against annotator: how often they gave the same label, or their kappa.

    Args:
        rows: keys ``annotator_a``, ``annotator_b``, value, low, high, n (items both answered);
            cells below `min_n` stay empty.
        overall: the value of all pairs together, which the title compares with.
        unit: ``share`` or ``kappa``.
    """
    enough = [row for row in rows if row["value"] is not None and (row["n"] or 0) >= min_n]
    names = _most_shared(enough)
    place = {name: at for at, name in enumerate(names)}
    kept = [
        (*sorted((row["annotator_a"], row["annotator_b"]), key=place.__getitem__), row)
        for row in enough
        if row["annotator_a"] in place and row["annotator_b"] in place
    ]
    frame = pd.DataFrame(
        {
            "column": [a for a, _, _ in kept],
            "row": [b for _, b, _ in kept],
            "shade": [row["value"] for *_, row in kept],
            "text": [formats.value(row["value"], unit).rstrip("%").strip() for *_, row in kept],
            unit: [formats.value(row["value"], unit) for *_, row in kept],
            "interval": [formats.interval(row["low"], row["high"], unit) for *_, row in kept],
            "n": [formats.plural(row["n"], "item", "items") for *_, row in kept],
            "pair": [f"{a} / {b}" for a, b, _ in kept],
        }
    )
    chart = table(frame, triangle(names), ["pair", unit, "interval", "n"], reverse=True)
    few = len(rows) - len(enough)
    title = _below_the_rest(enough, min_n, overall)
    note = sentence(
        "Stronger colour: fewer items answered alike."
        if unit == "share"
        else "Stronger colour: less alike beyond what chance would give.",
        f"Pale: fewer than {min_n} items in common ({formats.plural(few, 'pair', 'pairs')})."
        if few
        else "",
    )
    if not enough:
        most = max((row["n"] or 0 for row in rows), default=0)
        note = (
            f"The most that a pair has in common: {formats.plural(most, 'item', 'items')}."
            if most
            else ""
        )
    return Figure(title, note, f"Triangle of annotator pairs. {title}.", chart, len(frame))


def _most_shared(rows: Sequence[Row]) -> list[str]:
    shared: Counter[str] = Counter()
    for row in rows:
        for who in (row["annotator_a"], row["annotator_b"]):
            shared[who] += row["n"]
    return sorted((name for name, _ in shared.most_common(PEOPLE)), key=str.casefold)


def _below_the_rest(rows: Sequence[Row], min_n: int, overall: float | None) -> str:
    """Say how many pairs lie with their whole interval under all together, and who is in most."""
    if not rows:
        return f"No two people have {min_n} items in common yet"
    pairs_ = formats.plural(len(rows), "pair", "pairs")
    if overall is None:
        return f"{pairs_} with {min_n} or more items in common"
    low = [row for row in rows if row["high"] is not None and row["high"] < overall]
    together = f"all together: {formats.percent(overall)}"
    if not low:
        return f"No pair of {len(rows)} agrees clearly less than the rest ({together})"
    who, often = Counter(
        row[side] for row in low for side in ("annotator_a", "annotator_b")
    ).most_common(1)[0]
    one = len(low) == 1
    text = f"{len(low)} of {pairs_} {'agrees' if one else 'agree'} clearly less than the rest"
    if one:
        return f"{text}: {low[0]['annotator_a']} / {low[0]['annotator_b']} ({together})"
    named = f"; {who} is in {often}" if often > 1 else ""
    return f"{text} ({together}){named}"


def confusion(rows: Sequence[Row]) -> Figure:
    """Return gold label against the label given: each row adds up to all answers on that gold.

    Args:
        rows: keys ``gold``, ``label``, value = first answers.
    """
    totals: dict[str, float] = {}
    for row in rows:
        totals[row["gold"]] = totals.get(row["gold"], 0) + row["value"]
    gold = sorted(sorted(totals, key=lambda one: -totals[one])[:LABELS], key=str.casefold)
    given = sorted({*gold, *(row["label"] for row in rows)}, key=str.casefold)[: LABELS + 5]
    kept = [row for row in rows if row["gold"] in gold and row["label"] in given]
    frame = pd.DataFrame(
        {
            "row": [row["gold"] for row in kept],
            "column": [row["label"] for row in kept],
            "shade": [row["value"] / totals[row["gold"]] for row in kept],
            "text": [formats.count(row["value"]) for row in kept],
            "share": [formats.percent(row["value"] / totals[row["gold"]]) for row in kept],
            "pair": [f"{row['gold']} taken for {row['label']}" for row in kept],
        }
    )
    grid = Grid(given, gold, x_title="label given", y_title="known answer")
    chart = table(frame, grid, ["pair", "share", "text"])
    title = _worst_mistake(frame, totals)
    note = "Colour: share of the row; numbers: first answers on items with a known answer."
    return Figure(title, note, f"Confusion matrix. {title}.", chart, len(frame))


def _worst_mistake(frame: pd.DataFrame, totals: dict[str, float]) -> str:
    """Name the most frequent mistake among known answers that were met often enough."""
    if frame.empty:
        return "Nobody has met a known answer yet"
    wrong = frame[frame["row"] != frame["column"]]
    if wrong.empty:
        return f"{formats.counted(sum(totals.values()), 'answers')}, all equal to the known one"
    often = wrong[wrong["row"].map(totals) >= LEAST_ANSWERS]
    if often.empty:
        return f"No mistake on a label with {LEAST_ANSWERS} or more known answers; else too few"
    top = largest(often, "shade")
    n = formats.plural(totals[top["row"]], "answer", "answers")
    return f"Most often wrong: {top['pair']}, {top['share']} of its {n}"
