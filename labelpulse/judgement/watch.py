"""Control charts of what a page looks at."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from labelpulse.charts import control, parts
from labelpulse.charts.control import MIX_CAUSES, PACE_CAUSES, SMALL, TIME_CAUSES, Alarm, Watched
from labelpulse.charts.theme import Figure
from labelpulse.core.estimate import Measure, Row
from labelpulse.judgement import odd_days
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.moved import moved

WATCHED: Mapping[str, Watched] = MappingProxyType(
    {
        "agreement_drift": Watched(Measure("agreement", "share", "items", 20)),
        "gold_drift": Watched(Measure("accuracy", "share", "known answers", 20)),
        "label_mix_drift": Watched(Measure("mix of labels", "", "labels", 20), MIX_CAUSES, SMALL),
        "throughput_drift": Watched(Measure("pace", "labels/day", "days", 1), PACE_CAUSES, SMALL),
        "time_spent_drift": Watched(
            Measure("time per answer", "s", "times", 20), TIME_CAUSES, SMALL
        ),
    }
)
"""What is watched for drift, and in which words."""


def chart(
    desk: Desk,
    metric: str,
    *,
    where: Sequence[str] = (),
    mostly: str = "",
    height: int | None = None,
) -> Figure | None:
    """Return the control chart of a drift metric; None until there is a baseline to leave.

    Args:
        mostly: what a change that stands sits in. height: in pixels; None = as is usual.
    """
    rows = watched_rows(desk, metric, where)
    if not has_baseline(rows):
        return None
    known = WATCHED[metric]
    found = control.standing(rows)
    whole = None if found is None else moved(desk, metric, found, where)
    change = "" if whole is None else whole.change
    shown = replace(known, mostly=mostly, change=change, height=height or known.height)
    draw = control.distances if metric == "label_mix_drift" else control.levels
    return draw(rows, desk.span, shown)


def split(desk: Desk, metric: str, where: Sequence[str] = ()) -> Figure | None:
    """Return the bars of what a change that stands is made of; None = there is none to split."""
    return parts.split(standing(desk, metric, where), WATCHED[metric])


def alarm(desk: Desk, metric: str) -> Alarm | None:
    """Return the alarm that stands in the chosen days; None = there is none."""
    return standing(desk, metric, ())


def standing(desk: Desk, metric: str, where: Sequence[str]) -> Alarm | None:
    """Return the alarm that stands in a part of the work; None = there is none."""
    return control.standing(watched_rows(desk, metric, where))


def has_baseline(rows: Sequence[Row]) -> bool:
    """Return whether there is a level that a number could leave."""
    return any(row["value"] is not None for row in rows)


def watched_rows(desk: Desk, metric: str, where: Sequence[str] = ()) -> list[Row]:
    """Return the days of a drift metric; none where the project has no question it is of."""
    rows: list[Row] = [row for row in desk.rows(metric, where=where) if row.get("day")]
    if metric != "throughput_drift":
        return rows
    for one in control.alarms(rows):
        fell = one.moved == "fallen"
        odd = odd_days.behind_fall(desk, one.since, one.until, where) if fell else ()
        if odd:
            rows = [_of_odd_days(row, one, odd) for row in rows]
    return rows


def _of_odd_days(row: Row, alarm: Alarm, odd: Sequence[date]) -> Row:
    """Return a row of an alarm with odd days as its cause: then nobody has a part in it."""
    day = date.fromisoformat(row["day"])
    if not (alarm.first or alarm.since) <= day <= alarm.until:
        return row
    return {**row, "cause": control.ODD, "odd_days": odd, "quality_part": None, "mix_part": None}
