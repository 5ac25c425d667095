"""Summary: the verdict, six numbers, what needs attention, progress and pace."""

from datetime import timedelta

import streamlit as st

from dashboard.assess import definition, findings, judge, project_pace, quality
from dashboard.desk import Desk, current, live
from dashboard.widgets import Tile, attention_card, figure, tiles, verdict_card
from labelpulse.charts import formats, series
from labelpulse.charts.flow import STAGES


def page() -> None:
    """Draw the page."""
    desk = current()
    live(desk, _live_part)
    charts, attention = st.columns([2, 1])
    with charts:
        rows = desk.rows("items_completed", "day", days=(None, None))
        total = desk.holding.items
        figure(
            series.burn_up(rows, total, today=desk.span.today, deadline=desk.deadline), "burn_up"
        )
        made = desk.rows("annotations_submitted", "day")
        need = project_pace(desk).needed
        figure(series.daily_counts(made, desk.span, noun="labels", need=need), "daily")
    with attention:
        attention_card(findings(desk))


def _live_part(desk: Desk) -> None:
    verdict_card(judge(desk))
    tiles([_done(desk), _pace(desk), _quality(desk), _open(desk), _people(desk), _time(desk)])


def _done(desk: Desk) -> Tile:
    row, left = desk.one("progress"), desk.one("labels_remaining")
    below = "" if left is None else f"{formats.plural(left['value'], 'label')} left"
    value = formats.percent(None if row is None else row["value"])
    return Tile("Done", value, below, definition("progress"))


def _pace(desk: Desk) -> Tile:
    pace = project_pace(desk)
    if pace.needed is not None:
        below = f"needs {formats.rate(pace.needed)} to {formats.day_year(desk.deadline)}"  # type: ignore[arg-type]
    else:
        below = f"mean of {formats.plural(pace.days, 'working day')}"
    help = (  # noqa: A001 - Streamlit's word
        "Labels submitted a working day: mean of the last ten that are over. Working days are the "
        "weekdays on which this project usually works."
    )
    return Tile("Labels a working day", formats.rate(pace.made), below, help)


def _quality(desk: Desk) -> Tile:
    found = quality(desk)
    if found is None:
        return Tile("Quality unknown", formats.NONE, "no gold, no second answers", _UNKNOWN)
    name = f"Quality: {found.kind}"
    metric = "gold_accuracy" if found.kind == "gold accuracy" else "agreement_percent"
    if not found.known:
        return Tile(name, formats.NONE, f"too few: n {found.n} {found.noun}", definition(metric))
    between = formats.interval(found.low, found.high, "share")
    below = f"{between} · n {formats.count(found.n)}"
    return Tile(name, formats.percent(found.value), below, definition(metric))


_UNKNOWN = (
    "Nothing here tells right answers from wrong ones: no known answers, no items with the answers "
    "of two people, no reviews."
)


def _open(desk: Desk) -> Tile:
    rows = {row["stage"]: row["value"] for row in desk.rows("stage_items", "stage")}
    waiting = {stage: n for stage, n in rows.items() if stage not in ("done", "waiting")}
    total = sum(n for stage, n in rows.items() if stage != "done")
    below = "none of them begun" if total else "nothing waits"
    if waiting:
        stage = max(waiting, key=waiting.__getitem__)
        below = f"{formats.count(waiting[stage])} {STAGES[stage].lower()}"
    return Tile("Open items", formats.count(total), below, definition("stage_items"))


def _people(desk: Desk) -> Tile:
    week = (desk.span.today - timedelta(days=6), desk.span.today)
    now = desk.one("active_annotators", days=week)
    span = desk.one("active_annotators")
    before = formats.count(None if span is None else span["value"])
    return Tile(
        "People active",
        formats.count(None if now is None else now["value"]),
        f"in 7 days, {before} in all",
        definition("active_annotators"),
    )


def _time(desk: Desk) -> Tile:
    row = desk.one("time_spent_median")
    if row is None or row["value"] is None:
        return Tile("Time an answer", formats.NONE, "the source tells none", _help_time())
    return Tile(
        "Time an answer",
        formats.duration(row["value"]),
        f"median · n {formats.count(row['n'])}",
        _help_time(),
    )


def _help_time() -> str:
    return definition("time_spent_median")


if __name__ == "__main__":
    page()
