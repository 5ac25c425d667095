"""Progress: will it be on time, what holds it up, who works when, and what would change it."""

from dataclasses import replace

import streamlit as st

from dashboard import judged
from dashboard.desk import current, live, menu
from dashboard.kept import kept
from dashboard.tables import card
from dashboard.watched import watched
from dashboard.what_if import what_if
from dashboard.widgets import attention_card, figure, note, tiles, two_a_row
from labelpulse.charts import heatmap, ranking, series, shares, team
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.core.formats import sentences
from labelpulse.judgement import outlook, summary
from labelpulse.judgement import tiles as parts
from labelpulse.judgement.assess import need, project_pace
from labelpulse.judgement.desk import Desk, grain
from labelpulse.judgement.pace import Pace
from labelpulse.judgement.tiles import Tile

_FIRST = 4
"""Findings that fit the first screen; the others are a click away."""


def page() -> None:
    """Draw the page."""
    desk = current()
    whole = replace(desk, team=None)
    live(desk, _live_part)
    if desk.team:
        note(_UNTOLD)
    course, attention = st.columns([8, 5])
    with course:
        asked = outlook.burn_up_queries(whole)
        figure(judged.burn_up(whole), "burn_up", asked, rows=judged.burn_up_rows(whole))
    with attention:
        attention_card(whole, judged.attention(whole), first=_FIRST, pages=menu())
    if not desk.file:
        what_if(whole)
    tiles(_of_days(desk))
    _charts(desk)
    _tables(desk)


_UNTOLD = (
    "Of this team: pace, silent people, labels submitted, times, skips and hours. What is done and "
    "left, the forecast, queues, what-if and attention are of the whole project: no label that is "
    "missing belongs to a team yet."
)


def _live_part(desk: Desk) -> None:
    tiles([parts.done(desk), parts.pace(desk), *_held_up(desk), _submitted(desk)])


@kept
def _held_up(desk: Desk) -> list[Tile]:
    """Return when it ends and what holds it up; a file has no now: nobody is late or silent."""
    if desk.file:
        return []
    flowing = judged.flowing(replace(desk, team=None))
    return [summary.finish(desk), parts.worst_queue(desk, flowing), parts.silent(desk)]


@kept
def _of_days(desk: Desk) -> list[Tile]:
    """Return the numbers of the chosen days."""
    return [
        parts.left(desk, _days_left(desk, project_pace(desk))),
        parts.metric_tile(desk, "Median time", "time_spent_median", "times"),
        _skipped(desk),
    ]


def _charts(desk: Desk) -> None:
    by = grain(desk)
    two_a_row(
        [
            (_throughput(desk), "throughput", [desk.query("annotations_submitted", by)]),
            (_times(desk), "times", [desk.query("time_spent_median", by)]),
            (_team(desk), "team", [desk.query("annotations_submitted", "annotator", by)]),
            (_skips(desk), "skips", [desk.query("annotations_skipped", by)]),
            watched(desk, "throughput_drift"),
            watched(desk, "time_spent_drift"),
            (_people(desk), "people", [desk.query("annotations_submitted", "annotator")]),
            (_hours(desk), "activity", [desk.query("annotations_submitted", "weekday", "hour")]),
        ]
    )


def _tables(desk: Desk) -> None:
    """Draw milestones and batches, where there are any."""
    if not need(desk) and (reached := judged.milestones(desk)):
        about = "Days on which quarters of the labels were there."
        card("Milestones", about, reached, "reached", [desk.query("finish_date")])
    if batches := judged.batches(desk):
        about = "Done by labels needed; likely day by the batch's own pace."
        card("Batches", about, batches, "batches", outlook.batch_queries(desk))


@kept
def _throughput(desk: Desk) -> Figure:
    """Bars a day, or a week where days would be too many to see."""
    by = grain(desk)
    rows = desk.rows("annotations_submitted", by)
    if by == "week":
        return series.weekly_counts(rows, desk.span, noun=_LABELS)
    needed = None if desk.team else project_pace(desk).needed
    return series.daily_counts(rows, desk.span, noun=_LABELS, need=needed)


_LABELS = "labels"


@kept
def _times(desk: Desk) -> Figure | None:
    by = grain(desk)
    rows = desk.rows("time_spent_median", by)
    if not any(row["value"] is not None for row in rows):
        return None
    drawn = shares.times(rows, desk.rows("time_spent_p90", by), desk.span, key=by)
    whole = desk.one("time_spent_mean")
    long = "" if whole is None or not whole["note"] else f"{formats.begun(whole['note'])}."
    return replace(drawn, note=sentences(drawn.note, long))


@kept
def _team(desk: Desk) -> Figure | None:
    by = grain(desk)
    rows = desk.rows("annotations_submitted", "annotator", by)
    return team.middle_person(rows, desk.span, key=by, noun=_LABELS)


@kept
def _skips(desk: Desk) -> Figure | None:
    """Return bars of skips; None where there is none."""
    by = grain(desk)
    rows = desk.rows("annotations_skipped", by)
    if not any(row["value"] for row in rows):
        return None
    draw = series.weekly_counts if by == "week" else series.daily_counts
    return draw(rows, desk.span, noun="skips")


@kept
def _people(desk: Desk) -> Figure:
    return ranking.bars(
        desk.rows("annotations_submitted", "annotator"), key="annotator", noun=_LABELS
    )


@kept
def _hours(desk: Desk) -> Figure:
    return heatmap.activity(desk.rows("annotations_submitted", "weekday", "hour"), noun=_LABELS)


@kept
def _submitted(desk: Desk) -> Tile:
    completed = desk.one("items_completed")
    tile = parts.metric_tile(desk, "Labels submitted", "annotations_submitted")
    items = completed["value"] if completed else 0
    what = "got a first label" if need(desk) else "completed"
    below = f"{formats.count_of(items, 'item', 'items')} {what}"
    return replace(tile, below="" if desk.team else below)


def _skipped(desk: Desk) -> Tile:
    """Return the share of skips; a tool or a file without any may just not tell of them."""
    told = desk.one("annotations_skipped", days=(None, None))
    if not (told and told["value"]):
        none = "the file tells of none" if desk.file else "the tool tells of none"
        return Tile("Skipped", formats.NONE, none, desk.query("skip_rate"))
    return parts.metric_tile(desk, "Skipped", "skip_rate", "")


def _days_left(desk: Desk, found: Pace) -> str:
    """Return what the pace needed divides: the labels missing this morning, and working days."""
    days = found.days_left
    if desk.deadline is None or days is None:
        return "no deadline set"
    left = formats.count_of(days, "working day", "working days")
    time = f"{left} to {formats.day_year(desk.deadline)}"
    if not found.left:
        return time
    return f"{formats.count(found.left)} this morning, for {time}"


if __name__ == "__main__":
    page()
