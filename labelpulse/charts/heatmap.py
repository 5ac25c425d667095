"""Tables of colour: activity by hour and weekday, pairs of people, confusion."""

from collections import Counter
from collections.abc import Sequence

import altair as alt
import pandas as pd

from labelpulse.charts.grid import Grid, quiet_axis, table, triangle
from labelpulse.charts.theme import Figure, largest, layered
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.formats import WEEKDAYS, sentences

UNITS = ("share", "kappa")
"""What pairs are told in: each is a key, and shown as `say` of it."""

LABELS = 20
LEAST_ANSWERS = 20
"""On fewer answers to a known label, no mistake is called frequent."""

PEOPLE = 30
"""More names than these are not read in a triangle, and take a browser long to draw."""


def activity(rows: Sequence[Row], *, noun: str = "answers") -> Figure:
    """Return work by weekday and hour of the project's zone; cells without data are zeros.

    Without any work nothing is marked.

    Args:
        rows: keys ``weekday`` (1 = Monday), ``hour``, value; rows of unknown time are left out.
        noun: an English plural, looked up here.
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
    hours = quiet_axis("hour of the day", labelAngle=0, labelOverlap="parity")
    chart = (
        alt.Chart(frame)
        .mark_rect(cornerRadius=1)
        .encode(
            x=alt.X("hour:O", axis=hours),
            y=alt.Y("weekday:N", sort=list(WEEKDAYS), axis=quiet_axis(None)),
            color=alt.Color("shade:Q", legend=None),
            tooltip=[
                alt.Tooltip("when:N", title="When"),
                alt.Tooltip("shade:Q", title=noun, format=","),
            ],
        )
    )
    title = _busiest(found, noun)
    known = any(found.values())
    note = f"Colour: {noun}." if known else ""
    described = f"Heat map of hours by weekdays. {title}."
    return Figure(title, note, described, layered([chart], 7 * 24 + 60), len(frame) if known else 0)


def _busiest(found: dict[tuple[int, int], float], noun: str) -> str:
    total = sum(found.values())
    if not total:
        return f"No {noun} with a known time yet"
    (day, hour), n = max(found.items(), key=lambda one: (one[1], -one[0][0], -one[0][1]))
    weekend = sum(value for (one, _), value in found.items() if one > 5) / total
    weekday = WEEKDAYS[day - 1]
    work = formats.counted(n, noun)
    if not weekend:
        return f"Busiest: {weekday} {hour}:00 ({work}); none on weekends"
    share = formats.percent(weekend)
    return f"Busiest: {weekday} {hour}:00 ({work}); {share} on weekends"


def pairs(
    rows: Sequence[Row], *, min_n: int, overall: float | None = None, unit: str = "share"
) -> Figure:
    """Return annotator against annotator: how often they gave the same label, or their kappa.

    Args:
        rows: keys ``annotator_a``, ``annotator_b``, value, low, high, n (items both answered);
            cells below `min_n` stay empty.
        overall: the value of all pairs together, which the title compares with.
        unit: of `UNITS`.
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
            "n": [formats.count_of(row["n"], "item", "items") for *_, row in kept],
            "pair": [f"{a} / {b}" for a, b, _ in kept],
        }
    )
    tips = {"pair": "pair", unit: unit, "interval": "interval", "n": "n"}
    chart = table(frame, triangle(names), tips, reverse=True)
    title = _below_the_rest(enough, min_n, overall)
    few = len(rows) - len(enough)
    note = _of_pairs(few, min_n, unit) if enough else _in_common(rows)
    if len(frame) < len(enough):
        those = f"Those {PEOPLE} who have most items in common with others."
        note = sentences(note, those)
    described = f"Triangle of annotator pairs. {title}."
    return Figure(title, note, described, chart, len(frame))


def _of_pairs(few: int, min_n: int, unit: str) -> str:
    pairs = formats.count_of(few, "pair", "pairs")
    return sentences(
        "Stronger colour: fewer items answered alike."
        if unit == "share"
        else "Stronger colour: less alike beyond what chance would give.",
        f"Pale: fewer than {min_n} items in common ({pairs})." if few else "",
    )


def _in_common(rows: Sequence[Row]) -> str:
    most = max((row["n"] or 0 for row in rows), default=0)
    items = formats.count_of(most, "item", "items")
    return f"The most that a pair has in common: {items}." if most else ""


def _pair(row: Row) -> str:
    return f"{row['annotator_a']} / {row['annotator_b']}"


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
    pairs_ = formats.count_of(len(rows), "pair", "pairs")
    if overall is None:
        return f"{pairs_} with {min_n} or more items in common"
    low = [row for row in rows if row["high"] is not None and row["high"] < overall]
    together = formats.percent(overall)
    if len(rows) == 1 and not low:
        return (
            f"{_pair(rows[0])} agree on {formats.percent(rows[0]['value'])}, all together on "
            f"{together}"
        )
    if not low:
        return (
            f"No pair of {len(rows)} agrees clearly less than the rest (all together: {together})"
        )
    if len(low) == 1:
        return (
            f"1 of {pairs_} agrees clearly less than the rest: {_pair(low[0])} (all together: "
            f"{together})"
        )
    text = f"{len(low)} of {pairs_} agree clearly less than the rest (all together: {together})"
    who, often = Counter(
        row[side] for row in low for side in ("annotator_a", "annotator_b")
    ).most_common(1)[0]
    named = f"{who} is in {often}" if often > 1 else ""
    return "; ".join(filter(None, (text, named)))


def confusion(rows: Sequence[Row], told: str = "") -> Figure:
    """Return gold label against the label given: each row adds up to all answers on that gold.

    Args:
        rows: keys ``gold``, ``label``, value = first answers.
        told: what somebody has judged of the mistakes; "" = the most frequent one is named.
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
    tips = {"pair": "pair", "share": "share", "text": "text"}
    chart = table(frame, grid, tips)
    title = _worst_mistake(frame, totals, told)
    note = "Colour: share of the row; numbers: first answers on items with a known answer."
    described = f"Confusion matrix. {title}."
    return Figure(title, note, described, chart, len(frame))


def _worst_mistake(frame: pd.DataFrame, totals: dict[str, float], told: str) -> str:
    """Name the most frequent mistake among known answers that were met often enough."""
    if frame.empty:
        return "Nobody has met a known answer yet"
    wrong = frame[frame["row"] != frame["column"]]
    if wrong.empty:
        answers = formats.count_of(sum(totals.values()), "answer", "answers")
        return f"{answers}, all equal to the known one"
    if told:
        return told
    often = wrong[wrong["row"].map(totals) >= LEAST_ANSWERS]
    if often.empty:
        made = round((wrong["shade"] * wrong["row"].map(totals)).sum())
        return (
            f"{formats.count_of(made, 'mistake', 'mistakes')} in "
            f"{formats.count_of(sum(totals.values()), 'answer', 'answers')}, each on a label "
            f"with fewer than {LEAST_ANSWERS} of them: too few to name one"
        )
    top = largest(often, "shade")
    mistake = top["pair"]
    share = top["share"]
    answers_text = formats.count_of(totals[top["row"]], "answer", "answers")
    if len(often) == len(wrong):
        return f"Most often wrong: {mistake}, {share} of its {answers_text}"
    return (
        f"Most often wrong of labels with {LEAST_ANSWERS} answers or more: {mistake}, {share} "
        f"of its {answers_text}"
    )
