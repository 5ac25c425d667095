"""Figures that pages and reports share, drawn from what judgement has worked out."""

from collections.abc import Sequence
from dataclasses import replace

from labelpulse.charts import control
from labelpulse.charts.burn_up import burn_up
from labelpulse.charts.control import HEIGHT, SMALL, Episodes
from labelpulse.charts.parts import part_bars
from labelpulse.charts.theme import Figure
from labelpulse.core.estimate import Row
from labelpulse.core.periods import Span
from labelpulse.judgement import alarms, outlook, watch
from labelpulse.judgement.alarms import Alarm, Watched
from labelpulse.judgement.change_parts import change_parts
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.moved import moved

_TALL = ("agreement_drift", "gold_drift")
"""Metrics whose control charts are as tall as other charts."""


def control_chart(
    desk: Desk,
    metric: str,
    *,
    where: Sequence[str] = (),
    mostly: str = "",
    height: int | None = None,
) -> Figure | None:
    """Return the control chart of a drift metric; None until it has a baseline.

    Args:
        mostly: where most of a current change sits. height: in pixels; None = the usual one.
    """
    rows = watch.watched_rows(desk, metric, where)
    if not watch.has_baseline(rows):
        return None
    alarm = alarms.current_alarm(rows)
    whole = None if alarm is None else moved(desk, metric, alarm, where)
    change = "" if whole is None else whole.change
    watched = replace(watch.WATCHED[metric], mostly=mostly, change=change)
    height = height or (HEIGHT if metric in _TALL else SMALL)
    draw = draw_distances if metric == "label_mix_drift" else draw_levels
    return draw(rows, desk.span, watched, height)


def draw_levels(rows: Sequence[Row], span: Span, watched: Watched, height: int = HEIGHT) -> Figure:
    """Return the control chart of a number that has a level."""
    text = alarms.levels_text(rows, span, watched)
    return control.levels(rows, span, watched.measure, text, episodes(rows), height=height)


def draw_distances(
    rows: Sequence[Row], span: Span, watched: Watched, height: int = SMALL
) -> Figure:
    """Return the control chart of a mix, which has a distance from its baseline and no level."""
    text = alarms.distances_text(rows, span, watched)
    return control.distances(rows, span, watched.measure, text, episodes(rows), height=height)


def episodes(rows: Sequence[Row]) -> Episodes:
    """Return the days that the control chart of a drift metric marks."""
    return Episodes(
        alarms.change_marks(rows), alarms.detection_delays(rows), alarms.baseline_days(rows)
    )


def control_split(desk: Desk, metric: str, where: Sequence[str] = ()) -> Figure | None:
    """Return the bars of what a current change is made of; None = there is none to split."""
    return draw_split(watch.standing(desk, metric, where), watch.WATCHED[metric])


def draw_split(alarm: Alarm | None, watched: Watched) -> Figure | None:
    """Return the bars of quality and mix of a change; None = they are not known."""
    split = change_parts(alarm, watched)
    return None if split is None else part_bars(*split, name=watched.measure.name)


def burn_up_figure(desk: Desk) -> Figure:
    """Return the burn-up of a project: labels made and needed, and the forecast of its finish."""
    return burn_up(outlook.course(desk))
