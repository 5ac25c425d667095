"""Which numbers are watched for drift, and the alarms of them in a selection."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

from labelpulse.core.estimate import Measure, Row
from labelpulse.findings import odd_days
from labelpulse.findings.alarms import (
    MIX_CAUSES,
    ODD,
    PACE_CAUSES,
    TIME_CAUSES,
    Alarm,
    Watched,
    current_alarm,
    find_alarms,
)
from labelpulse.findings.selection import Selection

WATCHED: Mapping[str, Watched] = MappingProxyType(
    {
        "agreement_drift": Watched(Measure("agreement", "share", "items", 20)),
        "gold_drift": Watched(Measure("accuracy", "share", "known answers", 20)),
        "label_mix_drift": Watched(Measure("mix of labels", "", "labels", 20), MIX_CAUSES),
        "throughput_drift": Watched(Measure("pace", "labels/day", "days", 1), PACE_CAUSES),
        "time_spent_drift": Watched(Measure("time per answer", "s", "times", 20), TIME_CAUSES),
    }
)
"""Drift metric -> the number that it watches, with the texts of its causes."""


def alarm(selection: Selection, metric: str) -> Alarm | None:
    """Return the alarm that stands in the chosen days; None = there is none."""
    return standing(selection, metric, ())


def standing(selection: Selection, metric: str, where: Sequence[str]) -> Alarm | None:
    """Return the alarm that stands in a part of the work; None = there is none."""
    return current_alarm(watched_rows(selection, metric, where))


def has_baseline(rows: Sequence[Row]) -> bool:
    """Return whether there is a level that a number could leave."""
    return any(row["value"] is not None for row in rows)


def watched_rows(selection: Selection, metric: str, where: Sequence[str] = ()) -> list[Row]:
    """Return the days of a drift metric; none where the project has no question it is of."""
    rows: list[Row] = [row for row in selection.rows(metric, where=where) if row.get("day")]
    if metric != "throughput_drift":
        return rows
    for one in find_alarms(rows):
        fell = one.moved == "fallen"
        odd = odd_days.behind_fall(selection, one.since, one.until, where) if fell else ()
        if odd:
            rows = [_of_odd_days(row, one, odd) for row in rows]
    return rows


def _of_odd_days(row: Row, alarm: Alarm, odd: Sequence[date]) -> Row:
    """Return a row of an alarm with odd days as its cause: then nobody has a part in it."""
    day = date.fromisoformat(row["day"])
    if not (alarm.first or alarm.since) <= day <= alarm.until:
        return row
    return {**row, "cause": ODD, "odd_days": odd, "quality_part": None, "mix_part": None}
