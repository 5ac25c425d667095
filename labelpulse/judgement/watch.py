"""Control charts of what a page looks at, with what was noted for its days."""

from datetime import date

from labelpulse.charts import control
from labelpulse.charts.control import (
    MIX_CAUSES,
    PACE_CAUSES,
    SMALL,
    TIME_CAUSES,
    Alarm,
    Watched,
)
from labelpulse.charts.marks import Mark
from labelpulse.charts.shares import Measure
from labelpulse.charts.theme import Figure, Row
from labelpulse.judgement.desk import Desk

_WATCHED = {
    "agreement_drift": Watched(Measure("agreement", "share", "items", 20)),
    "gold_drift": Watched(Measure("accuracy", "share", "known answers", 20)),
    "label_mix_drift": Watched(Measure("mix of labels", "", "labels", 20), MIX_CAUSES, SMALL),
    "throughput_drift": Watched(Measure("pace", "labels/day", "days", 1), PACE_CAUSES, SMALL),
    "time_spent_drift": Watched(Measure("time per answer", "s", "times", 20), TIME_CAUSES, SMALL),
}


def chart(desk: Desk, metric: str) -> Figure | None:
    """Return the control chart of a drift metric; None until there is a baseline to leave."""
    rows = _rows(desk, metric)
    if not any(row["value"] is not None for row in rows):
        return None
    draw = control.distances if metric == "label_mix_drift" else control.levels
    return draw(rows, desk.span, _WATCHED[metric], noted(desk))


def alarm(desk: Desk, metric: str) -> Alarm | None:
    """Return the alarm that stands in the chosen days; None = there is none."""
    return control.standing(_rows(desk, metric))


def _rows(desk: Desk, metric: str) -> list[Row]:
    return [row for row in desk.rows(metric) if row["day"]]


def noted(desk: Desk) -> list[Mark]:
    """Return what was noted for days of the project, for its time charts."""
    found = desk.ask.noted(desk.holding.info.id)
    return [Mark(date.fromisoformat(one.day), one.text) for one in found]
