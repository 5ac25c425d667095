"""Progress: done and left, pace against need, who works when, and how long an answer takes."""

from dataclasses import replace

import streamlit as st

from dashboard.desk import current, live
from dashboard.watched import watched
from dashboard.widgets import figure, tiles, two_a_row
from labelpulse.charts import fan, formats, heatmap, ranking, series, shares
from labelpulse.charts.theme import Figure, sentence
from labelpulse.judgement import tiles as parts
from labelpulse.judgement.assess import definition, need, project_pace
from labelpulse.judgement.desk import Desk, grain
from labelpulse.judgement.tiles import Tile, estimate_tile


def page() -> None:
    """Draw the page."""
    desk = current()
    live(desk, _live_part)
    two_a_row(
        [
            (_burn_up(desk), "burn_up", [desk.query("items_completed", "day", days=(None, None))]),
            (_finish(desk), "finish", [desk.query("finish_date")]),
            (_throughput(desk), "throughput", [desk.query("annotations_submitted", grain(desk))]),
            (_times(desk), "times", [desk.query("time_spent_median", grain(desk))]),
        ]
    )
    two_a_row(
        [
            watched(desk, "throughput_drift"),
            watched(desk, "time_spent_drift"),
        ]
    )
    left, right = st.columns(2)
    with left:
        people = desk.rows("annotations_submitted", "annotator")
        figure(ranking.bars(people, key="annotator", noun="labels"), "people")
    with right:
        hours = desk.rows("annotations_submitted", "weekday", "hour")
        figure(heatmap.activity(hours, noun="labels"), "activity")


def _burn_up(desk: Desk) -> Figure:
    rows = desk.rows("items_completed", "day", days=(None, None))
    total, today = desk.holding.items, desk.span.until
    unsure = bool(need(desk))
    return series.burn_up(rows, total, today=today, deadline=desk.deadline, assumed=unsure)


def _finish(desk: Desk) -> Figure | None:
    """Return the forecast of the finish; None where what is needed is not known."""
    row = None if need(desk) else desk.one("finish_date")
    if row is None or not (row["p50"] or (row["remaining"] and desk.deadline)):
        return None
    return fan.finish(row, desk.span.today, desk.one("required_rate"))


def _throughput(desk: Desk) -> Figure:
    """Bars a day, or a week where days would be too many to see."""
    by = grain(desk)
    rows = desk.rows("annotations_submitted", by)
    if by == "week":
        return series.weekly_counts(rows, desk.span, noun="labels")
    need = project_pace(desk).needed
    return series.daily_counts(rows, desk.span, noun="labels", need=need)


def _times(desk: Desk) -> Figure | None:
    by = grain(desk)
    rows = desk.rows("time_spent_median", by)
    if not any(row["value"] is not None for row in rows):
        return None
    drawn = shares.times(rows, desk.rows("time_spent_p90", by), desk.span, key=by)
    whole = desk.one("time_spent_mean")
    long = "" if whole is None or not whole["note"] else f"{whole['note']}."
    return replace(drawn, note=sentence(drawn.note, long))


def _live_part(desk: Desk) -> None:
    tiles(
        [
            parts.done(desk),
            parts.left(desk, _days_left(desk, project_pace(desk).days_left)),
            parts.pace(desk),
            _submitted(desk),
            estimate_tile(
                "Median time",
                desk.one("time_spent_median"),
                "s",
                "times",
                definition("time_spent_median"),
            ),
            _skipped(desk),
        ]
    )


def _submitted(desk: Desk) -> Tile:
    completed, made = desk.one("items_completed"), desk.one("annotations_submitted")
    items = formats.plural(completed["value"] if completed else 0, "item")
    return Tile(
        "Labels submitted",
        formats.count(made["value"] if made else 0),
        f"{items} got a first label" if need(desk) else f"{items} completed",
        definition("annotations_submitted"),
    )


def _skipped(desk: Desk) -> Tile:
    """Return the share of skips; a file without any may just not tell of them."""
    told = desk.one("annotations_skipped", days=(None, None))
    about = definition("skip_rate")
    if desk.file and not (told and told["value"]):
        return Tile("Skipped", formats.NONE, "the file tells of none", about)
    return estimate_tile("Skipped", desk.one("skip_rate"), "share", "", about)


def _days_left(desk: Desk, days: int | None) -> str:
    if desk.deadline is None or days is None:
        return "no deadline set"
    return f"{formats.plural(days, 'working day')} to {formats.day_year(desk.deadline)}"


if __name__ == "__main__":
    page()
