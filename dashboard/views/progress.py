"""Progress: will it be on time, what holds it up, who works when, and what would change it."""

from dataclasses import replace

import streamlit as st

from dashboard import judged
from dashboard.kept import kept
from dashboard.selection import current, live, menu
from dashboard.tables import card
from dashboard.watched import watched
from dashboard.what_if import what_if
from dashboard.widgets import attention_card, figure, note, tiles, two_a_row
from labelpulse.charts import heatmap, ranking, series, shares, team
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.core.formats import sentences
from labelpulse.findings import outlook, summary
from labelpulse.findings import tiles as parts
from labelpulse.findings.assess import need, project_pace
from labelpulse.findings.pace import Pace
from labelpulse.findings.selection import Selection, grain
from labelpulse.findings.tiles import Tile

_FIRST = 4
"""Findings that fit the first screen; the others are a click away."""


def page() -> None:
    """Draw the page."""
    selection = current()
    whole = replace(selection, team=None)
    live(selection, _live_part)
    if selection.team:
        note(_UNTOLD)
    course, attention = st.columns([8, 5])
    with course:
        asked = outlook.burn_up_queries(whole)
        figure(judged.burn_up(whole), "burn_up", asked, rows=judged.burn_up_rows(whole))
    with attention:
        attention_card(whole, judged.attention(whole), first=_FIRST, pages=menu())
    if not selection.file:
        what_if(whole)
    tiles(_of_days(selection))
    _charts(selection)
    _tables(selection)


_UNTOLD = (
    "Of this team: pace, silent people, labels submitted, times, skips and hours. What is done and "
    "left, the forecast, queues, what-if and attention are of the whole project: no label that is "
    "missing belongs to a team yet."
)


def _live_part(selection: Selection) -> None:
    tiles(
        [parts.done(selection), parts.pace(selection), *_held_up(selection), _submitted(selection)]
    )


@kept
def _held_up(selection: Selection) -> list[Tile]:
    """Return when it ends and what holds it up; a file has no now: nobody is late or silent."""
    if selection.file:
        return []
    flowing = judged.flowing(replace(selection, team=None))
    return [
        summary.finish(selection),
        parts.worst_queue(selection, flowing),
        parts.silent(selection),
    ]


@kept
def _of_days(selection: Selection) -> list[Tile]:
    """Return the numbers of the chosen days."""
    return [
        parts.left(selection, _days_left(selection, project_pace(selection))),
        parts.metric_tile(selection, "Median time", "time_spent_median", "times"),
        _skipped(selection),
    ]


def _charts(selection: Selection) -> None:
    by = grain(selection)
    two_a_row(
        [
            (_throughput(selection), "throughput", [selection.query("annotations_submitted", by)]),
            (_times(selection), "times", [selection.query("time_spent_median", by)]),
            (_team(selection), "team", [selection.query("annotations_submitted", "annotator", by)]),
            (_skips(selection), "skips", [selection.query("annotations_skipped", by)]),
            watched(selection, "throughput_drift"),
            watched(selection, "time_spent_drift"),
            (_people(selection), "people", [selection.query("annotations_submitted", "annotator")]),
            (
                _hours(selection),
                "activity",
                [selection.query("annotations_submitted", "weekday", "hour")],
            ),
        ]
    )


def _tables(selection: Selection) -> None:
    """Draw milestones and batches, where there are any."""
    if not need(selection) and (reached := judged.milestones(selection)):
        about = "Days on which quarters of the labels were there."
        card("Milestones", about, reached, "reached", [selection.query("finish_date")])
    if batches := judged.batches(selection):
        about = "Done by labels needed; likely day by the batch's own pace."
        card("Batches", about, batches, "batches", outlook.batch_queries(selection))


@kept
def _throughput(selection: Selection) -> Figure:
    """Bars a day, or a week where days would be too many to see."""
    by = grain(selection)
    rows = selection.rows("annotations_submitted", by)
    if by == "week":
        return series.weekly_counts(rows, selection.span, noun=_LABELS)
    needed = None if selection.team else project_pace(selection).needed
    return series.daily_counts(rows, selection.span, noun=_LABELS, need=needed)


_LABELS = "labels"


@kept
def _times(selection: Selection) -> Figure | None:
    by = grain(selection)
    rows = selection.rows("time_spent_median", by)
    if not any(row["value"] is not None for row in rows):
        return None
    drawn = shares.times(rows, selection.rows("time_spent_p90", by), selection.span, key=by)
    whole = selection.one("time_spent_mean")
    long = "" if whole is None or not whole["note"] else f"{formats.begun(whole['note'])}."
    return replace(drawn, note=sentences(drawn.note, long))


@kept
def _team(selection: Selection) -> Figure | None:
    by = grain(selection)
    rows = selection.rows("annotations_submitted", "annotator", by)
    return team.middle_person(rows, selection.span, key=by, noun=_LABELS)


@kept
def _skips(selection: Selection) -> Figure | None:
    """Return bars of skips; None where there is none."""
    by = grain(selection)
    rows = selection.rows("annotations_skipped", by)
    if not any(row["value"] for row in rows):
        return None
    draw = series.weekly_counts if by == "week" else series.daily_counts
    return draw(rows, selection.span, noun="skips")


@kept
def _people(selection: Selection) -> Figure:
    return ranking.bars(
        selection.rows("annotations_submitted", "annotator"), key="annotator", noun=_LABELS
    )


@kept
def _hours(selection: Selection) -> Figure:
    return heatmap.activity(
        selection.rows("annotations_submitted", "weekday", "hour"), noun=_LABELS
    )


@kept
def _submitted(selection: Selection) -> Tile:
    completed = selection.one("items_completed")
    tile = parts.metric_tile(selection, "Labels submitted", "annotations_submitted")
    items = completed["value"] if completed else 0
    what = "got a first label" if need(selection) else "completed"
    below = f"{formats.count_of(items, 'item', 'items')} {what}"
    return replace(tile, below="" if selection.team else below)


def _skipped(selection: Selection) -> Tile:
    """Return the share of skips; a tool or a file without any may just not tell of them."""
    told = selection.one("annotations_skipped", days=(None, None))
    if not (told and told["value"]):
        none = "the file tells of none" if selection.file else "the tool tells of none"
        return Tile("Skipped", formats.NONE, none, selection.query("skip_rate"))
    return parts.metric_tile(selection, "Skipped", "skip_rate", "")


def _days_left(selection: Selection, found: Pace) -> str:
    """Return what the pace needed divides: the labels missing this morning, and working days."""
    days = found.days_left
    if selection.deadline is None or days is None:
        return "no deadline set"
    left = formats.count_of(days, "working day", "working days")
    time = f"{left} to {formats.day_year(selection.deadline)}"
    if not found.left:
        return time
    return f"{formats.count(found.left)} this morning, for {time}"


if __name__ == "__main__":
    page()
