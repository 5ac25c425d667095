"""Figures that pages and reports share, drawn from what judgement has worked out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from labelpulse.charts import control, stages
from labelpulse.charts.burn_up import burn_up
from labelpulse.charts.control import HEIGHT, SMALL, Episodes
from labelpulse.charts.parts import part_bars
from labelpulse.charts.stages import Outlined
from labelpulse.charts.theme import ACCENT, MAIN, MUTED, Figure
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.periods import Mark, Span
from labelpulse.core.stages import STAGE_TITLES, UNFINISHED_STAGES
from labelpulse.findings import alarms, outlook, stage_texts, watch
from labelpulse.findings.alarms import Alarm, Watched
from labelpulse.findings.change_parts import change_parts
from labelpulse.findings.moved import moved
from labelpulse.findings.selection import Selection

_TALL = ("agreement_drift", "gold_drift")
"""Metrics whose control charts are as tall as other charts."""


def control_chart(
    selection: Selection,
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
    rows = watch.watched_rows(selection, metric, where)
    if not watch.has_baseline(rows):
        return None
    alarm = alarms.current_alarm(rows)
    whole = None if alarm is None else moved(selection, metric, alarm, where)
    change = "" if whole is None else whole.change
    watched = replace(watch.WATCHED[metric], mostly=mostly, change=change)
    height = height or (HEIGHT if metric in _TALL else SMALL)
    draw = draw_distances if metric == "label_mix_drift" else draw_levels
    return draw(rows, selection.span, watched, height)


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


def control_split(selection: Selection, metric: str, where: Sequence[str] = ()) -> Figure | None:
    """Return the bars of what a current change is made of; None = there is none to split."""
    return draw_split(watch.standing(selection, metric, where), watch.WATCHED[metric])


def draw_split(alarm: Alarm | None, watched: Watched) -> Figure | None:
    """Return the bars of quality and mix of a change; None = they are not known."""
    split = change_parts(alarm, watched)
    return None if split is None else part_bars(*split, name=watched.measure.name)


def burn_up_figure(selection: Selection) -> Figure:
    """Return the burn-up of a project: labels made and needed, and the forecast of its finish."""
    return burn_up(outlook.course(selection))


_STAGE_ROLES = {
    "done": "fourth",
    "review": "third",
    "waiting_for_labels": MAIN,
    "started": ACCENT,
    "blocked": "fifth",
    "waiting": MUTED,
}


def draw_queues(
    rows: Sequence[Row],
    ages: Sequence[str],
    moves: Mapping[str, tuple[float, float]] = MappingProxyType({}),
    n_days: int = 0,
) -> Figure:
    """Return a bar a stage that is not done, parted by how long its items have been there.

    Args:
        rows: keys ``stage``, ``age``, value = items.
        ages: names of the classes of age, youngest first.
        moves: stage -> items that came and left a working day, as means of the last `n_days`.
    """
    _, shown = stage_texts.queued(rows)
    queues = [stages.Queue(STAGE_TITLES[row["stage"]], row["age"], row["value"]) for row in shown]
    drawn = {row["stage"] for row in shown}
    beside = {
        STAGE_TITLES[stage]: f"in {formats.rate(came)} : out {formats.rate(left)}"
        for stage, (came, left) in moves.items()
        if stage in drawn
    }
    text = stage_texts.queues_text(rows, ages[-1], n_days=n_days if beside else 0)
    names = [STAGE_TITLES[stage] for stage in UNFINISHED_STAGES]
    return stages.queue_bars(queues, names, ages, text, beside)


def draw_stages(
    counts: Mapping[str, Sequence[float]],
    span: Span,
    *,
    title: str = "",
    outlined: Outlined | None = None,
    observed: date | None = None,
) -> Figure:
    """Return the items in each stage by the end of each day, with a growing stage outlined.

    Args:
        counts: stage -> items by the end of each day of the span; those given are drawn.
        title: the finding; "" = how many items are in the stages now.
        observed: since when the source is watched; before, its own history is replayed.
    """
    stack = [
        stages.Band(stage, STAGE_TITLES[stage], _STAGE_ROLES[stage], counts[stage])
        for stage in stage_texts.STACK
        if stage in counts
    ]
    marks = []
    if outlined is not None:
        marks.append(Mark(outlined.since, f"since {formats.day(outlined.since)}", True))
    if observed is not None and span.since < observed <= span.until:
        marks.append(Mark(observed, "observed since"))
    growing = None if outlined is None else outlined.stage
    text = stage_texts.over_time_text(counts, span, title=title, growing=growing, observed=observed)
    return stages.stacked_areas(stack, span, text, outlined=outlined, marks=marks)


def draw_cycle_times(
    median_rows: Sequence[Row], late_rows: Sequence[Row], span: Span
) -> Figure | None:
    """Return how long items took from being opened to their last label, by week begun.

    None where no week has a value: a source may not tell when an item was opened.

    Args:
        median_rows, late_rows: of ``cycle_time_p50`` and ``_p85`` by week, values in seconds.
    """
    half, late = (stage_texts.ended_weeks(rows, span) for rows in (median_rows, late_rows))
    if not half:
        return None
    lines = [
        stages.Line("half take less", MAIN, half),
        stages.Line("15 % take longer", ACCENT, late),
    ]
    return stages.times_by_week(lines, span, stage_texts.cycle_text(half, late))
