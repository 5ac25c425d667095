"""Summary: the verdict, six numbers, what needs attention, progress and pace."""

from dataclasses import replace
from datetime import date, timedelta

import streamlit as st

from dashboard.desk import current, live
from dashboard.widgets import attention_card, figure, tiles, verdict_card
from labelpulse.charts import formats, series
from labelpulse.charts.flow import STAGES
from labelpulse.judgement import tiles as parts
from labelpulse.judgement.assess import (
    QUALITY_KINDS,
    definition,
    findings,
    judge,
    need,
    project_pace,
    quality,
    unmeasured,
)
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.tiles import Tile


def page() -> None:
    """Draw the page."""
    desk = current()
    live(desk, _live_part)
    charts, attention = st.columns([2, 1])
    with charts:
        rows = desk.rows("items_completed", "day", days=(None, None))
        total = desk.holding.items
        grown = series.burn_up(
            rows, total, today=desk.span.until, deadline=desk.deadline, assumed=bool(need(desk))
        )
        figure(grown, "burn_up")
        made = desk.rows("annotations_submitted", "day")
        pace = project_pace(desk).needed
        figure(series.daily_counts(made, desk.span, noun="labels", need=pace), "daily")
    with attention:
        attention_card(findings(desk))


def _live_part(desk: Desk) -> None:
    verdict_card(judge(desk))
    tiles([_done(desk), parts.pace(desk), _quality(desk), _open(desk), _people(desk), _time(desk)])


def _done(desk: Desk) -> Tile:
    tile, left = parts.done(desk), desk.one("labels_remaining")
    if need(desk) or left is None:
        return tile
    return replace(tile, below=f"{formats.plural(left['value'], 'label')} left")


def _quality(desk: Desk) -> Tile:
    found = quality(desk)
    if found is None:
        why = "accuracy of shapes, spans and texts is not measured yet"
        below = why if unmeasured(desk) else "no gold, no second answers"
        return Tile("Quality unknown", formats.NONE, below, _UNKNOWN)
    name = f"Quality: {found.kind}"
    metric = next(name for name, kind in QUALITY_KINDS.items() if kind == found.kind)
    if not found.known:
        return Tile(name, formats.NONE, f"too few: n {found.n} {found.noun}", definition(metric))
    between = formats.interval(found.low, found.high, "share")
    below = f"{between} · n {formats.count(found.n)}"
    return Tile(name, formats.percent(found.value), below, definition(metric))


_UNKNOWN = (
    "Nothing here tells right answers from wrong ones: no known answers, no items with the answers "
    "of two people, no reviews, or answers of a kind that is not measured yet."
)


def _open(desk: Desk) -> Tile:
    rows = {row["stage"]: row["value"] for row in desk.rows("stage_items", "stage")}
    waiting = {stage: n for stage, n in rows.items() if stage not in ("done", "waiting")}
    total = sum(n for stage, n in rows.items() if stage != "done")
    nothing = "every item has a label" if need(desk) else "nothing waits"
    below = "none of them begun" if total else nothing
    if waiting:
        stage = max(waiting, key=waiting.__getitem__)
        below = f"{formats.count(waiting[stage])} {STAGES[stage].lower()}"
    return Tile("Open items", formats.count(total), below, definition("stage_items"))


def _people(desk: Desk) -> Tile:
    week = (desk.span.until - timedelta(days=6), desk.span.until)
    active, about = _active(desk, days=week), definition("active_annotators")
    if desk.file and not active:
        there = formats.count(_active(desk, days=(None, None)))
        below = f"the file tells no times, {there} in all"
        return Tile("People active", formats.NONE, below, about)
    days = "in the file's last 7 days" if desk.file else "in 7 days"
    below = f"{days}, {formats.count(_active(desk))} in all"
    return Tile("People active", formats.count(active), below, about)


def _active(desk: Desk, **days: tuple[date | None, date | None]) -> float | None:
    row = desk.one("active_annotators", **days)
    return None if row is None else row["value"]


def _time(desk: Desk) -> Tile:
    row = desk.one("time_spent_median")
    if row is None or row["value"] is None:
        return Tile("Time per answer", formats.NONE, "the source tells none", _help_time())
    return Tile(
        "Time per answer",
        formats.duration(row["value"]),
        f"median · n {formats.count(row['n'])}",
        _help_time(),
    )


def _help_time() -> str:
    return definition("time_spent_median")


if __name__ == "__main__":
    page()
