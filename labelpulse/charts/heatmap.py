"""Tables of colour: activity by hour and weekday, pairs of people, confusion."""

from collections import Counter
from collections.abc import Sequence

import altair as alt
import pandas as pd

from labelpulse.charts import formats
from labelpulse.charts.formats import WEEKDAYS
from labelpulse.charts.grid import Grid, quiet_axis, table, triangle
from labelpulse.charts.theme import Figure, Row, largest, layered, sentence
from labelpulse.core.catalogue import marked, say

UNITS = (marked("share"), marked("kappa"))
"""What pairs are told in: each is a key, and shown as `say` of it."""

LABELS = 20
LEAST_ANSWERS = 20
"""On fewer answers to a known label, no mistake is called frequent."""

PEOPLE = 30
"""More names than these are not read in a triangle, and take a browser long to draw."""


def activity(rows: Sequence[Row], *, noun: str = marked("answers")) -> Figure:
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
            "when": [
                say("{weekday} {hour}:00 to {end}:00", weekday=WEEKDAYS[d - 1], hour=h, end=h + 1)
                for d, h in cells
            ],
        }
    )
    hours = quiet_axis(say("hour of the day"), labelAngle=0, labelOverlap="parity")
    chart = (
        alt.Chart(frame)
        .mark_rect(cornerRadius=1)
        .encode(
            x=alt.X("hour:O", axis=hours),
            y=alt.Y("weekday:N", sort=list(WEEKDAYS), axis=quiet_axis(None)),
            color=alt.Color("shade:Q", legend=None),
            tooltip=[
                alt.Tooltip("when:N", title=say("When")),
                alt.Tooltip("shade:Q", title=say(noun), format=","),
            ],
        )
    )
    title = _busiest(found, noun)
    known = any(found.values())
    note = say("Colour: {noun}.", noun=say(noun)) if known else ""
    described = say("Heat map of hours by weekdays. {finding}.", finding=title)
    return Figure(title, note, described, layered([chart], 7 * 24 + 60), len(frame) if known else 0)


def _busiest(found: dict[tuple[int, int], float], noun: str) -> str:
    total = sum(found.values())
    if not total:
        return say("No {noun} with a known time yet", noun=say(noun))
    (day, hour), n = max(found.items(), key=lambda one: (one[1], -one[0][0], -one[0][1]))
    weekend = sum(value for (one, _), value in found.items() if one > 5) / total
    told = {"weekday": WEEKDAYS[day - 1], "hour": hour, "work": formats.counted(n, noun)}
    if not weekend:
        return say("Busiest: {weekday} {hour}:00 ({work}); none on weekends", **told)
    share = formats.percent(weekend)
    return say("Busiest: {weekday} {hour}:00 ({work}); {share} on weekends", **told, share=share)


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
            "n": [formats.plural(row["n"], "item", "items") for *_, row in kept],
            "pair": [f"{a} / {b}" for a, b, _ in kept],
        }
    )
    tips = {"pair": say("pair"), unit: say(unit), "interval": say("interval"), "n": "n"}
    chart = table(frame, triangle(names), tips, reverse=True)
    title = _below_the_rest(enough, min_n, overall)
    few = len(rows) - len(enough)
    note = _of_pairs(few, min_n, unit) if enough else _in_common(rows)
    if len(frame) < len(enough):
        those = say("Those {n} who have most items in common with others.", n=PEOPLE)
        note = sentence(note, those)
    described = say("Triangle of annotator pairs. {finding}.", finding=title)
    return Figure(title, note, described, chart, len(frame))


def _of_pairs(few: int, min_n: int, unit: str) -> str:
    told = {"n": min_n, "pairs": formats.plural(few, "pair", "pairs")}
    return sentence(
        say("Stronger colour: fewer items answered alike.")
        if unit == "share"
        else say("Stronger colour: less alike beyond what chance would give."),
        say("Pale: fewer than {n} items in common ({pairs}).", **told) if few else "",
    )


def _in_common(rows: Sequence[Row]) -> str:
    most = max((row["n"] or 0 for row in rows), default=0)
    items = formats.plural(most, "item", "items")
    return say("The most that a pair has in common: {items}.", items=items) if most else ""


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
        return say("No two people have {n} items in common yet", n=min_n)
    pairs_ = formats.plural(len(rows), "pair", "pairs")
    if overall is None:
        return say("{pairs} with {n} or more items in common", pairs=pairs_, n=min_n)
    low = [row for row in rows if row["high"] is not None and row["high"] < overall]
    together = formats.percent(overall)
    if len(rows) == 1 and not low:
        return say(
            "{pair} agree on {share}, all together on {all}",
            pair=_pair(rows[0]),
            share=formats.percent(rows[0]["value"]),
            all=together,
        )
    if not low:
        return say(
            "No pair of {n} agrees clearly less than the rest (all together: {share})",
            n=len(rows),
            share=together,
        )
    if len(low) == 1:
        return say(
            "1 of {pairs} agrees clearly less than the rest: {pair} (all together: {share})",
            pairs=pairs_,
            pair=_pair(low[0]),
            share=together,
        )
    text = say(
        "{n} of {pairs} agree clearly less than the rest (all together: {share})",
        n=len(low),
        pairs=pairs_,
        share=together,
    )
    who, often = Counter(
        row[side] for row in low for side in ("annotator_a", "annotator_b")
    ).most_common(1)[0]
    named = say("{who} is in {n}", who=who, n=often) if often > 1 else ""
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
            "pair": [
                say("{gold} taken for {label}", gold=row["gold"], label=row["label"])
                for row in kept
            ],
        }
    )
    grid = Grid(given, gold, x_title=say("label given"), y_title=say("known answer"))
    tips = {"pair": say("pair"), "share": say("share"), "text": say("text")}
    chart = table(frame, grid, tips)
    title = _worst_mistake(frame, totals, told)
    note = say("Colour: share of the row; numbers: first answers on items with a known answer.")
    described = say("Confusion matrix. {finding}.", finding=title)
    return Figure(title, note, described, chart, len(frame))


def _worst_mistake(frame: pd.DataFrame, totals: dict[str, float], told: str) -> str:
    """Name the most frequent mistake among known answers that were met often enough."""
    if frame.empty:
        return say("Nobody has met a known answer yet")
    wrong = frame[frame["row"] != frame["column"]]
    if wrong.empty:
        answers = formats.plural(sum(totals.values()), "answer", "answers")
        return say("{answers}, all equal to the known one", answers=answers)
    if told:
        return told
    often = wrong[wrong["row"].map(totals) >= LEAST_ANSWERS]
    if often.empty:
        made = round((wrong["shade"] * wrong["row"].map(totals)).sum())
        return say(
            "{mistakes} in {answers}, each on a label with fewer than {n} of them: too few to "
            "name one",
            mistakes=formats.plural(made, "mistake", "mistakes"),
            answers=formats.plural(sum(totals.values()), "answer", "answers"),
            n=LEAST_ANSWERS,
        )
    top = largest(often, "shade")
    found = {
        "mistake": top["pair"],
        "share": top["share"],
        "answers": formats.plural(totals[top["row"]], "answer", "answers"),
    }
    if len(often) == len(wrong):
        return say("Most often wrong: {mistake}, {share} of its {answers}", **found)
    return say(
        "Most often wrong of labels with {n} answers or more: {mistake}, {share} of its {answers}",
        **found,
        n=LEAST_ANSWERS,
    )
