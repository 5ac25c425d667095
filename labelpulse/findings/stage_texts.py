"""Texts of the charts of stages: queues, items over time and cycle times."""

from collections.abc import Mapping, Sequence
from datetime import date
from statistics import median

from labelpulse.charts.text import FigureText
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.periods import Span, parse_period
from labelpulse.core.stages import (
    NO_AGE,
    STAGE_PHRASES,
    STAGE_TITLES,
    UNFINISHED_STAGES,
    age_text,
)

_SLOWER = 1.5
"""Longer than so many times the usual is more than weeks differ by chance."""

STACK = ("done", "review", "waiting_for_labels", "started", "blocked", "waiting")
"""Stages from the bottom of a stack to its top."""


def longest_text(rows: Sequence[Row]) -> str:
    """Return the sentences on the stage that waits longest; it says when the backlog is left out.

    Args:
        rows: keys ``stage``, value = 85th percentile of ages in seconds, None = unknown.
    """
    late = [row for row in rows if row["value"] is not None]
    if not late:
        return "Nothing waits with a known age"
    begun = [row for row in late if row["stage"] != "waiting"]
    top = max(begun or late, key=lambda row: row["value"])
    whole = top["value"] == max(row["value"] for row in late)
    stage, time = STAGE_PHRASES[top["stage"]], age_text(top["value"])
    if whole:
        return f"Longest: {stage}, {time}"
    return f"Longest of what is begun: {stage}, {time}"


def queued(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Return the rows of unfinished stages, and those of them that a chart of queues draws.

    Blocked items have no age: nobody is to label them again, so they wait for nothing.
    Items that nobody has begun would dwarf the rest: they are drawn only where they are alone.
    """
    unfinished = [
        {**row, "age": NO_AGE} if row["stage"] == "blocked" else row
        for row in rows
        if row["stage"] in UNFINISHED_STAGES and row["value"]
    ]
    begun = [row for row in unfinished if row["stage"] != "waiting"]
    return unfinished, begun or unfinished


def queues_text(rows: Sequence[Row], oldest: str, *, n_days: int) -> FigureText:
    """Return the texts of the bars of queues.

    Args:
        rows: keys ``stage``, ``age``, value = items.
        oldest: the name of the oldest class of age.
        n_days: working days that the rates beside the bars are means of; 0 = there are none.
    """
    unfinished, drawn = queued(rows)
    title = _largest(drawn, oldest)
    days = formats.count_of(n_days, "working day", "working days")
    note = formats.sentences(
        "Stronger colour: there for longer.",
        f"Beside: items in and out a day, over the last {days}." if n_days else "",
        _left_out(unfinished, drawn),
    )
    return FigureText(title, note, f"Bars by stage. {title}.")


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


def over_time_text(
    counts: Mapping[str, Sequence[float]],
    span: Span,
    *,
    title: str,
    growing: str | None,
    observed: date | None,
) -> FigureText:
    """Return the texts of the items in each stage by day.

    Args:
        counts: stage -> items by the end of each day, of the stages asked for.
        title: the finding; "" = how many items are in the stages now.
        growing: the stage that grows. observed: since when the source is watched.
    """
    title = title or _held({stage: days for stage, days in counts.items() if any(days)})
    note = formats.sentences(
        "Items in each stage by the end of each day.",
        "Items that nobody has begun are drawn too, because they pile up."
        if growing == "waiting" and "done" not in counts
        else "",
        "The last day is today, so far." if span.until >= span.today else "",
        (
            f"Watched since {formats.day_year(observed)}; before, the source's own history is "
            "replayed."
        )
        if observed is not None and span.since < observed
        else "",
    )
    return FigureText(title, note, f"Areas over days. {title}.")


def _held(counts: Mapping[str, Sequence[float]]) -> str:
    if not counts:
        return "Nothing stands between its first and its last label"
    total = sum(days[-1] for days in counts.values())
    stage = max(STACK, key=lambda stage: counts.get(stage, [-1])[-1])
    return (
        f"{formats.count_of(total, 'item', 'items')}, {formats.count(counts[stage][-1])} of them "
        f"{STAGE_PHRASES[stage]}"
    )


def ended_weeks(rows: Sequence[Row], span: Span) -> list[Row]:
    """Return the weeks with a value that are over: others have too few days to tell."""
    return [
        row
        for row in rows
        if row["week"] and row["value"] is not None
        if not span.is_open(parse_period(row["week"]), "week")
    ]


def cycle_text(median_rows: Sequence[Row], late_rows: Sequence[Row]) -> FigureText:
    """Return the texts of cycle times by week.

    Args:
        median_rows, late_rows: of ``cycle_time_p50`` and ``_p85`` by week, of weeks that are over.
    """
    last = max(parse_period(row["week"]) for row in [*median_rows, *late_rows])
    title = _taken([float(row["value"]) for row in median_rows], last)
    slow = formats.duration(median(row["value"] for row in late_rows)) if late_rows else ""
    note = formats.sentences(
        "By the week in which an item was opened.",
        f"Upper line: 15 % take longer, usually {slow}."
        if slow
        else "Upper line: 15 % take longer.",
        "A week that is not over, or of which too few items are done, has no point yet.",
    )
    return FigureText(title, note, f"Two lines by week. {title}.")


def _taken(middle: Sequence[float], last: date) -> str:
    """Return the finding on half of the items: a last week that took much longer, or the usual."""
    usual, now = median(middle), middle[-1]
    words = formats.duration(usual)
    if len(middle) > 2 and now > _SLOWER * usual:
        return (
            f"Half of the items begun in the week of {formats.day(last)} took "
            f"{formats.duration(now)}, usually {words}"
        )
    return f"In a typical week half of the items are done {words} after somebody opened them"
