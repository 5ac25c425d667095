"""Progress: done and left, pace against need, who works when, and how long an answer takes."""

import streamlit as st

from dashboard.assess import definition, project_pace
from dashboard.desk import Desk, current, grain, live
from dashboard.widgets import Tile, estimate_tile, figure, tiles
from labelpulse.charts import formats, heatmap, ranking, series, shares
from labelpulse.charts.theme import Figure


def page() -> None:
    """Draw the page."""
    desk = current()
    live(desk, _live_part)
    rows = desk.rows("items_completed", "day", days=(None, None))
    total, today = desk.holding.items, desk.span.today
    left, right = st.columns(2)
    with left:
        figure(series.burn_up(rows, total, today=today, deadline=desk.deadline), "burn_up")
    with right:
        figure(_throughput(desk), "throughput")
    left, right = st.columns(2)
    with left:
        people = desk.rows("annotations_submitted", "annotator")
        figure(ranking.bars(people, key="annotator", noun="labels"), "people")
    with right:
        hours = desk.rows("annotations_submitted", "weekday", "hour")
        figure(heatmap.activity(hours, noun="labels"), "activity")
        _times(desk)


def _throughput(desk: Desk) -> Figure:
    """Bars a day, or a week where days would be too many to see."""
    by = grain(desk)
    rows = desk.rows("annotations_submitted", by)
    if by == "week":
        return series.weekly_counts(rows, desk.span, noun="labels")
    need = project_pace(desk).needed
    return series.daily_counts(rows, desk.span, noun="labels", need=need)


def _times(desk: Desk) -> None:
    by = grain(desk)
    rows = desk.rows("time_spent_median", by)
    if any(row["value"] is not None for row in rows):
        slow = desk.rows("time_spent_p90", by)
        whole = desk.one("time_spent_mean")
        foot = "" if whole is None else whole["note"]
        figure(shares.times(rows, slow, desk.span, key=by), "times", foot)


def _live_part(desk: Desk) -> None:
    pace = project_pace(desk)
    progress, left = desk.one("progress"), desk.one("labels_remaining")
    completed, made = desk.one("items_completed"), desk.one("annotations_submitted")
    needed = f"needs {formats.rate(pace.needed)}" if pace.needed is not None else ""
    skips = desk.one("skip_rate")
    tiles(
        [
            Tile(
                "Done",
                formats.percent(progress["value"] if progress else None),
                f"of {formats.plural(progress['n'] if progress else 0, 'required label')}",
                definition("progress"),
            ),
            Tile(
                "Labels left",
                formats.count(left["value"] if left else None),
                _days_left(desk, pace.days_left),
                definition("labels_remaining"),
            ),
            Tile(
                "Labels a working day",
                formats.rate(pace.made),
                needed or f"mean of {formats.plural(pace.days, 'working day')}",
                "Mean of the last ten working days that are over.",
            ),
            Tile(
                "Labels submitted",
                formats.count(made["value"] if made else 0),
                f"{formats.plural(completed['value'] if completed else 0, 'item')} completed",
                definition("annotations_submitted"),
            ),
            estimate_tile(
                "Median time",
                desk.one("time_spent_median"),
                "s",
                "times",
                definition("time_spent_median"),
            ),
            estimate_tile("Skipped", skips, "share", "", definition("skip_rate")),
        ]
    )


def _days_left(desk: Desk, days: int | None) -> str:
    if desk.deadline is None or days is None:
        return "no deadline set"
    return f"{formats.plural(days, 'working day')} to {formats.day_year(desk.deadline)}"


if __name__ == "__main__":
    page()
